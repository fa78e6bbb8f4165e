"""The JSON schema of a gateway's messages: looked at, and made plain code, at synthesis.

Nothing of a library ships with the function, and no schema is compiled as it starts.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from re import _constants as kinds  # type: ignore[attr-defined]  # the parser that re itself uses
from re import _parser as parser  # type: ignore[attr-defined]  # as above
from typing import TYPE_CHECKING, Any

from batch_constructs.aws.bound import shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from batch_constructs.arguments import Arguments

MODULE = "message_schema"
"""What the code is called beside the function."""

_DRAFTS = ("draft-04", "draft-06", "draft-07")
_REPEATS = (kinds.MAX_REPEAT, kinds.MIN_REPEAT)
_ITS_OWN_ERRORS = """
class JsonSchemaValueException(ValueError):
    def __init__(self, message, **_):
        super().__init__(message)


class JsonSchemaValuesException(JsonSchemaValueException):
    pass
"""


def read_schema(arguments: Arguments, schema: Any) -> Any:
    """Read a gateway's argument as the code that validates a message; None without one."""
    if schema is None:
        return None
    if not isinstance(schema, Mapping):
        return arguments.wrong_type("schema", schema, "a JSON schema as a mapping")
    import fastjsonschema  # noqa: PLC0415 - loaded when used

    try:
        plain = json.loads(json.dumps(dict(schema), allow_nan=False))
        problem = _problem_of(plain)
        code = "" if problem else fastjsonschema.compile_to_code(plain)
    except Exception as error:  # noqa: BLE001 - the library lets re.error, KeyError and more through
        problem = f"is no JSON schema: {type(error).__name__}: {error}"
    if problem:
        return arguments.wrong_value(f"schema {problem}")
    return re.sub(r"^from fastjsonschema import .*$", _ITS_OWN_ERRORS, code, flags=re.MULTILINE)


def _problem_of(schema: Any) -> str | None:
    draft = schema.get("$schema", _DRAFTS[-1])
    if not isinstance(draft, str) or not any(each in draft for each in _DRAFTS):
        return (
            f"has the $schema {shown(draft)}; allowed are drafts 4, 6 and 7, such as "
            '"http://json-schema.org/draft-07/schema#"'
        )
    elsewhere = sorted(set(_references(schema)))
    if elsewhere:
        return (
            f"refers to {', '.join(elsewhere)}; the function fetches nothing: put it below "
            "definitions and refer to '#/definitions/…'"
        )
    for pattern in sorted(set(_patterns(schema))):
        if is_exponential(pattern):
            return (
                f"has the pattern {shown(pattern)}, which repeats what repeats: one message of "
                "thirty characters would keep the function busy for minutes: write it with one "
                'repetition, such as "a+" for "(a+)+"'
            )
    return None


def is_exponential(pattern: str) -> bool:
    """Whether a pattern repeats something that one repetition alone can match.

    What is not seen here is bounded by time as the message is looked at.
    """
    return any(_is_ambiguous(node) for node in _nodes(parser.parse(pattern)))


def _is_ambiguous(node: Any) -> bool:
    kind, value = node
    if kind not in _REPEATS or value[1] < _MANY:
        return False
    return any(
        _varies(inner) and all(_may_be_empty(other) for other in sequence if other is not inner)
        for sequence in _sequences(value[2])
        for inner in sequence
    )


_MANY = 10
"""A repetition of fewer cannot take long."""


def _sequences(body: Any) -> Iterator[list[Any]]:
    """Yield what may stand in a repetition, each alternative, groups opened."""
    nodes = list(body)
    if len(nodes) == 1 and nodes[0][0] is kinds.SUBPATTERN:
        yield from _sequences(nodes[0][1][-1])
    elif len(nodes) == 1 and nodes[0][0] is kinds.BRANCH:
        for alternative in nodes[0][1][1]:
            yield from _sequences(alternative)
    else:
        yield nodes


def _varies(node: Any) -> bool:
    kind, value = node
    if kind is kinds.SUBPATTERN:
        return any(len(each) == 1 and _varies(each[0]) for each in _sequences(value[-1]))
    return kind in _REPEATS and value[1] >= _MANY


def _may_be_empty(node: Any) -> bool:
    kind, value = node
    if kind in _REPEATS:
        return value[0] == 0 or all(map(_may_be_empty, value[2]))
    return kind is kinds.AT or (kind is kinds.SUBPATTERN and all(map(_may_be_empty, value[-1])))


def _nodes(body: Any) -> Iterator[Any]:
    for node in body:
        yield node
        kind, value = node
        if kind in _REPEATS:
            yield from _nodes(value[2])
        elif kind is kinds.SUBPATTERN:
            yield from _nodes(value[-1])
        elif kind is kinds.BRANCH:
            for alternative in value[1]:
                yield from _nodes(alternative)
        elif kind in (kinds.ASSERT, kinds.ASSERT_NOT):
            yield from _nodes(value[1])


def _patterns(schema: object) -> Iterator[str]:
    """Find the patterns of a schema, those of property names too."""
    if isinstance(schema, dict):
        if isinstance(schema.get("pattern"), str):
            yield schema["pattern"]
        if isinstance(schema.get("patternProperties"), dict):
            yield from schema["patternProperties"]
    if isinstance(schema, dict | list):
        for each in schema.values() if isinstance(schema, dict) else schema:
            yield from _patterns(each)


def _references(schema: object) -> Iterator[str]:
    """Find references to what is not in the schema itself."""
    if isinstance(schema, dict):
        reference = schema.get("$ref")
        if isinstance(reference, str) and not reference.startswith("#"):
            yield reference
    if isinstance(schema, dict | list):
        for each in schema.values() if isinstance(schema, dict) else schema:
            yield from _references(each)
