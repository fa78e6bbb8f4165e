"""Capacity that was reserved: which reservation, or which Capacity Block, instances start in.

https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-capacity-reservations.html
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from aws_cdk import aws_ec2 as ec2

from batch_constructs.aws.bound import OneOf, allowed, one_of, refused, shown
from batch_constructs.aws.capacity_reservation_facts import (
    CAPACITY_BLOCK,
    RESERVATION_ID,
    RESOURCE_GROUP_ARN,
    CapacityReservationPreference,
)
from batch_constructs.aws.names import arn
from batch_constructs.construct import given
from batch_constructs.dynamic_references import with_tokens
from batch_constructs.jsii_objects import has_member
from batch_constructs.known_argument import known_flag
from batch_constructs.place import OF_ONE_REGION
from batch_constructs.tokens import is_token

if TYPE_CHECKING:
    from batch_constructs.arguments import Arguments


@dataclass(frozen=True, kw_only=True)
class CapacityReservation:
    """The reserved capacity in which instances start: a reservation, a group, or any that fits.

    Attributes:
        capacity_reservation_id: The ID of a reservation, ``cr-…``, or of a Capacity Block. Default:
            none.
        resource_group_arn: The ARN of a resource group of reservations. Default: none.
        preference: ``CapacityReservationPreference``; if a reservation or a group is named,
            instances start only there. Default: EC2's, open reservations that fit.
        capacity_block: Whether it is a Capacity Block for ML. The environment then has to use the
            instance type and the Availability Zone of the block. Default: no.
    """

    capacity_reservation_id: str | None = None
    resource_group_arn: str | None = None
    preference: CapacityReservationPreference | str | None = None
    capacity_block: bool = False


AnyCapacityReservation: TypeAlias = CapacityReservation | ec2.CfnCapacityReservation | str
"""Ours, an L1, the ID of a reservation, or a preference."""

_EXPECTED = (
    'CapacityReservation(…), an ec2.CfnCapacityReservation, an ID such as "cr-0123456789", or '
    "a CapacityReservationPreference"
)


def reservation_properties(arguments: Arguments, reservation: Any) -> dict[str, Any]:
    """Return what a launch template says of it."""
    reservation = _with_preference(reservation)
    if reservation is None:
        return {}
    if has_member(reservation, "attr_delivery_preference"):  # an L1
        arguments.of_this_region("capacity_reservation", reservation, "", OF_ONE_REGION)
        reservation = CapacityReservation(capacity_reservation_id=reservation.attr_id)
    alone = isinstance(reservation, str)
    if alone:
        reservation = CapacityReservation(capacity_reservation_id=reservation)
    if not isinstance(reservation, CapacityReservation):
        arguments.wrong_type("capacity_reservation", reservation, _EXPECTED)
        return {}
    inner = arguments.within("capacity_reservation")
    one = inner.text("capacity_reservation_id", with_tokens(reservation.capacity_reservation_id))
    group = resource_group(inner, "resource_group_arn", reservation.resource_group_arn)
    if isinstance(one, str) and not is_token(one) and not RESERVATION_ID.fullmatch(one):
        such = "an ID such as cr-0123456789abcdef0"
        if alone:
            such += f", or {one_of(tuple(CapacityReservationPreference))}"
        where = arguments if alone else inner
        name = "capacity_reservation" if alone else "capacity_reservation_id"
        where.wrong_value(f"{name} {refused(one, such)}")
    preference = inner.choice(
        "preference", reservation.preference, "a CapacityReservationPreference"
    )
    _expect_sense(inner, reservation, preference)
    block = known_flag(inner, "capacity_block", reservation.capacity_block) is True
    target = given(CapacityReservationId=one, CapacityReservationResourceGroupArn=group)
    return given(
        CapacityReservationSpecification=given(
            CapacityReservationPreference=preference, CapacityReservationTarget=target
        ),
        InstanceMarketOptions={"MarketType": CAPACITY_BLOCK} if block else None,
    )


def refuse_on_spot(arguments: Arguments, parameter: str, reservation: Any) -> None:
    """Refuse what would leave reserved capacity empty, and paid for: Spot Instances use none."""
    if is_reserved_only(reservation):
        arguments.wrong_value(
            f"{parameter} is reserved capacity, which Spot Instances cannot use: leave it out, "
            "or use Ec2ComputeEnvironment"
        )


def is_reserved_only(reservation: Any) -> bool:
    """Whether instances start only in reserved capacity."""
    reservation = _with_preference(reservation)
    if isinstance(reservation, str):
        return is_token(reservation) or RESERVATION_ID.fullmatch(reservation) is not None
    if not isinstance(reservation, CapacityReservation):
        return reservation is not None
    named = (reservation.capacity_reservation_id, reservation.resource_group_arn)
    only = CapacityReservationPreference.CAPACITY_RESERVATIONS_ONLY
    return any(one is not None for one in named) or reservation.preference == only


def _with_preference(reservation: Any) -> Any:
    """Read a preference that is given alone."""
    if isinstance(reservation, str) and reservation in set(CapacityReservationPreference):
        return CapacityReservation(preference=reservation)
    return reservation


def _expect_sense(arguments: Arguments, reservation: CapacityReservation, preference: Any) -> None:
    """Refuse what EC2 refuses when an instance starts."""
    targets = [reservation.capacity_reservation_id, reservation.resource_group_arn]
    named = [one for one in targets if one is not None]
    only = CapacityReservationPreference.CAPACITY_RESERVATIONS_ONLY
    known = isinstance(preference, str) and not is_token(preference)
    if known and preference not in set(CapacityReservationPreference):
        arguments.bounded("preference", preference, OneOf(tuple(CapacityReservationPreference)))
    elif known and named and preference != only:
        arguments.wrong_value(
            f"preference is {shown(preference)} although a reservation is named; "
            f"{allowed(only)}: leave preference out"
        )
    if len(named) > 1:
        arguments.only_one("resource_group_arn", "capacity_reservation_id")
    if reservation.capacity_block is True and not named:
        arguments.wrong_value(
            "capacity_block is given without a reservation; EC2 only starts instances in a "
            "block that is named: give capacity_reservation_id"
        )
    if preference is None and not named:
        arguments.wrong_value(
            "preference is left out, and no reservation is named: give capacity_reservation_id, "
            "resource_group_arn or preference"
        )


def resource_group(arguments: Arguments, parameter: str, value: str | None) -> Any:
    """Read the ARN of a resource group of reservations."""
    group = arguments.text(parameter, value)
    if isinstance(group, str) and not is_token(group) and not RESOURCE_GROUP_ARN.fullmatch(group):
        such = arn("group", "NAME", service="resource-groups", region="REGION", account="ACCOUNT")
        return arguments.wrong_value(f"{parameter} {refused(group, f'an ARN such as {such}')}")
    if isinstance(group, str):
        arguments.of_this_region(parameter, None, group, OF_ONE_REGION)
    return group
