"""Where jobs run in a VPC: subnets, and security groups.

https://docs.aws.amazon.com/batch/latest/userguide/create-a-vpc.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aws_cdk import aws_ec2 as ec2

from batch_constructs.jsii_objects import has_member, javascript_error
from batch_constructs.place import OF_ONE_REGION
from batch_constructs.rules import UNKNOWN
from batch_constructs.security_groups import read_security_groups
from batch_constructs.tokens import SUBNET_MADE_UP, is_token

if TYPE_CHECKING:
    from collections.abc import Sequence

    from constructs import Construct

    from batch_constructs.arguments import Arguments


class Network:
    """The subnets and security groups of one compute environment."""

    def __init__(
        self,
        arguments: Arguments,
        *,
        vpc: ec2.IVpc,
        vpc_subnets: ec2.SubnetSelection | None,
        security_groups: Sequence[ec2.ISecurityGroup] | None,
        in_template: bool = False,
    ) -> None:
        """Read them; ``in_template`` says that a launch template may have the groups instead."""
        self._vpc = vpc
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
        self.subnet_ids: list[Any] = _subnet_ids(arguments, vpc, vpc_subnets)

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
        return [ec2.SecurityGroup(scope, "SecurityGroup", vpc=self._vpc)]


def _subnet_ids(
    arguments: Arguments, vpc: ec2.IVpc, selection: ec2.SubnetSelection | None
) -> list[Any]:
    if selection is None:
        selection = ec2.SubnetSelection()
    if not isinstance(selection, ec2.SubnetSelection):
        arguments.wrong_type("vpc_subnets", selection, "an ec2.SubnetSelection")
    if not has_member(vpc, "select_subnets"):
        arguments.wrong_type("vpc", vpc, "an ec2.IVpc, such as ec2.Vpc.from_lookup(…)")
    if arguments.is_wrong("vpc") or arguments.is_wrong("vpc_subnets"):
        return [UNKNOWN]
    arguments.of_this_region("vpc", vpc, "", OF_ONE_REGION)
    if selection.subnets is not None:  # their IDs are enough, and zones need not be known
        return _listed(arguments, vpc, selection.subnets)
    try:
        selected = vpc.select_subnets(
            availability_zones=selection.availability_zones,
            one_per_az=selection.one_per_az,
            subnet_filters=selection.subnet_filters,
            subnet_group_name=selection.subnet_group_name,
            subnet_type=selection.subnet_type,
        )
    except RuntimeError as error:
        said = javascript_error(error)
        if not isinstance(said, str):
            raise
        said = said.removesuffix("Available types:").rstrip()
        arguments.wrong_value(f"vpc_subnets: {said}: choose subnets that the VPC has")
        return [UNKNOWN]
    found = list(selected.subnet_ids)
    if not found and (selected.is_pending_lookup or any(map(is_token, vpc.availability_zones))):
        return [SUBNET_MADE_UP]  # the CLI looks them up, or their zones, after this
    return found


def _listed(arguments: Arguments, vpc: ec2.IVpc, subnets: Any) -> list[Any]:
    if not subnets:
        if _is_made_up(vpc):
            return [SUBNET_MADE_UP]  # the list was picked from what the CLI looks up after this
        return [arguments.wrong_value("vpc_subnets.subnets is empty: give at least one")]
    for place, one in enumerate(subnets):
        if not has_member(one, "subnet_id"):
            arguments.wrong_type(f"vpc_subnets.subnets[{place}]", one, "an ec2.ISubnet")
            return [UNKNOWN]
    check_subnets(arguments, subnets)
    return [one.subnet_id for one in subnets]


def _is_made_up(vpc: ec2.IVpc) -> bool:
    """Whether the subnets of a VPC, or their zones, are made up until the CLI has looked."""
    try:
        pending = vpc.select_subnets().is_pending_lookup
    except RuntimeError:  # it has none of those that the CDK chooses
        return False
    return bool(pending) or any(map(is_token, vpc.availability_zones))


def check_subnets(arguments: Arguments, subnets: Sequence[ec2.ISubnet]) -> None:
    """Note subnets of another Region."""
    for place, one in enumerate(subnets):
        arguments.of_this_region(f"vpc_subnets.subnets[{place}]", one, "", OF_ONE_REGION)
