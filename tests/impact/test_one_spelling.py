"""What CloudFormation makes alike is alike: nothing changes where the same is written otherwise."""

from __future__ import annotations

import json
from typing import Any

import pytest

from batch_constructs.aws.table import read
from batch_constructs.impact.one_spelling import spelled
from batch_constructs.impact.verdict import Effect, impact
from scripts.make_create_only import SCHEMAS

REFERENCES: dict[str, str] = read("references")
TYPES = {"Q": "AWS::Batch::JobQueue", "T": "AWS::SNS::Topic"}
STACK = {"Ref": "AWS::StackName"}


def join(*parts: Any, glue: str = "") -> dict[str, Any]:
    return {"Fn::Join": [glue, list(parts)]}


@pytest.mark.parametrize(
    ("written", "otherwise"),
    [
        ({"Fn::GetAtt": "T.Outputs.A"}, {"Fn::GetAtt": ["T", "Outputs.A"]}),
        ({"Fn::GetAtt": "Q.JobQueueArn"}, {"Ref": "Q"}),
        ({"Fn::GetAtt": ["Q", "JobQueueArn"]}, {"Ref": "Q"}),
        ({"Fn::GetAtt": ["T", "TopicArn"]}, {"Ref": "T"}),
        ({"Fn::GetAtt": ["T", "TopicName"]}, {"Fn::GetAtt": ["T", "TopicName"]}),
        ({"Fn::Select": [1, ["a", {"Ref": "Q"}]]}, {"Ref": "Q"}),
        ({"Fn::Select": ["0", ["a", {"Ref": "Q"}]]}, "a"),
        ({"Fn::Select": [2, ["a", "b"]]}, {"Fn::Select": [2, ["a", "b"]]}),
        (
            {"Fn::Select": [0, [{"Fn::If": [1, 2, 3]}]]},
            {"Fn::Select": [0, [{"Fn::If": [1, 2, 3]}]]},
        ),
        ({"Fn::Select": [0, {"Ref": "L"}]}, {"Fn::Select": [0, {"Ref": "L"}]}),
        ({"Fn::Select": [{"Ref": "N"}, ["a"]]}, {"Fn::Select": [{"Ref": "N"}, ["a"]]}),
        ({"Fn::Split": [",", "a,b"]}, ["a", "b"]),
        ({"Fn::Split": [",", {"Ref": "L"}]}, {"Fn::Split": [",", {"Ref": "L"}]}),
        ({"Fn::Equals": [STACK, "a"]}, {"Fn::Equals": ["a", STACK]}),
        (
            {"Fn::Or": [{"Fn::Not": [1]}, {"Fn::And": [2]}]},
            {"Fn::Or": [{"Fn::And": [2]}, {"Fn::Not": [1]}]},
        ),
        ({"Fn::GetAZs": ""}, {"Fn::GetAZs": {"Ref": "AWS::Region"}}),
        ({"Fn::GetAZs": "eu-west-1"}, {"Fn::GetAZs": "eu-west-1"}),
        ({"Fn::Sub": "${Q}"}, {"Ref": "Q"}),
        ({"Fn::Sub": "${Q.JobQueueArn}"}, {"Ref": "Q"}),
        ({"Fn::Sub": "${T.TopicName}"}, {"Fn::GetAtt": ["T", "TopicName"]}),
        ({"Fn::Sub": "plain"}, "plain"),
        ({"Fn::Sub": "${AWS::StackName}-q"}, join(STACK, "-q")),
        ({"Fn::Sub": ["${A}-q", {"A": STACK}]}, join(STACK, "-q")),
        ({"Fn::Sub": ["${A}-q", {"A": "a"}]}, "a-q"),
        ({"Fn::Sub": ["${A}${B}", {"A": 1, "B": True}]}, "1true"),
        ({"Fn::Sub": "a${!Q}"}, "a${Q}"),
        ({"Fn::Sub": "a${Q"}, "a${Q"),
        (join(STACK, "q", glue="-"), join(STACK, "-q")),
        (join("a", join("b", STACK), "c"), join("ab", STACK, "c")),
        (join("", ""), ""),
        ({"Ref": "Q"}, {"Ref": "Q"}),
        (join({"Fn::If": [1, 2, 3]}, "b", glue="-"), join({"Fn::If": [1, 2, 3]}, "b", glue="-")),
        ({"Fn::Join": [",", {"Ref": "List"}]}, {"Fn::Join": [",", {"Ref": "List"}]}),
    ],
)
def test_a_value_has_one_spelling(written: dict[str, Any], otherwise: Any) -> None:
    assert spelled(written, TYPES) == otherwise


