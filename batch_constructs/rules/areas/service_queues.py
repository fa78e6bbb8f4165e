"""Rules about queues of service jobs, and what tells them from queues of container jobs."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from batch_constructs.rules.rule import Fault, rule
from batch_constructs.rules.template.resources import JOB_QUEUE, JobQueue
from batch_constructs.rules.template.values import entries, given, one_of, show, text

if TYPE_CHECKING:
    from collections.abc import Iterator

AREA: Final = "service_queues"
_rule = partial(rule, area=AREA)

_CAPACITY: Final = "CAPACITY:INSUFFICIENT_INSTANCE_CAPACITY"
_OF_SERVICE_JOBS: Final[tuple[str, ...]] = (
    _CAPACITY,
    "MISCONFIGURATION:SERVICE_ENVIRONMENT_MAX_RESOURCE",
    "MISCONFIGURATION:QUOTA_MANAGEMENT_LIMIT_EXCEEDED",
)
_OF_CONTAINER_JOBS: Final[tuple[str, ...]] = (
    _CAPACITY,
    "MISCONFIGURATION:COMPUTE_ENVIRONMENT_MAX_RESOURCE",
    "MISCONFIGURATION:JOB_RESOURCE_REQUIREMENT",
    "MISCONFIGURATION:EC2_INSTANCE_CONFIGURATION_UNSUPPORTED",
)


@_rule(
    "time-limit-reason-queue",
    JOB_QUEUE,
    title="time limit action on a reason that the queue's jobs never have",
    fix="give one of the reasons that its jobs have",
    source="JobStateTimeLimitAction.reason; User Guide, Automatic remediation with"
    ' jobStateTimeLimitActions, for service jobs: "The following reason values support'
    ' jobStateTimeLimitActions"',
)
def time_limit_reason_queue(queue: JobQueue) -> Iterator[Fault]:
    """Service jobs are blocked for reasons of their own, which container jobs do not have."""
    own: tuple[str, ...]
    others: tuple[str, ...]
    if given(queue.properties, "ServiceEnvironmentOrder"):
        own, others, jobs = _OF_SERVICE_JOBS, _OF_CONTAINER_JOBS, "service jobs"
    elif given(queue.properties, "ComputeEnvironmentOrder"):
        own, others, jobs = _OF_CONTAINER_JOBS, _OF_SERVICE_JOBS, "container jobs"
    else:
        return
    for position, action in entries(queue.properties, "JobStateTimeLimitActions"):
        reason = text(action, "Reason")
        if reason in others and reason not in own:
            message = f"the queue holds {jobs}, which never have the reason {show(reason)}"
            yield (
                f"JobStateTimeLimitActions/{position}/Reason",
                f"{message}; allowed is {one_of(own)}",
            )
