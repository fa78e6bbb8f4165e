"""A picture as Mermaid text, which GitHub, GitLab and most wikis draw."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from batch_constructs.diagram.picture import Part

if TYPE_CHECKING:
    from batch_constructs.diagram.picture import Node, Picture

_STYLES: Final = {
    Part.STARTS: ("starts", "fill:#e7f0fd,stroke:#2f6fd0,color:#10243f"),
    Part.JOB: ("job", "fill:#f1e8fb,stroke:#7a45b8,color:#2b1547"),
    Part.WAITS: ("waits", "fill:#fff3d6,stroke:#b7791f,color:#3d2a06"),
    Part.RUNS: ("runs", "fill:#e0f5e6,stroke:#2f855a,color:#0f3320"),
    Part.TOUCHED: ("touched", "fill:#f2f2f2,stroke:#707070,color:#222222"),
    Part.TOLD: ("told", "fill:#fde8e8,stroke:#c05050,color:#431515"),
}


def as_mermaid(picture: Picture) -> str:
    """Write a picture as a Mermaid flowchart."""
    names = {id_: _identifier(place, id_) for place, id_ in enumerate(picture.nodes)}
    lines = ["flowchart LR"]
    for id_, node in picture.nodes.items():
        lines.append(f"  {names[id_]}{_box(node)}:::{_STYLES[node.part][0]}")
    for edge in picture.edges:
        arrow = "-.->" if edge.dashed else "-->"
        label = f'|"{_escaped(edge.label)}"|' if edge.label else ""
        lines.append(f"  {names[edge.source]} {arrow}{label} {names[edge.target]}")
    there = {node.part for node in picture.nodes.values()}
    lines += [
        f"  classDef {name} {style}" for part, (name, style) in _STYLES.items() if part in there
    ]
    return "\n".join(lines) + "\n"


def _identifier(place: int, id: str) -> str:
    """Give a name without signs of Mermaid's; the place keeps two of a spelling apart."""
    plain = re.sub(r"[^A-Za-z0-9]", "_", id)
    return f"n_{plain}" if plain == id else f"n{place}_{plain}"


def _box(node: Node) -> str:
    return f'["{_escaped(node.name)}<br/><small>{_escaped(node.kind)}</small>"]'


def _escaped(written: str) -> str:
    """Write each sign that means something to Mermaid or HTML by its number."""
    return re.sub(
        r"[^\w .,:/()+-]|[\r\n\t]", lambda sign: f"#{ord(sign[0])};", written, flags=re.ASCII
    )
