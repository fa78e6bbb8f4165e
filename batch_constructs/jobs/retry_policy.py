"""Which failed attempts of a job are worth another one.

https://docs.aws.amazon.com/batch/latest/userguide/job_retries.html
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from batch_constructs.aws.bound import as_text
from batch_constructs.aws.job_definition_facts import RetryAction
from batch_constructs.aws.job_states import (
    CANNOT_PULL,
    DOCKER_TIMED_OUT,
    HOST_LOST_PATTERN,
    SPOT_TASK_LOST_PATTERN,
    TASK_FAILED_TO_START,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from batch_constructs.arguments import Arguments
    from batch_constructs.tokens import WholeNumber


@dataclass(frozen=True, kw_only=True)
class RetryRule:
    """One line of a retry policy: an action, and the failed attempts that it applies to.

    All given patterns have to match. A pattern is literal text that may end with an asterisk; for
    the exit code, it is digits only.
    https://docs.aws.amazon.com/batch/latest/APIReference/API_EvaluateOnExit.html

    Attributes:
        action: Retry the job, or fail it now.
        on_exit_code: The container's exit code, such as ``"137"`` or ``"1*"``. Default: any.
        on_reason: The reason of the attempt, such as ``"OutOfMemoryError:*"``. Default: any.
        on_status_reason: The status reason, such as ``"Host EC2*"``. Default: any.
    """

    action: RetryAction | str
    on_exit_code: str | None = None
    on_reason: str | None = None
    on_status_reason: str | None = None


_SPOT_RECLAIM = RetryRule(action=RetryAction.RETRY, on_status_reason=HOST_LOST_PATTERN)
_FARGATE_SPOT_RECLAIM = RetryRule(action=RetryAction.RETRY, on_status_reason=SPOT_TASK_LOST_PATTERN)
_IMAGE_PULL = RetryRule(action=RetryAction.RETRY, on_reason=f"{CANNOT_PULL}Error:*")
_DOCKER_TIMED_OUT = RetryRule(
    action=RetryAction.RETRY,
    on_reason=f"{DOCKER_TIMED_OUT}:*",
    on_status_reason=f"{TASK_FAILED_TO_START}*",  # not one that could not be stopped: it ran
)
_ANYTHING_ELSE = RetryRule(action=RetryAction.EXIT, on_reason="*")


@dataclass(frozen=True, kw_only=True)
class RetryPolicy:
    """How often a job is attempted, and which failures are worth another attempt.

    AWS Batch goes through the rules in order and uses the first one that matches. A failure that
    matches no rule is retried, so a list should end with a rule that exits.

    Attributes:
        attempts: How often the job can start, 1 to 10. Default: three times.
        rules: At most five, in order. Default: an attempt is retried if it lost its Spot host (EC2
            or Fargate), could not pull its image, or if Docker took too long to create or start its
            container. Everything else, including the program's own non-zero exits, is not. An empty
            list retries every failure.

    Example:
        >>> from batch_constructs import RetryPolicy, RetryRule
        >>> RetryPolicy(attempts=5).attempts
        5
        >>> policy = RetryPolicy(rules=[
        ...     RetryRule(action="RETRY", on_exit_code="75"),
        ...     RetryRule(action="EXIT", on_reason="*"),
        ... ])
    """

    attempts: WholeNumber = 3
    rules: Sequence[RetryRule] = (
        _SPOT_RECLAIM,
        _FARGATE_SPOT_RECLAIM,
        _IMAGE_PULL,
        _DOCKER_TIMED_OUT,
        _ANYTHING_ELSE,
    )

    @classmethod
    def on_spot_interruption(cls, *, attempts: WholeNumber = 3) -> RetryPolicy:
        """Retry only attempts that lost their Spot capacity; fail on anything else."""
        return cls(attempts=attempts, rules=(_SPOT_RECLAIM, _FARGATE_SPOT_RECLAIM, _ANYTHING_ELSE))

    @classmethod
    def never(cls) -> RetryPolicy:
        """Attempt the job once, whatever happens."""
        return cls(attempts=1, rules=())


def retry_strategy(arguments: Arguments, policy: RetryPolicy | None) -> dict[str, Any]:
    """Return CloudFormation's ``RetryStrategy``."""
    from batch_constructs.construct import given  # noqa: PLC0415  # a policy needs no CDK

    if policy is not None and not isinstance(policy, RetryPolicy):
        expected = "a RetryPolicy such as RetryPolicy(attempts=3)"
        arguments.wrong_type("retry_policy", policy, expected)
        policy = None
    policy = RetryPolicy() if policy is None else policy
    inner = arguments.within("retry_policy")
    expected = f'RetryRule(action="RETRY", on_status_reason="{HOST_LOST_PATTERN}")'
    if policy.rules is None:
        inner.wrong_type("rules", None, f"a list of {expected}; an empty one retries all")
    check_retries(inner, policy)
    return given(
        Attempts=inner.number("attempts", policy.attempts, required=True),
        EvaluateOnExit=inner.each("rules", policy.rules, RetryRule, expected, _evaluate_on_exit),
    )


def check_retries(inner: Arguments, policy: RetryPolicy) -> None:
    """Note rules that retry where there is one attempt; ``inner`` is the view of the policy."""
    rules = () if policy.rules is RetryPolicy.rules else policy.rules
    listed = rules if isinstance(rules, list | tuple) else ()
    actions = (as_text(getattr(one, "action", "")) for one in listed)
    retries = any(str(one).upper() == RetryAction.RETRY for one in actions)
    if retries and policy.attempts == 1:
        inner.wrong_value(
            "attempts is 1, the first run, so no rule can retry: give 2 or more, or "
            "RetryPolicy.never()"
        )


def _evaluate_on_exit(arguments: Arguments, rule: RetryRule) -> dict[str, Any]:
    from batch_constructs.construct import given  # noqa: PLC0415  # a policy needs no CDK

    return given(
        Action=arguments.choice("action", rule.action, "a RetryAction"),
        OnExitCode=arguments.text("on_exit_code", rule.on_exit_code),
        OnReason=arguments.text("on_reason", rule.on_reason),
        OnStatusReason=arguments.text("on_status_reason", rule.on_status_reason),
    )
