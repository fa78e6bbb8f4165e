"""Stacks with queues of every kind, and ways to look at what they became."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from aws_cdk import App, Stack
from aws_cdk import aws_batch as batch
from aws_cdk.assertions import Template

from batch_constructs import ComputeEnvironment, JobQueue
from batch_constructs.functions.claims.invocation import Invocation
from batch_constructs.functions.claims.rows import Claims

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from constructs import Construct

    from batch_constructs.testing.local_aws import LocalAws

Resources = dict[str, dict[str, Any]]
NOW = 1_780_000_600.0
INVOCATION = Invocation(deadline=NOW + 25, clock=lambda: NOW, sleep=lambda _: None)


@pytest.fixture
def stack() -> Stack:
    return Stack(App(builtin_cloud_formation_validation=False), "Platform")


def environment_in(scope: Construct, name: str = "spot") -> ComputeEnvironment:
    return ComputeEnvironment.from_compute_environment_name(scope, name.title(), name)


def queue_in(scope: Construct, id: str = "Nightly", name: str = "nightly") -> JobQueue:
    environment = ComputeEnvironment.from_compute_environment_arn(
        scope, f"{id}Room", "arn:aws:batch:us-east-1:123456789012:compute-environment/room"
    )
    return JobQueue(scope, id, compute_environments=[environment], job_queue_name=name)


def l1_queue_in(scope: Construct) -> batch.CfnJobQueue:
    room = "arn:aws:batch:us-east-1:123456789012:compute-environment/room"
    place = batch.CfnJobQueue.ComputeEnvironmentOrderProperty(compute_environment=room, order=1)
    return batch.CfnJobQueue(scope, "L1", priority=1, compute_environment_order=[place])


@pytest.fixture
def queue(stack: Stack) -> JobQueue:
    return queue_in(stack)


@pytest.fixture
def environment(stack: Stack) -> ComputeEnvironment:
    return environment_in(stack)


@pytest.fixture
def resources(stack: Stack) -> Callable[[str], Resources]:
    """Return what a type of resource became: logical ID → properties."""

    def of(kind: str) -> Resources:
        found = Template.from_stack(stack).to_json().get("Resources", {})
        return {
            name: resource.get("Properties", {})
            for name, resource in found.items()
            if resource["Type"] == kind
        }

    return of


def one(resources: Resources) -> dict[str, Any]:
    [properties] = resources.values()
    return properties


def plain(value: Any) -> str:
    """Write a value with intrinsic functions as text: references by their logical IDs."""
    if isinstance(value, str):
        return value
    [(function, argument)] = value.items()
    match function:
        case "Fn::Join":
            return str(argument[0]).join(plain(part) for part in argument[1])
        case "Fn::Sub":
            return substituted(*argument) if isinstance(argument, list) else substituted(argument)
        case "Fn::GetAtt":
            return ".".join(argument)
        case "Fn::Select":
            return f"{plain(argument[1]['Fn::Split'][1])}[{argument[0]}]"
        case _:
            return str(argument)


def substituted(text: str, named: Mapping[str, Any] | None = None) -> str:
    """Write a text with what CloudFormation puts into it."""
    for name, each in {"AWS::Region": {"Ref": "AWS::Region"}, **(named or {})}.items():
        text = text.replace(f"${{{name}}}", plain(each))
    return text.replace("${!", "${")


def statements_of(role: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the statements written into a role, those of its log left out."""
    [policy] = role["Policies"]
    statements: list[dict[str, Any]] = policy["PolicyDocument"]["Statement"]
    return [one for one in statements if "logs:PutLogEvents" not in one["Action"]]


@pytest.fixture
def claims(local_aws: LocalAws) -> Iterator[Claims]:
    dynamodb = local_aws.client("dynamodb")
    dynamodb.create_table(
        TableName="claims",
        KeySchema=[{"AttributeName": "key", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "key", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    yield Claims(dynamodb=dynamodb, table="claims", clock=lambda: NOW)
    dynamodb.delete_table(TableName="claims")
