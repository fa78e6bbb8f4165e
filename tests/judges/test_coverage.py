"""Three published models say which properties there are; ours has the union of them."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import botocore.session
import pytest

ROOT = Path(__file__).parents[2]
LACKING: dict[str, list[str]] = json.loads(
    (Path(__file__).parent / "what_each_model_lacks.json").read_text()
)


def script(name: str) -> Any:
    spec = importlib.util.spec_from_file_location(name, ROOT / "scripts" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


MAKE_MODEL = script("make_model")


def paths(node: Any, above: str) -> Iterator[str]:
    while isinstance(node, list):
        node = node[0]
    if isinstance(node, dict):
        for name, below in node.items():
            if name:
                yield f"{above}/{name}"
                yield from paths(below, f"{above}/{name}")


@cache
def registry() -> set[str]:
    found: set[str] = set()
    for type_ in MAKE_MODEL.CREATES:
        schema = MAKE_MODEL.schema_of(type_)
        read_only = {path.removeprefix("/properties/") for path in schema["readOnlyProperties"]}
        below = paths(MAKE_MODEL.from_schema(schema, schema), type_.rpartition("::")[2])
        found |= {path for path in below if path.partition("/")[2] not in read_only}
    return found


@cache
def api() -> set[str]:
    model = botocore.session.Session().get_service_model("batch")
    return {
        path
        for type_, request in MAKE_MODEL.CREATES.items()
        for path in paths(
            MAKE_MODEL.from_shape(model.shape_for(request)), type_.rpartition("::")[2]
        )
    }


@cache
def l1() -> set[str]:
    return set(script("make_property_coverage").schema_paths())


@cache
def ours() -> set[str]:
    model = json.loads((ROOT / "batch_constructs" / "aws" / "model.json").read_text())
    return {p for type_, node in model.items() for p in paths(node, type_.rpartition("::")[2])}


MODELS = {"the CloudFormation registry": registry, "the API": api, "the L1 of the CDK": l1}


@pytest.mark.parametrize("name", MODELS)
def test_ours_has_every_property_of_a_published_model(name: str) -> None:
    """Letters count in any case: CloudFormation and the API spell some names differently."""
    known = {path.lower() for path in ours()}

    assert sorted(path for path in MODELS[name]() if path.lower() not in known) == []


@pytest.mark.parametrize("name", MODELS)
def test_what_a_published_model_lacks_is_written_down(name: str) -> None:
    theirs = {path.lower() for path in MODELS[name]()}
    lacking = {path for path in ours() if path.lower() not in theirs}
    highest = sorted(path for path in lacking if path.rpartition("/")[0] not in lacking)

    assert highest == LACKING[name]


def test_what_the_script_makes_of_the_models_is_what_ships() -> None:
    assert MAKE_MODEL.text() == (ROOT / "batch_constructs" / "aws" / "model.json").read_text()
    assert MAKE_MODEL.submission() == MAKE_MODEL.SUBMISSION.read_text()
