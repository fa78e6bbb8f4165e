"""Capacity reservations and Capacity Blocks of EC2, as launch templates name them.

https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-capacity-reservations.html
"""

from __future__ import annotations

from enum import StrEnum

from batch_constructs.aws.pattern import pattern
from batch_constructs.aws.source import Source, docs, seen
from batch_constructs.aws.typing_names import Final

RESERVATION_ID: Final = pattern("cr-[0-9a-f]{8,17}")
"""The ID of a reservation, or of a block."""

RESOURCE_GROUP_ARN: Final = pattern(r"arn:[^:]+:resource-groups:[^:]+:\d{12}:group/.+")
"""The ARN of a group of reservations."""

CAPACITY_BLOCK: Final = "capacity-block"
"""The market type of an instance in a Capacity Block."""

TARGET_SOURCE: Final[Source] = seen(
    "https://github.com/hashicorp/terraform-provider-aws/issues/43881",
    "EC2 takes a target only with the preference capacity-reservations-only, or with none given.",
)

PREFERENCES_SOURCE: Final[Source] = docs(
    "AWSEC2/latest/APIReference/API_LaunchTemplateCapacityReservationSpecificationRequest.html",
    "Valid values of CapacityReservationPreference.",
)

BLOCK_SOURCE: Final[Source] = docs(
    "autoscaling/ec2/userguide/launch-template-capacity-blocks.html",
    '"Capacity Blocks are delivered as targeted capacity reservations in a single Availability'
    " Zone. When you create your launch template, specify the Capacity Block's reservation ID and"
    ' instance type."',
)

NOT_ON_SPOT_SOURCE: Final[Source] = seen(
    "https://github.com/kubernetes-sigs/cluster-api-provider-aws/pull/5633",
    "The preference capacity-reservations-only with Spot Instances is not supported by AWS; what"
    " starts in a reservation is on demand.",
)

ONE_TYPE_SOURCE: Final[Source] = docs(
    "AWSEC2/latest/UserGuide/capacity-reservations-launch.html",
    '"You can only launch an instance into a Capacity Reservation that: Has matching attributes'
    ' (instance type, platform, Availability Zone, and tenancy)"',
)

BLOCK_ON_BATCH_SOURCE: Final[Source] = seen(
    "https://github.com/awslabs/awsome-distributed-ai/pull/448",
    "AWS's own sample runs P5 instances of a Capacity Block in a compute environment, by its launch"
    " template.",
)


class CapacityReservationPreference(StrEnum):
    """Which reservations instances can start in if none is named."""

    CAPACITY_RESERVATIONS_ONLY = "capacity-reservations-only"
    """Only in a reservation: if it has no room, no instance starts, and jobs wait."""
    OPEN = "open"
    """In any open reservation that fits, otherwise without one."""
    NONE = "none"
    """Without a reservation, even if one would fit."""
