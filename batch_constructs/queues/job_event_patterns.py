"""What AWS Batch tells EventBridge about jobs and queues, as event patterns.

A job that is retried goes back to ``RUNNABLE``; ``FAILED`` is the end of a job
(https://docs.aws.amazon.com/batch/latest/userguide/job_retries.html). Children of an array, and
nodes of a multi-node job, send events of their own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from batch_constructs.aws import batch_events, event_pattern
from batch_constructs.aws.job_states import JobState
from batch_constructs.aws.submit_job import RESCUED_CHILD
from batch_constructs.jobs.job_definition import job_definition_arn_without_revision
from batch_constructs.pattern_length import shortest_pattern
from batch_constructs.tokens import without_tokens

if TYPE_CHECKING:
    from collections.abc import Sequence

    from batch_constructs.jobs.job_definition import AnyJobDefinition


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
    # by a member that only they have: a bus takes few rules whose patterns hold a wildcard
    apart = [batch_events.NODE_INDEX]
    apart += [] if include_array_children else [batch_events.ARRAY_INDEX]
    detail: dict[str, Any] = {part: {index: [{"exists": False}]} for part, index in apart}
    if queue_arns:
        detail["jobQueue"] = list(queue_arns)
    if states:
        detail["status"] = list(states)
    if definition_prefixes:
        detail["jobDefinition"] = [{"prefix": prefix} for prefix in definition_prefixes]
    return {
        "source": [batch_events.SOURCE],
        "detail-type": [batch_events.JOB_STATE_CHANGE],
        "detail": detail,
    }


def rescued_child_pattern(
    *, queue_arns: Sequence[str], definition_prefixes: Sequence[str] = ()
) -> dict[str, Any]:
    """Return the pattern of children of arrays that ran again in rescue queues, and succeeded."""
    pattern = state_change_pattern(
        queue_arns=queue_arns, states=[JobState.SUCCEEDED], definition_prefixes=definition_prefixes
    )
    variable = {"name": [RESCUED_CHILD]}
    pattern["detail"][event_pattern.OR] = [
        {"container": {"environment": variable}},
        {"ecsProperties": {"taskProperties": {"containers": {"environment": variable}}}},
        {"eksProperties": {"podProperties": {"containers": {"env": variable}}}},
    ]
    return pattern


def service_state_change_pattern(
    *, queue_arns: Sequence[str], states: Sequence[str] = ()
) -> dict[str, Any]:
    """Return the pattern of service jobs that change state; no states means all."""
    return {
        "source": [batch_events.SOURCE],
        "detail-type": [batch_events.SERVICE_JOB_STATE_CHANGE],
        "detail": {
            "jobQueue": list(queue_arns),
            **({"status": list(states)} if states else {}),
        },
    }


def blocked_pattern(*, queue_arns: Sequence[str]) -> dict[str, Any]:
    """Return the pattern of queues that a job blocks, of compute jobs and service jobs alike."""
    pattern: dict[str, Any] = {
        "source": [batch_events.SOURCE],
        "detail-type": list(batch_events.QUEUE_BLOCKED),
    }
    if queue_arns:
        pattern["detail"] = {"jobQueue": list(queue_arns)}
    return pattern


def definition_prefix(definition: AnyJobDefinition) -> str:
    """Return what the ARN of every revision of a definition begins with."""
    return f"{job_definition_arn_without_revision(definition)}:"


def refuse_pattern(path: str, pattern: dict[str, Any], *, way_out: str) -> None:
    """Refuse a pattern of ours that EventBridge would refuse: it names too much.

    Raises:
        ValueError: it is so.
    """
    at_least = shortest_pattern(pattern)
    for place, problem in event_pattern.wrong(without_tokens(pattern), at_least=at_least):
        mend = f"{place} {problem}" if place else f"the event pattern {problem}: {way_out}"
        raise ValueError(f"{path}: {mend}")
