"""Amazon ECS Managed Instances: what each property of their provider may be."""

from __future__ import annotations

from functools import partial
from typing import Final

from batch_constructs.aws.bound import OneOf, Whole
from batch_constructs.aws.limit import Limit
from batch_constructs.aws.source import api

PROVIDER: Final = "ComputeResources/ManagedInstancesProvider"
LAUNCH: Final = f"{PROVIDER}/InstanceLaunchTemplate"
_limit = partial(Limit, type="AWS::Batch::ComputeEnvironment")


def _choice(
    rule: str, name: str, noun: str, *, member: str, values: tuple[str, ...], also: str = ""
) -> Limit:
    return _limit(
        rule=rule,
        name=name,
        noun=f"the {noun}",
        bound=OneOf(values),
        source=api(member, f"{also}Valid values are {' and '.join(values)}."),
        title=f"unknown {noun}",
        why="Any other word is refused.",
    )


LIMITS: Final = (
    _limit(
        rule="scale-in-after",
        name=f"{PROVIDER}/InfrastructureOptimization/ScaleInAfter",
        noun="the idle time",
        bound=Whole(-1, 3600, unit="seconds"),
        source=api(
            "InfrastructureOptimization.scaleInAfter",
            '"Valid values are -1 or 0 to 3600. Use -1 as a special value to disable scale-in";'
            " ManagedInstancesProvider.infrastructureOptimization",
        ),
        title="idle time out of range",
        why="How long an idle instance is kept.",
    ),
    _limit(
        rule="managed-storage-size",
        name=f"{LAUNCH}/StorageConfiguration/StorageSizeGiB",
        noun="the storage size",
        bound=Whole(1, unit="GiB"),
        source=api(
            "ManagedInstancesStorageConfiguration.storageSizeGiB",
            "also InstanceLaunchTemplate.storageConfiguration: the size of the root EBS volume in"
            " GiB",
        ),
        title="storage size out of range",
        why="The root volume of an instance has at least one GiB.",
    ),
    _choice(
        "capacity-option-type",
        f"{LAUNCH}/CapacityOptionType",
        "capacity option",
        member="InstanceLaunchTemplate.capacityOptionType",
        values=("ON_DEMAND", "SPOT"),
    ),
    _choice(
        "instance-monitoring",
        f"{LAUNCH}/Monitoring",
        "monitoring",
        member="InstanceLaunchTemplate.monitoring",
        values=("BASIC", "DETAILED"),
    ),
    _choice(
        "provider-propagate-tags",
        f"{PROVIDER}/PropagateTags",
        "propagation of tags",
        member="ManagedInstancesProvider.propagateTags",
        values=("CAPACITY_PROVIDER", "NONE"),
    ),
    _choice(
        "reservation-preference",
        f"{LAUNCH}/CapacityReservations/ReservationPreference",
        "reservation preference",
        member="CapacityReservationRequest.reservationPreference",
        values=("RESERVATIONS_ONLY", "RESERVATIONS_FIRST", "RESERVATIONS_EXCLUDED"),
        also="InstanceLaunchTemplate.capacityReservations: ",
    ),
)
