"""Parameters whose declaration changes: their value stays, is refused or means something else.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/parameters-section-structure.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from batch_constructs.aws import updates
from batch_constructs.aws.template_facts import BOUNDS_OF_PARAMETERS
from batch_constructs.impact.changes import different, section

_DEFAULT: Final = "Default"
_TYPE: Final = "Type"
_ALLOWED: Final = "AllowedValues"
_HELD_TO: Final = (_ALLOWED, "AllowedPattern", *sorted(BOUNDS_OF_PARAMETERS))
_LISTS: Final = ("CommaDelimitedList", "List<")
_LOOKED_UP: Final = "AWS::SSM::Parameter"
_UNLESS: Final = "unless the deployment passes another one"
_NEW: Final = "it is new, and has no default: the deployment fails unless it passes a value"
_STAYS: Final = f"the parameter keeps its value, {_UNLESS}"


def is_looked_up(type: str) -> bool:
    """Whether the value of a parameter is the name of another one, in Parameter Store."""
    return type.startswith(_LOOKED_UP)


def is_list(type: str) -> bool:
    """Whether ``Ref`` gives the value of a parameter as a list."""
    return type.startswith(_LISTS)


def family(type: str) -> tuple[bool, bool]:
    """Give what decides which value the text of a parameter means."""
    return is_looked_up(type), is_list(type)


def changed_parameters(
    old: Mapping[str, Any], new: Mapping[str, Any]
) -> Iterator[tuple[str, list[str], list[str]]]:
    """Give the parameters whose declaration changes: the name, what changes, what it means.

    A parameter is left out if every value that it can have is still allowed.
    """
    before = section(old, "Parameters")
    for name, is_so in section(new, "Parameters").items():
        was = before.get(name)
        if not isinstance(is_so, Mapping):
            continue
        if not isinstance(was, Mapping):
            if _DEFAULT not in is_so and old:
                yield name, [_DEFAULT], [_NEW]
            continue
        told = dict(_told(was, is_so))
        if told:
            yield name, [*told], [*dict.fromkeys(note for one in told.values() for note in one)]


def _told(was: Mapping[str, Any], is_so: Mapping[str, Any]) -> Iterator[tuple[str, list[str]]]:
    if _DEFAULT in is_so and any(different(was.get(_DEFAULT), is_so[_DEFAULT])):
        yield _DEFAULT, [_STAYS, f"see {updates.DEFAULT_IS_NOT_READ.page}"]
    types = [str(one.get(_TYPE)) for one in (was, is_so)]
    if types[0] != types[1]:
        changes = "" if family(types[0]) == family(types[1]) else "; what refers to it changes"
        yield (
            _TYPE,
            [f"the deployment fails if its value is not of the type {types[1]}{changes}"],
        )
    for path in _HELD_TO:
        if path not in is_so or not any(different(was.get(path), is_so[path])):
            continue
        admitted: list[Any] = [one.get(path) for one in (was, is_so)]
        if path == _ALLOWED and all(isinstance(one, list) for one in admitted):
            had, has = ([*map(str, one)] for one in admitted)
            lacking = ", ".join(one for one in had if one not in has)
            if lacking:
                yield path, [f"the deployment fails if its value is {lacking}, {_UNLESS}"]
            continue
        yield path, [f"the deployment fails if {path} does not allow its value, {_UNLESS}"]


def of_another_value(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[str]:
    """Give the parameters whose text now means another value."""
    before = section(old, "Parameters")
    for name, one in section(new, "Parameters").items():
        both = [side for side in (before.get(name), one) if isinstance(side, Mapping)]
        if len({family(str(side.get(_TYPE))) for side in both}) > 1:
            yield name
