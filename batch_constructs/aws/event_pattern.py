"""Event patterns: what EventBridge takes, and what it refuses when a rule is made.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html

The user guide says what the operators mean; how strictly they are read is in AWS's published
matcher, whose documentation and tests are at https://github.com/aws/event-ruler. The service reads
a pattern that is refused with ``$or`` once more with ``$or`` as the name of a field: what it takes
then matches no event of AWS's, so it is refused here.

Open is when EventBridge answers *Rule is too complex*: the user guide says that many wildcards with
repeating characters between them may be, and not how many
(eventbridge/latest/userguide/eb-patterns-best-practices.html). So none is refused here for that.
"""

from __future__ import annotations

import json
import math
import re

from batch_constructs.aws.bound import allowed, meant, one_of, shown
from batch_constructs.aws.pattern import pattern
from batch_constructs.aws.quotas import EVENT_PATTERN_CHARACTERS
from batch_constructs.aws.source import Source, docs
from batch_constructs.aws.typing_names import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Fault = tuple[str, str]
"""Where it is in the pattern (``detail/state/0``; empty for the whole), and what is wrong."""

SOURCE: Final[Source] = docs(
    "eventbridge/latest/userguide/eb-create-pattern-operators.html",
    '"Comparison operators only work on leaf nodes, with the exception of $or and anything-but.";'
    " the value to match is in a JSON array.",
)

FIELDS: Final = (
    "version",
    "id",
    "detail-type",
    "source",
    "account",
    "time",
    "region",
    "resources",
    "detail",
    "replay-name",
)
"""The fields of an event; none has what else a pattern names. The last is in what is replayed."""

FIELDS_SOURCE: Final[Source] = docs(
    "eventbridge/latest/userguide/eb-events-structure.html",
    '"The following fields appear in all events delivered to an event bus"; replay-name is in those'
    " that are replayed (eventbridge/latest/userguide/eb-archive.html).",
)

OR: Final = "$or"
"""The one operator that stands where a field stands."""

ANYTHING_BUT: Final = "anything-but"
WILDCARD: Final = "wildcard"
"""The operator that turns others round."""

OPERATORS: Final = (
    ANYTHING_BUT,
    "cidr",
    "equals-ignore-case",
    "exists",
    "numeric",
    "prefix",
    "suffix",
    WILDCARD,
)
"""What a value may be compared by. They are spelled in lower case."""

_EXACTLY: Final = "exactly"
"""The published matcher takes it too, for what a plain string says."""

_AFFIXES: Final = ("prefix", "suffix")
_NEGATED: Final = ("equals-ignore-case", *_AFFIXES, WILDCARD)
"""What ``anything-but`` takes beside plain values."""

_ALTERNATIVES: Final = 2
"""The fewest members of ``$or``."""

_NO_VALUE: Final = "is empty; allowed: at least one value"

_COMBINATIONS: Final = 1000
"""The most that the members of all ``$or`` multiply to."""

_LOWER, _UPPER, _EQUAL = (">", ">="), ("<", "<="), "="
_COMPARISON, _RANGE = 2, 4
"""How many members ``numeric`` has."""

_LARGEST: Final = 5_000_000_000
"""How far from zero a number may be that others are compared with.

The published matcher compares all numbers of 64 bits by now; the guide has not followed, and nobody
has seen which of the two a bus runs.
"""

NUMBERS_SOURCE: Final[Source] = docs(
    "eventbridge/latest/userguide/eb-create-pattern-operators.html#eb-filtering-numeric-matching",
    '"It is limited to values between -5.0e9 and +5.0e9 inclusive"',
)

_CIDR: Final = pattern(r"([0-9.]+|[0-9A-Fa-f:]+)/([0-9]{1,3})")
_LONE_BACKSLASH: Final = pattern(r"(?:[^\\]|\\[\\*])*\\(?![\\*])", re.DOTALL)
_TWO_ASTERISKS: Final = pattern(r"(?:[^\\*]|\\.|\*(?!\*))*\*\*", re.DOTALL)


def wrong(pattern: Any, *, at_least: int = 0) -> list[Fault]:
    """Say what EventBridge refuses in a pattern.

    Args:
        pattern: it as plain data. Whatever is no plain data is unknown, and never wrong.
        at_least: characters that it has at least, where that is known.

    Returns:
        Each fault with its place, in the order of the pattern. The place is the subject of the
        sentence: ``("source", 'is "shop": write a list: ["shop"]')``.
    """
    found = list(_fields(pattern, ""))
    for counted, most, things in (
        (_combinations(pattern), _COMBINATIONS, f"combinations of {OR}"),
        (max(length(pattern), at_least), EVENT_PATTERN_CHARACTERS, "characters"),
    ):
        if counted > most:
            found.append(("", f"has {counted} {things}; allowed: at most {most}"))
    return found


