"""YAML is read as CloudFormation reads it, and nothing in it grows beyond its text."""

from __future__ import annotations

from typing import Any

import pytest

from batch_constructs.rules.template import template_files
from batch_constructs.rules.template.yaml_loader import Reading


def read(body: str) -> Any:
    return template_files.document(f"Resources:\n  Q: {body}\n").template["Resources"]["Q"]  # type: ignore[index]  # a mapping


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("!Ref A", {"Ref": "A"}),
        ("!GetAtt A.B.C", {"Fn::GetAtt": ["A", "B.C"]}),
        ("!GetAtt [A, B]", {"Fn::GetAtt": ["A", "B"]}),
        ("!If [A, 1, yes]", {"Fn::If": ["A", 1, True]}),
        ("!Sub ['${x}', {x: 012}]", {"Fn::Sub": ["${x}", {"x": 10}]}),
        ("!Condition A", {"Condition": "A"}),
        ("2026-01-01", "2026-01-01"),
        ("'1'", "1"),
        ("!!str 1", "1"),
        ("! 1", "1"),
        ("!!int '7'", 7),
        ("~", None),
        ("1e3", "1e3"),
        ("1.5", 1.5),
        ("off", False),
        ("{123456789012: a, yes: b, 'x': c}", {"123456789012": "a", "yes": "b", "x": "c"}),
        ("[&a {b: 1}, *a]", [{"b": 1}, {"b": 1}]),
        ("{a: &a {x: 1, y: 2}, b: {<<: *a, y: 3}}", {"a": {"x": 1, "y": 2}, "b": {"y": 3, "x": 1}}),
        ("{<<: [{x: 1}, {x: 2, y: 2}], z: 3}", {"z": 3, "x": 1, "y": 2}),
        ("{'<<': 1}", {"<<": 1}),
    ],
)
def test_a_value_is_what_it_says(written: str, value: Any) -> None:
    assert read(written) == value


@pytest.mark.parametrize(
    ("written", "problem"),
    [
        ("*a", "line 2: the alias *a is not defined"),
        ("&a [*a]", "line 2: the alias *a contains itself"),
        ("{<<: 1}", "line 2: << takes a mapping, or a list of them"),
        ("{[a]: 1}", "line 2: a name is a mapping or a list; a name is text"),
        ("!!set {a}", "line 2: CloudFormation does not support tag:yaml.org,2002:set"),
        (
            "!!timestamp 2026-01-01",
            "line 2: CloudFormation does not support tag:yaml.org,2002:timestamp",
        ),
        ("!!int x", "line 2: the value is not of the type tag:yaml.org,2002:int"),
        ("[" * 500, "line 2: it is nested too deeply"),
    ],
)
def test_what_cannot_be_read_is_told_with_its_line(written: str, problem: str) -> None:
    with pytest.raises(template_files.UnreadableTemplateError) as told:
        read(written)

    assert str(told.value) == f"it is not YAML: {problem}"


def test_aliases_may_repeat_as_much_as_a_template_may_hold_and_no_more() -> None:
    def text(times: int) -> str:
        return f"A: &a {'x' * 999}\nB: [{', '.join(['*a'] * times)}]\nResources: {{}}\n"

    template_files.document(text(1000))
    with pytest.raises(template_files.UnreadableTemplateError, match="more than the 1000000 bytes"):
        template_files.document(text(1001))


def test_a_source_of_jinja_that_is_no_yaml_is_said_to_be_one() -> None:
    with pytest.raises(
        template_files.NoTemplateError, match="line 3: a template of Jinja begins here"
    ):
        template_files.document("Resources:\n  Q:\n{% if x %}\n    Type: {{ x }}\n")


@pytest.mark.parametrize("written", [".inf", "-.inf", ".nan"])
def test_what_no_number_of_json_is_stays_the_text_that_it_is(written: str) -> None:
    assert Reading(f"a: {written}").value == {"a": written}
