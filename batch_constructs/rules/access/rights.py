"""What a role may do: its policies, its permissions boundary, and what they say of a request."""

from __future__ import annotations

from batch_constructs.aws.managed_policies import managed_policies
from batch_constructs.aws.record import Record
from batch_constructs.aws.typing_names import TYPE_CHECKING, Final
from batch_constructs.rules.access.answer import Answer, all_of, any_of, negated
from batch_constructs.rules.access.creation_order import waits_for
from batch_constructs.rules.access.policy_condition import NOTHING_KNOWN
from batch_constructs.rules.access.policy_document import Statement, decided, statements
from batch_constructs.rules.template.iam_roles import ROLE, policy_name, role_of
from batch_constructs.rules.template.left_out import LeftOut
from batch_constructs.rules.template.values import UNKNOWN, is_known, listing

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from batch_constructs.rules.template.resource_graph import Resource, Template

_MANAGED: Final = "AWS::IAM::ManagedPolicy"
_COMPARED: Final = "patterns compared"
_MOST_COMPARED: Final = 60_000
"""How often patterns of policies are compared with a resource; beyond, rights are not known."""

_ATTACHED: Final = ("AWS::IAM::Policy", _MANAGED, "AWS::IAM::RolePolicy")
"""Policies that are resources of their own, and name their roles."""


class Rights(Record):
    """What a role, or a function of AWS SAM's, may do.

    Attributes:
        template: the template it stands in.
        statements: the statements of its policies that are known.
        complete: whether there are no others.
        boundary: the statements of its permissions boundary, None without one.
        boundary_complete: whether all of the boundary is known.
        managed: the names of its AWS managed policies.
    """

    template: Template
    statements: tuple[Statement, ...]
    complete: bool
    boundary: tuple[Statement, ...] | None = None
    boundary_complete: bool = True
    managed: tuple[str, ...] = ()

    def allow(
        self, action: str, resource: str = "*", context: Mapping[str, str | None] = NOTHING_KNOWN
    ) -> bool | None:
        """Tell whether an action on a resource is allowed; None where that is not known."""
        about = self._about(action)
        if self._are_too_many(action):
            self.template.leave_out(LeftOut.RIGHTS)
            return None
        allowed, denied = decided(about, action, resource, context, self.template)
        if not self.complete:
            allowed, denied = allowed or None, denied or None
        bounded: bool | None = True
        if self.boundary is not None:
            bounded, forbidden = decided(self.boundary, action, resource, context, self.template)
            if not self.boundary_complete:
                bounded, forbidden = bounded or None, forbidden or None
            denied = any_of((denied, forbidden))
        return all_of((allowed, bounded, negated(denied)))

    def _about(self, action: str) -> tuple[Statement, ...]:
        """Give the statements that may be about an action, found once for all that ask."""
        return self._found_about(action)[0]

    def _found_about(self, action: str) -> tuple[tuple[Statement, ...], int]:
        """Give these statements, and how much it takes to compare their resources."""
        key = f"statements {id(self)} has about {action}"
        known = self.template.memory.get(key)
        if not isinstance(known, tuple):
            self.template.count(len(self.statements))
            about = tuple(one for one in self.statements if one.covers(action) is not False)
            work = sum(one.work for one in about)
            known = self.template.memory[key] = (self, about, work)  # it lives as long as its ID
        _, about, work = known
        return about, work

    def _are_too_many(self, action: str) -> bool:
        """Tell whether the patterns of a template have been compared very often already."""
        memory = self.template.memory
        before = memory.get(_COMPARED, 0)
        compared = before if isinstance(before, int) else 0
        memory[_COMPARED] = compared = compared + self._found_about(action)[1]
        return compared > _MOST_COMPARED

    def answer(
        self, action: str, resource: str = "*", context: Mapping[str, str | None] = NOTHING_KNOWN
    ) -> Answer:
        """Answer for an action on a resource."""
        allowed = self.allow(action, resource, context)
        if allowed is None:
            return Answer.UNKNOWN
        return Answer.ALLOWED if allowed else Answer.DENIED

    def deny(
        self, action: str, *resources: str, context: Mapping[str, str | None] = NOTHING_KNOWN
    ) -> bool:
        """Tell whether an action is surely denied, whichever of its forms the resource has."""
        return all(
            self.answer(action, resource, context) is Answer.DENIED
            for resource in resources or ("*",)
        )

    def mention(self, action: str) -> bool:
        """Tell whether an action is allowed on anything, or may be."""
        return not self.complete or any(one.allows for one in self._about(action))

    def surely_mention(self, action: str) -> bool:
        """Tell whether an action is allowed on something, for all that is known."""
        return any(one.allows and one.covers(action) for one in self._about(action))

    def before(self, resource: Resource) -> Rights:
        """Give the rights that there are for sure when a resource is created."""
        kept = (one for one in self.statements if not one.origin or waits_for(resource, one.origin))
        return self.replaced(statements=tuple(kept))

    def hindrance(
        self, action: str, resource: str, context: Mapping[str, str | None] = NOTHING_KNOWN
    ) -> str:
        """Say what stands against an action that a policy allows; empty where none allows it."""
        allowed, denied = decided(self._about(action), action, resource, context, self.template)
        if denied:
            return "a statement with the effect Deny"
        return "the permissions boundary" if allowed and self.boundary is not None else ""

    @property
    def are_none(self) -> bool:
        """Tell whether nothing at all is allowed."""
        return self.complete and not any(one.allows for one in self.statements)


