"""The rules about properties together: made of the combinations on the ground floor."""

from __future__ import annotations

from functools import partial
from itertools import chain

from batch_constructs.aws.bound import Bound, Counting, Matching, OneOf, one_of, shown
from batch_constructs.aws.combinations import GIVEN, combination_at, lines, names_in, shape_of
from batch_constructs.aws.platforms import KINDS, WINDOWS, Orchestration, PlatformCapability
from batch_constructs.aws.property_paths import HERE, places, way_and_key, ways
from batch_constructs.aws.typing_names import TYPE_CHECKING, Any, Final
from batch_constructs.rules.findings import Severity
from batch_constructs.rules.rule import LateRule, Rule, add
from batch_constructs.rules.template.resource_graph import JobDefinition
from batch_constructs.rules.template.values import (
    UNKNOWN,
    Properties,
    Reference,
    absent,
    count,
    given,
    number,
    repeated,
    text,
)
from batch_constructs.rules.template.wildcard import fits

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from batch_constructs.aws.combinations import Combination, Part
    from batch_constructs.rules.rule import Fault
    from batch_constructs.rules.template.resource_graph import Resource

_Found = tuple[str, object, str]
"""Where a fault is, the value, and what to say of it unless the row says it."""


def register(area: str) -> None:
    """Make a rule of each combination of a chapter."""
    for place, line in enumerate(lines(area)):
        needs = [_needs(part) for part in line.get("parts", (line,))]
        add(
            LateRule(
                partial(_made, area, place),
                id=line["rule"],
                area=area,
                subjects=names_in(line["type"]),
                needs=frozenset().union(*needs) if all(needs) else frozenset(),
            )
        )


def _made(area: str, place: int) -> Rule:
    one = combination_at(area, place)
    return Rule(
        id=one.rule,
        area=area,
        severity=Severity(one.severity),
        title=one.title,
        fix=one.fix.format(_properties(one)),
        source=one.source,
        explanation=one.why,
        subjects=one.types,
        find=partial(_faults, one),
    )


_FEW: Final = 3
"""How many properties a rule's fix names."""


def _properties(rule: Combination) -> str:
    """Name what a fix is about, where that is one property or a few."""
    names = {name.rstrip("/*").rpartition("/")[2]: None for one in rule.parts for name in one.names}
    return one_of(names) if len(names) <= _FEW else "it"


def _needs(line: Mapping[str, Any]) -> set[str]:
    """Give names of properties, without any of which there is no fault; none for always."""
    if line.get("default") is not None:
        return set()
    shape = shape_of(line)
    values = line.get("values", ())
    also_absent = shape in _OF_ABSENT or (not isinstance(values, str) and None in values)
    for name, values in line.get("beside", {}).items() if also_absent else ():
        if values == GIVEN or None not in values:
            return {way_and_key(name)[1]}
    found = set()
    for name in names_in(line[shape]):
        step = _last_step(name.rpartition("/")[0] if also_absent else name)
        found |= {step} if step else {_last_step(one) for one in ways(line.get("within", HERE))}
    return set() if "" in found else found


def _last_step(way: str) -> str:
    """Give the last property of a way, which may end with entries of lists."""
    return next((step for step in reversed(way.split("/")) if step not in ("", "*")), "")


def _faults(rule: Combination, subject: Resource) -> Iterator[Fault]:
    for part in rule.parts:
        if part.kinds and not any(_may_be(subject, first) for first, *_ in part.kinds):
            continue
        for path, within in chain(*map(subject.places.at, part.within)):
            kind = _kind(part.kinds, subject, path)
            if kind is not None and all(
                any(_is(value, values) for *_, value in _values(within, name))
                for name, values in part.beside.items()
            ):
                for where, value, said in _SHAPES[part.shape](part, within, subject):
                    key = where.rstrip("/0123456789").rpartition("/")[2]
                    words = _words(part, within, value) | _who(subject, kind)
                    message = (part.message or said).format(key=key, kind=kind, **words)
                    fix = (part.fix or rule.fix).format(key)
                    if part.bounds and not part.fix:
                        fix = part.bounds[key].fix(key)
                    yield f"{path}{where}".rstrip("/"), message, fix


def _may_be(subject: Resource, kind: str) -> bool:
    """Tell whether a resource, or one of its tasks, may be of a kind."""
    return kind in subject.kinds or kind[0] == "!" or kind == WINDOWS


def _words(part: Part, within: Properties, value: object) -> dict[str, str]:
    """Write a value, and those that stand beside it, for a message."""
    others = [one for name in part.beside for *_, one in _values(within, name)]
    beside = " and ".join(one for one in others if type(one) is str)
    return {"value": shown(value), "word": str(value), "beside": beside}


_OF_ABSENT: Final = ("needed", "exactly_one", "at_least_one")


def _kind(wanted: tuple[tuple[str, ...], ...], subject: Resource, path: str) -> str | None:
    """Give the first of some kinds that a job or an environment is of, None if it is of none."""
    if not wanted:
        return ""
    kinds = subject.kinds
    if isinstance(subject, JobDefinition) and _is_within(path, subject.windows_tasks):
        kinds |= {WINDOWS}
    for words in wanted:
        if all((word.removeprefix("!") in kinds) != word.startswith("!") for word in words):
            return words[0]
    return None


def _is_within(path: str, tasks: frozenset[str]) -> bool:
    """Whether a place is inside of one of some tasks."""
    return bool(tasks) and any(path[:end] in tasks for end, sign in enumerate(path) if sign == "/")


