"""Why a message lies in the dead-letter queue, beside what AWS said: texts for people."""

from __future__ import annotations

FORGOTTEN = (
    "perhaps a job, so long ago that AWS Batch may have forgotten it: an earlier Reason or the "
    "function's log named the job; look whether it ran, and where it did not, send the message anew"
)

NO_ANSWER = "AWS Batch gave no clear answer"

MENDED = "; mend that, and redrive it within two weeks: then it is known whether it is one"

PERHAPS_BEFORE = (
    "; it was delivered before, and may be a job since then: redriven within two weeks it is known "
    "whether it is one"
)

UNREAD = "others before it took the time in which the function reads its messages"

BEHIND = "surely no job: an earlier message of its group comes first; redrive it after that one"

TOO_FAR_BACK = (
    "more has been claimed since it was delivered first than the function can read in its time"
)

NO_ROOM = (
    "surely no job: the function remembers the messages of deduplication_window, and has room for "
    "{most}; raise max_messages_per_hour or shorten the window, and redrive it at any time"
)
