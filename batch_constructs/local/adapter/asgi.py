"""What stands before ministack: no web page gets in, and paths of our own are answered here.

``cdk bootstrap`` and every careful bucket deny requests without TLS (``aws:SecureTransport``); here
the loopback interface stands for TLS.

Whoever reaches the server can run jobs, that is, commands of this machine. A web page in a browser
could, too: ministack lets every origin in. Browsers say which page asks; AWS SDKs never do.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    Receive = Callable[[], Awaitable[dict[str, Any]]]
    Send = Callable[[dict[str, Any]], Awaitable[None]]
    Application = Callable[[dict[str, Any], Receive, Send], Awaitable[None]]

PREFIX = "/_batch-constructs/"
_NOT_FOR_PAGES = b'{"message": "the embedded AWS does not answer web pages"}'


def install() -> None:
    """Let policies see requests as if they came over TLS."""
    from ministack import app

    theirs = app.pin_request_origin

    def pin_request_origin(source_ip: str, secure_transport: bool) -> None:  # noqa: FBT001 - theirs
        del secure_transport
        theirs(source_ip, secure_transport=True)

    app.pin_request_origin = pin_request_origin


def with_control(
    application: Application, control: Callable[[str, bytes], tuple[int, bytes]]
) -> Application:
    """Return the application with the paths below ``PREFIX`` answered by ``control``.

    Args:
        application: answers every other path.
        control: takes what follows the prefix and the body; returns HTTP status and JSON body.
    """

    async def answer(scope: dict[str, Any], receive: Receive, send: Send) -> None:
        if scope["type"] != "lifespan" and any(name == b"origin" for name, _ in scope["headers"]):
            await _respond(scope, send, 403, _NOT_FOR_PAGES)
            return
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
        await _respond(scope, send, status, answer_body)

    return answer


async def _respond(scope: dict[str, Any], send: Send, status: int, body: bytes) -> None:
    if scope["type"] == "websocket":
        await send({"type": "websocket.close"})
        return
    headers = [(b"content-type", b"application/json")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