def _who(subject: Resource, kind: str) -> dict[str, str]:
    """Name a kind in a message."""
    if not isinstance(subject, JobDefinition):
        own = (
            f"an environment on Amazon {kind}"
            if kind in tuple(Orchestration)
            else f"the type {kind}"
        )
        return {"who": own, "do": "does", "need": "needs", "as": ""}
    missing = kind == PlatformCapability.EC2 and "PlatformCapabilities" not in subject.properties
    why = " (PlatformCapabilities is missing, which means EC2)" if missing else ""
    return {"who": f"{KINDS.get(kind, kind)} jobs", "do": "do", "need": "need", "as": why}


def _values(within: Properties, name: str) -> list[tuple[str, Properties, Any]]:
    """Find the values of a name: the path of each, the mapping that it stands in, and itself."""
    way, key = way_and_key(name)
    if not way:  # as most are
        return [(key, within, within.get(key))]
    return [(f"{below}{key}", found, found.get(key)) for below, found in places(within, way)]


def _is(value: Any, wanted: tuple[object, ...] | str) -> bool:
    """Tell whether a value is one of those that a row names."""
    if wanted == GIVEN:
        return value is not None and value is not UNKNOWN and value not in ([], {})
    if type(value) is str:
        value = {"true": True, "false": False}.get(value.lower(), value)
    if type(value) is str:
        patterns = [one for one in wanted if type(one) is str and "*" in one]
        if any(fits(value, one) for one in patterns):
            return True
    return any(type(value) is type(one) and value == one for one in wanted)


def _not_taken(part: Part, within: Properties, _: Resource) -> Iterator[_Found]:
    for name in part.names:
        for path, _owner, value in _values(within, name):
            if part.but and type(value) in (str, int, float) and not _is(value, part.but):
                yield path, value, "{key} is {value}"
            elif part.values:
                several = value if type(value) is list else [value]
                for wrong in [one for one in several if _is(one, part.values)][:1]:
                    said = "{key} is true" if wrong is True else "{key} is {value}"
                    yield path, wrong, f"{said}, which {{who}} {{do}} not support{{as}}"
            elif not part.but and (_is(value, GIVEN) or (part.even_empty and value in ([], {}))):
                yield path, value, "{key} is given, which {who} {do} not support{as}"


def _needed(part: Part, within: Properties, _: Resource) -> Iterator[_Found]:
    said = "{key} is missing; {who} {need} it" if part.kinds else "{key} is missing"
    for name in part.names:
        for path, found, value in _values(within, name):
            if absent(found, name.rpartition("/")[2]):
                yield path, value, said


def _empty(part: Part, within: Properties, _: Resource) -> Iterator[_Found]:
    for name in part.names:
        for path, _owner, value in _values(within, name):
            if value is not None and value in ([], {}, ""):
                yield path, value, "{key} is empty; at least one is needed"


def _one_of(part: Part, within: Properties, _: Resource) -> Iterator[_Found]:
    sure = [key for key in part.names if given(within, key) and within[key] != []]
    sure = [key for key in sure if not _is(within[key], part.but)]
    if len(sure) > 1 and part.shape != "at_least_one":
        yield sure[1], " and ".join(sure), "{word} are given; allowed: one of them"
    if part.shape != "at_most_one" and not any(name in within for name in part.names):
        yield "", one_of(part.names), "{word} is missing"


def _once(part: Part, within: Properties, subject: Resource) -> Iterator[_Found]:
    found: list[tuple[str, Any]] = []
    for name in part.names:
        if name.endswith("/*"):
            for path, _owner, values in _values(within, name.removesuffix("/*")):
                several = values if type(values) is list else ()
                found += [(f"{path}/{place}", value) for place, value in enumerate(several)]
        else:
            found += [(path, value) for path, _owner, value in _values(within, name)]
    known = [(path, part.default if value is None else value) for path, value in found]
    known = [(path, value) for path, value in known if value not in (None, "")]
    if not known[1:]:  # one stands nowhere twice
        return
    for place in repeated(_identity(subject, value) for _, value in known):
        path, value = known[place]
        yield path, value, "{key} has {value} twice"


def _identity(subject: Resource, value: object) -> object:
    """Give what tells a value from others; a Batch resource is the same by name and by ARN."""
    target = subject.neighbour(value) if isinstance(value, Reference) else None
    same = target is not None and target.type.startswith("AWS::Batch::")
    return Reference(target.id) if target is not None and same else value


def _bound(part: Part, within: Properties, _: Resource) -> Iterator[_Found]:
    for name in part.names:
        key = name.rpartition("/")[2]
        bound = part.bounds[key]
        for path, found, _value in _values(within, name):
            got = _read(bound, found, key)
            wrong = None if got is None else bound.wrong(got)
            if wrong:
                yield path, wrong, "{key} {word}"


def _read(bound: Bound, within: Properties, key: str) -> Any:
    if isinstance(bound, Counting):
        value = within.get(key)
        return value if value and (type(value) is dict or count(within, key)) else None
    return (text if isinstance(bound, OneOf | Matching) else number)(within, key)


def _reference(part: Part, within: Properties, subject: Resource) -> Iterator[_Found]:
    for name in part.names:
        for path, _owner, value in _values(within, name):
            target = subject.neighbour(value)
            if not isinstance(value, Reference) or value.attribute != part.attribute:
                continue
            if not part.to or (target is not None and target.type in part.to):
                yield path, value.target, "{word} is given by its ARN"


_SHAPES: Final[dict[str, Callable[[Part, Properties, Resource], Iterator[_Found]]]] = {
    "not_taken": _not_taken,
    "needed": _needed,
    "empty": _empty,
    "at_most_one": _one_of,
    "exactly_one": _one_of,
    "at_least_one": _one_of,
    "once": _once,
    "bound": _bound,
    "reference": _reference,
}
