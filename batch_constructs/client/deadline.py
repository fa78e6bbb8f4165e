"""A deadline for a whole call: a server that sends a byte now and then never reaches another."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, TypeVar, cast

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, ReadTimeoutError

from batch_constructs.functions.claims.outcome import (
    Failure,
    NothingSentError,
    as_told,
    failure_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_Result = TypeVar("_Result")

CALL_SECONDS = 120.0
"""How long a call may take that only asks, or may be repeated, with all its repetitions."""

MAKE_SECONDS = 60.0
"""How long a program may take that gives credentials, as ``credential_process`` names one."""

READ_SECONDS = 20
ATTEMPTS = 7
ATTEMPTS_WITHOUT_CONNECTION = 3
"""What finds no connection, or one that breaks off, so often is given up, after some seconds."""

_ATTEMPTS_WITHOUT_ANSWER = 2


def may_pass(error: Exception) -> bool:
    """Whether asking AWS the same again may go well a little later."""
    passing = (Failure.NO_CONNECTION, Failure.THROTTLED, Failure.UNSURE)
    return isinstance(error, BotoCoreError | ClientError) and failure_of(error) in passing


class NoWholeAnswerError(BotoCoreError):  # type: ignore[misc]  # botocore has no types
    """A call has not ended in time; it may have taken effect."""

    fmt = "no whole answer within {seconds:g} s"


class _GivesUpEarly:
    """Ends the repetitions of a client that was never answered: a wrong address stays wrong."""

    def __init__(self) -> None:
        self._answered = False

    def __call__(self, *, attempts: int, caught_exception: Exception | None, **_: object) -> None:
        """Raise what a call failed with, where no further attempt is worth its while."""
        if caught_exception is None:
            self._answered = True
            return
        if failure_of(caught_exception) is Failure.NOT_SENT:
            raise caught_exception
        if self._answered:
            return
        silent = isinstance(caught_exception, ReadTimeoutError)
        if attempts >= (_ATTEMPTS_WITHOUT_ANSWER if silent else ATTEMPTS_WITHOUT_CONNECTION):
            raise caught_exception


def patient_client(make: Callable[..., Any], service: str, **options: str | None) -> Bounded:
    """Make a boto3 client that repeats what may be repeated, until a deadline.

    Args:
        make: ``boto3.client``, or that of a session.
        service: the service, as boto3 calls it.
        options: what else ``make`` takes.
    """
    config = Config(
        retries={"mode": "standard", "total_max_attempts": ATTEMPTS},
        connect_timeout=5,
        read_timeout=READ_SECONDS,
    )
    client = made(lambda: make(service, config=config, **options))
    client.meta.events.register_first("needs-retry", _GivesUpEarly())
    return Bounded(client, CALL_SECONDS)


def made(make: Callable[[], _Result]) -> _Result:
    """Return the boto3 client that is made, for which a program may have to give credentials.

    Raises:
        NothingSentError: that program does not answer.
    """
    return within(MAKE_SECONDS, make)


class Bounded:
    """A boto3 client with a time limit for each call, and for each page of a list.

    boto3's timeouts limit a connection and the pauses in an answer, not a whole answer.
    """

    def __init__(self, client: Any, seconds: float) -> None:
        self._client, self._seconds = client, seconds
        client.meta.events.register_first("before-send", _begin_to_send)

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._client, name)
        if not callable(found):
            return found
        return lambda **request: within(self._seconds, lambda: found(**request))

    def get_paginator(self, operation: str) -> _Pages:
        """Return what lists page by page."""
        return _Pages(self._client.get_paginator(operation), self._seconds)


class _Pages:
    def __init__(self, paginator: Any, seconds: float) -> None:
        self._paginator, self._seconds = paginator, seconds

    def paginate(self, **request: Any) -> Iterator[Any]:
        pages = iter(self._paginator.paginate(**request))
        while (page := within(self._seconds, lambda: next(pages, None))) is not None:
            yield page


class _Call(threading.Thread):
    """A call in a thread of its own, which never keeps the program from its end."""

    def __init__(self, call: Callable[[], object]) -> None:
        super().__init__(daemon=True)
        self._call = call
        self._turn = threading.Lock()
        self._sent = self._given_up = False
        self.results: list[object] = []
        self.errors: list[BaseException] = []

    def run(self) -> None:
        try:
            self.results.append(self._call())
        except BaseException as error:  # noqa: BLE001 - raised again by who waits
            self.errors.append(error)

    def send(self) -> None:
        """Note that a request is sent, or do not send it if nobody waits for it any more."""
        with self._turn:
            if self._given_up:
                raise NothingSentError(why="given up")
            self._sent = True

    def give_up(self) -> bool:
        """Send nothing from now on; return whether anything was sent before."""
        with self._turn:
            self._given_up = True
            return self._sent


def _begin_to_send(**_: object) -> None:
    call = threading.current_thread()
    if isinstance(call, _Call):
        call.send()


def within(seconds: float, call: Callable[[], _Result]) -> _Result:
    """Return what a call returns, or raise what it raises, as an error of botocore's.

    Raises:
        NothingSentError: nothing has been sent after so many seconds, and nothing will be.
        NoWholeAnswerError: it has not ended after so many seconds; perhaps it is done.
    """
    thread = _Call(call)
    thread.start()
    try:
        thread.join(seconds)
    except BaseException:  # interrupted: nobody waits for it any more
        thread.give_up()
        raise
    if thread.errors:
        error = thread.errors[0]
        raise as_told(error) if isinstance(error, Exception) else error
    if thread.results:
        return cast("_Result", thread.results[0])
    if thread.give_up():
        raise NoWholeAnswerError(seconds=seconds)
    raise NothingSentError(why=f"no credentials came within {seconds:g} s")
