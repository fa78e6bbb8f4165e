"""Why a message lies in the dead-letter queue, beside what AWS said: texts for people."""

from __future__ import annotations

import logging
import traceback

_LOG = logging.getLogger(__name__)

FORGOTTEN = (
    "perhaps a job, so long ago that AWS Batch may have forgotten it: an earlier Reason or the "
    "function's log names the job; check whether it ran, and if not, send the message again"
)

NO_ANSWER = "AWS Batch gave no clear answer"

MENDED = "; fix that, and redrive it within two weeks: it will then be known whether it is a job"

PERHAPS_BEFORE = (
    "; it was delivered before and may have become a job: if it is redriven within two weeks, it "
    "will be known whether it is one"
)

UNREAD = "the messages before it took all the time that the function has for reading"

BEHIND = "certainly no job: an earlier message of its group comes first; redrive it after that one"

TOO_FAR_BACK = (
    "more has been claimed since it was first delivered than the function has time to read"
)

NO_ROOM = (
    "certainly no job: the function remembers the messages of deduplication_window, and has room "
    "for {most}; raise max_messages_per_hour or shorten the window, and redrive it at any time"
)


def unreadable(error: Exception, message_id: str) -> str:
    """Log where in the code a message failed; the error's own words may quote the message."""
    name = type(error).__name__
    way = "".join(traceback.format_tb(error.__traceback__))
    _LOG.error("message %s cannot be read: %s\n%s", message_id, name, way)
    return f"cannot be read: {name}; the function's log says where"
