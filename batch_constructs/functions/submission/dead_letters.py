"""The dead-letter queue, where a message lies with the reason it is there."""

from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from batch_constructs.aws.delivery import SQS_ENTRIES

from .message_reader import CLAIMED_AS, CLAIMED_AT, FIRST_ID, REASON

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from .message_reader import Message

_LOG = logging.getLogger(__name__)
_MOST_BYTES = 200_000
_REASON_CHARACTERS = 1000
_NOT_IN_A_MESSAGE = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters for which SQS refuses a message, and with it the whole request."""

Client = Any
"""A boto3 client."""

_Aside = tuple["Message", str]


class DeadLetters:
    """Puts messages aside, with the attribute ``Reason``, and ``MessageId``, the ID it first had.

    What is perhaps a job also has ``ClaimedAs`` and ``ClaimedAt``. By them it is known again.
    """

    def __init__(self, sqs: Client, *, queue_url: str, fifo: bool) -> None:
        """Remember the queue."""
        self._sqs = sqs
        self._queue_url = queue_url
        self._fifo = fifo

    def put(self, aside: Sequence[_Aside]) -> set[str]:
        """Put these aside and return the IDs of those that could not be."""
        failed: set[str] = set()
        clean = [(message, _NOT_IN_A_MESSAGE.sub("?", reason)) for message, reason in aside]
        for chunk in _chunks(clean):
            entries = [self._entry(str(at), *each) for at, each in enumerate(chunk)]
            try:
                answer = self._sqs.send_message_batch(QueueUrl=self._queue_url, Entries=entries)
            except (BotoCoreError, ClientError):
                # these alone come again; what became jobs in this batch is done
                _LOG.exception("could not set %d messages aside", len(chunk))
                failed |= {message.id for message, _ in chunk}
            else:
                failed |= {chunk[int(each["Id"])][0].id for each in answer.get("Failed", [])}
        return failed

    def _entry(self, at: str, message: Message, reason: str) -> dict[str, Any]:
        told = {REASON: reason[:_REASON_CHARACTERS], FIRST_ID: message.first_id}
        if message.claimed_at is not None:
            told |= {CLAIMED_AS: message.key, CLAIMED_AT: str(int(message.claimed_at))}
        entry: dict[str, Any] = {
            "Id": at,
            "MessageBody": _sendable(message.body),
            "MessageAttributes": {
                name: {"DataType": "String", "StringValue": value} for name, value in told.items()
            },
        }
        if self._fifo:
            entry["MessageGroupId"] = message.group
            entry["MessageDeduplicationId"] = message.id
        return entry


def _sendable(body: str) -> str:
    return _NOT_IN_A_MESSAGE.sub("?", body)


def _chunks(aside: Sequence[_Aside]) -> Iterator[list[_Aside]]:
    chunk: list[_Aside] = []
    size = 0
    for message, reason in aside:
        length = len(_sendable(message.body).encode()) + len(reason.encode())
        if chunk and (len(chunk) == SQS_ENTRIES or size + length > _MOST_BYTES):
            yield chunk
            chunk, size = [], 0
        chunk.append((message, reason))
        size += length
    if chunk:
        yield chunk
