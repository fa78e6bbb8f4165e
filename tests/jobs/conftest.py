"""Job definitions under test: a short way to declare one, and to see what it renders."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import aws_cdk as cdk
import pytest

import batch_constructs as bc

Rendered = dict[str, Any]
IMAGE = "public.ecr.aws/docker/library/busybox:1.37"


@pytest.fixture
def fargate(stack: cdk.Stack) -> Callable[..., bc.FargateJobDefinition]:
    """Declare a Fargate definition with nothing but what a test is about."""

    def declare(**options: Any) -> bc.FargateJobDefinition:
        sizes = {"vcpus": 1, "memory": cdk.Size.mebibytes(2048)}
        return bc.FargateJobDefinition(stack, "Job", **{"image": IMAGE, **sizes, **options})

    return declare


@pytest.fixture
def ec2_job(stack: cdk.Stack) -> Callable[..., bc.Ec2JobDefinition]:
    """Declare an EC2 definition with nothing but what a test is about."""

    def declare(**options: Any) -> bc.Ec2JobDefinition:
        sizes = {"vcpus": 1, "memory": cdk.Size.mebibytes(2048)}
        return bc.Ec2JobDefinition(stack, "Job", **{"image": IMAGE, **sizes, **options})

    return declare


@pytest.fixture
def container(properties: Callable[[str], Rendered]) -> Callable[[], Rendered]:
    """Synthesise, and return the container properties of the one definition."""
    return lambda: properties("AWS::Batch::JobDefinition")["ContainerProperties"]


@pytest.fixture
def execution_statements(
    resources: Callable[..., dict[str, Rendered]],
) -> Callable[[], list[Rendered]]:
    """Synthesise, and return what the execution role may do."""

    def read() -> list[Rendered]:
        (role,) = (
            role for name, role in resources("AWS::IAM::Role").items() if "ExecutionRole" in name
        )
        (policy,) = role["Properties"]["Policies"]
        statements: list[Rendered] = policy["PolicyDocument"]["Statement"]
        return statements

    return read
