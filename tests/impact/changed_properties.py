"""Changes, a property each, on each kind of resource: what AWS's published texts say of them."""

from __future__ import annotations

import copy
from typing import Any

from batch_constructs.aws import updates
from batch_constructs.aws.source import Source
from batch_constructs.impact.verdict import Effect

ENVIRONMENT = "AWS::Batch::ComputeEnvironment"
CLUSTER = "arn:aws:eks:us-east-1:123456789012:cluster"
EC2 = {
    "Type": "MANAGED",
    "ReplaceComputeEnvironment": False,
    "ComputeResources": {
        "Type": "EC2",
        "AllocationStrategy": "BEST_FIT_PROGRESSIVE",
        "InstanceTypes": ["m7i"],
        "MaxvCpus": 4,
        "Subnets": ["subnet-1"],
        "SecurityGroupIds": ["sg-1"],
    },
}
SPOT = {
    **EC2,
    "ComputeResources": {
        **EC2["ComputeResources"],  # type: ignore[dict-item]  # a mapping among text
        "Type": "SPOT",
        "AllocationStrategy": "SPOT_PRICE_CAPACITY_OPTIMIZED",
        "SpotIamFleetRole": "arn:aws:iam::123456789012:role/a",
    },
}
FARGATE = {
    "Type": "MANAGED",
    "ReplaceComputeEnvironment": False,
    "ComputeResources": {
        "Type": "FARGATE",
        "MaxvCpus": 4,
        "Subnets": ["subnet-1"],
        "SecurityGroupIds": ["sg-1"],
    },
}
EKS = {
    **EC2,
    "EksConfiguration": {"EksClusterArn": f"{CLUSTER}/x", "KubernetesNamespace": "jobs"},
}
BEST_FIT = {
    **EC2,
    "ReplaceComputeEnvironment": True,
    "ComputeResources": {**EC2["ComputeResources"], "AllocationStrategy": "BEST_FIT"},  # type: ignore[dict-item]  # a mapping among text
}
MANAGED_INSTANCES = {
    "Type": "MANAGED",
    "ReplaceComputeEnvironment": False,
    "ComputeResources": {
        "Type": "ECS_MANAGED_INSTANCES",
        "MaxvCpus": 4,
        "ManagedInstancesProvider": {
            "InfrastructureRoleArn": "arn:aws:iam::123456789012:role/infrastructure",
            "InstanceLaunchTemplate": {
                "CapacityOptionType": "ON_DEMAND",
                "FipsEnabled": False,
                "Ec2InstanceProfileArn": "arn:aws:iam::123456789012:instance-profile/a",
                "NetworkConfiguration": {"Subnets": ["subnet-1"], "SecurityGroups": ["sg-1"]},
            },
        },
    },
}
UNMANAGED = {"Type": "UNMANAGED", "ServiceRole": "arn:aws:iam::123456789012:role/a"}
NONE, IN_PLACE, REPLACE = Effect.NONE, Effect.IN_PLACE, Effect.REPLACE
UPDATE = Effect.INFRASTRUCTURE_UPDATE
KINDS: dict[str, dict[str, Any]] = {
    "EC2": EC2,
    "Spot": SPOT,
    "Fargate": FARGATE,
    "EKS": EKS,
    "BEST_FIT": BEST_FIT,
    "Managed": MANAGED_INSTANCES,
    "Unmanaged": UNMANAGED,
}
LAUNCH = "ComputeResources/ManagedInstancesProvider/InstanceLaunchTemplate"

REGISTRY = updates.registry(ENVIRONMENT)
INFRASTRUCTURE, SCALING = updates.IN_PLACE, updates.SCALING
DEFAULT, FARGATE_REFUSES = updates.REPLACES_BY_DEFAULT, updates.FARGATE_REFUSES
OWN_ROLE = "arn:aws:iam::123456789012:role/own"

