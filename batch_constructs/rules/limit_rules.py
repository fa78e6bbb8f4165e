"""The rules that are one sentence: made of the limits on the ground floor, and of nothing else."""

from __future__ import annotations

from functools import partial

from batch_constructs.aws.bound import Counting, Decimal, Matching, OneOf, Whole
from batch_constructs.aws.limits import key_of, limit_at, lines
from batch_constructs.aws.typing_names import TYPE_CHECKING, Any, Final
from batch_constructs.rules.findings import Severity
from batch_constructs.rules.rule import LateRule, Rule, add
from batch_constructs.rules.template.values import count, listing, number, text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from batch_constructs.aws.limits import Limit
    from batch_constructs.aws.property_paths import Places
    from batch_constructs.rules.rule import Fault
    from batch_constructs.rules.template.resource_graph import Resource
    from batch_constructs.rules.template.values import Properties


def register(noun: str, *, area: str) -> None:
    """Make a rule of each limit of a table of the ground floor, such as ``job_queues``."""
    for place, line in enumerate(lines(noun)):
        add(
            LateRule(
                partial(_made, noun, place, area),
                id=line["rule"],
                area=area,
                subjects=(line["type"],),
                noun=line["noun"],
                needs=frozenset({key_of(line)}),
            )
        )


def _made(noun: str, place: int, area: str) -> Rule:
    limit = limit_at(noun, place)
    return Rule(
        id=limit.rule,
        area=area,
        severity=Severity(limit.severity),
        title=limit.title,
        fix=limit.bound.fix(limit.way[1]),
        source=limit.source,
        explanation=limit.why,
        subjects=(limit.type,),
        find=partial(_faults, limit),
    )


def _faults(limit: Limit, subject: Resource) -> Iterator[Fault]:
    for path, got, message in _beyond(limit, subject.places):
        if not _in_its_case(limit, got):
            yield path, message


def in_another_case(limit: Limit, within: Places) -> Iterator[tuple[str, str, str]]:
    """Find the words that are right but for their case: where, the word, and how AWS writes it."""
    for path, got in _values(limit, within):
        if got is None or limit.bound.admits(got):
            continue
        right = _in_its_case(limit, got)
        if right:
            yield path, str(got), right


def _in_its_case(limit: Limit, got: object) -> str:
    """Give how AWS writes a word that is wrong by its case alone: no page says it is refused."""
    if not isinstance(limit.bound, OneOf) or not limit.type.startswith("AWS::Batch::"):
        return ""
    words = {} if limit.exact_case else {one.lower(): one for one in limit.bound.values}
    return words.get(str(got).lower(), "")


def faults_in(limit: Limit, within: Places) -> Iterator[tuple[str, str]]:
    """Find what is beyond a limit within properties, or members of a request."""
    return ((path, message) for path, _, message in _beyond(limit, within))


def _beyond(limit: Limit, within: Places) -> Iterator[tuple[str, Any, str]]:
    for path, got in _values(limit, within):
        wrong = None if got is None else limit.bound.wrong(got)
        if wrong:
            yield path, got, f"{limit.noun} {wrong}"


def _values(limit: Limit, within: Places) -> Iterator[tuple[str, Any]]:
    """Find what a limit is about: where, and what is there."""
    read, key = _READERS[type(limit.bound)], limit.way[1]
    for way in limit.ways:
        for path, properties in within.at(way):
            if key not in properties:
                continue
            found = [("", read(properties, key))]
            if limit.name.endswith("/*"):
                found = [(f"/{n}", one) for n, one in enumerate(listing(properties, key) or ())]
                found = [(place, one) for place, one in found if type(one) is str]
            for place, got in found:
                yield f"{path}{key}{place}", got


def _entries(within: Properties, key: str) -> Any:
    value = within.get(key)
    if isinstance(value, dict):
        return value
    return value if count(within, key) is not None else None


_READERS: Final[dict[type, Callable[[Properties, str], Any]]] = {
    Whole: number,
    Decimal: number,
    OneOf: text,
    Matching: text,
    Counting: _entries,
}
