"""What a check leaves out since it would take very long, counted by kind, so that it is said."""

from __future__ import annotations

from enum import Enum


class LeftOut(Enum):
    """A kind of work that has a bound: what one such piece is called, and several."""

    RULES = (
        "rule on a resource among very many others",
        "rules on resources among very many others",
    )
    RIGHTS = (
        "right of a role with very many patterns",
        "rights of roles with very many patterns",
    )
    TEXTS = (
        "value that functions would repeat very often",
        "values that functions would repeat very often",
    )


Counts = dict[LeftOut, int]


class TooManyLookUpsError(Exception):
    """The resources of a template have been looked up very often already."""
