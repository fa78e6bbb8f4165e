"""How many instances, or vCPUs, may be in use at once: of a quota share, of a service environment.

https://docs.aws.amazon.com/batch/latest/APIReference/API_CapacityLimit.html
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from batch_constructs.construct import given

if TYPE_CHECKING:
    from collections.abc import Sequence

    from batch_constructs.arguments import Arguments

NUMBER_OF_INSTANCES = "NUM_INSTANCES"


@dataclass(frozen=True, kw_only=True)
class CapacityLimit:
    """How much of one kind of capacity may be in use at once.

    Attributes:
        max_capacity: The most, in the unit, a whole number.
        unit: ``"NUM_INSTANCES"``, whatever their type, or the instance type that is counted, such
            as ``"ml.m5.large"``: quota shares count by type. Default: instances of whatever type.
    """

    max_capacity: int
    unit: str = NUMBER_OF_INSTANCES


def capacity_limits(arguments: Arguments, limits: Sequence[CapacityLimit]) -> list[Any]:
    """Return CloudFormation's ``CapacityLimits``."""
    expected = 'CapacityLimit(max_capacity=10, unit="ml.m5.large")'
    listed = arguments.items("capacity_limits", limits, expected)
    if limits is not None and not listed:
        arguments.wrong_value(
            f"capacity_limits is empty; allowed is at least one limit: give [{expected}]"
        )
    return [
        given(
            CapacityUnit=arguments.text("capacity_limits.unit", limit.unit),
            MaxCapacity=arguments.number("capacity_limits.max_capacity", limit.max_capacity),
        )
        if isinstance(limit, CapacityLimit)
        else arguments.wrong_type("capacity_limits", limit, expected)
        for limit in listed
    ]
