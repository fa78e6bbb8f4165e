"""Compute environments: what each property may be, and which kinds of environment take it.

https://docs.aws.amazon.com/batch/latest/APIReference/API_CreateComputeEnvironment.html
"""

from __future__ import annotations

import re
from enum import StrEnum

from batch_constructs.aws.bound import Counting, Whole
from batch_constructs.aws.platforms import PlatformCapability
from batch_constructs.aws.source import Source, api, guide, seen
from batch_constructs.aws.typing_names import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping


class EnvironmentType(StrEnum):
    """Whether AWS Batch starts what jobs run on."""

    MANAGED = "MANAGED"
    UNMANAGED = "UNMANAGED"


class ResourceType(StrEnum):
    """What the jobs of an environment run on.

    https://docs.aws.amazon.com/batch/latest/APIReference/API_ComputeResource.html
    """

    EC2 = "EC2"
    SPOT = "SPOT"
    FARGATE = "FARGATE"
    FARGATE_SPOT = "FARGATE_SPOT"
    ECS_MANAGED_INSTANCES = "ECS_MANAGED_INSTANCES"


PLATFORMS: Final[Mapping[str, PlatformCapability]] = {
    ResourceType.EC2: PlatformCapability.EC2,
    ResourceType.SPOT: PlatformCapability.EC2,
    EnvironmentType.UNMANAGED: PlatformCapability.EC2,
    ResourceType.FARGATE: PlatformCapability.FARGATE,
    ResourceType.FARGATE_SPOT: PlatformCapability.FARGATE,
    ResourceType.ECS_MANAGED_INSTANCES: PlatformCapability.MANAGED_INSTANCES,
}
"""What the jobs of an environment run on, or that it is not managed → their platform on ECS."""


class CapacityOption(StrEnum):
    """How Amazon ECS Managed Instances are bought.

    https://docs.aws.amazon.com/batch/latest/APIReference/API_InstanceLaunchTemplate.html
    """

    ON_DEMAND = "ON_DEMAND"
    SPOT = "SPOT"


ON_INSTANCES: Final = (ResourceType.EC2, ResourceType.SPOT)
ON_FARGATE: Final = (ResourceType.FARGATE, ResourceType.FARGATE_SPOT)
ON_SPOT: Final = (ResourceType.SPOT, ResourceType.FARGATE_SPOT)
ON_MANAGED_INSTANCES: Final = (ResourceType.ECS_MANAGED_INSTANCES,)
RESOURCE_TYPES: Final = tuple(ResourceType)
"""Types of compute resources."""


class AllocationStrategy(StrEnum):
    """How AWS Batch chooses among the instance types of an environment.

    https://docs.aws.amazon.com/batch/latest/userguide/allocation-strategies.html
    """

    BEST_FIT = "BEST_FIT"
    BEST_FIT_PROGRESSIVE = "BEST_FIT_PROGRESSIVE"
    BEST_FIT_PROGRESSIVE_ORDERED = "BEST_FIT_PROGRESSIVE_ORDERED"
    SPOT_CAPACITY_OPTIMIZED = "SPOT_CAPACITY_OPTIMIZED"
    SPOT_CAPACITY_OPTIMIZED_PRIORITIZED = "SPOT_CAPACITY_OPTIMIZED_PRIORITIZED"
    SPOT_PRICE_CAPACITY_OPTIMIZED = "SPOT_PRICE_CAPACITY_OPTIMIZED"


BEST_FIT: Final = AllocationStrategy.BEST_FIT
"""The allocation strategy that AWS Batch takes where none is given."""

STRATEGIES: Final[Mapping[str, tuple[AllocationStrategy, ...]]] = {
    ResourceType.EC2: (
        BEST_FIT,
        AllocationStrategy.BEST_FIT_PROGRESSIVE,
        AllocationStrategy.BEST_FIT_PROGRESSIVE_ORDERED,
    ),
    ResourceType.SPOT: (
        BEST_FIT,
        AllocationStrategy.BEST_FIT_PROGRESSIVE,
        AllocationStrategy.SPOT_CAPACITY_OPTIMIZED,
        AllocationStrategy.SPOT_PRICE_CAPACITY_OPTIMIZED,
        AllocationStrategy.SPOT_CAPACITY_OPTIMIZED_PRIORITIZED,
    ),
}
"""Types of compute resources that have allocation strategies, and those that each has."""

