"""Why a job failed: whose fault it was, told from the fields that AWS Batch sets.

Sources of the texts matched here, in the documents on retries, on jobs stuck in ``RUNNABLE`` and on
stopped ECS tasks:

- https://docs.aws.amazon.com/batch/latest/userguide/job_retries.html
- https://docs.aws.amazon.com/batch/latest/userguide/job_stuck_in_runnable.html
- https://docs.aws.amazon.com/AmazonECS/latest/developerguide/stopped-task-error-codes.html
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .job_event import Job

_SPOT = ("host ec2", "spot task was interrupted")
_TIMEOUT = "job attempt duration exceeded timeout"
_TIME_LIMIT = "jobstatetimelimit action due to reason"
_DEPENDENCY = "dependent job failed"
_OUT_OF_MEMORY = "outofmemory"
_NOT_STARTED = (
    "cannotpullcontainer",
    "cannotcreatecontainer",
    "cannotstartcontainer",
    "resourceinitializationerror",
    "task failed to start",
    "taskfailedtostart",
)


class Cause(StrEnum):
    """Why a job failed; also the value of the metric dimension ``Cause``."""

    SPOT_RECLAIMED = "SpotReclaimed"
    EXITED_NON_ZERO = "ExitedNonZero"
    OUT_OF_MEMORY = "OutOfMemory"
    TIMED_OUT = "TimedOut"
    NEVER_STARTED = "NeverStarted"
    STUCK_IN_QUEUE = "StuckInQueue"
    DEPENDENCY_FAILED = "DependencyFailed"
    CANCELLED = "Cancelled"
    TERMINATED = "Terminated"
    CHILDREN_FAILED = "ChildrenFailed"
    OTHER = "Other"


def cause_of(job: Job) -> Cause:
    """Tell why a ``FAILED`` job failed; the most telling sign first."""
    last = job.last_attempt
    last_reason = last.status_reason if last else ""
    said = f"{job.reason} {last_reason} {last.container_reason if last else ''}".lower()
    signs = (
        (Cause.STUCK_IN_QUEUE, _TIME_LIMIT in said),
        (Cause.TIMED_OUT, _TIMEOUT in said),
        (Cause.CANCELLED, job.cancelled),
        (Cause.TERMINATED, job.terminated),
        (Cause.SPOT_RECLAIMED, any(sign in said for sign in _SPOT)),
        (Cause.DEPENDENCY_FAILED, _DEPENDENCY in said),
        (Cause.CHILDREN_FAILED, job.is_array),
        (Cause.OUT_OF_MEMORY, _OUT_OF_MEMORY in said),
        (Cause.NEVER_STARTED, any(sign in said for sign in _NOT_STARTED)),
        (Cause.EXITED_NON_ZERO, bool(job.exit_code)),
        (Cause.NEVER_STARTED, not job.started),
    )
    return next((cause for cause, shown in signs if shown), Cause.OTHER)
