"""Rules about Amazon ECS Managed Instances."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from batch_constructs.aws import instance_types
from batch_constructs.rules.old_limits import Limit, at
from batch_constructs.rules.rule import Fault, rule
from batch_constructs.rules.template.resources import COMPUTE_ENVIRONMENT, ComputeEnvironment
from batch_constructs.rules.template.values import given, listing, mapping, one_of, show

if TYPE_CHECKING:
    from collections.abc import Iterator

AREA: Final = "managed_instances"
_rule = partial(rule, subject=COMPUTE_ENVIRONMENT, area=AREA)
_limit = partial(Limit, subject=COMPUTE_ENVIRONMENT, area=AREA)
_PROVIDER: Final = "ComputeResources/ManagedInstancesProvider"
_LAUNCH: Final = f"{_PROVIDER}/InstanceLaunchTemplate"


@_rule(
    "managed-instances-provider",
    title="Managed Instances without a provider, or a provider without Managed Instances",
    fix="give ManagedInstancesProvider with the type ECS_MANAGED_INSTANCES only",
    source='ComputeResource.managedInstancesProvider: "This parameter is required when'
    " computeResources.type is ECS_MANAGED_INSTANCES and must not be specified for other compute"
    ' environment types."; ComputeResource.capacityTags: "This parameter is only valid for'
    ' ECS_MANAGED_INSTANCES compute environments."',
)
def managed_instances_provider(environment: ComputeEnvironment) -> Iterator[Fault]:
    """Network, roles and instance types stand inside it."""
    if environment.is_managed_instances:
        if "ManagedInstancesProvider" not in environment.resources:
            yield _PROVIDER, "ManagedInstancesProvider is missing; ECS_MANAGED_INSTANCES needs it"
    elif environment.kind is not None:
        for key in ("ManagedInstancesProvider", "CapacityTags"):
            if given(environment.resources, key):
                yield (
                    f"ComputeResources/{key}",
                    (
                        f"{key} is given for the type {environment.kind}; only"
                        " ECS_MANAGED_INSTANCES"
                        " takes it"
                    ),
                    f"leave {key} out" + (", and use Tags" if key == "CapacityTags" else ""),
                )


_NOT_TAKEN: Final = (
    "AllocationStrategy",
    "BidPercentage",
    "DesiredvCpus",
    "Ec2Configuration",
    "Ec2KeyPair",
    "ImageId",
    "InstanceRole",
    "InstanceTypes",
    "LaunchTemplate",
    "MinvCpus",
    "PlacementGroup",
    "ScalingPolicy",
    "SecurityGroupIds",
    "SpotIamFleetRole",
    "Subnets",
    "Tags",
)


@_rule(
    "managed-instances-parameters",
    title="parameter that Managed Instances environments refuse",
    fix="say it inside ManagedInstancesProvider, or leave it out",
    source="User Guide, Compute environments on Amazon ECS Managed Instances: all networking,"
    " instance"
    " profile, and instance selection configuration lives within the managedInstancesProvider"
    " block;"
    " ComputeResource.imageId, ComputeResource.ec2KeyPair and the like are for EC2",
)
def managed_instances_parameters(environment: ComputeEnvironment) -> Iterator[Fault]:
    """The provider block is all there is."""
    if environment.is_managed_instances:
        for key in _NOT_TAKEN:
            if given(environment.resources, key):
                yield (
                    f"ComputeResources/{key}",
                    f"{key} is given, which ECS_MANAGED_INSTANCES does not take there",
                )


for _id, _where, _key, _noun, _source, _allowed in (
    (
        "capacity-option-type",
        _LAUNCH,
        "CapacityOptionType",
        "the capacity option",
        "InstanceLaunchTemplate.capacityOptionType",
        ("ON_DEMAND", "SPOT"),
    ),
    (
        "instance-monitoring",
        _LAUNCH,
        "Monitoring",
        "the monitoring",
        "InstanceLaunchTemplate.monitoring",
        ("BASIC", "DETAILED"),
    ),
    (
        "provider-propagate-tags",
        _PROVIDER,
        "PropagateTags",
        "the propagation of tags",
        "ManagedInstancesProvider.propagateTags",
        ("CAPACITY_PROVIDER", "NONE"),
    ),
    (
        "reservation-preference",
        f"{_LAUNCH}/CapacityReservations",
        "ReservationPreference",
        "the reservation preference",
        (
            "CapacityReservationRequest.reservationPreference,"
            " InstanceLaunchTemplate.capacityReservations"
        ),
        ("RESERVATIONS_ONLY", "RESERVATIONS_FIRST", "RESERVATIONS_EXCLUDED"),
    ),
):
    _limit(
        id=_id,
        where=at(_where),
        key=_key,
        noun=_noun,
        title=f"unknown value for {_noun.removeprefix('the ')}",
        source=f"{_source}: {one_of(_allowed)}",
        why="Spelt exactly so.",
    ).one_of(_allowed)

_limit(
    id="scale-in-after",
    where=at(f"{_PROVIDER}/InfrastructureOptimization"),
    key="ScaleInAfter",
    noun="the idle time",
    title="idle time out of range",
    source='InfrastructureOptimization.scaleInAfter: "Valid values are -1 or 0 to 3600. Use -1 as'
    " a special"
    ' value to disable scale-in"; ManagedInstancesProvider.infrastructureOptimization',
    why="How long an idle instance is kept, in seconds.",
).between(-1, 3600)

_limit(
    id="managed-storage-size",
    where=at(f"{_LAUNCH}/StorageConfiguration"),
    key="StorageSizeGiB",
    noun="the storage size",
    title="storage of no size",
    source="ManagedInstancesStorageConfiguration.storageSizeGiB,"
    " InstanceLaunchTemplate.storageConfiguration: the size of the root EBS volume in GiB",
    why="A positive number of GiB.",
).between(1, None)


@_rule(
    "managed-instances-network",
    title="Managed Instances without a network",
    fix="give NetworkConfiguration at least one subnet and one security group",
    source="ManagedInstancesNetworkConfiguration.subnets,"
    " ManagedInstancesNetworkConfiguration.securityGroups: required;"
    " InstanceLaunchTemplate.networkConfiguration",
)
def managed_instances_network(environment: ComputeEnvironment) -> Iterator[Fault]:
    """Instances are launched in subnets, under security groups."""
    provider = mapping(environment.resources, "ManagedInstancesProvider")
    network = mapping(mapping(provider, "InstanceLaunchTemplate"), "NetworkConfiguration")
    for key in ("Subnets", "SecurityGroups"):
        if listing(network, key) == []:
            yield f"{_LAUNCH}/NetworkConfiguration/{key}", f"{key} is empty; at least 1 is needed"


@_rule(
    "managed-instances-types",
    title="instance types that do not exist, or are mixed",
    fix="name instance types or families of EC2, of one architecture",
    source='InstanceRequirementsRequest.allowedInstanceTypes: "A list of specific instance types or'
    ' instance families that Amazon ECS can launch (for example, m5.large or g5).";'
    " InstanceLaunchTemplate.instanceRequirements",
)
def managed_instances_types(environment: ComputeEnvironment) -> Iterator[Fault]:
    """The bundles of EC2 environments (``optimal`` and so on) do not exist here."""
    provider = mapping(environment.resources, "ManagedInstancesProvider")
    launch = mapping(provider, "InstanceLaunchTemplate")
    requirements = mapping(launch, "InstanceRequirements")
    path = f"{_LAUNCH}/InstanceRequirements/AllowedInstanceTypes"
    for position, name in enumerate(listing(requirements, "AllowedInstanceTypes") or ()):
        if not isinstance(name, str) or "*" in name:
            continue
        if name in instance_types.BUNDLES or instance_types.is_impossible(name):
            yield f"{path}/{position}", f'there is no instance type "{show(name)}"'
