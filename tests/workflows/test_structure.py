"""What runs beside what, and after what."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from batch_constructs.job_graph import Graph
from batch_constructs.workflow_job import NToN, WorkflowJob, waits_for
from batch_constructs.workflows.structure import (
    Parallel,
    Sequence,
    Structure,
    Together,
    structure_of,
)


def shape(**waits: str) -> str:
    """Write the structure of a graph: ``a (b | c) d``."""
    jobs = [
        WorkflowJob(name=name, job_definition="d", depends_on=others.split())
        for name, others in waits.items()
    ]
    return text(structure_of(Graph.of(jobs)))


def text(structure: Structure) -> str:
    if isinstance(structure, Together):
        return "+".join(structure.jobs)
    if isinstance(structure, Parallel):
        return f"({' | '.join(map(text, structure.branches))})"
    return " ".join(map(text, structure.parts))


def test_a_chain_is_a_sequence() -> None:
    assert shape(a="", b="a", c="b") == "a b c"


def test_jobs_that_share_nothing_run_beside_each_other() -> None:
    assert shape(a="", b="a", c="", d="c") == "(a b | c d)"


def test_a_diamond_is_exact() -> None:
    assert shape(a="", b="a", c="a", d="b c") == "a (b | c) d"


def test_branches_of_different_length_do_not_wait_for_each_other() -> None:
    assert shape(a="", b="a", c="b", d="a", e="c d") == "a (b c | d) e"


def test_a_dependency_that_another_implies_changes_nothing() -> None:
    assert shape(a="", b="a", c="a b") == "a b c"


def test_a_graph_of_neither_kind_starts_nothing_too_early() -> None:
    assert shape(a="", b="", c="a", d="a b") == "(a | b) (c | d)"


def test_arrays_whose_children_wait_for_each_other_stay_together() -> None:
    jobs = [
        WorkflowJob(name="a", job_definition="d", array_size=3),
        WorkflowJob(name="b", job_definition="d", array_size=3, depends_on=[NToN("a")]),
        WorkflowJob(name="c", job_definition="d", depends_on=["b"]),
    ]

    assert text(structure_of(Graph.of(jobs))) == "a+b c"


def test_a_job_between_such_arrays_is_refused() -> None:
    jobs = [
        WorkflowJob(name="a", job_definition="d", array_size=3),
        WorkflowJob(name="m", job_definition="d", depends_on=["a"]),
        WorkflowJob(name="b", job_definition="d", array_size=3, depends_on=[NToN("a"), "m"]),
    ]

    with pytest.raises(ValueError, match="joins arrays with another job between them"):
        structure_of(Graph.of(jobs))


@st.composite
def graphs(draw: st.DrawFn) -> list[WorkflowJob]:
    size = draw(st.integers(1, 9))
    return [
        WorkflowJob(
            name=f"j{number}",
            job_definition="d",
            depends_on=[f"j{other}" for other in range(number) if draw(st.booleans())],
        )
        for number in range(size)
    ]


def before(structure: Structure) -> tuple[set[str], dict[str, set[str]]]:
    """All jobs of a structure, and for each those that are done when it starts."""
    if isinstance(structure, Together):
        return set(structure.jobs), {name: set() for name in structure.jobs}
    jobs: set[str] = set()
    done: dict[str, set[str]] = {}
    parts = structure.parts if isinstance(structure, Sequence) else structure.branches
    for part in parts:
        inner, inside = before(part)
        earlier = jobs if isinstance(structure, Sequence) else set()
        done |= {name: others | earlier for name, others in inside.items()}
        jobs = jobs | inner
    return jobs, done


@settings(deadline=None)
@given(graphs())
def test_every_job_runs_once_and_after_all_it_waits_for(jobs: list[WorkflowJob]) -> None:
    everything, done = before(structure_of(Graph.of(jobs)))

    assert everything == {job.name for job in jobs}
    for job in jobs:
        assert set(waits_for(job)) <= done[job.name]
