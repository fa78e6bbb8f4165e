"""Every line of ``combinations.json`` says only what is read, of properties that there are."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from batch_constructs.aws import combinations as floor
from batch_constructs.aws.combinations import Combination, Part, combinations
from batch_constructs.aws.compute_environment_facts import RESOURCE_TYPES
from batch_constructs.aws.platforms import KINDS
from batch_constructs.rules.areas.shape_rules import model

LINES: dict[str, list[dict[str, Any]]] = json.loads(
    Path(floor.__file__).with_suffix(".json").read_text()
)
RULES = [one for chapter in combinations().values() for one in chapter]
OF_A_LINE = {"rule", "type", "severity", "parts", "title", "fix", "member", "page", "says", "why"}
OF_A_PART = {"kinds", "within", "beside", "values", "but", "default", "even_empty", "is"}
OF_A_PART |= {"to", "attribute", "message", "fix", *floor.SHAPES}
OF_AN_ENVIRONMENT = {*RESOURCE_TYPES, "MANAGED", "UNMANAGED", "EKS", "ECS"}


def parts(line: dict[str, Any]) -> list[dict[str, Any]]:
    return list(line.get("parts", [line]))


@pytest.mark.parametrize("line", [line for lines in LINES.values() for line in lines])
def test_a_line_has_no_field_that_nobody_reads(line: dict[str, Any]) -> None:
    whole = OF_A_LINE if "parts" in line else OF_A_LINE | OF_A_PART

    assert set(line) <= whole
    for part in parts(line):
        assert part is line or set(part) <= OF_A_PART
        assert len(set(part) & set(floor.SHAPES)) == 1


@pytest.mark.parametrize("one", RULES, ids=lambda one: one.rule)
def test_a_kind_is_one_that_there_is(one: Combination) -> None:
    known = set(KINDS) if one.types == ("AWS::Batch::JobDefinition",) else OF_AN_ENVIRONMENT

    assert {
        word.removeprefix("!") for part in one.parts for kind in part.kinds for word in kind
    } <= known


@pytest.mark.parametrize("one", RULES, ids=lambda one: one.rule)
def test_a_name_is_a_property_that_there_is(one: Combination) -> None:
    nodes = [model()[type_] for type_ in one.types if type_ in model()]

    for part in one.parts:
        for name in (*part.names, *part.beside):
            assert not nodes or any(leads(node, name, part) for node in nodes), name


def leads(node: Any, name: str, part: Part) -> bool:
    return any(is_there(node, f"{way}/{name}".strip("/").split("/")) for way in part.within)


def is_there(node: Any, steps: list[str]) -> bool:
    for step in steps:
        if step == "*":
            node = node[0] if isinstance(node, list) else None
        elif node == "map":
            return True
        else:
            node = node.get(step) if isinstance(node, dict) else None
    return node is not None
