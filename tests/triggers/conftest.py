"""Stacks with a queue and a definition whose ARNs are short, so that expectations are exact."""

from __future__ import annotations

from typing import Any

import pytest
from aws_cdk import Stack
from aws_cdk import aws_batch as batch
from aws_cdk import aws_ec2 as ec2
from aws_cdk.assertions import Template

from batch_constructs import FargateComputeEnvironment, JobDefinition, JobQueue

QUEUE = "arn:aws:batch:us-east-1:123456789012:job-queue/main"
DEFINITION = "arn:aws:batch:us-east-1:123456789012:job-definition/report"
JOBS = "arn:aws:batch:us-east-1:123456789012:job/*"


@pytest.fixture
def queue(stack: Stack) -> Any:
    return JobQueue.from_job_queue_arn(stack, "Queue", QUEUE)


@pytest.fixture
def definition(stack: Stack) -> Any:
    return JobDefinition.from_job_definition_arn(stack, "Definition", f"{DEFINITION}:3")


@pytest.fixture
def shared(stack: Stack) -> JobQueue:
    """A queue with a scheduling policy."""
    vpc = ec2.Vpc(stack, "Vpc", max_azs=2)
    environment = FargateComputeEnvironment(stack, "Environment", vpc=vpc)
    policy = batch.FairshareSchedulingPolicy(stack, "Policy")
    return JobQueue(stack, "Shared", compute_environments=[environment], scheduling_policy=policy)


def resources(stack: Stack, kind: str) -> dict[str, dict[str, Any]]:
    """Logical ID → properties of the resources of a type."""
    found = Template.from_stack(stack).find_resources(kind)
    return {name: resource.get("Properties", {}) for name, resource in found.items()}


def only(stack: Stack, kind: str) -> dict[str, Any]:
    (properties,) = resources(stack, kind).values()
    return properties


def joined(value: Any) -> str:
    """Flatten Fn::Join, with references and attributes as ``<ID>`` and ``<ID.Attribute>``."""
    if isinstance(value, str):
        return value
    if "Ref" in value:
        return f"<{value['Ref']}>"
    if "Fn::GetAtt" in value:
        return f"<{'.'.join(value['Fn::GetAtt'])}>"
    separator, parts = value["Fn::Join"]
    return str(separator).join(map(joined, parts))
