"""Arguments that are reckoned with, or decide what is made, before the deployment."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from batch_constructs.aws.bound import allowed, one_of
from batch_constructs.tokens import is_token

if TYPE_CHECKING:
    from collections.abc import Iterable

    from batch_constructs.arguments import Arguments


def known_now(arguments: Arguments, parameter: str, value: Any) -> Any:
    """Refuse a token."""
    if not is_token(value):
        return value
    return arguments.wrong_value(
        f"{parameter} is a token, whose value is not known before the deployment: give a value "
        "that is known now"
    )


def known_flag(
    arguments: Arguments, parameter: str, value: object, *, required: bool = True
) -> Any:
    """Read True or False that decides what is made: no token."""
    if is_token(value):
        return undecided(arguments, parameter, ("True", "False"))
    return arguments.flag(parameter, value, required=required)


def undecided(arguments: Arguments, parameter: str, choices: Iterable[object]) -> Any:
    """Note a token where the choice is made as the template is written."""
    return arguments.wrong_value(
        f"{parameter} is a token, which only CloudFormation knows, but it decides the content "
        f"of the template; {allowed(one_of(choices))}: give one of them"
    )
