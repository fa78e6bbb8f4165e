"""Tags of a resource that another tag would replace."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import jsii
from aws_cdk import Annotations, IAspect, Stack

from batch_constructs.adopt.override_path import override_path
from batch_constructs.impact.elsewhere import tag_keys

if TYPE_CHECKING:
    from constructs import IConstruct


@jsii.implements(IAspect)
class HeldTags:
    """Leaves a resource the tags that it has in an old template, whatever ``Tags.of`` adds."""

    def __init__(self, tags: Any, of_stack: Mapping[str, str] | None) -> None:
        """Take what was.

        Args:
            tags: The tags of the resource.
            of_stack: The tags of the old stack; None where they are unknown.
        """
        self._tags = tags
        self._of_stack = of_stack

    def visit(self, node: IConstruct) -> None:
        """Put the old tags over those of the resource."""
        l1: Any = node
        now = l1.tags.tag_values()
        if not isinstance(self._tags, Mapping):
            if self._tags:
                l1.add_property_override("Tags", self._tags)
            else:
                l1.add_property_deletion_override("Tags")
        else:
            for key in now:
                if key not in self._tags:
                    l1.add_property_deletion_override(override_path(["Tags", key]))
            for key, value in self._tags.items():
                l1.add_property_override(override_path(["Tags", key]), value)
        self._warn(l1, tag_keys(self._tags), now)

    def _warn(self, l1: Any, own: set[str], now: Mapping[str, str]) -> None:
        """Tell of tags that the stack gives it, which no template can keep from it."""
        given, had = Stack.of(l1).tags.tag_values(), self._of_stack
        if had is None:  # what is new to the resource is likely to be new to the stack
            new = [key for key in given if key in now and key not in own]
        else:
            changed = (key for key in {**had, **given} if had.get(key) != given.get(key))
            new = [key for key in changed if key not in own]
        if new:
            Annotations.of(l1).add_warning_v2(
                "batch-constructs:stack-tag",
                f"CloudFormation gives it the tags of the stack, and {', '.join(new)} would "
                "replace it: leave these as they were "
                '(exclude_resource_types=["aws:cdk:stack"])',
            )
