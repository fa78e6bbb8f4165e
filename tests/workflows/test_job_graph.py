"""What a graph of jobs refuses."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from batch_constructs.aws.submit_job import JOB_BYTES, job_length
from batch_constructs.job_graph import Graph
from batch_constructs.workflow_job import NToN, StepRetry, WorkflowJob


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
        'job "b": depends_on[0] is "aa"; allowed: names of jobs (a, b)'
    ]


def test_a_job_that_only_catches_but_catches_nothing_is_unreachable() -> None:
    (problem,) = problems(job("a"), job("clean", only_on_failure=True))

    assert problem.startswith(
        'job "clean": only_on_failure is True, and no job names it in catch: '
    )


def test_all_problems_are_said_at_once() -> None:
    found = problems(
        job("a", array_size=1),
        job("a"),
        job("b", NToN("a"), array_size=3),
        job("c", catch="nobody", after_catch="stop"),
        job("e", step_retry=StepRetry(max_attempts=0, interval=timedelta(0), backoff_rate=0.5)),
        job("f g", for_each="files", max_concurrency=0),
    )

    assert len(found) == 11


@pytest.mark.parametrize("jobs", [[], ["a"]])
def test_what_is_no_list_of_jobs_is_refused(jobs: Any) -> None:
    with pytest.raises(ValueError, match="jobs"):
        Graph.of(jobs)


def test_a_name_that_batch_refuses_is_refused() -> None:
    (problem,) = problems(job("a b"))

    assert problem.startswith('job "a b": name is "a b"; allowed: 1 to 64 letters, digits, ')


def test_waiting_for_a_job_that_runs_only_on_failure_is_refused() -> None:
    found = problems(job("a", catch="c"), job("c", only_on_failure=True), job("b", "c"))

    assert found == [
        (
            'job "b": depends_on[0] is "c", which runs only on failure: name that job in catch, or '
            "leave its only_on_failure out"
        )
    ]


def test_a_catching_job_is_marked_as_such() -> None:
    assert problems(job("a", catch="b"), job("b")) == [
        'job "a": catch is "b": give that job only_on_failure=True'
    ]


@pytest.mark.parametrize(
    ("field", "value", "problem"),
    [
        ("command", "echo hi", "command is str; expected a list of strings"),
        ("command", [1], "command[0] is int 1; expected a string"),
        ("depends_on", "a", 'depends_on is str "a"; expected a list of names'),
        ("depends_on", [job("a")], "depends_on[0] is WorkflowJob; expected a job's name"),
        ("depends_on", [NToN(5)], "depends_on[0] is int 5; expected a job's name"),  # type: ignore[arg-type]
        ("array_size", "5", 'array_size is str "5"; expected a number'),
        ("array_size", 2.5, "array_size is 2.5; allowed: whole numbers"),
        ("timeout", 60, "timeout is int 60; expected a timedelta, or a Duration such as"),
        ("timeout", timedelta(seconds=59.5), "timeout is 59.5 seconds; allowed: a whole number"),
        ("max_concurrency", "3", 'max_concurrency is str "3"; expected a number'),
        ("parameters", {"x": 1}, 'parameters["x"] is int; expected a string'),
        ("parameters", {"x": "$."}, 'parameters["x"] is "$."; allowed: a path into the input'),
        (
            "environment",
            {"x": "$.a b"},
            'environment["x"] is "$.a b"; allowed: a path into the input',
        ),
        ("environment", ["x"], "environment is list; expected a mapping of names"),
        (
            "for_each",
            "$.",
            'for_each is "$."; allowed: a path into the input such as $.files',
        ),
        ("for_each", "files", 'for_each is "files"; allowed: a path into the input'),
        ("for_each", 3, "for_each is int 3; expected a string"),
        ("tags", {"team": 7}, 'tags["team"] is int; expected a string'),
        ("tags", {7: "team"}, "a key of tags is int 7; expected a string"),
        ("step_retry", 3, "step_retry is int 3; expected StepRetry(max_attempts=…)"),
        (
            "step_retry",
            StepRetry(max_attempts="3"),  # type: ignore[arg-type]
            'step_retry.max_attempts is str "3"; expected a number',
        ),
        ("catch", 5, "catch is int 5; expected a string"),
        ("only_on_failure", "yes", 'only_on_failure is str "yes"; expected True or False'),
    ],
)
def test_a_field_of_a_wrong_kind_is_named_with_its_job(
    field: str, value: object, problem: str
) -> None:
    fields: dict[str, Any] = {"name": "x", "job_definition": "d", field: value}

    found = problems(WorkflowJob(**fields), job("y", array_size=1))

    assert found[0].startswith(f'job "x": {problem}')
    assert found[1:] == ['job "y": array_size is 1; allowed: whole numbers from 2 to 10000']


def test_a_name_that_is_no_string_is_refused() -> None:
    fields: dict[str, Any] = {"name": ["a"], "job_definition": "d"}

    assert problems(WorkflowJob(**fields)) == ["jobs[0].name is list; expected a string"]


@pytest.mark.parametrize("path", ["$.day", "$.a-b.c_d", "$.files[0].key", "$.files['a key'].x"])
def test_paths_are_let_through(path: str) -> None:
    Graph.of([job("a", parameters={"x": path}, for_each=path)])


def test_parameters_have_the_room_of_a_submission_and_no_more() -> None:
    """What a path or a token comes to is known later."""
    room = JOB_BYTES - job_length({"parameters": {"k": ""}})

    def sized(length: int) -> dict[str, Any]:
        return {"k": "x" * length, "a": "$.day"}

    assert Graph.of([job("a", parameters=sized(room))]) is not None
    [said] = problems(job("a", parameters=sized(room + 1)))
    assert f"take {JOB_BYTES + 1} bytes of a submission; allowed: at most {JOB_BYTES}" in said
