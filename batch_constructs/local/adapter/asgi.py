"""What stands before ministack: the lock, and paths of our own.

``cdk bootstrap`` and every careful bucket deny requests without TLS (``aws:SecureTransport``); here
the loopback interface stands for TLS.
"""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

from batch_constructs.local.access import CONTROL_PATH
from batch_constructs.local.adapter import signatures
from batch_constructs.local.container_endpoints import PATH as CONTAINER_PATH
from batch_constructs.local.lock import as_mapping, refusal

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    Message = dict[str, Any]
    Receive = Callable[[], Awaitable[Message]]
    Send = Callable[[Message], Awaitable[None]]
    Application = Callable[[dict[str, Any], Receive, Send], Awaitable[None]]
    Control = Callable[[str, bytes], tuple[int, bytes]]

_LARGE = 1 << 20
_FOR_ADMINISTRATOR = (CONTROL_PATH, "/_ministack/", "/_localstack/")


def install() -> None:
    """Let policies see requests as if they came over TLS."""
    from ministack import app

    theirs = app.pin_request_origin

    def pin_request_origin(source_ip: str, secure_transport: bool) -> None:  # noqa: FBT001 - theirs
        del secure_transport
        theirs(source_ip, secure_transport=True)

    app.pin_request_origin = pin_request_origin


class Locked:
    """An ASGI application behind the lock, with ``control`` below ``CONTROL_PATH``.

    Args:
        application: answers every other path.
        control: takes what follows the prefix and the body; returns HTTP status and JSON body.
        administrator: the ID of the key that may use it.
        containers: answers what containers ask for, by path and ``Authorization``.
    """

    def __init__(
        self,
        application: Application,
        *,
        control: Control,
        administrator: str,
        containers: Callable[[str, str], tuple[int, bytes]],
    ) -> None:
        self._application = application
        self._control = control
        self._administrator = administrator
        self._containers = containers

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        """Answer a request, or refuse it."""
        if scope["type"] == "lifespan":
            await self._application(scope, receive, send)
        elif scope["type"] != "http":
            await send({"type": "websocket.close"})
        else:
            await self._answer(scope, receive, send)

    async def _answer(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        headers, path = as_mapping(scope["headers"]), scope["path"]
        problem = refusal(headers)
        if problem is not None:
            await _respond(send, 403, _message(problem))
            return
        if scope["method"] == "GET" and path.startswith(CONTAINER_PATH):
            asked = scope["raw_path"].decode("latin-1"), headers.get("authorization", "")
            await _respond(send, *await asyncio.to_thread(self._containers, *asked))
            return
        body = await _body(receive)
        if body is None:
            return
        if signatures.needed(scope["method"], path):
            failed = await _checked(scope, headers, body)
            if failed is None and path.startswith(_FOR_ADMINISTRATOR):
                failed = signatures.not_by(self._administrator, headers)
            if failed is not None:
                await _respond(send, failed[0], failed[2], failed[1])
                return
        if path.startswith(CONTROL_PATH):
            action = path.removeprefix(CONTROL_PATH)
            await _respond(send, *await asyncio.to_thread(self._control, action, body))
        else:
            await self._application(scope, _again(body, receive), send)


async def _checked(
    scope: dict[str, Any], headers: dict[str, str], body: bytes
) -> signatures.Answer | None:
    if len(body) < _LARGE:
        return signatures.failure(scope, headers, body)
    return await asyncio.to_thread(signatures.failure, scope, headers, body)


async def _body(receive: Receive) -> bytes | None:
    """Read a request's body; None where the client has gone."""
    parts: list[bytes] = []
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        parts.append(message.get("body", b""))
        if not message.get("more_body", False):
            return b"".join(parts)


def _again(body: bytes, receive: Receive) -> Receive:
    """Return what gives the body that was read already, and then what comes after it."""
    waiting = [body]

    async def received() -> Message:
        if waiting:
            return {"type": "http.request", "body": waiting.pop(), "more_body": False}
        return await receive()

    return received


def _message(text: str) -> bytes:
    return json.dumps({"message": text}).encode()


async def _respond(
    send: Send, status: int, body: bytes, headers: dict[str, str] | None = None
) -> None:
    told = {"Content-Type": "application/json"} if headers is None else headers
    raw = [(name.lower().encode(), value.encode()) for name, value in told.items()]
    await send({"type": "http.response.start", "status": status, "headers": raw})
    await send({"type": "http.response.body", "body": body})
