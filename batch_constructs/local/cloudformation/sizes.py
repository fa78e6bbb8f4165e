"""What AWS refuses for its size, where ministack takes it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from batch_constructs.aws import quotas
from batch_constructs.local.cloudformation.resource_type import ProvisioningError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from batch_constructs.local.cloudformation.resource_type import Properties


def check_sizes(handlers: Mapping[str, dict[str, Any]]) -> None:
    """Let the handlers of these types look at sizes before they make or change anything."""
    for kind, refuse in _CHECKS.items():
        for operation, place in (("create", 1), ("update", 2)):
            if operation in handlers[kind]:
                theirs = handlers[kind][operation]
                handlers[kind][operation] = _checked(theirs, refuse, place)


def _checked(
    theirs: Callable[..., Any], refuse: Callable[[Properties], None], place: int
) -> Callable[..., Any]:
    def checked(*arguments: Any) -> Any:
        refuse(arguments[place])
        return theirs(*arguments)

    return checked


def _role(properties: Properties) -> None:
    length = sum(_characters(one["PolicyDocument"]) for one in properties.get("Policies", ()))
    _refuse("inline policies of the role", length, quotas.ROLE_POLICY_CHARACTERS)


def _managed_policy(properties: Properties) -> None:
    length = _characters(properties["PolicyDocument"])
    _refuse("policy", length, quotas.MANAGED_POLICY_CHARACTERS)


def _function(properties: Properties) -> None:
    variables = properties.get("Environment", {}).get("Variables", {})
    length = sum(len(f"{name}{value}".encode()) for name, value in variables.items())
    _refuse("environment variables", length, quotas.FUNCTION_ENVIRONMENT_BYTES)


def _characters(document: object) -> int:
    written = json.loads(document) if isinstance(document, str) else document
    return len(json.dumps(written, separators=(",", ":"), ensure_ascii=False))


def _refuse(what: str, length: int, most: int) -> None:
    if length > most:
        raise ProvisioningError(f"Maximum size of {most} bytes exceeded: {what}, {length} bytes")


_CHECKS: Final[Mapping[str, Callable[[Properties], None]]] = {
    "AWS::IAM::Role": _role,
    "AWS::IAM::ManagedPolicy": _managed_policy,
    "AWS::Lambda::Function": _function,
}
"""Type → what looks at its size."""
