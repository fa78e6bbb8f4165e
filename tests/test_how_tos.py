"""The how-tos: each is short, says what to know, and synthesises without a finding."""

from __future__ import annotations

import ast
import importlib.util
import json
from pathlib import Path

import aws_cdk as cdk
import pytest

from batch_constructs.rules import check_template
from tests.test_confused_deputies import assumed_for_anybody

HOW_TOS = sorted((Path(__file__).parent.parent / "examples" / "how_to").glob("*.py"))
_MOST_LINES = 50

each = pytest.mark.parametrize("file", HOW_TOS, ids=[one.stem for one in HOW_TOS])


def test_there_are_thirty_of_them_with_titles_of_their_own() -> None:
    told = [ast.get_docstring(ast.parse(one.read_text())) or "" for one in HOW_TOS]
    titles = [one.partition("\n")[0] for one in told]

    assert len(set(titles)) == len(HOW_TOS) >= 30
    assert all(one.partition("\n\n")[2] for one in told), "what to know stands below the title"


@each
def test_a_how_to_is_short(file: Path) -> None:
    assert len(file.read_text().splitlines()) <= _MOST_LINES


@each
def test_a_how_to_synthesises_and_nothing_is_found_in_it(file: Path) -> None:
    spec = importlib.util.spec_from_file_location(f"how_to_{file.stem}", file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    app = cdk.App()
    stack = module.build(app)

    assembly = Path(app.synth(skip_validation=True).directory)
    template = json.loads((assembly / f"{stack.stack_name}.template.json").read_text())

    assert [str(one) for one in check_template(template)] == []
    assert assumed_for_anybody(template["Resources"]) == []
    assert any(one["Type"].startswith("AWS::Batch::") for one in template["Resources"].values())
