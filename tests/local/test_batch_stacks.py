"""CloudFormation for every ``AWS::Batch::*`` type: create, change, replace, delete, refuse."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_batch as batch

from batch_constructs.local.errors import LocalAwsError
from tests.local import fargate

if TYPE_CHECKING:
    from collections.abc import Callable

    from batch_constructs.testing.local_aws import LocalAws

    NewStack = Callable[[], cdk.Stack]

pytestmark = pytest.mark.local_aws


def resource(stack: cdk.Stack, name: str, type_name: str, **properties: Any) -> cdk.CfnResource:
    return cdk.CfnResource(stack, name, type=type_name, properties=properties)


def fargate_environment(stack: cdk.Stack, **properties: Any) -> cdk.CfnResource:
    resources = {
        "Type": "FARGATE",
        "MaxvCpus": 4,
        "Subnets": ["subnet-12345678"],
        "SecurityGroupIds": ["sg-12345678"],
        **properties.pop("ComputeResources", {}),
    }
    return resource(
        stack,
        "Environment",
        "AWS::Batch::ComputeEnvironment",
        **{"Type": "MANAGED", "ComputeResources": resources, **properties},
    )


def ec2_environment(stack: cdk.Stack, **properties: Any) -> cdk.CfnResource:
    resources = {
        "Type": "EC2",
        "MaxvCpus": 16,
        "MinvCpus": 0,
        "AllocationStrategy": "BEST_FIT_PROGRESSIVE",
        "InstanceTypes": ["m7i"],
        "InstanceRole": "arn:aws:iam::123456789012:instance-profile/ecsInstanceRole",
        "Subnets": ["subnet-12345678"],
        "SecurityGroupIds": ["sg-12345678"],
        **properties.pop("ComputeResources", {}),
    }
    return resource(
        stack,
        "Environment",
        "AWS::Batch::ComputeEnvironment",
        **{"Type": "MANAGED", "ComputeResources": resources, **properties},
    )


def test_every_batch_type_is_created_described_and_deleted(
    local_aws: LocalAws, new_stack: NewStack
) -> None:
    stack = new_stack()
    policy = resource(
        stack,
        "Policy",
        "AWS::Batch::SchedulingPolicy",
        FairsharePolicy={"ShareDecaySeconds": "3600"},
    )
    consumable = resource(
        stack,
        "Licences",
        "AWS::Batch::ConsumableResource",
        TotalQuantity="7",
        ResourceType="REPLENISHABLE",
    )
    queue = fargate.queue(stack)
    queue.queue.scheduling_policy_arn = policy.ref
    fargate.job(stack, "Job", queue, ["true"])
    service = resource(
        stack,
        "Service",
        "AWS::Batch::ServiceEnvironment",
        ServiceEnvironmentType="SAGEMAKER_TRAINING",
        CapacityLimits=[{"CapacityUnit": "NUM_INSTANCES", "MaxCapacity": 2}],
    )
    service_queue = resource(
        stack,
        "ServiceQueue",
        "AWS::Batch::JobQueue",
        JobQueueType="SAGEMAKER_TRAINING",
        Priority=1,
        ServiceEnvironmentOrder=[{"Order": 1, "ServiceEnvironment": service.ref}],
        SchedulingPolicyArn=resource(
            stack,
            "QuotaPolicy",
            "AWS::Batch::SchedulingPolicy",
            QuotaSharePolicy={"IdleResourceAssignmentStrategy": "FIFO"},
        ).ref,
    )
    resource(
        stack,
        "Share",
        "AWS::Batch::QuotaShare",
        QuotaShareName="team",
        JobQueue=service_queue.ref,
        CapacityLimits=[{"CapacityUnit": "NUM_INSTANCES", "MaxCapacity": 1}],
        ResourceSharingConfiguration={"Strategy": "RESERVE"},
        PreemptionConfiguration={"InSharePreemption": "DISABLED"},
        State="ENABLED",
    )
    cdk.CfnOutput(stack, "Free", value=consumable.get_att("AvailableQuantity").to_string())
    deployed = local_aws.deploy(stack)

    from batch_constructs.local.inventory import take_inventory

    found = take_inventory(local_aws.client, deployed.name)
    there = {one.type_name for one in found if one.answer == "there"}
    assert deployed.outputs["Free"] == "7"
    assert {name for name in there if name.startswith("AWS::Batch::")} == {
        "AWS::Batch::ComputeEnvironment",
        "AWS::Batch::ConsumableResource",
        "AWS::Batch::JobDefinition",
        "AWS::Batch::JobQueue",
        "AWS::Batch::QuotaShare",
        "AWS::Batch::SchedulingPolicy",
        "AWS::Batch::ServiceEnvironment",
    }

    local_aws.destroy(deployed)

    queues = local_aws.client("batch").describe_job_queues(jobQueues=[deployed.outputs["QueueArn"]])
    assert queues["jobQueues"] == []


def test_a_property_that_batch_does_not_have_fails_the_stack(
    local_aws: LocalAws, new_stack: NewStack
) -> None:
    stack = new_stack()
    fargate_environment(stack, ComputeResources={"MaxCpus": 4})

    with pytest.raises(LocalAwsError, match=r"extraneous key \[MaxCpus\] is not permitted"):
        local_aws.deploy(stack)


def test_a_change_of_instance_types_replaces_a_compute_environment_and_the_queue_moves_over(
    local_aws: LocalAws, new_stack: NewStack
) -> None:
    def deploy(instance_type: str) -> tuple[str, str]:
        stack = new_stack()
        environment = ec2_environment(stack, ComputeResources={"InstanceTypes": [instance_type]})
        queue = resource(
            stack,
            "Queue",
            "AWS::Batch::JobQueue",
            Priority=1,
            ComputeEnvironmentOrder=[{"Order": 1, "ComputeEnvironment": environment.ref}],
        )
        resources = local_aws.deploy(stack).resources
        return resources["Environment"], resources[stack.get_logical_id(queue)]

    environment, queue = deploy("m7i")
    other_environment, same_queue = deploy("c7i")

    client = local_aws.client("batch")
    described = client.describe_job_queues(jobQueues=[queue])["jobQueues"][0]
    gone = client.describe_compute_environments(computeEnvironments=[environment])
    assert (other_environment != environment, same_queue) == (True, queue)
    assert described["computeEnvironmentOrder"][0]["computeEnvironment"] == other_environment
    assert gone["computeEnvironments"] == []


def test_replacing_a_named_compute_environment_is_refused(
    local_aws: LocalAws, new_stack: NewStack
) -> None:
    def stack_with(instance_type: str) -> cdk.Stack:
        stack = new_stack()
        ec2_environment(
            stack,
            ComputeEnvironmentName="named",
            ComputeResources={"InstanceTypes": [instance_type]},
        )
        return stack

    deployed = local_aws.deploy(stack_with("m7i"))

    with pytest.raises(LocalAwsError, match="custom-named resource requires replacing"):
        local_aws.deploy(stack_with("c7i"))

    assert local_aws.deploy(stack_with("m7i")).resources == deployed.resources


def test_without_replacement_a_change_needs_the_service_linked_role(
    local_aws: LocalAws, new_stack: NewStack
) -> None:
    def stack_with(instance_type: str) -> cdk.Stack:
        stack = new_stack()
        role = fargate.task_role(stack, "Role")
        ec2_environment(
            stack,
            ReplaceComputeEnvironment=False,
            ServiceRole=role.role_arn,
            ComputeResources={"InstanceTypes": [instance_type]},
        )
        return stack

    local_aws.deploy(stack_with("m7i"))

    with pytest.raises(LocalAwsError, match="need AWSServiceRoleForBatch"):
        local_aws.deploy(stack_with("c7i"))


def test_new_tags_replace_a_compute_environment(local_aws: LocalAws, new_stack: NewStack) -> None:
    def deploy(team: str) -> str:
        stack = new_stack()
        fargate_environment(stack, Tags={"team": team})
        return local_aws.deploy(stack).resources["Environment"]

    assert deploy("blue") != deploy("red")


def test_a_compute_environment_that_a_foreign_queue_uses_cannot_be_deleted(
    local_aws: LocalAws, new_stack: NewStack
) -> None:
    stack = new_stack()
    fargate_environment(stack)
    deployed = local_aws.deploy(stack)
    client = local_aws.client("batch")
    client.create_job_queue(
        jobQueueName="foreign",
        priority=1,
        computeEnvironmentOrder=[
            {"order": 1, "computeEnvironment": deployed.resources["Environment"]}
        ],
    )

    with pytest.raises(LocalAwsError, match="found existing JobQueue relationship"):
        local_aws.destroy(deployed)

    client.update_job_queue(jobQueue="foreign", state="DISABLED")
    client.delete_job_queue(jobQueue="foreign")
    local_aws.destroy(deployed)


def test_a_revision_is_kept_where_the_definition_says_so(
    local_aws: LocalAws, new_stack: NewStack
) -> None:
    def deploy(word: str) -> str:
        stack = new_stack()
        queue = fargate.queue(stack)
        keep = batch.CfnJobDefinition.ResourceRetentionPolicyProperty(
            skip_deregister_on_update=True
        )
        fargate.job(stack, "Job", queue, ["echo", word], resource_retention_policy=keep)
        return local_aws.deploy(stack).outputs["JobArn"]

    first, second = deploy("hello"), deploy("goodbye")

    described = local_aws.client("batch").describe_job_definitions(jobDefinitions=[first, second])
    assert first.rsplit(":", 1)[0] == second.rsplit(":", 1)[0]
    assert {one["status"] for one in described["jobDefinitions"]} == {"ACTIVE"}


def test_tags_of_a_queue_change_in_place(local_aws: LocalAws, new_stack: NewStack) -> None:
    def deploy(tags: dict[str, str]) -> str:
        stack = new_stack()
        queue = fargate.queue(stack)
        queue.queue.tags.set_tag("team", tags["team"])
        for key, value in tags.items():
            queue.queue.tags.set_tag(key, value)
        return local_aws.deploy(stack).outputs["QueueArn"]

    before = deploy({"team": "blue", "old": "yes"})
    after = deploy({"team": "red"})

    tags = local_aws.client("batch").list_tags_for_resource(resourceArn=after)["tags"]
    own = {key: value for key, value in tags.items() if not key.startswith("aws:")}
    assert after == before
    assert own == {"team": "red"}


def test_a_failed_update_leaves_what_was_there(local_aws: LocalAws, new_stack: NewStack) -> None:
    first = new_stack()
    fargate.queue(first)
    before = local_aws.deploy(first)
    second = new_stack()
    fargate.queue(second, max_vcpus=8)
    broken = resource(second, "Broken", "AWS::Batch::SchedulingPolicy", Nonsense=True)
    broken.add_dependency(second.node.find_child("Queue"))  # type: ignore[arg-type]  # an L1

    with pytest.raises(LocalAwsError, match="Nonsense"):
        local_aws.deploy(second)

    environments = local_aws.client("batch").describe_compute_environments(
        computeEnvironments=[before.resources["Environment"]]
    )["computeEnvironments"]
    assert environments[0]["computeResources"]["maxvCpus"] == 16
