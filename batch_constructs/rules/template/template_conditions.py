"""Conditions of a template, and the worlds they allow.

A template with conditions is several templates. Each consistent choice is a *world*: the values of
the parameters that the conditions look at decide which conditions hold, which resources exist, and
what `Fn::If` gives. A fault in any world that can come about is a fault.

Few conditions make few worlds, and all are looked at; of many, as many as it takes that any two
values of two parameters come together in one of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import combinations, product

from batch_constructs.aws.record import Record
from batch_constructs.aws.typing_names import TYPE_CHECKING, Final
from batch_constructs.rules.template.as_written import AsWritten, sections
from batch_constructs.rules.template.intrinsics import Resolver
from batch_constructs.rules.template.resource_graph import Template
from batch_constructs.rules.template.values import UNKNOWN

if TYPE_CHECKING:
    from batch_constructs.rules.template.left_out import Counts
    from batch_constructs.rules.template.property_texts import PropertyTexts

_MOST_WORLDS: Final = 32
"""Five conditions on parameters of their own make as many; a check of more would be slow."""

_MOST_CHECKS: Final = 1_800
"""Resources times worlds."""

_AS_MANY_AS_A_CHECK: Final = 10
"""Conditions of a world take as long to be answered as one of its resources to be looked at."""

_FEWEST_WORLDS: Final = 4
_MOST_PARAMETERS: Final = 40
_MOST_LITERALS: Final = 16
"""What conditions ask for beyond that is taken as unknown."""

_DEEPEST: Final = 32
"""How deep a condition is looked into; CloudFormation has no use for one that is deeper."""

_SEVERAL: Final = (dict, list, Mapping)

_SOMETHING_ELSE: Final = UNKNOWN
"""A value of a parameter that no condition asks for."""

Resources = Mapping[str, Mapping[str, object]]
Choice = tuple[object, ...]


class World(Record):
    """A template under one choice of its conditions.

    Attributes:
        template: its resources.
        present: the resources that exist, by logical ID in the template's order, each with what
            decides on it and on all that it belongs to: where that is the same, the findings are.
        conditions: whether each condition holds, None if nobody can know.
    """

    template: Template
    present: Mapping[str, object]
    conditions: Mapping[str, bool | None]


class Worlds:
    """The worlds that a template allows.

    Attributes:
        skipped: how many of them are too many to be looked at.
        left_out: what else was too much to be looked at.
    """

    def __init__(
        self,
        template: Mapping[str, object],
        resources: Resources,
        texts: PropertyTexts | None = None,
    ) -> None:
        self._texts = texts
        self._mappings, self._conditions, parameters = sections(template)
        self._resources = resources
        self.left_out: Counts = {}
        self._as_written = AsWritten(template)
        asked = _literals_compared(self._conditions, parameters) if self._conditions else {}
        self._asked = list(asked)[:_MOST_PARAMETERS]
        values = [_values(parameters.get(name), [*asked[name]]) for name in self._asked]
        checks = max(len(resources), len(self._conditions) // _AS_MANY_AS_A_CHECK, 1)
        most = max(_FEWEST_WORLDS, min(_MOST_WORLDS, _MOST_CHECKS // checks))
        possible = 1
        for one in values:
            possible *= len(one)
        if possible <= most and len(asked) <= _MOST_PARAMETERS:
            first, *others = product(*values)
            # the most different first, for whoever does not look at all of them
            self._choices = [first, *others[-1:], *others[:-1]]
        else:
            self._choices = _in_pairs(values, most)
        self.skipped = possible - len(self._choices)

    def __len__(self) -> int:
        return len(self._choices)

    def __iter__(self) -> Iterator[World]:
        related = _Related(self._resources) if len(self._choices) > 1 else None
        secrets_written: dict[str, dict[str, tuple[str, str]]] = {}
        for choice in self._choices:
            known = dict(zip(self._asked, choice, strict=True))
            truth = _Truth(self._conditions, known, self._mappings)
            present = {
                id_: resource
                for id_, resource in self._resources.items()
                if (name := resource.get("Condition")) is None
                or not isinstance(name, str)
                or truth.of(name) is not False
            }
            certain = {name: value for name, value in known.items() if value is not UNKNOWN}
            resolver = Resolver(
                present,
                mappings=self._mappings,
                parameters=certain,
                condition=truth.of,
                left_out=self.left_out,
            )
            states = related.states(truth, certain) if related is not None else {}
            known_by = {id_: states.get(id_) for id_ in present}
            holds = {name: truth.of(name) for name in self._conditions}
            template = Template(present, resolver, self.left_out, self._as_written, self._texts)
            template.secrets_written = secrets_written
            yield World(template, known_by, holds)


class _Related:
    """Which resources a rule about one of them may look at, and which conditions decide on those.

    All that refer to one another, or name one another, belong together; so do jobs, queues,
    environments and all that submits.
    """

    def __init__(self, resources: Resources) -> None:
        self._group: dict[str, str] = {id_: id_ for id_ in resources}
        words = {id_: set(_words(resource)) for id_, resource in resources.items()}
        named = {_physical_name(resource): id_ for id_, resource in resources.items()}
        hub = ""
        for id_, resource in resources.items():
            for word in words[id_]:
                for other in (word if word in resources else None, named.get(word)):
                    if other is not None:
                        self._join(id_, other)
            if str(resource.get("Type")).startswith(_ABOUT_JOBS):
                hub = hub or id_
                self._join(hub, id_)
        self._words: dict[str, set[str]] = {}
        for id_, some in words.items():
            self._words.setdefault(self._of(id_), set()).update(some)

    def _of(self, one: str) -> str:
        group = self._group
        while group[one] != one:
            group[one] = group[group[one]]
            one = group[one]
        return one

    def _join(self, one: str, other: str) -> None:
        self._group[self._of(other)] = self._of(one)

    def states(self, truth: _Truth, certain: Mapping[str, object]) -> dict[str, object]:
        """Give what decides on each resource and on all that it belongs to."""
        states = {
            group: (frozenset(truth.answers(words)), frozenset(_known(words, certain)))
            for group, words in self._words.items()
        }
        return {id_: states[self._of(id_)] for id_ in self._group}


_ABOUT_JOBS: Final = (
    "AWS::Batch::",
    "AWS::Events::",
    "AWS::Lambda::",
    "AWS::Pipes::",
    "AWS::Scheduler::",
    "AWS::Serverless::",
    "AWS::StepFunctions::",
)


def _known(words: set[str], certain: Mapping[str, object]) -> Iterator[tuple[str, object]]:
    return ((name, value) for name, value in certain.items() if name in words)


def _physical_name(resource: Mapping[str, object]) -> str | None:
    properties = resource.get("Properties")
    for key, value in properties.items() if isinstance(properties, Mapping) else ():
        if isinstance(value, str) and isinstance(key, str) and key.endswith("Name"):
            return value
    return None


def _words(value: object) -> Iterator[str]:
    """Give every text in a value, and every name in its substitutions."""
    waiting = [value]
    seen: set[int] = set()
    while waiting:
        one = waiting.pop()
        if isinstance(one, str):
            yield one
            for part in one.split("${")[1:]:
                yield part.partition("}")[0].partition(".")[0].strip()
        elif isinstance(one, _SEVERAL) and id(one) not in seen:
            seen.add(id(one))
            waiting += one.values() if isinstance(one, Mapping) else one


def _in_pairs(values: list[list[object]], most: int) -> list[Choice]:
    """Choose so that any two values of two parameters come together, as far as that goes."""
    missing = {
        (one, left, other, right)
        for one, other in combinations(range(len(values)), 2)
        for left in range(len(values[one]))
        for right in range(len(values[other]))
    }
    ends = ([0] * len(values), [len(options) - 1 for options in values])
    chosen: list[dict[int, int]] = [dict(enumerate(end)) for end in ends]
    for end in chosen:
        missing -= _pairs(end)
    while len(chosen) < most and missing:
        one, left, other, right = min(missing)
        begun = {one: left, other: right}
        for place, options in enumerate(values):
            if place not in begun:
                begun[place] = max(
                    range(len(options)),
                    key=lambda option: len(_pairs(begun, place, option) & missing),
                )
        missing -= _pairs(begun)
        chosen.append(begun)
    return [
        tuple(options[taken[place]] for place, options in enumerate(values)) for taken in chosen
    ]


Pair = tuple[int, int, int, int]


def _pairs(chosen: Mapping[int, int], place: int | None = None, option: int = 0) -> set[Pair]:
    """Give the pairs of a choice, or those that one more value makes with it."""
    if place is None:
        pairs = combinations(sorted(chosen.items()), 2)
        return {(*one, *other) for one, other in pairs}
    return {
        (other, taken, place, option) if other < place else (place, option, other, taken)
        for other, taken in chosen.items()
    }


def _values(parameter: object, literals: list[str]) -> list[object]:
    allowed = parameter.get("AllowedValues") if isinstance(parameter, Mapping) else None
    if isinstance(allowed, list) and allowed:
        some = set(literals[:_MOST_LITERALS])
        compared = [value for value in allowed if str(value) in some]
        others = [value for value in allowed if str(value) not in some]
        return [*map(str, compared), *([_SOMETHING_ELSE] if len(others) > 1 else map(str, others))]
    return [*literals[:_MOST_LITERALS], _SOMETHING_ELSE]


def _literals_compared(
    conditions: Mapping[str, object], parameters: Mapping[str, object]
) -> dict[str, dict[str, None]]:
    """Collect the literals that conditions compare a parameter, or what a function makes, with.

    What is made of a parameter that is compared itself is left out: the two are not independent.
    """
    asked: dict[str, dict[str, None]] = {}
    made: dict[str, set[str]] = {}
    waiting: list[object] = [*conditions.values()]
    seen: set[int] = set()
    while waiting:
        value = waiting.pop()
        if id(value) in seen:
            continue
        seen.add(id(value))
        match value:
            case {"Fn::Equals": [Mapping() as one, str() | int() as literal]} | {
                "Fn::Equals": [str() | int() as literal, Mapping() as one]
            } if (name := _asked(one)) and (not _is_reference(one) or _may_be(name, parameters)):
                asked.setdefault(name, {})[_written(literal)] = None
                if not _is_reference(one):
                    made[name] = set(_words(one))
            case Mapping():
                waiting += value.values()
            case list():
                waiting += value
    alone = asked.keys() - made
    return {name: some for name, some in asked.items() if alone.isdisjoint(made.get(name, ()))}


def _asked(value: object) -> str:
    """Name what a condition compares: a parameter, or what one function makes."""
    match value:
        case {"Ref": str(name)}:
            return name
        case Mapping() if len(value) == 1 and str(*value) in _OF_PARAMETERS:
            return "" if _IMPORT in (written := repr(value)) else written
        case _:
            return ""


_OF_PARAMETERS: Final = ("Fn::Join", "Fn::Select", "Fn::Split", "Fn::Sub")
_IMPORT: Final = "Fn::ImportValue"
"""What comes from elsewhere may be the same for ever."""


def _is_reference(value: Mapping[str, object]) -> bool:
    return "Ref" in value


def _may_be(name: str, parameters: Mapping[str, object]) -> bool:
    """Tell whether a name is a parameter of the template, or one of CloudFormation's own."""
    return name in parameters or (name.startswith("AWS::") and name != "AWS::NoValue")


