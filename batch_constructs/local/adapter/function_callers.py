"""Who calls functions: topics, by the function's policy; queues, by the rights of its role.

What a function could not do goes where its role may send it.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from batch_constructs.aws.actions import (
    LAMBDA_INVOKE_FUNCTION,
    SNS_PUBLISH,
    SQS_DELETE_MESSAGE,
    SQS_GET_QUEUE_ATTRIBUTES,
    SQS_RECEIVE_MESSAGE,
    SQS_SEND_MESSAGE,
)
from batch_constructs.aws.error_names import INVALID_PARAMETER
from batch_constructs.aws.names import service_in
from batch_constructs.aws.service_principals import LAMBDA, SNS
from batch_constructs.local.adapter.service_rights import refused_role, refused_service

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

_LOG = logging.getLogger("batch_constructs.functions")
_NO_PERMISSIONS = "The provided execution role does not have permissions"
_TO_SEND = {"sns": SNS_PUBLISH, "sqs": SQS_SEND_MESSAGE}
_TO_READ = (SQS_RECEIVE_MESSAGE, SQS_DELETE_MESSAGE, SQS_GET_QUEUE_ATTRIBUTES)


def install() -> None:
    """Ask for what Lambda asks for before it calls a function."""
    from ministack.services import lambda_svc, sns

    sns._deliver_to_lambda = _permitted(sns._deliver_to_lambda)  # noqa: SLF001 - a touch point
    lambda_svc._iter_all_esms = _readable(lambda_svc._iter_all_esms)  # noqa: SLF001 - as above
    route = lambda_svc._route_async_failure  # noqa: SLF001 - a touch point
    lambda_svc._route_async_failure = _sendable(route)  # noqa: SLF001 - a touch point
    create = lambda_svc._create_esm  # noqa: SLF001 - a touch point

    def create_esm(data: dict[str, Any]) -> Any:
        from ministack.core.responses import error_response_json

        refused = _refused_reading(data)
        if refused is None:
            return create(data)
        called = refused[0].partition(":")[2]
        said = f"{_NO_PERMISSIONS} to call {called} on SQS"
        return error_response_json(INVALID_PARAMETER, said, 400)

    lambda_svc._create_esm = create_esm  # noqa: SLF001 - a touch point


def _permitted(deliver: Callable[..., Any]) -> Callable[..., Any]:
    def deliver_to_lambda(endpoint: str, envelope: str, topic_arn: str, *more: Any) -> Any:
        refusal = refused_service(SNS, topic_arn, (LAMBDA_INVOKE_FUNCTION, endpoint))
        if refusal is None:
            return deliver(endpoint, envelope, topic_arn, *more)
        _LOG.warning("%s could not call %s: %s", topic_arn, endpoint, refusal)
        return None

    return deliver_to_lambda


def _sendable(route: Callable[..., Any]) -> Callable[..., Any]:
    def route_async_failure(target_arn: str, function: str, *more: Any) -> Any:
        from ministack.services import lambda_svc

        role = lambda_svc._functions[function]["config"]["Role"]  # noqa: SLF001 - a touch point
        action = _TO_SEND.get(service_in(target_arn))
        refusal = None if action is None else refused_role(role, LAMBDA, (action, target_arn))
        if refusal is None:
            return route(target_arn, function, *more)
        _LOG.warning("%s has lost an event: %s", function, refusal)
        return None

    return route_async_failure


def _readable(mappings: Callable[[], Iterator[Any]]) -> Callable[[], Iterator[Any]]:
    """Leave out the mappings whose function's role may not read the queue, and say so once."""
    said: set[str] = set()

    def iter_all_esms() -> Iterator[Any]:
        for account, region, mapping in mappings():
            refused = _refused_reading(mapping)
            if refused is None:
                yield account, region, mapping
            elif mapping["UUID"] not in said:
                said.add(mapping["UUID"])
                _LOG.warning("Lambda does not read %s: %s", mapping["EventSourceArn"], refused[1])

    return iter_all_esms


def _refused_reading(mapping: Mapping[str, Any]) -> tuple[str, str] | None:
    """Return what the function's role may not do with the queue it is called for, and why."""
    from ministack.services import lambda_svc

    source = str(mapping.get("EventSourceArn", ""))
    if service_in(source) != "sqs":
        return None
    _, _, _, region, account, _ = source.split(":", 5)
    name = str(mapping["FunctionName"]).rpartition(":function:")[2].partition(":")[0]
    function = lambda_svc._functions.get_scoped(account, region, name)  # noqa: SLF001 - as above
    if function is None:
        return None
    role = function["config"]["Role"]
    refusals = ((action, refused_role(role, LAMBDA, (action, source))) for action in _TO_READ)
    return next(((action, why) for action, why in refusals if why is not None), None)
