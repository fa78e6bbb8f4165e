"""Answers with three values: yes, no, and what a template alone does not tell."""

from __future__ import annotations

from enum import Enum, auto

from batch_constructs.aws.typing_names import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


class Answer(Enum):
    """Whether an action is allowed, as far as a template tells."""

    ALLOWED = auto()
    DENIED = auto()
    UNKNOWN = auto()


def all_of(answers: Iterable[bool | None]) -> bool | None:
    """Tell whether all hold: one that does not decides, one that is not known leaves it open."""
    known = True
    for one in answers:
        if one is False:
            return False
        known = known and one is not None
    return True if known else None


def any_of(answers: Iterable[bool | None]) -> bool | None:
    """Tell whether one of them holds: one that does decides."""
    known = True
    for one in answers:
        if one:
            return True
        known = known and one is not None
    return False if known else None


def negated(answer: bool | None) -> bool | None:  # noqa: FBT001  # the value itself
    """Tell the opposite, which is as unknown."""
    return None if answer is None else not answer
