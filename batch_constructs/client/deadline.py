"""A deadline for a whole call: a server that sends a byte now and then never reaches another."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, TypeVar

from botocore.config import Config
from botocore.exceptions import BotoCoreError, CredentialRetrievalError, ReadTimeoutError

from batch_constructs.functions.claims.outcome import Failure, failure_of

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
"""What finds no connection so often is given up, after some seconds."""

_ATTEMPTS_WITHOUT_ANSWER = 2


class NoWholeAnswerError(BotoCoreError):  # type: ignore[misc]  # botocore has no types
    """A call has not ended in time; perhaps it is done."""

    fmt = "no whole answer within {seconds:g} s"


class _GivesUpEarly:
    """Ends the repetitions of a client that was never answered: a wrong address stays wrong."""

    def __init__(self) -> None:
        self._answered = False

    def __call__(
        self, *, attempts: int, response: object, caught_exception: Exception | None, **_: object
    ) -> None:
        """Raise what a call failed with, where no further attempt is worth its while."""
        self._answered |= response is not None
        if self._answered or caught_exception is None:
            return
        alone = failure_of(caught_exception) is Failure.NO_CONNECTION
        silent = isinstance(caught_exception, ReadTimeoutError)
        if (alone and attempts >= ATTEMPTS_WITHOUT_CONNECTION) or (
            silent and attempts >= _ATTEMPTS_WITHOUT_ANSWER
        ):
            raise caught_exception


def patient_client(make: Callable[..., Any], service: str, **options: str) -> Bounded:
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
        CredentialRetrievalError: that program does not answer.
    """
    try:
        return within(MAKE_SECONDS, make)
    except NoWholeAnswerError as error:
        raise CredentialRetrievalError(
            provider="credential_process", error_msg=f"no answer in {MAKE_SECONDS:g} s"
        ) from error


class Bounded:
    """A boto3 client each of whose calls, and each page of a list, ends in so many seconds.

    The timeouts of boto3 bound a connection, and how long nothing comes; not a whole answer.
    """

    def __init__(self, client: Any, seconds: float) -> None:
        self._client, self._seconds = client, seconds

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


def within(seconds: float, call: Callable[[], _Result]) -> _Result:
    """Return what a call returns, or raise what it raises.

    Raises:
        NoWholeAnswerError: it has not ended after so many seconds; perhaps it is done.
    """
    results: list[_Result] = []
    errors: list[BaseException] = []

    def run() -> None:
        try:
            results.append(call())
        except BaseException as error:  # noqa: BLE001 - raised again by who waits
            errors.append(error)

    thread = threading.Thread(target=run, daemon=True)  # never keeps the program from its end
    thread.start()
    thread.join(seconds)
    if errors:
        raise errors[0]
    if not results:
        raise NoWholeAnswerError(seconds=seconds)
    return results[0]
