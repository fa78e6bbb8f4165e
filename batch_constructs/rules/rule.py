"""A rule: a little data, and a function that finds what breaks it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from batch_constructs.aws.record import Record
from batch_constructs.aws.typing_names import TYPE_CHECKING, Any, Final
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


class LateRule(Rule):
    """A rule of a table: it is made where something is asked that its line does not say."""

    def __init__(self, make: Callable[[], Rule], **known: Any) -> None:
        self.__dict__.update(known, _make=make)

    def __getattr__(self, name: str) -> Any:
        if name not in self._fields:
            raise AttributeError(name)
        self.__dict__.update({**self._make().__dict__, **self.__dict__})
        return self.__dict__[name]


BY_ID: Final[dict[str, Rule]] = {}
"""The rules that are loaded so far, by their identifiers; ``rulebook.RULES`` has all."""

BY_SUBJECT: Final[dict[str, list[Rule]]] = {}
"""The rules that are loaded so far, about each type of resource."""


def rule(
    id: str,
    subject: str | tuple[str, ...],
    *,
    title: str,
    fix: str,
    source: Source | str,
    severity: Severity = Severity.ERROR,
    area: str = "",
    needs: str = "",
) -> Callable[[Finder], Finder]:
    """Register a function as a rule; its docstring is the explanation in the documentation.

    Its chapter is the module that it stands in, unless another one is given. It needs one of some
    properties, by blanks, or always has something to say.
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
                needs=frozenset(needs.split()),
            )
        )
        return find

    return register


def add(new: Rule) -> None:
    """Take a rule into the table."""
    if new.id in BY_ID:
        raise ValueError(f"two rules are called {new.id}")
    BY_ID[new.id] = new
    for subject in new.subjects:
        BY_SUBJECT.setdefault(subject, []).append(new)
