"""The embedded AWS refuses of the resources beside AWS Batch what AWS refuses."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import WaiterError

from batch_constructs.local.cloudformation import refused_properties
from batch_constructs.local.cloudformation.resource_type import ProvisioningError

if TYPE_CHECKING:
    from batch_constructs.testing.local_aws import LocalAws

TRUST = {
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"Service": "ecs-tasks.amazonaws.com"},
            "Action": "sts:AssumeRole",
        }
    ]
}
FAULTS: dict[str, tuple[str, dict[str, Any], str]] = {
    "role": (
        "AWS::IAM::Role",
        {"AssumeRolePolicyDocument": TRUST, "MaxSessionDuration": 60},
        "MaxSessionDuration: the longest session of the role is 60",
    ),
    "queue": (
        "AWS::SQS::Queue",
        {"VisibilityTimeout": 43_201},
        "VisibilityTimeout: the visibility timeout is 43201 seconds",
    ),
    "rule": (
        "AWS::Events::Rule",
        {"ScheduleExpression": "rate(1 day)", "EventBusName": "own"},
        "EventBusName: the rule has ScheduleExpression, and is on a custom bus",
    ),
    "schedule": (
        "AWS::Scheduler::Schedule",
        {
            "ScheduleExpression": "rate(1 day)",
            "FlexibleTimeWindow": {"Mode": "OFF"},
            "EndDate": "2030-01-01T00:00:00Z",
            "Target": {
                "Arn": "arn:aws:sqs:us-east-1:111122223333:q",
                "RoleArn": "arn:aws:iam::111122223333:role/r",
            },
        },
        'EndDate: EndDate is "2030-01-01T00:00:00Z"',
    ),
    "machine": (
        "AWS::StepFunctions::StateMachine",
        {
            "RoleArn": "arn:aws:iam::111122223333:role/r",
            "DefinitionString": json.dumps(
                {"StartAt": "A", "States": {"A": {"Type": "Pass", "End": True, "Retry": [{}]}}}
            ),
        },
        "DefinitionString/States/A/Retry: Retry is not a field of Pass",
    ),
}


@pytest.mark.parametrize("operation", ["create", "update"])
@pytest.mark.parametrize("fault", FAULTS)
def test_a_property_that_aws_refuses_makes_and_changes_nothing(operation: str, fault: str) -> None:
    kind, properties, message = FAULTS[fault]
    made: list[object] = []
    handlers: Any = {
        one: {"create": lambda *some: made.append(some), "update": lambda *some: made.append(some)}
        for one in refused_properties.HELD
    }
    refused_properties.check_properties(handlers)
    before = ["It"] if operation == "create" else ["it", {}]

    with pytest.raises(ProvisioningError) as raised:
        handlers[kind][operation](*before, properties, "Stack")

    assert str(raised.value).startswith(message)
    assert made == []


def test_what_is_created_and_fails_later_is_created() -> None:
    """That a target's job never starts is no reason to refuse the rule."""
    target = {
        "Id": "a",
        "Arn": "arn:aws:batch:us-east-1:111122223333:job-queue/q",
        "RoleArn": "arn:aws:iam::111122223333:role/r",
        "BatchParameters": {"JobDefinition": "d", "JobName": "a b"},
    }
    properties = {"ScheduleExpression": "rate(1 day)", "Targets": [target]}

    assert list(refused_properties.refused("AWS::Events::Rule", properties)) == []


@pytest.mark.local_aws
@pytest.mark.parametrize("fault", FAULTS)
def test_a_stack_with_such_a_property_is_rolled_back(fault: str, local_aws: LocalAws) -> None:
    kind, properties, message = FAULTS[fault]
    stacks = local_aws.client("cloudformation")
    name = f"refused-{fault}"
    template = {"Resources": {"It": {"Type": kind, "Properties": properties}}}
    stacks.create_stack(
        StackName=name, TemplateBody=json.dumps(template), Capabilities=["CAPABILITY_NAMED_IAM"]
    )

    with pytest.raises(WaiterError):
        stacks.get_waiter("stack_create_complete").wait(
            StackName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 60}
        )

    events = stacks.describe_stack_events(StackName=name)["StackEvents"]
    reasons = [one.get("ResourceStatusReason", "") for one in events]
    assert any(message in reason for reason in reasons)
