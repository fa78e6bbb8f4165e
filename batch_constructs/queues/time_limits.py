"""What becomes of a job that stands at the head of its queue and cannot start.

https://docs.aws.amazon.com/batch/latest/userguide/job_stuck_in_runnable_time_limit_actions.html
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from batch_constructs.construct import given

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aws_cdk import Duration

    from batch_constructs.arguments import Arguments


class StuckReason(StrEnum):
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


@dataclass(frozen=True, kw_only=True)
class TimeLimit:
    """How long a job may stand at the head of its queue for one reason, before it is cancelled.

    Attributes:
        reason: Why it cannot start.
        after: How long it may stand there, 10 minutes to 24 hours.
    """

    reason: StuckReason | str
    after: Duration


_HOPELESS = (StuckReason.COMPUTE_ENVIRONMENT_MAX_RESOURCE, StuckReason.JOB_RESOURCE_REQUIREMENT)
_HOPELESS_OF_SERVICE_JOBS = (
    StuckReason.SERVICE_ENVIRONMENT_MAX_RESOURCE,
    StuckReason.QUOTA_MANAGEMENT_LIMIT_EXCEEDED,
)
_HOPELESS_SECONDS = 3600


def time_limit_actions(
    arguments: Arguments, time_limits: Sequence[TimeLimit] | None, *, of_service_jobs: bool = False
) -> list[dict[str, Any]]:
    """Return CloudFormation's ``JobStateTimeLimitActions``.

    Where none are given, a job that fits no environment of its queue, and never will, is cancelled
    after an hour, since it holds up every job behind it. A job that waits for capacity goes on
    waiting: capacity comes back. Service jobs are terminated, which AWS Batch calls it there.
    """
    verb = "TERMINATE" if of_service_jobs else "CANCEL"
    if time_limits is None:
        hopeless = _HOPELESS_OF_SERVICE_JOBS if of_service_jobs else _HOPELESS
        return [_action(verb, reason, _HOPELESS_SECONDS) for reason in hopeless]
    actions = []
    for limit in arguments.items("time_limits", time_limits, "TimeLimit"):
        if not isinstance(limit, TimeLimit):
            arguments.wrong_type(
                "time_limits", limit, "TimeLimit(reason=…, after=Duration.hours(1))"
            )
            continue
        reason = arguments.choice("time_limits.reason", limit.reason, "a StuckReason")
        actions.append(_action(verb, reason, arguments.seconds("time_limits.after", limit.after)))
    return actions


def _action(verb: str, reason: Any, seconds: Any) -> dict[str, Any]:
    return given(
        Action=verb,
        MaxTimeSeconds=seconds,
        Reason=str(reason) if isinstance(reason, StuckReason) else reason,
        State="RUNNABLE",
    )