ENVIRONMENTS: list[tuple[str, str, Any, Effect, Source]] = [
    ("EC2", "ComputeResources/MaxvCpus", 8, IN_PLACE, REGISTRY),
    ("EC2", "ComputeResources/MinvCpus", 1, IN_PLACE, REGISTRY),
    ("EC2", "ComputeResources/DesiredvCpus", 1, IN_PLACE, REGISTRY),
    ("EC2", "State", "DISABLED", IN_PLACE, REGISTRY),
    ("EC2", "ServiceRole", OWN_ROLE, IN_PLACE, updates.ROLE_STAYS),
    ("EC2", "UpdatePolicy", {"TerminateJobsOnUpdate": True}, IN_PLACE, REGISTRY),
    ("EC2", "ReplaceComputeEnvironment", True, IN_PLACE, REGISTRY),
    ("EC2", "EcsSettings/ContainerInsights", "ENABLED", IN_PLACE, REGISTRY),
    ("EC2", "ComputeResources/ScalingPolicy", {"MinScaleDownDelayMinutes": 30}, IN_PLACE, SCALING),
    ("EC2", "ComputeResources/InstanceTypes", ["c7i"], UPDATE, INFRASTRUCTURE),
    ("EC2", "ComputeResources/InstanceTypes", ["c7g"], UPDATE, INFRASTRUCTURE),
    ("EC2", "ComputeResources/InstanceRole", "other", UPDATE, INFRASTRUCTURE),
    ("EC2", "ComputeResources/Ec2KeyPair", "key", UPDATE, INFRASTRUCTURE),
    (
        "EC2",
        "ComputeResources/Ec2Configuration",
        [{"ImageType": "ECS_AL2023"}],
        UPDATE,
        INFRASTRUCTURE,
    ),
    ("EC2", "ComputeResources/ImageId", "ami-1", UPDATE, INFRASTRUCTURE),
    ("EC2", "ComputeResources/UpdateToLatestImageVersion", True, UPDATE, INFRASTRUCTURE),
    (
        "EC2",
        "ComputeResources/LaunchTemplate",
        {"LaunchTemplateName": "x"},
        UPDATE,
        INFRASTRUCTURE,
    ),
    ("EC2", "ComputeResources/LaunchTemplate/Version", "2", UPDATE, INFRASTRUCTURE),
    ("EC2", "ComputeResources/PlacementGroup", "group", UPDATE, INFRASTRUCTURE),
    ("EC2", "ComputeResources/SecurityGroupIds", ["sg-2"], UPDATE, INFRASTRUCTURE),
    ("EC2", "ComputeResources/Subnets", ["subnet-2"], UPDATE, INFRASTRUCTURE),
    ("EC2", "ComputeResources/Tags", {"Team": "a"}, UPDATE, INFRASTRUCTURE),
    ("EC2", "ComputeResources/Tags/Team", "a", UPDATE, INFRASTRUCTURE),
    (
        "EC2",
        "ComputeResources/AllocationStrategy",
        "BEST_FIT_PROGRESSIVE_ORDERED",
        UPDATE,
        INFRASTRUCTURE,
    ),
    ("EC2", "ComputeResources/AllocationStrategy", "BEST_FIT", REPLACE, INFRASTRUCTURE),
    ("EC2", "ComputeResources/Type", "SPOT", UPDATE, INFRASTRUCTURE),
    ("EC2", "ComputeResources/Type", "FARGATE", REPLACE, FARGATE_REFUSES),
    ("EC2", "ComputeResources/Type", "ECS_MANAGED_INSTANCES", REPLACE, FARGATE_REFUSES),
    ("EC2", "Type", "managed", REPLACE, REGISTRY),
    ("EC2", "Tags", {"Team": "a"}, REPLACE, REGISTRY),
    ("EC2", "ComputeEnvironmentName", "other", REPLACE, REGISTRY),
    (
        "EC2",
        "EksConfiguration",
        {"EksClusterArn": f"{CLUSTER}/x", "KubernetesNamespace": "y"},
        REPLACE,
        REGISTRY,
    ),
    ("BEST_FIT", "ComputeResources/MaxvCpus", 8, IN_PLACE, REGISTRY),
    ("BEST_FIT", "ComputeResources/InstanceTypes", ["c7i"], REPLACE, DEFAULT),
    ("BEST_FIT", "ComputeResources/Subnets", ["subnet-2"], REPLACE, DEFAULT),
    ("BEST_FIT", "ComputeResources/UpdateToLatestImageVersion", True, IN_PLACE, REGISTRY),
    ("BEST_FIT", "ComputeResources/SecurityGroupIds", ["sg-2"], REPLACE, DEFAULT),
    ("BEST_FIT", "Tags", {"Team": "a"}, REPLACE, REGISTRY),
    ("Spot", "ComputeResources/MaxvCpus", 8, IN_PLACE, REGISTRY),
    ("Spot", "ComputeResources/InstanceTypes", ["c7i"], UPDATE, INFRASTRUCTURE),
    (
        "Spot",
        "ComputeResources/AllocationStrategy",
        "SPOT_CAPACITY_OPTIMIZED",
        UPDATE,
        INFRASTRUCTURE,
    ),
    ("Spot", "Tags", {"Team": "a"}, REPLACE, REGISTRY),
    ("Spot", "ComputeResources/BidPercentage", 60, UPDATE, INFRASTRUCTURE),
    ("Spot", "ComputeResources/Type", "EC2", UPDATE, INFRASTRUCTURE),
    ("Spot", "ComputeResources/Type", "FARGATE_SPOT", REPLACE, FARGATE_REFUSES),
    ("Spot", "ComputeResources/SpotIamFleetRole", "arn:aws:iam::1:role/b", REPLACE, REGISTRY),
    ("Fargate", "ComputeResources/MaxvCpus", 8, IN_PLACE, REGISTRY),
    ("Fargate", "ComputeResources/Subnets", ["subnet-2"], IN_PLACE, SCALING),
    ("Fargate", "ComputeResources/SecurityGroupIds", ["sg-2"], IN_PLACE, SCALING),
    ("Fargate", "ComputeResources/Type", "EC2", REPLACE, FARGATE_REFUSES),
    ("Fargate", "ComputeResources/Type", "FARGATE_SPOT", REPLACE, FARGATE_REFUSES),
    ("Fargate", "ServiceRole", OWN_ROLE, IN_PLACE, updates.ROLE_STAYS),
    ("Fargate", "State", "DISABLED", IN_PLACE, REGISTRY),
    ("Fargate", "Tags", {"Team": "a"}, REPLACE, REGISTRY),
    ("Fargate", "ComputeEnvironmentName", "another", REPLACE, REGISTRY),
    ("EKS", "EksConfiguration/EksClusterArn", f"{CLUSTER}/y", REPLACE, REGISTRY),
    ("EKS", "EksConfiguration/KubernetesNamespace", "other", REPLACE, REGISTRY),
    ("EKS", "EksConfiguration/AccessEntry/DesiredState", "ENABLED", IN_PLACE, REGISTRY),
    ("EKS", "ComputeResources/MaxvCpus", 8, IN_PLACE, REGISTRY),
    ("EKS", "ComputeResources/InstanceTypes", ["c7i"], UPDATE, INFRASTRUCTURE),
    ("EKS", "ComputeResources/Subnets", ["subnet-2"], UPDATE, INFRASTRUCTURE),
    ("EKS", "Tags", {"Team": "a"}, REPLACE, REGISTRY),
    ("Managed", f"{LAUNCH}/CapacityOptionType", "SPOT", REPLACE, REGISTRY),
    ("Managed", f"{LAUNCH}/FipsEnabled", True, REPLACE, REGISTRY),
    ("Managed", f"{LAUNCH}/StorageConfiguration/StorageSizeGiB", 100, IN_PLACE, REGISTRY),
    ("Managed", "ComputeResources/MaxvCpus", 8, IN_PLACE, REGISTRY),
    ("Managed", "Tags", {"Team": "a"}, REPLACE, REGISTRY),
    ("Managed", "ComputeResources/CapacityTags", {"Team": "a"}, IN_PLACE, REGISTRY),
    ("Managed", f"{LAUNCH}/NetworkConfiguration/Subnets", ["subnet-2"], IN_PLACE, REGISTRY),
    ("Managed", "ServiceRole", OWN_ROLE, IN_PLACE, updates.ROLE_STAYS),
    ("Managed", "ComputeResources/Type", "EC2", REPLACE, FARGATE_REFUSES),
    ("Unmanaged", "UnmanagedvCpus", 8, IN_PLACE, REGISTRY),
    ("Unmanaged", "State", "DISABLED", IN_PLACE, REGISTRY),
    ("Unmanaged", "ServiceRole", OWN_ROLE, IN_PLACE, REGISTRY),
    ("Unmanaged", "Tags", {"Team": "a"}, REPLACE, REGISTRY),
]
ARN = "arn:aws:batch:us-east-1:123456789012"
LIMIT = {
    "Action": "CANCEL",
    "MaxTimeSeconds": 600,
    "Reason": "CAPACITY:INSUFFICIENT_INSTANCE_CAPACITY",
    "State": "RUNNABLE",
}


