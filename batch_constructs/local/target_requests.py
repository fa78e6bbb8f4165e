"""What EventBridge and its Scheduler make of a target and its input: a SubmitJob request.

See https://docs.aws.amazon.com/batch/latest/userguide/batch-cwe-target.html and
https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-targets-universal.html
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from batch_constructs.aws import operations
from batch_constructs.local.cloudformation.property_values import to_request
from batch_constructs.local.cloudformation.resource_type import ProvisioningError

if TYPE_CHECKING:
    from collections.abc import Mapping

_FROM_EVENT = ("ArrayProperties", "ContainerOverrides", "DependsOn", "Parameters", "RetryStrategy")
"""What a rule's input may say about the job; the rest stands in the target."""


class RefusedInvocationError(Exception):
    """Why a target was not invoked."""


def submit_request(target: Mapping[str, Any], payload: str) -> dict[str, Any]:
    """Return the request that a rule's target and its transformed input describe.

    Raises:
        RefusedInvocationError: the target or the input describes no request.
    """
    parameters = target.get("BatchParameters", {})
    given = ("JobDefinition", "JobName", "ArrayProperties", "RetryStrategy")
    properties = {"JobQueue": target["Arn"]}
    properties.update({name: parameters[name] for name in given if parameters.get(name)})
    told = _object(payload)
    properties.update({name: told[name] for name in _FROM_EVENT if name in told})
    return _request(properties)


def scheduler_request(payload: str, context: Mapping[str, str]) -> dict[str, Any]:
    """Return the request of a schedule's universal target: its input, with the context filled in.

    Raises:
        RefusedInvocationError: the input describes no request.
    """
    return _request(filled_in(payload, context))


def filled_in(payload: str, context: Mapping[str, str]) -> dict[str, Any]:
    """Return a schedule's input with what Scheduler fills in.

    Raises:
        RefusedInvocationError: the input is no JSON.
    """
    for name, value in context.items():
        payload = payload.replace(f"<{name}>", value)
    return _object(payload)


def call_operation(client: Any, operation: str, parameters: Mapping[str, Any]) -> None:
    """Call an operation with parameters that are spelled with or without capitals.

    Raises:
        RefusedInvocationError: the service has no such operation.
    """
    from botocore import xform_name

    if operation not in client.meta.service_model.operation_names:
        raise RefusedInvocationError(f"there is no operation {operation}")
    shape = client.meta.service_model.operation_model(operation).input_shape
    getattr(client, xform_name(operation))(**_as_members(shape, parameters))


def _as_members(shape: Any, value: Any) -> Any:
    """Spell the members of a request as the service's model does."""
    if getattr(shape, "type_name", "") == "structure" and isinstance(value, dict):
        members = {name.lower(): (name, member) for name, member in shape.members.items()}
        found = {name: members.get(name.lower(), (name, None)) for name in value}
        return {found[name][0]: _as_members(found[name][1], one) for name, one in value.items()}
    if getattr(shape, "type_name", "") == "list" and isinstance(value, list):
        return [_as_members(shape.member, one) for one in value]
    return value


def _object(payload: str) -> dict[str, Any]:
    try:
        value = json.loads(payload)
    except ValueError as problem:
        raise RefusedInvocationError(
            f"the input is not JSON: {problem}; got {payload}"
        ) from problem
    return value if isinstance(value, dict) else {}


def _request(properties: Mapping[str, Any]) -> dict[str, Any]:
    try:
        return to_request(operations.SUBMIT_JOB, properties)
    except ProvisioningError as problem:
        raise RefusedInvocationError(str(problem)) from problem
