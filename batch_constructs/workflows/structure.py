"""Which jobs run one after the other and which beside each other, read off a graph.

Amazon States Language knows sequences and parallel branches and no arbitrary waiting. A graph that
is made of the two comes out exactly. Where it is not (``c`` waits for ``a``, ``d`` waits for ``a``
and ``b``), the jobs that wait for nothing run first, together, and the rest after all of them: no
job starts too early, ``c`` may start later than it had to.
"""

from __future__ import annotations

from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from typing import TYPE_CHECKING, TypeAlias

from batch_constructs.workflow_job import n_to_n, waits_for

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from batch_constructs.job_graph import Graph

Waits = dict[str, set[str]]


@dataclass(frozen=True)
class Together:
    """Jobs submitted together, since their array children wait for each other's."""

    jobs: tuple[str, ...]


@dataclass(frozen=True)
class Sequence:
    """One after the other."""

    parts: tuple[Structure, ...]


@dataclass(frozen=True)
class Parallel:
    """Beside each other."""

    branches: tuple[Structure, ...]


Structure: TypeAlias = "Together | Sequence | Parallel"


def structure_of(graph: Graph) -> Structure:
    """Find the structure of the jobs that run when nothing fails.

    Raises:
        ValueError: a job stands between arrays whose children wait for each other.
    """
    groups = _groups(graph)
    of = {name: members[0] for members in groups for name in members}
    waits: Waits = {members[0]: set() for members in groups}
    for name in graph.main:
        waits[of[name]] |= {of[other] for other in waits_for(graph.jobs[name])} - {of[name]}
    try:
        order = list(TopologicalSorter(waits).static_order())
    except CycleError as error:
        between = " -> ".join(reversed(error.args[1]))
        raise ValueError(
            "NToN joins arrays with another job between them, so they can run neither "
            f"together nor one after the other ({between}): let that job wait for the last "
            "array, or depend on the whole array"
        ) from None
    members = {group[0]: Together(group) for group in groups}
    return _structure(order, waits, members)


def _groups(graph: Graph) -> list[tuple[str, ...]]:
    """Join the jobs whose children wait for each other's, each group in the order of the graph."""
    joined = {name: {name} for name in graph.main}
    for name in graph.main:
        for other in n_to_n(graph.jobs[name]):
            both = joined[name] | joined[other]
            for each in both:
                joined[each] = both
    found = {tuple(name for name in graph.main if name in group) for group in joined.values()}
    return sorted(found, key=lambda group: graph.main.index(group[0]))


def _structure(order: list[str], waits: Waits, members: Mapping[str, Together]) -> Structure:
    """Cut a graph, given in topological order, into what runs beside and what after each other."""
    if len(order) == 1:
        return members[order[0]]
    parts = _separate(order, waits)
    if len(parts) > 1:
        return Parallel(tuple(_structure(part, waits, members) for part in parts))
    first, rest = _cut(order, waits)
    before, after = _structure(first, waits, members), _structure(rest, waits, members)
    return Sequence((*_parts(before), *_parts(after)))


def _parts(structure: Structure) -> tuple[Structure, ...]:
    return structure.parts if isinstance(structure, Sequence) else (structure,)


def _separate(order: list[str], waits: Waits) -> list[list[str]]:
    """Part jobs that have nothing to do with each other."""
    parts: list[set[str]] = []
    inside = set(order)
    for name in order:
        linked = {name} | (waits[name] & inside)
        touching = [part for part in parts if part & linked]
        parts = [part for part in parts if not part & linked]
        parts.append(linked.union(*touching))
    listed = [[name for name in order if name in part] for part in parts]
    return sorted(listed, key=lambda part: order.index(part[0]))


def _cut(order: list[str], waits: Waits) -> tuple[list[str], list[str]]:
    """Cut where everything after waits for everything before; else after the first jobs."""
    inside = set(order)
    above = _ancestors(order, waits)
    for at in range(1, len(order)):
        first = set(order[:at])
        if all(first <= above[name] for name in order[at:]):
            return order[:at], order[at:]
    first = {name for name in order if not waits[name] & inside}
    return [n for n in order if n in first], [n for n in order if n not in first]


def _ancestors(order: Iterable[str], waits: Waits) -> dict[str, set[str]]:
    above: dict[str, set[str]] = {}
    for name in order:
        known = [other for other in waits[name] if other in above]
        above[name] = set(known).union(*(above[other] for other in known))
    return above
