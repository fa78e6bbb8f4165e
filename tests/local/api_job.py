"""A queue and a job from the AWS Batch API alone, where no stack is needed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence


def submit(
    client: Callable[[str], Any],
    command: Sequence[str],
    *,
    suffix: str = "",
    container: Mapping[str, Any] | None = None,
    **definition: Any,
) -> str:
    """Submit a job to a queue of its own, on Fargate; return its ID.

    Where there are several in an account, each needs another suffix of the names.
    """
    batch = client("batch")
    iam = client("iam")
    trust = (
        '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole",'
        ' "Principal": {"Service": "ecs-tasks.amazonaws.com"}}]}'
    )
    role = iam.create_role(RoleName=f"tasks{suffix}", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    environment = batch.create_compute_environment(
        computeEnvironmentName=f"fargate{suffix}",
        type="MANAGED",
        computeResources={
            "type": "FARGATE",
            "maxvCpus": 4,
            "subnets": ["subnet-12345678"],
            "securityGroupIds": ["sg-12345678"],
        },
    )["computeEnvironmentArn"]
    batch.create_job_queue(
        jobQueueName=f"queue{suffix}",
        priority=1,
        computeEnvironmentOrder=[{"order": 1, "computeEnvironment": environment}],
    )
    batch.register_job_definition(
        jobDefinitionName=f"job{suffix}",
        type="container",
        platformCapabilities=["FARGATE"],
        containerProperties={
            "image": "busybox",
            "command": list(command),
            "executionRoleArn": role,
            "resourceRequirements": [
                {"type": "VCPU", "value": "1"},
                {"type": "MEMORY", "value": "2048"},
            ],
            **(container if container is not None else {}),
        },
        **definition,
    )
    answer = batch.submit_job(
        jobName="job", jobQueue=f"queue{suffix}", jobDefinition=f"job{suffix}"
    )
    return str(answer["jobId"])
