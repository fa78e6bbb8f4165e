"""Text of a template of which some parts are unknown: placeholders, and what functions make.

It is the result that is judged, not its pieces: a dynamic reference may come out of `Fn::Sub`. All
of it is done in time that grows with the text.
"""

from __future__ import annotations

from batch_constructs.aws.pattern import pattern
from batch_constructs.aws.typing_names import TYPE_CHECKING, Final
from batch_constructs.rules.template.other_tools import CLOSINGS, OPENINGS
from batch_constructs.rules.template.values import UNKNOWN, Reference, Text, Unknown

if TYPE_CHECKING:
    from collections.abc import Iterator

Part = str | Reference | Unknown

_OPENINGS: Final = pattern(rf"\$\{{Token\[|#\{{Token\[|\{{\{{resolve:|{OPENINGS.pattern}")
_CLOSINGS: Final = {
    "${Token[": "]}",
    "#{Token[": "]}",
    "{{resolve:": "}}",
    **CLOSINGS,
}
_PLAIN: Final = (str, int, float)
_HOLE: Final = "\0"
_MOST_OPENINGS: Final = 10_000
"""Openings without an end that are passed over; nobody knows what is behind so many."""


def literal(written: str) -> object:
    """Make unknown what is a token of the CDK, a dynamic reference, or of another tool."""
    if _OPENINGS.search(written) is None:
        return written
    return _simplest(_without_placeholders([written]))


def joined(parts: list[object], *, as_written: bool = False) -> object:
    """Put parts together as `Fn::Join` and `Fn::Sub` do, with placeholders or without."""
    pieces: list[Part] = []
    for part in parts:
        for piece in part.parts if isinstance(part, Text) else (part,):
            if type(piece) is str:  # as most are
                pieces.append(piece)
            elif isinstance(piece, bool):
                pieces.append("true" if piece else "false")
            elif isinstance(piece, _PLAIN):
                pieces.append(str(piece))
            else:
                pieces.append(piece if isinstance(piece, Reference) else UNKNOWN)
    if not as_written and any(type(piece) is str and "{" in piece for piece in pieces):
        pieces = _without_placeholders(pieces)
    return _simplest(pieces)


def _simplest(pieces: list[Part]) -> object:
    """Give a plain string or one value where that is all there is."""
    merged: list[Part] = []
    run: list[str] = []
    for piece in pieces:
        if isinstance(piece, str):
            run.append(piece)
            continue
        if text := "".join(run):
            merged.append(text)
        run.clear()
        merged.append(piece)
    if text := "".join(run):
        merged.append(text)
    if not merged:
        return ""
    return merged[0] if len(merged) == 1 else Text(tuple(merged))


def _without_placeholders(pieces: list[Part]) -> list[Part]:
    """Make each placeholder unknown, also one that several pieces make together."""
    whole = "".join(
        piece.replace(_HOLE, "\ufffd") if isinstance(piece, str) else _HOLE for piece in pieces
    )
    holes = iter([piece for piece in pieces if not isinstance(piece, str)])
    found: list[Part] = []
    end = 0
    for start, stop in _placeholders(whole):
        found += _filled(whole[end:start], holes)
        for _ in range(whole.count(_HOLE, start, stop)):
            next(holes)
        found.append(UNKNOWN)
        end = stop
    return [*found, *_filled(whole[end:], holes)]


def _filled(written: str, holes: Iterator[Part]) -> Iterator[Part]:
    for position, run in enumerate(written.split(_HOLE)):
        if position:
            yield next(holes)
        yield run


def _placeholders(whole: str) -> Iterator[tuple[int, int]]:
    """Find where placeholders begin and end; what is unknown may hold the end of one."""
    ended: set[str] = set()
    position = passed = 0
    while found := _OPENINGS.search(whole, position):
        start, position = found.span()
        closing = _CLOSINGS[found[0]]
        if closing in ended:
            passed += 1
            if passed > _MOST_OPENINGS:
                yield start, len(whole)
                return
            continue
        end = whole.find(closing, position)
        if end < 0:
            ended.add(closing)
            if whole.find(_HOLE, position) < 0:
                continue
            end = len(whole)
        position = end + len(closing)
        while whole.startswith("}", position):
            position += 1
        yield start, min(position, len(whole))


def substitutions(template: str) -> Iterator[tuple[str, str | None]]:
    """Give each piece of text with the name in the ``${…}`` behind it, None after the last."""
    position = 0
    for found in SUBSTITUTION.finditer(template, 0, template.rfind("}") + 1):
        yield template[position : found.start()], found[1].strip()
        position = found.end()
    yield template[position:], None


SUBSTITUTION: Final = pattern(r"\$\{([^}]*)\}")
"""It is looked for up to the last bracket only, so that none without an end is gone through."""
