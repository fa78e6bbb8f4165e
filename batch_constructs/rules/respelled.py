"""A template whose misspelled names are read as they were meant: what is behind one counts.

A name that is misspelled is one fault. That the right one is missing, and all that follows from
that here and in other resources, is none.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from batch_constructs.aws.typing_names import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from batch_constructs.rules.findings import Finding

MISSPELLED: Final = "property-name"
MEANT: Final = "write "
"""How the fix of a misspelled name begins."""

Template = Mapping[str, object]


def respelled(
    template: Template, found: Sequence[Finding]
) -> tuple[Template, dict[tuple[str, str], Finding]]:
    """Spell the names right that are misspelled, and give the findings by what they meant."""
    resources = template.get("Resources")
    meant: dict[tuple[str, str], Finding] = {}
    if isinstance(resources, Mapping):
        for one in found:
            if one.rule != MISSPELLED or not one.fix.startswith(MEANT):
                continue
            *inside, name = one.path.split("/")
            right = one.fix.removeprefix(MEANT)
            renamed = _renamed(resources, [one.resource, *inside], name, right)
            if renamed is not None:
                resources = renamed
                meant[one.resource, "/".join([*inside, right])] = one
    return {**template, "Resources": resources}, meant


def _renamed(value: object, inside: Sequence[str], name: str, right: str) -> object | None:
    """Rename a member of an object inside of a value; None if it is not there, or not alone."""
    if not inside:
        if not isinstance(value, Mapping) or name not in value or right in value:
            return None
        return {right if key == name else key: member for key, member in value.items()}
    first, *rest = inside
    if isinstance(value, list) and first.isdecimal() and int(first) < len(value):
        place = int(first)
        member = _renamed(value[place], rest, name, right)
        return None if member is None else [*value[:place], member, *value[place + 1 :]]
    if isinstance(value, Mapping) and first in value:
        member = _renamed(value[first], rest, name, right)
        return None if member is None else {**value, first: member}
    return None


def as_written(one: Finding, meant: Mapping[tuple[str, str], Finding]) -> Finding:
    """Give the path of a finding as the template spells it."""
    for (resource, path), misspelled in meant.items():
        if one.resource == resource and f"{one.path}/".startswith(f"{path}/"):
            return one.replaced(path=misspelled.path + one.path[len(path) :])
    return one
