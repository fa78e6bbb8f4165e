"""Conditions of a template, and the worlds they allow.

A template with conditions is several templates. Each consistent choice is a *world*: the values of
the parameters that the conditions look at decide which conditions hold, which resources exist, and
what `Fn::If` gives. A fault in any world that can come about is a fault.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice, product
from typing import Final

from batch_constructs.rules.template.intrinsics import Resolver
from batch_constructs.rules.template.resources import Template
from batch_constructs.rules.template.values import UNKNOWN

_MOST_WORLDS: Final = 32
"""Five conditions on parameters of their own make as many; a check of more would be slow."""

_DEEPEST: Final = 32
"""How deep a condition is looked into; CloudFormation has no use for one that is deeper."""

_SOMETHING_ELSE: Final = UNKNOWN
"""A value of a parameter that no condition asks for."""


@dataclass(frozen=True, slots=True)
class World:
    """A template under one choice of its conditions.

    Attributes:
        template: its resources.
        present: the logical IDs of the resources that exist, in the template's order.
    """

    template: Template
    present: list[str]


def worlds(
    template: Mapping[str, object], resources: Mapping[str, Mapping[str, object]]
) -> Iterator[World]:
    """Go through the worlds that a template allows, at most a few dozen of them."""
    mappings, conditions, parameters = (
        section if isinstance(section := template.get(name), Mapping) else {}
        for name in ("Mappings", "Conditions", "Parameters")
    )
    asked = _literals_compared(conditions, parameters) if conditions else {}
    choices = [_values(parameters.get(name), literals) for name, literals in asked.items()]
    for choice in islice(product(*choices), _MOST_WORLDS):
        known = dict(zip(asked, choice, strict=True))
        truth = _Truth(conditions, known, mappings)
        present = {
            id_: resource
            for id_, resource in resources.items()
            if (name := resource.get("Condition")) is None
            or not isinstance(name, str)
            or truth.of(name) is not False
        }
        certain = {name: value for name, value in known.items() if value is not UNKNOWN}
        resolver = Resolver(present, mappings=mappings, parameters=certain, condition=truth.of)
        yield World(Template(present, resolver), list(present))


def _values(parameter: object, literals: list[str]) -> list[object]:
    allowed = parameter.get("AllowedValues") if isinstance(parameter, Mapping) else None
    if isinstance(allowed, list) and allowed:
        compared = [value for value in allowed if str(value) in literals]
        others = [value for value in allowed if str(value) not in literals]
        return [*map(str, compared), *([_SOMETHING_ELSE] if len(others) > 1 else map(str, others))]
    return [*literals, _SOMETHING_ELSE]


def _literals_compared(
    conditions: Mapping[str, object], parameters: Mapping[str, object]
) -> dict[str, list[str]]:
    """Collect, for each parameter, the literals that conditions compare it with."""
    asked: dict[str, list[str]] = {}
    waiting: list[object] = [*conditions.values()]
    seen: set[int] = set()
    while waiting:
        value = waiting.pop()
        if id(value) in seen:
            continue
        seen.add(id(value))
        match value:
            case {"Fn::Equals": [{"Ref": str(name)}, str() | int() as literal]} | {
                "Fn::Equals": [str() | int() as literal, {"Ref": str(name)}]
            } if name in parameters:
                literals = asked.setdefault(name, [])
                written = _written(literal)
                if written not in literals:
                    literals.append(written)
            case Mapping():
                waiting += value.values()
            case list():
                waiting += value
    return asked


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

    def of(self, name: str) -> bool | None:
        """Tell whether a condition holds, None if nobody can know."""
        if name not in self._answers:
            self._answers[name] = None
            self._answers[name] = self._holds(self._conditions.get(name), 0)
        return self._answers[name]

    def _holds(self, value: object, depth: int) -> bool | None:  # noqa: PLR0911  # a case each
        if depth > _DEEPEST:
            return None
        match value:
            case {"Condition": str(name)}:
                return self.of(name)
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
        match left, right:
            case ({"Ref": str(name)}, _) | (_, {"Ref": str(name)}) if name in self._known:
                if self._known[name] is _SOMETHING_ELSE:
                    literal = other if one is UNKNOWN else one
                    return None if literal is UNKNOWN else False
        if isinstance(one, str | int) and isinstance(other, str | int):
            return _written(one) == _written(other)
        return None
