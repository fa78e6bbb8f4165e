"""What AWS Batch tells EventBridge about jobs and queues, as event patterns.

Read before changing a pattern:

- A job that is retried goes back to ``RUNNABLE``; ``FAILED`` is the end of a job
  (https://docs.aws.amazon.com/batch/latest/userguide/job_retries.html).
- Children of an array, and nodes of a multi-node job, send events of their own. Their ID tells
  them apart: it is the parent's with ``:index`` or ``#node`` behind it
  (https://docs.aws.amazon.com/batch/latest/userguide/array_jobs.html). AWS publishes no sample of
  such an event, so no pattern here relies on its other fields.
- Events come at least once (https://docs.aws.amazon.com/batch/latest/userguide/batch_cwe_events.html).
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

SOURCE = "aws.batch"
STATE_CHANGE = "Batch Job State Change"
QUEUE_BLOCKED = ("Batch Job Queue Blocked", "Batch Service Job Queue Blocked")
_CHILD_OF_ARRAY = "*:*"
_NODE = "*#*"


class JobState(StrEnum):
    """The states of a job. Nothing is sent as a job enters ``SUBMITTED``.

    https://docs.aws.amazon.com/batch/latest/userguide/job_states.html
    """

    PENDING = "PENDING"
    RUNNABLE = "RUNNABLE"
    STARTING = "STARTING"
    RUNNING = "RUNNING"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"


def state_change_pattern(
    *,
    queue_arns: Sequence[str],
    states: Sequence[str] = (),
    definition_prefixes: Sequence[str] = (),
    include_array_children: bool = False,
) -> dict[str, Any]:
    """Return the pattern of jobs that change state.

    Args:
        queue_arns: The queues; none means every queue of the account.
        states: The states that jobs move to; none means all.
        definition_prefixes: What the ARN of a job's definition begins with; none means all.
        include_array_children: Whether each child of an array sends its own, beside its parent.
    """
    children = [_NODE] if include_array_children else [_CHILD_OF_ARRAY, _NODE]
    detail: dict[str, Any] = {"jobId": [{"anything-but": {"wildcard": children}}]}
    if queue_arns:
        detail["jobQueue"] = list(queue_arns)
    if states:
        detail["status"] = list(states)
    if definition_prefixes:
        detail["jobDefinition"] = [{"prefix": prefix} for prefix in definition_prefixes]
    return {"source": [SOURCE], "detail-type": [STATE_CHANGE], "detail": detail}


def blocked_pattern(*, queue_arns: Sequence[str]) -> dict[str, Any]:
    """Return the pattern of queues that a job blocks, of compute jobs and service jobs alike."""
    pattern: dict[str, Any] = {"source": [SOURCE], "detail-type": list(QUEUE_BLOCKED)}
    if queue_arns:
        pattern["detail"] = {"jobQueue": list(queue_arns)}
    return pattern
