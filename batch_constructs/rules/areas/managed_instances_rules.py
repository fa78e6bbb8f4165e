"""Rules about Amazon ECS Managed Instances."""

from __future__ import annotations

from batch_constructs.aws import instance_types
from batch_constructs.aws.compute_environment_facts import LAUNCH
from batch_constructs.aws.source import api
from batch_constructs.aws.typing_names import TYPE_CHECKING
from batch_constructs.rules.areas import environment_rule
from batch_constructs.rules.limit_rules import register
from batch_constructs.rules.template.values import listing, mapping, show

if TYPE_CHECKING:
    from collections.abc import Iterator

    from batch_constructs.rules.rule import Fault
    from batch_constructs.rules.template.resource_graph import ComputeEnvironment


register("managed_instances", area="managed_instances")


@environment_rule(
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
    """The collections of EC2 environments (``optimal`` and so on) do not exist here."""
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
