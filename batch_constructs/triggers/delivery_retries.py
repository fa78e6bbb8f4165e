"""How EventBridge and its Scheduler deliver: how often they try, and where they leave the rest."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypedDict

from aws_cdk import Duration  # noqa: TC002 - the types of arguments are read
from aws_cdk import aws_sns as sns  # noqa: TC002 - as above
from aws_cdk import aws_sqs as sqs  # noqa: TC002 - as above

from batch_constructs.aws.delivery import (
    EVENT_AGE_SECONDS,
    LONGEST_EVENT_AGE_SECONDS,
    MOST_RETRY_ATTEMPTS,
    RETRY_ATTEMPTS,
)
from batch_constructs.dead_letter_queue import dead_letter_queue
from batch_constructs.jsii_objects import has_member

if TYPE_CHECKING:
    from constructs import Construct

    from batch_constructs.arguments import Arguments
    from batch_constructs.tokens import WholeNumber


class DeliveryArguments(TypedDict, total=False):
    """What EventBridge's triggers take, whatever sets them off.

    Args:
        enabled: Whether it submits. Default: yes.
        retry_attempts: Retries of a failed submission, 0 to 185. Default: 185.
        max_event_age: How long a failed submission is retried, a minute to a day; not with
            ``retry_attempts=0``. Default: a day.
        dead_letter_queue: Your own queue. It allows the rule by name as long as its policy has room
            for names (about sixty), otherwise all rules of the account. Default: a new one.
        alarm_topic: Receives alarms (below ``Alarms``) about events in the dead-letter queue,
            events that could not even be put there, and failures of the function if there is one.
            Default: none.
    """

    enabled: bool
    retry_attempts: WholeNumber
    max_event_age: Duration | None
    dead_letter_queue: sqs.IQueue | None
    alarm_topic: sns.ITopic | None


DEFAULTS: Final = {"enabled": True, "retry_attempts": MOST_RETRY_ATTEMPTS}
"""What these are by default, where that is not None."""


@dataclass(frozen=True, kw_only=True)
class Retries:
    """A target's retry policy."""

    attempts: WholeNumber
    age_seconds: int

    def as_l1(self) -> dict[str, Any]:
        """Spell it as an L1's property."""
        return {
            "maximumRetryAttempts": self.attempts,
            "maximumEventAgeInSeconds": self.age_seconds,
        }


def read_retries(arguments: Arguments, shared: DeliveryArguments) -> Retries:
    """Read a trigger's arguments and note what is wrong with them."""
    attempts = arguments.number("retry_attempts", shared["retry_attempts"], required=True)
    age = arguments.seconds("max_event_age", shared["max_event_age"])
    check_dead_letter_queue(arguments, shared["dead_letter_queue"])
    if attempts == 0 and shared["max_event_age"] is not None:
        arguments.wrong_value(
            "max_event_age is given with retry_attempts=0: it limits how long EventBridge "
            "retries, but there are no retries: leave max_event_age out, or allow retries"
        )
    return Retries(
        attempts=arguments.bounded("retry_attempts", attempts, RETRY_ATTEMPTS),
        age_seconds=LONGEST_EVENT_AGE_SECONDS
        if age is None
        else arguments.bounded("max_event_age", age, EVENT_AGE_SECONDS),
    )


def check_dead_letter_queue(arguments: Arguments, given: object) -> None:
    """Note a dead-letter queue that EventBridge and its Scheduler cannot use."""
    if given is None:
        return
    if not has_member(given, "queue_arn"):
        arguments.wrong_type(
            "dead_letter_queue",
            given,
            'an aws_sqs queue, such as sqs.Queue.from_queue_arn(self, "Letters", arn)',
        )
    elif not arguments.of_this_region(
        "dead_letter_queue",
        given,
        str(given.queue_arn),  # type: ignore[attr-defined]  # as has been seen
        "EventBridge puts what it cannot deliver only into a queue in its own Region: give one "
        "in this Region, or leave it out",
    ):
        return
    elif getattr(given, "fifo", False) is True:
        arguments.wrong_value(
            "dead_letter_queue is a FIFO queue; EventBridge and its Scheduler allow only standard "
            "queues: give one without fifo, or leave it out"
        )


def given_or_own_queue(scope: Construct, given: sqs.IQueue | None) -> sqs.IQueue:
    """Take the caller's dead-letter queue, or make ``DeadLetterQueue``: encrypted, for 14 days."""
    return dead_letter_queue(scope, removal_policy=None) if given is None else given
