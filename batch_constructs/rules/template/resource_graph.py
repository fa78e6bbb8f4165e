"""The resources of a template as rules see them.

A rule is about one type of resource and gets a view of it: `ComputeEnvironment`, `JobQueue`,
`JobDefinition`, or a plain `Resource`. Views find their neighbours through the template.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Final

from batch_constructs.rules.template.compute_environment_view import ComputeEnvironment
from batch_constructs.rules.template.job_definition_view import Container, JobDefinition, Pod, Task
from batch_constructs.rules.template.job_queue_view import JobQueue
from batch_constructs.rules.template.resource_view import (
    COMPUTE_ENVIRONMENT,
    CONSUMABLE_RESOURCE,
    JOB_DEFINITION,
    JOB_QUEUE,
    QUOTA_SHARE,
    SCHEDULING_POLICY,
    SERVICE_ENVIRONMENT,
    Resource,
)
from batch_constructs.rules.template.values import NOTHING, Reference, Text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from batch_constructs.rules.template.intrinsics import Resolver

__all__ = [
    "COMPUTE_ENVIRONMENT",
    "CONSUMABLE_RESOURCE",
    "JOB_DEFINITION",
    "JOB_QUEUE",
    "QUOTA_SHARE",
    "SCHEDULING_POLICY",
    "SERVICE_ENVIRONMENT",
    "ComputeEnvironment",
    "Container",
    "JobDefinition",
    "JobQueue",
    "Pod",
    "Resource",
    "Task",
    "Template",
]

_VIEWS: Final[dict[str, type[Resource]]] = {
    COMPUTE_ENVIRONMENT: ComputeEnvironment,
    JOB_QUEUE: JobQueue,
    JOB_DEFINITION: JobDefinition,
}


class Template:
    """The resources of one template under one choice of its conditions.

    Attributes:
        memory: what rules have found out about the template.
    """

    def __init__(self, resources: Mapping[str, Mapping[str, object]], resolver: Resolver) -> None:
        self._raw = resources
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
