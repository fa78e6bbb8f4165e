"""A job definition of a template as rules see it: its tasks, its containers, its pods."""

from __future__ import annotations

from functools import cached_property

from batch_constructs.aws.container_facts import SizeType
from batch_constructs.aws.job_definition_facts import JobDefinitionType
from batch_constructs.aws.platforms import (
    MULTI_NODE,
    SINGLE_NODE,
    WINDOWS,
    Orchestration,
    PlatformCapability,
)
from batch_constructs.aws.record import Record
from batch_constructs.aws.typing_names import TYPE_CHECKING, Final
from batch_constructs.rules.template.listed_parts import listed
from batch_constructs.rules.template.resource_view import Resource
from batch_constructs.rules.template.values import (
    UNKNOWN,
    Properties,
    as_json,
    entries,
    few,
    listing,
    mapping,
    number,
    text,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


class Container(Record):
    """One container of an ECS job.

    Attributes:
        path: where it stands below ``Properties``.
        properties: ContainerProperties, or TaskContainerProperties.
        task: the task it belongs to.
    """

    path: str
    properties: Properties
    task: Task

    def requirements(self, type: str) -> Sequence[tuple[str, object]]:
        """Give the values that are asked for of VCPU, MEMORY or GPU, with their paths."""
        return self._requirements.get(type, ())

    @cached_property
    def _requirements(self) -> dict[str, list[tuple[str, object]]]:
        found: dict[str, list[tuple[str, object]]] = {}
        for path, entry in listed(self.path, self.properties, "ResourceRequirements"):
            kind, value = text(entry, "Type"), entry.get("Value", UNKNOWN)
            if kind is not None:
                # a text: CloudFormation writes "yes" of YAML so
                plain = str(value).lower() if isinstance(value, bool) else value
                found.setdefault(kind, []).append((f"{path}/Value", plain))
        return found

    def requirement(self, type: str) -> int | float | None:
        """Give how much of VCPU, MEMORY or GPU is asked for; None if that is not known."""
        if type in self._first_of_each_type:
            return self._first_of_each_type[type]
        if type == SizeType.GPU:
            return 0 if self.names_every_requirement else None
        legacy = "Vcpus" if type == SizeType.VCPU else "Memory"
        return number(self.properties, legacy)

    @cached_property
    def _first_of_each_type(self) -> dict[str, int | float | None]:
        """Give what the first requirement of each type asks for."""
        return {
            kind: number(entry, "Value")
            for _, entry in reversed([*entries(self.properties, "ResourceRequirements")])
            if (kind := text(entry, "Type")) is not None
        }

    @cached_property
    def names_every_requirement(self) -> bool:
        """Tell whether the type of every resource requirement is known."""
        if self.properties.get("ResourceRequirements") is None:
            return True
        wanted = listing(self.properties, "ResourceRequirements")
        return wanted is not None and all(
            isinstance(entry, dict) and text(entry, "Type") for entry in wanted
        )


class Task(Record):
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
            for position, entry in few(self.properties, "Containers")
        ]

    @property
    def on_fargate(self) -> bool:
        """Tell whether it surely runs on Fargate."""
        return self.platform == PlatformCapability.FARGATE

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
        return (family or "").startswith(WINDOWS)

    @property
    def architecture(self) -> str | None:
        """Give the CPU architecture the job asks for; None if it is not known, or not asked."""
        return text(mapping(self.properties, "RuntimePlatform"), "CpuArchitecture")

    def requires(self, type: str) -> int | float | None:
        """Give how much of VCPU, MEMORY or GPU the whole task needs; None if not known."""
        wanted = [container.requirement(type) for container in self.containers]
        return None if not wanted or None in wanted else sum(one for one in wanted if one)


class Pod(Record):
    """The pod of an EKS job.

    Attributes:
        path: where it stands below ``Properties``.
        properties: EksPodProperties.
    """

    path: str
    properties: Properties

    @cached_property
    def containers(self) -> list[tuple[str, Properties]]:
        """Give the containers and init containers, with their paths."""
        return [
            (f"{self.path}/{key}/{position}", entry)
            for key in ("Containers", "InitContainers")
            for position, entry in few(self.properties, key)
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
            return Orchestration.EKS
        platforms = self.properties.get("PlatformCapabilities")
        if platforms is None or platforms == []:
            return PlatformCapability.EC2
        if isinstance(platforms, list) and len(platforms) == 1 and isinstance(platforms[0], str):
            named = platforms[0].upper()
            return named if named in _PLATFORMS else None
        return None

    @cached_property
    def as_json(self) -> str | None:
        """Give all that is written in it as one text, in which to look for what it may hold.

        Nothing where it contains itself, or is nested too deeply.
        """
        return as_json(self.properties)

    @cached_property
    def kinds(self) -> frozenset[str | None]:
        """Give the kinds of job that this one is of, as the ground floor calls them."""
        return frozenset((self.platform, MULTI_NODE if self.is_multi_node else SINGLE_NODE))

    @property
    def is_multi_node(self) -> bool:
        """Tell whether it is a multi-node parallel job."""
        nodes = self.properties.get("NodeProperties")
        return text(self.properties, "Type") == JobDefinitionType.MULTINODE or isinstance(
            nodes, dict
        )

    @cached_property
    def node_ranges(self) -> list[tuple[str, Properties]]:
        """Give the node ranges of a multi-node job, with their paths."""
        nodes = mapping(self.properties, "NodeProperties")
        return [
            (f"NodeProperties/NodeRangeProperties/{position}", entry)
            for position, entry in few(nodes, "NodeRangeProperties")
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

    @cached_property
    def windows_tasks(self) -> frozenset[str]:
        """Give the paths of the tasks that run on Windows for sure."""
        return frozenset(task.path for task in self.tasks if task.is_windows)

    def _ecs_tasks(self, path: str, within: Properties, node: Properties | None) -> Iterator[Task]:
        for position, task in few(mapping(within, "EcsProperties"), "TaskProperties"):
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


_PLATFORMS: Final = frozenset(PlatformCapability)
