"""What only annotations name, for whoever resolves them: documentation, dependency injection.

A module imports what only its annotations name under ``TYPE_CHECKING``, since an import at run time
costs everybody, and some of them would be in a circle. ``typing.get_type_hints`` looks for such a
name in the globals of the innermost function that is wrapped. So ours wrap a copy of themselves,
never called, whose globals find a name when it is asked for, and import that one alone. Those of a
class it takes from a dictionary, which finds out as it is read what each of them is.
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
    from collections.abc import Iterable, Iterator


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


def let_fields_resolve(kind: type) -> None:
    """Let the annotations of a class be resolved that stand in its own body."""
    own = vars(kind).get("__annotations__")
    if own and not isinstance(own, _Fields):
        kind.__annotations__ = _Fields(kind, own)


class _Fields(dict[str, Any]):
    """The annotations of a class; whoever reads one has what it means, and not its text."""

    def __init__(self, kind: type, own: dict[str, Any]) -> None:
        super().__init__(own)
        self._home = kind.__module__

    def __getitem__(self, name: str) -> Any:
        """Give what a text means; what is none is left to whoever asks."""
        annotation = super().__getitem__(name)
        annotation = getattr(annotation, "__forward_arg__", annotation)  # as a TypedDict has it
        if not isinstance(annotation, str):
            return annotation
        names = _Names(vars(sys.modules[self._home]), [self._home])
        return eval(annotation, {}, names)  # noqa: S307  # of our own source

    def __iter__(self) -> Iterator[str]:
        """Give the names: what copies a dictionary then asks for each."""
        return super().__iter__()

    def get(self, name: str, default: Any = None) -> Any:
        """Give one of them, or another where there is none."""
        return self.copy().get(name, default)

    def items(self) -> Any:
        """Give all of them, each with its name."""
        return {name: self[name] for name in self}.items()

    def values(self) -> Any:
        """Give all of them."""
        return {name: self[name] for name in self}.values()

    def copy(self) -> dict[str, Any]:
        """Give all of them, as a dictionary."""
        return {name: self[name] for name in self}


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
            if hasattr(sys.modules[module], name):
                return getattr(sys.modules[module], name)
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
