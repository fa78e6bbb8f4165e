"""Where jobs run in a VPC: subnets, and security groups.

https://docs.aws.amazon.com/batch/latest/userguide/create-a-vpc.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from batch_constructs.rules import UNKNOWN
from batch_constructs.security_groups import own_security_group, read_security_groups
from batch_constructs.subnet_selection import SubnetSelectionKeywords, as_selection
from batch_constructs.subnets import chosen_subnets

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aws_cdk import aws_ec2 as ec2
    from constructs import Construct

    from batch_constructs.arguments import Arguments
    from batch_constructs.one_call import Made, OneCall


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
        vpc_subnets: ec2.SubnetSelection | SubnetSelectionKeywords | None,
        security_groups: Sequence[ec2.ISecurityGroup] | None,
        in_template: bool = False,
    ) -> None:
        """Read them; ``in_template`` says that a launch template may have the groups instead."""
        self.vpc = vpc
        self._own: Made[ec2.SecurityGroup]
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

    def add_security_groups(self, call: OneCall, scope: Construct) -> list[str]:
        """Return the IDs of the security groups; if you pass none, one of its own is made."""
        if self._groups is None:
            self._own = own_security_group(call, scope, self.vpc)
            return [self._own.attribute("securityGroupId")]
        return [group.security_group_id for group in self._groups]

    @property
    def security_groups(self) -> list[ec2.ISecurityGroup]:
        """The security groups, once those are made that `add_security_groups` adds."""
        return [self._own.resource] if self._groups is None else self._groups
