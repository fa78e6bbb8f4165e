"""The containers that a submission may say something else of, and the members that say it.

A job definition of one container takes ``containerOverrides``, one of ECS tasks
``ecsPropertiesOverride``, of a pod ``eksPropertiesOverride``, of nodes ``nodeOverrides``; AWS Batch
refuses a submission with another of them. Here the first of these is turned into the right one.
https://docs.aws.amazon.com/batch/latest/APIReference/API_SubmitJob.html
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from batch_constructs.aws.record import Record

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

_ALONE, _TASK, _POD = "alone", "task", "pod"

_OF_ALL: Final = frozenset({"environment"})
"""What is said to every container, since it is added to what they have."""

_TAKEN: Final = {
    _TASK: {name: name for name in ("command", "environment", "resourceRequirements")},
    _POD: {"command": "command", "environment": "env"},
}
"""What a container takes, by the member of ``containerOverrides``, where that is not all."""


class OverriddenContainer(Record):
    """One container that a submission may override.

    Attributes:
        kind: whether it is all of its job or node, one of an ECS task, or one of a pod.
        name: its name; None where it has none.
        nodes: the node range that it belongs to, as the job definition writes it; AWS Batch answers
            "NodeOverride targets should match job definition" to another.
    """

    kind: str
    name: str | None = None
    nodes: str | None = None

    def told(self) -> dict[str, str]:
        """Give it as JSON has it, which the CDK writes without nulls."""
        fields = {"kind": self.kind, "name": self.name, "nodes": self.nodes}
        return {field: value for field, value in fields.items() if value is not None}

    def __str__(self) -> str:
        """Name it for people."""
        name = "one without a name" if self.name is None else f'"{self.name}"'
        if self.nodes is None:
            return name
        nodes = f"nodes {self.nodes}"
        return nodes if self.kind == _ALONE else f"{name} of the {nodes}"


Containers = tuple[OverriddenContainer, ...]


def overridden_containers(definition: Mapping[str, Any]) -> Containers | None:
    """Give the containers of the properties of an ``AWS::Batch::JobDefinition``.

    None where the definition takes ``containerOverrides``. Of an ECS task these are the essential
    containers, whose ends are the end of the job: not an agent beside them.
    """
    nodes = definition.get("NodeProperties")
    if isinstance(nodes, dict):
        return tuple(
            one
            for node in nodes["NodeRangeProperties"]
            for one in _within(node, node["TargetNodes"])
        )
    return None if "ContainerProperties" in definition else tuple(_within(definition, None))


def _within(holder: Mapping[str, Any], nodes: str | None) -> Iterator[OverriddenContainer]:
    for task in holder.get("EcsProperties", {}).get("TaskProperties", ()):
        for container in task["Containers"]:
            if container.get("Essential") is not False:
                yield OverriddenContainer(_TASK, container.get("Name"), nodes)
    for container in holder.get("EksProperties", {}).get("PodProperties", {}).get("Containers", ()):
        yield OverriddenContainer(_POD, container.get("Name"), nodes)
    if "Container" in holder:
        yield OverriddenContainer(_ALONE, None, nodes)


def from_text(text: str | None) -> Containers | None:
    """Read what a construct tells its function; None where it tells nothing."""
    return None if text is None else tuple(OverriddenContainer(**one) for one in json.loads(text))


def not_sayable(member: str, containers: Containers) -> str | None:
    """Say why a member of ``containerOverrides`` can be said of none of these."""
    if not containers:
        return "the containers and nodes of the job definition are not known here"
    if any(member not in _TAKEN.get(one.kind, {member: ""}) for one in containers):
        kinds = {one.kind for one in containers}
        return "the job is a pod" if _POD in kinds else "the job is an ECS task"
    if member not in _OF_ALL and len(containers) > 1:
        found = ", ".join(map(str, containers))
        return f"the job has several containers ({found}), and it does not say of which"
    without = [one.nodes for one in containers if one.kind != _ALONE and one.name is None]
    if any([one.nodes for one in containers].count(nodes) > 1 for nodes in without):
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
    called = {spelled(ours): spelled(theirs) for ours, theirs in _TAKEN[kind].items()}
    said = {called.get(member, member): value for member, value in overrides.items()}
    listed = [
        {**({} if one.name is None else {spelled("name"): one.name}), **said} for one in containers
    ]
    of = {spelled("containers"): listed}
    if kind == _POD:
        return {spelled("eksPropertiesOverride"): {spelled("podProperties"): of}}
    return {spelled("ecsPropertiesOverride"): {spelled("taskProperties"): [of]}}
