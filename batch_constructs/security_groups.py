"""Security groups: those of an argument, each one of the stack's Region, and those of our own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from constructs import Construct

from batch_constructs.aws.network import (
    GROUP_DESCRIPTION,
    GROUP_DESCRIPTION_LENGTH,
    NOT_IN_A_GROUP_DESCRIPTION,
)
from batch_constructs.construct import given as given_properties
from batch_constructs.known_scope import known_scope
from batch_constructs.place import OF_ONE_REGION

if TYPE_CHECKING:
    from aws_cdk import aws_ec2 as ec2

    from batch_constructs.arguments import Arguments
    from batch_constructs.one_call import Made, OneCall


def read_security_groups(
    arguments: Arguments,
    given: Any,
    *,
    some: bool = False,
    several: str = "ec2.ISecurityGroup",
) -> list[Any]:
    """Return those that are security groups; ``some`` says that it may not be empty."""
    groups = arguments.resources(
        "security_groups",
        given,
        "security_group_id",
        "an ec2.ISecurityGroup",
        several,
        some=some,
    )
    for place, group in enumerate(groups):
        arguments.of_this_region(f"security_groups[{place}]", group, "", OF_ONE_REGION)
    return groups


def own_security_group(call: OneCall, scope: Construct, vpc: ec2.IVpc) -> Made[ec2.SecurityGroup]:
    """Have a group made (``SecurityGroup``) that its path describes, as far as EC2 takes that."""
    path = f"{known_scope(scope).path}/SecurityGroup"
    said = None if GROUP_DESCRIPTION.admits(path) else _description(path)
    return call.add(
        "aws_ec2.SecurityGroup", "SecurityGroup", given_properties(vpc=vpc, description=said)
    )


def rule_description(*peers: object) -> str | None:
    """Describe a rule between two constructs, where the CDK's own words would be too long."""
    paths = [one.node.path for one in peers if isinstance(one, Construct)]
    if all(len(path) < GROUP_DESCRIPTION_LENGTH - _AROUND_A_PATH for path in paths):
        return None
    return _description(f"from {paths[0]}")


_AROUND_A_PATH: Final = 60
"""Characters of the CDK's words for a rule, beside the path: a hash, what is let in, the port."""


def _description(text: str) -> str:
    """Say it in characters that EC2 takes; of a long text its end, which tells most."""
    return NOT_IN_A_GROUP_DESCRIPTION.sub("-", text)[-GROUP_DESCRIPTION_LENGTH:]
