"""Job queues: what each property may be.

https://docs.aws.amazon.com/batch/latest/APIReference/API_CreateJobQueue.html
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from typing import Final

from batch_constructs.aws.bound import Counting, OneOf, Whole
from batch_constructs.aws.limit import Limit
from batch_constructs.aws.names import RESOURCE_NAME
from batch_constructs.aws.source import api, guide


class TimeLimitReason(StrEnum):
    """Why a job at the head of a queue cannot start, as its status reason says.

    The last two are reasons of service jobs, whose queues know
    ``INSUFFICIENT_INSTANCE_CAPACITY`` as well and none of the others.
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


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueKind:
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
    reasons=tuple(TimeLimitReason)[:4],
)
SERVICE_JOBS: Final = QueueKind(
    jobs="service jobs",
    order="ServiceEnvironmentOrder",
    environment="ServiceEnvironment",
    environments=Counting(1, 1, "service environments"),
    action="TERMINATE",
    reasons=(TimeLimitReason.INSUFFICIENT_INSTANCE_CAPACITY, *tuple(TimeLimitReason)[4:]),
)
QUEUE_KINDS: Final = (CONTAINER_JOBS, SERVICE_JOBS)
"""https://docs.aws.amazon.com/batch/latest/userguide/service_limits.html has the numbers."""

STUCK_STATE: Final = "RUNNABLE"
"""The state of a job that stands at the head of its queue; time limits act on no other."""

ORDER: Final = Whole(0)
"""The place of an environment in a queue; lower ones are tried first."""

SERVICE_QUEUE_TYPE: Final = "SAGEMAKER_TRAINING"
"""The type of a queue of service jobs, and of the environments in it."""

QUEUE_TYPES: Final = {
    "EC2": "ECS",
    "FARGATE": "ECS_FARGATE",
    "EKS": "EKS",
    "MANAGED_INSTANCES": "ECS_MANAGED_INSTANCES",
}
"""The type of a queue by the platform of its compute environments."""

_limit = partial(Limit, type="AWS::Batch::JobQueue")
_time_limit = partial(_limit, within=("JobStateTimeLimitActions/*",))

LIMITS: Final = (
    _limit(
        rule="job-queue-name",
        name="JobQueueName",
        noun="the job queue name",
        bound=RESOURCE_NAME,
        source=api(
            "CreateJobQueueRequest.jobQueueName",
            '"It can be up to 128 letters long. It can contain uppercase and lowercase letters,'
            ' numbers, hyphens (-), and underscores (_)."',
        ),
        title="job queue name of a wrong shape",
        why="Batch refuses the name when the queue is created.",
    ),
    _limit(
        rule="job-queue-priority",
        name="Priority",
        noun="the priority",
        bound=Whole(0, 1000),
        source=api(
            "CreateJobQueueRequest.priority",
            '"Job queues with a higher priority … are evaluated first"; the CloudFormation schema'
            " of AWS::Batch::JobQueue allows 0 to 1000.",
        ),
        title="priority out of range",
        why="The lowest priority is 0, and higher numbers go first.",
    ),
    _limit(
        rule="job-queue-state",
        name="State",
        noun="the state of the job queue",
        bound=OneOf(("ENABLED", "DISABLED"), any_case=True),
        source=api("CreateJobQueueRequest.state", "Valid values are ENABLED and DISABLED."),
        title="unknown state of a job queue",
        why="A queue takes jobs or it does not.",
    ),
    _limit(
        rule="job-queue-type",
        name="JobQueueType",
        noun="the type of the job queue",
        bound=OneOf((*QUEUE_TYPES.values(), SERVICE_QUEUE_TYPE)),
        source=api(
            "CreateJobQueueRequest.jobQueueType",
            "Valid values are EKS, ECS, ECS_FARGATE, SAGEMAKER_TRAINING and ECS_MANAGED_INSTANCES.",
        ),
        title="unknown type of job queue",
        why="The type follows from the environments of the queue.",
    ),
    _time_limit(
        rule="time-limit-seconds",
        name="MaxTimeSeconds",
        noun="the time limit",
        bound=Whole(600, 86_400, unit="seconds"),
        source=api(
            "JobStateTimeLimitAction.maxTimeSeconds",
            '"The minimum value is 600 (10 minutes) and the maximum value is 86,400 (24 hours)."',
        ),
        title="time limit out of range",
        why="How long a job may block the head of the queue.",
    ),
    _time_limit(
        rule="time-limit-state",
        name="State",
        noun="the state of a time limit action",
        bound=OneOf((STUCK_STATE,)),
        source=api("JobStateTimeLimitAction.state", '"The only supported value is RUNNABLE."'),
        title="time limit action on a state that has none",
        why="Only jobs that cannot start are acted on; use a timeout for running jobs.",
    ),
    _time_limit(
        rule="time-limit-reason",
        name="Reason",
        noun="the reason of a time limit action",
        bound=OneOf(tuple(TimeLimitReason)),
        source=guide(
            "job_stuck_in_runnable_time_limit_actions",
            "The reasons that a JobStateTimeLimitAction.reason may be: "
            f"{', '.join(TimeLimitReason)}.",
        ),
        title="time limit action on a reason that cannot be acted on",
        why="The reason is matched with the status reason of a blocked job; free text, or a reason"
        " that needs a person, matches nothing.",
    ),
)
