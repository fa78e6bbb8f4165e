"""Rules about the shape of properties: names, types, and what is required.

The model (`model.json`, made by `scripts/make_model.py`) joins CloudFormation's schemas with the
API model of AWS Batch.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache

from batch_constructs.aws.bound import OneOf, nearest, one_of
from batch_constructs.aws.limits import limit_at, places_of
from batch_constructs.aws.pattern import pattern
from batch_constructs.aws.source import cloudformation
from batch_constructs.aws.table import read
from batch_constructs.aws.typing_names import TYPE_CHECKING, Any, Final
from batch_constructs.rules.findings import Severity
from batch_constructs.rules.limit_rules import in_another_case
from batch_constructs.rules.rule import Fault, Rule, add, rule
from batch_constructs.rules.template.values import (
    HOLDERS,
    Base64,
    PartlyKnown,
    Properties,
    Reference,
    Text,
    Unknown,
    as_number,
    show,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from batch_constructs.aws.limits import Limit
    from batch_constructs.rules.template.resource_graph import Resource

AREA: Final = "shape"
_SAYS: Final = (
    "CloudFormation's registry schema of the type, joined with the API model of AWS Batch."
)
_REQUIRED: Final = ""
_CLOSE: Final = 0.85
"""How alike two names are when one is taken for a slip of the pen."""

_MOST_NAMES: Final = 200
"""No object of AWS has as many properties; guessing what they may mean takes its time."""

_MOST_GUESSED: Final = 2_400
"""Names of a template that are unknown; of more, none is taken for a slip of the pen."""

Node = Any
"""A scalar's name, a list of one node, or an object: name → node, and the required names."""

Kind = str
Problem = tuple[Kind, str, str, str]


@cache
def model() -> dict[str, dict[str, Node]]:
    """Give the properties of every Batch resource."""
    properties: dict[str, dict[str, Node]] = read("model")
    return properties


_UNTYPED: Final = (Unknown, Reference, Text, Base64, type(None))


def _problems(  # noqa: C901, PLR0912  # the hot path: a look at each kind of value
    node: Node, value: object, path: str, *, guess: bool
) -> Iterator[Problem]:
    kind = type(value)
    if kind in _UNTYPED:
        return
    if type(node) is dict:
        if not isinstance(value, dict):
            yield "type", path, f"{_written(value, path)} is used where an object is needed", ""
        else:
            yield from _object(node, value, path, guess=guess)
    elif type(node) is list:
        if kind is list:
            for position, entry in enumerate(value):  # type: ignore[arg-type,var-annotated]
                if type(entry) is not str or node[0] != "text":
                    yield from _problems(node[0], entry, f"{path}/{position}", guess=guess)
        else:
            yield "type", path, f"{_written(value, path)} is used where a list is needed", ""
    elif node == "text":
        if isinstance(value, HOLDERS):
            yield "type", path, f"{_written(value, path)} is used where text is needed", ""
    elif node == "map":
        if not isinstance(value, dict):
            yield "type", path, f"{_written(value, path)} is used where a mapping is needed", ""
            return
        for name, entry in value.items():
            if isinstance(entry, HOLDERS):
                yield (
                    "type",
                    f"{path}/{name}",
                    f"{_written(entry)} is used where text is needed",
                    "",
                )
    elif node == "boolean":
        if kind is not bool and str(value).lower() not in ("true", "false"):
            yield "type", path, f"{_written(value, path)} is used where true or false is needed", ""
    elif node in ("integer", "number"):
        got = None if kind is bool else as_number(value)
        noun = "a whole number" if node == "integer" else "a number"
        if got is None or (node == "integer" and got != int(got)):
            yield "type", path, f"{_written(value, path)} is used where {noun} is needed", ""
        elif kind is str and not _PLAIN_NUMBER.fullmatch(str(value)):
            message = f"{_written(value, path)} is used where {noun} is needed"
            yield "spelling", path, message, f"write {got}"


_PLAIN_NUMBER: Final = pattern(r"-?\d+(?:\.\d+)?", re.ASCII)


def problems_with(node: Node, value: object) -> Iterator[Problem]:
    """Say where something does not have the shape of a node: kind, path, message and fix."""
    return _problems(node, value, "", guess=True)


def _object(
    node: dict[str, Node], value: Properties, path: str, *, guess: bool
) -> Iterator[Problem]:
    doubled = _doubled(node, value, path)
    if doubled is not None:
        yield doubled
        return
    for name, entry in value.items():
        member = node.get(name) if name else None
        where = f"{path}/{name}" if path else name
        if member is None:
            yield from _unknown(node, name, where, value, guess=guess)
        elif type(entry) is not str or member != "text":
            yield from _problems(member, entry, where, guess=guess)
    for name in node[_REQUIRED]:
        if name not in value and not isinstance(value, PartlyKnown):
            where = f"{path}/{name}" if path else name
            yield "missing", where, f"{name} is missing, which is required", f"give {name}"


def _doubled(node: dict[str, Node], value: Properties, path: str) -> Problem | None:
    """Tell of an object nested inside itself: all else about it follows from that."""
    outer = path.rpartition("/")[2] or "Properties"
    for name, entry in value.items():
        if isinstance(entry, dict) and name.lower() == outer.lower() and name not in node:
            where = f"{path}/{name}" if path else name
            message = f"{name} is nested inside {outer}, so its content has no effect"
            return "doubled", where, message, f"move the content of the inner {name} one level up"
    return None


def doubled(subject: Resource) -> tuple[str, ...]:
    """Give the paths of the objects of a resource that stand inside of themselves."""
    if subject.type not in model():
        return ()
    found = (path for kind, path, _, _ in _all_problems(subject) if kind == "doubled")
    return tuple(path.rpartition("/")[0] for path in found)


