"""Which right a task of a state machine takes.

See https://docs.aws.amazon.com/step-functions/latest/dg/service-integration-iam-templates.html
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from batch_constructs.aws.actions import LAMBDA_INVOKE_FUNCTION
from batch_constructs.aws.names import STATES_INTEGRATION, arn, as_member, as_property, is_arn

if TYPE_CHECKING:
    from collections.abc import Mapping

_INTEGRATION = f"arn:aws:{STATES_INTEGRATION}"
_FUNCTION = ":function:"
_OF_OBJECTS = {
    "CopyObject": "PutObject",
    "HeadObject": "GetObject",
    "ListObjects": "ListBucket",
    "ListObjectsV2": "ListBucket",
    "ListBuckets": "ListAllMyBuckets",
}
"""Operation of S3 → the right it takes, where that has another name."""


def right_of(resource: str, parameters: Any) -> tuple[str, str] | None:
    """Return the action that a task's ``Resource`` takes, and what it is checked on.

    None where nothing is asked of another service, or AWS Batch is, which checks by itself.
    """
    given = parameters if isinstance(parameters, dict) else {}
    if _FUNCTION in resource:
        return LAMBDA_INVOKE_FUNCTION, resource
    if not resource.startswith(_INTEGRATION):
        return None
    words = resource.removeprefix(_INTEGRATION).split(".")[0].split(":")
    service, name = words[-2:] if len(words) > 1 else (words[0], "")
    if service == "batch" or not name:
        return None
    if (service, name) == ("lambda", "invoke"):
        return LAMBDA_INVOKE_FUNCTION, _function(str(given.get("FunctionName", "")))
    return _of_operation(service, as_property(name), given)


def _function(reference: str) -> str:
    from ministack.core.responses import get_account_id, get_region

    if is_arn(reference):
        return reference
    here = {"service": "lambda", "region": get_region(), "account": get_account_id()}
    return arn("function", reference.rpartition(_FUNCTION)[2], separator=":", **here)


def _of_operation(
    sdk_service: str, operation: str, given: Mapping[str, Any]
) -> tuple[str, str] | None:
    from ministack.core import iam_actions
    from ministack.core.responses import get_account_id, get_region
    from ministack.services import stepfunctions

    known = stepfunctions._AWS_SDK_SERVICE_MAP.get(sdk_service, {})  # noqa: SLF001 - a touch point
    service = known.get("service_key", sdk_service)
    prefix = iam_actions.SERVICE_TO_IAM_NAMESPACE.get(service)
    if prefix is None:
        return None
    action = _OF_OBJECTS.get(operation, operation) if service == "s3" else operation
    members = {as_member(name): value for name, value in given.items()} | dict(given)
    if service == "ecs":
        members.pop("cluster", None)  # a task is run of its definition, in whatever cluster
    path = "/".join(["", *(str(given[name]) for name in ("Bucket", "Key") if name in given)])
    resource = iam_actions.extract_resource_arn(
        service,
        "POST",
        path,
        {"x-amz-target": f"{service}.{operation}"},
        json.dumps(members).encode(),
        {name: str(value) for name, value in members.items()},
        get_region(),
        get_account_id(),
    )
    return f"{prefix}:{action}", resource
