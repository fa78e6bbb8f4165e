"""Attributes that are assigned once a construct is made: what tells of it is not to be set.

A plain attribute takes anything, and the resource stays as it is: the assignment would be lost
without a word. What a subclass adds is its own, and so is a name that is like none of ours.
"""

from __future__ import annotations

import inspect
from functools import cache
from typing import Any, Final

_OURS: Final = __name__.partition(".")[0]

_NEAR: Final = 0.85
"""How alike a name of the user's own and one of ours may not be: a letter more, less or other."""


@cache
def told_by(kind: type) -> frozenset[str]:
    """Give the public attributes of ours that a class tells of itself, less those of a subclass."""
    found: dict[str, bool] = {}
    for part in kind.__mro__:
        ours = _is_ours(part)
        members = dict.fromkeys(inspect.get_annotations(part)) | dict(vars(part))
        for name, member in members.items():
            takes = isinstance(member, property) and member.fset is not None
            if not name.startswith("_") and not callable(member):
                found.setdefault(name, ours and not takes)
    return frozenset(name for name, ours in found.items() if ours)


def problem(construct: Any, name: str) -> str | None:
    """Say why a public attribute of a construct cannot be set, if that is so."""
    kind: type = type(construct)
    told = told_by(kind)
    ours = next(part for part in kind.__mro__ if _is_ours(part))
    given = [*inspect.signature(getattr(ours, "__init__")).parameters][3:]  # noqa: B009  # of the class, not of one
    if name in told:
        return f"{name} cannot be set once it is made: give {_way(name, ours, given)}"
    if hasattr(construct, name) or kind is not ours:
        return None
    from difflib import get_close_matches  # noqa: PLC0415  # seldom needed

    for names in (given, sorted(told)):
        for near in get_close_matches(name, names, n=1, cutoff=_NEAR):
            way = _way(near, ours, given)
            return f"{name} is no attribute of {ours.__name__}, and changes nothing: give {way}"
    return None


def _is_ours(kind: type) -> bool:
    return kind.__module__.partition(".")[0] == _OURS


def _way(name: str, kind: type, given: list[str]) -> str:
    called = kind.__name__
    return f"{called}({name}=…)" if name in given else f"{called}(…) other arguments"
