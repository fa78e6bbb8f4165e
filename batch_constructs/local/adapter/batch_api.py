"""AWS Batch's REST API in ministack: its stub gives way to our service, with IAM in front."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from batch_constructs.local.batch import ServiceError, respond
from batch_constructs.local.batch_authorization import resources_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from batch_constructs.local.batch.arns import Arns
    from batch_constructs.local.batch.rest import Handle

    Answer = tuple[int, dict[str, str], bytes]


class _DeniedError(Exception):
    """A request that IAM refuses, with the answer in the protocol's words."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer)
        self.answer = answer


def install(handle: Handle, arns: Arns) -> None:
    """Put the service in the place of ministack's stub, and authorize its requests by resource."""
    from ministack.core import iam_actions
    from ministack.core.concurrency import run_reentrant
    from ministack.services import batch

    theirs = iam_actions.extract_iam_action

    def action_of(service_name: str, *request: Any) -> str | None:  # noqa: ANN401 - passed on
        # ministack knows no resources of AWS Batch and would ask for rights on "*";
        # None leaves it to check the signature, and the rights to `authorized` below.
        return None if service_name == "batch" else theirs(service_name, *request)

    async def handle_request(
        method: str,
        path: str,
        headers: dict[str, str],
        body: bytes,
        query_params: Mapping[str, Any],
    ) -> Answer:
        target = f"{path}?{urlencode(query_params, doseq=True)}" if query_params else path
        # A thread of its own: a request may wait for one that it causes.
        answer: Answer = await run_reentrant(_answer, handle, arns, method, target, headers, body)
        return answer

    iam_actions.extract_iam_action = action_of
    batch.handle_request = handle_request


def _answer(
    handle: Handle, arns: Arns, method: str, target: str, headers: dict[str, str], body: bytes
) -> Answer:
    from ministack.core.responses import get_account_id, get_region

    def authorized(operation: str, request: Mapping[str, Any]) -> dict[str, Any]:
        account_id, region = get_account_id(), get_region()
        if (account_id, region) != (arns.account_id, arns.region):
            raise ServiceError(
                "ClientException",
                400,
                f"this embedded AWS plays AWS Batch in {arns.region} of account "
                f"{arns.account_id}; the request is for {region} of account {account_id}",
            )
        for resource in resources_of(operation, request, arns, handle):
            _check(f"batch:{operation}", resource, headers)
        return handle(operation, request)

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
        raise _DeniedError(denied)
