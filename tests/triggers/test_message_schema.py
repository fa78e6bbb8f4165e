"""A schema becomes code that validates as the schema says, whatever it and its parts are called."""

from __future__ import annotations

import socket
from typing import Any, NoReturn

import pytest

from batch_constructs.arguments import Arguments
from batch_constructs.triggers.message_schema import read_schema


def problem_of(schema: dict[str, Any], *messages: Any) -> str:
    """Read a schema as a gateway does; return what is wrong with it, or with the messages."""
    arguments = Arguments.of_a_value()
    code = read_schema(arguments, schema)
    try:
        arguments.refuse_call()
        made: dict[str, Any] = {}
        exec(code, made)  # noqa: S102 - as the function imports it
        for message in messages:
            made["validate"](message)
    except ValueError as error:
        return str(error)
    return ""


TEXT = {"type": "string"}
DRAFT_4 = "http://json-schema.org/draft-04/schema#"


@pytest.mark.parametrize(
    "name",
    [
        {"$id": "order"},
        {"$id": "https://example.com/order.json"},
        {"$id": "https://example.com/order.json#order"},
        {"$schema": DRAFT_4, "id": "https://example.com/order.json#"},
    ],
)
def test_a_schema_with_a_name_of_its_own_validates(name: dict[str, str]) -> None:
    schema = {
        **name,
        "definitions": {"text": TEXT},
        "properties": {"a": {"$ref": "#/definitions/text"}, "b": {"$ref": "#"}},
    }

    assert not problem_of(schema, {}, {"a": "x"}, {"b": {"a": "x"}})
    assert "data.a must be string" in problem_of(schema, {"a": 1})
    assert "data.b.a must be string" in problem_of(schema, {"b": {"a": 1}})


@pytest.mark.parametrize(("one", "other"), [("Order", "order"), ("a-b", "a.b"), ("日本", "中国")])
def test_definitions_that_would_become_one_function_are_refused(one: str, other: str) -> None:
    definitions = {one: TEXT, other: {"type": "integer"}}
    items = [{"$ref": f"#/definitions/{name}"} for name in definitions]

    assert "rename one" in problem_of({"definitions": definitions, "items": items})
    assert not problem_of({"definitions": definitions, "items": items[:1]}, ["x"])


def test_a_definition_that_would_become_the_function_of_the_whole_is_refused() -> None:
    assert "rename one" in problem_of({"日本": TEXT, "items": {"$ref": "#/日本"}})


@pytest.mark.parametrize(
    "name", ['a"b', "a'b", "a\\b", "a\nb", "{a}", "%s", '"""', "日本", "\ud800"]
)
def test_a_property_of_any_name_is_validated(name: str) -> None:
    schema = {"properties": {name: {"enum": [name]}}, "required": [name]}

    assert not problem_of(schema, {name: name})
    assert "must be one of" in problem_of(schema, {name: "other"})
    assert "must contain" in problem_of(schema, {})


def test_a_message_stays_as_it_was_sent() -> None:
    """What it leaves out would identify it otherwise, or be more than it may set."""
    message: dict[str, Any] = {"parameters": {}}
    filled = {"properties": {"n": {"default": "1"}}, "default": {}}
    parts = {"parameters": filled, "tags": {"default": {}}}

    assert not problem_of({"properties": parts, "additionalProperties": False}, message)
    assert message == {"parameters": {}}


def test_nothing_is_fetched(monkeypatch: pytest.MonkeyPatch) -> None:
    def connect(*_: object) -> NoReturn:
        raise AssertionError("something is fetched")

    monkeypatch.setattr(socket, "getaddrinfo", connect)
    named = {"$id": "https://example.com/a#b", "items": {"$ref": "#/definitions/c"}}

    problem = problem_of({"items": named})

    assert "is not a JSON schema: it refers to https://example.com/a" in problem
