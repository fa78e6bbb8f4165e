"""What editors tell of our names: pyright, as basedpyright brings it, over examples and mistakes.

jsii names the parameters of classes and protocols differently, so that no ``ec2.Vpc`` is an
``ec2.IVpc`` to pyright (https://github.com/aws/aws-cdk/issues/21099); the types of arguments are
therefore left to mypy.
"""

from __future__ import annotations

import ast
import inspect
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import batch_constructs as bc
from batch_constructs.jobs import keywords_of_many

ROOT = Path(__file__).parent.parent
PLANTED = ROOT / "tests" / "planted_mistakes.py"
ESTATE = ROOT / "tests" / "typed_estate.py"


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """What pyright has to say about the examples and the planted mistakes."""
    place = tmp_path_factory.mktemp("pyright")
    (place / "pyrightconfig.json").write_text(
        json.dumps(
            {
                "include": [
                    str(ROOT / "examples"),
                    str(ROOT / "app.py"),
                    str(PLANTED),
                    str(ESTATE),
                ],
                "extraPaths": [str(ROOT)],
                "typeCheckingMode": "standard",
                "enableTypeIgnoreComments": False,
            }
        )
    )
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "basedpyright",
            "--outputjson",
            "--project",
            str(place),
            "--pythonpath",
            sys.executable,
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    told: list[dict[str, Any]] = json.loads(done.stdout)["generalDiagnostics"]
    return told


def test_every_planted_mistake_is_found_and_nothing_else(found: list[dict[str, Any]]) -> None:
    lines = PLANTED.read_text().splitlines()
    planted = {number for number, line in enumerate(lines) if line.endswith("# the mistake")}

    assert {
        one["range"]["start"]["line"] for one in found if Path(one["file"]) == PLANTED
    } == planted


@pytest.mark.parametrize("name", ["Fargate", "Ec2", "MultiContainer", "MultiNode", "Eks"])
def test_many_definitions_take_the_keywords_of_one(name: str) -> None:
    keywords = getattr(keywords_of_many, f"{name}Keywords")
    parameters = inspect.signature(getattr(bc, f"{name}JobDefinition")).parameters
    named = {key: one.annotation for key, one in parameters.items() if key not in ("scope", "id")}

    assert {key: one.__forward_arg__ for key, one in keywords.__annotations__.items()} == named
    assert not keywords.__required_keys__


@pytest.mark.parametrize("name", ["Fargate", "Ec2", "MultiContainer", "MultiNode", "Eks"])
def test_editors_tell_of_many_definitions_what_help_tells(name: str) -> None:
    """A docstring beside the keywords of one kind would stand before the method's own."""
    kind = ast.parse(inspect.getsource(getattr(bc, f"{name}JobDefinition"))).body[0]
    (shown,) = (
        one
        for one in ast.walk(kind)
        if isinstance(one, ast.FunctionDef) and one.name == "from_mapping"
    )

    assert ast.get_docstring(shown) is None


def test_the_examples_use_no_name_and_no_parameter_that_there_is_not(
    found: list[dict[str, Any]],
) -> None:
    assert [
        f"{one['file']}:{one['range']['start']['line'] + 1}: {one['message']}"
        for one in found
        if Path(one["file"]) != PLANTED and one.get("rule") != "reportArgumentType"
    ] == []


def test_ours_are_what_typed_code_for_those_of_the_cdk_asks_for(
    found: list[dict[str, Any]],
) -> None:
    assert [
        f"{one['range']['start']['line'] + 1}: {one['message']}"
        for one in found
        if Path(one["file"]) == ESTATE
    ] == []
