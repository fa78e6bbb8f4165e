"""Answers in pages: ``maxResults`` and ``nextToken``."""

from __future__ import annotations

import base64
import binascii
from itertools import dropwhile, islice
from typing import TYPE_CHECKING, Any, TypeVar

from batch_constructs.aws.submit_job import RESULTS_A_PAGE
from batch_constructs.local.batch.service_errors import client_error

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

T = TypeVar("T")


def page(
    items: Iterable[T], request: Mapping[str, Any], *, limit: int = RESULTS_A_PAGE
) -> tuple[list[T], dict[str, str]]:
    """Cut out the page that a request asks for, counting from the beginning.

    Args:
        items: everything, in a stable order.
        request: may carry ``maxResults`` and ``nextToken``.
        limit: the most results a page may have, and how many it has by default.

    Returns:
        The page, and ``{"nextToken": …}`` where there is more, else ``{}``.

    Raises:
        ServiceError: a size out of range, or a token that we did not give.
    """
    numbered = page_by_key(enumerate(items), request, limit=limit, key=lambda item: item[0])
    return [item for _, item in numbered[0]], numbered[1]


def page_by_key(
    items: Iterable[T], request: Mapping[str, Any], *, limit: int, key: Callable[[T], int]
) -> tuple[list[T], dict[str, str]]:
    """Cut out the page that a request asks for, from things that come and go between pages.

    Args:
        items: everything, with growing keys.
        request: may carry ``maxResults`` and ``nextToken``.
        limit: the most results a page may have, and how many it has by default.
        key: the key of an item; the token remembers that of the last one.

    Returns:
        As `page`.

    Raises:
        ServiceError: as `page`.
    """
    size = request.get("maxResults", limit)
    if size < 1:
        raise client_error(f"maxResults must be at least 1, got {size}")
    size = min(size, limit)
    token = request.get("nextToken")
    if token is not None:
        last = _key(token)
        items = dropwhile(lambda item: key(item) <= last, items)
    found = list(islice(items, size + 1))
    if len(found) <= size:
        return found, {}
    text = f"after:{key(found[size - 1])}"
    return found[:size], {"nextToken": base64.urlsafe_b64encode(text.encode()).decode()}


def _key(token: str) -> int:
    try:
        word, _, key = base64.urlsafe_b64decode(token).decode().partition(":")
        if word == "after":
            return int(key)
    except (binascii.Error, UnicodeDecodeError, ValueError):
        pass
    raise client_error(f"nextToken is not one that was given out: {token}")
