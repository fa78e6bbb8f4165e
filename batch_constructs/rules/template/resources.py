"""Resources of a template as rules see them: their properties, and their neighbours.

A rule is about one type of resource and gets a view of it: `ComputeEnvironment`, `JobQueue`,
`JobDefinition`, or a plain `Resource`. Views find their neighbours through the template.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final

from batch_constructs.aws import instance_types as table
from batch_constructs.rules.template.values import (
    NOTHING,
    UNKNOWN,
    Properties,
    Reference,
    Text,
    absent,
    all_texts,
    entries,
    listing,
    mapping,
    number,
    text,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from batch_constructs.rules.template.intrinsics import Resolver

COMPUTE_ENVIRONMENT: Final = "AWS::Batch::ComputeEnvironment"
JOB_QUEUE: Final = "AWS::Batch::JobQueue"
JOB_DEFINITION: Final = "AWS::Batch::JobDefinition"
SCHEDULING_POLICY: Final = "AWS::Batch::SchedulingPolicy"
CONSUMABLE_RESOURCE: Final = "AWS::Batch::ConsumableResource"
QUOTA_SHARE: Final = "AWS::Batch::QuotaShare"
SERVICE_ENVIRONMENT: Final = "AWS::Batch::ServiceEnvironment"


class Resource:
    """One resource of a template, its intrinsic functions resolved."""

    def __init__(self, id: str, type: str, properties: Properties, template: Template) -> None:
        self.id = id
        self.type = type
        self.properties = properties
        self.template = template
        self.shape_problems: list[tuple[str, str, str, str]] | None = None

    def neighbour(self, value: object, type: str | None = None) -> Resource | None:
        """Find the resource of the template that a value refers to, if it does."""
        return self.template.target(value, type)


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
        return self.kind in ("FARGATE", "FARGATE_SPOT")

    @property
    def is_ec2(self) -> bool:
        """Tell whether jobs run on EC2 instances that Batch manages."""
        return self.kind in ("EC2", "SPOT")

    @property
    def is_managed_instances(self) -> bool:
        """Tell whether jobs run on Amazon ECS Managed Instances."""
        return self.kind == "ECS_MANAGED_INSTANCES"

    @property
    def is_managed(self) -> bool:
        """Tell whether Batch manages the capacity for sure."""
        return (text(self.properties, "Type") or "").upper() == "MANAGED"

    @property
    def is_unmanaged(self) -> bool:
        """Tell whether the instances are the user's own."""
        return (text(self.properties, "Type") or "").upper() == "UNMANAGED"

    @property
    def is_eks(self) -> bool | None:
        """Tell whether jobs run on an Amazon EKS cluster; None if that is not known."""
        configuration = self.properties.get("EksConfiguration")
        return None if configuration is UNKNOWN else configuration is not None

    @cached_property
    def platform(self) -> str | None:
        """Give the platform capability that jobs need here: EC2, FARGATE, …, or EKS."""
        if self.is_eks is None:
            return None
        if self.is_eks:
            return "EKS"
        if self.is_fargate:
            return "FARGATE"
        if self.is_managed_instances:
            return "MANAGED_INSTANCES"
        return "EC2" if self.is_ec2 or self.is_unmanaged else None

    @property
    def is_spot(self) -> bool | None:
        """Tell whether the capacity is Spot; None if that is not known."""
        if self.is_managed_instances:
            provider = mapping(self.resources, "ManagedInstancesProvider")
            launch = mapping(provider, "InstanceLaunchTemplate")
            option = launch.get("CapacityOptionType", "ON_DEMAND")
            return option == "SPOT" if isinstance(option, str) else None
        return None if self.kind is None else self.kind in ("SPOT", "FARGATE_SPOT")

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
        for name in self.instance_types:
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

    def launch_template(self, reference: Properties) -> Resource | None:
        """Find the resource that a launch template as written refers to."""
        found = (
            self.neighbour(reference.get(key), "AWS::EC2::LaunchTemplate")
            for key in ("LaunchTemplateId", "LaunchTemplateName")
        )
        return next((one for one in found if one is not None), None)

    @property
    def max_vcpus(self) -> int | float | None:
        """Give MaxvCpus."""
        return number(self.resources, "MaxvCpus")


