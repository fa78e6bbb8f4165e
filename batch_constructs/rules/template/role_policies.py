"""What an IAM role of the template allows, and to whom, as far as the template says."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Final

from batch_constructs.aws.managed_policies import managed_policies
from batch_constructs.rules.template.values import (
    UNKNOWN,
    Reference,
    Text,
    entries,
    listing,
    mapping,
    one_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from batch_constructs.rules.template.resources import Resource, Template

ROLE: Final = "AWS::IAM::Role"
TRUST: Final = "allow the service to assume the role: sts:AssumeRole for its principal"
_ATTACHED: Final = ("AWS::IAM::Policy", "AWS::IAM::ManagedPolicy", "AWS::IAM::RolePolicy")


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement of a policy.

    Attributes:
        allows: whether its effect is Allow.
        actions: the action patterns.
        resources: the resources, as they are in the template.
        conditional: whether it has a condition.
        managed: the managed policy of AWS's that it stands in; else empty.
    """

    allows: bool
    actions: tuple[str, ...]
    resources: tuple[object, ...]
    conditional: bool
    managed: str = ""

    def covers(self, action: str) -> bool:
        """Tell whether an action is one of those the statement is about."""
        wanted = action.lower()
        return any(fnmatchcase(wanted, pattern.lower()) for pattern in self.actions)

    @property
    def opens_everything(self) -> bool:
        """Tell whether it allows something on every resource, whatever the circumstances."""
        return self.allows and "*" in self.resources and not self.conditional


@dataclass(frozen=True, slots=True)
class Permissions:
    """What a role allows.

    Attributes:
        statements: the statements that are known.
        complete: whether there are no others.
        managed: the names of its AWS managed policies.
    """

    statements: tuple[Statement, ...]
    complete: bool
    managed: tuple[str, ...]

    def may(self, action: str) -> bool:
        """Tell whether the role allows an action on anything, or may allow it."""
        return not self.complete or self.surely(action)

    def surely(self, action: str) -> bool:
        """Tell whether the role allows an action on anything, for all that is known."""
        return any(one.allows and one.covers(action) for one in self.statements)

    @property
    def are_none(self) -> bool:
        """Tell whether the role allows nothing at all."""
        return self.complete and not self.statements

    def resources_for(self, action: str) -> list[object]:
        """Give the resources on which the role allows an action."""
        return [
            resource
            for one in self.statements
            if one.allows and one.covers(action)
            for resource in one.resources
        ]


def _several(value: object) -> list[object]:
    return value if isinstance(value, list) else [value]


def statements(document: object, managed: str = "") -> Iterator[Statement | None]:
    """Give the statements of a policy document, None for one that is not known."""
    if not isinstance(document, dict):
        yield None
        return
    for one in _several(document.get("Statement", [])):
        if not isinstance(one, dict) or "NotAction" in one or "NotResource" in one:
            yield None
            continue
        actions = _several(one.get("Action", []))
        if any(not isinstance(action, str) for action in actions):
            yield None
            continue
        yield Statement(
            allows=one.get("Effect") == "Allow",
            actions=tuple(str(action) for action in actions),
            resources=tuple(_several(one.get("Resource", []))),
            conditional="Condition" in one,
            managed=managed,
        )


def permissions(role: Resource) -> Permissions:
    """Collect what a role of the template allows."""
    memory = role.template.memory
    known = memory.get(f"permissions of {role.id}")
    if isinstance(known, Permissions):
        return known
    found: list[Statement | None] = []
    managed: list[str] = []
    if "Policies" in role.properties and listing(role.properties, "Policies") is None:
        found.append(None)
    for policy in listing(role.properties, "Policies") or ():
        found += statements(policy.get("PolicyDocument") if isinstance(policy, dict) else UNKNOWN)
    arns = role.properties.get("ManagedPolicyArns", [])
    for arn in arns if isinstance(arns, list) else [UNKNOWN]:
        name = policy_name(arn)
        own = role.template.target(arn, "AWS::IAM::ManagedPolicy")
        if own is not None:
            found += statements(own.properties.get("PolicyDocument"))
        else:
            managed += [name] if name else []
            known_policy = managed_policies().get(name)
            found += statements(known_policy.document if known_policy else UNKNOWN, name)
    for policy in _policies_for(role.template, role):
        found += statements(policy.properties.get("PolicyDocument"))
    result = Permissions(
        tuple(one for one in found if one is not None),
        None not in found,
        tuple(managed),
    )
    memory[f"permissions of {role.id}"] = result
    return result


def _policies_for(template: Template, role: Resource) -> Iterator[Resource]:
    for type_ in _ATTACHED:
        for policy in template.all(type_):
            roles = policy.properties.get("Roles", [policy.properties.get("RoleName")])
            name = role.properties.get("RoleName")
            for one in roles if isinstance(roles, list) else [UNKNOWN]:
                if one is UNKNOWN or template.target(one) is role or (name and one == name):
                    yield policy


def policy_name(arn: object) -> str:
    """Give the name of an AWS managed policy, empty if it is none."""
    literal = arn.pattern if isinstance(arn, Text) else arn
    if isinstance(literal, str) and ":iam::aws:policy/" in literal.replace("\0", ""):
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
    for one in _several(document.get("Statement", [])):
        if not isinstance(one, dict):
            return True
        principal = one.get("Principal", UNKNOWN)
        if principal == "*" or not isinstance(principal, dict):
            return True
        for name in _several(principal.get("Service", [])):
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
        name.pattern.replace("\0", "amazonaws.com") if isinstance(name, Text) else str(name)
        for _, one in entries(document, "Statement")
        for name in _several(mapping(one, "Principal").get("Service", []))
    ]


def untrusted(role: Resource | None, service: str) -> str | None:
    """Say that a role of the template cannot be assumed by a service, if that is so."""
    if role is None or trusts(role, service):
        return None
    trusted = one_of(principals(role) or ["nobody"])
    return f"{service} may not assume {role.id}, which trusts {trusted}"


def role_of(resource: Resource, value: object) -> Resource | None:
    """Find the role that a value refers to."""
    return resource.neighbour(value, ROLE)


def literal(value: object) -> str | None:
    """Give a string with a NUL for each unknown part, None if it is none."""
    if isinstance(value, str):
        return value
    return value.pattern if isinstance(value, Text) else None


def refers_to(value: object, template: Template, type: str, noun: str) -> bool | None:
    """Tell whether a resource of a statement is of a type; None if that is not known."""
    if value == "*":
        return True
    if isinstance(value, Reference):
        target = template.get(value.target)
        return None if target is None else target.type == type
    written = literal(value)
    if written is None:
        return None
    found = (
        [template.get(one.target) for one in value.references] if isinstance(value, Text) else []
    )
    if f":{noun}/" in written or any(one is not None and one.type == type for one in found):
        return True
    return None if written.startswith("\0") or _may_be(written, noun) else False


def _may_be(written: str, noun: str) -> bool:
    """Tell whether an ARN with wildcards may be one of a kind of AWS Batch's resources."""
    pattern = written.replace("\0", "*")
    parts = pattern.split(":") + (["*"] * 5 if pattern.endswith("*") else [""] * 5)
    return fnmatchcase("batch", parts[2]) and fnmatchcase(noun, parts[5].partition("/")[0])
