"""``--fix`` mends what has one answer, and leaves every other byte of the file."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from batch_constructs.cli import main


def fix(file: Path) -> Result:
    return CliRunner().invoke(main, ["check", "--fix", "--format", "json", str(file)])


YAML = """\
# kept, with its  spaces\r
Resources:\r
  Queue:\r
    Type: AWS::Batch::JobQueue\r
    Properties:\r
      {priority}: 1   # misspelled\r
      JobStateTimeLimitActions:\r
      - {{State: {state}, MaxTimeSeconds: 600, Reason: "x\\ty", Action: CANCEL}}\r
      ComputeEnvironmentOrder: [{{Order: 1, ComputeEnvironment: x}}]\r
  Job:\r
    Type: AWS::Batch::JobDefinition\r
    Properties:\r
      Type: container\r
      ContainerProperties:\r
        Image: busybox\r
        RuntimePlatform: {{CpuArchitecture: '{architecture}'}}\r
        ResourceRequirements: [{{Type: {vcpu}, Value: 1}}, {{Type: MEMORY, Value: 2048}}]\r
"""


def test_values_and_names_are_mended_in_yaml(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    wrong = {
        "priority": "Priorty",
        "state": "RUNNING",
        "architecture": "arm64",
        "vcpu": "vcpu",
    }
    right = {
        "priority": "Priority",
        "state": "RUNNABLE",
        "architecture": "ARM64",
        "vcpu": "VCPU",
    }
    file.write_bytes(YAML.format(**wrong).encode())

    done = fix(file)

    assert file.read_bytes() == YAML.format(**right).encode()
    told = [one["rule"] for each in json.loads(done.stdout).values() for one in each]
    assert "time-limit-reason" in told
    assert "resource-requirement-type" not in told


JSON = (
    '{ "Resources":{"Qü": {\n\t"Type": "AWS::Batch::JobQueue" ,"Properties":{"Priorty":1,'
    '"JobStateTimeLimitActions": [ {"State" : "runnable","Action":"CANCEL","MaxTimeSeconds":600,'
    '"Reason":"CAPACITY:INSUFFICIENT_INSTANCE_CAPACITY"} ],'
    '"ComputeEnvironmentOrder":[{"Order":1,"ComputeEnvironment":"x"}]}}}}'
)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_values_and_names_are_mended_in_json_of_any_encoding(tmp_path: Path, encoding: str) -> None:
    file = tmp_path / "a.json"
    file.write_text(JSON, encoding=encoding)
    before = file.read_bytes()[:3]

    fix(file)

    mended = JSON.replace("Priorty", "Priority").replace("runnable", "RUNNABLE")
    assert file.read_text(encoding=encoding) == mended
    assert file.read_bytes()[:3] == before


UNTOUCHED = {
    "more than one answer": "State: X",
    "a range": "Priority: -1",
    "a function": "JobStateTimeLimitActions: [{State: !Sub RUNNING}]",
    "a block": "JobStateTimeLimitActions:\n      - State: |-\n          RUNNING",
}


@pytest.mark.parametrize("line", UNTOUCHED.values(), ids=UNTOUCHED)
def test_what_has_no_one_answer_is_left(tmp_path: Path, line: str) -> None:
    file = tmp_path / "a.yaml"
    priority = "" if "Priority" in line else "\n      Priority: 1"
    file.write_text(
        "Resources:\n  Q:\n    Type: AWS::Batch::JobQueue\n    Properties:\n"
        f"      {line}{priority}\n"
        "      ComputeEnvironmentOrder: [{Order: 1, ComputeEnvironment: x}]\n"
    )
    before = file.read_bytes()

    fix(file)

    assert file.read_bytes() == before


def test_what_is_behind_a_mended_name_is_mended_as_well(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    text = (
        "Resources:\n  Queue:\n    Type: AWS::Batch::JobQueue\n    Properties:\n"
        "      Priority: 1\n      {name}: {state}\n"
        "      ComputeEnvironmentOrder: [{{Order: 1, ComputeEnvironment: x}}]\n"
    )
    file.write_text(text.format(name="state", state="Enabled"))

    done = fix(file)

    assert file.read_text() == text.format(name="State", state="ENABLED")
    assert done.exit_code == 0


def test_a_file_without_a_finding_is_not_written(tmp_path: Path) -> None:
    file = tmp_path / "a.json"
    file.write_text('{"Resources": {"T": {"Type": "AWS::SNS::Topic"}}}')
    file.chmod(0o444)

    assert fix(file).exit_code == 0
