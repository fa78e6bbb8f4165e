"""Members of enumerations as arguments: the member itself, the CDK's, or its value in any case."""

from __future__ import annotations

from enum import Enum, StrEnum
from typing import TYPE_CHECKING, Any, TypeVar

from batch_constructs.aws.bound import OneOf
from batch_constructs.jsii_objects import kind_of, with_article
from batch_constructs.known_argument import undecided
from batch_constructs.tokens import is_token

if TYPE_CHECKING:
    from batch_constructs.arguments import Arguments

E = TypeVar("E", bound=StrEnum)


def of_ours(value: object, kind: type[E]) -> object:
    """Return our member of the name that the CDK's has, such as ``ecs.PidMode.HOST``; else it."""
    if isinstance(value, Enum) and kind_of(value).startswith("aws_cdk."):
        return kind.__members__.get(value.name, value)
    return value


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
