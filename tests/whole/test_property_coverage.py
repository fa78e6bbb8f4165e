"""Every property of AWS Batch is set by a parameter, or left out for a reason that is written."""

from __future__ import annotations

import dataclasses
import importlib.util
import inspect
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import batch_constructs as bc
from batch_constructs.aws.parameters import entry, table
from tests.whole.stacks import STACKS

ROOT = Path(__file__).parents[2]
SPEC = importlib.util.spec_from_file_location(
    "make_property_coverage", ROOT / "scripts" / "make_property_coverage.py"
)
assert SPEC is not None
assert SPEC.loader is not None
coverage = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(coverage)

TemplatePath = Callable[[str], Path]


@pytest.fixture(scope="module")
def schema() -> list[str]:
    return list(dict.fromkeys(coverage.paths()))


def test_every_property_is_decided_on(schema: list[str]) -> None:
    """What AWS adds has to get a parameter, or a reason, in aws/parameters.json."""
    assert len(schema) > 600
    assert [path for path in schema if entry(path) is None] == []


def test_the_table_of_parameters_names_no_property_that_is_none(schema: list[str]) -> None:
    known = {part for path in schema for part in (path, path.rpartition("/")[0])}

    assert [path for path in table() if path not in known and not is_a_kind(path)] == []


def is_a_kind(path: str) -> bool:
    """Whether a path ends with the type of an entry, or with a key of a mapping."""
    return path.rpartition("/")[2].isupper() or "/Resources/" in path


def test_every_property_with_a_parameter_is_rendered_by_a_stack(
    schema: list[str], template_path: TemplatePath
) -> None:
    wanted = {path.lower() for path in schema if "parameter" in (entry(path) or {})}
    rendered = {path.lower() for name in STACKS for path in rendered_by(template_path(name))}

    assert sorted(wanted - rendered) == []


def test_what_is_left_out_is_rendered_by_no_stack(
    schema: list[str], template_path: TemplatePath
) -> None:
    left_out = {path.lower() for path in schema if "left_out" in (entry(path) or {})}
    rendered = {path.lower() for name in STACKS for path in rendered_by(template_path(name))}

    assert sorted(left_out & rendered) == []


def test_the_page_is_what_was_decided() -> None:
    assert (ROOT / "docs" / "property-coverage.md").read_text() == coverage.page()


def test_every_parameter_of_the_table_exists() -> None:
    """A field is one of the class that is named, the first name one of some constructor."""
    parameters = {
        name
        for public in bc.__all__
        if inspect.isclass(getattr(bc, public))
        for name in inspect.signature(getattr(bc, public).__init__).parameters
    }
    known = [found for found in table().values() if "parameter" in found]

    assert len(known) > 150
    for found in known:
        first, *_, last = f"{found['parameter']}".replace("[]", "").split(".") * 2
        assert first in parameters or "of" in found, found
        for owner in found.get("of", ()):
            assert last in fields_of(getattr(bc, owner)), found


def fields_of(kind: Any) -> set[str]:
    if dataclasses.is_dataclass(kind):
        return {field.name for field in dataclasses.fields(kind)}
    return set(inspect.signature(kind.__init__).parameters)


def rendered_by(template: Path) -> Iterator[str]:
    """Yield the paths of the properties of a template's AWS Batch resources."""
    for resource in json.loads(template.read_text())["Resources"].values():
        if resource["Type"].startswith("AWS::Batch::"):
            yield from paths(resource["Properties"], resource["Type"].split("::")[2])


def paths(value: Any, above: str) -> Iterator[str]:
    if isinstance(value, dict):
        for name, inner in value.items():
            yield f"{above}/{name}"
            yield from paths(inner, f"{above}/{name}")
    elif isinstance(value, list):
        for inner in value:
            yield from paths(inner, above)
