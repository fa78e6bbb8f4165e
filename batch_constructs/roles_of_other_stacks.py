"""Roles that another stack makes: what they are allowed for the sake of ours stands in our stack.

Whatever is given a role refers to the role's stack. A policy there that names a log group or a role
of ours would refer back, and CloudFormation deploys no two stacks that refer to each other.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from aws_cdk import Stack
from aws_cdk import aws_iam as iam

from batch_constructs.known_scope import CUSTOMIZED_ROLES

if TYPE_CHECKING:
    from constructs import Construct


def as_grantee(scope: Construct, role: iam.IRole) -> iam.IRole:
    """Return a role that was given as what grants for the scope's sake go to.

    One that another stack makes is seen from the scope's stack, once for all that is in it: its
    policy is there (ID ``GrantsTo…``). Its name has the stack's path, as a role has one policy of a
    name. An imported role is where it was imported, and what ``iam.Role.customize_roles`` looks
    after is reported and not made.
    """
    if not isinstance(role, iam.Role):
        return role
    stack = Stack.of(scope)
    if Stack.of(role) is stack or role.node.try_get_context(CUSTOMIZED_ROLES) is not None:
        return role
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
    return iam.Role.from_role_arn(stack, seen, arn, default_policy_name=policy)
