"""Resources that are written alike: two with the same findings answer for all of them.

A program that writes five hundred definitions writes many that only differ in their logical ID.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from batch_constructs.aws.typing_names import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from batch_constructs.rules.findings import Finding
    from batch_constructs.rules.template.whole import Whole

Found = Mapping["Finding", None]


class AlikeResources:
    """The resources of a template that only differ in their logical ID, which nothing refers to.

    A name would tell them apart, be it one that others refer to or one that AWS takes once. Each is
    looked at until two in a row have the same findings: a rule may speak of one among several.
    """

    def __init__(self, whole: Whole) -> None:
        self._text: dict[str, str] = {}
        self._looked_at: dict[tuple[str, object, int], list[str]] = {}
        named = whole.referred_to
        for id_, resource in whole.resources.items():
            if id_ not in named and isinstance(resource, dict) and not _has_a_name(resource):
                self._text[id_] = json.dumps(resource)

    def found(
        self, id: str, state: object, known: Mapping[tuple[str, object], Found], most: int
    ) -> dict[Finding, None] | None:
        """Give the findings of a resource, if two that are written alike have the same.

        These are two of which so many faults of a kind are told.
        """
        if id not in self._text:
            return None
        before = self._looked_at.setdefault((self._text[id], state, most), [])
        if len(before) > 1:
            *_, one, other = before
            found = _with_resource(known[one, state], id)
            if found == _with_resource(known[other, state], id):
                return found
        before.append(id)
        return None


def _has_a_name(resource: Mapping[str, object]) -> bool:
    properties = resource.get("Properties")
    return isinstance(properties, dict) and any(str(key).endswith("Name") for key in properties)


def _with_resource(found: Iterable[Finding], id: str) -> dict[Finding, None]:
    return {one.replaced(resource=id): None for one in found}
