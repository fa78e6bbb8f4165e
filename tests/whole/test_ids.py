"""The IDs below each new construct are public API: hand-listed, of a minimal instance."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2

import batch_constructs as bc

SMALL: dict[str, Any] = {"image": "busybox", "vcpus": 1, "memory": cdk.Size.gibibytes(2)}
LIMITS = [bc.CapacityLimit(max_capacity=1)]
CLUSTER = "arn:aws:eks:us-east-1:123456789012:cluster/shared"


def quota_share(stack: cdk.Stack, _: ec2.Vpc) -> None:
    environment = bc.ServiceEnvironment(stack, "Training", capacity_limits=LIMITS)
    queue = bc.ServiceJobQueue(
        stack,
        "Queue",
        service_environments=[environment],
        scheduling_policy=bc.QuotaSharePolicy(stack, "Quotas"),
    )
    bc.QuotaShare(stack, "It", queue=queue, capacity_limits=LIMITS, quota_share_name="a")


def unmanaged(stack: cdk.Stack, _: ec2.Vpc) -> None:
    environment = bc.UnmanagedComputeEnvironment(stack, "It")
    cdk.CfnOutput(stack, "Cluster", value=environment.ecs_cluster_arn)


def endpoints(stack: cdk.Stack, vpc: ec2.Vpc) -> None:
    environment = bc.FargateComputeEnvironment(stack, "Environment", vpc=vpc)
    bc.BatchEndpoints(stack, "It", vpc=vpc, compute_environments=[environment])


IDS: dict[str, tuple[Callable[[cdk.Stack, ec2.Vpc], Any], set[str]]] = {
    "FairSharePolicy": (lambda stack, _: bc.FairSharePolicy(stack, "It"), {"Resource"}),
    "QuotaShare": (quota_share, {"Resource"}),
    "ConsumableResource": (
        lambda stack, _: bc.ConsumableResource(stack, "It", total_quantity=1),
        {"Resource"},
    ),
    "LaunchTemplate": (lambda stack, _: bc.LaunchTemplate(stack, "It"), {"Resource"}),
    "MultiContainerJobDefinition": (
        lambda stack, _: bc.MultiContainerJobDefinition(
            stack, "It", platform_capability="FARGATE", containers=[bc.Container(name="a", **SMALL)]
        ),
        {"Resource", "ExecutionRole", "JobRole/Resource", "LogGroup"},
    ),
    "MultiNodeJobDefinition": (
        lambda stack, _: bc.MultiNodeJobDefinition(
            stack, "It", node_ranges=[bc.NodeRange(target_nodes=2, container=bc.Container(**SMALL))]
        ),
        {"Resource", "ExecutionRole", "JobRole/Resource", "LogGroup"},
    ),
    "EksJobDefinition": (
        lambda stack, _: bc.EksJobDefinition(stack, "It", containers=[bc.PodContainer(**SMALL)]),
        {"Resource"},
    ),
    "EksComputeEnvironment": (
        lambda stack, vpc: bc.EksComputeEnvironment(
            stack, "It", cluster=CLUSTER, kubernetes_namespace="batch", vpc=vpc
        ),
        {
            "Resource",
            "InstanceProfile",
            "InstanceRole/Resource",
            "LaunchTemplate",
            "SecurityGroup/Resource",
        },
    ),
    "ManagedInstancesComputeEnvironment": (
        lambda stack, vpc: bc.ManagedInstancesComputeEnvironment(stack, "It", vpc=vpc),
        {
            "Resource",
            "InstanceProfile",
            "InstanceRole/Resource",
            "InfrastructureRole/Resource",
            "InfrastructureRole/DefaultPolicy/Resource",
            "SecurityGroup/Resource",
        },
    ),
    "UnmanagedComputeEnvironment": (
        unmanaged,
        {"Resource", "ServiceRole/Resource", "EcsCluster/Lookup/Default"},
    ),
    "BatchEndpoints": (
        endpoints,
        {
            "SecurityGroup/Resource",
            "S3/Resource",
            "EcrApi/Resource",
            "EcrDkr/Resource",
            "Logs/Resource",
        },
    ),
}


@pytest.mark.parametrize("name", IDS)
def test_the_ids_of_a_construct_are_those_that_it_promises(
    name: str, stack: cdk.Stack, vpc: ec2.Vpc
) -> None:
    declare, expected = IDS[name]
    declare(stack, vpc)

    found = {
        child.node.path.removeprefix("Stack/It/")
        for child in stack.node.find_child("It").node.find_all()
        if cdk.CfnResource.is_cfn_resource(child)
    }
    assert {path for path in found if "/from " not in path} == expected
