"""Every finding of a file has the line and column of what it is about."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from batch_constructs.check.one_file import Checker
from batch_constructs.rules.template import template_files, yaml_loader

YAML = """\
Conditions:
  Large: !Equals [!Ref AWS::Region, eu-west-1]
Defaults: &defaults
  Priority: -1
Resources:
  Queue:  # a comment
    Type: AWS::Batch::JobQueue
    Properties:
      <<: *defaults
      State: enabled
      Tags: {"a/b": x}
      ComputeEnvironmentOrder: !If
        - Large
        - - Order: 1
            ComputeEnvironment: a
        - - {Order: 1, ComputeEnvironment: b}
          - {Order: 2, ComputeEnvironment: !Sub "b"}
"""
QUEUE = ("Resources", "Queue", "Properties")


def position(text: str, *path: str) -> tuple[int, int]:
    source = template_files.document(text).source_map
    return source.position(source.chain(path)[-1])


@pytest.mark.parametrize(
    ("path", "where"),
    [
        (("Resources",), (5, 1)),
        (("Resources", "Queue"), (6, 3)),
        ((*QUEUE, "State"), (10, 7)),
        ((*QUEUE, "Priority"), (4, 3)),
        ((*QUEUE, "Tags", "a", "b"), (11, 14)),
        ((*QUEUE, "ComputeEnvironmentOrder", "0", "Order"), (14, 13)),
        ((*QUEUE, "ComputeEnvironmentOrder", "1", "ComputeEnvironment"), (17, 24)),
        ((*QUEUE, "JobQueueName"), (8, 5)),
        (("Resources", "Other"), (5, 1)),
    ],
)
def test_a_path_is_found_in_yaml_as_far_as_it_is_written(
    path: tuple[str, ...], where: tuple[int, int]
) -> None:
    assert position(YAML, *path) == where


def test_a_path_is_found_in_json_behind_signs_of_any_kind() -> None:
    text = '{"é\\n😀": [1, "x"],\r\n "Resources": {"Q": {"a\\"b": [{"c": [[], {"d": null}]}]}}}'

    assert position(text, "Resources", "Q", 'a"b', "0", "c", "1", "d") == (2, 43)


def test_columns_of_yaml_are_counted_in_characters() -> None:
    assert position("Resources: {'é😀': 1, Q: {}}", "Resources", "Q") == (1, 22)


def test_an_entry_behind_one_that_may_vanish_is_placed_at_its_list() -> None:
    text = "Resources:\n  Q:\n    L:\n    - !If [C, a, !Ref AWS::NoValue]\n    - {b: 1}\n"

    assert position(text, "Resources", "Q", "L", "1", "b") == (3, 5)


values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
)


def places(value: Any, path: tuple[str, ...] = ()) -> list[tuple[tuple[str, ...], Any]]:
    found = []
    pairs: Any = ()
    if isinstance(value, dict | list):
        pairs = value.items() if isinstance(value, dict) else enumerate(value)
    for key, entry in pairs:
        found += [((*path, str(key)), entry), *places(entry, (*path, str(key)))]
    return found


@settings(deadline=None)
@given(values, st.sampled_from([None, 1, 3]), st.booleans())
def test_every_value_of_any_json_is_found_where_it_stands(
    value: Any,
    indent: int | None,
    ascii_only: bool,  # noqa: FBT001  # drawn
) -> None:
    text = json.dumps({"Resources": {"Q": value}}, indent=indent, ensure_ascii=ascii_only)
    source = template_files.document(text).source_map

    for path, entry in places(value, ("Resources", "Q")):
        if any("/" in part for part in path):
            continue
        found = source.node(path)
        assert found is not None
        _, node = found
        assert json.loads(text[node.start : node.end]) == entry


def test_a_finding_of_a_resource_that_a_loop_makes_is_placed_in_the_loop() -> None:
    text = (
        "Transform: AWS::LanguageExtensions\nResources:\n  Fn::ForEach::Queues:\n  - Name\n"
        "  - [Fast, Slow]\n  - Queue${Name}:\n      Type: AWS::Batch::JobQueue\n"
        "      Properties:\n        Priority: -5\n"
        "        ComputeEnvironmentOrder: [{Order: 1, ComputeEnvironment: a}]\n"
    )

    found = Checker(frozenset()).of("a.yaml", template_files.document(text)).findings

    assert [(one.resource, one.rule, one.line, one.column) for one in found] == [
        ("QueueFast", "job-queue-priority", 9, 9)
    ]


def test_a_finding_in_a_definition_is_placed_at_its_state() -> None:
    text = (
        "Resources:\n  M:\n    Type: AWS::StepFunctions::StateMachine\n    Properties:\n"
        "      RoleArn: arn:aws:iam::111122223333:role/r\n      Definition:\n"
        "        StartAt: A\n        States:\n          A:\n            Type: Pass\n"
        "            Retry: []\n            Next: C\n          B: {Type: Succeed}\n"
    )

    found = Checker(frozenset()).of("a.yaml", template_files.document(text)).findings

    assert [(one.rule, one.line, one.column) for one in found] == [
        ("state-machine-states", 12, 13),
        ("state-field", 11, 13),
    ]


NAMES = st.sampled_from(["a", "b", "a/b", "b/a", "0", "Fn::If", "AWS::NoValue"])
branching: st.SearchStrategy[Any] = st.recursive(
    st.sampled_from([1, "a", "AWS::NoValue"]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(NAMES, inner, max_size=3)
        | st.lists(inner, min_size=3, max_size=3).map(lambda some: {"Fn::If": some})
    ),
    max_leaves=20,
)


def as_rules_tell_them(path: tuple[str, ...]) -> list[str]:
    """Leave out the steps of Fn::If, and divide names at slashes."""
    told: list[str] = []
    for before, step in zip(("", *path), path, strict=False):
        if "Fn::If" not in (before, step):
            told += step.split("/")
    return told


def in_yaml_with_aliases(template: object) -> str:
    """Write YAML in which the second of two equal resources is an alias."""
    return yaml.safe_dump(template)


def in_yaml_with_tags(template: object) -> str:
    """Write YAML with the short form of a function around each list."""
    return re.sub(r"(?<!\\)\[", "!Join [", f"# a comment\n{json.dumps(template)}")


@pytest.mark.parametrize("written_as", [json.dumps, in_yaml_with_aliases, in_yaml_with_tags])
@settings(deadline=None)
@given(value=branching, data=st.data())
def test_what_is_looked_for_is_found_as_if_everything_were(
    written_as: Callable[[object], str], value: Any, data: st.DataObject
) -> None:
    document = template_files.document(written_as({"Resources": {"R": value, "S": value}}))
    written = [path for path, _ in places(document.template["Resources"])]
    paths = data.draw(st.lists(st.sampled_from(written).map(as_rules_tell_them), max_size=2))
    some = document.source_map_of([["Resources", *path] for path in paths])

    for path in paths:
        wanted = ["Resources", *path]
        assert some.chain(wanted) == document.source_map.chain(wanted)


def test_yaml_is_read_once_whatever_is_found_in_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Half of the check of a dense file of YAML was to read it again, to say where it stands."""
    document = template_files.document("Resources: {R: {a: [{b: 1}, !Sub c, d]}}")
    monkeypatch.setattr(yaml_loader, "Reading", None)
    path = ["Resources", "R", "a"]

    source = document.source_map_of([path])

    assert [source.chain([*path, place])[-1] for place in "012"] == [20, 28, 36]


