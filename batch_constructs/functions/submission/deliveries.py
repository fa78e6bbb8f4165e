"""What becomes of messages that are no jobs: SQS delivers them again, or they are set aside."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from batch_constructs.functions.claims.identity import digest

from .reasons import MENDED, PERHAPS_BEFORE, UNREAD

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from .dead_letters import DeadLetters
    from .message_reader import Message
    from .settings import Settings


class Deliveries:
    """The deliveries of one invocation.

    SQS would give a message another ID as it is redriven after it was received too often, and
    nobody would know it again. So what SQS would take away is set aside before.
    """

    def __init__(
        self, settings: Settings, dead_letters: DeadLetters, *, now: float, until: float
    ) -> None:
        """Begin with the invocation, in which nothing is set aside after ``until``."""
        self._until = until
        self._settings = settings
        self._dead_letters = dead_letters
        self._now = now
        self._twins: Mapping[bytes, Sequence[Message]] = {}
        self._again: set[str] = set()
        self._blocked: set[str | None] = set()
        self._aside: list[tuple[Message, str]] = []
        self._seen_to: set[str] = set()

    def turn_to(self, twins: Mapping[bytes, Sequence[Message]]) -> None:
        """Turn to these messages; those with the same key fare alike."""
        self._twins = twins

    def see_to(self, messages: Iterable[Message]) -> None:
        """Note that these are jobs."""
        self._seen_to.update(message.id for message in messages)

    def is_seen_to(self, message: Message) -> bool:
        """Whether a message is a job, comes again or is set aside."""
        return message.id in self._seen_to

    def is_blocked(self, message: Message) -> bool:
        """Whether an earlier message of the same FIFO group has to come first."""
        return message.group in self._blocked

    def give_back(self, message: Message, reason: str, *, now: bool = False) -> None:
        """Return a message that is no job, or perhaps one; at its last receive, set it aside."""
        twins = self._twins[digest(message.key)]
        if now or max(twin.receives for twin in twins) >= self._settings.max_receives:
            for twin in twins:
                self.set_aside(twin, reason)
        else:
            self._return(twins)

    def set_aside(self, message: Message, reason: str) -> None:
        """Set a message aside, and say since when it may be a job.

        SQS may deliver it again although it is no job now, and then it becomes one beside its
        letter.
        """
        since = self._now if message.perhaps_since is None else message.perhaps_since
        self._put(replace(message, claimed_at=since), reason)

    def set_aside_as_poison(self, message: Message, reason: str) -> None:
        """Set aside what can be no job now; what was delivered before may be one nevertheless."""
        if message.perhaps_since is None:
            self._put(message, reason)
        else:
            self.set_aside(message, f"{reason}{PERHAPS_BEFORE}")

    def is_set_aside_unread(self, message: Message) -> bool:
        """Set aside what nobody looked at and SQS would take away; False where it comes again."""
        if message.receives < self._settings.max_receives:
            return False
        self.set_aside(message, f"perhaps a job: {UNREAD}{MENDED}")
        return True

    def end(self) -> list[str]:
        """Set aside what still has to be, and return the IDs of what SQS shall keep."""
        self._again.update(self._dead_letters.put(self._aside, until=self._until))
        return sorted(self._again)

    def _put(self, message: Message, reason: str) -> None:
        self._seen_to.add(message.id)
        if not self._settings.fifo:
            self._aside.append((message, reason))
        elif again := self._dead_letters.put([(message, reason)], until=self._until):
            self._again.update(again)  # its group waits until it lies there
            self._blocked.add(message.group)

    def _return(self, twins: Sequence[Message]) -> None:
        for twin in twins:
            self._again.add(twin.id)
            self._seen_to.add(twin.id)
            if self._settings.fifo and twin.group is not None:
                self._blocked.add(twin.group)
