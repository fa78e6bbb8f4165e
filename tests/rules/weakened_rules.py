"""Every rule made weaker, one condition at a time, in memory.

``uv run python -m tests.rules.weakened_rules`` weakens every condition of every rule, and tells which
mutants no case of the rule notices; ``test_weakened_rules.py`` has one mutant a rule.
"""

from __future__ import annotations
import __future__

import ast
import copy
import inspect
import textwrap
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from types import FunctionType
from typing import Any

from batch_constructs.rules.rule import Rule

AREAS = "batch_constructs.rules.areas."


@dataclass(frozen=True)
class Mutant:
    """A function of a rule with one condition other than it is.

    Attributes:
        function: its function.
        line: where in its file.
        change: what is other.
        tree: the function as it then reads.
    """

    function: FunctionType
    line: int
    change: str
    tree: ast.Module

    def __str__(self) -> str:
        file = self.function.__module__.removeprefix(AREAS)
        return f"{file}:{self.line} {self.function.__name__}: {self.change}"


def own_code(rule: Rule) -> list[FunctionType]:
    """Give the functions that a rule consists of: its own, and those of its module that it calls."""
    if not isinstance(rule.find, FunctionType):
        return []
    found, waiting = [], [rule.find]
    while waiting:
        function = waiting.pop(0)
        if function in found:
            continue
        found.append(function)
        names = {name for code in codes(function.__code__) for name in code.co_names}
        for name in sorted(names):
            value = (
                inspect.unwrap(function.__globals__.get(name, 0))
                if callable(function.__globals__.get(name))
                else None
            )
            if isinstance(value, FunctionType) and value.__module__ == rule.find.__module__:
                waiting.append(value)
    return found


def codes(code: Any) -> Iterator[Any]:
    yield code
    for one in code.co_consts:
        if inspect.iscode(one):
            yield from codes(one)


@cache
def parsed(function: FunctionType) -> tuple[ast.Module, int]:
    lines, start = inspect.getsourcelines(function)
    tree = ast.parse(textwrap.dedent("".join(lines)))
    definition = tree.body[0]
    assert isinstance(definition, ast.FunctionDef)
    definition.decorator_list = []
    return tree, start - 1


def mutants(rule: Rule) -> Iterator[Mutant]:
    """Weaken each condition of a rule."""
    for function in own_code(rule):
        yield from mutants_of(function)


def mutants_of(function: FunctionType) -> Iterator[Mutant]:
    tree, above = parsed(function)
    for number, node in enumerate(ast.walk(tree)):
        for change, weaken in changes(node):
            mutated = copy.deepcopy(tree)
            (place,) = (one for n, one in enumerate(ast.walk(mutated)) if n == number)
            weaken(place)
            yield Mutant(
                function,
                above
                + getattr(node, "lineno", getattr(getattr(node, "target", None), "lineno", 0)),
                change,
                ast.fix_missing_locations(mutated),
            )


def changes(node: ast.AST) -> Iterator[tuple[str, Callable[[Any], None]]]:
    """Give the ways to weaken what stands at a place."""
    if isinstance(node, ast.If | ast.IfExp):
        for answer in (True, False):
            yield f"`{ast.unparse(node.test)}` is always {answer}", _always(answer)
    if isinstance(node, ast.comprehension):
        for place, test in enumerate(node.ifs):
            yield f"no `if {ast.unparse(test)}`", _without("ifs", place)
    if isinstance(node, ast.BoolOp):
        for place, operand in enumerate(node.values):
            yield f"no `{ast.unparse(operand)}` in `{ast.unparse(node)}`", _without("values", place)
    if isinstance(node, ast.Compare) and type(node.ops[0]) in SHIFTED:
        yield f"the end of `{ast.unparse(node)}` is shifted", _shifted


def _always(answer: bool) -> Callable[[Any], None]:
    def weaken(node: Any) -> None:
        node.test = ast.Constant(answer)

    return weaken


def _without(field: str, place: int) -> Callable[[Any], None]:
    def weaken(node: Any) -> None:
        getattr(node, field).pop(place)
        if field == "values" and len(node.values) == 1:
            node.values *= 2

    return weaken


SHIFTED: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
}


def _shifted(node: Any) -> None:
    node.ops[0] = SHIFTED[type(node.ops[0])]()


@contextmanager
def in_place(mutant: Mutant) -> Iterator[None]:
    """Let a function be its mutant."""
    function = mutant.function
    outer = ast.parse(f"def outer({', '.join(function.__code__.co_freevars)}): pass")
    (around,) = outer.body
    assert isinstance(around, ast.FunctionDef)
    (definition,) = mutant.tree.body
    assert isinstance(definition, ast.FunctionDef)
    definition.name = "mutated"
    free = [ast.Expr(ast.Name(name, ast.Load())) for name in function.__code__.co_freevars]
    definition.body += free  # the same variables, whatever the mutant uses
    around.body = [*mutant.tree.body, ast.Return(ast.Name("mutated", ast.Load()))]
    module: dict[str, Any] = {}
    flags = __future__.annotations.compiler_flag
    file = function.__code__.co_filename
    exec(
        compile(ast.fix_missing_locations(outer), file, "exec", flags), function.__globals__, module
    )
    made = module["outer"](*function.__code__.co_freevars)
    before = mutant.function.__code__
    mutant.function.__code__ = made.__code__
    try:
        yield
    finally:
        mutant.function.__code__ = before
