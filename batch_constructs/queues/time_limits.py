"""What becomes of a job that stands at the head of its queue and cannot start.

https://docs.aws.amazon.com/batch/latest/userguide/job_stuck_in_runnable_time_limit_actions.html
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from aws_cdk import aws_batch as batch

from batch_constructs.aws.bound import OneOf
from batch_constructs.aws.job_queue_facts import (
    CONTAINER_JOBS,
    QueueKind,
    TimeLimitReason,
)
from batch_constructs.aws.job_states import STUCK_STATE
from batch_constructs.construct import given
from batch_constructs.enum_argument import of_ours

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aws_cdk import Duration

    from batch_constructs.arguments import Arguments


@dataclass(frozen=True, kw_only=True)
class TimeLimit:
    """How long a job can block the head of its queue for one reason before it is cancelled.

    Attributes:
        reason: Why it cannot start.
        after: How long it can stay there, 10 minutes to 24 hours.
    """

    reason: TimeLimitReason | batch.JobStateTimeLimitActionsReason | str
    after: Duration


_HOPELESS = (
    TimeLimitReason.COMPUTE_ENVIRONMENT_MAX_RESOURCE,
    TimeLimitReason.JOB_RESOURCE_REQUIREMENT,
    TimeLimitReason.SERVICE_ENVIRONMENT_MAX_RESOURCE,
    TimeLimitReason.QUOTA_MANAGEMENT_LIMIT_EXCEEDED,
)
_HOPELESS_SECONDS = 3600


def time_limit_actions(
    arguments: Arguments,
    time_limits: Sequence[TimeLimit | batch.JobStateTimeLimitAction] | None,
    kind: QueueKind = CONTAINER_JOBS,
) -> list[dict[str, Any]]:
    """Return CloudFormation's ``JobStateTimeLimitActions``.

    Where none are given, a job that fits no environment of its queue, and never will, is ended
    after an hour, since it holds up every job behind it. A job that waits for capacity goes on
    waiting: capacity comes back.
    """
    if time_limits is None:
        hopeless = [reason for reason in kind.reasons if reason in _HOPELESS]
        return [_action(kind, reason, _HOPELESS_SECONDS) for reason in hopeless]
    actions = []
    for place, limit in enumerate(arguments.items("time_limits", time_limits, "TimeLimit")):
        wanted = _as_ours(limit, kind)
        if not isinstance(wanted, TimeLimit):
            expected = "TimeLimit(reason=…, after=Duration.hours(1))"
            arguments.wrong_type(f"time_limits[{place}]", limit, expected)
            continue
        fields = arguments.within(f"time_limits[{place}]")
        why = of_ours(wanted.reason, TimeLimitReason)
        reason = fields.choice("reason", why, "a TimeLimitReason")
        reason = fields.bounded("reason", reason, OneOf(tuple(map(str, kind.reasons))))
        actions.append(_action(kind, reason, fields.seconds("after", wanted.after)))
    return actions


def _as_ours(limit: object, kind: QueueKind) -> object:
    """Return what says the same as the CDK's, which may end jobs otherwise than a queue does."""
    ends = batch.JobStateTimeLimitActionsAction.TERMINATE
    if not isinstance(limit, batch.JobStateTimeLimitAction):
        return limit
    if kind is not CONTAINER_JOBS or limit.action is ends:
        return limit
    return TimeLimit(reason=limit.reason, after=limit.max_time)


def _action(kind: QueueKind, reason: Any, seconds: Any) -> dict[str, Any]:
    return given(
        Action=kind.action,
        MaxTimeSeconds=seconds,
        Reason=str(reason) if isinstance(reason, TimeLimitReason) else reason,
        State=STUCK_STATE,
    )
