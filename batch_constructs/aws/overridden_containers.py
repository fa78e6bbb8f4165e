"""The containers that a submission may say something else of, and the members that say it.

A job definition of one container takes ``containerOverrides``, one of ECS tasks
``ecsPropertiesOverride``, of a pod ``eksPropertiesOverride``, of nodes ``nodeOverrides``; AWS Batch
refuses a submission with another of them. Here the first of these is turned into the right one.
https://docs.aws.amazon.com/batch/latest/APIReference/API_SubmitJob.html
"""

from __future__ import annotations

import json

from batch_constructs.aws.container_facts import SizeType
from batch_constructs.aws.names import as_property
from batch_constructs.aws.pod_facts import GPU
from batch_constructs.aws.record import Record
from batch_constructs.aws.typing_names import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

OVERRIDES: Final = (
    "containerOverrides",
    "ecsPropertiesOverride",
    "eksPropertiesOverride",
    "nodeOverrides",
)
"""The members of ``SubmitJob`` that say something else of containers."""

_ALONE, _TASK, _POD, _INIT = "alone", "task", "pod", "init"

_OF_ALL: Final = frozenset({"environment"})
"""What is said to every container, since it is added to what they have."""

_TAKEN: Final = frozenset({"command", "environment", "resourceRequirements"})
"""What of ``containerOverrides`` can be said to the containers of a task and of a pod."""

_AMOUNTS: Final = {SizeType.VCPU: "cpu", SizeType.MEMORY: "memory", SizeType.GPU: GPU}
_MEBIBYTES: Final = "Mi"
"""How a pod calls what a container has, and what stands behind its memory."""

_HALVES: Final = ("limits", "requests")

_Resources = dict[str, dict[str, Any]]
"""``limits`` and ``requests`` of a container of a pod."""


class OverriddenContainer(Record):
    """One container that a submission may override.

    Attributes:
        kind: whether it is all of its job or node, one of an ECS task, one of a pod, or one that
            runs before those.
        name: its name; None where it has none.
        nodes: the node range that it belongs to, as the job definition writes it; AWS Batch answers
            "NodeOverride targets should match job definition" to another.
        resources: what one of a pod has, by ``limits`` and ``requests``. AWS does not say whether a
            submission's are added to these or take their place, so both are said.
    """

    kind: str
    name: str | None = None
    nodes: str | None = None
    resources: _Resources | None = None

    def told(self) -> dict[str, Any]:
        """Give it as JSON has it, which the CDK writes without nulls."""
        fields = {name: getattr(self, name) for name in self._fields}
        return {field: value for field, value in fields.items() if value is not None}

    def __str__(self) -> str:
        """Name it for people."""
        name = "one without a name" if self.name is None else f'"{self.name}"'
        if self.nodes is None:
            return name
        nodes = f"nodes {self.nodes}"
        return nodes if self.kind == _ALONE else f"{name} of the {nodes}"


Containers = tuple[OverriddenContainer, ...]


def overridden_containers(
    definition: Mapping[str, Any], spelled: Callable[[str], str] = as_property
) -> Containers | None:
    """Give the containers of the properties of an ``AWS::Batch::JobDefinition``.

    None where the definition takes ``containerOverrides``. Of an ECS task these are the essential
    containers, whose ends are the end of the job: not an agent beside them.

    Args:
        definition: the properties; or a definition, or a job, as AWS Batch describes it.
        spelled: spells a member as those are spelled.
    """
    kinds = ("nodeProperties", "ecsProperties", "eksProperties")
    if not any(definition.get(spelled(kind)) for kind in kinds):
        return None
    return tuple(one for one, _ in _all(definition, spelled))


