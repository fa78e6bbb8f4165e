"""Types that stacks need to deploy and that have nothing behind them here: they are recorded."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING

from batch_constructs.local.cloudformation.resource_type import Properties, Provisioned

if TYPE_CHECKING:
    from batch_constructs.local.cloudformation.resource_type import ResourceType


@dataclass(frozen=True, kw_only=True)
class RecordedType:
    """A type whose resources have an ID, and that is all.

    Args:
        type_name: such as ``AWS::Logs::QueryDefinition``.
        id_attribute: the attribute that ``Fn::GetAtt`` gives the ID under.
    """

    type_name: str
    id_attribute: str
    create_only: tuple[str, ...] = ()
    name_property: str | None = None
    tags_are_a_map: bool = False

    def create(self, logical_id: str, properties: Properties) -> Provisioned:
        """Give the resource an ID."""
        del logical_id, properties
        return self._recorded(str(uuid.uuid4()))

    def update(
        self, logical_id: str, physical_id: str, old: Properties, new: Properties
    ) -> Provisioned:
        """Keep the ID."""
        del logical_id, old, new
        return self._recorded(physical_id)

    def delete(self, physical_id: str, properties: Properties) -> None:
        """Forget the resource."""

    def _recorded(self, physical_id: str) -> Provisioned:
        return Provisioned(physical_id=physical_id, attributes={self.id_attribute: physical_id})


def recorded_types() -> list[ResourceType]:
    """Return the types."""
    return [
        RecordedType(type_name="AWS::Logs::QueryDefinition", id_attribute="QueryDefinitionId"),
    ]
