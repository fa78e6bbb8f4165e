"""Every rule has the smallest thing that breaks it, and the nearest one that does not."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from batch_constructs.aws import submit_job
from batch_constructs.rules import Finding, check_resource, check_template
from batch_constructs.rules.engine import examine
from batch_constructs.rules.rulebook import RULES
from batch_constructs.rules.template import template_files
from batch_constructs.rules.template.whole import Whole
from tests.aws.test_limits import admitted_and_refused, resource, values
from tests.judges.test_sources import limits
from tests.rules import long_cases, test_stack_quotas

CASES = Path(__file__).parent / "cases"


def scheduled(request: dict[str, Any]) -> dict[str, Any]:
    arn = "arn:aws:scheduler:::aws-sdk:batch:submitJob"
    return {"Target": {"Arn": arn, "Input": json.dumps(request)}}


def payload(length: int) -> dict[str, Any]:
    """Write a submission of so many bytes; what the schedule puts in is not known."""
    room = length - submit_job.job_length({"Parameters": {"k": ""}})
    return {"Parameters": {"k": "<aws.scheduler.execution-id>" + "x" * room}}


def tagged(count: int, *, propagates: bool | None = None) -> dict[str, Any]:
    """Write a schedule of a definition that propagates its 30 tags; ten of the job's are alike."""
    own = {"Type": "container", "JobDefinitionName": "d", "PropagateTags": True}
    request: dict[str, Any] = {"JobDefinition": "d", "JobQueue": "q", "JobName": "n"}
    request["Tags"] = {f"k{number}": "v" for number in range(20, count)}
    if propagates is not None:
        request["PropagateTags"] = propagates
    definition = {**own, "Tags": {f"k{number}": "v" for number in range(30)}}
    schedule = scheduled(request)
    return {
        "Resources": {
            "D": {"Type": "AWS::Batch::JobDefinition", "Properties": definition},
            "S": {"Type": "AWS::Scheduler::Schedule", "Properties": schedule},
        }
    }


def test_tags_that_a_submission_does_not_propagate_are_not_added_up() -> None:
    found = check_template(tagged(51, propagates=False))

    assert not is_told(found, "propagated-tag-count")


LONG: dict[str, tuple[str, Any, Any]] = {
    "resource-count": (
        Whole.type,
        {"Resources": {f"T{number}": {"Type": "AWS::SNS::Topic"} for number in range(501)}},
        {"Resources": {f"T{number}": {"Type": "AWS::SNS::Topic"} for number in range(500)}},
    ),
    "tag-count": (
        "AWS::Batch::JobQueue",
        {"Tags": {f"key{number}": "x" for number in range(51)}},
        {"Tags": {f"key{number}": "x" for number in range(50)}},
    ),
    "job-definition-size": (
        "AWS::Batch::JobDefinition",
        {"Parameters": {"text": "x" * 24 * 1024}},
        {"Parameters": {"text": "x" * 24 * 1000}},
    ),
    "propagated-tag-count": ("AWS::Scheduler::Schedule", tagged(51), tagged(50)),
    "submission-payload": (
        "AWS::Scheduler::Schedule",
        scheduled(payload(submit_job.JOB_BYTES + 1)),
        scheduled(payload(submit_job.JOB_BYTES)),
    ),
    "submission-length": (
        "AWS::Scheduler::Schedule",
        scheduled({"ContainerOverrides": {"Command": ["x" * 8193]}}),
        scheduled({"ContainerOverrides": {"Command": ["x" * 8000]}}),
    ),
}
"""Cases that are too long to write out."""
LONG |= {
    rule: (Whole.type, {"Resources": make(most + 1)}, {"Resources": make(most)})
    for rule, make, most in test_stack_quotas.CASES
}


def outputs(count: int) -> dict[str, Any]:
    written = {f"N{number}": {"Value": "x"} for number in range(count)}
    return {"Resources": {"T": {"Type": "AWS::SNS::Topic"}}, "Outputs": written}


def described(length: int) -> dict[str, Any]:
    return {"Resources": {"T": {"Type": "AWS::SNS::Topic"}}, "Description": "x" * length}


LONG["template-text-length"] = (Whole.type, described(1025), described(1024))
LONG["stack-sections"] = (Whole.type, outputs(201), outputs(200))


