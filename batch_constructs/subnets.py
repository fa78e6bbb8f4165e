"""The subnets that are chosen in a VPC: found there, or refused where there are none.

What the CLI has yet to look up is unknown, and so is a list that was picked from it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from batch_constructs.aws.network import SUBNET_MADE_UP
from batch_constructs.jsii_objects import has_member, javascript_error
from batch_constructs.one_call import subnets_of
from batch_constructs.place import OF_ONE_REGION, is_in
from batch_constructs.tokens import is_made_up, is_token

if TYPE_CHECKING:
    from aws_cdk import aws_ec2 as ec2

    from batch_constructs.arguments import Arguments


_BY_WHAT_IT_HAS = "choose by groups, zones, types or IDs that it has"
_BY_NO_ZONE = (
    "only CloudFormation knows its zones, so choose by groups, types or IDs that it has, or give "
    "the stack its account and Region"
)


def chosen_subnets(arguments: Arguments, vpc: Any, selection: Any) -> list[Any]:
    """Return the IDs of the subnets that are chosen, or that the CDK chooses; none if wrong."""
    if selection is not None:
        from batch_constructs.subnet_selection import as_selection  # noqa: PLC0415  # loads EC2's

        selection = as_selection(arguments, selection)
    if not has_member(vpc, "select_subnets"):
        arguments.wrong_type("vpc", vpc, "an ec2.IVpc, such as ec2.Vpc.from_lookup(…)")
    if arguments.is_wrong("vpc") or arguments.is_wrong("vpc_subnets"):
        return []
    if selection is None or selection.subnets is None:
        subnets = _found(arguments, vpc, selection)
    else:  # their IDs are enough, and zones need not be known
        subnets = _listed(arguments, vpc, selection.subnets)
    arguments.of_this_region("vpc", vpc, "", OF_ONE_REGION)
    return subnets


def _found(arguments: Arguments, vpc: ec2.IVpc, selection: ec2.SubnetSelection | None) -> list[Any]:
    try:
        found, pending, zones = _asked(vpc, selection)
    except RuntimeError as error:
        said = javascript_error(error)
        if not isinstance(said, str):
            raise
        said = said.rstrip(" .").removesuffix("Available types:").rstrip(" .")
        arguments.wrong_value(f"vpc_subnets: {said}: choose subnets that the VPC has")
        return []
    if found:
        return [*found]
    if pending or any(map(is_made_up, zones)):
        return [SUBNET_MADE_UP]  # the CLI looks them up, or their zones, after this
    known = not any(map(is_token, zones))
    arguments.wrong_value(
        f"vpc_subnets finds no subnet in the VPC: {_BY_WHAT_IT_HAS if known else _BY_NO_ZONE}"
    )
    return []


def _asked(vpc: ec2.IVpc, selection: Any) -> tuple[list[str], bool, list[str]]:
    """Ask for subnets, and keep where the VPC is, which comes with them."""
    ids, pending, zones, place = subnets_of(vpc, selection)
    is_in(vpc, *place)
    return ids, pending, zones


def _listed(arguments: Arguments, vpc: ec2.IVpc, subnets: Any) -> list[Any]:
    if not subnets:
        if _is_looked_up_yet(vpc):
            return [SUBNET_MADE_UP]  # the list was picked from what the CLI looks up after this
        arguments.wrong_value("vpc_subnets.subnets is empty: give at least one")
        return []
    for place, one in enumerate(subnets):
        parameter = f"vpc_subnets.subnets[{place}]"
        if not has_member(one, "subnet_id"):
            arguments.wrong_type(parameter, one, "an ec2.ISubnet")
            return []
        arguments.of_this_region(parameter, one, "", OF_ONE_REGION)
    return [one.subnet_id for one in subnets]


def _is_looked_up_yet(vpc: ec2.IVpc) -> bool:
    """Whether the subnets of a VPC, or their zones, are made up until the CLI has looked."""
    try:
        _, pending, zones = _asked(vpc, None)
    except RuntimeError:  # it has none of those that the CDK chooses
        return False
    return pending or any(map(is_made_up, zones))
