"""One resource of a template as rules see it: its properties, and its neighbours."""

from __future__ import annotations

from functools import cached_property, lru_cache

from batch_constructs.aws.property_paths import Places
from batch_constructs.aws.typing_names import TYPE_CHECKING, Final
from batch_constructs.rules.template.values import HOLDERS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from batch_constructs.rules.template.resource_graph import Template
    from batch_constructs.rules.template.values import Properties

COMPUTE_ENVIRONMENT: Final = "AWS::Batch::ComputeEnvironment"
JOB_QUEUE: Final = "AWS::Batch::JobQueue"
LAUNCH_TEMPLATE: Final = "AWS::EC2::LaunchTemplate"
JOB_DEFINITION: Final = "AWS::Batch::JobDefinition"
SCHEDULING_POLICY: Final = "AWS::Batch::SchedulingPolicy"
CONSUMABLE_RESOURCE: Final = "AWS::Batch::ConsumableResource"
QUOTA_SHARE: Final = "AWS::Batch::QuotaShare"
SERVICE_ENVIRONMENT: Final = "AWS::Batch::ServiceEnvironment"


def names_in(value: object) -> frozenset[str]:
    """Give the names of all members of a mapping, also of those inside of others."""
    found: set[str] = set()
    seen: set[int] = set()
    waiting: list[object] = [value]
    while waiting:
        value = waiting.pop()
        if id(value) in seen:
            continue
        seen.add(id(value))
        if isinstance(value, dict):
            found.update(value)
        inside = value.values() if isinstance(value, dict) else value
        waiting += [one for one in inside if isinstance(one, HOLDERS)]  # type: ignore[attr-defined]  # a list
    return _same(frozenset(found))


@lru_cache(maxsize=512)
def _same(names: frozenset[str]) -> frozenset[str]:
    """Give one set for all that are equal: what is asked by it is sooner found."""
    return names


def with_services(types: Iterable[str]) -> frozenset[str]:
    """Give types of resources, and the services that they are of."""
    return frozenset(types).union(one.rpartition("::")[0] for one in types)


class Resource:
    """One resource of a template, its intrinsic functions resolved."""

    def __init__(self, id: str, type: str, properties: Properties, template: Template) -> None:
        self.id = id
        self.type = type
        self.properties = properties
        self.template = template
        self.shape_problems: list[tuple[str, str, str, str]] | None = None

    @property
    def kinds(self) -> frozenset[str | None]:
        """Give the kinds of job or environment that it is of, as the ground floor calls them."""
        return frozenset()

    @cached_property
    def places(self) -> Places:
        """Give what finds the mappings inside of the properties by the paths to them."""
        return Places(self.properties)

    @cached_property
    def names(self) -> frozenset[str]:
        """Give the names of all properties, also of those inside of others."""
        text = self.template.text_of(self.id)
        return names_in(self.properties) if text is None else _same(text.names())

    def neighbour(self, value: object, type: str | None = None) -> Resource | None:
        """Find the resource of the template that a value refers to, if it does."""
        return self.template.target(value, type)
