"""Compute environments: what each property may be, and which kinds of environment take it.

https://docs.aws.amazon.com/batch/latest/APIReference/API_CreateComputeEnvironment.html
"""

from __future__ import annotations

from functools import partial
from typing import Final

from batch_constructs.aws.bound import Counting, Matching, OneOf, Whole
from batch_constructs.aws.limit import Limit
from batch_constructs.aws.names import RESOURCE_NAME
from batch_constructs.aws.source import Source, api, guide

ON_DEMAND_STRATEGIES: Final = ("BEST_FIT_PROGRESSIVE_ORDERED",)
"""Allocation strategies of On-Demand instances alone."""

SPOT_STRATEGIES: Final = (
    "SPOT_CAPACITY_OPTIMIZED",
    "SPOT_PRICE_CAPACITY_OPTIMIZED",
    "SPOT_CAPACITY_OPTIMIZED_PRIORITIZED",
)
"""Allocation strategies of Spot instances alone."""

ALLOCATION_STRATEGIES: Final = (
    "BEST_FIT",
    "BEST_FIT_PROGRESSIVE",
    *ON_DEMAND_STRATEGIES,
    *SPOT_STRATEGIES,
)

DEFAULT_STRATEGY: Final = "BEST_FIT"
"""What AWS Batch takes when none is given."""

ECS_IMAGES: Final = ("ECS_AL2", "ECS_AL2_NVIDIA", "ECS_AL2023", "ECS_AL2023_NVIDIA")
EKS_IMAGES: Final = ("EKS_AL2", "EKS_AL2_NVIDIA", "EKS_AL2023", "EKS_AL2023_NVIDIA")
"""Types of images that AWS Batch chooses itself, those for Amazon Linux 2 first."""

FARGATE_SUBNETS: Final = 16
FARGATE_SECURITY_GROUPS: Final = 5
"""The most that an environment on Fargate takes; it needs one of each."""

NOT_ON_FARGATE: Final = (
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
    "SpotIamFleetRole",
    "Tags",
)
"""Compute resources that an environment on Fargate does not take; even ``MinvCpus: 0`` is
refused."""

NOT_ON_FARGATE_SOURCE: Final[Source] = api(
    "ComputeResource.minvCpus",
    'also ComputeResource.desiredvCpus, ComputeResource.ec2KeyPair and others: "This parameter'
    " isn't applicable to jobs that are running on Fargate resources. Don't specify it.\"",
)

NOT_ON_MANAGED_INSTANCES: Final = (*NOT_ON_FARGATE, "SecurityGroupIds", "Subnets")
"""Compute resources that are said inside the provider of ECS Managed Instances, or not at all."""

NOT_ON_MANAGED_INSTANCES_SOURCE: Final[Source] = guide(
    "managed-instances-compute-environments",
    "All networking, instance profile, and instance selection configuration lives within the"
    " managedInstancesProvider block; ComputeResource.imageId, ComputeResource.ec2KeyPair and the"
    " like are for EC2.",
)

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
        source=api("CreateComputeEnvironmentRequest.type", '"MANAGED or UNMANAGED"'),
        title="unknown type of compute environment",
        why="There are two types of compute environment.",
    ),
    _limit(
        rule="compute-environment-state",
        name="State",
        noun="the state of the compute environment",
        bound=OneOf(("ENABLED", "DISABLED"), any_case=True),
        source=api("CreateComputeEnvironmentRequest.state", "ENABLED or DISABLED"),
        title="unknown state of a compute environment",
        why="A compute environment is on or off.",
    ),
    _limit(
        rule="compute-resources-type",
        name="ComputeResources/Type",
        noun="the type of the compute resources",
        bound=OneOf(
            ("EC2", "SPOT", "FARGATE", "FARGATE_SPOT", "ECS_MANAGED_INSTANCES"), any_case=True
        ),
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
        source=api("EcsSettings.containerInsights", "ENABLED, ENHANCED or DISABLED"),
        title="unknown Container Insights mode",
        why="Batch knows three modes of Container Insights.",
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
        why="One for CPU instances and one for GPU instances.",
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
        why="Another word is not a version.",
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
        title="unknown user data type",
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
            why="The API model bounds its length.",
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
        title="cluster given by something else than its ARN",
        why="Not its name.",
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
