"""Circles of resources that wait for each other."""

from __future__ import annotations

from batch_constructs.aws.typing_names import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping


def circles(waits: Mapping[str, Iterable[str]]) -> Iterator[list[str]]:
    """Give circles with nothing in common: each waits for the next, the last for the first.

    Args:
        waits: each resource, and those that it waits for.
    """
    done: set[str] = set()
    told: set[str] = set()
    for start, first in waits.items():
        trail = {} if start in done else {start: iter(first)}
        while trail:
            last = next(reversed(trail))
            other = next(trail[last], None)
            if other is None:
                del trail[last]
                done.add(last)
            elif other in trail and not {last, other} <= told:
                met = [*trail]
                circle = met[met.index(other) :]
                if told.isdisjoint(circle):
                    told.update(circle)
                    yield circle
            elif other not in done and other not in trail and other in waits:
                trail[other] = iter(waits[other])
