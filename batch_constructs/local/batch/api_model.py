"""The operations of the AWS Batch API, as botocore's model of the service lists them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from botocore.loaders import Loader
from botocore.model import ServiceModel

from batch_constructs.local.batch.service_errors import client_error

if TYPE_CHECKING:
    from collections.abc import Mapping

SERVICE_MODEL = ServiceModel(Loader().load_service_model("batch", "service-2"), "batch")


@dataclass(frozen=True, kw_only=True)
class Operation:
    """How an operation travels over HTTP.

    Args:
        name: its API name, such as ``SubmitJob``.
        method: the HTTP method.
        path: the path, with ``{resourceArn}`` where a part of the request stands in it.
    """

    name: str
    method: str
    path: str


OPERATIONS: dict[str, Operation] = {
    name: Operation(name=name, method=http["method"], path=http["requestUri"])
    for name in SERVICE_MODEL.operation_names
    for http in [SERVICE_MODEL.operation_model(name).http]
}
"""API name → how it travels."""

_BY_PATH = {(o.method, o.path): o.name for o in OPERATIONS.values() if "{" not in o.path}
_TAGS = re.compile(r"^/v1/tags/(?P<resource_arn>.+)$")
_TAG_OPERATIONS = {
    o.method: o.name for o in OPERATIONS.values() if o.path == "/v1/tags/{resourceArn}"
}


def match(
    method: str, path: str, query: Mapping[str, list[str]], body: Mapping[str, Any]
) -> tuple[str, dict[str, Any]]:
    """Find the operation that an HTTP request asks for, and its parameters.

    Args:
        method: the HTTP method.
        path: the raw path, still percent-encoded.
        query: the query string, parsed.
        body: the JSON body, parsed; empty where there is none.

    Raises:
        ServiceError: no operation travels this way.
    """
    tags = _TAGS.match(path)
    if tags is not None and method in _TAG_OPERATIONS:
        request: dict[str, Any] = {**body, "resourceArn": unquote(tags["resource_arn"])}
        if "tagKeys" in query:
            request["tagKeys"] = query["tagKeys"]
        return _TAG_OPERATIONS[method], request
    if (method, path) not in _BY_PATH:
        raise client_error(f"{method} {path} is not an operation of AWS Batch")
    return _BY_PATH[method, path], dict(body)
