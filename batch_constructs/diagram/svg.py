"""A picture as SVG: boxes in columns, arrows from left to right."""

from __future__ import annotations

from html import escape
from itertools import pairwise
from typing import TYPE_CHECKING, Final, NamedTuple

from batch_constructs.aws.bound import cut
from batch_constructs.diagram.columns import columns
from batch_constructs.diagram.picture import Part

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from batch_constructs.diagram.picture import Edge, Node, Picture

_COLORS: Final = {
    Part.STARTS: ("#e7f0fd", "#2f6fd0"),
    Part.JOB: ("#f1e8fb", "#7a45b8"),
    Part.WAITS: ("#fff3d6", "#b7791f"),
    Part.RUNS: ("#e0f5e6", "#2f855a"),
    Part.TOUCHED: ("#f2f2f2", "#707070"),
    Part.TOLD: ("#fde8e8", "#c05050"),
}
_HEIGHT: Final = 46
_GAP: Final = 26
_LANE: Final = 8
_MARGIN: Final = 24
_LEGEND: Final = 34
_CHARACTER: Final = 8.4
"""How wide a character is at most, about, of the larger lettering."""

_LONGEST: Final = 44
_TIP: Final = (
    '<defs><marker id="tip" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="7" '
    'markerHeight="7" orient="auto-start-reverse"><path d="M0 0L10 5L0 10z" fill="#5b6470"/>'
    "</marker></defs>"
)
_STYLE: Final = (
    "text{font-family:system-ui,-apple-system,'Segoe UI',Helvetica,Arial,sans-serif;fill:#1b1f24}"
    "text.n{font-size:13px;font-weight:600}text.k{font-size:11px;fill:#4a4f57}"
    "text.l{font-size:11px;fill:#4a4f57;paint-order:stroke;stroke:#fff;stroke-width:4px}"
)
"""Of texts only: a page that contains the picture may call something else n, k or l."""


class _Box(NamedTuple):
    x: float
    y: float
    width: float
    height: float

    @property
    def middle(self) -> float:
        return self.y + self.height / 2


def as_svg(picture: Picture) -> str:
    """Write a picture as an SVG document that needs nothing beside it."""
    placed = columns(picture)
    boxes, width, height = _boxes(picture, placed.drawn)
    ways = {edge: _way(edge, lanes, boxes) for edge, lanes in placed.lanes.items()}
    title = f"AWS Batch: {len(picture.nodes)} resources"
    size = f'viewBox="0 0 {width:.0f} {height:.0f}" width="{width:.0f}" height="{height:.0f}"'
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img" aria-label="{title}">',
        f"<title>{title}</title>",
        f"<style>{_STYLE}</style>",
        _TIP,
        f'<rect width="{width:.0f}" height="{height:.0f}" fill="#ffffff"/>',
        *_legend(picture),
    ]
    lines += [_arrow(edge, way) for edge, way in ways.items()]
    for id_, node in picture.nodes.items():
        lines += _box(node, boxes[id_])
    for edge, way in ways.items():
        lines += _label(edge, way)
    return "\n".join([*lines, "</svg>"]) + "\n"


def _boxes(picture: Picture, drawn: list[list[str]]) -> tuple[Mapping[str, _Box], float, float]:
    """Give every node and lane its box, and the size of it all."""
    boxes: dict[str, _Box] = {}
    heights = [[_HEIGHT if id_ in picture.nodes else _LANE for id_ in column] for column in drawn]
    inner = max((sum(column) + _GAP * (len(column) - 1) for column in heights), default=_HEIGHT)
    x = float(_MARGIN)
    for column, high in zip(drawn, heights, strict=True):
        width = max(_width(picture.nodes[id_]) for id_ in column if id_ in picture.nodes)
        y = _MARGIN + _LEGEND + (inner - sum(high) - _GAP * (len(column) - 1)) / 2
        for id_, height in zip(column, high, strict=True):
            boxes[id_] = _Box(x, y, width, height)
            y += height + _GAP
        labels = [len(edge.label) for edge in picture.edges if edge.source in column]
        x += width + 56 + 6 * max(labels, default=0)
    right = max((box.x + box.width for box in boxes.values()), default=0.0)
    least = 2 * _MARGIN + sum(_entry_width(part) for part in _parts(picture))
    return boxes, max(right + _MARGIN, least), inner + 2 * _MARGIN + _LEGEND


def _width(node: Node) -> float:
    return 24 + _CHARACTER * max(len(cut(node.name, _LONGEST)), len(cut(node.kind, _LONGEST)) * 0.8)


def _box(node: Node, box: _Box) -> Iterator[str]:
    fill, stroke = _COLORS[node.part]
    yield (
        f"<g><title>{escape(f'{node.name}: {node.kind}')}</title>"
        f'<rect x="{box.x:.0f}" y="{box.y:.0f}" width="{box.width:.0f}" height="{_HEIGHT}" rx="7" '
        f'fill="{fill}" stroke="{stroke}" stroke-width="1.4"/>'
    )
    for offset, style, written in ((19, "n", node.name), (36, "k", node.kind)):
        yield (
            f'<text class="{style}" x="{box.x + 12:.0f}" y="{box.y + offset:.0f}">'
            f"{escape(cut(written, _LONGEST))}</text>"
        )
    yield "</g>"


def _way(edge: Edge, lanes: list[str], boxes: Mapping[str, _Box]) -> list[tuple[float, float]]:
    """Give the points of an arrow: it leaves a box at one side, and comes into one at the other."""
    passed = [boxes[id_] for id_ in (edge.source, *lanes, edge.target)]
    forward = passed[0].x < passed[-1].x
    points: list[tuple[float, float]] = []
    for box in passed:
        sides = [(box.x, box.middle), (box.x + box.width, box.middle)]
        points += sides if forward else sides[::-1]
    return points[1:-1]


def _arrow(edge: Edge, way: list[tuple[float, float]]) -> str:
    drawn = f"M{way[0][0]:.0f} {way[0][1]:.0f}"
    for (x1, y1), (x2, y2) in pairwise(way):
        middle = (x1 + x2) / 2
        drawn += f"C{middle:.0f} {y1:.0f} {middle:.0f} {y2:.0f} {x2:.0f} {y2:.0f}"
    dashes = ' stroke-dasharray="5 4"' if edge.dashed else ""
    return (
        f'<path d="{drawn}" fill="none" stroke="#5b6470" stroke-width="1.4"{dashes} '
        'marker-end="url(#tip)"/>'
    )


def _label(edge: Edge, way: list[tuple[float, float]]) -> Iterator[str]:
    if edge.label:
        (x1, y1), (x2, y2) = way[:2]
        yield (
            f'<text class="l" text-anchor="middle" x="{(x1 + x2) / 2:.0f}" '
            f'y="{(y1 + y2) / 2 - 4:.0f}">{escape(edge.label)}</text>'
        )


def _parts(picture: Picture) -> list[Part]:
    there = {node.part for node in picture.nodes.values()}
    return [part for part in Part if part in there]


def _entry_width(part: Part) -> float:
    return 40 + 6.4 * len(part.value)


def _legend(picture: Picture) -> Iterator[str]:
    x = float(_MARGIN)
    for part in _parts(picture):
        fill, stroke = _COLORS[part]
        yield (
            f'<rect x="{x:.0f}" y="14" width="14" height="14" rx="3" fill="{fill}" '
            f'stroke="{stroke}"/><text class="k" x="{x + 20:.0f}" y="25">{part.value}</text>'
        )
        x += _entry_width(part)
