"""The whole of AWS Batch deployed to the embedded AWS, and described by AWS Batch's own API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2

import batch_constructs as bc

if TYPE_CHECKING:
    from batch_constructs.testing.local_aws import LocalAws

pytestmark = pytest.mark.local_aws
SMALL: dict[str, Any] = {"image": "busybox", "vcpus": 1, "memory": cdk.Size.gibibytes(2)}


def test_the_cluster_of_an_unmanaged_environment_is_found_and_its_arn_is_right(
    local_aws: LocalAws,
) -> None:
    stack = cdk.Stack(cdk.App(), "WholeUnmanaged")
    environment = bc.UnmanagedComputeEnvironment(stack, "Environment", unmanaged_vcpus=4)
    cdk.CfnOutput(stack, "ClusterArn", value=environment.ecs_cluster_arn)
    cdk.CfnOutput(stack, "ClusterName", value=environment.ecs_cluster_name)
    cdk.CfnOutput(stack, "Arn", value=environment.compute_environment_arn)

    outputs = local_aws.deploy(stack).outputs

    (described,) = local_aws.client("batch").describe_compute_environments(
        computeEnvironments=[outputs["Arn"]]
    )["computeEnvironments"]
    assert described["unmanagedvCpus"] == 4
    assert outputs["ClusterArn"] == described["ecsClusterArn"]
    assert outputs["ClusterArn"].endswith(f":cluster/{outputs['ClusterName']}")


def test_shares_licences_and_definitions_of_every_shape_are_what_was_declared(
    local_aws: LocalAws,
) -> None:
    stack = cdk.Stack(cdk.App(), "WholeShapes")
    vpc = ec2.Vpc.from_vpc_attributes(
        stack,
        "Vpc",
        vpc_id="vpc-12345678",
        availability_zones=["us-east-1a"],
        private_subnet_ids=["subnet-12345678"],
    )
    group = ec2.SecurityGroup.from_security_group_id(stack, "Group", "sg-12345678")
    environment = bc.FargateComputeEnvironment(
        stack, "Environment", vpc=vpc, security_groups=[group]
    )
    policy = bc.FairSharePolicy(
        stack, "Shares", shares=[bc.Share(share_identifier="genomics", weight_factor=0.5)]
    )
    queue = bc.JobQueue(
        stack, "Queue", compute_environments=[environment], scheduling_policy=policy
    )
    licences = bc.ConsumableResource(stack, "Licences", total_quantity=5)
    several = bc.MultiContainerJobDefinition(
        stack,
        "Several",
        platform_capability="FARGATE",
        containers=[
            bc.Container(
                name="main", depends_on=[bc.ContainerDependency(container_name="side")], **SMALL
            ),
            bc.Container(name="side", essential=False, **SMALL),
        ],
        consumable_resources={licences: 2},
    )
    nodes = bc.MultiNodeJobDefinition(
        stack, "Nodes", node_ranges=[bc.NodeRange(target_nodes=3, container=bc.Container(**SMALL))]
    )
    for name, value in {
        "Queue": queue.job_queue_arn,
        "Policy": policy.scheduling_policy_arn,
        "Licences": licences.consumable_resource_arn,
        "Several": several.job_definition_arn,
        "Nodes": nodes.job_definition_arn,
    }.items():
        cdk.CfnOutput(stack, f"{name}Arn", value=value)

    outputs = local_aws.deploy(stack).outputs
    batch = local_aws.client("batch")

    (queued,) = batch.describe_job_queues(jobQueues=[outputs["QueueArn"]])["jobQueues"]
    assert queued["schedulingPolicyArn"] == outputs["PolicyArn"]
    (shared,) = batch.describe_scheduling_policies(arns=[outputs["PolicyArn"]])[
        "schedulingPolicies"
    ]
    assert shared["fairsharePolicy"]["shareDistribution"] == [
        {"shareIdentifier": "genomics", "weightFactor": 0.5}
    ]
    counted = batch.describe_consumable_resource(consumableResource=outputs["LicencesArn"])
    assert counted["totalQuantity"] == 5
    found = {
        definition["jobDefinitionArn"]: definition
        for definition in batch.describe_job_definitions(
            jobDefinitions=[outputs["SeveralArn"], outputs["NodesArn"]]
        )["jobDefinitions"]
    }
    (task,) = found[outputs["SeveralArn"]]["ecsProperties"]["taskProperties"]
    assert [one["name"] for one in task["containers"]] == ["main", "side"]
    (wanted,) = found[outputs["SeveralArn"]]["consumableResourceProperties"][
        "consumableResourceList"
    ]
    assert wanted["quantity"] == 2
    assert found[outputs["NodesArn"]]["nodeProperties"]["numNodes"] == 3
