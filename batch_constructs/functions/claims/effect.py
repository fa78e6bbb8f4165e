"""A call that does something: tried again while it surely did nothing, and never otherwise."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from batch_constructs.functions.claims.outcome import FAILED_CALL, Failure, as_told, failure_of

if TYPE_CHECKING:
    from collections.abc import Callable

_Answer = TypeVar("_Answer")

FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 0.2, 10.0


class NotDoneError(Exception):
    """Surely not done, so that anybody may do it at once."""


class OutOfTimeError(NotDoneError):
    """Not done: there was no time left to try again."""


class RefusedError(NotDoneError):
    """Not done: AWS said no, or the request never left."""

    def __init__(self, reason: str, failure: Failure) -> None:
        """Keep AWS's words, and what kind of failure it was."""
        super().__init__(reason)
        self.failure = failure


class UnsureError(Exception):
    """No clear answer: perhaps done."""


@dataclass(kw_only=True)
class Pauses:
    """Pauses between attempts: they grow, by chance, so that two who met do not meet again."""

    clock: Callable[[], float]
    sleep: Callable[[float], None]
    deadline: float
    longest: float = FIRST_PAUSE_SECONDS

    def grow(self) -> None:
        """Wait somewhat longer than the last time.

        Raises:
            OutOfTimeError: the deadline would pass.
        """
        seconds = random.uniform(0, self.longest)  # noqa: S311 - jitter, not a secret
        self.longest = min(self.longest * 2, LONGEST_PAUSE_SECONDS)
        self.wait(seconds)

    def wait(self, seconds: float = 0) -> None:
        """Wait so long.

        Raises:
            OutOfTimeError: the deadline would pass.
        """
        if self.clock() + seconds >= self.deadline:
            raise OutOfTimeError
        if seconds > 0:
            self.sleep(seconds)


def attempt(
    call: Callable[[], _Answer],
    pauses: Pauses,
    *,
    before: Callable[[], None] = lambda: None,
    most_without_connection: float = float("inf"),
) -> _Answer:
    """Make a call, again and again as long as it is throttled or finds no connection.

    Args:
        call: A call of a client that never repeats one by itself.
        pauses: Between the attempts; nothing begins after their deadline.
        before: Called before each attempt.
        most_without_connection: So many attempts find no connection at most.

    Raises:
        OutOfTimeError: surely not done, until the deadline.
        RefusedError: surely not done, and why.
        UnsureError: perhaps done.
    """
    unconnected = 0
    while True:
        before()
        pauses.wait()
        try:
            return call()
        except FAILED_CALL as error:
            failure, told = failure_of(error), as_told(error)
            unconnected += failure is Failure.NO_CONNECTION
            if not failure.is_sure:
                raise UnsureError(str(told)) from told
            if not failure.may_pass or unconnected >= most_without_connection:
                raise RefusedError(str(told), failure) from told
        pauses.grow()
