"""The states of a job, and the reasons that AWS gives for them.

https://docs.aws.amazon.com/batch/latest/userguide/job_states.html
"""

from __future__ import annotations

from enum import StrEnum

from batch_constructs.aws.source import Source, api, docs, guide, seen
from batch_constructs.aws.typing_names import Final


class JobState(StrEnum):
    """The states of a job, in order.

    There is no event for ``SUBMITTED``.

    https://docs.aws.amazon.com/batch/latest/userguide/job_states.html
    """

    SUBMITTED = "SUBMITTED"
    PENDING = "PENDING"
    RUNNABLE = "RUNNABLE"
    STARTING = "STARTING"
    RUNNING = "RUNNING"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"

    @property
    def is_final(self) -> bool:
        """Whether the job stays in this state."""
        return self in FINAL


FINAL: Final = (JobState.SUCCEEDED, JobState.FAILED)
"""A job stays in these. An attempt that is retried never enters them."""

UNFINISHED: Final = tuple(state for state in JobState if state not in FINAL)
"""A job leaves these."""

STUCK_STATE: Final = JobState.RUNNABLE
"""The state of a job that stands at the head of its queue; time limits act on no other."""

WITH_EVENTS: Final = tuple(state for state in JobState if state is not JobState.SUBMITTED)
"""An event is sent as a job enters these."""

WITH_EVENTS_SOURCE: Final[Source] = guide(
    "batch_job_events", '"Events aren\'t created for the initial job submission."'
)


REMEMBERED_DAYS: Final = 7
"""So long AWS Batch surely remembers a job after its end."""

REMEMBERED_SOURCE: Final[Source] = guide(
    "job_states", "The state of a job that ended is kept for at least 7 days."
)


class ServiceJobState(StrEnum):
    """The states of a service job, in order.

    There is no event for ``SUBMITTED``.

    https://docs.aws.amazon.com/batch/latest/userguide/service-job-status.html
    """

    SUBMITTED = "SUBMITTED"
    PENDING = "PENDING"
    RUNNABLE = "RUNNABLE"
    SCHEDULED = "SCHEDULED"
    STARTING = "STARTING"
    RUNNING = "RUNNING"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"


SERVICE_JOB_STATES: Final = tuple(ServiceJobState)
"""The states of a service job, in their order."""

SERVICE_STATES_WITH_EVENTS: Final = SERVICE_JOB_STATES[1:]
"""An event is sent as a service job enters these."""

SERVICE_STATES_WITH_EVENTS_SOURCE: Final[Source] = guide(
    "service-job-events", '"Events aren\'t created for the initial job submission."'
)

SERVICE_JOB_STATES_SOURCE: Final[Source] = api(
    "ServiceJobSummary.status", "The values of ServiceJobStatus."
)

HOST_LOST: Final = "Host EC2"
"""How the status reason begins where the instance went away, as a reclaimed Spot one does."""

HOST_LOST_PATTERN: Final = f"{HOST_LOST}*"

HOST_LOST_SOURCE: Final[Source] = guide(
    "job_retries", 'A reclaimed Spot instance is retried on "onStatusReason": "Host EC2*".'
)

SPOT_TASK_LOST: Final = "Spot Task was interrupted"
"""What the reason holds where Fargate Spot took the task back."""

SPOT_TASK_LOST_PATTERN: Final = f"Your {SPOT_TASK_LOST}*"

SPOT_TASK_LOST_SOURCE: Final[Source] = docs(
    "AmazonECS/latest/developerguide/fargate-capacity-providers.html",
    'The stopped reason of an interrupted task: "Your Spot Task was interrupted."',
)

CAPACITY_LOST: Final = (HOST_LOST, f"Your {SPOT_TASK_LOST}")
"""How the status reason of a job begins that lost its instance, or its place on Fargate Spot."""

CANCELLED: Final = "isCancelled"
"""The member of a job that tells whether it is cancelled."""

TIMED_OUT: Final = "Job attempt duration exceeded timeout"
"""What the reason says where the job ran into its timeout."""

STUCK_IN_QUEUE: Final = "JobStateTimeLimit action due to reason"
"""What the reason holds where a time limit action of the queue ended the job."""

DEPENDENCY_FAILED: Final = "Dependent Job failed"
"""What the reason says where a job that this one waited for failed."""

OUT_OF_MEMORY: Final = "OutOfMemory"
"""How the container's reason begins where it was killed for its memory."""

CANNOT_PULL: Final = "CannotPullContainer"
"""How the reason begins where the image could not be had; the whole word ends with ``Error``."""

CANNOT_START: Final = "CannotStartContainer"
"""How the reason begins where Docker could not run the command, for example."""

NOT_INITIALIZED: Final = "ResourceInitializationError"
TASK_FAILED_TO_START: Final = "Task failed to start"
"""How the reason begins where secrets, logs or volumes could not be had, or nobody knows why."""

DOCKER_TIMED_OUT: Final = "DockerTimeoutError"
"""How the reason begins where Docker took too long to create, start or stop the container."""

DOCKER_TIMED_OUT_SOURCE: Final[Source] = seen(
    "https://github.com/aws/amazon-ecs-agent/issues/4308",
    "Many pulls at once on the root volume: Task failed to start - DockerTimeoutError: Could not"
    " transition to created; timed out after waiting 4m0s",
)

NEVER_STARTED: Final = (
    CANNOT_PULL,
    "CannotCreateContainer",
    CANNOT_START,
    DOCKER_TIMED_OUT,
    NOT_INITIALIZED,
    TASK_FAILED_TO_START,
    "TaskFailedToStart",
)
"""What the reasons begin with where no container of the attempt came to run."""

NEVER_STARTED_SOURCE: Final[Source] = docs(
    "AmazonECS/latest/developerguide/stopped-task-error-codes.html",
    "The errors of stopped tasks, by category.",
)
