"""What a queue's capacity is divided by: shares, quota shares, service environments, consumables.

https://docs.aws.amazon.com/batch/latest/userguide/job_scheduling.html
"""

from __future__ import annotations

from enum import StrEnum

from batch_constructs.aws.source import Source, api, docs
from batch_constructs.aws.typing_names import Final

DEFAULT_SHARE_DECAY_SECONDS: Final = 600
"""The window that counts where the share decay is 0, or is left out."""

DEFAULT_SHARE_DECAY_SOURCE: Final[Source] = api(
    "FairsharePolicy.shareDecaySeconds",
    '"A value of zero (0) indicates the default minimum time window (600 seconds)."',
)


DEFAULT_SHARE_WEIGHT: Final = 1.0
"""The weight of a share that the policy does not list."""


NUMBER_OF_INSTANCES: Final = "NUM_INSTANCES"
"""The unit of a capacity limit that counts instances of whatever type."""


IDLE_RESOURCE_STRATEGY: Final = "FIFO"
"""How idle capacity is given to the quota shares that borrow."""

REPLENISHABLE: Final = "REPLENISHABLE"
NON_REPLENISHABLE: Final = "NON_REPLENISHABLE"
CONSUMABLE_TYPES: Final = (REPLENISHABLE, NON_REPLENISHABLE)
"""Whether a job gives back what it took of a consumable resource."""


LARGEST_QUANTITY: Final = 2**53 - 1
"""How much of a consumable resource a template can say exactly."""

LARGEST_QUANTITY_SOURCE: Final[Source] = docs(
    "batch/latest/APIReference/API_CreateConsumableResource.html",
    "totalQuantity is a Long of 64 bits; JavaScript, which writes templates, counts exactly up to"
    " 9007199254740991 (https://tc39.es/ecma262/#sec-number.max_safe_integer).",
)

_CONSUMED: Final = "ConsumableResourceProperties/ConsumableResourceList/*"
CONSUMED: Final = (_CONSUMED, f"NodeProperties/NodeRangeProperties/*/{_CONSUMED}")
"""Where a job definition says what it takes of consumable resources."""


class SharingStrategy(StrEnum):
    """What happens to capacity that a quota share does not use.

    https://docs.aws.amazon.com/batch/latest/APIReference/API_QuotaShareResourceSharingConfiguration.html
    """

    RESERVE = "RESERVE"
    LEND = "LEND"
    LEND_AND_BORROW = "LEND_AND_BORROW"


RESERVATION_SOURCE: Final[Source] = api(
    "FairsharePolicy.computeReservation",
    '"The reserved ratio is (computeReservation/100)^ActiveFairShares where ActiveFairShares is the'
    ' number of active share identifiers."',
)


def reserved_vcpus(max_vcpus: float, compute_reservation: float, active_shares: int) -> float:
    """Reckon the vCPUs that are kept for shares that have no jobs yet."""
    return float(max_vcpus * (compute_reservation / 100) ** active_shares)
