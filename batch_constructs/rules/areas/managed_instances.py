"""Rules about Amazon ECS Managed Instances."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from batch_constructs.aws import instance_types
from batch_constructs.aws.compute_environments import ON_INSTANCES, ON_MANAGED_INSTANCES
from batch_constructs.aws.managed_instances import LAUNCH, PROVIDER
from batch_constructs.aws.source import api, guide
from batch_constructs.rules.areas.compute_environments import not_taken
from batch_constructs.rules.limits import register
from batch_constructs.rules.rule import Fault, rule
from batch_constructs.rules.template.resources import COMPUTE_ENVIRONMENT, ComputeEnvironment
from batch_constructs.rules.template.values import listing, mapping, show

if TYPE_CHECKING:
    from collections.abc import Iterator

AREA: Final = "managed_instances"
_rule = partial(rule, subject=COMPUTE_ENVIRONMENT, area=AREA)

register("managed_instances", area=AREA)


@_rule(
    "managed-instances-provider",
    title="Managed Instances without a provider, or a provider without Managed Instances",
    fix="give ManagedInstancesProvider with the type ECS_MANAGED_INSTANCES only",
    source=api(
        "ComputeResource.managedInstancesProvider",
        '"This parameter is required when computeResources.type is ECS_MANAGED_INSTANCES and must'
        ' not be specified for other compute environment types."; ComputeResource.capacityTags:'
        ' "This parameter is only valid for ECS_MANAGED_INSTANCES compute environments."',
    ),
)
def managed_instances_provider(environment: ComputeEnvironment) -> Iterator[Fault]:
    """It describes the network, the roles and the instances."""
    if environment.is_managed_instances:
        if environment.resources.get("ManagedInstancesProvider") is None:
            yield (
                PROVIDER,
                "ManagedInstancesProvider is missing; the type ECS_MANAGED_INSTANCES needs it",
            )
    elif environment.kind is not None:
        yield from not_taken(environment, ON_MANAGED_INSTANCES)


@_rule(
    "managed-instances-parameters",
    title="parameter that Managed Instances environments refuse",
    fix="give it inside ManagedInstancesProvider, or leave it out",
    source=guide(
        "ecs-managed-instances-compute-environments",
        "All networking, instance profile, and instance selection configuration lives within the"
        " managedInstancesProvider block; ComputeResource.imageId, ComputeResource.ec2KeyPair and"
        " the like are for EC2.",
    ),
)
def managed_instances_parameters(environment: ComputeEnvironment) -> Iterator[Fault]:
    """Networks, roles and instances are described in the provider alone."""
    if environment.is_managed_instances:
        yield from not_taken(environment, ON_INSTANCES)


@_rule(
    "managed-instances-network",
    title="Managed Instances without a network",
    fix="give NetworkConfiguration at least one subnet and one security group",
    source=api(
        "ManagedInstancesNetworkConfiguration.subnets",
        "also ManagedInstancesNetworkConfiguration.securityGroups: required;"
        " InstanceLaunchTemplate.networkConfiguration",
    ),
)
def managed_instances_network(environment: ComputeEnvironment) -> Iterator[Fault]:
    """Instances are launched in subnets, under security groups."""
    provider = mapping(environment.resources, "ManagedInstancesProvider")
    network = mapping(mapping(provider, "InstanceLaunchTemplate"), "NetworkConfiguration")
    for key in ("Subnets", "SecurityGroups"):
        if listing(network, key) == []:
            yield (
                f"{LAUNCH}/NetworkConfiguration/{key}",
                f"{key} is empty; allowed are 1 or more",
            )


@_rule(
    "managed-instances-types",
    title="instance types that do not exist",
    fix="name instance types or families of EC2",
    source=api(
        "InstanceRequirementsRequest.allowedInstanceTypes",
        '"A list of specific instance types or instance families that Amazon ECS can launch (for'
        ' example, m5.large or g5)."; InstanceLaunchTemplate.instanceRequirements',
    ),
)
def managed_instances_types(environment: ComputeEnvironment) -> Iterator[Fault]:
    """The bundles of EC2 environments (``optimal`` and so on) do not exist here."""
    provider = mapping(environment.resources, "ManagedInstancesProvider")
    launch = mapping(provider, "InstanceLaunchTemplate")
    requirements = mapping(launch, "InstanceRequirements")
    path = f"{LAUNCH}/InstanceRequirements/AllowedInstanceTypes"
    for position, name in enumerate(listing(requirements, "AllowedInstanceTypes") or ()):
        if not isinstance(name, str) or "*" in name:
            continue
        if name in instance_types.BUNDLES or instance_types.is_impossible(name):
            yield (
                f"{path}/{position}",
                f'AllowedInstanceTypes names "{show(name)}", which does not exist',
            )
