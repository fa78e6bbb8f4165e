"""Rules about reserved capacity, which the launch template of an environment names."""

from __future__ import annotations

from batch_constructs.aws import instance_types
from batch_constructs.aws.bound import one_of
from batch_constructs.aws.capacity_reservation_facts import (
    CAPACITY_BLOCK,
    NOT_ON_SPOT_SOURCE,
    ONE_TYPE_SOURCE,
    CapacityReservationPreference,
)
from batch_constructs.aws.typing_names import TYPE_CHECKING
from batch_constructs.rules.areas import environment_rule
from batch_constructs.rules.findings import Severity
from batch_constructs.rules.template import vpc
from batch_constructs.rules.template.values import UNKNOWN, mapping, text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from batch_constructs.rules.rule import Fault
    from batch_constructs.rules.template.resource_graph import ComputeEnvironment
    from batch_constructs.rules.template.values import Properties


@environment_rule(
    "spot-reservation",
    severity=Severity.WARNING,
    title="reserved capacity for Spot Instances",
    fix="use On-Demand Instances (Type EC2), or remove the reservation from the launch template",
    source=NOT_ON_SPOT_SOURCE,
)
def spot_reservation(environment: ComputeEnvironment) -> Iterator[Fault]:
    """You pay for the reserved capacity, but it stays empty, and no instance starts."""
    if not environment.is_ec2 or not environment.is_spot:
        return
    for path, _, template in environment.known_launch_templates:
        if _reserved_only(template.data):
            yield path, f"the launch template {template.id} names reserved capacity"


@environment_rule(
    "reservation-place",
    severity=Severity.WARNING,
    title="instances that do not fit their reservation",
    fix="use only the reservation's instance type, with its size, and subnets in its "
    "Availability Zone",
    source=ONE_TYPE_SOURCE,
)
def reservation_place(environment: ComputeEnvironment) -> Iterator[Fault]:
    """A reservation is for one instance type in one zone. Anything else never starts.

    If the template contains the reservation, its type and zone are compared, too.
    """
    if not environment.is_ec2 or environment.is_spot:
        return
    for path, template, types in environment.types_of_launch_templates:
        reserved = _target(template.data).get("CapacityReservationId")
        if reserved is None or reserved is UNKNOWN:
            continue
        found = environment.neighbour(reserved, "AWS::EC2::CapacityReservation")
        of_type = None if found is None else text(found.properties, "InstanceType")
        if _is_of_several_types(types):
            said = one_of(types or (), last="and")
            yield path, f"{said} are several instance types, but {template.id} reserves one"
        elif found is not None and of_type and types and of_type not in types:
            yield path, f"{one_of(types)} is not {of_type}, which {found.id} reserves"
        zones = vpc.zones(environment)
        if len(zones) > 1:
            subnets = one_of(zones.values(), last="and")
            yield (
                "ComputeResources/Subnets",
                (
                    f"{subnets} are in different zones, but the reservation of {template.id} is "
                    "in one"
                ),
            )
        elif found is not None:
            for zone, subnet in zones.items():
                if vpc.are_apart(vpc.zone(found), zone):
                    yield "ComputeResources/Subnets", f"{subnet} is not in the zone of {found.id}"


def _target(data: Properties) -> Properties:
    return mapping(mapping(data, "CapacityReservationSpecification"), "CapacityReservationTarget")


def _reserved_only(data: Properties) -> bool:
    """Tell whether instances start in reserved capacity and nowhere else."""
    if text(mapping(data, "InstanceMarketOptions"), "MarketType") == CAPACITY_BLOCK:
        return True
    specification = mapping(data, "CapacityReservationSpecification")
    only = CapacityReservationPreference.CAPACITY_RESERVATIONS_ONLY
    return bool(_target(data)) or text(specification, "CapacityReservationPreference") == only


def _is_of_several_types(names: list[str] | None) -> bool:
    """Tell whether names stand for more than one instance type for sure."""
    if not names:
        return False
    if len(set(names)) > 1:
        return True
    found = instance_types.expand(names[0])
    return found is not None and len(found) > 1
