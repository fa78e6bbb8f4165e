"""Answers in pages: ``maxResults`` and ``nextToken``."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Mapping
from itertools import islice
from typing import Any, TypeVar

from batch_constructs.local.batch.errors import client_error

T = TypeVar("T")


def page(
    items: Iterable[T], request: Mapping[str, Any], *, limit: int
) -> tuple[list[T], dict[str, str]]:
    """Cut out the page that a request asks for.

    Args:
        items: everything, in a stable order.
        request: may carry ``maxResults`` and ``nextToken``.
        limit: the most results a page may have, and how many it has by default.

    Returns:
        The page, and ``{"nextToken": …}`` where there is more, else ``{}``.

    Raises:
        ServiceError: a size out of range, or a token that we did not give.
    """
    size = request.get("maxResults", limit)
    if size < 1:
        raise client_error(f"maxResults must be at least 1, got {size}")
    size = min(size, limit)
    start = _start(request.get("nextToken"))
    found = list(islice(items, start, start + size + 1))
    if len(found) <= size:
        return found, {}
    token = base64.urlsafe_b64encode(f"from:{start + size}".encode()).decode()
    return found[:size], {"nextToken": token}


def _start(token: str | None) -> int:
    if token is None:
        return 0
    try:
        word, _, start = base64.urlsafe_b64decode(token).decode().partition(":")
        if word == "from":
            return int(start)
    except (binascii.Error, UnicodeDecodeError, ValueError):
        pass
    raise client_error(f"nextToken is not one that was given out: {token}")
