"""A change, once for each way in which conditions that only the deployment knows may turn out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import product
from typing import TYPE_CHECKING, Any, Final

from batch_constructs.aws.template_facts import NO_VALUE
from batch_constructs.impact.changes import different, properties, references
from batch_constructs.impact.one_spelling import spelled
from batch_constructs.rules.template.values import spelled_out

if TYPE_CHECKING:
    from batch_constructs.impact.changes import Change

_IF: Final = "Fn::If"
_MOST_CONDITIONS: Final = 4
"""Conditions of one resource whose outcomes are looked at one by one."""


def branches(change: Change) -> list[Change]:
    """Give the change for each outcome of the conditions in it; itself where there are none.

    A condition that is defined the same before and after turns out the same.
    """
    both = [properties(one) for one in (change.old, change.new) if one is not None]
    conditions = sorted({one for side in both for one in _conditions(side)})
    if len(both) == 1 or not conditions or len(conditions) > _MOST_CONDITIONS:
        return [change]
    return [
        _branch(change, dict(zip(conditions, outcome, strict=True)))
        for outcome in product((True, False), repeat=len(conditions))
    ]


def _branch(change: Change, holds: Mapping[str, bool]) -> Change:
    old, new = (
        {**(one or {}), "Properties": _taken(properties(one or {}), holds)}
        for one in (change.old, change.new)
    )
    paths = sorted(different(properties(old), properties(new)))
    there = {(path, target) for path, target, _ in references(properties(new))}
    referred = {
        path: left
        for path, targets in change.referred.items()
        if path not in paths and (left := [one for one in targets if (path, one) in there])
    }
    elsewhere = {path: why for path, why in change.elsewhere.items() if path not in paths}
    return replace(change, old=old, new=new, paths=paths, referred=referred, elsewhere=elsewhere)


def _taken(value: Any, holds: Mapping[str, bool]) -> Any:
    """Write a value with one branch of each condition."""
    if isinstance(value, list):
        found = [_taken(one, holds) for one in value]
        return [one for one in found if one != NO_VALUE]
    if not isinstance(value, Mapping):
        return value
    if _is_if(value):
        condition, one, other = value[_IF]
        return _taken(one if holds[spelled_out(condition)] else other, holds)
    members = {name: _taken(one, holds) for name, one in value.items()}
    return spelled({name: one for name, one in members.items() if one != NO_VALUE}, {})


def _conditions(value: Any) -> Iterator[str]:
    if isinstance(value, list):
        for one in value:
            yield from _conditions(one)
    elif isinstance(value, Mapping):
        if _is_if(value):
            yield spelled_out(value[_IF][0])
            yield from _conditions(value[_IF][1:])
        else:
            yield from _conditions([*value.values()])


def _is_if(value: Mapping[str, Any]) -> bool:
    inner = value.get(_IF)
    return len(value) == 1 and isinstance(inner, list) and len(inner) == 3  # noqa: PLR2004  # its own
