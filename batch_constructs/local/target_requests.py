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
    for name, value in context.items():
        payload = payload.replace(f"<{name}>", value)
    return _request(_object(payload))


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
