"""Puts the nodes of a picture into columns: arrows go from left to right and cross little."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from batch_constructs.diagram.picture import Picture

_SWEEPS: Final = 6


def columns(picture: Picture) -> list[list[str]]:
    """Give the IDs of the nodes by column, from left to right, each from top to bottom.

    A node stands right of all that lead to it, as far as no arrow leads back; within a column nodes
    stand near the middle of what they are joined to. The same picture always gives the same.
    """
    after = _without_ways_back(picture)
    place = dict.fromkeys(picture.nodes, 0)
    for id_ in _in_order(after):
        for target in after[id_]:
            place[target] = max(place[target], place[id_] + 1)
    drawn: list[list[str]] = [[] for _ in range(max(place.values(), default=-1) + 1)]
    for id_, column in place.items():
        drawn[column].append(id_)
    joined: dict[str, list[str]] = {id_: [] for id_ in picture.nodes}
    for edge in picture.edges:
        joined[edge.source].append(edge.target)
        joined[edge.target].append(edge.source)
    for sweep in range(_SWEEPS):
        height = {id_: _share(column, row) for column in drawn for row, id_ in enumerate(column)}
        for column in drawn if sweep % 2 == 0 else reversed(drawn):
            column.sort(
                key=lambda id_: (
                    sum(height[one] for one in joined[id_]) / len(joined[id_])
                    if joined[id_]
                    else height[id_]
                )
            )
            height |= {id_: _share(column, row) for row, id_ in enumerate(column)}
    return drawn


def _share(column: list[str], row: int) -> float:
    """Give how far down a row of a column stands, which is drawn around the middle."""
    return row - (len(column) - 1) / 2


def _without_ways_back(picture: Picture) -> dict[str, list[str]]:
    """Give what each node leads to, without the arrows that close a circle."""
    targets: dict[str, list[str]] = {id_: [] for id_ in picture.nodes}
    for edge in picture.edges:
        targets[edge.source].append(edge.target)
    kept: dict[str, list[str]] = {id_: [] for id_ in picture.nodes}
    done: set[str] = set()
    led_to = {edge.target for edge in picture.edges if not edge.dashed}
    for root in sorted(picture.nodes, key=lambda id_: id_ in led_to):
        on_the_way: dict[str, int] = {root: 0}
        while on_the_way and root not in done:
            id_ = next(reversed(on_the_way))
            at = on_the_way[id_]
            if at == len(targets[id_]):
                done.add(id_)
                del on_the_way[id_]
                continue
            on_the_way[id_] += 1
            target = targets[id_][at]
            if target not in on_the_way:
                kept[id_].append(target)
                if target not in done:
                    on_the_way[target] = 0
    return kept


def _in_order(after: dict[str, list[str]]) -> list[str]:
    """Give the nodes so that each stands behind all that lead to it."""
    waiting_for = dict.fromkeys(after, 0)
    for targets in after.values():
        for target in targets:
            waiting_for[target] += 1
    ready = [id_ for id_, count in waiting_for.items() if count == 0]
    for id_ in ready:
        for target in after[id_]:
            waiting_for[target] -= 1
            if waiting_for[target] == 0:
                ready.append(target)
    return ready
