"""A job that acts as its instance, where it is asked for; tags that stay off its tasks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_efs as efs
from aws_cdk import aws_iam as iam

import batch_constructs as bc

Properties = Callable[[str], dict[str, Any]]
DEFINITION = "AWS::Batch::JobDefinition"
SIZE: dict[str, Any] = {"image": "busybox", "vcpus": 1, "memory": cdk.Size.gibibytes(2)}


def on_ec2(stack: cdk.Stack, **options: Any) -> bc.Ec2JobDefinition:
    return bc.Ec2JobDefinition(stack, "Job", **SIZE, **options)


def of_several(stack: cdk.Stack, **options: Any) -> bc.MultiContainerJobDefinition:
    platform = options.pop("platform_capability", "EC2")
    return bc.MultiContainerJobDefinition(
        stack, "Job", containers=[bc.Container(**SIZE)], platform_capability=platform, **options
    )


def of_nodes(stack: cdk.Stack, **options: Any) -> bc.MultiNodeJobDefinition:
    nodes = [bc.NodeRange(target_nodes=2, container=bc.Container(**SIZE))]
    return bc.MultiNodeJobDefinition(stack, "Job", node_ranges=nodes, **options)


KINDS: list[Callable[..., bc.JobDefinition]] = [on_ec2, of_several, of_nodes]


@pytest.mark.parametrize("make", KINDS)
def test_a_job_acts_as_its_instance_only_where_that_is_asked_for(
    make: Callable[..., bc.Ec2JobDefinition], stack: cdk.Stack, properties: Properties
) -> None:
    definition = make(stack, use_instance_role=True)

    assert "RoleArn" not in str(properties(DEFINITION)).replace("ExecutionRoleArn", "")
    with pytest.raises(ValueError, match="Stack/Job: the job has use_instance_role"):
        definition.job_role  # noqa: B018  # asking is what is refused


@pytest.mark.parametrize("make", KINDS)
def test_tasks_get_no_tags_where_these_are_not_propagated(
    make: Callable[..., bc.JobDefinition], stack: cdk.Stack, properties: Properties
) -> None:
    make(stack, propagate_tags=False)

    assert properties(DEFINITION)["PropagateTags"] is False


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"enable_execute_command": True}, "use_instance_role is given, but volumes or"),
        ({"platform_capability": "FARGATE"}, "use_instance_role is given on Fargate"),
    ],
)
def test_a_job_that_cannot_act_as_its_instance_is_refused(
    options: dict[str, Any], message: str, stack: cdk.Stack
) -> None:
    with pytest.raises(ValueError, match=message):
        of_several(stack, use_instance_role=True, **options)


def test_a_job_acts_as_its_instance_or_as_a_role(stack: cdk.Stack) -> None:
    role = iam.Role(stack, "Role", assumed_by=iam.ServicePrincipal("ecs-tasks.amazonaws.com"))

    with pytest.raises(ValueError, match="use_instance_role is given with job_role"):
        on_ec2(stack, use_instance_role=True, job_role=role)


def test_a_volume_beside_the_instance_s_role_is_one_fault_in_one_line(stack: cdk.Stack) -> None:
    files = efs.FileSystem(stack, "Files", vpc=ec2.Vpc(stack, "Vpc"))
    volume = bc.EfsVolume(name="data", file_system=files, container_path="/data")
    with pytest.raises(ValueError, match="Stack/Job: use_instance_role is given, but") as refused:
        on_ec2(stack, use_instance_role=True, volumes=[volume])

    assert "job_role" not in str(refused.value)
