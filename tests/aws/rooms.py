"""The files of the package, each read once, with the texts and the numbers that stand in them."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from batch_constructs.aws.bound import Counting, Decimal, Matching, OneOf, Whole
from tests.judges.test_sources import floor, limits

PACKAGE = Path(__file__).parents[2] / "batch_constructs"
FILES = tuple(str(path.relative_to(PACKAGE)) for path in sorted(PACKAGE.glob("**/*.py")))
ROOMS = tuple(file for file in FILES if not file.startswith("aws/"))


@cache
def parsed(file: str) -> ast.Module:
    return ast.parse((PACKAGE / file).read_text())


@cache
def texts_of(file: str) -> tuple[tuple[int, str], ...]:
    """Give the lines and texts of a file; none of one that only names what a room hands on."""
    return () if file.endswith("__init__.py") else tuple(texts(parsed(file)))


def texts(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Give the texts of a module, but for docstrings, annotations and what quotes AWS's pages."""
    passed: set[int] = set()
    for node in ast.walk(tree):
        match node:
            case ast.Expr(value=ast.Constant() as text):
                passed.add(id(text))
            case ast.Call(func=ast.Name(id="api" | "docs" | "guide" | "cloudformation" | "seen")):
                passed |= {id(part) for part in ast.walk(node)}
            case ast.AnnAssign() | ast.arg() if node.annotation is not None:
                passed |= {id(part) for part in ast.walk(node.annotation)}
    for node in ast.walk(tree):
        if id(node) in passed or not isinstance(node, ast.Constant):
            continue
        if isinstance(node.value, str):
            yield node.lineno, node.value


def worked_out(node: ast.expr) -> float | None:
    """Work out a number that is written in full, such as ``24 * 1024``."""
    try:
        value = eval(compile(ast.Expression(node), "", "eval"), {})  # noqa: S307  # literals
    except (NameError, AttributeError, TypeError, SyntaxError):
        return None
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def numbers(tree: ast.AST) -> Iterator[tuple[ast.expr, float]]:
    """Give every number of a module, products worked out."""
    inside: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult | ast.Pow):
            value = worked_out(node)
            if value is not None:
                inside |= {id(part) for part in ast.walk(node)}
                yield node, value
    for node in ast.walk(tree):
        if not isinstance(node, ast.Constant) or id(node) in inside:
            continue
        if isinstance(node.value, int | float) and not isinstance(node.value, bool):
            yield node, node.value


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
    """Give every number and word that a constant of the floor or a limit holds."""
    constants = [
        value
        for module in floor()
        for name, value in vars(module).items()
        if not name.startswith("__")
    ]
    bounds = [limit.bound for limit in limits()]
    return frozenset(fact for one in (constants, bounds) for fact in facts(one) if fact is not None)