def _unknown(
    node: dict[str, Node], name: str, path: str, beside: Properties, *, guess: bool
) -> Iterator[Problem]:
    known = tuple(node)
    nearest = _in_any_case(known).get(name.lower())
    if guess and len(beside) <= _MOST_NAMES and nearest is None:
        nearest = _nearest(name, known)
    if nearest is not None:
        message = f"there is no property {show(name)}; the nearest is {nearest}"
        given = nearest in beside
        yield (
            "misspelled",
            path,
            message,
            f"remove it: {nearest} is also set" if given else f"write {nearest}",
        )
    else:
        message = f"there is no property {show(name)}; there are {_listed(known)}"
        yield "unknown", path, message, "remove it, or upgrade batch-constructs if AWS has it"


@lru_cache
def _in_any_case(known: tuple[str, ...]) -> dict[str, str]:
    return {name.lower(): name for name in known if name}


@lru_cache
def _listed(known: tuple[str, ...]) -> str:
    return show(one_of([name for name in known if name]), 160)


@lru_cache(maxsize=4096)
def _nearest(name: str, known: tuple[str, ...]) -> str | None:
    return nearest(name, filter(None, known), _CLOSE)


_PRIVATE: Final = pattern(r"(?:^|/)(?:Command|Environment|Env|Options|Parameters|Secrets)\b")
"""Where a text may be a secret, which no message shows."""


def _written(value: object, path: str = "") -> str:
    if isinstance(value, str) and _PRIVATE.search(path):
        return "a text"
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, list):
        return "a list"
    if isinstance(value, bool):
        return "true" if value else "false"
    return f'"{show(value)}"'


def _finder(kind: Kind) -> Callable[[Resource], Iterator[Fault]]:
    def find(subject: Resource) -> Iterator[Fault]:
        for problem, path, message, fix in _all_problems(subject):
            if problem == kind:
                yield (path, message, fix) if fix else (path, message)

    return find


def _all_problems(subject: Resource) -> list[Problem]:
    known = subject.shape_problems
    if known is None:
        whole = subject.template.raw(subject.id).get("Properties")
        if isinstance(whole, list | str | int | float):
            known = [("type", "", f"{_written(whole)} is used where the properties are needed", "")]
        else:
            guess = subject.template.guessed < _MOST_GUESSED
            known = list(_problems(model()[subject.type], subject.properties, "", guess=guess))
            subject.template.guessed += len(known)
        subject.shape_problems = known
    return known


def _register(
    id: str, kind: Kind, severity: Severity, *, title: str, fix: str, explanation: str
) -> None:
    types = tuple(model())
    sources = {type_: cloudformation(_page(type_), _SAYS) for type_ in types}
    every = cloudformation("AWS_Batch", _SAYS)
    add(
        Rule(
            id=id,
            area=AREA,
            severity=severity,
            title=title,
            fix=fix,
            source=every,
            sources=sources,
            explanation=explanation,
            subjects=types,
            find=_finder(kind),
        )
    )


def _page(type_: str) -> str:
    return "-".join(("aws-resource", *type_.removeprefix("AWS::").lower().split("::")))


_register(
    "property-name",
    "misspelled",
    Severity.ERROR,
    title="misspelled property",
    fix="spell the property as CloudFormation does",
    explanation="CloudFormation refuses properties it does not know; names are case-sensitive.",
)
_register(
    "property-doubled",
    "doubled",
    Severity.ERROR,
    title="object nested inside itself",
    fix="move its properties one level up",
    explanation="CloudFormation refuses the inner object as an unknown property. Problems that "
    "only follow from this are not reported.",
)
_register(
    "property-unknown",
    "unknown",
    Severity.WARNING,
    title="unknown property",
    fix="remove it, or upgrade batch-constructs if AWS has it",
    explanation="No property with this name is known. AWS may have added it since.",
)
_register(
    "property-missing",
    "missing",
    Severity.ERROR,
    title="required property that is missing",
    fix="add the property",
    explanation="CloudFormation, or the API behind it, refuses the resource without it.",
)
_register(
    "property-type",
    "type",
    Severity.ERROR,
    title="property of the wrong type",
    fix="use a value of the right type",
    explanation="CloudFormation converts between numbers and text, but not between a list and a "
    "single value.",
)

_register(
    "number-spelling",
    "spelling",
    Severity.WARNING,
    title="number that contains more than digits",
    fix="write it with digits only",
    explanation="It is not documented whether CloudFormation accepts a plus sign, an exponent or "
    "spaces. For text, only digits are known to work.",
)


@lru_cache(maxsize=512)
def _limits_of_words(type: str, names: frozenset[str]) -> list[Limit]:
    """Give the limits of some properties that are one of a few words."""
    limits = [limit_at(noun, place) for noun, place, key in places_of(type) if key in names]
    return [one for one in limits if isinstance(one.bound, OneOf)]


@rule(
    "word-case",
    tuple(model()),
    severity=Severity.WARNING,
    title="word in a different case than AWS's",
    fix="write it as AWS does",
    source=cloudformation("AWS_Batch", "The API model of AWS Batch lists the words in one case."),
)
def word_case(subject: Resource) -> Iterator[Fault]:
    """It is not documented whether AWS Batch accepts it.

    It accepts some words in another case, and not all have been tried.
    """
    for limit in _limits_of_words(subject.type, subject.names):
        for path, got, right in in_another_case(limit, subject.places):
            name = next(part for part in reversed(path.split("/")) if not part.isdecimal())
            yield path, f'{limit.noun} is "{got}"; AWS writes {right}', f"set {name} to {right}"
