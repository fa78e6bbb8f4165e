"""Resources that are written alike: what is found of two of them is found of each.

A program that writes five hundred definitions writes many that differ in their logical ID alone.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from batch_constructs.rules.findings import Finding
    from batch_constructs.rules.template.whole import Whole

Found = Mapping["Finding", None]


class AlikeResources:
    """The resources of a template that differ in their logical ID alone, which nothing names.

    A name would tell them apart, be it one that others refer to or one that AWS takes once. Two of
    each kind are looked at: where a rule speaks of one among several, these differ.
    """

    def __init__(self, whole: Whole) -> None:
        groups: dict[str, list[str]] = {}
        named = whole.named
        for id_, resource in whole.resources.items():
            if id_ not in named and isinstance(resource, dict) and not _has_a_name(resource):
                groups.setdefault(json.dumps(resource), []).append(id_)
        self._two: dict[str, tuple[str, str]] = {}
        for first, second, *others in filter(_is_one_of_several, groups.values()):
            self._two.update(dict.fromkeys(others, (first, second)))

    def found(
        self, id: str, state: object, known: Mapping[tuple[str, object], Found]
    ) -> dict[Finding, None] | None:
        """Give what is found of a resource, if two that are written alike tell it."""
        two = self._two.get(id)
        if two is None:
            return None
        one, other = (known.get((each, state)) for each in two)
        if one is None or other is None:
            return None
        found = _with_resource(one, id)
        return found if found == _with_resource(other, id) else None


def _is_one_of_several(group: list[str]) -> bool:
    return len(group) > 2  # noqa: PLR2004  # the two that are looked at


def _has_a_name(resource: Mapping[str, object]) -> bool:
    properties = resource.get("Properties")
    return isinstance(properties, dict) and any(str(key).endswith("Name") for key in properties)


def _with_resource(found: Iterable[Finding], id: str) -> dict[Finding, None]:
    return {one.replaced(resource=id): None for one in found}
