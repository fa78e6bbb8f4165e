"""Numbers that have to lie within bounds; tokens pass."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from batch_constructs.rules import UNKNOWN
from batch_constructs.tokens import is_token

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


def seconds_known(arguments: Arguments, parameter: str, value: Duration | None) -> Any:
    """Read a Duration in whole seconds that is known now: it is reckoned with."""
    seconds = arguments.seconds(parameter, value)
    return _known(arguments, parameter, seconds)


def number_known(
    arguments: Arguments,
    parameter: str,
    value: float | None,
    *,
    least: float,
    most: float | None = None,
) -> Any:
    """Read a number as ``number_from`` does, and refuse a token: it is reckoned with."""
    return _known(
        arguments, parameter, number_from(arguments, parameter, value, least=least, most=most)
    )


def _known(arguments: Arguments, parameter: str, value: Any) -> Any:
    if value is UNKNOWN or not is_token(value):
        return value
    return arguments.wrong_value(
        f"{parameter} is a token, which cannot be reckoned with before the deployment; give a "
        "value that is known now"
    )


def alarm_name_argument(arguments: Arguments, parameter: str, value: object) -> None:
    """Look at an alarm's name, or what begins one: it has to be there and not too long."""
    name = arguments.text(parameter, value, required=True)
    if name is not UNKNOWN and not is_token(name) and len(name) > LONGEST_ALARM_NAME:
        arguments.wrong_value(
            f"{parameter} has {len(name)} characters; allowed are {LONGEST_ALARM_NAME}"
        )


LONGEST_ALARM_NAME = 255
"""https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html"""
