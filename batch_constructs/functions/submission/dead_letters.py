"""The dead-letter queue, where a message lies with the reason it is there."""

from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING, Any

from batch_constructs.aws.delivery import SQS_BYTES, SQS_ENTRIES
from batch_constructs.functions.claims.outcome import FAILED_CALL, Failure, failure_of

from .message_reader import CLAIMED_AT, FIRST_ID, REASON

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from .message_reader import Message

_LOG = logging.getLogger(__name__)
_MOST_BYTES = 200_000
"""Of several messages in a call; one that is larger goes alone."""

_REASON_CHARACTERS = 1000
_NOT_IN_A_MESSAGE = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters for which SQS refuses a message, and with it the whole request."""

Client = Any
"""A boto3 client."""

_Aside = tuple["Message", str]
_Entry = dict[str, Any]


class DeadLetters:
    """Puts messages aside, with the attribute ``Reason`` and with what they are known again by."""

    def __init__(
        self, sqs: Client, *, queue_url: str, fifo: bool, clock: Callable[[], float]
    ) -> None:
        """Remember the queue."""
        self._clock = clock
        self._sqs = sqs
        self._queue_url = queue_url
        self._fifo = fifo

    def put(self, aside: Sequence[_Aside], *, until: float) -> set[str]:
        """Put these aside and return the IDs of those that could not be until then."""
        ids = [message.id for message, _ in aside]
        entries = [self._entry(str(at), *each) for at, each in enumerate(aside)]
        failed: list[str] = []
        for chunk in _chunks(entries):
            is_over = self._clock() >= until
            failed += [entry["Id"] for entry in chunk] if is_over else self._send(chunk)
        # these alone come again; what became jobs in this batch is done
        return {ids[int(each)] for each in failed}

    def _send(self, entries: list[_Entry]) -> list[str]:
        """Send these; return the ``Id`` of those that failed. One that is refused fails alone."""
        try:
            answer = self._sqs.send_message_batch(QueueUrl=self._queue_url, Entries=entries)
        except FAILED_CALL as error:
            if len(entries) > 1 and failure_of(error) is Failure.REFUSED:
                return [failed for entry in entries for failed in self._send([entry])]
            _LOG.exception("could not set %d messages aside", len(entries))
            return [entry["Id"] for entry in entries]
        there = {each["Id"] for each in answer.get("Successful", [])}
        return [entry["Id"] for entry in entries if entry["Id"] not in there]

    def _entry(self, at: str, message: Message, reason: str) -> _Entry:
        body = _sendable(message.body)
        told = {FIRST_ID: message.first_id}
        if message.claimed_at is not None:
            told[CLAIMED_AT] = str(int(message.claimed_at))
        told[REASON] = _sendable(reason)[:_REASON_CHARACTERS]
        room = SQS_BYTES - len(body.encode())
        entry: _Entry = {"Id": at, "MessageBody": body, "MessageAttributes": _fitting(told, room)}
        if not entry["MessageAttributes"]:
            # its length is what makes it no job, now and when it is redriven
            _LOG.warning("message %s is set aside without its reason: %s", message.id, reason)
        if self._fifo:
            entry["MessageGroupId"] = message.group
            entry["MessageDeduplicationId"] = message.id
        return entry


def _sendable(text: str) -> str:
    return _NOT_IN_A_MESSAGE.sub("?", text)


def _fitting(told: dict[str, str], room: int) -> dict[str, Any]:
    """Return attributes that have room beside a body: the reason cut short, or none at all."""
    others = _length(_attributes({**told, REASON: ""}))
    reason = _cut(told[REASON], room - others)
    return _attributes({**told, REASON: reason}) if reason else {}


def _cut(text: str, length: int) -> str:
    return text.encode()[: max(0, length)].decode(errors="ignore")


def _attributes(told: dict[str, str]) -> dict[str, Any]:
    return {name: {"DataType": "String", "StringValue": value} for name, value in told.items()}


def _length(attributes: dict[str, Any]) -> int:
    """Count the bytes of attributes as SQS does: names, types and values."""
    return sum(
        len((name + each["DataType"] + each["StringValue"]).encode())
        for name, each in attributes.items()
    )


def _chunks(entries: Sequence[_Entry]) -> Iterator[list[_Entry]]:
    chunk: list[_Entry] = []
    size = 0
    for entry in entries:
        length = len(entry["MessageBody"].encode()) + _length(entry["MessageAttributes"])
        if chunk and (len(chunk) == SQS_ENTRIES or size + length > _MOST_BYTES):
            yield chunk
            chunk, size = [], 0
        chunk.append(entry)
        size += length
    if chunk:
        yield chunk
