"""A fact of AWS stands on the ground floor and nowhere else in the package."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from batch_constructs.aws.bound import Counting, Decimal, Matching, OneOf, Whole
from tests.judges.test_sources import floor, limits

PACKAGE = Path(__file__).parents[2] / "batch_constructs"
ROOMS = sorted(path for path in PACKAGE.glob("**/*.py") if "aws" not in path.parts)
SMALLEST = 100
"""Smaller numbers mean too many things to be told apart by a search."""

ROUND = {100, 120, 128, 200, 255, 256, 300, 500, 512, 600, 900, 1000, 1024, 2048, 3600, 4096}
ROUND |= {16384, 65535, 65536, 86400, 1_000_000}
"""Numbers that are also sizes, percentages, times and HTTP statuses of our own choice."""


OURS = {
    ("local/batch/job_table.py", 604800): "how long the embedded AWS remembers a job: a week",
    (
        "local/adapter/log_events.py",
        10000,
    ): "how many events are found by their pointer",
    ("local/batch/host.py", 262144): "a flag of Linux's mount",
    ("triggers/exponential_pattern.py", 2000): "how large a pattern is still looked at",
    ("triggers/gateway_arguments.py", 1048576): "the bytes of a mebibyte",
    ("monitoring/job_gauges.py", 10000): "how many jobs the gauges count before they stop",
    ("check/check_command.py", 10000): "how wide text for a pipe may be",
    ("triggers/submit_function.py", 2500): "what of a function's environment a submission takes",
}
"""Numbers of our own choice that are equal to one of AWS's by chance."""

TELLING = re.compile(
    r"[A-Za-z]+\.[A-Z]\w+Exception|.*\[A-Za-z0-9.*|Amazon\w+|AWS\w+Role\w*|Host EC2.*"
)
"""Names of errors, patterns, managed policies, status reasons: words that mean one thing only."""


def facts(value: Any) -> Iterator[Any]:  # noqa: C901  # a case for each kind of fact
    """Give the numbers and the words in a value of the floor."""
    match value:
        case bool():
            return
        case int() | float() | str():
            yield value
        case Whole():
            yield from (value.low, value.high, *value.also)
        case Decimal():
            yield from (value.low, value.high)
        case Counting():
            yield from (value.low, value.high)
        case Matching():
            yield from (value.longest, value.pattern)
        case OneOf():
            yield from value.values
        case tuple() | list() | set() | frozenset():
            for one in value:
                yield from facts(getattr(one, "bound", one))
        case dict():
            for key, one in value.items():
                yield from facts(key)
                yield from facts(one)


@cache
def known() -> frozenset[Any]:
    constants = [
        value
        for module in floor()
        for name, value in vars(module).items()
        if not name.startswith("__")
    ]
    bounds = [limit.bound for limit in limits()]
    return frozenset(fact for one in (constants, bounds) for fact in facts(one) if fact is not None)


def numbers(tree: ast.AST) -> Iterator[tuple[int, float]]:
    """Give every number of a module, products such as ``24 * 1024`` worked out."""
    inside: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult | ast.Pow):
            try:
                value = eval(compile(ast.Expression(node), "", "eval"), {})  # noqa: S307  # numbers
            except (NameError, AttributeError, TypeError):
                continue
            inside |= {id(part) for part in ast.walk(node)}
            if isinstance(value, int | float):
                yield node.lineno, value
    for node in ast.walk(tree):
        if not isinstance(node, ast.Constant) or id(node) in inside:
            continue
        if isinstance(node.value, int | float) and not isinstance(node.value, bool):
            yield node.lineno, node.value


@pytest.mark.parametrize("path", ROOMS, ids=[str(path.relative_to(PACKAGE)) for path in ROOMS])
def test_no_number_of_awss_is_written_in_a_room(path: Path) -> None:
    wanted = {fact for fact in known() if isinstance(fact, int | float) and fact >= SMALLEST}
    found = [
        (line, value)
        for line, value in numbers(ast.parse(path.read_text()))
        if value in wanted - ROUND and (str(path.relative_to(PACKAGE)), value) not in OURS
    ]

    assert found == []


@pytest.mark.parametrize("path", ROOMS, ids=[str(path.relative_to(PACKAGE)) for path in ROOMS])
def test_no_pattern_or_name_of_awss_is_written_in_a_room(path: Path) -> None:
    """A pattern, a managed policy, an error, a status reason, a metric."""
    wanted = {fact for fact in known() if isinstance(fact, str) and TELLING.fullmatch(fact)}
    tree = ast.parse(path.read_text())
    docstrings = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    found = [
        (node.lineno, node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant)
        and id(node) not in docstrings
        and isinstance(node.value, str)
        and node.value in wanted
    ]

    assert found == []


SAID_TWICE = {
    r"/(\d+)(?=/|$)": "a place in a list, in the path of a finding",
    r"[^A-Za-z0-9]": "what is no letter and no digit, in names of ours",
    r"(?<=[a-z])(?=[A-Z])": "where a name in camelCase is divided",
    r"[0-9a-f]{64}": "a SHA-256 digest",
    frozenset({"key", "version_id", "version_stage"}): "parameters of ours, read and printed",
    frozenset({"MinvCpus", "MaxvCpus", "DesiredvCpus"}): "compared, and updated in place",
}
"""Patterns and lists of names that stand in two rooms, and are no facts of AWS's."""


def written(tree: ast.AST) -> Iterator[str | frozenset[str]]:
    """Give the patterns of a module, and its lists of three names or more, whatever their order."""
    for node in ast.walk(tree):
        match node:
            case ast.Call(
                func=ast.Attribute(value=ast.Name(id="re")) | ast.Name(id="pattern"),
                args=[ast.Constant(value=str(pattern)), *_],
            ):
                yield pattern
            case ast.Tuple(elts=names) | ast.List(elts=names) | ast.Set(elts=names):
                texts = [one.value for one in names if isinstance(one, ast.Constant)]
                if len(texts) == len(names) > 2 and all(isinstance(one, str) for one in texts):
                    yield frozenset(map(str, texts))


def test_no_pattern_and_no_list_of_names_stands_in_two_files() -> None:
    """What two rooms need has one place: on the floor if it is AWS's."""
    places: dict[str | frozenset[str], set[str]] = {}
    for path in sorted(PACKAGE.glob("**/*.py")):
        public = path.name == "__init__.py"  # names what a room hands on
        for one in () if public else written(ast.parse(path.read_text())):
            places.setdefault(one, set()).add(str(path.relative_to(PACKAGE)))
    twice = {one: found for one, found in places.items() if len(found) > 1}

    assert {one: found for one, found in twice.items() if one not in SAID_TWICE} == {}
    assert set(SAID_TWICE) <= set(twice), "what stands once need not be excused"
