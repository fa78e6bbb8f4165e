"""Compute environments: what each property may be, and which kinds of environment take it.

https://docs.aws.amazon.com/batch/latest/APIReference/API_CreateComputeEnvironment.html
"""

from __future__ import annotations

from functools import partial
from typing import Final

from batch_constructs.aws.bound import Counting, Matching, OneOf, Whole
from batch_constructs.aws.limit import Limit
from batch_constructs.aws.names import RESOURCE_NAME
from batch_constructs.aws.source import Source, api

ON_INSTANCES: Final = ("EC2", "SPOT")
ON_FARGATE: Final = ("FARGATE", "FARGATE_SPOT")
ON_MANAGED_INSTANCES: Final = ("ECS_MANAGED_INSTANCES",)
RESOURCE_TYPES: Final = (*ON_INSTANCES, *ON_FARGATE, *ON_MANAGED_INSTANCES)
"""Types of compute resources."""

BEST_FIT: Final = "BEST_FIT"
"""The allocation strategy that AWS Batch takes where none is given."""

STRATEGIES: Final = {
    "EC2": (BEST_FIT, "BEST_FIT_PROGRESSIVE", "BEST_FIT_PROGRESSIVE_ORDERED"),
    "SPOT": (
        BEST_FIT,
        "BEST_FIT_PROGRESSIVE",
        "SPOT_CAPACITY_OPTIMIZED",
        "SPOT_PRICE_CAPACITY_OPTIMIZED",
        "SPOT_CAPACITY_OPTIMIZED_PRIORITIZED",
    ),
}
"""Types of compute resources that have allocation strategies, and those that each has."""

ALLOCATION_STRATEGIES: Final = tuple(dict.fromkeys((*STRATEGIES["EC2"], *STRATEGIES["SPOT"])))

IN_PLACE_STRATEGIES: Final = tuple(one for one in ALLOCATION_STRATEGIES if one != BEST_FIT)
"""Strategies of an environment that can be updated in place (CRUpdateAllocationStrategy)."""

ENDED_ECS_IMAGES: Final = ("ECS_AL2", "ECS_AL2_NVIDIA")
ECS_IMAGES: Final = ("ECS_AL2023", "ECS_AL2023_NVIDIA")
"""Types of images for Amazon ECS: of Amazon Linux 2, which no new environment takes, and later."""

ENDED_EKS_IMAGES: Final = ("EKS_AL2", "EKS_AL2_NVIDIA")
EKS_IMAGES: Final = ("EKS_AL2023", "EKS_AL2023_NVIDIA")
"""Types of images for Amazon EKS: of Amazon Linux 2, whose support has ended, and later."""

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

VCPUS: Final = Whole(0)
"""The fewest and the desired vCPUs of an environment, and those of one that is unmanaged."""

