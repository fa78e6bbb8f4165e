"""Why a job failed: whose fault it was, told from the fields that AWS Batch sets."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from batch_constructs.aws import job_states as reasons

if TYPE_CHECKING:
    from .job_event import Job


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

    def has(*texts: str) -> bool:
        return any(text.lower() in said for text in texts)

    signs = (
        (Cause.STUCK_IN_QUEUE, has(reasons.STUCK_IN_QUEUE)),
        (Cause.TIMED_OUT, has(reasons.TIMED_OUT)),
        (Cause.CANCELLED, job.cancelled),
        (Cause.TERMINATED, job.terminated),
        (Cause.SPOT_RECLAIMED, has(reasons.HOST_LOST, reasons.SPOT_TASK_LOST)),
        (Cause.DEPENDENCY_FAILED, has(reasons.DEPENDENCY_FAILED)),
        (Cause.CHILDREN_FAILED, job.is_array),
        (Cause.OUT_OF_MEMORY, has(reasons.OUT_OF_MEMORY)),
        (Cause.NEVER_STARTED, has(*reasons.NEVER_STARTED)),
        (Cause.EXITED_NON_ZERO, bool(job.exit_code)),
        (Cause.NEVER_STARTED, not job.started),
    )
    return next((cause for cause, shown in signs if shown), Cause.OTHER)
