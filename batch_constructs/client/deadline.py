"""A deadline for a whole call: a server that sends a byte now and then never reaches another."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, TypeVar

from botocore.exceptions import BotoCoreError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_Result = TypeVar("_Result")


class NoWholeAnswerError(BotoCoreError):  # type: ignore[misc]  # botocore has no types
    """A call has not ended in time; perhaps it is done."""

    fmt = "no whole answer within {seconds:g} s"


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
