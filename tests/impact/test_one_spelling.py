"""What CloudFormation makes alike is alike: nothing changes where the same is written otherwise."""

from __future__ import annotations

from typing import Any

import pytest

from batch_constructs.aws.updates import REFERENCE_IS_ARN
from batch_constructs.impact.one_spelling import spelled
from batch_constructs.impact.verdict import Effect, impact

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
        ({"Fn::GetAtt": ["T", "TopicArn"]}, {"Fn::GetAtt": ["T", "TopicArn"]}),
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


def test_every_resource_of_aws_batch_has_an_attribute_that_ref_gives_too() -> None:
    assert {one.rpartition("::")[2] for one in REFERENCE_IS_ARN} == {
        "ComputeEnvironment",
        "ConsumableResource",
        "JobDefinition",
        "JobQueue",
        "QuotaShare",
        "SchedulingPolicy",
        "ServiceEnvironment",
    }
