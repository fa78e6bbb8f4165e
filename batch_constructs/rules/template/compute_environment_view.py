"""A compute environment of a template as rules see it."""

from __future__ import annotations

from functools import cached_property

from batch_constructs.aws import compute_environment_facts as aws
from batch_constructs.aws import instance_types as table
from batch_constructs.aws.compute_environment_facts import (
    ON_SPOT,
    PLATFORMS,
    CapacityOption,
    EnvironmentType,
)
from batch_constructs.aws.platforms import Orchestration
from batch_constructs.aws.typing_names import TYPE_CHECKING
from batch_constructs.rules.template.launch_template_view import LaunchTemplate
from batch_constructs.rules.template.resource_view import LAUNCH_TEMPLATE, Resource
from batch_constructs.rules.template.values import (
    UNKNOWN,
    Properties,
    absent,
    all_texts,
    entries,
    mapping,
    number,
    text,
)

if TYPE_CHECKING:
    from collections.abc import Iterator


class ComputeEnvironment(Resource):
    """An `AWS::Batch::ComputeEnvironment`."""

    @cached_property
    def resources(self) -> Properties:
        """Give ComputeResources."""
        return mapping(self.properties, "ComputeResources")

    @cached_property
    def kind(self) -> str | None:
        """Give the type of the compute resources in capitals (the CDK writes some in small)."""
        kind = text(self.resources, "Type")
        return kind.upper() if kind else None

    @property
    def is_fargate(self) -> bool:
        """Tell whether jobs run on Fargate."""
        return self.kind in aws.ON_FARGATE

    @property
    def is_ec2(self) -> bool:
        """Tell whether jobs run on EC2 instances that Batch manages."""
        return self.kind in aws.ON_INSTANCES

    @property
    def is_managed_instances(self) -> bool:
        """Tell whether jobs run on Amazon ECS Managed Instances."""
        return self.kind in aws.ON_MANAGED_INSTANCES

    @property
    def is_unmanaged(self) -> bool:
        """Tell whether the instances are the user's own."""
        return (text(self.properties, "Type") or "").upper() == EnvironmentType.UNMANAGED

    @property
    def is_eks(self) -> bool | None:
        """Tell whether jobs run on an Amazon EKS cluster; None if that is not known."""
        configuration = self.properties.get("EksConfiguration")
        return None if configuration is UNKNOWN else configuration is not None

    @cached_property
    def kinds(self) -> frozenset[str | None]:
        """Give the kinds of environment that this one is of, as the ground floor calls them."""
        cluster = {True: Orchestration.EKS, False: Orchestration.ECS, None: None}[self.is_eks]
        return frozenset((self.kind, (text(self.properties, "Type") or "").upper(), cluster))

    @cached_property
    def platform(self) -> str | None:
        """Give the platform capability that jobs need here: EC2, FARGATE, …, or EKS."""
        if self.is_eks is None:
            return None
        if self.is_eks:
            return Orchestration.EKS
        unmanaged = EnvironmentType.UNMANAGED if self.is_unmanaged else ""
        return PLATFORMS.get(self.kind or "") or PLATFORMS.get(unmanaged)

    @property
    def is_spot(self) -> bool | None:
        """Tell whether the capacity is Spot; None if that is not known."""
        if self.is_managed_instances:
            provider = mapping(self.resources, "ManagedInstancesProvider")
            launch = mapping(provider, "InstanceLaunchTemplate")
            option = launch.get("CapacityOptionType", CapacityOption.ON_DEMAND)
            return option == CapacityOption.SPOT if isinstance(option, str) else None
        return None if self.kind is None else self.kind in ON_SPOT

    @cached_property
    def instance_types(self) -> list[str] | None:
        """Give the names under InstanceTypes, None if one of them is not known."""
        return all_texts(self.resources, "InstanceTypes")

    @cached_property
    def architecture(self) -> str | None:
        """Give the one architecture of the instance types, None if it is mixed or not known."""
        if not self.is_ec2 or not self.instance_types:
            return None
        found = {table.architecture(name) for name in self.instance_types}
        return found.pop() if len(found) == 1 else None

    @cached_property
    def offered(self) -> list[table.InstanceType] | None:
        """Give every instance type that can be launched, None if that is not known in full.

        Batch widens its bundles without notice, so they are never known in full.
        """
        if not self.is_ec2 or not self.instance_types:
            return None
        offered: list[table.InstanceType] = []
        for name in dict.fromkeys(self.instance_types):
            types = None if name in table.BUNDLES else table.expand(name)
            if types is None or any(type_.vcpus is None for type_ in types):
                return None
            offered += types
        return offered

    @cached_property
    def launch_templates(self) -> list[tuple[str, Properties]]:
        """Give the launch template, then its overrides, as written, with their paths."""
        path, launch = "ComputeResources/LaunchTemplate", self.resources.get("LaunchTemplate")
        if not isinstance(launch, dict):
            return []
        overrides = entries(launch, "Overrides")
        return [(path, launch), *((f"{path}/Overrides/{n}", one) for n, one in overrides)]

    def launch_template(self, reference: Properties) -> LaunchTemplate | None:
        """Find the resource that a launch template as written refers to."""
        found = (
            self.neighbour(reference.get(key), LAUNCH_TEMPLATE)
            for key in ("LaunchTemplateId", "LaunchTemplateName")
        )
        return next((one for one in found if isinstance(one, LaunchTemplate)), None)

    @cached_property
    def all_launch_templates(self) -> list[LaunchTemplate] | None:
        """Give its launch templates, None if one of them is not in the template."""
        if absent(self.resources, "LaunchTemplate"):
            return []
        overrides = mapping(self.resources, "LaunchTemplate").get("Overrides", [])
        known = [template for _, _, template in self.known_launch_templates]
        in_full = isinstance(overrides, list) and len(known) == 1 + len(overrides)
        return known if in_full else None

    @property
    def known_launch_templates(self) -> Iterator[tuple[str, Properties, LaunchTemplate]]:
        """Give its launch templates that are in the template, each with its path, as written."""
        for path, reference in self.launch_templates:
            template = self.launch_template(reference)
            if template is not None:
                yield path, reference, template

    @property
    def types_of_launch_templates(self) -> Iterator[tuple[str, LaunchTemplate, list[str] | None]]:
        """Give each known launch template with the instance types that it is for, and their path.

        The types are None where they are not known: with overrides, also those of the usual one.
        """
        several = len(self.launch_templates) > 1
        for path, reference, template in self.known_launch_templates:
            if "TargetInstanceTypes" in reference:
                types = all_texts(reference, "TargetInstanceTypes")
                yield f"{path}/TargetInstanceTypes", template, types
            else:
                types = None if several else self.instance_types
                yield "ComputeResources/InstanceTypes", template, types

    @property
    def max_vcpus(self) -> int | float | None:
        """Give MaxvCpus, if an environment can have as many."""
        most = number(self.resources, "MaxvCpus")
        return None if most is None or most < 1 else most
