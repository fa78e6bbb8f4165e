"""A resource that is recorded in its stack and nowhere else: nothing plays it."""

from __future__ import annotations

from dataclasses import dataclass

from batch_constructs.aws import names
from batch_constructs.local.cloudformation.resource_type import (
    Properties,
    Provisioned,
    generated_name,
)


class _Attributes(dict[str, str]):
    """Whatever the template asks for: what is not known is the ID and the attribute's name."""

    def __contains__(self, _: object) -> bool:
        return True

    def __missing__(self, attribute: str) -> str:
        return f"{self['Id']}-{attribute}"


@dataclass(frozen=True, kw_only=True)
class RecordedType:
    """A type of which the stack alone knows: it has an ID, attributes, and does nothing.

    Args:
        type_name: such as ``AWS::FSx::FileSystem``.
        account_id: the account it is in.
        region: the Region it is in.
    """

    type_name: str
    account_id: str
    region: str
    name_property: str | None = None
    tags_are_a_map: bool = False

    def create(self, logical_id: str, properties: Properties) -> Provisioned:
        """Record it."""
        del properties
        return self._recorded(generated_name(logical_id, longest=64))

    def update(
        self, logical_id: str, physical_id: str, old: Properties, new: Properties
    ) -> Provisioned:
        """Record the change."""
        del logical_id, old, new
        return self._recorded(physical_id)

    def delete(self, physical_id: str, properties: Properties) -> None:
        """Forget it."""

    def _recorded(self, physical_id: str) -> Provisioned:
        _, service, kind = self.type_name.lower().split("::")
        arn = names.arn(
            kind, physical_id, service=service, region=self.region, account=self.account_id
        )
        attributes = _Attributes(Arn=arn, Id=physical_id)
        return Provisioned(physical_id=physical_id, attributes=attributes)
