"""Numbers in a room are ours: those of AWS's stand on the ground floor.

Whatever has the form of a bound, of whatever size, is excused in ``bounds_of_ours.json`` by its
file and its name, and so is any other number that the floor has too. What is not seen: a number
below 20 that has no form of a bound, such as a default or an argument by position; a unit; what is
put together of parts; and another value of a name that is excused.
"""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from tests.aws.rooms import ROOMS, known, numbers, parsed, worked_out

SMALLEST = 20
"""Smaller numbers mean too many things to be told apart by a search."""

UNITS = {24, 60, 100, 1000, 1024, 1440, 3600, 86_400, 1_000_000}
"""Hours, minutes, seconds, days, percent, thousands: numbers of a unit, not of a limit."""

PICTURES_AND_EXAMPLES = ("diagram/", "project/")
OF_PYTHON = ("maxsize=", "indent=")
WITHOUT_A_NAME = ("Compare", "Counting", "Decimal", "Whole", "number", "range", "slice")
"""Forms that are excused together with their value."""

EXCUSES = json.loads((Path(__file__).parent / "bounds_of_ours.json").read_text())
"""Why a number is ours → file → its name; where it has none, its form and its value."""

EXCUSED = {(file, name) for files in EXCUSES.values() for file in files for name in files[file]}


def value_of(node: ast.expr) -> float | None:
    """Work out a number; one and nought bound nothing by themselves."""
    value = worked_out(node)
    return value if value is not None and abs(value) > 1 else None


def bounds_in(tree: ast.AST) -> Iterator[tuple[str, ast.expr]]:
    """Give what has the form of a bound, of whatever size: constants, comparisons, ranges, ….

    Also slices, and numbers that something is called with by name.
    """
    for node in ast.walk(tree):
        match node:
            case (
                ast.Assign(targets=[ast.Name(id=name)], value=value)
                | ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value)
            ) if name.isupper():
                yield name, value
            case ast.Assign(targets=[ast.Tuple(elts=names)], value=ast.Tuple(elts=values)):
                pairs = zip(map(ast.unparse, names), values, strict=True)
                yield from ((name, value) for name, value in pairs if name.isupper())
            case ast.Compare(left=left, comparators=others):
                yield from (("Compare", one) for one in (left, *others))
            case ast.Call(func=ast.Name(id="Whole" | "Decimal" | "Counting" | "range" as name)):
                yield from ((name, one) for one in node.args)
            case ast.Slice(lower=lower, upper=upper):
                yield from (("slice", one) for one in (lower, upper) if one is not None)
            case ast.keyword(arg=str(name), value=value):
                yield f"{name}=", value


def written_in(tree: ast.AST) -> Iterator[tuple[str, float]]:
    """Give the bounds of a module, and the other numbers that are the floor's too."""
    bounds: set[int] = set()
    for name, node in bounds_in(tree):
        value = value_of(node)
        if value is not None:
            bounds |= {id(part) for part in ast.walk(node)}
            yield name, value
    for node, value in numbers(tree):
        if id(node) not in bounds and value in of_the_floor():
            yield "number", value


@cache
def of_the_floor() -> frozenset[float]:
    found = {fact for fact in known() if isinstance(fact, int | float) and fact >= SMALLEST}
    return frozenset(found - UNITS)


@cache
def in_rooms() -> frozenset[tuple[str, str, float]]:
    """Give file, name and value of each number that wants an excuse."""
    return frozenset(
        (file, f"{name} {value}" if name in WITHOUT_A_NAME else name, value)
        for file in ROOMS
        if not file.startswith(PICTURES_AND_EXAMPLES)
        for name, value in written_in(parsed(file))
        if name not in OF_PYTHON
    )


def test_every_bound_in_a_room_is_one_of_ours() -> None:
    """Small ones as well, that mean too many things to be looked for by their value."""
    assert sorted(one for one in in_rooms() if one[:2] not in EXCUSED) == []


def test_each_reason_for_a_bound_of_ours_is_needed() -> None:
    assert sorted(EXCUSED - {(file, name) for file, name, _ in in_rooms()}) == []


@pytest.mark.parametrize(
    "line",
    [
        "_LONGEST_NAME = 128",
        "_ATTEMPTS = 10",
        "_SHORTEST_TIMEOUT = 60",
        "_MOST_JOBS = 10_000",
        "ok = 1 <= len(attempts) <= 10",
        "bound = Whole(1, 3)",
        "few, rest = listed[:9], []",
        "call(limit=15)",
        "call(24 * 1024)",
        "def name(longest: int = 128): ...",
    ],
)
def test_a_number_of_awss_in_a_room_that_has_none_of_it_is_found(line: str) -> None:
    found = {
        f"{name} {value}" if name in WITHOUT_A_NAME else name
        for name, value in written_in(ast.parse(line))
    }

    assert found
    assert not any(("triggers/job_to_submit.py", one) in EXCUSED for one in found)
