"""A template with what it tells by itself written out: conditions, mappings, values that are none.

What depends on a parameter stays open. There the definition of the condition, or the mapping,
stands in the place of its name, so that a change of it shows in every property that it is used in.
Where the stack's Region and account are known, so is what depends on them.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-conditions.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from batch_constructs.aws.template_facts import NO_VALUE
from batch_constructs.impact.changes import section
from batch_constructs.impact.loops_and_macros import unlooped
from batch_constructs.impact.one_spelling import spelled
from batch_constructs.rules.access.answer import all_of, any_of, negated
from batch_constructs.rules.template.loops import PREFIX

_IF: Final = "Fn::If"
_FIND: Final = "Fn::FindInMap"
_NAMES_AND_TWO: Final = 3
"""Arguments of each of the two functions; the second has a default behind them, perhaps."""

_DEFAULT: Final = "DefaultValue"


def known(template: Mapping[str, Any], place: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Return a template whose resources are written as far as it tells by itself.

    A resource that is surely not made is left out; one that may be made, or not, keeps its
    ``Condition``, written out.

    Args:
        template: the template.
        place: pseudo parameters, such as ``AWS::Region``, whose values are known; they decide
            conditions and what mappings give, and stay as they are written elsewhere.
    """
    return _Known(unlooped(template), place or {}).template()


def placed(value: Any, place: Mapping[str, str]) -> Any:
    """Write a value with pseudo parameters that are known."""
    if isinstance(value, list):
        return [placed(one, place) for one in value]
    if not isinstance(value, Mapping):
        return value
    if len(value) == 1 and "Ref" in value:
        return place.get(str(value["Ref"]), value)
    return spelled({name: placed(one, place) for name, one in value.items()}, {})


class _Known:
    def __init__(self, template: Mapping[str, Any], place: Mapping[str, str]) -> None:
        self._template = template
        self._place = place
        self._conditions = section(template, "Conditions")
        self._mappings = section(template, "Mappings")
        self._types = {
            name: str(one.get("Type"))
            for name, one in section(template, "Resources").items()
            if isinstance(one, Mapping)
        }
        self._within: list[str] = []

    def template(self) -> dict[str, Any]:
        made: dict[str, Any] = {}
        for logical_id, resource in section(self._template, "Resources").items():
            if not isinstance(resource, Mapping):
                continue
            condition = resource.get("Condition")
            exists = True if condition is None else self._holds({"Condition": condition})
            if exists is False:
                continue
            written = {name: self._value(one) for name, one in resource.items()}
            written.pop("Condition", None)
            if exists is None:
                written["Condition"] = self._defined(condition)
            made[logical_id] = written
        return {**self._template, "Resources": made}

    def _value(self, value: Any) -> Any:
        if isinstance(value, list):
            found = [self._value(one) for one in value]
            return [one for one in found if one != NO_VALUE]
        if not isinstance(value, Mapping):
            return value
        if len(value) == 1:
            [(name, below)] = value.items()
            if name == _IF and isinstance(below, list) and len(below) == _NAMES_AND_TWO:
                return self._chosen(*below)
            if name == _FIND and isinstance(below, list) and len(below) >= _NAMES_AND_TWO:
                return self._found(*(self._value(one) for one in below))
        found_members = {name: self._value(one) for name, one in value.items()}
        left = {name: one for name, one in found_members.items() if one != NO_VALUE}
        return spelled(left, self._types)

    def _chosen(self, name: Any, one: Any, other: Any) -> Any:
        holds = self._holds({"Condition": name})
        if holds is None:
            either = [self._value(one), self._value(other)]
            same = either[0] == either[1]
            return either[0] if same else {_IF: [self._defined(name), *either]}
        return self._value(one if holds else other)

    def _found(self, name: Any, first: Any, second: Any, *otherwise: Any) -> Any:
        """Look a value up; where a key is open, what may be meant stands in the mapping's place."""
        found: Any = self._mappings
        for place, key in enumerate((name, first, second)):
            text = _text(placed(key, self._place))
            if text is None:
                if place == 1:
                    found = self._with_key(found, second)
                return {_FIND: [found, *(name, first, second)[place:], *otherwise]}
            entries = found.items() if isinstance(found, Mapping) else ()
            below = {str(one): value for one, value in entries}
            if text not in below:
                default = otherwise[0] if otherwise else None
                if isinstance(default, Mapping) and _DEFAULT in default:
                    return default[_DEFAULT]
                return {_FIND: [name, first, second, *otherwise]}
            found = below[text]
        return found

    def _with_key(self, mapping: Any, second: Any) -> Any:
        """Leave of a mapping, whose first key is open, what the second may mean."""
        last = _text(placed(second, self._place))
        if last is None or not isinstance(mapping, Mapping):
            return mapping
        return {
            key: {last: below[last]}
            for key, below in mapping.items()
            if isinstance(below, Mapping) and last in below
        }

    def _defined(self, name: Any) -> Any:
        """Write a condition out in the place of its name, and those that it names in turn."""
        if not isinstance(name, str) or name in self._within:
            return self._written_out(name)
        if name not in self._conditions:  # one that a loop makes, or none
            loops = {key: one for key, one in self._conditions.items() if key.startswith(PREFIX)}
            return {name: loops} if loops else name
        self._within.append(name)
        try:
            return self._written_out(self._conditions[name])
        finally:
            self._within.pop()

    def _written_out(self, value: Any) -> Any:
        if isinstance(value, list):
            return [self._written_out(one) for one in value]
        if isinstance(value, Mapping):
            if set(value) == {"Condition"}:
                return self._defined(value["Condition"])
            return self._value({name: self._written_out(one) for name, one in value.items()})
        return value

    def _holds(self, value: Any) -> bool | None:  # noqa: PLR0911  # a case each
        """Tell whether a condition holds; None where only the deployment knows."""
        if not isinstance(value, Mapping) or len(value) != 1:
            return None
        [(name, below)] = value.items()
        if name == "Condition":
            if not isinstance(below, str) or below in self._within:
                return None
            self._within.append(below)
            try:
                return self._holds(self._conditions.get(below))
            finally:
                self._within.pop()
        if not isinstance(below, list):
            return None
        if name == "Fn::Equals":
            sides = [_text(placed(self._value(one), self._place)) for one in below]
            return None if None in sides else len(set(sides)) == 1
        held = [self._holds(one) for one in below]
        if name == "Fn::Not":
            return negated(held[0]) if held else None
        if name == "Fn::And":
            return all_of(held)
        return any_of(held) if name == "Fn::Or" else None


def _text(value: Any) -> str | None:
    """Write a literal as CloudFormation compares it; None of what it does not know yet."""
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, str | int | float) else None
