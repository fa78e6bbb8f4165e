"""Which stack has the rule that admits an environment's jobs to a file system or an endpoint.

The CDK writes it into the stack of whoever is asked. Where both are of one stack, that is all the
same; else the rule makes one of the two stacks refer to the other, which may refer back.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from batch_constructs.jsii_objects import has_member
from batch_constructs.security_groups import rule_description

if TYPE_CHECKING:
    from aws_cdk import Stack
    from aws_cdk import aws_ec2 as ec2
    from constructs import Construct


def admit_environment(
    scope: Construct,
    environment: ec2.IConnectable,
    target: ec2.IConnectable,
    port: ec2.Port | None = None,
) -> None:
    """Let the jobs of an environment reach what has a port.

    Args:
        scope: The construct that asks for it.
        environment: The environment, or who else is admitted.
        target: The file system or the endpoint.
        port: The port. Default: the target's own.
    """
    said = rule_description(environment, target)
    if _belongs_to_environment(scope, environment, target):
        reach = environment.connections
        if port is None:
            reach.allow_to_default_port(target, said)
        else:
            reach.allow_to(target, port, said)
    elif port is None:
        target.connections.allow_default_port_from(environment, said)
    else:
        target.connections.allow_from(environment, port, said)


def _belongs_to_environment(scope: Construct, environment: Any, target: Any) -> bool:
    """Whether the rule goes into the environment's stack.

    Both refer to the VPC. So the one of the two that has the VPC in its stack is referred to by the
    other already. Otherwise the rule stands beside the construct that asks for it.
    """
    from aws_cdk import Stack  # noqa: PLC0415  # the CDK is loaded when a construct is made

    own, its = _group(environment), _group(target)
    here = Stack.of(environment if own is None else own)
    there = Stack.of(target if its is None else its)
    if here is there:
        return False
    of_vpc = _stack_of_vpc(own) or _stack_of_vpc(its)
    if of_vpc is here:
        return False
    return of_vpc is there or Stack.of(scope) is not there


def _group(connectable: Any) -> Any:
    groups = connectable.connections.security_groups
    return groups[0] if groups else None


def _stack_of_vpc(group: Any) -> Stack | None:
    """Return the stack that makes the VPC of a security group, where one of the app does."""
    from aws_cdk import Reference, Stack, Tokenization  # noqa: PLC0415  # loaded by then

    made: Any = None if group is None else group.node.default_child
    if not has_member(made, "vpc_id"):
        return None
    token = Tokenization.reverse_string(made.vpc_id).first_token
    return Stack.of(token.target) if isinstance(token, Reference) else None