@pytest.mark.parametrize(
    ("resources", "paths"),
    [
        ("{R: {<<: {a: {b: 1}}, c: 2}}", ["R/a/b"]),
        ("{R: {<<: [{a: {b: 1}}, {c: 1}]}}", ["R/a/b"]),
        ("{R: {a: !Sub ['${b}', {b: {c: 1}}]}}", ["R/a/Fn::Sub/1/b/c"]),
        ("{R: &x {a: {b: {c: 1}}, d: 1}, S: *x}", ["R/d", "S/a/b/c"]),
        ("{R: {a: &x {b: {c: 1}}}, S: *x}", ["S/b/c"]),
        ("{R: [!If [C, {a: 1}, !Ref AWS::NoValue], {b: 1}]}", ["R/1/b"]),
        ("{R: [{Fn::If: [C, {a: 1}, {Ref: AWS::NoValue}]}, {b: 1}]}", ["R/1/b"]),
    ],
)
def test_in_yaml_what_is_looked_for_is_found_as_if_everything_were(
    resources: str, paths: list[str]
) -> None:
    """Behind merges, short forms of functions, aliases and choices."""
    document = template_files.document(f"Resources: {resources}")
    wanted = [["Resources", *path.split("/")] for path in paths]
    some = document.source_map_of(wanted)

    for path in wanted:
        assert some.chain(path) == document.source_map.chain(path)


def test_what_stands_below_a_name_with_a_slash_is_found_where_it_alone_is_looked_for() -> None:
    text = '{"Resources": {"R": {"a/b": {"c": 1}}}}'
    path = ["Resources", "R", "a", "b", "c"]

    source = template_files.document(text).source_map_of([path])

    assert text[source.chain(path)[-1] :].startswith('"c"')


def test_a_number_of_any_length_is_passed_over() -> None:
    text = '{"Resources": {"R": {"a": [' + "9" * 5_000 + '], "b": 1}}}'
    path = ["Resources", "R", "b"]

    source = template_files.document(text).source_map_of([path])

    assert text[source.chain(path)[-1] :].startswith('"b"')
