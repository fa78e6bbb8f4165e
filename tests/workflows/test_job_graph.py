"""What a graph of jobs refuses."""

from __future__ import annotations

from typing import Any

import pytest

from batch_constructs.job_graph import Graph, NToN, StepRetry, WorkflowJob


def job(name: str, *depends_on: str | NToN, **more: Any) -> WorkflowJob:
    return WorkflowJob(name=name, job_definition="d", depends_on=depends_on, **more)


def problems(*jobs: WorkflowJob) -> list[str]:
    with pytest.raises(ValueError) as error:  # noqa: PT011 - the caller looks at the text
        Graph.of(jobs)
    return str(error.value).splitlines()


def test_jobs_are_ordered_after_those_they_wait_for() -> None:
    graph = Graph.of([job("d", "b", "c"), job("b", "a"), job("c", "a"), job("a")])

    order = list(graph.jobs)
    assert (order[0], order[-1]) == ("a", "d")


def test_a_circle_is_refused_and_shown() -> None:
    (problem,) = problems(job("a", "c"), job("b", "a"), job("c", "b"))

    assert problem.startswith("jobs wait for each other in a circle: ")
    assert all(f"{x} -> {y}" in problem + problem for x, y in [("a", "c"), ("c", "b")])


def test_an_unknown_name_is_refused_with_the_known_ones() -> None:
    assert problems(job("a"), job("b", "aa")) == [
        "job 'b': depends_on names 'aa'; known jobs: a, b"
    ]


def test_a_job_that_only_catches_but_catches_nothing_is_unreachable() -> None:
    (problem,) = problems(job("a"), job("clean", only_on_failure=True))

    assert problem.startswith("job 'clean' is unreachable")


def test_all_problems_are_said_at_once() -> None:
    found = problems(
        job("a", array_size=1),
        job("a"),
        job("b", NToN(job="a"), array_size=3),
        job("c", catch="nobody", after_catch="stop"),
        job("e", retry=StepRetry(max_attempts=0, interval_seconds=0, backoff_rate=0.5)),
        job("f g", for_each="files", max_concurrency=0),
    )

    assert len(found) == 11


@pytest.mark.parametrize("jobs", [[], ["a"]])
def test_what_is_no_list_of_jobs_is_refused(jobs: Any) -> None:
    with pytest.raises(ValueError, match="jobs"):
        Graph.of(jobs)


def test_a_name_that_batch_refuses_is_refused() -> None:
    assert "letters, digits, - and _" in problems(job("a b"))[0]


def test_waiting_for_a_job_that_runs_only_on_failure_is_refused() -> None:
    found = problems(job("a", catch="c"), job("c", only_on_failure=True), job("b", "c"))

    assert found == ["job 'b': depends_on names 'c', which runs only on failure"]


def test_a_catching_job_is_marked_as_such() -> None:
    assert problems(job("a", catch="b"), job("b")) == [
        "job 'a': catch names 'b'; give that job only_on_failure=True"
    ]
