"""Containers of a job: what each runs, and what they need together."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from batch_constructs.aws.container_facts import (
    AWSLOGS,
    LOG_CREATE_OPTION,
    LOG_PREFIX_OPTION,
    ContainerDependencyCondition,
    SizeType,
)
from batch_constructs.aws.names import DEFAULT_LOG_GROUP, LOG_GROUP_OPTION
from batch_constructs.local.batch.capacity import Requirement
from batch_constructs.local.batch.job_nodes import Node, node_groups
from batch_constructs.local.batch.pod_jobs import pod_containers

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from batch_constructs.local.batch.store import Document

SINGLE = "default"
"""The name of a job's only container, as it stands in the log stream's name."""


@dataclass(frozen=True, kw_only=True)
class Container:
    """One container as it was submitted.

    Args:
        name: its name; ``default`` where it is the only one. That of a node begins with the node.
        properties: its properties as the API spells them, overrides applied.
        job_role_arn: the role that the job acts as.
        execution_role_arn: the role that fetches its secrets.
        essential: whether its end is the end of all containers of the job, or of its node.
        depends_on: (container, condition) that must be met before it starts.
        node: the node it runs on; None where the job has but one.
    """

    name: str
    properties: Mapping[str, Any]
    job_role_arn: str | None
    execution_role_arn: str | None
    essential: bool = True
    depends_on: tuple[tuple[str, str], ...] = ()
    node: Node | None = None

    @property
    def own_name(self) -> str:
        """What it is called where it is defined."""
        return self.name.rpartition("/")[2]

    @property
    def own_variables(self) -> set[str]:
        """The names of the environment variables and secrets that it was given."""
        given = (*self.properties.get("environment", ()), *self.properties.get("secrets", ()))
        return {one["name"] for one in given}

    def log_destination(self, definition_name: str, task_id: str) -> tuple[str, str, bool]:
        """Return log group, log stream, and whether the group may be created."""
        configuration = self.properties.get("logConfiguration", {})
        options = configuration.get("options", {})
        if configuration.get("logDriver", AWSLOGS) != AWSLOGS:
            options = {}
        group = options.get(LOG_GROUP_OPTION, DEFAULT_LOG_GROUP)
        prefix = options.get(LOG_PREFIX_OPTION, definition_name)
        create = group == DEFAULT_LOG_GROUP or options.get(LOG_CREATE_OPTION) == "true"
        return group, f"{prefix}/{self.name}/{task_id}", create


def containers_of(document: Document) -> tuple[Container, ...]:
    """Read the containers of a submission."""
    if "nodeProperties" in document:
        return tuple(_node_containers(document["nodeProperties"]))
    return _containers_together(document)


def _containers_together(document: Mapping[str, Any]) -> tuple[Container, ...]:
    """Read the containers of a job that has one node, or of a range of nodes."""
    if "container" in document:
        properties = document["container"]
        return (
            Container(
                name=SINGLE,
                properties=properties,
                job_role_arn=properties.get("jobRoleArn"),
                execution_role_arn=properties.get("executionRoleArn"),
            ),
        )
    if "eksProperties" in document:
        return tuple(
            Container(
                name=name,
                properties=properties,
                job_role_arn=None,
                execution_role_arn=None,
                essential=False,
                depends_on=tuple((one, ContainerDependencyCondition.SUCCESS) for one in before),
            )
            for name, properties, before in pod_containers(document["eksProperties"])
        )
    (task,) = document["ecsProperties"]["taskProperties"]
    return tuple(
        Container(
            name=properties.get("name", SINGLE),
            properties={"volumes": task.get("volumes", ()), **properties},
            job_role_arn=task.get("taskRoleArn"),
            execution_role_arn=task.get("executionRoleArn"),
            essential=properties.get("essential", True),
            depends_on=tuple(
                (dependency["containerName"], dependency["condition"])
                for dependency in properties.get("dependsOn", ())
            ),
        )
        for properties in task["containers"]
    )


def _node_containers(properties: Mapping[str, Any]) -> Iterator[Container]:
    main = properties["mainNode"]
    groups = [group for group in node_groups(properties) if group is not None]
    first = _containers_together(groups[main])[0]
    name = _on_node(main, first, alone="container" in groups[main])
    after_main = ((name, ContainerDependencyCondition.START),)
    for index, group in enumerate(groups):
        alone = "container" in group
        for container in _containers_together(group):
            others = tuple(
                (f"node-{index}/{other}", condition) for other, condition in container.depends_on
            )
            yield replace(
                container,
                name=_on_node(index, container, alone=alone),
                depends_on=others if index == main else (*others, *after_main),
                node=Node(index=index, main_index=main, count=len(groups)),
            )


def _on_node(index: int, container: Container, *, alone: bool) -> str:
    return f"node-{index}" if alone else f"node-{index}/{container.name}"


def requirement_of(document: Document) -> Requirement:
    """Add up what the containers of a submission need."""
    needs = [_requirement(container.properties) for container in containers_of(document)]
    return Requirement(
        vcpus=sum(need.vcpus for need in needs),
        memory_mib=sum(need.memory_mib for need in needs),
        gpus=sum(need.gpus for need in needs),
        instances=document.get("nodeProperties", {}).get("numNodes", 1),
    )


def merged_requirements(
    base: Iterable[Mapping[str, str]], overrides: Iterable[Mapping[str, str]]
) -> list[dict[str, str]]:
    """Replace resource requirements by their type."""
    by_type = {item["type"]: dict(item) for item in [*base, *overrides]}
    return list(by_type.values())


def merged_environment(
    base: Iterable[Mapping[str, str]], overrides: Iterable[Mapping[str, str]]
) -> list[dict[str, str]]:
    """Replace environment variables by their name."""
    by_name = {item.get("name", ""): dict(item) for item in [*base, *overrides]}
    return list(by_name.values())


def _requirement(properties: Mapping[str, Any]) -> Requirement:
    required = {item["type"]: item["value"] for item in properties.get("resourceRequirements", ())}
    return Requirement(
        vcpus=float(required.get(SizeType.VCPU, properties.get("vcpus", 0))),
        memory_mib=int(required.get(SizeType.MEMORY, properties.get("memory", 0))),
        gpus=int(required.get(SizeType.GPU, 0)),
    )
