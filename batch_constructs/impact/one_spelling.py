"""Values that CloudFormation makes alike, written alike: it compares what comes of them.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from batch_constructs.aws import updates
from batch_constructs.rules.template.values import spelled_out

_GET: Final = "Fn::GetAtt"
_SUB: Final = "Fn::Sub"
_JOIN: Final = "Fn::Join"
_SELECT: Final = "Fn::Select"
_SPLIT: Final = "Fn::Split"
_ZONES: Final = "Fn::GetAZs"
_IN_ANY_ORDER: Final = ("Fn::Equals", "Fn::And", "Fn::Or")
_TWO: Final = 2
"""Arguments of a function that has two."""


def spelled(value: Any, types: Mapping[str, str]) -> Any:
    """Write one function whose arguments are written out already; other values stay.

    Args:
        value: the value.
        types: the CloudFormation type of each logical ID.
    """
    if not isinstance(value, Mapping) or len(value) != 1:
        return value
    [(name, below)] = value.items()
    if name in (_GET, _SUB):
        return (_attribute if name == _GET else _filled)(below, types)
    if name == _ZONES and below == "":
        return {name: {"Ref": "AWS::Region"}}
    if name in _IN_ANY_ORDER and isinstance(below, list):
        return {name: sorted(below, key=spelled_out)}
    written = _OF_TWO.get(name)
    return written(*below) if written and isinstance(below, list) and len(below) == _TWO else value


def _divided(glue: Any, text: Any) -> Any:
    """Divide a text that is known."""
    known = isinstance(glue, str) and glue and isinstance(text, str)
    return text.split(glue) if known else {_SPLIT: [glue, text]}


def _selected(place: Any, values: Any) -> Any:
    """Take one of a list, where it is known which: none of it may be none."""
    if isinstance(values, list) and str(place).isdecimal() and int(place) < len(values):
        may_go = any(isinstance(one, Mapping) and "Fn::If" in one for one in values)
        return {_SELECT: [place, values]} if may_go else values[int(place)]
    return {_SELECT: [place, values]}


def _attribute(written: Any, types: Mapping[str, str]) -> Any:
    """Write an attribute as a list; as Ref where that gives it too."""
    parts = written if isinstance(written, list) else str(written).split(".", 1)
    if len(parts) < _TWO or not all(isinstance(one, str) for one in parts):
        return {_GET: written}
    target, attribute = parts[0], ".".join(parts[1:])
    if updates.reference_is(types.get(target, "")) == attribute:
        return {"Ref": target}
    return {_GET: [target, attribute]}


def _filled(written: Any, types: Mapping[str, str]) -> Any:
    """Write Fn::Sub as the pieces of its text."""
    text, values = written if isinstance(written, list) and len(written) == _TWO else (written, {})
    if not isinstance(text, str) or not isinstance(values, Mapping):
        return {_SUB: written}
    first, *rest = text.split("${")
    pieces: list[Any] = [first]
    for part in rest:
        name, closed, after = part.partition("}")
        if not closed:
            pieces.append("${" + part)
        elif name.startswith("!"):
            pieces += ["${" + name[1:] + "}", after]
        elif name in values:
            pieces += [values[name], after]
        else:
            attribute = _attribute(name, types) if "." in name else {"Ref": name}
            pieces += [attribute, after]
    return _together(pieces)


def _joined(glue: Any, parts: Any) -> Any:
    """Put the glue between the parts; not beside one that may be none."""
    if not isinstance(parts, list):
        return {_JOIN: [glue, parts]}
    may_go = any(isinstance(one, Mapping) and "Fn::If" in one for one in parts)
    if not isinstance(glue, str) or (glue and may_go):
        return {_JOIN: [glue, parts]}
    return _together([piece for one in parts for piece in (glue, one)][1:])


def _together(pieces: list[Any]) -> Any:
    """Write pieces as one text as far as they are texts; the rest as Fn::Join."""
    made: list[Any] = []
    for piece in _flat(pieces):
        if isinstance(piece, str) and made and isinstance(made[-1], str):
            made[-1] += piece
        elif piece != "":
            made.append(piece)
    if not made:
        return ""
    return made[0] if len(made) == 1 else {_JOIN: ["", made]}


def _flat(pieces: list[Any]) -> list[Any]:
    made: list[Any] = []
    for piece in pieces:
        inner = piece.get(_JOIN) if isinstance(piece, Mapping) else None
        if isinstance(inner, list) and inner[:1] == [""] and isinstance(inner[1], list):
            made += _flat(inner[1])
        elif isinstance(piece, bool):
            made.append(str(piece).lower())
        else:
            made.append(str(piece) if isinstance(piece, int | float) else piece)
    return made


_OF_TWO: Final = {_JOIN: _joined, _SPLIT: _divided, _SELECT: _selected}
"""Functions of two arguments."""