@pytest.mark.parametrize(
    ("old", "new", "effect"),
    [
        ({"Fn::GetAtt": ["Q", "JobQueueArn"]}, {"Ref": "Q"}, Effect.NONE),
        ({"Fn::GetAtt": "Q.JobQueueArn"}, {"Fn::Sub": "${Q}"}, Effect.NONE),
        ({"Fn::GetAtt": "Q.JobQueueArn"}, {"Ref": "R"}, Effect.REPLACE),
        ({"Fn::Sub": "${Q}"}, {"Fn::Sub": "${Q}x"}, Effect.REPLACE),
    ],
)
def test_a_share_whose_queue_is_written_otherwise_stays(
    old: dict[str, Any], new: dict[str, Any], effect: Effect
) -> None:
    queue = {"Type": "AWS::Batch::JobQueue", "Properties": {"Priority": 1}}
    before, after = (
        {
            "Resources": {
                **dict.fromkeys("QR", queue),
                "S": {"Type": "AWS::Batch::QuotaShare", "Properties": {"JobQueue": one}},
            }
        }
        for one in (old, new)
    )

    assert impact(before, after)["S"].effect is effect


def test_a_choice_between_what_is_the_same_is_none() -> None:
    def queue(value: Any) -> dict[str, Any]:
        return {
            "Parameters": {"P": {"Type": "String"}},
            "Conditions": {"C": {"Fn::Equals": [{"Ref": "P"}, "a"]}},
            "Resources": {
                "Q": {"Type": "AWS::Batch::JobQueue", "Properties": {"Priority": value}},
            },
        }

    found = impact(queue({"Fn::If": ["C", 1, 1]}), queue(1))

    assert found["Q"].effect is Effect.NONE


def test_sides_of_a_condition_may_change_places() -> None:
    def queue(*sides: Any) -> dict[str, Any]:
        resource = {"Type": "AWS::Batch::JobQueue", "Properties": {"Priority": 1}, "Condition": "C"}
        return {"Conditions": {"C": {"Fn::Equals": [*sides]}}, "Resources": {"Q": resource}}

    assert impact(queue(STACK, "a"), queue("a", STACK))["Q"].effect is Effect.NONE


def test_every_resource_of_aws_batch_has_an_attribute_that_ref_gives_too() -> None:
    batch = {one.rpartition("::")[2] for one in REFERENCES if one.startswith("AWS::Batch::")}

    assert batch == {
        "ComputeEnvironment",
        "ConsumableResource",
        "JobDefinition",
        "JobQueue",
        "QuotaShare",
        "SchedulingPolicy",
        "ServiceEnvironment",
    }


BY_NAME = "AWS::Batch::JobDefinition"
"""The registry knows a definition by its name; ``Ref`` gives the ARN, as its page says."""


@pytest.mark.parametrize(
    ("type_", "attribute"), [one for one in REFERENCES.items() if one[0] != BY_NAME]
)
def test_what_ref_gives_is_what_the_registry_knows_a_resource_by(
    type_: str, attribute: str
) -> None:
    index = json.loads((SCHEMAS / "providers" / "us-east-1.json").read_text())
    schema = json.loads((SCHEMAS / "resources" / f"{index[type_]}.json").read_text())

    assert schema["primaryIdentifier"] == [f"/properties/{attribute}"]
    assert f"/properties/{attribute}" in schema["readOnlyProperties"]
