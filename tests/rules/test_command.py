"""``batch-constructs check``."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from batch_constructs.check.check_command import check

BAD = {"Resources": {"Q": {"Type": "AWS::Batch::JobQueue", "Properties": {"Priority": -1}}}}
GOOD = {"Resources": {"T": {"Type": "AWS::SNS::Topic"}}}
WARNED = {
    "Resources": {
        "E": {
            "Type": "AWS::Batch::ComputeEnvironment",
            "Properties": {
                "Type": "MANAGED",
                "UpdatePolicy": {"TerminateJobsOnUpdate": True},
                "ComputeResources": {
                    "Type": "FARGATE",
                    "MaxvCpus": 4,
                    "Subnets": ["subnet-1"],
                    "SecurityGroupIds": ["sg-1"],
                },
            },
        }
    }
}


def run(*arguments: object) -> Result:
    return CliRunner().invoke(check, [str(argument) for argument in arguments])


def written(folder: Path, name: str, template: Any) -> Path:
    file = folder / name
    file.write_text(template if isinstance(template, str) else json.dumps(template))
    return file


def test_a_template_without_a_fault_exits_with_0(tmp_path: Path) -> None:
    done = run(written(tmp_path, "a.json", GOOD))

    assert (done.exit_code, done.stdout) == (0, "1 template checked, nothing to report\n")


def test_a_template_with_an_error_exits_with_1(tmp_path: Path) -> None:
    assert run(written(tmp_path, "a.json", BAD)).exit_code == 1


def test_a_warning_fails_only_a_strict_check(tmp_path: Path) -> None:
    file = written(tmp_path, "a.json", WARNED)

    assert (run(file).exit_code, run(file, "--strict").exit_code) == (0, 1)


def test_json_is_one_object_of_paths_and_findings(tmp_path: Path) -> None:
    bad, good = written(tmp_path, "bad.json", BAD), written(tmp_path, "good.json", GOOD)

    found = json.loads(run(bad, good, "--format", "json").stdout)

    assert list(found) == [str(bad), str(good)]
    assert found[str(good)] == []
    finding = next(one for one in found[str(bad)] if one["rule"] == "job-queue-priority")
    assert finding == {
        "rule": "job-queue-priority",
        "severity": "error",
        "resource": "Q",
        "path": "Properties/Priority",
        "message": "the priority is -1; allowed: whole numbers from 0 to 1000",
        "fix": "set Priority to a value from 0 to 1000",
        "source": finding["source"],
        "line": 1,
        "column": 69,
    }


def test_text_groups_by_resource_with_the_fix_under_the_fault(tmp_path: Path) -> None:
    file = written(tmp_path, "a.json", BAD)

    lines = run(file).stdout.splitlines()

    assert lines[:2] == [str(file), "  Q  AWS::Batch::JobQueue"]
    fault = next(place for place, line in enumerate(lines) if "priority is -1" in line)
    assert lines[fault].split() == (
        [
            "error",
            "the",
            "priority",
            "is",
            "-1;",
            "allowed:",
            "whole",
            "numbers",
            "from",
            "0",
            "to",
            "1000",
            "job-queue-priority",
        ]
    )
    assert lines[fault + 1].strip() == "line 1: Properties/Priority"
    assert lines[fault + 2].strip() == "fix: set Priority to a value from 0 to 1000"
    assert lines[-1] == "2 errors in 1 of 1 template"


def test_text_names_the_construct_that_the_cdk_wrote_down(tmp_path: Path) -> None:
    template = json.loads(json.dumps(BAD))
    template["Resources"]["Q"]["Metadata"] = {"aws:cdk:path": "Stack/Queue/Resource"}

    assert (
        "AWS::Batch::JobQueue  Stack/Queue/Resource"
        in run(written(tmp_path, "a.json", template)).stdout
    )


def test_yaml_with_short_forms_is_read(tmp_path: Path) -> None:
    text = """
    Parameters: {P: {Type: Number}}
    Resources:
      Other: {Type: "AWS::Batch::SchedulingPolicy"}
      Q:
        Type: AWS::Batch::JobQueue
        Properties:
          Priority: !Select [1, [!Ref P, -1]]
          JobQueueName: !Sub "${AWS::StackName}-q"
          SchedulingPolicyArn: !GetAtt Other.Arn
          ComputeEnvironmentOrder: !Split [",", !ImportValue x]
    """

    found = json.loads(run(written(tmp_path, "a.yaml", text), "--format", "json").stdout)

    assert [[one["rule"] for one in each] for each in found.values()] == [["job-queue-priority"]]


def test_cdk_out_means_all_its_templates(tmp_path: Path) -> None:
    nested = tmp_path / "assembly-Stage"
    nested.mkdir()
    written(tmp_path, "manifest.json", {"version": "1"})
    written(tmp_path, "tree.json", {"Resources": 1})
    files = [written(nested, "B.template.json", BAD), written(tmp_path, "A.template.json", GOOD)]

    found = json.loads(run(tmp_path, "--format", "json").stdout)

    assert sorted(found) == sorted(map(str, files))


def test_a_directory_means_the_templates_in_it(tmp_path: Path) -> None:
    written(tmp_path, "package.json", {"name": "x"})
    written(tmp_path, "notes.yaml", "just: text")
    file = written(tmp_path, "stack.yml", "Resources: {Q: {Type: 'AWS::Batch::JobQueue'}}")

    assert list(json.loads(run(tmp_path, "--format", "json").stdout)) == [str(file)]


def test_standard_input_is_read() -> None:
    done = CliRunner().invoke(check, ["-", "--format", "json"], input=json.dumps(GOOD))

    assert json.loads(done.stdout) == {"-": []}


UNREADABLE = {
    "nothing": "",
    "truncated": '{"Resources": {"Q": ',
    "not an object": "[1, 2, 3]",
    "text": "hello",
    "no resources": '{"name": "x"}',
    "resources of another kind": '{"Resources": []}',
    "broken yaml": "Resources:\n  - a: [\n",
    "unknown tag": "Resources: !!python/object:os.system {}",
    "deep json": "[" * 100_000,
    "deep object": '{"Resources": ' + '{"a":' * 50_000,
    "deep yaml": "Resources: " + "[" * 50_000,
    "deep blocks": "".join(f"{' ' * depth}a:\n" for depth in range(1500)),
    "deep dashes": "- " * 20_000,
    "tabs": "Resources:\n\tQ: 1",
    "huge number": '{"Resources": ' + "9" * 5000 + "}",
    "unhashable": "Resources: {? {a: b} : c}",
    "endless": "&a [*a, *a]",
    "endless resources": "Resources: &r {Q: {Type: AWS::Batch::JobQueue, Properties: *r}}",
    "a billion laughs": "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
    + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 12))
    + "Resources: {J: {Type: 'AWS::Batch::JobDefinition', Properties: {Tags: *a11}}}",
}


@pytest.mark.parametrize("text", UNREADABLE.values(), ids=UNREADABLE)
def test_what_is_no_template_exits_with_2_and_says_why_in_one_line(
    tmp_path: Path, text: str
) -> None:
    file = written(tmp_path, "a.yaml", text)

    done = run(file)

    assert done.exit_code == 2, done.output
    assert done.stdout == ""
    assert done.stderr.startswith(f"{file}: ")
    assert done.stderr.count("\n") == 1
    assert len(done.stderr) < 400


TWICE = {
    "a.json": '{"Resources": {\n"Q": {"Type": "AWS::Batch::JobQueue"},\n'
    '"Q": {"Type": "AWS::SNS::Topic"}}}',
    "a.yaml": "Resources:\n  Q: {Type: 'AWS::Batch::JobQueue'}\n  Q: {Type: 'AWS::SNS::Topic'}\n",
}


@pytest.mark.parametrize(("name", "text"), TWICE.items(), ids=TWICE)
def test_a_name_that_stands_twice_is_a_warning_at_its_line_and_the_last_value_counts(
    tmp_path: Path, name: str, text: str
) -> None:
    file = written(tmp_path, name, text)

    [found] = json.loads(run(file, "--format", "json").stdout).values()

    [twice] = [one for one in found if one["rule"] == "repeated-key"]
    assert (twice["severity"], twice["resource"], twice["line"]) == ("warning", "Q", 3)
    assert "property-missing" not in {one["rule"] for one in found}


def test_a_merge_of_yaml_may_be_overridden(tmp_path: Path) -> None:
    text = "x: &x {Type: a, b: 1}\nResources:\n  Q: {<<: *x, Type: 'AWS::Batch::JobQueue'}\n"

    done = run(written(tmp_path, "a.yaml", text), "--format", "json")

    assert "property-missing" in done.stdout


def test_several_documents_in_one_file_are_said_to_be_so(tmp_path: Path) -> None:
    done = run(written(tmp_path, "a.yaml", "Resources: {}\n---\nResources: {}\n"))

    assert done.exit_code == 2
    assert "line 2: a second document begins; a template is one document" in done.stderr


def test_bytes_that_are_no_text_exit_with_2(tmp_path: Path) -> None:
    file = tmp_path / "a.json"
    file.write_bytes(b"\x00\xff\xfe\x80")

    assert run(file).exit_code == 2


def test_a_file_far_beyond_what_cloudformation_takes_exits_with_2(tmp_path: Path) -> None:
    file = written(tmp_path, "a.json", '{"Resources": {}}' + " " * (17 * 1024 * 1024))

    assert run(file).exit_code == 2


def test_a_path_that_is_not_there_exits_with_2(tmp_path: Path) -> None:
    done = run(tmp_path / "none.json")

    assert done.exit_code == 2
    assert done.stderr == f"{tmp_path / 'none.json'}: there is no such file\n"


@pytest.mark.parametrize(
    ("name", "text", "code"),
    [
        ("mkdocs.yml", "emoji: !!python/name:material.emoji\n", 0),
        ("tsconfig.json", "{ // strict\n}", 0),
        ("pods.yaml", "kind: A\n---\nkind: B\n", 0),
        ("cut.json", '{"Resources": {"Q": {"Type": "AWS::Batch::JobQueue"', 2),
    ],
)
def test_a_hook_passes_over_files_that_cannot_be_templates(
    tmp_path: Path, name: str, text: str, code: int
) -> None:
    """A template names types of AWS; a broken one is no file to pass over, nor is one not there."""
    file = tmp_path / name
    file.write_text(text)

    assert run(file).exit_code == 2
    assert run("--only-templates", file).exit_code == code
    assert run("--only-templates", tmp_path / "missing.json").exit_code == 2


def test_a_directory_without_a_template_exits_with_2(tmp_path: Path) -> None:
    assert run(tmp_path).exit_code == 2


def test_an_unreadable_file_does_not_hide_the_findings_of_the_others(tmp_path: Path) -> None:
    bad = written(tmp_path, "bad.json", BAD)

    done = run(tmp_path / "none.json", bad, "--format", "json")

    assert done.exit_code == 2
    assert list(json.loads(done.stdout)) == [str(bad)]


@settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    text=st.text(max_size=300)
    | st.text(alphabet="{}[]:,\"'!&*-? \nResourcesTypeAWS", max_size=300)
    | st.integers(0, 4000).map(lambda cut: json.dumps(WARNED)[:cut])
)
def test_any_text_is_a_finding_or_one_line_of_why_not(tmp_path: Path, text: str) -> None:
    file = tmp_path / "any.yaml"
    file.write_text(text, encoding="utf-8", errors="surrogatepass")

    done = run(file)

    assert done.exit_code in (0, 1, 2)
    assert done.exception is None or isinstance(done.exception, SystemExit)
    if done.exit_code == 2:
        assert done.stderr.count("\n") == 1


def test_checking_loads_neither_the_cdk_nor_boto3_nor_rich_for_json(tmp_path: Path) -> None:
    file = written(tmp_path, "a.json", BAD)
    heavy = "{'aws_cdk', 'jsii', 'boto3', 'botocore', 'rich', 'yaml'}"
    code = (
        "import sys; from batch_constructs.check.check_command import check\n"
        f"try: check(['{file}', '--format', 'json'])\n"
        f"except SystemExit: print(sorted({heavy} & set(sys.modules)))"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.splitlines()[-1] == "[]"


def test_checking_loads_no_rules_about_properties_that_no_resource_has(tmp_path: Path) -> None:
    file = written(tmp_path, "a.json", WARNED)
    code = (
        "import sys; from batch_constructs.check.one_file import Checker\n"
        f"Checker(frozenset())('{file}')\n"
        "without = ('launch_template_rules', 'pod_rules')\n"
        "print([one for one in sys.modules if one.endswith(without)])"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.splitlines()[-1] == "[]"


SLOW_TO_LOAD = {"argparse", "dataclasses", "fnmatch", "typing", "yaml"}
DEFINITION = {"Type": "container", "ContainerProperties": {"Image": "busybox", "Memory": 128}}


@pytest.mark.parametrize(("is_json", "slow"), [(True, []), (False, ["yaml"])])
def test_a_check_of_one_job_definition_loads_few_modules(
    tmp_path: Path, *, is_json: bool, slow: list[str]
) -> None:
    template = {"Resources": {"J": {"Type": "AWS::Batch::JobDefinition", "Properties": DEFINITION}}}
    text = json.dumps(template)
    file = tmp_path / "template"
    file.write_text(text if is_json else f"# in YAML\n{text}")
    code = (
        "import sys; before = {*sys.modules}\n"
        "from batch_constructs.check.plain_arguments import plain\n"
        "from batch_constructs.check.all_files import run\n"
        f"run(plain(['{file}']))\n"
        f"print(sorted({SLOW_TO_LOAD} & set(sys.modules) - before))\n"
        "print(len([one for one in sys.modules if one.startswith('batch_constructs')]))"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    *_, loaded, ours = done.stdout.splitlines()
    assert loaded == str(slow)
    assert int(ours) <= 103
