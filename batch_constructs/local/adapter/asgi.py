"""Paths of our own beside ministack's: what AWS has no API for, such as taking a Spot instance."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    Receive = Callable[[], Awaitable[dict[str, Any]]]
    Send = Callable[[dict[str, Any]], Awaitable[None]]
    Application = Callable[[dict[str, Any], Receive, Send], Awaitable[None]]

PREFIX = "/_batch-constructs/"


def with_control(
    application: Application, control: Callable[[str, bytes], tuple[int, bytes]]
) -> Application:
    """Return the application with the paths below ``PREFIX`` answered by ``control``.

    Args:
        application: answers every other path.
        control: takes what follows the prefix and the body; returns HTTP status and JSON body.
    """

    async def answer(scope: dict[str, Any], receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].startswith(PREFIX):
            await application(scope, receive, send)
            return
        body, more = b"", True
        while more:
            message = await receive()
            body += message.get("body", b"")
            more = message.get("more_body", False)
        status, answer_body = await asyncio.to_thread(
            control, scope["path"].removeprefix(PREFIX), body
        )
        headers = [(b"content-type", b"application/json")]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": answer_body})

    return answer