ORDERED_STRATEGIES: Final = (
    AllocationStrategy.BEST_FIT_PROGRESSIVE_ORDERED,
    AllocationStrategy.SPOT_CAPACITY_OPTIMIZED_PRIORITIZED,
)
"""Strategies that prefer what stands first among the instance types."""

ALLOCATION_STRATEGIES: Final = tuple(AllocationStrategy)

IN_PLACE_STRATEGIES: Final = tuple(one for one in ALLOCATION_STRATEGIES if one != BEST_FIT)
"""Strategies of an environment that can be updated in place (CRUpdateAllocationStrategy)."""


class ImageType(StrEnum):
    """The kinds of machine image that AWS Batch offers; it uses the newest of each kind.

    Images with NVIDIA's driver are for instances with NVIDIA GPUs, on x86 and Arm. The others are
    for all other instances, on x86 and Arm.
    """

    ECS_AL2023 = "ECS_AL2023"
    ECS_AL2023_NVIDIA = "ECS_AL2023_NVIDIA"
    EKS_AL2023 = "EKS_AL2023"
    EKS_AL2023_NVIDIA = "EKS_AL2023_NVIDIA"


ENDED_ECS_IMAGES: Final = ("ECS_AL2", "ECS_AL2_NVIDIA")
ECS_IMAGES: Final = (ImageType.ECS_AL2023, ImageType.ECS_AL2023_NVIDIA)
"""Types of images for Amazon ECS: of Amazon Linux 2, which no new environment takes, and 2023."""

ENDED_EKS_IMAGES: Final = ("EKS_AL2", "EKS_AL2_NVIDIA")
"""Types of images for Amazon EKS of Amazon Linux 2, whose support has ended."""

NO_AL2023_FAMILIES: Final = ("a1",)
NO_AL2023_NVIDIA_FAMILIES: Final = ("p3", "p3dn", "g3", "g3s")
"""Instance families that an image for Amazon ECS does not support."""

IMAGE_FAMILIES_SOURCE: Final[Source] = api(
    "Ec2Configuration.imageType",
    '"Amazon Linux 2023 does not support A1 instances"; "ECS_AL2023_NVIDIA doesn\'t support p3 and'
    ' g3 instance types"',
)

FARGATE_NETWORK: Final = {
    "Subnets": Counting(1, 16, "subnets"),
    "SecurityGroupIds": Counting(1, 5, "security groups"),
}
"""What an environment on Fargate needs, and how many of it."""

FARGATE_NETWORK_SOURCE: Final[Source] = api(
    "ComputeResource.subnets",
    '"Fargate compute resources can contain up to 16 subnets."; the network of an ECS task takes 5'
    " security groups.",
)

PROVIDER: Final = "ComputeResources/ManagedInstancesProvider"
LAUNCH: Final = f"{PROVIDER}/InstanceLaunchTemplate"
"""Where the properties of Amazon ECS Managed Instances and of their launch stand."""

VCPUS: Final = Whole(0)
"""The fewest and the desired vCPUs of an environment, and those of one that is unmanaged."""

HAS_MORE: Final = "desiredvCpus should be between minvCpus and maxvCpus."
"""How AWS Batch refuses a maximum below the vCPUs that an environment on EC2 or Spot has."""

HAS_MORE_SOURCE: Final[Source] = guide(
    "scaling-updates",
    '"When updating desiredvCpus, the value must be between minvCpus and maxvCpus."; that a maximum'
    " below it is refused, and that a disabled environment can be lowered once its jobs have ended,"
    " was seen: https://github.com/ASFHyP3/hyp3/issues/2965",
)

