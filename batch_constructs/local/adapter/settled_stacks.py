"""Who asks how a stack is gets the answer when it has settled: the ``cdk`` CLI looks every 5 s.

It has the empty lists as well that CloudFormation returns, which other clients read.
"""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

if TYPE_CHECKING:
    from collections.abc import Mapping

_HELD_SECONDS = 20.0
_LOOK_AGAIN_SECONDS = 0.02


def install() -> None:
    """Hold ``DescribeStacks`` of one stack while it is in progress."""
    from ministack.services import cloudformation

    theirs = cloudformation.handle_request

    async def handle_request(
        method: str, path: str, headers: dict[str, str], body: bytes, query_params: Any
    ) -> Any:
        asked = parse_qs(body.decode("latin-1"))
        if asked.get("Action") != ["DescribeStacks"]:
            return await theirs(method, path, headers, body, query_params)
        if "StackName" in asked:
            until = time.monotonic() + _HELD_SECONDS
            name = asked["StackName"][0]
            while _in_progress(cloudformation, name) and time.monotonic() < until:  # noqa: ASYNC110 - it tells nobody
                await asyncio.sleep(_LOOK_AGAIN_SECONDS)
        status, told, answer = await theirs(method, path, headers, body, query_params)
        return status, told, answer.replace(b"</Tags>", b"</Tags><NotificationARNs/>")

    cloudformation.handle_request = handle_request


def _in_progress(cloudformation: Any, name: str) -> bool:
    stacks: list[Mapping[str, Any]] = list(cloudformation._stacks.values())  # noqa: SLF001 - a touch point
    return any(
        stack["StackStatus"].endswith("_IN_PROGRESS")
        and stack["StackStatus"] != "REVIEW_IN_PROGRESS"  # it waits for whoever asks
        for stack in stacks
        if name in {stack.get("StackName"), stack.get("StackId")}
    )
