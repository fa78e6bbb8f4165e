"""Numbers that have to lie within bounds; tokens pass."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from batch_constructs.rules import UNKNOWN
from batch_constructs.unknown import is_token

if TYPE_CHECKING:
    from aws_cdk import Duration

    from batch_constructs.arguments import Arguments


def number_from(
    arguments: Arguments,
    parameter: str,
    value: float | None,
    *,
    least: float,
    most: float | None = None,
) -> Any:
    """Read a number of at least ``least`` and at most ``most``; None passes."""
    number = arguments.number(parameter, value)
    if number is None or number is UNKNOWN or is_token(number):
        return number
    if number < least or (most is not None and number > most):
        allowed = f"at least {least:g}" if most is None else f"{least:g} to {most:g}"
        return arguments.wrong_value(f"{parameter} is {number:g}; allowed is {allowed}")
    return number


def minutes_from(arguments: Arguments, parameter: str, value: Duration) -> Any:
    """Read a Duration of whole minutes, at least one."""
    minutes = arguments.minutes(parameter, value)
    if minutes is UNKNOWN or is_token(minutes) or minutes >= 1:
        return minutes
    return arguments.wrong_value(f"{parameter} is {minutes} minutes; allowed is at least 1")
