"""Arguments that several constructors take alike: written once, and spelled out by each of them.

A constructor takes them as ``**shared: Unpack[SomeArguments]``, of which type checkers know every
name and type; `spells_out` puts them into its signature and its docstring, for ``help()``, refuses
any other, and gives the constructor the defaults of those that are left out.
"""

from __future__ import annotations

import inspect
import re
from functools import wraps
from typing import TYPE_CHECKING, Any, TypeVar

from batch_constructs.amounts import read_together
from batch_constructs.names_in_annotations import let_resolve
from batch_constructs.wrong_call import misfit, surely_fits

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

C = TypeVar("C")


def spells_out(*parts: Any, defaults: Mapping[str, Any]) -> Callable[[type[C]], type[C]]:
    """Spell out the arguments that a class's constructor takes as ``**shared``.

    Args:
        parts: the classes (``TypedDict``) that the type of ``shared`` is made of; their docstrings
            tell each argument, unless the class's own does.
        defaults: argument → its default, where that is not None.
    """

    def spelled(kind: type[C]) -> type[C]:
        constructor: Any = vars(kind)["__init__"]
        own = inspect.signature(constructor)
        signature = own.replace(
            parameters=[
                *[one for one in own.parameters.values() if one.kind is not one.VAR_KEYWORD],
                *[
                    inspect.Parameter(
                        name,
                        inspect.Parameter.KEYWORD_ONLY,
                        default=defaults.get(name),
                        annotation=annotation.__forward_arg__,
                    )
                    for part in parts
                    for name, annotation in part.__annotations__.items()
                ],
            ]
        )

        fits = surely_fits(signature)
        shared = {
            name: one.default
            for name, one in signature.parameters.items()
            if name not in own.parameters
        }

        @wraps(constructor)
        def construct(*given: Any, **named: Any) -> None:
            if not fits(given, named):
                raise misfit(constructor, given, named, signature).error
            read_together(named.values())
            constructor(*given, **{**shared, **named})

        construct.__signature__ = signature  # type: ignore[attr-defined]  # inspect looks there
        named = ((name, one.annotation) for name, one in signature.parameters.items())
        construct.__annotations__ = {**dict([*named][1:]), "return": "None"}
        let_resolve(construct, constructor, [part.__module__ for part in parts])
        setattr(kind, "__init__", construct)  # noqa: B010  # mypy knows the one that is written
        before, raises, after = _text(kind).partition("\nRaises:\n")
        kind.__doc__ = "\n".join((before.rstrip("\n"), *_told(parts, before), raises + after))
        return kind

    return spelled


def _told(parts: Iterable[Any], own: str) -> Iterator[str]:
    """Give what the docstrings of the parts tell of the arguments that a class's own does not."""
    for part in parts:
        for entry in re.split(r"^ {4}(?=\w+: )", _text(part), flags=re.MULTILINE)[1:]:
            if f"\n    {entry.partition(':')[0]}: " not in own:
                yield f"    {entry.rstrip()}"


def _text(kind: Any) -> str:
    """Return a docstring without what it is indented by, as Python itself has it since 3.13."""
    return inspect.cleandoc(kind.__doc__ or "")


def only(part: Any, shared: Mapping[str, Any]) -> dict[str, Any]:
    """Pick the arguments of one part."""
    return {name: shared[name] for name in part.__annotations__ if name in shared}