TAKEN_BY: Final = {
    "AllocationStrategy": ON_INSTANCES,
    "BidPercentage": ("SPOT",),
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
    "SpotIamFleetRole": ("SPOT",),
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
ONLY_ON_SPOT: Final = _only(("SPOT",), ("EC2",))
ONLY_ON_MANAGED_INSTANCES: Final = _only(ON_MANAGED_INSTANCES, (*ON_INSTANCES, *ON_FARGATE))

LAUNCH_TEMPLATES: Final = (
    "ComputeResources/LaunchTemplate",
    "ComputeResources/LaunchTemplate/Overrides/*",
)

_limit = partial(Limit, type="AWS::Batch::ComputeEnvironment")

LIMITS: Final = (
    _limit(
        rule="compute-environment-name",
        name="ComputeEnvironmentName",
        noun="the compute environment name",
        bound=RESOURCE_NAME,
        source=api(
            "CreateComputeEnvironmentRequest.computeEnvironmentName",
            '"It can be up to 128 characters long. It can contain uppercase and lowercase'
            ' letters, numbers, hyphens (-), and underscores (_)."',
        ),
        title="compute environment name of a wrong shape",
        why="Batch refuses the name when the environment is created.",
    ),
    _limit(
        rule="compute-environment-type",
        name="Type",
        noun="the type of the compute environment",
        bound=OneOf(("MANAGED", "UNMANAGED"), any_case=True),
        source=api(
            "CreateComputeEnvironmentRequest.type", "Valid values are MANAGED and UNMANAGED."
        ),
        title="unknown type of compute environment",
        why="There are two types of compute environment.",
    ),
    _limit(
        rule="compute-environment-state",
        name="State",
        noun="the state of the compute environment",
        bound=OneOf(("ENABLED", "DISABLED"), any_case=True),
        source=api(
            "CreateComputeEnvironmentRequest.state", "Valid values are ENABLED and DISABLED."
        ),
        title="unknown state of a compute environment",
        why="A compute environment is on or off.",
    ),
    _limit(
        rule="compute-resources-type",
        name="ComputeResources/Type",
        noun="the type of the compute resources",
        bound=OneOf(RESOURCE_TYPES, any_case=True),
        source=api(
            "ComputeResource.type", '"EC2, SPOT, FARGATE, FARGATE_SPOT, or ECS_MANAGED_INSTANCES"'
        ),
        title="unknown type of compute resources",
        why="The type decides which other parameters apply.",
    ),
    _limit(
        rule="bid-percentage",
        name="ComputeResources/BidPercentage",
        noun="the bid percentage",
        bound=Whole(1, 100),
        source=api(
            "ComputeResource.bidPercentage",
            '"The maximum percentage that a Spot Instance price can be when compared with the'
            ' On-Demand price"; left empty, it is 100%',
        ),
        title="bid percentage out of range",
        why="It is a percentage of the On-Demand price. Zero does not mean no limit: no Spot"
        " price can be below it, so nothing would ever start.",
    ),
    _limit(
        rule="max-vcpus",
        name="ComputeResources/MaxvCpus",
        noun="the maximum of vCPUs",
        bound=Whole(1),
        source=api(
            "ComputeResource.maxvCpus",
            '"The maximum number of vCPUs that a compute environment can support."',
        ),
        title="maximum of vCPUs that lets nothing start",
        why="Every job needs vCPUs, so with none of them no job ever starts.",
    ),
    _limit(
        rule="scale-down-delay",
        name="ComputeResources/ScalingPolicy/MinScaleDownDelayMinutes",
        noun="the scale-down delay",
        bound=Whole(20, 10080, also=(0,), unit="minutes"),
        source=api(
            "ComputeScalingPolicy.minScaleDownDelayMinutes",
            '"Minimum value of 20. Maximum value of 10080. Use 0 to unset"',
        ),
        title="scale-down delay out of range",
        why="How long an idle instance is kept.",
    ),
    _limit(
        rule="container-insights",
        name="EcsSettings/ContainerInsights",
        noun="the Container Insights mode",
        bound=OneOf(("ENABLED", "ENHANCED", "DISABLED")),
        source=api(
            "EcsSettings.containerInsights", "Valid values are ENABLED, ENHANCED and DISABLED."
        ),
        title="unknown Container Insights mode",
        why="Container Insights is off, on, or on with more detail.",
    ),
    _limit(
        rule="allocation-strategy",
        name="ComputeResources/AllocationStrategy",
        noun="the allocation strategy",
        bound=OneOf(ALLOCATION_STRATEGIES),
        source=api("ComputeResource.allocationStrategy", "The values of CRAllocationStrategy."),
        title="unknown allocation strategy",
        why="The strategy decides which instance types are launched.",
    ),
    _limit(
        rule="update-timeout",
        name="UpdatePolicy/JobExecutionTimeoutMinutes",
        noun="the job execution timeout",
        bound=Whole(1, 7200, unit="minutes"),
        source=api(
            "UpdatePolicy.jobExecutionTimeoutMinutes",
            '"The default value is 30. The maximum value is 7200."',
        ),
        title="update timeout out of range",
        why="How long an infrastructure update waits for running jobs.",
    ),
    _limit(
        rule="ec2-configuration-count",
        name="ComputeResources/Ec2Configuration",
        noun="Ec2Configuration",
        bound=Counting(0, 2, "entries"),
        source=api("ComputeResource.ec2Configuration", '"One or two values can be provided."'),
        title="too many image configurations",
        why="There is one for instances with GPUs, and one for those without.",
    ),
    _limit(
        rule="launch-template-version",
        within=LAUNCH_TEMPLATES,
        name="Version",
        noun="the launch template version",
        bound=Matching("\\d+|\\$Default|\\$Latest", "a version number, $Default or $Latest"),
        source=api(
            "LaunchTemplateSpecification.version",
            '"The version number of the launch template, $Default, or $Latest.";'
            " LaunchTemplateSpecificationOverride.version",
        ),
        title="launch template version of a wrong shape",
        why="A launch template has no version of another name.",
    ),
    _limit(
        rule="launch-template-overrides",
        name="ComputeResources/LaunchTemplate/Overrides",
        noun="the launch template",
        bound=Counting(0, 10, "overrides"),
        source=api(
            "LaunchTemplateSpecification.overrides",
            '"You can specify up to ten (10) launch template overrides"',
        ),
        title="too many launch template overrides",
        why="Ten overrides are the limit for each compute environment.",
    ),
    _limit(
        rule="userdata-type",
        within=LAUNCH_TEMPLATES,
        name="UserdataType",
        noun="UserdataType",
        bound=OneOf(("EKS_BOOTSTRAP_SH", "EKS_NODEADM")),
        source=api(
            "LaunchTemplateSpecification.userdataType",
            "also LaunchTemplateSpecificationOverride.userdataType: EKS_BOOTSTRAP_SH or"
            " EKS_NODEADM",
        ),
        title="unknown type of user data",
        why="It chooses how a node joins an Amazon EKS cluster.",
    ),
    *(
        _limit(
            rule=f"{rule}-length",
            within=("ComputeResources/Ec2Configuration/*",),
            name=name,
            noun=name,
            bound=Matching(r"(?s).+", "1 to 256 characters", 256),
            source=api(f"Ec2Configuration.{name[0].lower()}{name[1:]}", "1 to 256 characters."),
            title=f"{name} of a wrong length",
            why="The API of Batch takes no longer one, and none that is empty.",
        )
        for rule, name in (
            ("image-id-override", "ImageIdOverride"),
            ("image-type", "ImageType"),
            ("image-kubernetes-version", "ImageKubernetesVersion"),
        )
    ),
    _limit(
        rule="eks-cluster-arn",
        name="EksConfiguration/EksClusterArn",
        noun="the cluster",
        bound=Matching(
            r"arn:[\w-]+:eks:[\w-]*:\d*:cluster/.+", "an ARN such as arn:aws:eks:…:cluster/name"
        ),
        source=api(
            "EksConfiguration.eksClusterArn",
            '"The Amazon Resource Name (ARN) of the Amazon EKS cluster."',
        ),
        title="cluster that is not given by its ARN",
        why="A name does not say the account and the Region.",
    ),
    _limit(
        rule="eks-access-entry",
        name="EksConfiguration/AccessEntry/DesiredState",
        noun="the desired state of the access entry",
        bound=OneOf(("ENABLED", "DISABLED", "INHERIT_FROM_CLUSTER")),
        source=api(
            "EksAccessEntry.desiredState",
            "also EksConfiguration.accessEntry: ENABLED, DISABLED or INHERIT_FROM_CLUSTER.",
        ),
        title="unknown state of the access entry",
        why="Whether Batch manages an access entry on the cluster.",
    ),
)
