"""What a CloudFormation resource type is made of."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from batch_constructs.aws.names import NOT_IN_A_JOB_NAME, RESOURCE_NAME_LENGTH

if TYPE_CHECKING:
    from collections.abc import Mapping

Properties = dict[str, Any]
"""A resource's properties, as the template gives them, with every intrinsic function resolved."""


class ProvisioningError(Exception):
    """Why a resource could not be created, changed or deleted; CloudFormation shows the message."""


@dataclass(frozen=True, kw_only=True)
class Provisioned:
    """A resource that exists.

    Args:
        physical_id: what ``Ref`` gives.
        attributes: what ``Fn::GetAtt`` gives.
    """

    physical_id: str
    attributes: Mapping[str, Any] = field(default_factory=dict)


class ResourceType(Protocol):
    """One CloudFormation resource type."""

    @property
    def type_name(self) -> str:
        """Such as ``AWS::Batch::JobQueue``."""

    @property
    def name_property(self) -> str | None:
        """The property that names the resource, if one does: a replacement needs another name."""

    @property
    def tags_are_a_map(self) -> bool:
        """Whether ``Tags`` is a map; else it is a list of keys and values."""

    def create(self, logical_id: str, properties: Properties) -> Provisioned:
        """Create the resource."""
        ...

    def update(
        self, logical_id: str, physical_id: str, old: Properties, new: Properties
    ) -> Provisioned:
        """Change the resource; another physical ID in the answer means that it was replaced."""
        ...

    def delete(self, physical_id: str, properties: Properties) -> None:
        """Delete the resource; one that is gone already is no error."""
        ...


def generated_name(logical_id: str, *, longest: int = RESOURCE_NAME_LENGTH) -> str:
    """Return a physical name as CloudFormation makes them: the logical ID and a random suffix."""
    suffix = secrets.token_hex(8)
    stem = NOT_IN_A_JOB_NAME.sub("", logical_id)
    return f"{stem[: longest - len(suffix) - 1]}-{suffix}"