def rights_of(resource: Resource) -> tuple[Resource, Rights] | None:
    """Find what a function or a state machine may do, and the role that says so."""
    within = resource.properties
    for key in ("Role", "RoleArn"):
        if key in within:
            role = role_of(resource, within[key])
            return None if role is None else (role, rights(role))
    made_by_sam = resource.type.startswith("AWS::Serverless::") and "Policies" in within
    return (resource, rights(resource)) if made_by_sam else None


def rights(role: Resource) -> Rights:
    """Collect what a role of the template may do."""
    memory = role.template.memory
    known = memory.get(f"rights of {role.id}")
    if not isinstance(known, Rights):
        known = _collected(role) if role.type == ROLE else _of_serverless(role)
        memory[f"rights of {role.id}"] = known
    return known


def _collected(role: Resource) -> Rights:
    template = role.template
    found: list[Statement | None] = []
    if "Policies" in role.properties and listing(role.properties, "Policies") is None:
        found.append(None)
    for policy in listing(role.properties, "Policies") or ():
        document = policy.get("PolicyDocument") if isinstance(policy, dict) else UNKNOWN
        found += statements(document, template)
    managed: dict[str, None] = {}
    arns = role.properties.get("ManagedPolicyArns", [])
    for arn in arns if isinstance(arns, list) else [UNKNOWN]:
        name = policy_name(arn)
        if name in managed:
            continue
        if name:
            managed[name] = None
        found += _managed(arn, template)
    for policy, is_attached in _policies_for(role):
        document = policy.properties.get("PolicyDocument") if is_attached else UNKNOWN
        found += statements(document, template, origin=policy.id)
    return Rights(
        template,
        tuple(one for one in found if one is not None),
        None not in found,
        *_boundary(role),
        tuple(managed),
    )


def _boundary(role: Resource) -> tuple[tuple[Statement, ...] | None, bool]:
    """Give the statements of a permissions boundary, and whether they are all of it."""
    if "PermissionsBoundary" not in role.properties:
        return None, True
    found = list(_managed(role.properties["PermissionsBoundary"], role.template))
    return tuple(one for one in found if one is not None), None not in found


def _managed(arn: object, template: Template) -> Iterator[Statement | None]:
    """Give the statements of a managed policy: AWS's, or one of the template."""
    own = template.target(arn, _MANAGED)
    if own is not None:
        yield from statements(own.properties.get("PolicyDocument"), template)
        return
    name = policy_name(arn)
    known = managed_policies().get(name)
    yield from statements(known.document if known else UNKNOWN, template, managed=name)


def _policies_for(role: Resource) -> Iterator[tuple[Resource, bool]]:
    """Give the policies that are resources of their own and attached to a role, or may be so."""
    template = role.template
    for type_ in _ATTACHED:
        for policy in template.all(type_):
            roles = policy.properties.get("Roles", [policy.properties.get("RoleName")])
            named = roles if isinstance(roles, list) else [UNKNOWN]
            if any(role_of(policy, one) is role for one in named):
                yield policy, True
            elif any(not is_known(one) for one in named):
                yield policy, False


def _of_serverless(resource: Resource) -> Rights:
    """Collect what the role may do that AWS SAM makes for a function or a state machine."""
    template = resource.template
    found: list[Statement | None] = []
    given = resource.properties.get("Policies", [])
    for policy in given if isinstance(given, list) else [given]:
        if isinstance(policy, dict) and "Statement" in policy:
            found += statements(policy, template)
        elif isinstance(policy, str) and policy in managed_policies():
            found += statements(managed_policies()[policy].document, template, managed=policy)
        else:
            found += _managed(policy, template)
    return Rights(
        template,
        tuple(one for one in found if one is not None),
        None not in found,
        *_boundary(resource),
    )
