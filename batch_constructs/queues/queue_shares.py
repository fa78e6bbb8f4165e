"""Which queues want a share identifier with every job, and which refuse one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from batch_constructs.jsii_objects import has_member
from batch_constructs.queues.job_queue import JobQueue

if TYPE_CHECKING:
    from batch_constructs.queues.reference import AnyJobQueue


def is_fair_share(queue: AnyJobQueue) -> bool | None:
    """Whether a queue has a scheduling policy; None where nobody here knows."""
    known: Any = queue
    if isinstance(known, JobQueue):
        return "SchedulingPolicyArn" in known.properties
    if has_member(known, "scheduling_policy_arn"):  # an L1
        return known.scheduling_policy_arn is not None
    if has_member(known, "scheduling_policy"):  # an L2; imported ones do not know theirs
        return True if known.scheduling_policy is not None else None
    return None
