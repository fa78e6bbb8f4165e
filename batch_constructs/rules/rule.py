"""A rule: a little data, and a function that finds what breaks it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from batch_constructs.aws.record import Record
from batch_constructs.rules.findings import Severity

if TYPE_CHECKING:
    from batch_constructs.aws.source import Source

Fault = tuple[str, str] | tuple[str, str, str]
"""Path below ``Properties``, message, and the fix where it is not the rule's own."""

Finder = Callable[[Any], Iterable[Fault]]
"""Takes the resource a rule is about (a view from `resources`), gives its faults."""


class Rule(Record):
    """What AWS Batch refuses, or what leaves a job stuck.

    Attributes:
        id: stable and readable, for example ``fargate-size``; what `acknowledge` takes.
        area: the chapter of the documentation page.
        severity: error, warning or info.
        title: the fault in a few words.
        fix: what to do, unless the fault says it more exactly.
        source: AWS's page, and what it says.
        explanation: why it matters, for the documentation page.
        subjects: the CloudFormation types of the resources a finding is about.
        find: gives the faults of one resource.
        noun: for a rule about one property: what its messages begin with and call the property.
        needs: names of properties, without any of which it has nothing to say; none for always.
        sources: where each type of resource has a page of its own, instead of ``source``.
    """

    id: str
    area: str
    severity: Severity
    title: str
    fix: str
    source: Source | str
    explanation: str
    subjects: tuple[str, ...]
    find: Finder
    noun: str = ""
    needs: frozenset[str] = frozenset()
    sources: Mapping[str, Source] = {}  # nobody writes there


if TYPE_CHECKING:
    RULES: dict[str, Rule]
    """Every rule by its identifier."""

    BY_SUBJECT: dict[str, list[Rule]]
    """The rules about each type of resource."""

_BY_ID: Final[dict[str, Rule]] = {}
_BY_SUBJECT: Final[dict[str, list[Rule]]] = {}


def __getattr__(name: str) -> object:
    """Load every rule where all are wanted; a check loads those about what it meets."""
    tables = {"RULES": _BY_ID, "BY_SUBJECT": _BY_SUBJECT}
    if name not in tables:
        raise AttributeError(name)
    from batch_constructs.rules import areas  # noqa: PLC0415  # they register here

    areas.load()
    return tables[name]


@lru_cache(maxsize=512)
def rules_about(type: str) -> list[Rule]:
    """Give the rules about a type of resource, in the order of their areas."""
    from batch_constructs.rules import areas  # noqa: PLC0415  # they register here

    areas.load_about(type)
    places = {area: place for place, area in enumerate(areas.AREAS)}
    return sorted(_BY_SUBJECT.get(type, ()), key=lambda one: places[one.area])


@lru_cache(maxsize=512)
def speaking(type: str, names: frozenset[str]) -> list[Rule]:
    """Give the rules about a type that may say something of a resource with such properties."""
    rules, by_name = rules_about(type), _by_name(type)
    places = {*by_name[""]}.union(*(by_name[name] for name in by_name.keys() & names))
    return [rules[place] for place in sorted(places)]


@lru_cache(maxsize=512)
def _by_name(type: str) -> dict[str, list[int]]:
    """Give the places of the rules that need a property; those of the others under no name."""
    found: dict[str, list[int]] = {"": []}
    for place, one in enumerate(rules_about(type)):
        for name in one.needs or ("",):
            found.setdefault(name, []).append(place)
    return found


def rule(
    id: str,
    subject: str | tuple[str, ...],
    *,
    title: str,
    fix: str,
    source: Source | str,
    severity: Severity = Severity.ERROR,
    area: str = "",
) -> Callable[[Finder], Finder]:
    """Register a function as a rule; its docstring is the explanation in the documentation.

    Its chapter is the module that it stands in, unless another one is given.
    """

    def register(find: Finder) -> Finder:
        add(
            Rule(
                id=id,
                area=area or find.__module__.partition(".areas.")[2].removesuffix("_rules"),
                severity=severity,
                title=title,
                fix=fix,
                source=source,
                explanation=" ".join((find.__doc__ or "").split()),
                subjects=(subject,) if isinstance(subject, str) else subject,
                find=find,
            )
        )
        return find

    return register


def add(new: Rule) -> None:
    """Take a rule into the table."""
    if new.id in _BY_ID:
        raise ValueError(f"two rules are called {new.id}")
    _BY_ID[new.id] = new
    for subject in new.subjects:
        _BY_SUBJECT.setdefault(subject, []).append(new)
