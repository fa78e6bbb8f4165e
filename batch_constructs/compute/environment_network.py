"""Where jobs run in a VPC: subnets, and security groups.

https://docs.aws.amazon.com/batch/latest/userguide/create-a-vpc.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from batch_constructs.rules import UNKNOWN
from batch_constructs.security_groups import own_security_group, read_security_groups
from batch_constructs.subnet_selection import as_selection
from batch_constructs.subnets import chosen_subnets

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aws_cdk import aws_ec2 as ec2
    from constructs import Construct

    from batch_constructs.arguments import Arguments


class Network:
    """The subnets and security groups of one compute environment.

    Attributes:
        vpc: The VPC that they are in.
        selection: How they were chosen in it.
        subnet_ids: The IDs of the subnets.
    """

    def __init__(
        self,
        arguments: Arguments,
        *,
        vpc: ec2.IVpc,
        vpc_subnets: ec2.SubnetSelection | dict[str, Any] | None,
        security_groups: Sequence[ec2.ISecurityGroup] | None,
        in_template: bool = False,
    ) -> None:
        """Read them; ``in_template`` says that a launch template may have the groups instead."""
        self.vpc = vpc
        self._groups = (
            None
            if security_groups is None
            else read_security_groups(
                arguments,
                security_groups,
                some=not in_template,
                several="ec2.ISecurityGroup, or leave it out for a group that is made",
            )
        )
        self.selection: ec2.SubnetSelection | None = as_selection(arguments, vpc_subnets)
        self.subnet_ids: list[Any] = chosen_subnets(arguments, vpc, self.selection) or [UNKNOWN]

    def known(self) -> dict[str, Any]:
        """Return the network as the rules see it before the own security group is made."""
        groups = 1 if self._groups is None else len(self._groups)
        return {
            "Subnets": self.subnet_ids,
            "SecurityGroupIds": [UNKNOWN] * groups,
        }

    def make_security_groups(self, scope: Construct) -> list[ec2.ISecurityGroup]:
        """Return the security groups, with one made where none were given (``SecurityGroup``)."""
        if self._groups is not None:
            return self._groups
        return [own_security_group(scope, self.vpc)]
