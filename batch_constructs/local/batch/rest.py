"""AWS Batch's REST protocol: an HTTP request in, an HTTP response out."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

from batch_constructs.local.batch import api_model
from batch_constructs.local.batch.service_errors import ServiceError, client_error

Handle = Callable[[str, Mapping[str, Any]], dict[str, Any]]
"""`BatchService.handle`, or whatever stands between it and the network."""


@dataclass(frozen=True, kw_only=True)
class Response:
    """An HTTP response.

    Args:
        status: the HTTP status.
        headers: what the AWS SDKs look at.
        body: JSON.
    """

    status: int
    headers: dict[str, str]
    body: bytes


def respond(handle: Handle, method: str, target: str, body: bytes) -> Response:
    """Answer one HTTP request.

    Args:
        handle: answers an operation by its name, or raises `ServiceError`.
        method: the HTTP method.
        target: path and query as they stand in the request line.
        body: the body; empty bytes where there is none.
    """
    url = urlsplit(target)
    try:
        name, request = api_model.match(method, url.path, parse_qs(url.query), _document(body))
        return _json(200, handle(name, request))
    except ServiceError as error:
        headers = {"x-amzn-ErrorType": error.code}
        return _json(error.http_status, {"message": error.message}, headers)


def _document(body: bytes) -> dict[str, Any]:
    if not body:
        return {}
    try:
        document = json.loads(body)
    except ValueError as error:
        raise client_error(f"the body is not JSON: {error}") from None
    if not isinstance(document, dict):
        raise client_error("the body is not a JSON object")
    return document


def _json(status: int, body: dict[str, Any], headers: dict[str, str] | None = None) -> Response:
    return Response(
        status=status,
        headers={"Content-Type": "application/json", **(headers if headers is not None else {})},
        body=json.dumps(body).encode(),
    )
