"""AWS Batch's REST API in ministack: its stub gives way to our service, with IAM in front."""

from __future__ import annotations

import asyncio
import contextvars
import json
import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from batch_constructs.aws.authorization import SUBMIT, SUBMIT_JOB_RIGHTS
from batch_constructs.aws.error_names import CLIENT_EXCEPTION
from batch_constructs.local.batch import ServiceError, respond
from batch_constructs.local.batch_authorization import rights_for

if TYPE_CHECKING:
    from collections.abc import Mapping

    from batch_constructs.local.batch.arns import Arns
    from batch_constructs.local.batch.rest import Handle

    Answer = tuple[int, dict[str, str], bytes]


_AT_ONCE = 64


@dataclass(frozen=True, kw_only=True)
class _Api:
    """What answers requests, and the account and the Region that it answers for."""

    handle: Handle
    arns: Arns


class _DeniedError(Exception):
    """A request that IAM refuses, with the answer in the protocol's words."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer)
        self.answer = answer


def install(handle: Handle, arns: Arns) -> None:
    """Put the service in the place of ministack's stub."""
    from ministack.services import batch

    api = _Api(handle=handle, arns=arns)
    # Kept threads: a new one for each request takes a fifth of it. A request may wait for one of
    # another service that it causes, never for one of AWS Batch.
    threads = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="batch-request")

    async def handle_request(
        method: str,
        path: str,
        headers: dict[str, str],
        body: bytes,
        query_params: Mapping[str, Any],
    ) -> Answer:
        target = f"{path}?{urlencode(query_params, doseq=True)}" if query_params else path
        context = contextvars.copy_context()
        return await asyncio.get_running_loop().run_in_executor(
            threads, context.run, _answer, api, method, target, headers, body
        )

    batch.handle_request = handle_request


def _answer(api: _Api, method: str, target: str, headers: dict[str, str], body: bytes) -> Answer:
    from ministack.core.responses import get_account_id, get_region

    def authorized(operation: str, request: Mapping[str, Any]) -> dict[str, Any]:
        account_id, region = get_account_id(), get_region()
        if (account_id, region) != (api.arns.account_id, api.arns.region):
            raise ServiceError(
                CLIENT_EXCEPTION,
                400,
                f"this embedded AWS emulates account {api.arns.account_id} in {api.arns.region}; "
                f"the request is for account {account_id} in {region}",
            )
        for action, resource in rights_for(operation, request, api.arns, api.handle):
            _check(f"batch:{action}", resource, headers)
        return api.handle(operation, request)

    try:
        response = respond(authorized, method, target, body)
    except _DeniedError as denied:
        return denied.answer
    return response.status, response.headers, response.body


def _check(action: str, resource: str, headers: dict[str, str]) -> None:
    """Refuse the request unless its caller's policies allow the action on the resource."""
    from ministack import app

    denied: Answer | None = app._enforce_data_plane(  # noqa: SLF001 - a touch point
        "batch",
        action,
        headers,
        {},
        str(uuid.uuid4()),
        resource_arn=resource,
        named_resource=resource,
    )
    if denied is not None:
        raise _DeniedError(_explained(denied) if action == SUBMIT else denied)


def _explained(denied: Answer) -> Answer:
    """Say why a submission may be denied here that AWS lets pass."""
    status, headers, body = denied
    answer = json.loads(body)
    key = "message" if "message" in answer else "Message"
    answer[key] = f"{answer.get(key, '')}; {SUBMIT_JOB_RIGHTS}"
    return status, headers, json.dumps(answer).encode()
