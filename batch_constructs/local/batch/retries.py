"""Whether a failed attempt is followed by another."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from batch_constructs.aws.job_definition_facts import RetryAction

if TYPE_CHECKING:
    from collections.abc import Mapping


def retries(
    strategy: Mapping[str, Any],
    *,
    attempts: int,
    exit_code: int | None,
    reason: str | None,
    status_reason: str | None,
) -> bool:
    """Decide by a retry strategy.

    The first rule of ``evaluateOnExit`` whose every pattern matches decides; where none matches,
    the job is retried. See
    https://docs.aws.amazon.com/batch/latest/APIReference/API_RetryStrategy.html

    Args:
        strategy: ``attempts``, and ``evaluateOnExit`` where there are rules.
        attempts: how many there have been.
        exit_code: the container's exit code; None where it has none.
        reason: what went wrong with the container itself.
        status_reason: why the attempt ended.
    """
    if attempts >= strategy["attempts"]:
        return False
    values = {
        "onExitCode": None if exit_code is None else str(exit_code),
        "onReason": reason,
        "onStatusReason": status_reason,
    }
    for rule in strategy["evaluateOnExit"]:
        if all(matches(rule[key], values[key]) for key in values if key in rule):
            return bool(rule["action"] == RetryAction.RETRY)
    return True


def matches(pattern: str, value: str | None) -> bool:
    """Match a pattern, which may end in an asterisk; ``*`` matches where there is no value, too.

    So ``{"onReason": "*", "action": "EXIT"}`` means "exits for any reason", as AWS's page says
    (https://docs.aws.amazon.com/batch/latest/userguide/job_retries.html).
    """
    if value is None:
        return pattern == "*"
    if pattern.endswith("*"):
        return value.startswith(pattern[:-1])
    return value == pattern
