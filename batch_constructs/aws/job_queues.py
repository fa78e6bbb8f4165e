"""Job queues: what each property may be.

https://docs.aws.amazon.com/batch/latest/APIReference/API_CreateJobQueue.html
"""

from __future__ import annotations

from functools import partial
from typing import Final

from batch_constructs.aws.bound import OneOf, Whole
from batch_constructs.aws.limit import Limit
from batch_constructs.aws.names import RESOURCE_NAME
from batch_constructs.aws.source import api

TIME_LIMIT_REASONS: Final = (
    "CAPACITY:INSUFFICIENT_INSTANCE_CAPACITY",
    "MISCONFIGURATION:COMPUTE_ENVIRONMENT_MAX_RESOURCE",
    "MISCONFIGURATION:JOB_RESOURCE_REQUIREMENT",
    "MISCONFIGURATION:EC2_INSTANCE_CONFIGURATION_UNSUPPORTED",
    "MISCONFIGURATION:SERVICE_ENVIRONMENT_MAX_RESOURCE",
    "MISCONFIGURATION:QUOTA_MANAGEMENT_LIMIT_EXCEEDED",
)

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
        bound=OneOf(("ECS", "ECS_FARGATE", "EKS", "ECS_MANAGED_INSTANCES", "SAGEMAKER_TRAINING")),
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
        bound=OneOf(("RUNNABLE",)),
        source=api("JobStateTimeLimitAction.state", '"The only supported value is RUNNABLE."'),
        title="time limit action on a state that has none",
        why="Only jobs that cannot start are acted on; use a timeout for running jobs.",
    ),
    _time_limit(
        rule="time-limit-reason",
        name="Reason",
        noun="the reason of a time limit action",
        bound=OneOf(TIME_LIMIT_REASONS),
        source=api(
            "JobStateTimeLimitAction.reason",
            'User guide, Automatic remediation: "The following statusReason values support'
            ' jobStateTimeLimitActions".',
        ),
        title="time limit action on a reason that cannot be acted on",
        why="The reason is matched with the status reason of a blocked job; free text, or a reason"
        " that needs a person, matches nothing.",
    ),
)
