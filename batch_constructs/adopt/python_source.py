"""Python source: calls, literals and names, laid out so that a person wants to read them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, Final

_WIDTH: Final = 96


@dataclass(frozen=True)
class Name:
    """An expression that is written as it is."""

    text: str


@dataclass
class Call:
    """A call: what is called, and with what."""

    function: str
    positional: list[Any] = field(default_factory=list)
    keywords: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Entries:
    """A mapping whose keys are expressions."""

    pairs: tuple[tuple[Any, Any], ...]


def words(text: str) -> list[str]:
    """Give the words of a text, of which no name of Python's can have what is between them."""
    return re.split(r"[^A-Za-z0-9]+", text)


def snake_case(name: str) -> str:
    """Write a name of CloudFormation's as Python has it: ``MinvCpus`` is ``minv_cpus``."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


def render(value: Any, indent: int = 0, used: int = 0) -> str:
    """Write a value at an indentation, on one line if it fits behind what is ``used`` of it."""
    flat = _flat(value)
    if len(flat) + indent + used <= _WIDTH or not _parts(value):
        return flat
    opening, parts, closing = _layout(value)
    below = indent + 4
    lines = [f"{' ' * below}{text}{render(part, below, len(text) + 1)}," for text, part in parts]
    return "\n".join([opening, *lines, f"{' ' * indent}{closing}"])


def _flat(value: Any) -> str:
    if isinstance(value, Name):
        return value.text
    if isinstance(value, Call | Entries | list | dict):
        opening, parts, closing = _layout(value)
        return opening + ", ".join(f"{text}{_flat(part)}" for text, part in parts) + closing
    return _literal(value)


def _literal(value: Any) -> str:
    value = pointed(value)
    if isinstance(value, str):
        text = repr(value)
        plain = text.startswith("'") and '"' not in text and "\\'" not in text
        return f'"{text[1:-1]}"' if plain else text
    return repr(value)


def pointed(value: Any) -> Any:
    """Write a whole number with a point as text, in which JavaScript leaves it: 1.0, not 1."""
    if isinstance(value, dict):
        return {name: pointed(one) for name, one in value.items()}
    if isinstance(value, list):
        return [pointed(one) for one in value]
    return str(value) if isinstance(value, float) and value.is_integer() else value


def _parts(value: Any) -> bool:
    return bool(isinstance(value, Call | Entries | list | dict) and _layout(value)[1])


def _layout(value: Any) -> tuple[str, list[tuple[str, Any]], str]:
    """Give what opens a value, its parts with what stands before each, and what closes it."""
    if isinstance(value, Call):
        positional = [("", part) for part in value.positional]
        keywords = [(f"{name}=", part) for name, part in value.keywords.items()]
        return f"{value.function}(", [*positional, *keywords], ")"
    if isinstance(value, list):
        return "[", [("", part) for part in value], "]"
    pairs = value.pairs if isinstance(value, Entries) else tuple(value.items())
    return "{", [(f"{_flat(name)}: ", part) for name, part in pairs], "}"