def cases() -> dict[str, tuple[str, Any, Any]]:
    found: dict[str, tuple[str, Any, Any]] = dict(LONG)
    for limit in limits():
        admitted, refused = admitted_and_refused(limit.bound)
        bad, good = (
            resource(limit, limit.within[0], values(limit, ends[0])[0])
            for ends in (refused, admitted)
        )
        found[limit.rule] = (limit.type, bad, good)
    for file in sorted(CASES.glob("*.yaml")):
        written = yaml.load(file.read_text(), yaml.CSafeLoader)  # as safe, and ten times as fast
        type_ = written.pop("type")
        for rule, case in written.items():
            assert rule not in found, f"two cases of {rule}"
            bad, good = (template(one) for one in (case["bad"], case["good"]))
            found[rule] = (case.get("type", type_), bad, good)
    return found


SERVICES = {
    "Batch": "ComputeEnvironment JobQueue JobDefinition SchedulingPolicy",
    "BCMDataExports": "Export",
    "CloudWatch": "Alarm",
    "EC2": "InternetGateway LaunchTemplate PlacementGroup Route RouteTable SecurityGroup Subnet"
    " SubnetRouteTableAssociation VPC VPCEndpoint",
    "EFS": "FileSystem MountTarget",
    "Events": "Rule",
    "IAM": "InstanceProfile Policy Role",
    "KMS": "Key",
    "Lambda": "EventSourceMapping Function Permission",
    "Logs": "LogGroup MetricFilter",
    "Pipes": "Pipe",
    "S3": "Bucket",
    "SecretsManager": "Secret",
    "Scheduler": "Schedule",
    "SNS": "Topic TopicPolicy",
    "SQS": "Queue QueuePolicy",
    "StepFunctions": "StateMachine",
}
TYPES = {
    noun: f"AWS::{service}::{noun}" for service, nouns in SERVICES.items() for noun in nouns.split()
} | {"FSx::FileSystem": "AWS::FSx::FileSystem"}


def template(written: Any) -> Any:
    """Spell out a template that is written as ``ID: [type, properties]``."""
    if isinstance(written, str):
        return written
    if not all(isinstance(one, list) and one and str(one[0]) in TYPES for one in written.values()):
        return written
    resources = {
        id_: {"Type": TYPES[type_], "Properties": properties}
        for id_, (type_, properties) in written.items()
    }
    return {"Resources": resources}


def findings(type_: str, written: Any) -> list[Finding]:
    if isinstance(written, str):
        document = template_files.document(written)
        return examine(document.template, document).findings
    if "Resources" in written:
        return check_template(written)
    return check_resource(type_, written)


ALL = cases()
MORE: list[dict[str, Any]] = [
    *json.loads((Path(__file__).parent / "more_cases.json").read_text()),
    *long_cases.MORE,
]
"""Cases of conditions that the smallest do not need; ``says`` is what the message or fix has."""


@pytest.mark.parametrize("more", MORE, ids=lambda one: one["rule"])
def test_each_condition_of_a_rule_has_its_case(more: dict[str, Any]) -> None:
    found = findings(more["type"], more["case"])

    assert is_told(found, more["rule"], more.get("says", "")) is more["told"]


def is_told(found: list[Finding], rule: str, says: str = "") -> bool:
    """Tell whether a rule is among some findings, and says something: where, message or fix."""
    return any(
        one.rule == rule and says in f"{one.resource}/{one.path}: {one.message}: {one.fix}"
        for one in found
    )


@pytest.mark.parametrize("rule", sorted(RULES))
def test_the_smallest_break_of_a_rule_is_found(rule: str) -> None:
    type_, bad, _ = ALL[rule]

    found = [one for one in findings(type_, bad) if one.rule == rule]

    assert found
    for one in found:
        assert one.message
        assert one.message[-1] not in ".!"
        assert one.fix
        assert one.source
        assert "\n" not in one.message + one.fix
        assert one.path.startswith("Properties") or type_ == Whole.type


@pytest.mark.parametrize("rule", sorted(RULES))
def test_what_is_nearest_to_a_break_is_not_found(rule: str) -> None:
    type_, _, good = ALL[rule]

    assert [one for one in findings(type_, good) if one.rule == rule] == []


def test_there_is_no_case_of_a_rule_that_is_gone() -> None:
    assert set(ALL) <= set(RULES)


@pytest.mark.parametrize("value", ["a b", "-a", "a/b"])
def test_the_value_of_a_label_is_judged_too(value: str) -> None:
    pod = {"Metadata": {"Labels": {"name": value}, "Annotations": {"name": value}}}
    found = check_resource("AWS::Batch::JobDefinition", {"EksProperties": {"PodProperties": pod}})

    (one,) = (one for one in found if one.rule == "pod-labels")
    assert one.path.endswith("Labels/name")
