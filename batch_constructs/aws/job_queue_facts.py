"""Job queues: what each property may be.

https://docs.aws.amazon.com/batch/latest/APIReference/API_CreateJobQueue.html
"""

from __future__ import annotations

from enum import StrEnum

from batch_constructs.aws.bound import Counting, Whole
from batch_constructs.aws.platforms import Orchestration, PlatformCapability
from batch_constructs.aws.record import Record
from batch_constructs.aws.source import Source, api, guide
from batch_constructs.aws.typing_names import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping


class TimeLimitReason(StrEnum):
    """Why a job at the head of a queue cannot start, as its status reason says.

    The last two are for service jobs. Their queues also support ``INSUFFICIENT_INSTANCE_CAPACITY``,
    but none of the others.
    https://docs.aws.amazon.com/batch/latest/userguide/sm_job_stuck_in_runnable_time_limit_actions.html
    """

    INSUFFICIENT_INSTANCE_CAPACITY = "CAPACITY:INSUFFICIENT_INSTANCE_CAPACITY"
    COMPUTE_ENVIRONMENT_MAX_RESOURCE = "MISCONFIGURATION:COMPUTE_ENVIRONMENT_MAX_RESOURCE"
    JOB_RESOURCE_REQUIREMENT = "MISCONFIGURATION:JOB_RESOURCE_REQUIREMENT"
    EC2_INSTANCE_CONFIGURATION_UNSUPPORTED = (
        "MISCONFIGURATION:EC2_INSTANCE_CONFIGURATION_UNSUPPORTED"
    )
    SERVICE_ENVIRONMENT_MAX_RESOURCE = "MISCONFIGURATION:SERVICE_ENVIRONMENT_MAX_RESOURCE"
    QUOTA_MANAGEMENT_LIMIT_EXCEEDED = "MISCONFIGURATION:QUOTA_MANAGEMENT_LIMIT_EXCEEDED"


SERVICE_ROLE_LACKS_PERMISSIONS: Final = "MISCONFIGURATION:SERVICE_ROLE_PERMISSIONS"
"""A status reason that no time limit knows."""

SERVICE_ROLE_LACKS_PERMISSIONS_SOURCE: Final[Source] = guide(
    "job_stuck_in_runnable_common_issues", "The reasons of blocked queues, and what to do."
)


class QueueKind(Record, kw_only=True):
    """What differs between queues of container jobs and queues of service jobs.

    Attributes:
        jobs: what the jobs are called.
        order: the property that lists the environments.
        environment: the member of its entries that names one.
        environments: how many a queue has.
        action: what a time limit does.
        reasons: why one of the jobs may be stuck.
    """

    jobs: str
    order: str
    environment: str
    environments: Counting
    action: str
    reasons: tuple[TimeLimitReason, ...]


CONTAINER_JOBS: Final = QueueKind(
    jobs="container jobs",
    order="ComputeEnvironmentOrder",
    environment="ComputeEnvironment",
    environments=Counting(1, 3, "compute environments"),
    action="CANCEL",
    reasons=(
        TimeLimitReason.INSUFFICIENT_INSTANCE_CAPACITY,
        TimeLimitReason.COMPUTE_ENVIRONMENT_MAX_RESOURCE,
        TimeLimitReason.JOB_RESOURCE_REQUIREMENT,
        TimeLimitReason.EC2_INSTANCE_CONFIGURATION_UNSUPPORTED,
    ),
)
CONTAINER_JOBS_SOURCE: Final[Source] = api(
    "CreateJobQueueRequest.computeEnvironmentOrder",
    '"You can associate up to three compute environments with a job queue."',
)

SERVICE_JOBS: Final = QueueKind(
    jobs="service jobs",
    order="ServiceEnvironmentOrder",
    environment="ServiceEnvironment",
    environments=Counting(1, 1, "service environments"),
    action="TERMINATE",
    reasons=(
        TimeLimitReason.INSUFFICIENT_INSTANCE_CAPACITY,
        TimeLimitReason.SERVICE_ENVIRONMENT_MAX_RESOURCE,
        TimeLimitReason.QUOTA_MANAGEMENT_LIMIT_EXCEEDED,
    ),
)
QUEUE_KINDS: Final = (CONTAINER_JOBS, SERVICE_JOBS)
"""https://docs.aws.amazon.com/batch/latest/userguide/service_limits.html has the numbers."""

ORDER: Final = Whole(0)
"""The place of an environment in a queue; lower ones are tried first."""

SERVICE_QUEUE_TYPE: Final = "SAGEMAKER_TRAINING"
"""The type of a queue of service jobs, and of the environments in it."""

QUEUE_TYPES: Final[Mapping[str, str]] = {
    PlatformCapability.EC2: "ECS",
    PlatformCapability.FARGATE: "ECS_FARGATE",
    Orchestration.EKS: "EKS",
    PlatformCapability.MANAGED_INSTANCES: "ECS_MANAGED_INSTANCES",
}
"""The type of a queue by the platform of its compute environments."""

ALL_QUEUE_TYPES: Final = (*QUEUE_TYPES.values(), SERVICE_QUEUE_TYPE)
