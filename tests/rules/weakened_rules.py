"""Every rule weakened, one condition at a time, in memory.

``uv run python -m tests.rules.weakened_rules [AREA…]`` negates each condition of each rule,
silences each of its messages, makes each limit admit what lies next to it, and leaves out each part
of each combination, in ten seconds; `test_weakened_rules.py` does the same. It tells the mutants
that no case of the rules notices: each wants a case in `more_cases.json`, or changes nothing and
wants the condition gone.
"""

from __future__ import annotations
import __future__

import ast
import copy
import inspect
import signal
import sys
import textwrap
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, partial
from types import CodeType, FunctionType
from typing import TYPE_CHECKING, Any

from batch_constructs.aws.bound import OneOf
from batch_constructs.aws.combinations import Combination
from batch_constructs.aws.limits import Limit
from batch_constructs.rules.rule import Rule
from batch_constructs.rules.rulebook import RULES
from tests.aws.test_limits import admitted_and_refused
from tests.rules.test_every_rule import ALL, MORE, findings, is_told

if TYPE_CHECKING:
    from collections.abc import Iterator

SECONDS = 2
"""A mutant that never ends is noticed."""


@dataclass(frozen=True)
class Mutant:
    """A rule with one condition other than it is.

    Attributes:
        change: where, and what is other.
        target: the function of a rule with code, or the rule that data makes.
        put: the code, or the data, that it then has.
    """

    change: str
    target: FunctionType | Rule
    put: Any


def mutants(rule: Rule) -> list[Mutant]:
    """Weaken each condition of a rule."""
    find = rule.find
    if isinstance(find, partial):
        data = find.args[0]
        if isinstance(data, Limit | Combination):
            weaker = _of_limit(data) if isinstance(data, Limit) else _of_combination(data)
            return [
                Mutant(f"{rule.id}: {said}", rule, partial(find.func, one)) for said, one in weaker
            ]
        find = find.func
    assert isinstance(find, FunctionType)
    return [one for function in own_code(find) for one in _of_code(function)]


def own_code(find: FunctionType) -> list[FunctionType]:
    """Give a rule's function, and those of its module that it calls."""
    found, waiting = [], [find]
    while waiting:
        function = waiting.pop(0)
        if function in found:
            continue
        found.append(function)
        names = sorted({name for code in _codes(function.__code__) for name in code.co_names})
        called = [
            inspect.unwrap(one) for one in map(function.__globals__.get, names) if callable(one)
        ]
        waiting += [
            one
            for one in called
            if isinstance(one, FunctionType) and one.__module__ == find.__module__
        ]
    return found


def _codes(code: CodeType) -> Iterator[CodeType]:
    yield code
    for one in code.co_consts:
        if isinstance(one, CodeType):
            yield from _codes(one)


@cache
def _of_code(function: FunctionType) -> list[Mutant]:
    lines, _ = inspect.getsourcelines(function)
    tree = ast.parse(textwrap.dedent("".join(lines)))
    place = f"{function.__module__.rpartition('.areas.')[2]}.{function.__name__}"
    found: list[Mutant] = []
    for number, node in enumerate(ast.walk(tree)):
        for field, entry in _conditions(node):
            mutated = copy.deepcopy(tree)
            other = next(one for n, one in enumerate(ast.walk(mutated)) if n == number)
            part = getattr(node, field) if entry is None else getattr(node, field)[entry]
            told = isinstance(part, ast.Yield | ast.YieldFrom)
            weaker = ast.BoolOp(ast.And(), [ast.Constant(0), part]) if told else _not(part)
            if entry is None:
                setattr(other, field, weaker)
            else:
                getattr(other, field)[entry] = weaker
            said = f"{place}: not {' '.join(ast.unparse(part).split())}"
            again = sum(one.change.partition(" (again")[0] == said for one in found)
            said += f" (again: {again})" if again else ""
            found.append(Mutant(said, function, _compiled(function, mutated)))
    return found


def _not(test: ast.expr) -> ast.expr:
    return ast.UnaryOp(ast.Not(), test)


def _conditions(node: ast.AST) -> Iterator[tuple[str, int | None]]:
    """Give where the conditions of a node stand, and what it tells: its field, an entry of it."""
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Yield | ast.YieldFrom):
        yield "value", None
    if isinstance(node, ast.If | ast.IfExp):
        yield "test", None
    elif isinstance(node, ast.comprehension):
        yield from (("ifs", place) for place in range(len(node.ifs)))
    elif isinstance(node, ast.BoolOp) and not isinstance(node.values[-1], _DEFAULTS):
        yield from (("values", place) for place in range(len(node.values)))


