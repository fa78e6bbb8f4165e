"""How many instances, or vCPUs, may be in use at once: of a quota share, of a service environment.

https://docs.aws.amazon.com/batch/latest/APIReference/API_CapacityLimit.html
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from batch_constructs.aws.scheduling import NUMBER_OF_INSTANCES
from batch_constructs.construct import given

if TYPE_CHECKING:
    from collections.abc import Sequence

    from batch_constructs.arguments import Arguments
    from batch_constructs.tokens import WholeNumber


@dataclass(frozen=True, kw_only=True)
class CapacityLimit:
    """How much of one kind of capacity can be in use at once.

    Attributes:
        max_capacity: The maximum in this unit, a whole number.
        capacity_unit: ``"NUM_INSTANCES"`` for instances of any type, or the instance type to count,
            such as ``"ml.m5.large"``, as quota shares do. Default: instances of any type.
    """

    max_capacity: WholeNumber
    capacity_unit: str = NUMBER_OF_INSTANCES


def capacity_limits(arguments: Arguments, limits: Sequence[CapacityLimit]) -> list[Any]:
    """Return CloudFormation's ``CapacityLimits``."""
    expected = 'CapacityLimit(max_capacity=10, capacity_unit="ml.m5.large")'
    return arguments.each("capacity_limits", limits, CapacityLimit, expected, _limit, some=True)


def _limit(fields: Arguments, limit: CapacityLimit) -> dict[str, Any]:
    return given(
        CapacityUnit=fields.text("capacity_unit", limit.capacity_unit),
        MaxCapacity=fields.number("max_capacity", limit.max_capacity),
    )
