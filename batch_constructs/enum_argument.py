"""Members of enumerations as arguments: the member itself, or its value in any case."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Any, TypeVar

from batch_constructs.aws.bound import OneOf
from batch_constructs.jsii_objects import with_article
from batch_constructs.known_argument import undecided
from batch_constructs.tokens import is_token

if TYPE_CHECKING:
    from batch_constructs.arguments import Arguments

E = TypeVar("E", bound=StrEnum)


def member(arguments: Arguments, parameter: str, value: object, kind: type[E]) -> Any:
    """Read a member of an enumeration, and note what is none."""
    if is_token(value):
        return undecided(arguments, parameter, kind)
    if not isinstance(value, str):
        return arguments.wrong_type(parameter, value, with_article(kind))
    found = {str(one).upper(): one for one in kind}.get(value.upper())
    if found is None:
        return arguments.bounded(parameter, value, OneOf(tuple(kind)))
    return found