def limits(most: int) -> list[dict[str, Any]]:
    """Give the capacity limits of a share or of a service environment."""
    return [{"CapacityUnit": "NUM_INSTANCES", "MaxCapacity": most}]


def order(environment: str) -> list[dict[str, Any]]:
    """Give the order of a queue with one environment."""
    return [{"Order": 1, "ComputeEnvironment": f"{ARN}:compute-environment/{environment}"}]


BASES: dict[str, dict[str, Any]] = {
    "JobQueue": {
        "Priority": 1,
        "SchedulingPolicyArn": f"{ARN}:scheduling-policy/a",
        "ComputeEnvironmentOrder": order("a"),
    },
    "JobDefinition": {
        "Type": "container",
        "ContainerProperties": {
            "Image": "busybox",
            "ResourceRequirements": [
                {"Type": "VCPU", "Value": "1"},
                {"Type": "MEMORY", "Value": "2048"},
            ],
        },
    },
    "SchedulingPolicy": {"FairsharePolicy": {"ShareDecaySeconds": 600}},
    "ConsumableResource": {"TotalQuantity": 3, "ResourceType": "REPLENISHABLE"},
    "QuotaShare": {
        "QuotaShareName": "research",
        "JobQueue": f"{ARN}:job-queue/a",
        "CapacityLimits": limits(2),
        "ResourceSharingConfiguration": {"Strategy": "LEND_AND_BORROW"},
        "PreemptionConfiguration": {"InSharePreemption": "DISABLED"},
        "State": "ENABLED",
    },
    "ServiceEnvironment": {
        "ServiceEnvironmentType": "SAGEMAKER_TRAINING",
        "CapacityLimits": limits(2),
    },
}
OTHERS: list[tuple[str, str, Any, Effect]] = [
    ("JobQueue", "Priority", 2, IN_PLACE),
    ("JobQueue", "State", "DISABLED", IN_PLACE),
    ("JobQueue", "Tags", {"Team": "a"}, IN_PLACE),
    ("JobQueue", "SchedulingPolicyArn", f"{ARN}:scheduling-policy/b", IN_PLACE),
    ("JobQueue", "ComputeEnvironmentOrder", order("b"), IN_PLACE),
    ("JobQueue", "JobStateTimeLimitActions", [LIMIT], IN_PLACE),
    ("JobQueue", "JobQueueName", "other", REPLACE),
    ("JobQueue", "JobQueueType", "ECS_FARGATE", REPLACE),
    ("JobDefinition", "Timeout", {"AttemptDurationSeconds": 60}, IN_PLACE),
    ("JobDefinition", "ContainerProperties/Image", "other", IN_PLACE),
    ("JobDefinition", "RetryStrategy", {"Attempts": 2}, IN_PLACE),
    ("JobDefinition", "PlatformCapabilities", ["EC2"], IN_PLACE),
    ("JobDefinition", "ContainerProperties/Environment", [{"Name": "A", "Value": "b"}], IN_PLACE),
    ("JobDefinition", "Parameters", {"key": "a"}, IN_PLACE),
    ("JobDefinition", "PropagateTags", True, IN_PLACE),
    (
        "JobDefinition",
        "ResourceRetentionPolicy",
        {"SkipDeregisterOnUpdate": True},
        IN_PLACE,
    ),
    ("JobDefinition", "SchedulingPriority", 5, IN_PLACE),
    ("JobDefinition", "Tags", {"Team": "a"}, IN_PLACE),
    ("JobDefinition", "JobDefinitionName", "other", REPLACE),
    ("SchedulingPolicy", "FairsharePolicy", {"ShareDecaySeconds": 60}, IN_PLACE),
    ("SchedulingPolicy", "Tags", {"Team": "a"}, IN_PLACE),
    ("SchedulingPolicy", "Name", "other", REPLACE),
    ("ConsumableResource", "TotalQuantity", 5, IN_PLACE),
    ("ConsumableResource", "Tags", {"Team": "a"}, IN_PLACE),
    ("ConsumableResource", "ResourceType", "NON_REPLENISHABLE", REPLACE),
    ("ConsumableResource", "ConsumableResourceName", "other", REPLACE),
    ("QuotaShare", "CapacityLimits", limits(1), IN_PLACE),
    ("QuotaShare", "ResourceSharingConfiguration/BorrowLimit", 5, IN_PLACE),
    ("QuotaShare", "PreemptionConfiguration/InSharePreemption", "ENABLED", IN_PLACE),
    ("QuotaShare", "State", "DISABLED", IN_PLACE),
    ("QuotaShare", "Tags", {"Team": "a"}, IN_PLACE),
    ("QuotaShare", "JobQueue", f"{ARN}:job-queue/b", REPLACE),
    ("QuotaShare", "QuotaShareName", "other", REPLACE),
    ("ServiceEnvironment", "State", "DISABLED", IN_PLACE),
    ("ServiceEnvironment", "CapacityLimits", limits(1), IN_PLACE),
    ("ServiceEnvironment", "Tags", {"Team": "a"}, IN_PLACE),
    ("ServiceEnvironment", "ServiceEnvironmentName", "other", REPLACE),
]


