"""The resources of a template as rules see them.

A rule is about one type of resource and gets a view of it: `ComputeEnvironment`, `JobQueue`,
`JobDefinition`, or a plain `Resource`. Views find their neighbours through the template.
"""

from __future__ import annotations

import sys
from functools import cached_property

from batch_constructs.aws.typing_names import TYPE_CHECKING, Final
from batch_constructs.rules.template.compute_environment_view import ComputeEnvironment
from batch_constructs.rules.template.iam_roles import literal
from batch_constructs.rules.template.job_definition_view import Container, JobDefinition, Pod, Task
from batch_constructs.rules.template.job_queue_view import JobQueue
from batch_constructs.rules.template.launch_template_view import LaunchTemplate
from batch_constructs.rules.template.left_out import TooManyLookUpsError
from batch_constructs.rules.template.resource_view import (
    COMPUTE_ENVIRONMENT,
    CONSUMABLE_RESOURCE,
    JOB_DEFINITION,
    JOB_QUEUE,
    LAUNCH_TEMPLATE,
    QUOTA_SHARE,
    SCHEDULING_POLICY,
    SERVICE_ENVIRONMENT,
    Resource,
    with_services,
)
from batch_constructs.rules.template.values import (
    NOTHING,
    UNKNOWN,
    PartlyKnown,
    Reference,
    Text,
    Unknown,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from batch_constructs.rules.template.as_written import AsWritten
    from batch_constructs.rules.template.intrinsics import Resolver
    from batch_constructs.rules.template.left_out import Counts, LeftOut
    from batch_constructs.rules.template.property_texts import PropertyText, PropertyTexts

__all__ = [
    "COMPUTE_ENVIRONMENT",
    "CONSUMABLE_RESOURCE",
    "JOB_DEFINITION",
    "JOB_QUEUE",
    "LAUNCH_TEMPLATE",
    "QUOTA_SHARE",
    "SCHEDULING_POLICY",
    "SERVICE_ENVIRONMENT",
    "ComputeEnvironment",
    "Container",
    "JobDefinition",
    "JobQueue",
    "LaunchTemplate",
    "Pod",
    "Resource",
    "Task",
    "Template",
]

_LATE: Final = (Unknown, Text)

_VIEWS: Final[dict[str, type[Resource]]] = {
    COMPUTE_ENVIRONMENT: ComputeEnvironment,
    JOB_QUEUE: JobQueue,
    JOB_DEFINITION: JobDefinition,
    LAUNCH_TEMPLATE: LaunchTemplate,
}


class Template:
    """The resources of one template under one choice of its conditions.

    Attributes:
        memory: what rules have found out about the template.
        left_out: what was too much to be looked at.
        secrets_written: logical ID → where a secret's value is written, in any world.
        look_ups: how often a resource may still be looked up.
        guessed: how many faults there are so far of names that may be slips of the pen.
    """

    def __init__(
        self,
        resources: Mapping[str, Mapping[str, object]],
        resolver: Resolver,
        left_out: Counts | None = None,
        as_written: AsWritten | None = None,
        texts: PropertyTexts | None = None,
    ) -> None:
        self._raw = resources
        self._resolver = resolver
        self._as_written = as_written
        self._texts = texts
        self.secrets_written: dict[str, dict[str, tuple[str, str]]] = {}
        self._views: dict[str, Resource] = {}
        self.memory: dict[str, object] = {}
        self.left_out: Counts = {} if left_out is None else left_out
        self.look_ups = sys.maxsize
        self.guessed = 0

    def leave_out(self, kind: LeftOut) -> None:
        """Note a piece of work that is not done, since it would take very long."""
        self.left_out[kind] = self.left_out.get(kind, 0) + 1

    @cached_property
    def ids(self) -> dict[str, list[str]]:
        """Give the logical IDs of each type of resource."""
        found: dict[str, list[str]] = {}
        for id_, resource in self._raw.items():
            type_ = resource.get("Type")
            if isinstance(type_, str):
                found.setdefault(type_, []).append(id_)
        return found

    @cached_property
    def types(self) -> frozenset[str]:
        """Give the types of its resources, and the services that they are of."""
        return with_services(self.ids)

    def get(self, id: str) -> Resource | None:
        """Find a resource by its logical ID.

        Raises:
            TooManyLookUpsError: that was done as often as it may be.
        """
        self.count(1)
        return self.view(id)

    def count(self, look_ups: int) -> None:
        """Count what is looked at of other resources.

        Raises:
            TooManyLookUpsError: that was done as often as it may be.
        """
        self.look_ups -= look_ups
        if self.look_ups < 0:
            raise TooManyLookUpsError

    def view(self, id: str) -> Resource | None:
        """Find a resource by its logical ID, for what looks at each once."""
        view = self._views.get(id)
        if view is None and id in self._raw:
            raw = self._raw[id]
            type_ = raw.get("Type")
            if not isinstance(type_, str):
                return None
            properties: object = raw.get("Properties") or {}
            text = self.text_of(id)
            if text is None or not text.is_what_it_says:
                properties = self._resolver.resolve(properties)
            if not isinstance(properties, dict):
                properties = PartlyKnown() if properties is UNKNOWN else NOTHING
            view = _VIEWS.get(type_, Resource)(id, type_, properties, self)
            self._views[id] = view
        return view

    def raw(self, id: str) -> Mapping[str, object]:
        """Give a resource as it is written, for what stands beside its properties."""
        return self._raw.get(id, {})

    def properties_as_written(self, id: str) -> list[object]:
        """Give the properties of a resource with the references to secrets that are in them."""
        properties = self.raw(id).get("Properties")
        if self._as_written is None:
            return [properties]
        text = self.text_of(id)
        opens_none = text is not None and text.opens_no_reference
        return self._as_written.of(properties, opens_none=opens_none)

    def words_with_defaults(self, id: str, path: str, command: list[object]) -> list[str | None]:
        """Give the words of a command, parameters of the template at their defaults."""
        found: list[str | None] = []
        before: str | None = None
        for place, word in enumerate(command):
            known = word if type(word) is str else literal(word)
            found.append(known)
            if type(word) in _LATE and before is not None and before.startswith("-"):
                default = self.with_defaults(id, f"{path}/{place}")
                found[-1] = known if default is None else default
            before = known
        return found

    def text_of(self, id: str) -> PropertyText | None:
        """Give the properties of a resource as one text, if the template was read from one."""
        return None if self._texts is None else self._texts.of(id)

    def with_defaults(self, id: str, path: str) -> str | None:
        """Give the text at a path of a resource's properties, parameters at their defaults.

        Nothing where it needs none of them, or where the text of the template has another shape.
        """
        value = self.raw(id).get("Properties") if self._as_written is not None else None
        for key in path.split("/"):
            if isinstance(value, list) and key.isdecimal() and int(key) < len(value):
                value = value[int(key)]
            elif isinstance(value, dict):
                value = value.get(key)
            else:
                return None
        return None if self._as_written is None else self._as_written.with_defaults(value)

    def json_of(self, id: str) -> str | None:
        """Give the properties of a resource as JSON, if the template was read from a text."""
        text = self.text_of(id)
        return None if text is None else text.json

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