def _written(value: object) -> str:
    return ("true" if value else "false") if isinstance(value, bool) else str(value)


class _Truth:
    """Which conditions hold, when the parameters have certain values."""

    def __init__(
        self,
        conditions: Mapping[str, object],
        known: Mapping[str, object],
        mappings: Mapping[str, object],
    ) -> None:
        self._conditions = conditions
        self._known = known
        self._resolver = Resolver({}, mappings=mappings, parameters=known, condition=self.of)
        self._answers: dict[str, bool | None] = {}
        self._depth = 0

    def of(self, name: str) -> bool | None:
        """Tell whether a condition holds, None if nobody can know."""
        if name not in self._answers:
            self._answers[name] = None
            self._answers[name] = self._holds(self._conditions.get(name), self._depth)
        return self._answers[name]

    def answers(self, names: set[str]) -> Iterator[tuple[str, bool | None]]:
        """Give what is known of the conditions among some names."""
        return ((name, self.of(name)) for name in self._conditions if name in names)

    def _holds(self, value: object, depth: int) -> bool | None:  # noqa: PLR0911  # a case each
        if depth > _DEEPEST:
            return None
        match value:
            case {"Condition": str(name)}:
                outside, self._depth = self._depth, depth + 1
                holds = self.of(name)
                self._depth = outside
                return holds
            case {"Fn::Equals": [left, right]}:
                return self._equal(left, right)
            case {"Fn::Not": [negated]}:
                holds = self._holds(negated, depth + 1)
                return None if holds is None else not holds
            case {"Fn::And": list() as parts}:
                answers = [self._holds(part, depth + 1) for part in parts]
                return False if False in answers else None if None in answers else True
            case {"Fn::Or": list() as parts}:
                answers = [self._holds(part, depth + 1) for part in parts]
                return True if True in answers else None if None in answers else False
            case _:
                return None

    def _equal(self, left: object, right: object) -> bool | None:
        one, other = self._resolver.resolve(left), self._resolver.resolve(right)
        for compared, literal in ((left, other), (right, one)):
            name = _asked(compared) if self._resolver.resolve(compared) is UNKNOWN else ""
            if name in self._known:
                value = self._known[name]
                if literal is UNKNOWN:
                    return None
                return value is not _SOMETHING_ELSE and value == _written(literal)
        if isinstance(one, str | int) and isinstance(other, str | int):
            return _written(one) == _written(other)
        return None
