"""Rules about reserved capacity, which the launch template of an environment names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from batch_constructs.aws import instance_types
from batch_constructs.aws.bound import one_of
from batch_constructs.aws.capacity_reservation_facts import (
    CAPACITY_BLOCK,
    NOT_ON_SPOT_SOURCE,
    ONE_TYPE_SOURCE,
    CapacityReservationPreference,
)
from batch_constructs.rules.areas import environment_rule
from batch_constructs.rules.findings import Severity
from batch_constructs.rules.template import vpc
from batch_constructs.rules.template.values import (
    all_texts,
    mapping,
    text,
)

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
    """A reservation is for one instance type in one zone. Anything else never starts."""
    if not environment.is_ec2 or environment.is_spot:
        return
    several = len(environment.launch_templates) > 1
    for path, reference, template in environment.known_launch_templates:
        data = mapping(template.properties, "LaunchTemplateData")
        if text(_target(data), "CapacityReservationId") is None:
            continue
        if "TargetInstanceTypes" in reference:
            place, types = (
                f"{path}/TargetInstanceTypes",
                all_texts(reference, "TargetInstanceTypes"),
            )
        else:
            place = "ComputeResources/InstanceTypes"
            types = None if several else environment.instance_types
        if _is_of_several_types(types):
            said = one_of(types or (), last="and")
            yield (
                place,
                f"{said} are several instance types, but {template.id} reserves one",
            )
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
