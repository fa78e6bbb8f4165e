"""What is meant so is not told: ignored here or there, acknowledged in an app, or known."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any
from unittest.mock import ANY

import aws_cdk as cdk
import pytest
from aws_cdk import aws_batch as batch
from click.testing import CliRunner, Result

from batch_constructs import BatchRules
from batch_constructs.cli import main

QUEUE = """\
Resources:{resources}
  Queue:{resource}
    Type: AWS::Batch::JobQueue
    Properties:
      {above}
      Priority: -1{beside}
      State: x
      ComputeEnvironmentOrder: [{{Order: 1, ComputeEnvironment: x}}]
"""


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["check", *map(str, arguments)])


def rules(done: Result) -> list[str]:
    found: dict[str, list[dict[str, Any]]] = json.loads(done.stdout)
    return [one["rule"] for each in found.values() for one in each]


def in_yaml(folder: Path, **comments: str) -> list[str]:
    places = {"resources": "", "resource": "", "above": "# nothing", "beside": ""} | comments
    (folder / "a.yaml").write_text(QUEUE.format(**places))
    return rules(run(folder / "a.yaml", "--format", "json"))


IGNORE = "  # batch-constructs: ignore job-queue-priority"


def test_without_a_comment_both_faults_are_told(tmp_path: Path) -> None:
    assert in_yaml(tmp_path) == ["job-queue-priority", "job-queue-state"]


@pytest.mark.parametrize("place", ["resources", "resource", "above", "beside"])
def test_a_comment_ignores_a_rule_on_its_line_and_below_it(tmp_path: Path, place: str) -> None:
    assert in_yaml(tmp_path, **{place: IGNORE.strip() if place == "above" else IGNORE}) == [
        "job-queue-state"
    ]


def test_a_comment_may_name_several_rules(tmp_path: Path) -> None:
    comment = "  # batch-constructs: ignore job-queue-state, job-queue-priority # meant so"

    assert in_yaml(tmp_path, resource=comment) == []


def test_a_comment_says_nothing_of_its_neighbours(tmp_path: Path) -> None:
    other = "  # batch-constructs: ignore job-queue-state"

    assert in_yaml(tmp_path, beside=other) == ["job-queue-priority", "job-queue-state"]


def test_a_rule_may_be_ignored_on_the_command_line(tmp_path: Path) -> None:
    in_yaml(tmp_path)

    done = run(tmp_path / "a.yaml", "--format", "json", "--ignore", "job-queue-state")

    assert rules(done) == ["job-queue-priority"]


def test_a_rule_that_there_is_not_cannot_be_ignored() -> None:
    done = run("a.yaml", "--ignore", "job-queue-stat")

    assert done.exit_code == 2
    assert "there is no rule job-queue-stat; its nearest is job-queue-state" in done.stderr


def bad_queue(scope: cdk.Stack, id: str) -> batch.CfnJobQueue:
    order = batch.CfnJobQueue.ComputeEnvironmentOrderProperty(order=1, compute_environment="x")
    return batch.CfnJobQueue(scope, id, priority=-1, compute_environment_order=[order])


def meant(construct: cdk.Stack | batch.CfnJobQueue) -> None:
    acknowledgment = cdk.Acknowledgment(id="batch-constructs::job-queue-priority", reason="a test")
    cdk.Validations.of(construct).acknowledge(acknowledgment)


def test_what_is_acknowledged_in_a_cdk_app_is_not_told_of_its_output(tmp_path: Path) -> None:
    app = cdk.App(outdir=str(tmp_path), builtin_cloud_formation_validation=False)
    stack = cdk.Stack(cdk.Stage(app, "Stage"), "Stack")
    nested, quiet = cdk.NestedStack(stack, "Nested"), cdk.NestedStack(stack, "Quiet")
    meant(bad_queue(stack, "Meant"))
    bad_queue(stack, "Wrong")
    meant(bad_queue(nested, "Meant"))
    bad_queue(nested, "Wrong")
    meant(quiet)
    bad_queue(quiet, "Meant")
    app.synth()

    found = json.loads(run(tmp_path, "--format", "json").stdout)

    told = [one["resource"] for each in found.values() for one in each]
    assert told == ["Wrong", "Wrong"]
    assert len(found) == 3


def test_what_the_app_or_a_stage_acknowledges_is_not_told_of_its_output(tmp_path: Path) -> None:
    app = cdk.App(outdir=str(tmp_path), builtin_cloud_formation_validation=False)
    cdk.Validations.of(app).add_plugins(BatchRules(strict=True))
    stage = cdk.Stage(app, "Stage")
    ids = "queue-environment-count", "job-queue-priority"
    for scope, rule in zip((app, stage), ids, strict=True):
        acknowledgment = cdk.Acknowledgment(id=f"batch-constructs::{rule}", reason="a test")
        cdk.Validations.of(scope).acknowledge(acknowledgment)
    outer = cdk.Stack(stage, "B")
    for stack in (cdk.Stack(app, "A"), outer, cdk.NestedStack(outer, "C")):
        priority = 1 if stack.stack_name == "A" else -1
        batch.CfnJobQueue(stack, "Queue", priority=priority, compute_environment_order=[])
    app.synth()

    for place in (tmp_path, tmp_path / "assembly-Stage"):
        done = run(place, "--strict")
        assert (done.exit_code, done.stdout) == (0, ANY), done.stdout


@pytest.mark.parametrize("text", ["{", "[]", '{"pluginReports": 1}', '{"pluginReports": [1]}'])
def test_a_report_that_is_none_acknowledges_nothing(tmp_path: Path, text: str) -> None:
    properties = {"Priority": 1, "ComputeEnvironmentOrder": []}
    queue = {"Type": "AWS::Batch::JobQueue", "Properties": properties}
    (tmp_path / "S.template.json").write_text(json.dumps({"Resources": {"Q": queue}}))
    (tmp_path / "manifest.json").write_text("{}")
    (tmp_path / "validation-report.json").write_text(text)

    assert rules(run(tmp_path, "--format", "json")) == ["queue-environment-count"]


def test_a_metadata_file_that_is_none_acknowledges_nothing(tmp_path: Path) -> None:
    order = [{"Order": 1, "ComputeEnvironment": "x"}]
    queue = {
        "Type": "AWS::Batch::JobQueue",
        "Properties": {"Priority": -1, "ComputeEnvironmentOrder": order},
    }
    (tmp_path / "S.template.json").write_text(json.dumps({"Resources": {"Q": queue}}))
    artifact = {"type": "aws:cloudformation:stack", "additionalMetadataFile": "S.metadata.json"}
    (tmp_path / "manifest.json").write_text(json.dumps({"artifacts": {"S": artifact, "T": 1}}))
    (tmp_path / "S.metadata.json").write_text("{")

    assert rules(run(tmp_path, "--format", "json")) == ["job-queue-priority"]


def test_a_baseline_keeps_what_is_known_quiet_wherever_it_moves(tmp_path: Path) -> None:
    in_yaml(tmp_path)
    file, baseline = tmp_path / "a.yaml", tmp_path / "baseline.json"
    assert run(file, "--write-baseline", baseline).exit_code == 0

    file.write_text("# moved\n" + file.read_text().replace("Order: 1", "Order: x"))
    done = run(file, "--baseline", baseline, "--format", "json")

    assert rules(done) == ["property-type"]
    assert done.exit_code == 1


@pytest.mark.parametrize("option", ["--baseline", "--write-baseline"])
def test_what_can_be_no_baseline_is_said_in_one_line_and_left_as_it_is(
    tmp_path: Path, option: str
) -> None:
    in_yaml(tmp_path)
    file, pipe, link = tmp_path / "a.yaml", tmp_path / "pipe", tmp_path / "link"
    os.mkfifo(pipe)
    link.symlink_to(file)
    before = file.read_text()

    for wrong, said in (
        (pipe, "this is not a regular file"),
        (tmp_path, "this is not a regular file"),
        (tmp_path / "none" / "b.json", "no such file or directory"),
        (file, "it is not a baseline; write one with --write-baseline"),
        (link, "it is not a baseline; write one with --write-baseline"),
        ("", "no such file or directory"),
    ):
        done = run(file, option, wrong)
        assert done.exit_code == 2
        assert done.stderr == f"{wrong}: {said}\n"
    assert file.read_text() == before


def test_a_baseline_takes_a_finding_as_often_as_it_was_there(tmp_path: Path) -> None:
    in_yaml(tmp_path)
    file, baseline = tmp_path / "a.yaml", tmp_path / "baseline.json"
    run(file, "--write-baseline", baseline)
    known = json.loads(baseline.read_text())
    known["a.yaml"] = [*known["a.yaml"], known["a.yaml"][0]]
    baseline.write_text(json.dumps(known))

    done = run(file, "--baseline", baseline)

    assert (done.exit_code, done.stdout) == (0, "1 template checked, nothing to report\n")
    assert done.stderr == f"{baseline}: 1 of its findings are gone; write it again\n"


@pytest.mark.parametrize("text", ["[]", "{", '{"a": [{}]}', '{"a": 1}'])
def test_what_is_no_baseline_exits_with_2(tmp_path: Path, text: str) -> None:
    in_yaml(tmp_path)
    (tmp_path / "b.json").write_text(text)

    done = run(tmp_path / "a.yaml", "--baseline", tmp_path / "b.json")

    assert done.exit_code == 2
    assert "it is not a baseline" in done.stderr
