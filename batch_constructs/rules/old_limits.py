"""Rules that are one sentence: a range, a list of allowed values, a pattern, a number of entries.

Each function here registers such a rule. `where` says which mappings of a resource it looks at:
it takes the view and gives them with their paths.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from batch_constructs.rules.findings import Severity
from batch_constructs.rules.rule import Fault, Rule, add
from batch_constructs.rules.template.values import (
    Properties,
    count,
    entries,
    mapping,
    number,
    one_of,
    show,
    text,
)

if TYPE_CHECKING:
    from batch_constructs.rules.template.resources import Resource

Where = Callable[[Any], Iterable[tuple[str, Properties]]]
"""Takes the view of a resource, gives mappings in it with their paths."""


def at(path: str) -> Where:
    """Look at one place below ``Properties``; ``*`` stands for every entry of a list."""
    steps = path.split("/") if path else []

    def walk(within: Properties, way: str, rest: list[str]) -> Iterator[tuple[str, Properties]]:
        if not rest:
            yield way, within
        elif len(rest) > 1 and rest[1] == "*":
            for position, entry in entries(within, rest[0]):
                yield from walk(entry, f"{way}{rest[0]}/{position}/", rest[2:])
        else:
            inner = mapping(within, rest[0])
            if inner:
                yield from walk(inner, f"{way}{rest[0]}/", rest[1:])

    return lambda subject: walk(subject.properties, "", steps)


def below(outer: Where, path: str) -> Where:
    """Look at places below others."""
    inner = at(path)

    def walk(subject: Resource) -> Iterator[tuple[str, Properties]]:
        for way, properties in outer(subject):
            for rest, found in inner(_Holder(properties)):
                yield way + rest, found

    return walk


@dataclass(frozen=True, slots=True)
class _Holder:
    properties: Properties


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """What the rules of one sentence have in common.

    Attributes:
        id: the identifier of the rule.
        subject: the CloudFormation type.
        area: the chapter of the documentation.
        where: which mappings to look at.
        key: the property.
        noun: what the property is called in a message, for example ``the bid percentage``.
        title: the fault in a few words.
        source: the AWS text.
        why: why it matters, for the documentation page.
        severity: error unless said otherwise.
    """

    id: str
    subject: str
    area: str
    where: Where
    key: str
    noun: str
    title: str
    source: str
    why: str
    severity: Severity = Severity.ERROR

    def register(self, fix: str, find: Callable[[Properties], str | None]) -> None:
        """Register the rule; `find` takes a mapping and says what is wrong with its property."""
        where, key = self.where, self.key

        def faults(subject: Resource) -> Iterator[Fault]:
            for path, properties in where(subject):
                if key in properties and (message := find(properties)):
                    yield f"{path}{key}", message

        add(
            Rule(
                id=self.id,
                area=self.area,
                severity=self.severity,
                title=self.title,
                fix=fix,
                source=self.source,
                explanation=" ".join(self.why.split()),
                subjects=(self.subject,),
                find=faults,
            )
        )

    def between(
        self, low: float, high: float | None, *, whole: bool = True, also: Collection[float] = ()
    ) -> None:
        """Allow numbers of a range, ends included, and perhaps a few more."""
        allowed = f"{low} to {high}" if high is not None else f"{low} and more"
        if whole and isinstance(low, int):
            allowed = (
                f"whole numbers from {low} to {high}" if high is not None else f"{low} or more"
            )
        if also:
            allowed += f", or {one_of(also)}"

        def find(properties: Properties) -> str | None:
            got = number(properties, self.key)
            if got is None or got in also:
                return None
            if got < low or (high is not None and got > high) or (whole and got != int(got)):
                return f"{self.noun} is {show(got)}; allowed are {allowed}"
            return None

        self.register(f"set {self.key} to {_a_value(low, high)}", find)

    def one_of(self, allowed: Collection[str], *, any_case: bool = False) -> None:
        """Allow certain values only."""
        choices = {value.upper() for value in allowed} if any_case else set(allowed)

        def find(properties: Properties) -> str | None:
            got = text(properties, self.key)
            if got is None or (got.upper() if any_case else got) in choices:
                return None
            return f'{self.noun} is "{show(got)}"; allowed are {one_of(allowed)}'

        self.register(f"set {self.key} to {one_of(allowed)}", find)

    def matching(self, pattern: str, allowed: str, longest: int | None = None) -> None:
        """Allow strings of a certain shape and length only."""
        shape = re.compile(pattern)

        def find(properties: Properties) -> str | None:
            got = text(properties, self.key)
            if got is None:
                return None
            if longest is not None and len(got) > longest:
                return f"{self.noun} has {len(got)} characters; allowed are {longest}"
            if not shape.fullmatch(got):
                return f'{self.noun} is "{show(got)}"; allowed are {allowed}'
            return None

        self.register(f"give {self.key} {allowed}", find)

    def counting(self, low: int, high: int, things: str) -> None:
        """Allow a certain number of entries only."""

        def find(properties: Properties) -> str | None:
            value = properties.get(self.key)
            got = len(value) if isinstance(value, dict) else count(properties, self.key)
            if got is None or low <= got <= high:
                return None
            allowed = f"{low} to {high}" if low else f"at most {high}"
            if low == high:
                allowed = f"exactly {low}"
            return f"{self.noun} has {got} {things}; allowed are {allowed}"

        self.register(f"give {self.key} at most {high} {things}", find)


def _a_value(low: float, high: float | None) -> str:
    return f"a value from {low} to {high}" if high is not None else f"{low} or more"
