"""Every parameter and every field: each kind of value works, or is refused in one clear line."""

from __future__ import annotations

import inspect
from pathlib import Path

import pytest

import batch_constructs as bc
from tests.contract import VALUE_OBJECTS, World, table
from tests.test_public_api import MADE_BY_US
from tests.value_objects import right_fields

PAGE = Path(bc.__file__).parent.parent / "docs" / "contract.md"


@pytest.fixture(scope="module")
def world() -> World:
    return World()


@pytest.mark.parametrize("name", VALUE_OBJECTS)
def test_a_value_object_with_what_it_needs_is_taken(name: str, world: World) -> None:
    """So that what is refused of a field is refused for that field."""
    world.make(getattr(bc, name), right_fields(name, world.given))
    world.stack.node.try_remove_child("X")


@pytest.mark.parametrize("name", [*MADE_BY_US, *VALUE_OBJECTS])
def test_every_kind_of_value_works_or_is_refused_in_one_line(name: str, world: World) -> None:
    answers = list(world.answers(name))

    assert [f"{one.parameter}: {one.kind}: {one.problem}" for one in answers if one.problem] == []


@pytest.mark.parametrize("name", [*MADE_BY_US, *VALUE_OBJECTS])
def test_the_page_says_what_was_answered(name: str, world: World) -> None:
    page = PAGE.read_text().partition(f"## {name}\n\n")[2].partition("\n## ")[0]
    parameters = list(inspect.signature(getattr(bc, name)).parameters)
    told = table(world.answers(name))

    assert page == told, "run: uv run python scripts/make_contract.py"
    asked = parameters[2:] if name in MADE_BY_US else parameters
    assert [one for one in asked if f"\n| `{one}` |" not in told] == []


@pytest.mark.parametrize(
    ("name", "parameter"),
    [
        ("EksJobDefinition", "image_pull_secrets"),
        ("EventTrigger", "command"),
        ("LaunchTemplate", "user_data"),
    ],
)
def test_a_list_of_which_nothing_is_known_is_refused_where_entries_are_looked_at(
    name: str, parameter: str, world: World
) -> None:
    (answer,) = (
        one for one in world.answers(name) if (one.parameter, one.kind) == (parameter, "token")
    )
    assert answer.refusal is not None
    assert f"{parameter} is a list that only CloudFormation knows" in answer.refusal
