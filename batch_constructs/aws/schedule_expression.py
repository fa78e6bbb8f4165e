"""Schedule expressions: what EventBridge Scheduler accepts, and what a rule of EventBridge does.

https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rate-expressions.html
"""

from __future__ import annotations

import re

from batch_constructs.aws.bound import cut
from batch_constructs.aws.pattern import pattern
from batch_constructs.aws.source import Source, docs
from batch_constructs.aws.typing_names import Final

SOURCE: Final[Source] = docs(
    "scheduler/latest/UserGuide/schedule-types.html",
    "Rates, cron expressions of six fields, and one moment. Scheduler was seen to take more: five"
    " fields without the year, rate(1minute), a moment without seconds, and any case"
    " (badmintoncryer/cdk-preflight, pf-scheduler-schedule-expression); a rule of EventBridge takes"
    " any year (pf-events-rule-cron-fields).",
)

TIME_ZONE_SOURCE: Final[Source] = docs(
    "scheduler/latest/UserGuide/schedule-types.html#time-zones",
    '"EventBridge Scheduler supports configuring cron-based and one-time schedules in any time zone'
    ' that you specify."; days of a rate are 24 hours each, whatever the clocks do.',
)

_RATE = pattern(r"rate\((\d+) (minute|hour|day)(s?)\)", re.ASCII)
_ANY_RATE = pattern(r"rate\((\d+) ?(minute|hour|day)s?\)", re.ASCII | re.IGNORECASE)
_AT = pattern(r"at\((\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d)?)\)", re.ASCII | re.IGNORECASE)
_CRON = pattern(r"cron\((.*)\)", re.IGNORECASE)
_FIELDS = ("minutes", "hours", "day of month", "month", "day of week", "year")
_RANGES = ((0, 59), (0, 23), (1, 31), (1, 12), (1, 7), (1970, 2199))
_WEEKDAY = 4
_NTH = pattern(r"\w+#[1-5]")
_NAMES = (
    frozenset({"JAN", "FEB", "MAR", "APR", "MAY", "JUN"})
    | {"JUL", "AUG", "SEP", "OCT", "NOV", "DEC"},
    frozenset({"SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"}),
)


def problem_with(expression: str) -> str | None:
    """Say what is wrong with an expression of Scheduler, and what is allowed; None if nothing is.

    Of a unit Scheduler says "minute | minutes | hour | hours | day | days", whatever the number.
    """
    if rate := _ANY_RATE.fullmatch(expression):
        return None if _number(rate[1]) else "allowed: rates of 1 or more: write rate(1 hour)"
    if at := _AT.fullmatch(expression):
        from datetime import datetime  # noqa: PLC0415  # seldom needed

        try:
            datetime.fromisoformat(at[1])
        except ValueError:
            return "allowed: moments of the calendar: write at(YYYY-MM-DDTHH:MM:SS)"
        return None
    if (fields := cron_of(expression)) is not None:
        return _problem_with_cron(fields)
    return (
        "allowed: rate(N minutes|hours|days), cron(minutes hours day-of-month month "
        "day-of-week year) and at(YYYY-MM-DDTHH:MM:SS)"
    )


def cron_of(expression: str) -> list[str] | None:
    """Return the fields of a cron expression, as Scheduler reads them; None of another."""
    if (cron := _CRON.fullmatch(expression)) is None:
        return None
    fields = cron[1].split()
    return [*fields, "*"] if len(fields) == len(_FIELDS) - 1 else fields


def moment_of(expression: str) -> str | None:
    """Return the moment of a schedule that runs once; None of another."""
    at = _AT.fullmatch(expression)
    return None if at is None else at[1]


def rate_of(expression: str) -> tuple[int, str] | None:
    """Return the number and the unit of a rate, such as 5 and ``minute``; None of another."""
    rate = _ANY_RATE.fullmatch(expression)
    return None if rate is None else (_number(rate[1]), rate[2].lower())


def is_rate(expression: object) -> bool:
    """Tell whether it is a rate, which no time zone changes (`TIME_ZONE_SOURCE`)."""
    return isinstance(expression, str) and _ANY_RATE.fullmatch(expression) is not None


def problem_in_a_rule(expression: str) -> str | None:
    """Say what is wrong with an expression of a rule, which is stricter than Scheduler.

    "If the value is equal to 1, then the unit must be singular. If the value is greater than 1, the
    unit must be plural."
    """
    rate = _RATE.fullmatch(expression)
    number = _number(rate[1]) if rate else 0
    if rate and number and bool(rate[3]) == (number == 1):
        right = f"{number} {rate[2]}{'' if number == 1 else 's'}"
        return f"the unit of {number} is {right.partition(' ')[2]}: write rate({right})"
    if _AT.fullmatch(expression):
        return "a rule takes rate(…) and cron(…); at(…) is for EventBridge Scheduler"
    if cron := _CRON.fullmatch(expression):
        fields = cron[1].split()
        return _problem_with_cron([*fields[:-1], "*"] if len(fields) == len(_FIELDS) else fields)
    return problem_with(expression)


def _problem_with_cron(fields: list[str]) -> str | None:
    if len(fields) != len(_FIELDS):
        return (
            f"cron has {len(fields)} fields; allowed: 6: write {', '.join(_FIELDS)}, such as "
            "cron(0 3 * * ? *)"
        )
    if (fields[2] == "?") == (fields[4] == "?"):
        return (
            "allowed: ? as the day of month or as the day of week, and not as both: write one "
            "such as cron(0 3 * * ? *)"
        )
    for place, (name, field) in enumerate(zip(_FIELDS, fields, strict=True)):
        for number in re.findall(r"(?<![/#\d])\d+(?!#)", field):
            low, high = _RANGES[place]
            if not low <= _number(number) <= high:
                return f"{name} is {cut(field, _SHOWN)}; allowed: {low} to {high}"
        if "#" in field and (place != _WEEKDAY or not _NTH.fullmatch(field)):
            return f"{name} is {cut(field, _SHOWN)}; allowed: #1 to #5, behind a day of the week"
        words = set(re.findall(r"[A-Za-z]{3,}", field.upper()))
        allowed = {3: _NAMES[0], 4: _NAMES[1]}.get(place, frozenset[str]())
        if words - allowed or not field.isascii():
            names = f" and {', '.join(sorted(allowed))}" if allowed else ""
            return f"{name} is {cut(field, _SHOWN)}; allowed: numbers{names}"
    return None


_SHOWN: Final = 80
"""Characters of a field that a message shows."""

_DIGITS: Final = 9
"""No number of an expression has more; of one that does, it is enough that it is large."""


def _number(digits: str) -> int:
    return int(digits[-_DIGITS:]) if len(digits.lstrip("0")) <= _DIGITS else 10**_DIGITS
