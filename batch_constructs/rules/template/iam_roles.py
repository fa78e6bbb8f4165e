"""The IAM roles of a template: which one a value means, and who may assume it."""

from __future__ import annotations

from batch_constructs.aws.bound import one_of
from batch_constructs.aws.names import AWS_POLICY, OF_A_ROLE
from batch_constructs.aws.service_principals import DOMAIN, EVERYONE
from batch_constructs.aws.typing_names import TYPE_CHECKING, Any, Final
from batch_constructs.rules.template.values import (
    UNKNOWN,
    Text,
    entries,
    mapping,
    text,
)

if TYPE_CHECKING:
    from batch_constructs.rules.template.resource_graph import Resource

ROLE: Final = "AWS::IAM::Role"
TRUST: Final = "allow the service to assume the role: sts:AssumeRole for its principal"


def several(value: Any) -> list[Any]:
    """Give what may stand alone or in a list as a list."""
    return value if isinstance(value, list) else [value]


def policy_name(arn: object) -> str:
    """Give the name of an AWS managed policy, empty if it is none."""
    literal = arn.pattern if isinstance(arn, Text) else arn
    if isinstance(literal, str) and AWS_POLICY in literal.replace("\0", ""):
        return literal.rpartition("/")[2]
    return ""


def trusts(role: Resource, service: str) -> bool:
    """Tell whether a service may assume a role, or whether that is not known.

    Args:
        role: the role.
        service: the principal, of which the part before the first full stop counts.
    """
    document = role.properties.get("AssumeRolePolicyDocument")
    if not isinstance(document, dict):
        return True
    written = several(document.get("Statement", []))
    role.template.count(len(written))
    for one in written:
        if not isinstance(one, dict):
            return True
        if one.get("Effect") == "Deny":
            continue
        principal = one.get("Principal", UNKNOWN)
        if not isinstance(principal, dict) or EVERYONE in several(principal.get("AWS")):
            return True
        services = several(principal.get("Service", []))
        role.template.count(len(services))
        for name in services:
            literal = name.pattern if isinstance(name, Text) else name
            if not isinstance(literal, str) or literal.startswith("\0"):
                return True
            if literal.partition(".")[0] == service.partition(".")[0]:
                return True
    return False


def principals(role: Resource) -> list[str]:
    """Give the services that may assume a role."""
    document = mapping(role.properties, "AssumeRolePolicyDocument")
    return [
        name.pattern.replace("\0", DOMAIN) if isinstance(name, Text) else str(name)
        for _, one in entries(document, "Statement")
        for name in several(mapping(one, "Principal").get("Service", []))
    ]


def untrusted(role: Resource | None, service: str) -> str | None:
    """Say that a role of the template cannot be assumed by a service, if that is so."""
    if role is None or trusts(role, service):
        return None
    trusted = one_of(principals(role) or ["nobody"])
    return f"{service} cannot assume {role.id}, which trusts {trusted}"


def role_of(resource: Resource, value: object) -> Resource | None:
    """Find the role that a value refers to, or names as the template does."""
    found = resource.neighbour(value, ROLE)
    written = literal(value) if found is None else None
    if not written or not resource.template.ids.get(ROLE):
        return found
    _, is_arn, path = written.partition(OF_A_ROLE)
    name = (path if is_arn else written).rpartition("/")[2]
    if "\0" in name:
        return None
    named = (one for one in resource.template.all(ROLE) if text(one.properties, "RoleName") == name)
    return next(named, None)


def literal(value: object) -> str | None:
    """Give a string with a NUL for each unknown part, None if it is none."""
    if isinstance(value, str):
        return value
    return value.pattern if isinstance(value, Text) else None