def described_containers(described: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Give what AWS Batch describes of the containers of a job, or of a job definition."""
    return [container for _, container in _all(described, str)]


def with_sizes(
    definition: Mapping[str, Any], requirements: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    """Give a definition as it is once a submission says sizes, which are ``ResourceRequirements``.

    They are those of every container whose end is the end of the job.
    """
    full: dict[str, Any] = copied(definition)
    for one, container in _all(full, as_property):
        if one.resources is not None:
            halves = resized(requirements, one.resources, as_property)
            container["Resources"] = {as_property(name): held for name, held in halves.items()}
        elif one.kind != _INIT:
            kinds = [said["Type"] for said in requirements]
            own = container.get("ResourceRequirements", ())
            left = [said for said in own if said.get("Type") not in kinds]
            container["ResourceRequirements"] = [*requirements, *left]
    return full


def copied(value: Any) -> Any:
    """Copy the mappings and lists of a request, so that a part changes in one request only."""
    if isinstance(value, dict):
        return {name: copied(each) for name, each in value.items()}
    return [copied(each) for each in value] if isinstance(value, list) else value


_Found = tuple[OverriddenContainer, "dict[str, Any]"]


def _all(holder: Mapping[str, Any], spelled: Callable[[str], str]) -> Iterator[_Found]:
    """Yield the containers of a definition, each with its properties."""
    nodes = holder.get(spelled("nodeProperties"))
    if nodes:
        for node in nodes[spelled("nodeRangeProperties")]:
            yield from _within(node, node[spelled("targetNodes")], spelled)
    else:
        yield from _within(holder, None, spelled)


def _within(
    holder: Mapping[str, Any], nodes: str | None, spelled: Callable[[str], str]
) -> Iterator[_Found]:
    name = spelled("name")
    task_properties = (holder.get(spelled("ecsProperties")) or {}).get(spelled("taskProperties"))
    for task in task_properties or ():
        for container in task[spelled("containers")]:
            if container.get(spelled("essential")) is not False:
                yield OverriddenContainer(_TASK, container.get(name), nodes), container
    pod = (holder.get(spelled("eksProperties")) or {}).get(spelled("podProperties"), {})
    for container in pod.get(spelled("containers"), ()):
        own = container.get(spelled("resources"), {})
        resources = {half: own.get(spelled(half), {}) for half in _HALVES}
        yield OverriddenContainer(_POD, container.get(name), nodes, resources), container
    for container in pod.get(spelled("initContainers")) or ():
        yield OverriddenContainer(_INIT, container.get(name), nodes), container
    for alone in ("container", "containerProperties"):
        if holder.get(spelled(alone)):
            yield OverriddenContainer(_ALONE, None, nodes), holder[spelled(alone)]


def from_text(text: str | None) -> Containers | None:
    """Read what a construct tells its function; None where it tells nothing."""
    return None if text is None else tuple(OverriddenContainer(**one) for one in json.loads(text))


def not_sayable(member: str, containers: Containers) -> str | None:
    """Say why a member of ``containerOverrides`` can be said of none of these."""
    if not containers:
        return "the containers and nodes of the job definition are not known here"
    kinds = {one.kind for one in containers}
    if member not in _TAKEN and kinds != {_ALONE}:
        return "the job is a pod" if _POD in kinds else "the job is an ECS task"
    of = [one for one in containers if one.kind != _INIT]
    if member not in _OF_ALL and len(of) > 1:
        found = ", ".join(map(str, of))
        return f"the job has several containers ({found}), and it does not say of which"
    without = [(one.nodes, one.kind) for one in containers if one.kind != _ALONE and not one.name]
    if any([(one.nodes, one.kind) for one in containers].count(one) > 1 for one in without):
        return "the job has several containers, of which one has no name"
    return None


def as_members(
    overrides: Mapping[str, Any],
    containers: Containers,
    spelled: Callable[[str], str] = str,
) -> dict[str, Any]:
    """Give the members of ``SubmitJob`` that say what ``containerOverrides`` would say.

    Args:
        overrides: what it would say, spelled as the rest.
        containers: whom it is said of.
        spelled: spells a member as whoever sends the request wants it.
    """
    by_nodes: dict[str | None, list[OverriddenContainer]] = {}
    for one in containers:
        by_nodes.setdefault(one.nodes, []).append(one)
    members = {nodes: _member(overrides, of, spelled) for nodes, of in by_nodes.items()}
    if None in members:
        return members[None]
    listed = [{spelled("targetNodes"): nodes, **member} for nodes, member in members.items()]
    return {spelled("nodeOverrides"): {spelled("nodePropertyOverrides"): listed}}


def _member(
    overrides: Mapping[str, Any],
    containers: Sequence[OverriddenContainer],
    spelled: Callable[[str], str],
) -> dict[str, Any]:
    kind = containers[0].kind
    if kind == _ALONE:
        return {spelled("containerOverrides"): dict(overrides)}
    if kind == _TASK:
        listed = [{**_named(one, spelled), **overrides} for one in containers]
        of = [{spelled("containers"): listed}]
        return {spelled("ecsPropertiesOverride"): {spelled("taskProperties"): of}}
    lists = {
        spelled(list_name): [
            {**_named(one, spelled), **_said_to_pod(overrides, one, spelled)}
            for one in containers
            if one.kind == list_of and (list_of == _POD or spelled("environment") in overrides)
        ]
        for list_of, list_name in ((_POD, "containers"), (_INIT, "initContainers"))
    }
    pod = {name: listed for name, listed in lists.items() if listed}
    return {spelled("eksPropertiesOverride"): {spelled("podProperties"): pod}}


def _named(container: OverriddenContainer, spelled: Callable[[str], str]) -> dict[str, str]:
    return {} if container.name is None else {spelled("name"): container.name}


def _said_to_pod(
    overrides: Mapping[str, Any], container: OverriddenContainer, spelled: Callable[[str], str]
) -> dict[str, Any]:
    """Say to a container of a pod what ``containerOverrides`` would say."""
    said = {}
    for member, value in overrides.items():
        if member == spelled("environment"):
            said[spelled("env")] = value
        elif container.kind == _POD and member == spelled("resourceRequirements"):
            said[spelled("resources")] = {
                spelled(name): amounts
                for name, amounts in resized(value, container.resources or {}, spelled).items()
            }
        elif container.kind == _POD:
            said[member] = value
    return said


def resized(
    requirements: Sequence[Mapping[str, Any]],
    resources: Mapping[str, Mapping[str, Any]],
    spelled: Callable[[str], str] = str,
) -> _Resources:
    """Give the resources of a container of a pod of which some have other sizes.

    Both its limits and its requests have them, since AWS Batch wants those alike.

    Args:
        requirements: the sizes, as ``resourceRequirements`` say them.
        resources: its own ``limits`` and ``requests``.
        spelled: spells the members of the requirements.
    """
    amounts = dict(_amount(one, spelled) for one in requirements)
    names = {name.removesuffix(_FROM_INPUT) for name in amounts}
    return {
        half: {
            **{name: own for name, own in resources.get(half, {}).items() if name not in names},
            **amounts,
        }
        for half in _HALVES
    }


_FROM_INPUT: Final = ".$"
"""How Step Functions marks what it reads from the input."""


def _amount(requirement: Mapping[str, Any], spelled: Callable[[str], str]) -> tuple[str, Any]:
    kind = requirement[spelled("type")]
    name, unit = _AMOUNTS[kind], _MEBIBYTES if kind == SizeType.MEMORY else ""
    value = spelled("value")
    if value in requirement:
        return name, f"{requirement[value]}{unit}"
    read = requirement[f"{value}{_FROM_INPUT}"]
    return f"{name}{_FROM_INPUT}", read.replace("'{}'", f"'{{}}{unit}'")
