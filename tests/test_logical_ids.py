"""IDs are public API: people adopt this library, or leave it, without replacing a resource."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_batch as batch
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs

import batch_constructs as bc

BATCH = "AWS::Batch::"


def batch_ids(declare: Callable[[cdk.Stack, ec2.IVpc], Any]) -> dict[str, str]:
    app = cdk.App(builtin_cloud_formation_validation=False)
    stack = cdk.Stack(app, "Stack")
    declare(stack, ec2.Vpc(stack, "Vpc"))
    resources = app.synth().get_stack_by_name("Stack").template["Resources"]
    return {n: r["Type"] for n, r in resources.items() if r["Type"].startswith(BATCH)}


def ours(stack: cdk.Stack, vpc: ec2.IVpc) -> None:
    environment = bc.FargateComputeEnvironment(stack, "Fargate", vpc=vpc)
    bc.Ec2ComputeEnvironment(stack, "Ec2", vpc=vpc)
    bc.UnmanagedComputeEnvironment(stack, "Unmanaged")
    bc.JobQueue(stack, "Queue", compute_environments=[environment])
    sizes: Any = {"image": "busybox", "vcpus": 1, "memory": cdk.Size.gibibytes(2)}
    bc.FargateJobDefinition(stack, "FargateJob", **sizes)
    bc.Ec2JobDefinition(stack, "Ec2Job", **sizes)


def theirs(stack: cdk.Stack, vpc: ec2.IVpc) -> None:
    environment = batch.FargateComputeEnvironment(stack, "Fargate", vpc=vpc)
    batch.ManagedEc2EcsComputeEnvironment(stack, "Ec2", vpc=vpc)
    batch.UnmanagedComputeEnvironment(stack, "Unmanaged")
    queue = batch.JobQueue(stack, "Queue")
    queue.add_compute_environment(environment, 1)
    sizes: Any = {
        "image": ecs.ContainerImage.from_registry("busybox"),
        "cpu": 1,
        "memory": cdk.Size.gibibytes(2),
    }
    batch.EcsJobDefinition(
        stack,
        "FargateJob",
        container=batch.EcsFargateContainerDefinition(stack, "Fargate container", **sizes),
    )
    batch.EcsJobDefinition(
        stack, "Ec2Job", container=batch.EcsEc2ContainerDefinition(stack, "EC2 container", **sizes)
    )


def test_logical_ids_are_those_of_the_bare_l2s() -> None:
    assert batch_ids(ours) == batch_ids(theirs)


def test_every_id_that_a_construct_makes_is_written_down_here() -> None:
    """A line that changes here replaces a resource of everybody who upgrades: a major version."""
    app = cdk.App(builtin_cloud_formation_validation=False)
    stack = cdk.Stack(app, "Stack")
    ours(stack, ec2.Vpc(stack, "Vpc"))
    paths = {node.node.path for node in stack.node.find_all() if isinstance(node, cdk.CfnResource)}

    assert {path for path in paths if not path.startswith("Stack/Vpc/")} == {
        "Stack/Ec2/InstanceProfile",
        "Stack/Ec2/InstanceRole/Resource",
        "Stack/Ec2/LaunchTemplate",
        "Stack/Ec2/Resource",
        "Stack/Ec2/SecurityGroup/Resource",
        "Stack/Ec2Job/ExecutionRole",
        "Stack/Ec2Job/JobRole/Resource",
        "Stack/Ec2Job/LogGroup",
        "Stack/Ec2Job/Resource",
        "Stack/Fargate/Resource",
        "Stack/Fargate/SecurityGroup/Resource",
        "Stack/FargateJob/ExecutionRole",
        "Stack/FargateJob/LogGroup",
        "Stack/FargateJob/Resource",
        "Stack/Queue/Resource",
        "Stack/Unmanaged/Resource",
        "Stack/Unmanaged/ServiceRole/Resource",
    }
