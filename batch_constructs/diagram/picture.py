"""What a diagram shows, before it is Mermaid or SVG."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


class Part(Enum):
    """What a node is for in the life of a job; the value is what its legend says."""

    STARTS = "starts jobs"
    JOB = "is run"
    WAITS = "waits"
    RUNS = "runs"
    TOUCHED = "can be accessed"
    TOLD = "notifies, or is notified"


@dataclass(frozen=True, kw_only=True)
class Node:
    """One box.

    Args:
        id: of one picture, unique.
        name: the upper line.
        kind: the lower line.
        part: what it is for.
    """

    id: str
    name: str
    kind: str
    part: Part


@dataclass(frozen=True, order=True, kw_only=True)
class Edge:
    """One arrow, in the direction in which a job, an event or an access goes.

    Args:
        source: the ID of the node that it comes from.
        target: the ID of the node that it goes to.
        label: what it says; may be empty.
        dashed: whether it is a right or a message, not the way of a job.
    """

    source: str
    target: str
    label: str = ""
    dashed: bool = False


@dataclass
class Picture:
    """Boxes and arrows, in the order of the template.

    Args:
        nodes: by ID.
        edges: each once.
    """

    nodes: dict[str, Node] = field(default_factory=dict)
    edges: dict[Edge, None] = field(default_factory=dict)

    def reached_from(self, ids: Iterable[str]) -> Picture:
        """Leave out what hangs together with none of some nodes."""
        neighbours: dict[str, set[str]] = {}
        for edge in self.edges:
            neighbours.setdefault(edge.source, set()).add(edge.target)
            neighbours.setdefault(edge.target, set()).add(edge.source)
        reached: set[str] = set()
        waiting = [*ids]
        while waiting:
            one = waiting.pop()
            if one not in reached:
                reached.add(one)
                waiting += neighbours.get(one, ())
        return Picture(
            {id_: node for id_, node in self.nodes.items() if id_ in reached},
            {edge: None for edge in self.edges if edge.source in reached},
        )

    def beside(self, other: Picture, name: str) -> Picture:
        """Put another picture beside this one; its names begin with its own name."""
        nodes = {
            f"{name}/{id_}": Node(
                id=f"{name}/{id_}", name=f"{name}: {node.name}", kind=node.kind, part=node.part
            )
            for id_, node in other.nodes.items()
        }
        edges = {
            Edge(
                source=f"{name}/{edge.source}",
                target=f"{name}/{edge.target}",
                label=edge.label,
                dashed=edge.dashed,
            ): None
            for edge in other.edges
        }
        return Picture(self.nodes | nodes, self.edges | edges)
