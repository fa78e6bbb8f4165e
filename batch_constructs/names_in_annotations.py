"""What only annotations name, for whoever resolves them: documentation, dependency injection.

A module imports what only its annotations name under ``TYPE_CHECKING``, since an import at run time
costs everybody, and some of them would be in a circle. ``typing.get_type_hints`` looks for such a
name in the globals of the innermost function that is wrapped. So ours wrap a copy of themselves,
never called, whose globals find a name when it is asked for, and import that one alone.
"""

from __future__ import annotations

import ast
import inspect
import sys
from functools import cache
from importlib import import_module
from types import FunctionType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable


def let_resolve(called: Any, function: Any, modules: Iterable[str] = ()) -> None:
    """Let the annotations of what is called be resolved, in a function's module and in others.

    Args:
        called: what has the annotations: the function, or what wraps it.
        function: whose code it is.
        modules: where else names of the annotations are from, such as those of inherited fields.
    """
    innermost: Any = inspect.unwrap(function)
    if isinstance(innermost.__globals__, _Names):
        return
    homes = dict.fromkeys([function.__module__, *modules])
    copy = FunctionType(
        function.__code__,
        _Names(function.__globals__, list(homes)),
        function.__name__,
        function.__defaults__,
        function.__closure__,
    )
    for own in ("__kwdefaults__", "__annotations__", "__doc__", "__module__", "__qualname__"):
        setattr(copy, own, getattr(function, own))
    called.__wrapped__ = copy


class _Names(dict[str, Any]):
    """The globals of a function, and what modules import for type checkers."""

    def __init__(self, own: dict[str, Any], modules: list[str]) -> None:
        super().__init__()
        self._own, self._modules = own, modules

    def __missing__(self, name: str) -> Any:
        """Give what a module has now, or import what it has for type checkers only."""
        if name in self._own:
            return self._own[name]
        for module in self._modules:
            if name in vars(sys.modules[module]):
                return vars(sys.modules[module])[name]
            if name in (imported := _for_type_checkers(module)):
                return _found(*imported[name])
        raise KeyError(name)


def _found(home: str, member: str) -> Any:
    module = import_module(home)
    if not member:
        return module
    if hasattr(module, member):
        return getattr(module, member)
    return import_module(f"{home}.{member}")


@cache
def _for_type_checkers(module: str) -> dict[str, tuple[str, str]]:
    """Read what a module imports under ``TYPE_CHECKING``: name → module, and the name in it."""
    try:
        tree = ast.parse(inspect.getsource(sys.modules[module]))
    except OSError:  # it was installed without its source
        return {}
    return {
        alias.asname or alias.name: (node.module or "", alias.name)
        if isinstance(node, ast.ImportFrom)
        else (alias.name, "")
        for block in tree.body
        if isinstance(block, ast.If) and ast.unparse(block.test) == "TYPE_CHECKING"
        for node in block.body
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    }
