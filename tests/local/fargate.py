"""A queue on Fargate and jobs for it, from the L1 constructs: what most tests submit to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import aws_cdk as cdk
from aws_cdk import aws_batch as batch
from aws_cdk import aws_iam as iam

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


@dataclass(frozen=True)
class Queue:
    """A queue with its compute environment, and the role that its jobs start with."""

    queue: batch.CfnJobQueue
    environment: batch.CfnComputeEnvironment
    execution_role: iam.Role

    @property
    def arn(self) -> str:
        return self.queue.attr_job_queue_arn


def task_role(stack: cdk.Stack, name: str) -> iam.Role:
    return iam.Role(stack, name, assumed_by=iam.ServicePrincipal("ecs-tasks.amazonaws.com"))


def queue(stack: cdk.Stack, *, max_vcpus: int = 16) -> Queue:
    environment = batch.CfnComputeEnvironment(
        stack,
        "Environment",
        type="MANAGED",
        compute_resources=batch.CfnComputeEnvironment.ComputeResourcesProperty(
            type="FARGATE",
            maxv_cpus=max_vcpus,
            subnets=["subnet-12345678"],
            security_group_ids=["sg-12345678"],
        ),
    )
    order = batch.CfnJobQueue.ComputeEnvironmentOrderProperty(
        order=1, compute_environment=environment.attr_compute_environment_arn
    )
    job_queue = batch.CfnJobQueue(stack, "Queue", priority=1, compute_environment_order=[order])
    cdk.CfnOutput(stack, "QueueArn", value=job_queue.attr_job_queue_arn)
    return Queue(job_queue, environment, task_role(stack, "ExecutionRole"))


def job(
    stack: cdk.Stack,
    name: str,
    queue: Queue,
    command: Sequence[str],
    *,
    role: iam.Role | None = None,
    environment: Mapping[str, str] | None = None,
    secrets: Mapping[str, str] | None = None,
    **properties: Any,
) -> batch.CfnJobDefinition:
    container: dict[str, Any] = {
        "image": "public.ecr.aws/docker/library/python:3.13",
        "command": list(command),
        "resourceRequirements": [
            {"type": "VCPU", "value": "1"},
            {"type": "MEMORY", "value": "2048"},
        ],
        "executionRoleArn": queue.execution_role.role_arn,
    }
    if role is not None:
        container["jobRoleArn"] = role.role_arn
    if environment is not None:
        container["environment"] = [{"name": k, "value": v} for k, v in environment.items()]
    if secrets is not None:
        container["secrets"] = [{"name": k, "valueFrom": v} for k, v in secrets.items()]
    definition = batch.CfnJobDefinition(
        stack,
        name,
        type="container",
        platform_capabilities=["FARGATE"],
        container_properties=container,
        **properties,
    )
    cdk.CfnOutput(stack, f"{name}Arn", value=definition.attr_job_definition_arn)
    return definition


def submitter(stack: cdk.Stack, name: str, service: str, queue: Queue) -> iam.Role:
    """A role that a service submits to this queue with."""
    role = iam.Role(stack, name, assumed_by=iam.ServicePrincipal(service))
    role.add_to_policy(may_submit(queue))
    return role


def may_submit(queue: Queue) -> iam.PolicyStatement:
    """The right to submit any job to a queue."""
    stack = cdk.Stack.of(queue.queue)
    anything = [
        stack.format_arn(service="batch", resource=kind, resource_name="*")
        for kind in ("job-definition", "job")
    ]
    return iam.PolicyStatement(actions=["batch:SubmitJob"], resources=[queue.arn, *anything])
