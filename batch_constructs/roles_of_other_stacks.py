"""Roles that another stack makes: what they are allowed for the sake of ours stands in our stack.

Whatever is given a role refers to the role's stack. A policy there that names a log group or a role
of ours would refer back, and CloudFormation deploys no two stacks that refer to each other.
"""

from __future__ import annotations

import json
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final, cast
from weakref import WeakKeyDictionary

import jsii
from aws_cdk import Aspects, IAspect, Stack
from aws_cdk import aws_iam as iam

from batch_constructs.aws.quotas import ROLE_POLICY_CHARACTERS
from batch_constructs.known_scope import are_in_one_stack, known_scope
from batch_constructs.one_call import OneCall
from batch_constructs.policy_statements import merged
from batch_constructs.role_policies import MORE_POLICY, RolePolicies, policy_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from constructs import Construct, IConstruct


def as_grantee(scope: Construct, role: iam.IRole) -> iam.IRole:
    """Return a role that was given as what grants for the scope's sake go to.

    One that another stack makes is seen from the scope's stack, once for all that is in it: its
    policy is there (ID ``GrantsTo…``). Its name has the stack's path, as a role has one policy of a
    name. What a role's inline policies have no room for stands beside it in managed ones (IDs
    ``MorePolicy1`` and so on). An imported role is where it was imported, and what
    ``iam.Role.customize_roles`` looks after is reported and not made.
    """
    if not isinstance(role, iam.Role):
        return role
    if are_in_one_stack(scope, role) or known_scope(role).customizes_roles:
        return role
    stack = Stack.of(scope)
    seen = f"GrantsTo{role.node.path}"
    there = stack.node.try_find_child(seen)
    if there is not None:
        return cast("iam.IRole", there)
    made = role.node.default_child
    path = made.path if isinstance(made, iam.CfnRole) else None
    arn = stack.format_arn(
        service="iam",
        region="",
        resource="role",
        resource_name=f"{(path or '/').removeprefix('/')}{role.role_name}",
    )
    policy = f"PolicyOf{stack.node.path}"
    grantee = iam.Role.from_role_arn(stack, seen, arn, default_policy_name=policy)
    if known_scope(role).region != known_scope(scope).region:
        # the name is known beforehand, so that nothing else says which stack goes first
        with suppress(RuntimeError):  # that one waits for this one
            stack.add_dependency(Stack.of(role))
    _INLINE.setdefault(role, {})[grantee.node.path] = None
    Aspects.of(grantee).add(_Division(role, grantee))
    return grantee


_INLINE: Final[WeakKeyDictionary[iam.Role, dict[str, int | None]]] = WeakKeyDictionary()
"""Role → path of each stack's view of it → characters of the inline policy; None before it is seen.

One that is seen again, in a second synthesis, has the room that it had: no less than what it took.
"""

_OWN_POLICY_CHARACTERS: Final = 10_000
"""The most that the CDK leaves in the inline policy that is the role's own."""

_LEAST_CHARACTERS: Final = 600
"""What is left to the inline policy of each stack that is not seen yet, where there is room."""


@jsii.implements(IAspect)
class _Division:
    """Divides the policy of a role in a stack that is not the role's, once all grants are made.

    The CDK divides that of a role where it is made. The sizes of a role's inline policies count
    together, whichever stacks they stand in.
    """

    def __init__(self, role: iam.Role, grantee: iam.IRole) -> None:
        self._role = role
        self._grantee = grantee

    def visit(self, node: IConstruct) -> None:
        """Look at the role as the stack sees it, and not at what is below."""
        path = self._grantee.node.path
        policy = next(
            (one for one in self._grantee.node.children if isinstance(one, iam.Policy)), None
        )
        if policy is None or node.node.path != path:
            return
        statements = _statements(policy)
        taken = _INLINE[self._role]
        others = sum(
            _LEAST_CHARACTERS if length is None else length
            for one, length in taken.items()
            if one != path
        )
        room = ROLE_POLICY_CHARACTERS - _own_length(self._role) - others
        whole = RolePolicies(statements, room=room)
        taken[path] = whole.length()
        if not whole.managed:
            return
        resource = policy.node.default_child
        divided = RolePolicies(_together(statements), room=0 if resource is None else room)
        taken[path] = divided.length() if divided.inline else 0
        if divided.inline:
            cast("iam.CfnPolicy", resource).policy_document = iam.PolicyDocument.from_json(
                policy_of(divided.inline)
            )
        elif resource is not None:  # IAM takes no policy without statements
            policy.node.try_remove_child(resource.node.id)
        for child in policy.node.children:
            if child.node.id.startswith(MORE_POLICY):  # of a synthesis before
                policy.node.try_remove_child(child.node.id)
        call = OneCall(policy)
        divided.attach(call, self._grantee)
        call.make(at_once=True)


def _statements(policy: iam.Policy) -> list[dict[str, Any]]:
    """Return what a policy says: nothing where the CDK moved all of it to managed ones."""
    document = policy.document.to_json()
    return [] if document is None else list(document["Statement"])


def _together(statements: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Say nothing twice; a statement that excepts resources stays as it is."""
    named = [one for one in statements if "Resource" in one]
    return [*merged(named), *(one for one in statements if "Resource" not in one)]


def _own_length(role: iam.Role) -> int:
    """Count the characters of the inline policies that a role has in its own stack."""
    own = role.node.try_find_child("DefaultPolicy")
    length = 0
    if isinstance(own, iam.Policy):
        statements = _together(_statements(own))
        length = RolePolicies(statements, room=_OWN_POLICY_CHARACTERS).length()
    made = role.node.default_child
    inline = made.policies if isinstance(made, iam.CfnRole) else None
    return length if inline is None else length + len(json.dumps(Stack.of(role).resolve(inline)))