class JobQueue(Resource):
    """An `AWS::Batch::JobQueue`."""

    @cached_property
    def order(self) -> list[tuple[int, Properties]]:
        """Give the entries of ComputeEnvironmentOrder, with their positions, as written."""
        return list(entries(self.properties, "ComputeEnvironmentOrder"))

    @cached_property
    def environments(self) -> list[ComputeEnvironment]:
        """Give the compute environments that are in the template, in the order they are tried."""
        found: list[tuple[float, ComputeEnvironment]] = []
        for position, entry in self.order:
            environment = self._environment(entry.get("ComputeEnvironment"))
            if isinstance(environment, ComputeEnvironment):
                order = number(entry, "Order")
                found.append((position if order is None else order, environment))
        found.sort(key=lambda entry: entry[0])
        return [environment for _, environment in found]

    def _environment(self, value: object) -> Resource | None:
        """Find an environment by a reference, or by its name."""
        found = self.neighbour(value, COMPUTE_ENVIRONMENT)
        if found is not None or not isinstance(value, str | Text):
            return found
        name = (value if isinstance(value, str) else value.pattern).rpartition("/")[2]
        for one in self.template.all(COMPUTE_ENVIRONMENT):
            if text(one.properties, "ComputeEnvironmentName") == name:
                return one
        return None

    @cached_property
    def is_known_in_full(self) -> bool:
        """Tell whether every compute environment of the queue is in the template."""
        written = listing(self.properties, "ComputeEnvironmentOrder")
        return bool(written) and len(self.environments) == len(written or ())

    @property
    def scheduling_policy(self) -> Resource | None:
        """Give the scheduling policy, if it is in the template."""
        return self.neighbour(self.properties.get("SchedulingPolicyArn"), SCHEDULING_POLICY)

    @property
    def is_fifo(self) -> bool:
        """Tell whether the queue has no scheduling policy for sure."""
        return absent(self.properties, "SchedulingPolicyArn")

    @property
    def is_fair_share(self) -> bool:
        """Tell whether the queue has a fair-share policy for sure."""
        policy = self.scheduling_policy
        return policy is not None and (
            "FairsharePolicy" in policy.properties or "QuotaSharePolicy" not in policy.properties
        )


@dataclass(frozen=True, slots=True)
class Container:
    """One container of an ECS job.

    Attributes:
        path: where it stands below ``Properties``.
        properties: ContainerProperties, or TaskContainerProperties.
        task: the task it belongs to.
    """

    path: str
    properties: Properties
    task: Task

    def requirement(self, type: str) -> int | float | None:
        """Give how much of VCPU, MEMORY or GPU is asked for; None if that is not known."""
        wanted = listing(self.properties, "ResourceRequirements")
        for entry in wanted or ():
            if isinstance(entry, dict) and text(entry, "Type") == type:
                return number(entry, "Value")
        if type == "GPU":
            return 0 if self.names_every_requirement else None
        legacy = "Vcpus" if type == "VCPU" else "Memory"
        return number(self.properties, legacy)

    @property
    def names_every_requirement(self) -> bool:
        """Tell whether the type of every resource requirement is known."""
        if "ResourceRequirements" not in self.properties:
            return True
        wanted = listing(self.properties, "ResourceRequirements")
        return wanted is not None and all(
            isinstance(entry, dict) and text(entry, "Type") for entry in wanted
        )


@dataclass(frozen=True)
class Task:
    """One ECS task of a job: a node group of a multi-node job has one each.

    Attributes:
        path: where it stands below ``Properties``.
        properties: ContainerProperties, or EcsTaskProperties.
        platform: EC2, FARGATE, MANAGED_INSTANCES, or None if that is not known.
        single: whether it is ContainerProperties, task and container in one.
        node: the node range it belongs to, if the job is multi-node.
    """

    path: str
    properties: Properties
    platform: str | None
    node: Properties | None
    single: bool

    @cached_property
    def containers(self) -> list[Container]:
        """Give the containers."""
        if self.single:
            return [Container(self.path, self.properties, self)]
        return [
            Container(f"{self.path}/Containers/{position}", entry, self)
            for position, entry in entries(self.properties, "Containers")
        ]

    @property
    def role_key(self) -> str:
        """Give the name of the property that holds the role of the job's own code."""
        return "JobRoleArn" if self.single else "TaskRoleArn"

    @property
    def platform_version(self) -> object:
        """Give the Fargate platform version."""
        if not self.single:
            return self.properties.get("PlatformVersion")
        return mapping(self.properties, "FargatePlatformConfiguration").get("PlatformVersion")

    @property
    def is_windows(self) -> bool:
        """Tell whether the job runs on Windows for sure."""
        family = text(mapping(self.properties, "RuntimePlatform"), "OperatingSystemFamily")
        return (family or "").startswith("WINDOWS")

    @property
    def architecture(self) -> str | None:
        """Give the CPU architecture the job asks for; None if it is not known, or not asked."""
        return text(mapping(self.properties, "RuntimePlatform"), "CpuArchitecture")

    def requires(self, type: str) -> int | float | None:
        """Give how much of VCPU, MEMORY or GPU the whole task needs; None if not known."""
        wanted = [container.requirement(type) for container in self.containers]
        return None if not wanted or None in wanted else sum(one for one in wanted if one)


@dataclass(frozen=True, slots=True)
class Pod:
    """The pod of an EKS job.

    Attributes:
        path: where it stands below ``Properties``.
        properties: EksPodProperties.
    """

    path: str
    properties: Properties

    @property
    def containers(self) -> list[tuple[str, Properties]]:
        """Give the containers and init containers, with their paths."""
        return [
            (f"{self.path}/{key}/{position}", entry)
            for key in ("Containers", "InitContainers")
            for position, entry in entries(self.properties, key)
        ]


