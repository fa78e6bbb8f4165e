"""Write docs/api.txt: every public name, with what may be written against it.

That is the parameters of its constructor, its attributes, its methods, its values. Tests compare
the page with the code, and the mark of the page with the changelog, so that nothing public changes
unseen:

    uv run python scripts/make_api.py
"""

from __future__ import annotations

import dataclasses
import enum
import hashlib
import inspect
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import batch_constructs

if TYPE_CHECKING:
    from collections.abc import Iterator

PAGE = Path(__file__).parent.parent / "docs" / "api.txt"
_PUBLIC = frozenset(batch_constructs.__all__)


def page() -> str:
    """Return the whole page."""
    parts = ["The public API of batch-constructs, written by scripts/make_api.py."]
    parts += ["\n".join(_told(name)) for name in batch_constructs.__all__]
    return "\n\n".join(parts) + "\n"


def mark(text: str) -> str:
    """Return the line that the changelog has as long as the API is this one."""
    return f"<!-- docs/api.txt {hashlib.sha256(text.encode()).hexdigest()[:12]} -->"


def _told(name: str) -> Iterator[str]:
    value = getattr(batch_constructs, name)
    if not inspect.isclass(value):
        alias = " | ".join(map(_called, get_args(value)))
        yield f"{name} = {alias}" if alias else f"def {name}{_signature(value, skip=0)}"
    elif issubclass(value, enum.Enum):
        yield f"enum {name}"
        yield from (f"    {member.name} = {member.value!r}" for member in value)
        yield from (line for line in _members(value) if line.strip()[0].islower())
    else:
        bases = ", ".join(one.__name__ for one in value.__mro__[1:] if one.__name__ in _PUBLIC)
        yield f"class {name}({bases})" if bases else f"class {name}"
        if "_instead" not in vars(value):
            yield "    __init__"
            yield from (f"        {line}" for line in _parameters(value.__init__, skip=1))
        yield from _members(value)


def _members(kind: type) -> Iterator[str]:
    """List the attributes and methods of a class, inherited ones too."""
    found: dict[str, str] = {}
    for base in (one for one in kind.__mro__ if one.__module__.startswith("batch_constructs")):
        for name, member in vars(base).items():
            if isinstance(member, property):
                found.setdefault(name, f"{name}: {_annotation(member.fget, 'return')}")
            elif isinstance(member, classmethod):
                told = _signature(member.__func__, skip=1)
                found.setdefault(name, f"classmethod {name}{told}")
            elif inspect.isfunction(member):
                found.setdefault(name, f"def {name}{_signature(member, skip=1)}")
        for name, annotation in dict.items(vars(base).get("__annotations__", {})):  # as written
            told = getattr(annotation, "__forward_arg__", annotation)
            found.setdefault(name, f"{name}: {told}")
        described = (
            inspect.cleandoc(base.__doc__ or "").partition("Attributes:\n")[2].partition("\n\n")[0]
        )
        for name in re.findall(r"^ {4}(\w+): ", described, re.MULTILINE):
            found.setdefault(name, name)
    fields = dataclasses.fields(kind) if dataclasses.is_dataclass(kind) else ()
    hidden = {field.name for field in fields}
    for name in sorted(found):
        if not name.startswith("_") and name not in hidden:
            yield f"    {found[name]}"


def _parameters(function: Any, *, skip: int) -> list[str]:
    found: list[str] = []
    for one in list(inspect.signature(function).parameters.values())[skip:]:
        if one.kind is one.KEYWORD_ONLY and "*" not in found:
            found.append("*")
        stars = "**" if one.kind is one.VAR_KEYWORD else ""
        annotation = "" if one.annotation is one.empty else f": {one.annotation}"
        default = "" if one.default is one.empty else f" = {_default(one.default)}"
        found.append(f"{stars}{one.name}{annotation}{default}")
    return found


def _signature(function: Any, *, skip: int) -> str:
    returned = _annotation(function, "return")
    return f"({', '.join(_parameters(function, skip=skip))}) -> {returned}"


def _annotation(function: Any, of: str) -> str:
    return str(function.__annotations__.get(of, "Any"))


def _default(value: Any) -> str:
    if isinstance(value, enum.Enum):
        return f"{type(value).__name__}.{value.name}"
    if isinstance(value, tuple):
        return f"[{', '.join(map(_default, value))}]"
    if dataclasses.is_dataclass(value):
        fields = ((one.name, getattr(value, one.name)) for one in dataclasses.fields(value))
        given = ", ".join(f"{name}={_default(one)}" for name, one in fields if one is not None)
        return f"{type(value).__name__}({given})"
    return "…" if repr(value) == "<factory>" else repr(value)


def _called(kind: type) -> str:
    ours_or_pythons = kind.__name__ in _PUBLIC or kind.__module__ == "builtins"
    return kind.__name__ if ours_or_pythons else f"{kind.__module__}.{kind.__name__}"


if __name__ == "__main__":
    PAGE.write_text(page())
    print(PAGE.relative_to(PAGE.parent.parent), mark(page()))
