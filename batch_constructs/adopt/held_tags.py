"""Tags of a resource that another tag would replace."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import jsii
from aws_cdk import IAspect

from batch_constructs.adopt.override_path import override_path

if TYPE_CHECKING:
    from collections.abc import Mapping

    from constructs import IConstruct


@jsii.implements(IAspect)
class HeldTags:
    """Leaves a resource the tags that it has in an old template, whatever ``Tags.of`` adds."""

    def __init__(self, tags: Mapping[str, Any]) -> None:
        self._tags = tags

    def visit(self, node: IConstruct) -> None:
        """Put the old tags over those of the resource."""
        l1: Any = node
        for key in l1.tags.tag_values():
            if key not in self._tags:
                l1.add_property_deletion_override(override_path(["Tags", key]))
        for key, value in self._tags.items():
            l1.add_property_override(override_path(["Tags", key]), value)
