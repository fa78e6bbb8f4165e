"""The JSON schema of a gateway's messages: looked at, and made plain code, at synthesis.

Nothing of a library ships with the function, and no schema is compiled as it starts.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NoReturn

from batch_constructs.aws.bound import meant, one_of, refused, shown
from batch_constructs.tokens import is_made_up, is_token, names_a_secret
from batch_constructs.triggers.exponential_pattern import is_exponential

if TYPE_CHECKING:
    from collections.abc import Iterator

    from batch_constructs.arguments import Arguments

MODULE = "message_schema"
"""What the code is called beside the function."""

_DRAFTS = ("draft-04", "draft-06", "draft-07")
_TYPES = ("array", "boolean", "integer", "null", "number", "object", "string")
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
    try:
        plain = json.loads(json.dumps(dict(schema), allow_nan=False))
        problem = _problem_of(plain)
        code = "" if problem else _code_of(plain)
        problem = problem or _problem_of_code(code)
    except Exception as error:  # noqa: BLE001 - the library lets re.error, KeyError and more through
        for place, fault in _faults(schema):
            return arguments.wrong_value(f"schema{place} {fault}")
        problem = (
            f"is not a JSON schema: {str(error) or type(error).__name__}; allowed: what draft "
            "7 of JSON Schema allows"
        )
    if problem:
        return arguments.wrong_value(f"schema {problem}")
    return re.sub(r"^from fastjsonschema import .*$", _ITS_OWN_ERRORS, code, flags=re.MULTILINE)


def _code_of(schema: dict[str, Any]) -> str:
    """Return code that looks at a message and changes nothing of it."""
    import fastjsonschema  # noqa: PLC0415 - loaded when used

    code: str = fastjsonschema.compile_to_code(_nameless(schema), _FETCHING, use_default=False)
    return code


def _nameless(schema: dict[str, Any]) -> dict[str, Any]:
    """Leave out what a schema calls itself, after which its code would be called, too.

    What it refers to is in the schema, so that nothing needs the name.
    """
    return {
        key: value
        for key, value in schema.items()
        if key not in ("$id", "id") or not isinstance(value, str)
    }


def _fetch(address: str) -> NoReturn:
    raise ValueError(f"it refers to {address}, and nothing is fetched")


_FETCHING = dict.fromkeys(("http", "https"), _fetch)


def _problem_of_code(code: str) -> str | None:
    """Say which definitions would be one function, of which the last would replace the others."""
    functions = Counter(re.findall(r"^def (\w+)", code, flags=re.MULTILINE))
    for name, times in functions.items():
        if times > 1:
            return (
                f"has {times} definitions that would all become the function {name}, in which only "
                "the letters A-Z, as small ones, and digits of a name count: rename one"
            )
    return None


def _problem_of(schema: Any) -> str | None:
    values = [*_values(schema)]
    if any(isinstance(one, str) and names_a_secret(one) for one in values):
        return (
            "contains a reference to a secret, but it is written into the function unchanged: "
            "leave secrets out, or validate where the message is read"
        )
    if any(is_token(one) and not is_made_up(str(one)) for one in values):
        return (
            "contains a value that only CloudFormation knows, but it becomes code at synthesis: "
            "write the value itself"
        )
    draft = schema.get("$schema", _DRAFTS[-1])
    if not isinstance(draft, str) or not any(each in draft for each in _DRAFTS):
        return (
            f"has the $schema {shown(draft)}; allowed: drafts 4, 6 and 7, such as "
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
                f"has the pattern {shown(pattern)}, which can match one text in several ways: "
                "one message of thirty characters would keep the function busy for minutes: "
                'write it so that there is only one way, such as "a+" for "(a+)+" or "(a|a)+"'
            )
    return None


def _faults(schema: object) -> Iterator[tuple[str, str]]:
    """Give the places of what people misspell in a schema that is none, and what is wrong there."""
    if isinstance(schema, Mapping):
        types = schema.get("type")
        for one in types if isinstance(types, list | tuple) else [types]:
            if isinstance(one, str | int | float) and one not in _TYPES:
                yield '["type"]', f"{refused(one, one_of(_TYPES))}{meant(one, _TYPES)}"
        pattern = schema.get("pattern")
        if isinstance(pattern, str):
            try:
                re.compile(pattern)
            except re.error as error:
                yield (
                    '["pattern"]',
                    f"is {shown(pattern)}; allowed: regular expressions: {error}",
                )
    listed: Any = ()
    if isinstance(schema, Mapping):
        listed = schema.items()
    elif isinstance(schema, list | tuple):
        listed = enumerate(schema)
    for key, value in listed:
        at = f"[{shown(key)}]"
        yield from ((f"{at}{place}", fault) for place, fault in _faults(value))


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


def _values(schema: Any) -> Iterator[object]:
    """Give every value below a schema, and every key."""
    rest = [schema]
    while rest:
        one = rest.pop()
        yield one
        if isinstance(one, dict):
            rest += [*one, *one.values()]
        elif isinstance(one, list):
            rest += one