def put(properties: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    changed = copy.deepcopy(properties)
    *way, last = path.split("/")
    within = changed
    for step in way:
        within = within.setdefault(step, {})
    within[last] = value
    return changed


SUBNETS = "ComputeResources/Subnets"
NODES = {
    "Type": "multinode",
    "NodeProperties": {
        "MainNode": 0,
        "NumNodes": 2,
        "NodeRangeProperties": [
            {"TargetNodes": "0:", "Container": BASES["JobDefinition"]["ContainerProperties"]}
        ],
    },
}
NAMED = {**EC2, "ComputeEnvironmentName": "fixed"}
NAMED_LICENCES = {**BASES["ConsumableResource"], "ConsumableResourceName": "fixed"}
FIFO = {key: one for key, one in BASES["JobQueue"].items() if key != "SchedulingPolicyArn"}
TRAPS: dict[str, tuple[str, dict[str, Any], dict[str, Any]]] = {
    "EC2 with a fixed name: `Tags`": (ENVIRONMENT, NAMED, put(NAMED, "Tags", {"Team": "a"})),
    "EC2 with `BEST_FIT`, to be updated in place: `InstanceTypes`": (
        ENVIRONMENT,
        {**BEST_FIT, "ReplaceComputeEnvironment": False},
        put(
            {**BEST_FIT, "ReplaceComputeEnvironment": False},
            "ComputeResources/InstanceTypes",
            ["c7i"],
        ),
    ),
    "EC2 with `BEST_FIT`, to be updated in place: `AllocationStrategy`": (
        ENVIRONMENT,
        {**BEST_FIT, "ReplaceComputeEnvironment": False},
        EC2,
    ),
    "EC2 that becomes unmanaged": (ENVIRONMENT, EC2, UNMANAGED),
    "Fargate, to be replaced: `Subnets`": (
        ENVIRONMENT,
        {**FARGATE, "ReplaceComputeEnvironment": True},
        put({**FARGATE, "ReplaceComputeEnvironment": True}, SUBNETS, ["subnet-2"]),
    ),
    "a definition of one container becomes one of several nodes": (
        "AWS::Batch::JobDefinition",
        BASES["JobDefinition"],
        NODES,
    ),
    "EC2 with a service role of its own: `InstanceTypes`": (
        ENVIRONMENT,
        {**EC2, "ServiceRole": OWN_ROLE},
        put({**EC2, "ServiceRole": OWN_ROLE}, "ComputeResources/InstanceTypes", ["c7i"]),
    ),
    "a consumable resource with a fixed name: `ResourceType`": (
        "AWS::Batch::ConsumableResource",
        NAMED_LICENCES,
        {**NAMED_LICENCES, "ResourceType": "NON_REPLENISHABLE"},
    ),
    "a queue loses its scheduling policy": ("AWS::Batch::JobQueue", BASES["JobQueue"], FIFO),
    "a FIFO queue gets a scheduling policy": ("AWS::Batch::JobQueue", FIFO, BASES["JobQueue"]),
    "a queue with a fixed name: `JobQueueType`": (
        "AWS::Batch::JobQueue",
        {**FIFO, "JobQueueType": "ECS_FARGATE", "JobQueueName": "fixed"},
        {**FIFO, "JobQueueType": "ECS", "JobQueueName": "fixed"},
    ),
    "a queue of compute environments gets a service environment": (
        "AWS::Batch::JobQueue",
        FIFO,
        {
            "Priority": 1,
            "ServiceEnvironmentOrder": [
                {"Order": 1, "ServiceEnvironment": f"{ARN}:service-environment/a"}
            ],
        },
    ),
    "a scheduling policy becomes one of quota shares": (
        "AWS::Batch::SchedulingPolicy",
        BASES["SchedulingPolicy"],
        {"QuotaSharePolicy": {"IdleResourceAssignmentStrategy": "FIFO"}},
    ),
    "a scheduling policy of fair shares becomes one by arrival": (
        "AWS::Batch::SchedulingPolicy",
        BASES["SchedulingPolicy"],
        {},
    ),
}
"""What depends on more than one property: the type, and the resource before and after."""
