"""One run of a function: until when it may begin something, and the events it was given."""

from __future__ import annotations

import json
import logging
import time
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from batch_constructs.aws.delivery import FAILED_EVENT, SQS_EVENTS, failed_messages
from batch_constructs.functions.claims.effect import OutOfTimeError, Pauses
from batch_constructs.functions.claims.lease import RESERVE_SECONDS
from batch_constructs.functions.claims.rows import DAYS_KEPT

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_LOG = logging.getLogger(__name__)
_OLDEST_LETTER_DAYS = DAYS_KEPT - 1
"""Claims are remembered for longer than that; Lambda noted the failure within the day after."""

_OLDEST_LETTER_SECONDS = _OLDEST_LETTER_DAYS * 86_400


class TooLateError(Exception):
    """Nobody knows any more whether it was done: somebody has to look."""


@dataclass(frozen=True, kw_only=True)
class Invocation:
    """A run of a function."""

    deadline: float
    """Until when it begins anything, in seconds since 1970."""

    clock: Callable[[], float] = time.time
    sleep: Callable[[float], None] = time.sleep

    @classmethod
    def of(cls, context: Any) -> Invocation:
        """Read Lambda's context."""
        left = context.get_remaining_time_in_millis() / 1000
        return cls(deadline=time.time() + left - RESERVE_SECONDS)

    def begins(self) -> None:
        """Look whether there is time to begin something.

        Raises:
            OutOfTimeError: there is not.
        """
        if self.clock() >= self.deadline:
            raise OutOfTimeError

    def pauses(self) -> Pauses:
        """Return pauses that end with this run."""
        return Pauses(clock=self.clock, sleep=self.sleep, deadline=self.deadline)


def each_event(
    event: Mapping[str, Any],
    handle: Callable[[Mapping[str, Any], str | None], object],
    clock: Callable[[], float] = time.time,
) -> dict[str, Any] | None:
    """Handle an event as it comes, or out of a dead-letter queue.

    There it lies as EventBridge could not hand it over, or as Lambda notes what failed; and it
    comes from there alone, or as a batch of SQS messages, of which those that fail are told.

    ``handle`` is also given what tells an event that has been there before from others: the ID of
    the run that first failed, or of the message; None where the event comes for the first time.

    Raises:
        TooLateError: the event failed so long ago that its claim is forgotten.
        ValueError: these are records of another service.
    """
    if "Records" not in event:
        handle(*_original(event, None, clock()))
        return None
    for record in event["Records"]:
        source = record.get("eventSource", record.get("EventSource", SQS_EVENTS))
        if source != SQS_EVENTS:
            raise ValueError(
                f"the event is of {source}; this function accepts events of EventBridge, and the "
                "contents of its dead-letter queue: put a rule, or code that invokes it, in "
                "between"
            )
    failed = []
    for record in event["Records"]:
        try:
            handle(*_original(json.loads(record["body"]), record["messageId"], clock()))
        except Exception:  # noqa: BLE001 - SQS is told, and keeps it
            _LOG.exception("message %s fails again", record["messageId"])
            failed.append(record["messageId"])
    return failed_messages(failed)


def _original(
    event: Mapping[str, Any], identity: str | None, now: float
) -> tuple[Mapping[str, Any], str | None]:
    """Return what a function was to handle, of the record that Lambda keeps of its failures."""
    while FAILED_EVENT in event and "requestContext" in event:
        failed = event.get("timestamp")
        if failed is not None and now - _seconds(failed) > _OLDEST_LETTER_SECONDS:
            raise TooLateError(
                f"it failed at {failed}, more than {_OLDEST_LETTER_DAYS} days ago, so it is no "
                "longer known whether it was done since; check, and if it was not, send the "
                f"event itself, which is in {FAILED_EVENT}"
            )
        identity = str(event["requestContext"].get("requestId", identity))
        event = event[FAILED_EVENT]
    _refuse_what_is_replayed_too_late(event, now)
    return event, identity


def is_of_event_bridge(event: Mapping[str, Any]) -> bool:
    """Whether this is an event as a bus has it, and not what a rule made of it."""
    return {"source", "detail-type", "detail"} <= event.keys()


def _refuse_what_is_replayed_too_late(event: Mapping[str, Any], now: float) -> None:
    """Refuse an event that an archive of EventBridge hands over again, weeks later."""
    happened = event.get("time") if is_of_event_bridge(event) else None
    if isinstance(happened, str) and now - _seconds(happened) > _OLDEST_LETTER_SECONDS:
        raise TooLateError(
            f"it happened at {happened}, more than {_OLDEST_LETTER_DAYS} days ago, so it is no "
            "longer known whether it was done since; check, and if it was not, do it by hand"
        )


def _seconds(timestamp: str) -> float:
    return datetime.fromisoformat(timestamp).timestamp()
