"""What every task is told is written once, whichever constructor takes it."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from batch_constructs.jobs import ecs_task

ROOM = Path(ecs_task.__file__).parent
PARAMETERS = [
    *ecs_task.TaskArguments.__annotations__,
    *ecs_task.SeveralContainersArguments.__annotations__,
]


@pytest.mark.parametrize("parameter", PARAMETERS)
def test_a_parameter_of_a_task_stands_in_one_file(parameter: str) -> None:
    assert [
        file.name
        for file in ROOM.glob("*.py")
        if parameter in words(ast.parse(file.read_text("utf-8")))
    ] == ["ecs_task.py"]


def words(tree: ast.AST) -> set[str]:
    """Give the names of arguments, attributes and fields, and the texts, in a file."""
    return {
        str(value)
        for node in ast.walk(tree)
        for _, value in ast.iter_fields(node)
        if isinstance(value, str)
    }


def test_a_range_of_nodes_takes_what_every_task_takes() -> None:
    fields = ecs_task.TaskOfNodes.__dataclass_fields__

    assert sorted(fields) == sorted(PARAMETERS)