_DEFAULTS = (ast.Constant, ast.Tuple, ast.List, ast.Dict)
"""What stands at the end of an ``or`` that is no condition."""


def _compiled(function: FunctionType, tree: ast.Module) -> CodeType:
    """Compile a function with the variables that it has from around it."""
    free = function.__code__.co_freevars
    (definition,) = tree.body
    assert isinstance(definition, ast.FunctionDef)
    definition.decorator_list = []
    definition.name = "mutated"
    definition.body += [ast.Expr(ast.Name(name, ast.Load())) for name in free]
    around = ast.parse(f"def outer({', '.join(free)}): return mutated").body[0]
    assert isinstance(around, ast.FunctionDef)
    around.body.insert(0, definition)
    flags = __future__.annotations.compiler_flag
    whole = ast.fix_missing_locations(ast.Module([around], []))
    code = compile(whole, function.__code__.co_filename, "exec", flags)
    return next(one for one in _codes(code) if one.co_name == "mutated")


def _of_limit(limit: Limit) -> Iterator[tuple[str, Limit]]:
    """Let a limit admit the first value that it refuses."""
    bound = limit.bound
    _, (refused, *_) = admitted_and_refused(bound)
    if isinstance(bound, OneOf):
        yield (
            f"{refused} too",
            limit.replaced(bound=bound.replaced(values=(*bound.values, refused))),
        )
    elif hasattr(bound, "longest"):
        wider: Any = {"pattern": r"(?s:.*)", "longest": None}
        yield "any text", limit.replaced(bound=bound.replaced(**wider))
    else:
        end = "low" if refused < bound.low else "high"
        wider = {end: refused}
        yield f"{refused} too", limit.replaced(bound=bound.replaced(**wider))


def _of_combination(rule: Combination) -> Iterator[tuple[str, Combination]]:
    """Leave out a part of a combination."""
    for place in range(len(rule.parts)):
        parts = [*rule.parts]
        del parts[place]
        yield f"without part {place + 1}", rule.replaced(parts=tuple(parts))


@contextmanager
def in_place(mutant: Mutant) -> Iterator[None]:
    """Let a rule be its mutant."""
    target, name = mutant.target, "find" if isinstance(mutant.target, Rule) else "__code__"
    before = getattr(target, name)
    object.__setattr__(target, name, mutant.put)
    _forget(target)
    try:
        yield
    finally:
        object.__setattr__(target, name, before)
        _forget(target)


def _forget(target: FunctionType | Rule) -> None:
    """Have a function with a memory ask itself again."""
    for one in target.__globals__.values() if isinstance(target, FunctionType) else ():
        if getattr(one, "__wrapped__", None) is target and hasattr(one, "cache_clear"):
            one.cache_clear()


class _EndlessError(Exception):
    pass


def _end(*_: object) -> None:
    raise _EndlessError


def is_noticed(rule: str, mutant: Mutant) -> bool:
    """Tell whether a case of a rule turns red."""
    type_, bad, good = ALL[rule]
    cases = [(type_, bad, True, ""), (type_, good, False, "")]
    mine = (one for one in MORE if one["rule"] == rule)
    cases += [(one["type"], one["case"], one["told"], one.get("says", "")) for one in mine]
    signal.signal(signal.SIGALRM, _end)
    signal.alarm(SECONDS)
    try:
        with in_place(mutant):
            return any(
                is_told(findings(kind, case), rule, says) is not told
                for kind, case, told, says in cases
            )
    except Exception:  # noqa: BLE001  # whatever it is, it is noticed
        return True
    finally:
        signal.alarm(0)


def unnoticed(area: str) -> list[str]:
    """Weaken every rule of an area, and give the mutants that no case of it notices."""
    noticed: dict[str, bool] = {}
    for id_, rule in RULES.items():
        if rule.area == area:
            for mutant in mutants(rule):
                # what rules have in common is noticed by one of them
                known = noticed.get(mutant.change, False)
                noticed[mutant.change] = known or is_noticed(id_, mutant)
    return sorted(change for change, was in noticed.items() if not was)


AREAS = sorted({rule.area for rule in RULES.values()})


def main(areas: list[str]) -> int:
    """Weaken every rule, and tell what nothing notices."""
    found = [change for area in areas or AREAS for change in unnoticed(area)]
    sys.stdout.write("".join(f"{one}\n" for one in found))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
