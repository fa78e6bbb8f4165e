"""Values that CloudFormation makes alike, written alike: it compares what comes of them.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from batch_constructs.aws import updates

_GET: Final = "Fn::GetAtt"
_SUB: Final = "Fn::Sub"
_JOIN: Final = "Fn::Join"
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
    if name == _GET:
        return _attribute(below, types)
    if name == _SUB:
        return _filled(below, types)
    if name == _JOIN and isinstance(below, list) and len(below) == _TWO:
        return _joined(*below) if isinstance(below[1], list) else value
    return value


def _attribute(written: Any, types: Mapping[str, str]) -> Any:
    """Write an attribute as a list; as Ref where it is the ARN that Ref gives."""
    parts = written if isinstance(written, list) else str(written).split(".", 1)
    if len(parts) < _TWO or not all(isinstance(one, str) for one in parts):
        return {_GET: written}
    target, attribute = parts[0], ".".join(parts[1:])
    if updates.REFERENCE_IS_ARN.get(types.get(target, "")) == attribute:
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


def _joined(glue: Any, parts: list[Any]) -> Any:
    """Put the glue between the parts; not beside one that may be none."""
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