class JobDefinition(Resource):
    """An `AWS::Batch::JobDefinition`."""

    @cached_property
    def is_eks(self) -> bool:
        """Tell whether the job runs on an Amazon EKS cluster."""
        if "EksProperties" in self.properties:
            return True
        return any("EksProperties" in node for _, node in self.node_ranges)

    @cached_property
    def platform(self) -> str | None:
        """Give the one platform capability, EKS for a job on EKS; None if it is not known."""
        if self.properties.get("EksProperties") is UNKNOWN:
            return None
        if self.is_eks:
            return "EKS"
        platforms = self.properties.get("PlatformCapabilities")
        if platforms is None or platforms == []:
            return "EC2"
        if isinstance(platforms, list) and len(platforms) == 1 and isinstance(platforms[0], str):
            return platforms[0]
        return None

    @property
    def is_multi_node(self) -> bool:
        """Tell whether it is a multi-node parallel job."""
        nodes = self.properties.get("NodeProperties")
        return text(self.properties, "Type") == "multinode" or isinstance(nodes, dict)

    @cached_property
    def node_ranges(self) -> list[tuple[str, Properties]]:
        """Give the node ranges of a multi-node job, with their paths."""
        nodes = mapping(self.properties, "NodeProperties")
        return [
            (f"NodeProperties/NodeRangeProperties/{position}", entry)
            for position, entry in entries(nodes, "NodeRangeProperties")
        ]

    @cached_property
    def tasks(self) -> list[Task]:
        """Give the ECS tasks."""
        found: list[Task] = []
        whole = self.properties.get("ContainerProperties")
        if isinstance(whole, dict):
            found.append(Task("ContainerProperties", whole, self.platform, None, single=True))
        found += self._ecs_tasks("EcsProperties", self.properties, None)
        for path, node in self.node_ranges:
            container = node.get("Container")
            if isinstance(container, dict):
                found.append(Task(f"{path}/Container", container, self.platform, node, single=True))
            found += self._ecs_tasks(f"{path}/EcsProperties", node, node)
        return found

    def _ecs_tasks(self, path: str, within: Properties, node: Properties | None) -> Iterator[Task]:
        for position, task in entries(mapping(within, "EcsProperties"), "TaskProperties"):
            yield Task(f"{path}/TaskProperties/{position}", task, self.platform, node, single=False)

    @cached_property
    def containers(self) -> list[Container]:
        """Give the ECS containers of every task."""
        return [container for task in self.tasks for container in task.containers]

    @cached_property
    def pods(self) -> list[Pod]:
        """Give the pods of an EKS job."""
        owners = [("", self.properties), *((f"{path}/", node) for path, node in self.node_ranges)]
        found: list[Pod] = []
        for path, owner in owners:
            pod = mapping(owner, "EksProperties").get("PodProperties")
            if isinstance(pod, dict):
                found.append(Pod(f"{path}EksProperties/PodProperties", pod))
        return found


_VIEWS: Final[dict[str, type[Resource]]] = {
    COMPUTE_ENVIRONMENT: ComputeEnvironment,
    JOB_QUEUE: JobQueue,
    JOB_DEFINITION: JobDefinition,
}


class Template:
    """The resources of one template under one choice of its conditions.

    Attributes:
        names: what a reference may name, None if the template does not tell it all.
        memory: what rules have found out about the template.
    """

    def __init__(
        self,
        resources: Mapping[str, Mapping[str, object]],
        resolver: Resolver,
        names: frozenset[str] | None = None,
    ) -> None:
        self._raw = resources
        self.names = names
        self._resolver = resolver
        self._views: dict[str, Resource] = {}
        self.memory: dict[str, object] = {}

    @cached_property
    def ids(self) -> dict[str, list[str]]:
        """Give the logical IDs of each type of resource."""
        found: dict[str, list[str]] = {}
        for id_, resource in self._raw.items():
            type_ = resource.get("Type")
            if isinstance(type_, str):
                found.setdefault(type_, []).append(id_)
        return found

    def get(self, id: str) -> Resource | None:
        """Find a resource by its logical ID."""
        view = self._views.get(id)
        if view is None and id in self._raw:
            raw = self._raw[id]
            type_ = raw.get("Type")
            if not isinstance(type_, str):
                return None
            properties = self._resolver.resolve(raw.get("Properties") or {})
            view = _VIEWS.get(type_, Resource)(
                id, type_, properties if isinstance(properties, dict) else NOTHING, self
            )
            self._views[id] = view
        return view

    def raw(self, id: str) -> Mapping[str, object]:
        """Give a resource as it is written, for what stands beside its properties."""
        return self._raw.get(id, {})

    def all(self, type: str) -> list[Resource]:
        """Give every resource of a type."""
        return [view for id_ in self.ids.get(type, ()) if (view := self.get(id_)) is not None]

    def target(self, value: object, type: str | None = None) -> Resource | None:
        """Find the resource that a value refers to, of one type if one is given."""
        if isinstance(value, Text) and len(value.references) == 1:
            value = value.references[0]
        if not isinstance(value, Reference):
            return None
        found = self.get(value.target)
        return found if found is not None and (type is None or found.type == type) else None