TAKEN_BY: Final = {
    "AllocationStrategy": ON_INSTANCES,
    "BidPercentage": (ResourceType.SPOT,),
    "CapacityTags": ON_MANAGED_INSTANCES,
    "DesiredvCpus": ON_INSTANCES,
    "Ec2Configuration": ON_INSTANCES,
    "Ec2KeyPair": ON_INSTANCES,
    "ImageId": ON_INSTANCES,
    "InstanceRole": ON_INSTANCES,
    "InstanceTypes": ON_INSTANCES,
    "LaunchTemplate": ON_INSTANCES,
    "ManagedInstancesProvider": ON_MANAGED_INSTANCES,
    "MinvCpus": ON_INSTANCES,
    "PlacementGroup": ON_INSTANCES,
    "ScalingPolicy": ON_INSTANCES,
    "SecurityGroupIds": (*ON_INSTANCES, *ON_FARGATE),
    "SpotIamFleetRole": (ResourceType.SPOT,),
    "Subnets": (*ON_INSTANCES, *ON_FARGATE),
    "Tags": ON_INSTANCES,
}
"""Compute resources that not every type takes, and those that do."""


def _only(types: tuple[str, ...], besides: tuple[str, ...]) -> tuple[str, ...]:
    """Name what some types take and another one does not."""
    return tuple(
        key
        for key, takers in TAKEN_BY.items()
        if not set(types).isdisjoint(takers) and set(besides).isdisjoint(takers)
    )


NOT_ON_FARGATE: Final = _only(ON_INSTANCES, ON_FARGATE)
NOT_ON_MANAGED_INSTANCES: Final = _only(ON_INSTANCES, ON_MANAGED_INSTANCES)
ONLY_ON_SPOT: Final = _only((ResourceType.SPOT,), (ResourceType.EC2,))
ONLY_ON_MANAGED_INSTANCES: Final = _only(ON_MANAGED_INSTANCES, (*ON_INSTANCES, *ON_FARGATE))


class UserdataType(StrEnum):
    """How a node with a custom image joins an Amazon EKS cluster.

    https://docs.aws.amazon.com/batch/latest/APIReference/API_LaunchTemplateSpecification.html
    """

    EKS_BOOTSTRAP_SH = "EKS_BOOTSTRAP_SH"
    EKS_NODEADM = "EKS_NODEADM"


DETAILED: Final = "DETAILED"
"""The monitoring of Managed Instances every minute; without it every five.

https://docs.aws.amazon.com/batch/latest/APIReference/API_InstanceLaunchTemplate.html
"""

TAGS_OF_THE_PROVIDER: Final = "CAPACITY_PROVIDER"
"""Whose tags Managed Instances get; without it they get none.

https://docs.aws.amazon.com/batch/latest/APIReference/API_ManagedInstancesProvider.html
"""


class ContainerInsights(StrEnum):
    """How much detail CloudWatch Container Insights records about the environment's ECS cluster."""

    DISABLED = "DISABLED"
    ENABLED = "ENABLED"
    ENHANCED = "ENHANCED"


class ReservationPreference(StrEnum):
    """Whether instances come from capacity reservations."""

    RESERVATIONS_ONLY = "RESERVATIONS_ONLY"
    RESERVATIONS_FIRST = "RESERVATIONS_FIRST"
    RESERVATIONS_EXCLUDED = "RESERVATIONS_EXCLUDED"


class AccessEntryState(StrEnum):
    """Whether AWS Batch manages its own access entry on the cluster.

    https://docs.aws.amazon.com/batch/latest/userguide/eks-access-entry.html
    """

    ENABLED = "ENABLED"
    DISABLED = "DISABLED"
    INHERIT_FROM_CLUSTER = "INHERIT_FROM_CLUSTER"


def is_scaling_group_of(environment: str, group: str) -> bool:
    """Tell by the name of an Auto Scaling group whether it is one of an environment."""
    name = re.escape(environment)
    return bool(re.fullmatch(rf"(AWSBatch-)?{name}-asg-[0-9a-f]{{8}}(-[0-9a-f]+){{4}}", group))


SCALING_GROUP_SOURCE: Final[Source] = seen(
    "https://github.com/outerbounds/terraform-aws-metaflow/pull/19",
    "autoScalingGroupName/ENVIRONMENT-asg-UUID with a service role of one's own; with the"
    " service-linked role, which may only create groups called AWSBatch*, that comes before it.",
)
