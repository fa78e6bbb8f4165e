"""Attributes that are assigned once a construct is made: those that describe it are read-only.

A plain attribute takes anything, and the resource stays as it is: the assignment would be lost
without a word. What a subclass adds is its own, and so is a name that is like none of ours.
"""

from __future__ import annotations

import inspect
from functools import cache
from typing import Any, Final

from batch_constructs.aws.bound import nearest

OURS: Final = __name__.partition(".")[0]

_NEAR: Final = 0.85
"""How alike a user's own name and a parameter may not be: a letter more, less or other."""


@cache
def told_by(kind: type) -> frozenset[str]:
    """Give the public attributes of ours that a class tells of itself, less those of a subclass."""
    found: dict[str, bool] = {}
    for part in kind.__mro__:
        ours = is_ours(part)
        members = dict.fromkeys(inspect.get_annotations(part)) | dict(vars(part))
        for name, member in members.items():
            takes = isinstance(member, property) and member.fset is not None
            is_called = callable(member) or isinstance(member, classmethod)
            if not name.startswith("_") and not is_called:
                found.setdefault(name, ours and not takes)
    return frozenset(name for name, ours in found.items() if ours)


def problem(construct: Any, name: str) -> str | None:
    """Say why a public attribute of a construct cannot be set, if that is so."""
    kind: type = type(construct)
    ours = next(part for part in kind.__mro__ if is_ours(part))
    given = [*inspect.signature(getattr(ours, "__init__")).parameters][3:]  # noqa: B009  # of the class, not of one
    called = ours.__name__
    if name in told_by(kind):
        way = f"give {called}({name}=…)" if name in given else _follows(called)
        return f"{name} cannot be set once it is made: {way}"
    if hasattr(construct, name) or kind is not ours:
        return None
    near = nearest(name, given, _NEAR)
    # one of several is a thing by itself
    another = near is not None and near.removesuffix("s") != name.removesuffix("s")
    if another:
        return f"{name} is not an attribute of {called}, and has no effect: give {called}({near}=…)"
    return None


def is_ours(kind: type) -> bool:
    """Whether a class is of this package."""
    return kind.__module__.partition(".")[0] == OURS


def _follows(called: str) -> str:
    return f"it follows from the arguments of {called}(…), and what CloudFormation makes of them"
