"""Writes what a deployment would do: for a person, for a pull request, for a program."""

from __future__ import annotations

import json
import textwrap
from collections import Counter
from dataclasses import asdict
from typing import TYPE_CHECKING, Final

from batch_constructs.impact.verdict import Effect, Impact

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_WORST_FIRST: Final = (
    Effect.UNKNOWN,
    Effect.DELETE,
    Effect.REPLACE,
    Effect.INFRASTRUCTURE_UPDATE,
    Effect.IN_PLACE,
    Effect.CREATE,
)
_WIDTH: Final = max(map(len, Effect)) + 1
"""Of the column of effects; what is said of one stands to the right of it, and below."""


def as_json(found: Mapping[str, Impact]) -> str:
    """Write one object: logical ID → type, effect, because, notes, fails."""
    return json.dumps({name: asdict(one) for name, one in found.items()}, indent=2)


def as_text(found: Mapping[str, Impact], width: int = 0) -> str:
    """Write what changes, the worst first, with the cause and the notes below.

    Args:
        found: what is told of each resource.
        width: the characters of a line; 0 for lines of any length.
    """
    lines: list[str] = []
    for name, one in _changed(found):
        lines += _laid_out(f"{name}  {one.type}", one.effect.ljust(_WIDTH), width)
        because = [f"because of {', '.join(one.because)}"] if one.because else []
        for said in [*because, *one.notes]:
            lines += _laid_out(said, " " * _WIDTH, width)
    return "\n".join([*lines, *_laid_out(summary(found), "", width)])


def _laid_out(text: str, before: str, width: int) -> list[str]:
    """Break a line at the width; what is broken off stands under its text, addresses stay whole."""
    if not width:
        return [before + text]
    return textwrap.wrap(
        text,
        width,
        initial_indent=before,
        subsequent_indent=" " * len(before),
        break_long_words=False,
        break_on_hyphens=False,
    )


def as_markdown(found: Mapping[str, Impact]) -> str:
    """Write a table for a comment on a pull request."""
    rows = [
        f"| {one.effect} | `{name}` | {one.type} | {_cell(one)} |" for name, one in _changed(found)
    ]
    head = ["| effect | resource | type | because |", "|---|---|---|---|"] if rows else []
    return "\n".join([*head, *rows, *([""] if rows else []), summary(found)])


def summary(found: Mapping[str, Impact]) -> str:
    """Count the effects in one line."""
    counts = Counter(one.effect for one in found.values())
    words = [f"{counts[effect]} {effect}" for effect in _WORST_FIRST if counts[effect]]
    failing = [name for name, one in found.items() if one.fails]
    if failing:
        words.append(f"and the deployment fails at {', '.join(failing)}")
    if words:
        return ", ".join(words)
    return "no resource changes" if any(_changed(found)) else "nothing changes"


def _changed(found: Mapping[str, Impact]) -> Iterator[tuple[str, Impact]]:
    for effect in (*_WORST_FIRST, Effect.NONE):
        for name, one in found.items():
            if one.effect is effect and (one.fails or one.because or effect is not Effect.NONE):
                yield name, one


def _cell(one: Impact) -> str:
    because = ", ".join(f"`{path}`" for path in one.because)
    return "<br>".join(text.replace("|", "\\|") for text in (because, *one.notes) if text)
