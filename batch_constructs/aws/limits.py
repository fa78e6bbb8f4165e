"""The limits of ``limits.json``: what one property may be, a limit a line, in tables by noun.

A line names its rule, the CloudFormation type, the property (``within`` says where the mappings
are that have it), what a message calls it, its bound, AWS's page (by a member of Batch's API or an
address), AWS's sentence, and why it matters. A bound that other rooms need too stands in a module
beside this one, and the line names it: ``"bound": "names.RESOURCE_NAME"``; so it is with values:
``"one_of": "platforms.PlatformCapability"``.

From the limits come the rules about ranges, values, patterns and numbers of entries with their
tests, the messages of the constructors, and the checks of the embedded AWS.
"""

from __future__ import annotations

from functools import cache, cached_property
from importlib import import_module

from batch_constructs.aws.bound import Counting, Decimal, Matching, OneOf, Whole
from batch_constructs.aws.property_paths import HERE, way_and_key, ways
from batch_constructs.aws.record import Record
from batch_constructs.aws.source import Source, api
from batch_constructs.aws.table import read
from batch_constructs.aws.typing_names import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from batch_constructs.aws.bound import Bound


class Limit(Record, kw_only=True):
    """What one property may be.

    Attributes:
        rule: the identifier of the rule made of it.
        type: the CloudFormation type.
        within: where the mappings are that have the property; ``*`` is every entry of a list.
        name: the property, perhaps with the way to it below ``within``; ``/*`` at its end means
            each text of a list.
        noun: what the property is called in a message, such as ``the bid percentage``.
        bound: what it may be.
        source: AWS's page.
        title: the fault in a few words, for the page of the rules.
        why: why it matters, for the page of the rules.
        severity: ``error`` where AWS refuses it, else ``warning``.
        exact_case: of words: whether CloudFormation's own schema lists them, and so no other case.
    """

    rule: str
    type: str
    within: tuple[str, ...] = HERE
    name: str
    noun: str
    bound: Bound
    source: Source
    title: str
    why: str
    severity: str = "error"
    exact_case: bool = False

    @cached_property
    def way(self) -> tuple[str, str]:
        """The way from ``within`` to the mapping that has the property, and the property."""
        return way_and_key(self.name.removesuffix("/*"))

    @cached_property
    def ways(self) -> tuple[str, ...]:
        """The whole ways to the mappings that have the property."""
        return tuple(f"{one}/{self.way[0]}".strip("/") for one in self.within)


@cache
def limits_of(type_name: str) -> tuple[Limit, ...]:
    """Give the limits of a type, such as ``AWS::Batch::JobQueue``, in the order of the tables."""
    return tuple(limit_at(noun, place) for noun, place, _ in places_of(type_name))


@cache
def places_of(type_name: str) -> tuple[tuple[str, int, str], ...]:
    """Give where the limits of a type are written: table, line, and the property's name."""
    return tuple(
        (noun, place, key_of(line))
        for noun, written in _written().items()
        for place, line in enumerate(written)
        if line["type"] == type_name
    )


def key_of(line: Mapping[str, Any]) -> str:
    """Give the name of the property that a line is about."""
    name: str = line["name"]
    return way_and_key(name.removesuffix("/*"))[1]


@cache
def bound_of(rule: str) -> Bound:
    """Give the bound that a rule is made of, for whoever knows better whose value it is."""
    return next(one.bound for table in tables().values() for one in table if one.rule == rule)


def tables() -> Mapping[str, tuple[Limit, ...]]:
    """Give the tables of limits by their nouns, such as ``job_queues``."""
    return {noun: table(noun) for noun in _written()}


@cache
def table(noun: str) -> tuple[Limit, ...]:
    """Give the limits of one noun, such as ``job_queues``."""
    return tuple(limit_at(noun, place) for place, _ in enumerate(lines(noun)))


def lines(noun: str) -> Sequence[Mapping[str, Any]]:
    """Give the limits of one noun as they are written."""
    return _written()[noun]


@cache
def limit_at(noun: str, place: int) -> Limit:
    """Give one limit of a noun."""
    return _limit(_written()[noun][place])


@cache
def _written() -> Mapping[str, list[dict[str, Any]]]:
    written: Mapping[str, list[dict[str, Any]]] = read("limits")
    return written


def _limit(line: dict[str, Any]) -> Limit:
    bound = _bound(line)
    if "member" in line:
        source = api(line["member"], line["says"])
    else:
        source = Source(line["page"], line["says"])
    return Limit(
        rule=line["rule"],
        type=line["type"],
        within=ways(line.get("within", HERE)),
        name=line["name"],
        noun=line["noun"],
        bound=bound,
        source=source,
        title=line.get("title") or _title(line["noun"].removeprefix("the "), bound),
        why=line["why"],
        severity=line.get("severity", "error"),
        exact_case=line.get("exact_case", False),
    )


def _bound(line: dict[str, Any]) -> Bound:
    match line:
        case {"bound": str(name)}:
            bound: Bound = named(name)
            return bound
        case {"whole": [low, high]}:
            return Whole(low, high, line.get("unit", ""), tuple(line.get("also", ())))
        case {"decimal": [low, high]}:
            return Decimal(low, high)
        case {"one_of": written}:
            values = named(written) if isinstance(written, str) else written
            values = [values] if isinstance(values, str) else values
            return OneOf(tuple(map(str, values)), any_case=line.get("any_case", False))
        case {"matching": pattern, "allowed": allowed}:
            return Matching(pattern, allowed, line.get("longest"))
        case {"counting": [low, high], "things": things}:
            return Counting(low, high, things)
    message = f"a limit without a bound: {line}"
    raise ValueError(message)


def named(name: str) -> Any:
    """Give what stands in a module beside this one, such as ``names.RESOURCE_NAME``."""
    module, _, constant = name.partition(".")
    return getattr(import_module(f"{__package__}.{module}"), constant)


def _title(noun: str, bound: Bound) -> str:
    match bound:
        case Whole() | Decimal():
            return f"{noun} out of range"
        case OneOf():
            return f"unknown {noun}"
        case Matching():
            return f"invalid {noun}"
        case Counting():
            return f"too many {bound.things}"