def unknown_fields(pattern: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Give the fields that a pattern asks of events, and that no event has, with their places.

    One that is asked not to be there is not among them.
    """
    for key, value in pattern.items() if isinstance(pattern, dict) else ():
        here = f"{path}{key}"
        if key == OR:
            for place, member in enumerate(value if isinstance(value, list) else ()):
                yield from unknown_fields(member, f"{here}/{place}/")
        elif key not in FIELDS and not _matches_nothing(value):
            yield here, key


def _matches_nothing(value: Any) -> bool:
    """Tell whether what a field is asked for is so, or may be, where the field is not there."""
    if isinstance(value, dict):
        return all(map(_matches_nothing, value.values()))
    if isinstance(value, list):
        return any(
            not _is_known(one) or (isinstance(one, dict) and one.get("exists") is False)
            for one in value
        )
    return True  # it is not known, or EventBridge refuses it


def length(pattern: Any) -> int:
    """Count the characters of a pattern as JSON; of what is unknown, none."""
    text = json.dumps(pattern, separators=(",", ":"), ensure_ascii=False, default=lambda _: 0)
    return len(text)


def has_wildcard(pattern: Any) -> bool:
    """Tell whether a pattern compares with a wildcard, of which rules a bus takes few."""
    if not isinstance(pattern, dict):
        return False
    for key, value in pattern.items():
        listed = value if isinstance(value, list) else [value]
        if any(map(has_wildcard if key == OR or isinstance(value, dict) else _is_wildcard, listed)):
            return True
    return False


def _is_wildcard(value: Any) -> bool:
    if not isinstance(value, dict):
        return False
    negated = value.get(ANYTHING_BUT)
    return WILDCARD in value or (isinstance(negated, dict) and WILDCARD in negated)


def _fields(within: Any, path: str, *, inside_or: bool = False) -> Iterator[Fault]:
    """Look at an object of fields."""
    if not isinstance(within, dict):
        if _is_known(within):
            yield path, f"is {_json(within)}; expected an object of fields"
        return
    if not within:
        yield path, "is empty; allowed: at least one field"
    for key, value in within.items():
        here = f"{path}/{key}" if path else key
        if key == OR:
            yield from _either(value, here)
        elif inside_or and key in OPERATORS:
            yield here, f"is an operator; allowed below {OR} are objects of fields"
        elif isinstance(value, dict):
            yield from _fields(value, here, inside_or=inside_or)
        elif isinstance(value, list):
            yield from _values(value, here)
        elif _is_known(value):
            yield here, f"is {_json(value)}; expected a list: write [{_json(value)}]"


def _either(members: Any, path: str) -> Iterator[Fault]:
    if not isinstance(members, list):
        if _is_known(members):
            yield path, f"is {_json(members)}; expected a list of objects"
        return
    for position, member in enumerate(members):
        yield from _fields(member, f"{path}/{position}", inside_or=True)
    if len(members) < _ALTERNATIVES and all(map(_is_known, members)):
        member = "one member" if members else "no member"
        yield path, f"has {member}; allowed: {_ALTERNATIVES} or more"


def _combinations(within: Any) -> int:
    """Multiply the members of every ``$or``."""
    if isinstance(within, list):
        return math.prod(map(_combinations, within))
    if not isinstance(within, dict):
        return 1
    members = within.get(OR)
    own = len(members) if isinstance(members, list) and members else 1
    return own * math.prod(map(_combinations, within.values()))


def _values(values: list[Any], path: str) -> Iterator[Fault]:
    """Look at what a field may be."""
    if not values:
        yield path, _NO_VALUE
    for position, value in enumerate(values):
        here = f"{path}/{position}"
        if isinstance(value, dict):
            yield from _comparison(value, here)
        elif isinstance(value, list):
            yield here, "is a list; allowed: strings, numbers, true, false, null and operators"
        elif isinstance(value, float) and not math.isfinite(value):
            yield here, f"is {value}; {allowed('numbers that JSON has')}"


def _comparison(within: dict[str, Any], path: str) -> Iterator[Fault]:
    """Look at an object that stands for values: one operator with its operand."""
    if len(within) != 1:
        yield path, f"has {len(within)} operators; allowed: 1"
    for operator, operand in within.items():
        look = _OPERANDS.get(operator)
        if look is None:
            known = f"{allowed(one_of(OPERATORS))}{meant(operator, OPERATORS)}"
            yield path, f"has the operator {shown(operator)}; {known}"
        elif _is_known(operand) and (problem := look(operand)):
            yield f"{path}/{operator}", problem


def _text(operand: Any) -> str | None:
    return None if isinstance(operand, str) else f"is {_json(operand)}; expected a string"


def _truth(operand: Any) -> str | None:
    return None if isinstance(operand, bool) else f"is {_json(operand)}; allowed: true or false"


def _affix(operand: Any) -> str | None:
    if not isinstance(operand, dict):
        return _text(operand)
    if list(operand) != ["equals-ignore-case"]:
        return f"is {_json(operand)}; expected a string or equals-ignore-case"
    inner = operand["equals-ignore-case"]
    return _text(inner) if _is_known(inner) else None


def _wildcard(operand: Any) -> str | None:
    if not isinstance(operand, str):
        return _text(operand)
    if _TWO_ASTERISKS.match(operand):
        return f"is {shown(operand)}; allowed: one asterisk at a time"
    if _LONE_BACKSLASH.match(operand):
        return f"is {shown(operand)}; allowed: a backslash before an asterisk or a backslash only"
    return None


def _cidr(operand: Any) -> str | None:
    if not isinstance(operand, str):
        return _text(operand)
    from ipaddress import ip_address  # noqa: PLC0415  # seldom needed

    found = _CIDR.fullmatch(operand)
    try:
        address = ip_address(_without_zeros(found[1])) if found else None
    except ValueError:
        address = None
    if address is None or found is None or int(found[2]) >= address.max_prefixlen:
        return f"is {shown(operand)}; allowed: a block such as 10.0.0.0/8, at most /31 or /127"
    return None


def _without_zeros(address: str) -> str:
    """Write an address without leading zeros, which Python refuses in IPv4 and AWS takes."""
    return re.sub(r"\b0+(?=\d)", "", address)


def _numeric(operand: Any) -> str | None:
    if not isinstance(operand, list) or len(operand) not in (_COMPARISON, _RANGE):
        such = '[">", 0, "<=", 5]'
        expected = "a list of one or two operators with numbers"
        return f"is {_json(operand)}; expected {expected}: write {such}"
    operators, numbers = operand[::2], operand[1::2]
    for operator in filter(_is_known, operators):
        if operator not in (*_LOWER, *_UPPER, _EQUAL):
            return f"has the operator {_json(operator)}; allowed: =, <, <=, > or >="
    for number in filter(_is_known, numbers):
        if problem := _number(number) or _far(number):
            return problem
    if len(operand) == _RANGE and all(map(_is_known, operators)):
        if operators[0] not in _LOWER or operators[1] not in _UPPER:
            return f"is {_json(operand)}; allowed: a range with > or >= first, then < or <="
        if all(map(_is_known, numbers)) and numbers[0] >= numbers[1]:
            return f"is {_json(operand)}; allowed: a first number less than the second"
    return None


def _number(value: Any) -> str | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return f"is {_json(value)}; expected a number"
    return None if math.isfinite(value) else f"is {value}; {allowed('numbers that JSON has')}"


def _far(number: float) -> str | None:
    within = f"numbers from -{_LARGEST} to {_LARGEST}"
    return f"has {shown(number)}; {allowed(within)}" if abs(number) > _LARGEST else None


def _anything_but(operand: Any) -> str | None:
    if isinstance(operand, dict):
        if len(operand) != 1 or next(iter(operand)) not in _NEGATED:
            return f"is {_json(operand)}; expected values, or one of {one_of(_NEGATED)}"
        ((operator, inner),) = operand.items()
        values = inner if isinstance(inner, list) else [inner]
        problems = (_negated(operator, value) for value in values if _is_known(value))
    else:
        values = operand if isinstance(operand, list) else [operand]
        known = [value for value in values if _is_known(value)]
        mixed = len({isinstance(value, str) for value in known}) > 1
        problems = (
            f"is {_json(operand)}; expected strings or numbers{', not both' if mixed else ''}"
            for value in known
            if mixed or (not isinstance(value, str) and _number(value))
        )
    return next(filter(None, problems), None) if values else "is empty; allowed: at least one value"


def _negated(operator: str, value: Any) -> str | None:
    problem = _wildcard(value) if operator == WILDCARD else _text(value)
    if operator in _AFFIXES and value == "":
        problem = "is empty; allowed: at least one character"
    return problem and f"with {operator} {problem}"


_OPERANDS: Final[dict[str, Callable[[Any], str | None]]] = {
    ANYTHING_BUT: _anything_but,
    "cidr": _cidr,
    "equals-ignore-case": _text,
    _EXACTLY: _text,
    "exists": _truth,
    "numeric": _numeric,
    "prefix": _affix,
    "suffix": _affix,
    WILDCARD: _wildcard,
}


def _is_known(value: Any) -> bool:
    return value is None or isinstance(value, dict | list | str | int | float)


def _json(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, default=lambda _: "…")
    return shown(text)[1:-1]
