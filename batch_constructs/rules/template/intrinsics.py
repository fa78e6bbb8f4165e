"""Intrinsic functions, resolved as far as a template allows.

What a template alone cannot tell (parameters, imports, dynamic references, attributes, tokens of
the CDK) becomes `UNKNOWN`, a reference to a resource becomes a `Reference`, and strings with
unknown parts become `Text`. ``AWS::NoValue`` removes what it is the value of.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping

from batch_constructs.aws.bound import as_text
from batch_constructs.aws.quotas import TEMPLATE_BYTES
from batch_constructs.aws.typing_names import Final
from batch_constructs.rules.template.left_out import Counts, LeftOut
from batch_constructs.rules.template.text import joined, literal, substitutions
from batch_constructs.rules.template.values import (
    HOLDERS,
    MAYBE,
    UNKNOWN,
    Base64,
    PartlyKnown,
    Reference,
    Text,
)

_DEEPEST = 120
_MOST_MADE: Final = 2 * TEMPLATE_BYTES
"""Characters that the functions of a template make; what more of them would make is unknown."""

_OF_AN_ENTRY: Final = 20
"""As many characters as an entry of a list counts, or a part of a text that nobody knows."""
_TOKEN_NUMBER = -1e280
"""The CDK encodes numeric tokens as huge negative floats."""

_NO_VALUE: Final = object()
_SCALARS = (int, bool, type(None))


class Resolver:
    """Resolves the values of one template, under one choice of its conditions."""

    def __init__(
        self,
        resources: Mapping[str, object],
        *,
        mappings: Mapping[str, object] | None = None,
        parameters: Mapping[str, object] | None = None,
        condition: Callable[[str], bool | None] = lambda _: None,
        left_out: Counts | None = None,
        as_written: bool = False,
    ) -> None:
        self._resources = resources
        self._mappings = mappings or {}
        self._parameters = parameters or {}
        self._condition = condition
        self._under_way: set[int] = set()
        self._done: dict[int, object] = {}
        self._made = 0
        self._as_written = as_written
        self._sizes: dict[int, int] = {}
        self._left_out = {} if left_out is None else left_out

    def resolve(self, value: object) -> object:
        """Resolve a value and all that it contains."""
        resolved = self._resolve(value, 0)
        return UNKNOWN if resolved is _NO_VALUE else resolved

    def _resolve(self, value: object, depth: int) -> object:  # noqa: C901, PLR0911  # the hot path
        kind = type(value)
        if kind is str:
            if self._as_written or "{" not in value:  # type: ignore[operator]
                return value
            return literal(value)  # type: ignore[arg-type]
        if kind in _SCALARS:
            return value
        if kind is float:
            return UNKNOWN if value < _TOKEN_NUMBER else value  # type: ignore[operator]
        if kind is Reference or kind is Text or kind is Base64:
            return value
        if kind is not dict and kind is not list and not isinstance(value, HOLDERS):
            if isinstance(value, str):
                return self._resolve(as_text(value), depth)
            if isinstance(value, Mapping):
                return self._container(dict(value), depth)
            if isinstance(value, tuple):
                return self._container(list(value), depth)
            return UNKNOWN
        known = self._done.get(id(value))
        if known is not None:
            return known
        if depth > _DEEPEST or id(value) in self._under_way:
            return UNKNOWN
        self._under_way.add(id(value))
        resolved = self._container(value, depth)  # type: ignore[arg-type]  # see above
        self._under_way.discard(id(value))
        self._done[id(value)] = resolved
        return resolved

    def _container(  # noqa: C901  # the hot path
        self, value: dict[object, object] | list[object], depth: int
    ) -> object:
        if isinstance(value, list):
            entries = [
                entry
                if type(entry) is str and "{" not in entry  # as most are
                else MAYBE
                if one is UNKNOWN and isinstance(entry, dict) and "Fn::If" in entry
                else one
                for entry in value
                if (type(entry) is str and "{" not in entry)
                or (one := self._resolve(entry, depth + 1)) is not _NO_VALUE
            ]
            if len(entries) == 1 and entries[0] is UNKNOWN and _is_list_token(value[0]):
                return UNKNOWN
            return entries
        if len(value) == 1:
            (name, argument) = next(iter(value.items()))
            if name == "Ref":
                return self._ref(argument)
            if isinstance(name, str) and name.startswith("Fn::"):
                return self._function(name[4:], argument, depth)
        resolved: dict[str, object] = {}
        for key, entry in value.items():
            if not isinstance(key, str):
                continue
            if type(entry) is str and "{" not in entry and "::" not in key:  # as most are
                resolved[key] = entry
                continue
            if key.startswith("Fn::"):
                if type(resolved) is dict:
                    resolved = PartlyKnown(resolved)
                continue
            member = self._resolve(entry, depth + 1)
            if member is not _NO_VALUE:
                resolved[key] = member
        return resolved

    def _ref(self, name: object) -> object:
        if name == "AWS::NoValue":
            return _NO_VALUE
        if not isinstance(name, str):
            return UNKNOWN
        if name in self._resources:
            return Reference(name)
        return self._again(self._parameters[name]) if name in self._parameters else UNKNOWN

    def _function(self, name: str, argument: object, depth: int) -> object:
        function = self._FUNCTIONS.get(name)
        return function(self, argument, depth + 1) if function else UNKNOWN

    def _get_att(self, argument: object, _depth: int) -> object:
        if isinstance(argument, str):
            argument = argument.split(".", 1)
        match argument:
            case [str(target), str(attribute)] if target in self._resources:
                return Reference(target, attribute)
            case [str(target), str(attribute)]:  # one that is told of as it is written
                return self._parameters.get(f"{target}.{attribute}", UNKNOWN)
            case _:
                return UNKNOWN

    def _if(self, argument: object, depth: int) -> object:
        match argument:
            case [str(condition), then, otherwise]:
                holds = self._condition(condition)
                if holds is None:
                    return UNKNOWN
                return self._resolve(then if holds else otherwise, depth)
            case _:
                return UNKNOWN

    def _join(self, argument: object, depth: int) -> object:
        match argument:
            case [str(delimiter), parts]:
                resolved = self._resolve(parts, depth)
                if not isinstance(resolved, list):
                    return UNKNOWN
                pieces: list[object] = []
                for position, part in enumerate(resolved):
                    if position and delimiter:
                        pieces.append(delimiter)
                    pieces.append(part)
                return self._joined(pieces)
            case _:
                return UNKNOWN

    def _sub(self, argument: object, depth: int) -> object:
        variables: dict[str, object] = {}
        if isinstance(argument, list) and argument:
            given = self._resolve(argument[1], depth) if len(argument) > 1 else {}
            variables = given if isinstance(given, dict) else {}
            argument = argument[0]
        if not isinstance(argument, str):
            return UNKNOWN
        parts: list[object] = []
        known: dict[str, object] = {**variables}
        for text, name in substitutions(argument):
            parts.append(text)
            if name is None:
                continue
            if name not in known:
                known[name] = self._named(name, depth)
            parts.append(known[name])
        return self._joined(parts)

    def _named(self, name: str, depth: int) -> object:
        """Give what a name in a substitution stands for."""
        if name.startswith("!"):
            return f"${{{name[1:].strip()}}}"
        return self._get_att(name, depth) if "." in name else self._ref(name)

    def _joined(self, parts: list[object]) -> object:
        for part in parts:
            self._count(part)
        return joined(parts, as_written=self._as_written) if self._may_make("") else UNKNOWN

    def _may_make(self, part: object) -> bool:
        """Count what a function makes: one that repeats another's text could go on for ever."""
        self._count(part)
        if self._made > _MOST_MADE:
            self._left_out[LeftOut.TEXTS] = self._left_out.get(LeftOut.TEXTS, 0) + 1
            return False
        return True

    def _count(self, part: object) -> None:
        if type(part) is str:  # as most are
            self._made += len(part)
            return
        for piece in part.parts if isinstance(part, Text) else (part,):
            self._made += len(piece) if isinstance(piece, str) else _OF_AN_ENTRY

    def _again(self, value: object) -> object:
        """Give a value that a name stands for, which what looks at it goes through again."""
        if isinstance(value, HOLDERS):
            size = self._sizes.get(id(value))
            if size is None:
                size = self._sizes[id(value)] = _size(value)
            self._made += size
            return value if self._may_make("") else UNKNOWN
        return value if self._may_make(value) else UNKNOWN

    def _select(self, argument: object, depth: int) -> object:
        match argument:
            case [position, choices]:
                index = self._resolve(position, depth)
                entries = self._resolve(choices, depth)
                if isinstance(index, str) and index.isdigit() and len(index) < len("1000000"):
                    index = int(index)
                if isinstance(entries, list) and type(index) is int and 0 <= index < len(entries):
                    return entries[index]
        return UNKNOWN

    def _split(self, argument: object, depth: int) -> object:
        match argument:
            case [str(delimiter), source] if delimiter:
                whole = self._resolve(source, depth)
                if isinstance(whole, str):
                    self._made += _OF_AN_ENTRY * whole.count(delimiter)
                    return whole.split(delimiter) if self._may_make(whole) else UNKNOWN
        return UNKNOWN

    def _find_in_map(self, argument: object, depth: int) -> object:
        match argument:
            case [name, top, second, *rest]:
                keys = [self._resolve(key, depth) for key in (name, top, second)]
                found: object = self._mappings
                for key in keys:
                    if not isinstance(key, str) or not isinstance(found, Mapping):
                        return UNKNOWN
                    if key not in found:
                        return self._otherwise(rest, depth)
                    found = found[key]
                # what is too much is not gone through
                again = self._again(found)
                return again if again is UNKNOWN else self._resolve(again, depth)
            case _:
                return UNKNOWN

    def _otherwise(self, rest: list[object], depth: int) -> object:
        match rest:
            case [{"DefaultValue": default}]:
                return self._resolve(default, depth)
        return UNKNOWN

    def _length(self, argument: object, depth: int) -> object:
        entries = self._resolve(argument, depth)
        return len(entries) if isinstance(entries, list) and MAYBE not in entries else UNKNOWN

    def _base64(self, argument: object, depth: int) -> object:
        content = self._resolve(argument, depth)
        return UNKNOWN if content is UNKNOWN or content is _NO_VALUE else Base64(content)

    def _to_json(self, argument: object, depth: int) -> object:
        content = self._resolve(argument, depth)
        try:
            written = json.dumps(content)
        except TypeError:
            return UNKNOWN
        return written if self._may_make(written) else UNKNOWN

    _FUNCTIONS: Final = {
        "Base64": _base64,
        "FindInMap": _find_in_map,
        "GetAtt": _get_att,
        "If": _if,
        "Join": _join,
        "Length": _length,
        "Select": _select,
        "Split": _split,
        "Sub": _sub,
        "ToJsonString": _to_json,
    }


def _size(value: object) -> int:
    """Count the characters of a value, and each of its entries as some."""
    size = 0
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, HOLDERS):
            waiting += one.values() if isinstance(one, dict) else one
        size += len(one) if isinstance(one, str) else 0
        size += _OF_AN_ENTRY
    return size


def _is_list_token(value: object) -> bool:
    return isinstance(value, str) and value.startswith("#{Token[")
