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
) -> tuple[Template, list[Finding], dict[tuple[str, str], str]]:
    """Spell the names right that are misspelled.

    Returns:
        The template, the findings of names that are spelled right in it, and by resource and path
        the path that is written; nothing where another value of a condition has the right name.
    """
    resources = template.get("Resources")
    meant: list[Finding] = []
    written: dict[tuple[str, str], str] = {}
    if isinstance(resources, Mapping):
        for one in found:
            if one.rule != MISSPELLED or not one.fix.startswith(MEANT):
                continue
            *inside, name = one.path.split("/")
            right = one.fix.removeprefix(MEANT)
            way = [one.resource, *inside]
            renamed = _renamed(resources, way, name, right)
            if renamed is not None:
                meant.append(one)
                if _renamed(resources, way, right, name) is None:
                    written[one.resource, "/".join([*inside, right])] = one.path
                resources = renamed
    return {**template, "Resources": resources}, meant, written


def _renamed(value: object, inside: Sequence[str], name: str, right: str) -> object | None:
    """Rename a member of an object inside of a value; None if it is not there, or not alone."""
    match value:
        case {"Fn::If": [condition, *branches]}:
            renamed = [_renamed(one, inside, name, right) for one in branches]
            new = [after or before for after, before in zip(renamed, branches, strict=True)]
            return {"Fn::If": [condition, *new]} if any(renamed) else None
        case _:
            return _renamed_in_one(value, inside, name, right)


def _renamed_in_one(value: object, inside: Sequence[str], name: str, right: str) -> object | None:
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


def as_written(one: Finding, written: Mapping[tuple[str, str], str]) -> Finding:
    """Give the path of a finding as the template spells it."""
    for (resource, path), misspelled in written.items():
        if one.resource == resource and f"{one.path}/".startswith(f"{path}/"):
            return one.replaced(path=misspelled + one.path[len(path) :])
    return one
