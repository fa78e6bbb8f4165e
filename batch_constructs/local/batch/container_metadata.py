"""What a container reads about itself and its task: the task metadata endpoint, version 4.

https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-metadata-endpoint-v4.html
"""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from batch_constructs.aws import resource_kinds as kinds
from batch_constructs.aws.container_facts import AWSLOGS, CPU_UNITS, SizeType
from batch_constructs.aws.names import LOG_GROUP_OPTION, LOG_REGION_OPTION
from batch_constructs.aws.platforms import PlatformCapability

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from batch_constructs.local.batch.arns import Arns
    from batch_constructs.local.batch.job_containers import Container
    from batch_constructs.local.batch.jobs import Job
    from batch_constructs.local.batch.store import Document


def on_fargate(job: Job) -> bool:
    """Tell whether a job's definition is for Fargate."""
    return PlatformCapability.FARGATE in job.submission.document.get("platformCapabilities", ())


def task_tags(job: Job, of_definition: Mapping[str, str]) -> dict[str, str]:
    """Return the tags of a job's task: its own and its definition's, where they are propagated."""
    document = job.submission.document
    return {**of_definition, **document["tags"]} if document["propagateTags"] else {}


def task_metadata(job: Job, containers: Sequence[Container], arns: Arns) -> Document:
    """Describe the task of a job's latest attempt, or what of it is on one node."""
    arn, cluster = _task(job)
    need = job.submission.requirement
    name, _, revision = arns.name(kinds.JOB_DEFINITION, job.submission.definition_arn).partition(
        ":"
    )
    return {
        "Cluster": cluster,
        "TaskARN": arn,
        "Family": name,
        "Revision": revision,
        "DesiredStatus": "RUNNING",
        "KnownStatus": "RUNNING",
        "Limits": {"CPU": need.vcpus, "Memory": need.memory_mib},
        "AvailabilityZone": f"{arns.region}a",
        "LaunchType": PlatformCapability.FARGATE if on_fargate(job) else PlatformCapability.EC2,
        "Containers": [container_metadata(job, container, arns) for container in containers],
    }


def container_metadata(job: Job, container: Container, arns: Arns) -> Document:
    """Describe one container of a job's latest attempt."""
    arn, cluster = _task(job)
    name, _, revision = arns.name(kinds.JOB_DEFINITION, job.submission.definition_arn).partition(
        ":"
    )
    group, stream, _ = container.log_destination(name, arn.rpartition("/")[2])
    required = {
        item["type"]: item["value"] for item in container.properties.get("resourceRequirements", ())
    }
    identity = hashlib.sha256(f"{arn}/{container.name}".encode()).hexdigest()
    document: dict[str, Any] = {
        "DockerId": identity,
        "Name": container.own_name,
        "DockerName": f"ecs-{name}-{revision}-{container.own_name}-{identity[:20]}",
        "Image": container.properties.get("image", ""),
        "Labels": {
            "com.amazonaws.ecs.cluster": cluster,
            "com.amazonaws.ecs.container-name": container.own_name,
            "com.amazonaws.ecs.task-arn": arn,
            "com.amazonaws.ecs.task-definition-family": name,
            "com.amazonaws.ecs.task-definition-version": revision,
        },
        "DesiredStatus": "RUNNING",
        "KnownStatus": "RUNNING",
        "Limits": {
            "CPU": int(float(required.get(SizeType.VCPU, "0")) * CPU_UNITS),
            "Memory": int(required.get(SizeType.MEMORY, "0")),
        },
        "Type": "NORMAL",
        "LogDriver": AWSLOGS,
        "LogOptions": {
            LOG_GROUP_OPTION: group,
            LOG_REGION_OPTION: arns.region,
            "awslogs-stream": stream,
        },
        "ContainerARN": arns.of("container", identity[:32], service="ecs"),
        "Networks": [{"NetworkMode": "host", "IPv4Addresses": ["127.0.0.1"]}],
    }
    if job.started_at is not None:
        moment = datetime.fromtimestamp(job.started_at / 1000, tz=UTC)
        document["CreatedAt"] = document["StartedAt"] = moment.isoformat().replace("+00:00", "Z")
    return document


def _task(job: Job) -> tuple[str, str]:
    """Return the ARN of the latest attempt's task, and its cluster's name."""
    arn = job.attempts[-1].task_arn
    return arn, arn.split("/")[-2]
