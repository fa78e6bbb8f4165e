"""A graph of jobs, submitted as job IDs."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, NoReturn

import pytest
from botocore.exceptions import ReadTimeoutError

from batch_constructs.client import SubmissionUnclearError
from batch_constructs.client.graph import RunFailedError, submit_graph
from batch_constructs.client.graph_file import read_graph
from batch_constructs.workflow_job import NToN, StepRetry, WorkflowJob
from tests.client.test_batch_client import describe, detail, list_a_minute_late

if TYPE_CHECKING:
    from batch_constructs.client import BatchClient
    from tests.functions.aws_in_process import Aws

DIAMOND = [
    WorkflowJob(name="merge", job_definition="m", depends_on=["left", "right"]),
    WorkflowJob(name="left", job_definition="d", depends_on=["split"]),
    WorkflowJob(name="right", job_definition="d", depends_on=["split"]),
    WorkflowJob(name="split", job_definition="s", parameters={"day": "$.day", "fixed": "1"}),
]


def test_each_job_waits_for_the_ids_of_the_others(aws: Aws, client: BatchClient) -> None:
    ids = submit_graph(client, DIAMOND, queue="q", input={"day": "mon"}, run="r1")

    jobs = {job["jobName"]: job for job in aws.batch.jobs}
    assert jobs["r1--split"]["parameters"] == {"day": "mon", "fixed": "1"}
    assert jobs["r1--left"]["dependsOn"] == [{"jobId": ids["split"]}]
    assert jobs["r1--merge"]["dependsOn"] == [{"jobId": ids["left"]}, {"jobId": ids["right"]}]


def test_children_wait_for_children(aws: Aws, client: BatchClient) -> None:
    ids = submit_graph(
        client,
        [
            WorkflowJob(name="a", job_definition="d", array_size=5),
            WorkflowJob(name="b", job_definition="d", array_size=5, depends_on=[NToN("a")]),
        ],
        queue="q",
    )

    assert aws.batch.jobs[1]["dependsOn"] == [{"jobId": ids["a"], "type": "N_TO_N"}]


def test_a_list_in_the_input_becomes_a_job_an_element(aws: Aws, client: BatchClient) -> None:
    submit_graph(
        client,
        [
            WorkflowJob(
                name="each",
                job_definition="d",
                for_each="$.files",
                parameters={"key": "$.item", "day": "$.input.day"},
            ),
            WorkflowJob(name="after", job_definition="d", depends_on=["each"]),
        ],
        queue="q",
        input={"files": ["a", "b"], "day": "mon"},
    )

    assert [job.get("parameters") for job in aws.batch.jobs] == [
        {"key": "a", "day": "mon"},
        {"key": "b", "day": "mon"},
        None,
    ]
    assert len(aws.batch.jobs[2]["dependsOn"]) == 2


def test_an_interrupted_run_goes_on_where_it_stopped(aws: Aws, client: BatchClient) -> None:
    def interrupt(call: str) -> None:
        if call == "batch:SubmitJob" and len(aws.batch.jobs) == 2:
            raise KeyboardInterrupt

    aws.before.append(interrupt)
    with pytest.raises(KeyboardInterrupt):
        submit_graph(client, DIAMOND, queue="q", input={"day": "mon"}, run="r1")
    aws.before.clear()

    ids = submit_graph(client, DIAMOND, queue="q", input={"day": "mon"}, run="r1")

    assert sorted(job["jobName"] for job in aws.batch.jobs) == [
        "r1--left",
        "r1--merge",
        "r1--right",
        "r1--split",
    ]
    assert sorted(ids.values()) == sorted(job["jobId"] for job in aws.batch.jobs)


def test_the_same_run_with_another_input_is_refused(aws: Aws, client: BatchClient) -> None:
    submit_graph(client, DIAMOND, queue="q", input={"day": "mon"}, run="r1")
    before = len(aws.batch.jobs)

    with pytest.raises(
        ValueError, match=r"the run r1 was started with different .* for r1--split: give"
    ):
        submit_graph(client, DIAMOND, queue="q", input={"day": "tue"}, run="r1")

    assert len(aws.batch.jobs) == before


def test_the_same_run_with_another_variable_is_refused(aws: Aws, client: BatchClient) -> None:
    def job(mode: str) -> WorkflowJob:
        return WorkflowJob(name="a", job_definition="d", environment={"MODE": mode})

    submit_graph(client, [job("fast")], queue="q", run="r1")

    with pytest.raises(ValueError, match=r"environment or command for r1--a"):
        submit_graph(client, [job("slow")], queue="q", run="r1")


def test_the_same_run_with_another_command_is_refused(aws: Aws, client: BatchClient) -> None:
    job = WorkflowJob(name="a", job_definition="d", command=["run", "Ref::day", "$.mode"])
    first = submit_graph(client, [job], queue="q", run="r1", input={"mode": "fast"})

    assert submit_graph(client, [job], queue="q", run="r1", input={"mode": "fast"}) == first
    with pytest.raises(ValueError, match=r"environment or command for r1--a"):
        submit_graph(client, [job], queue="q", run="r1", input={"mode": "slow"})


def test_a_lost_answer_does_not_make_a_twin(aws: Aws, client: BatchClient) -> None:
    aws.faults.lose_answer = 1.0
    list_a_minute_late(aws)

    submit_graph(client, DIAMOND, queue="q", input={"day": "mon"}, run="r1")

    assert len(aws.batch.jobs) == 4


def test_a_lost_answer_of_a_job_that_is_not_there_a_minute_later_ends_the_graph(
    aws: Aws, client: BatchClient
) -> None:
    """It may come later still; the same command finds it then."""

    def lost(_: dict[str, Any]) -> NoReturn:
        raise ReadTimeoutError(endpoint_url="batch")

    aws.batch.script["SubmitJob"] = lost

    with pytest.raises(SubmissionUnclearError, match="'r1--split' was lost"):
        submit_graph(client, DIAMOND, queue="q", input={"day": "mon"}, run="r1")

    assert aws.calls["batch:SubmitJob"] == 1


def test_what_needs_step_functions_is_refused(client: BatchClient) -> None:
    with pytest.raises(
        ValueError, match=r"job \"a\": catch, only_on_failure and step_retry need Step"
    ):
        submit_graph(
            client,
            [WorkflowJob(name="a", job_definition="d", step_retry=StepRetry(max_attempts=1))],
            queue="q",
        )
    with pytest.raises(ValueError, match='job "a": queue is left out'):
        submit_graph(client, [WorkflowJob(name="a", job_definition="d")])


def test_a_missing_field_of_the_input_is_named(client: BatchClient) -> None:
    with pytest.raises(ValueError, match=r"the input has no \$\.day"):
        submit_graph(client, DIAMOND, queue="q")


def test_a_graph_is_read_from_json() -> None:
    text = json.dumps(
        {
            "jobs": {
                "a": {"jobDefinition": "d", "arraySize": 3},
                "b": {"jobDefinition": "e", "arraySize": 3, "dependsOn": [{"nToN": "a"}]},
                "c": {"jobDefinition": "f", "queue": "q", "dependsOn": ["a", "b"]},
            }
        }
    )

    a, b, c = read_graph(text)

    assert (a.name, a.array_size) == ("a", 3)
    assert b.depends_on == [NToN("a")]
    assert (c.queue, c.depends_on) == ("q", ["a", "b"])


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('{"jobs": []}', "a graph is"),
        ('{"jobs": {"a": {"jobDefinition": "d", "dependson": []}}}', 'job "a": unknown dependson'),
        ('{"jobs": {"a": {}}}', 'job "a": no jobDefinition'),
        ("{", "Expecting property name"),
    ],
)
def test_a_graph_file_that_is_wrong_says_what(text: str, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        read_graph(text)


def each(name: str, **more: Any) -> WorkflowJob:
    return WorkflowJob(name=name, job_definition="d", **more)


@pytest.mark.parametrize(
    ("jobs", "data", "problem"),
    [
        (
            [each("b", for_each="$.files"), each("b-0")],
            {"files": [1]},
            "2 jobs would be called r--b-0: an element of a for_each is called NAME-INDEX",
        ),
        (
            [each("b", for_each="$.files"), each("c", depends_on=["b"])],
            {"files": list(range(21))},
            'job "c": depends_on waits for 21 jobs; allowed: at most 20',
        ),
        (
            [each("a"), each("b", depends_on=["a"], parameters={"day": "$.day"})],
            {},
            'job "b": the input has no $.day',
        ),
        (
            [each("a"), each("b", parameters={"day": "$.day"})],
            {"day": {"x": 1}},
            'job "b": parameters["day"]: $.day is a JSON dict in the input, not a string',
        ),
        ([each("a"), each("b", for_each="$.day")], {"day": "x"}, 'job "b": $.day is not a list'),
        ([each("a", parameters={"x": 5})], {}, 'job "a": parameters["x"] is int; expected'),
        ([each("a")], [1], "input is not a JSON object"),
    ],
)
def test_a_graph_is_checked_whole_before_the_first_submission(
    aws: Aws, client: BatchClient, jobs: list[WorkflowJob], data: Any, problem: str
) -> None:
    with pytest.raises(ValueError, match=re.escape(problem)):
        submit_graph(client, jobs, queue="q", input=data, run="r")
    assert not aws.batch.jobs


def test_runs_and_jobs_are_told_apart(aws: Aws, client: BatchClient) -> None:
    submit_graph(client, [each("a-b")], queue="q", run="day")
    submit_graph(client, [each("b")], queue="q", run="day-a")

    assert [job["jobName"] for job in aws.batch.jobs] == ["day--a-b", "day-a--b"]


@pytest.mark.parametrize("run", ["a--b", "a-", "-a", "a b", ""])
def test_a_run_that_could_be_mistaken_is_refused(client: BatchClient, run: str) -> None:
    with pytest.raises(ValueError, match=f'run is "{run}"'):
        submit_graph(client, [each("a")], queue="q", run=run)


def test_values_of_the_input_are_found_by_index_and_quoted_key(
    aws: Aws, client: BatchClient
) -> None:
    values = {"a": "$.files[1].key", "b": "$.files[0]['a key']", "c": "$.yes"}
    data = {"files": [{"a key": 1}, {"key": "two"}], "yes": True}

    command = ["run", "$.files[1].key", "$.yes", "$HOME"]
    job = each("a", parameters=values, command=command)

    submit_graph(client, [job], queue="q", input=data)

    (made,) = aws.batch.jobs
    assert made["parameters"] == {"a": "two", "b": "1", "c": "true"}
    assert made["containerOverrides"]["command"] == ["run", "two", "true", "$HOME"]


def test_a_word_of_a_command_that_the_input_has_not_is_named(client: BatchClient) -> None:
    with pytest.raises(ValueError, match=r"command\[1\]: \$.a is a JSON list in the input"):
        submit_graph(client, [each("a", command=["run", "$.a"])], queue="q", input={"a": []})


@pytest.mark.parametrize("given", [{"job_definition": object()}, {"queue": object()}])
def test_constructs_are_for_workflows_only(client: BatchClient, given: dict[str, Any]) -> None:
    job = WorkflowJob(**{"name": "a", "job_definition": "d", **given})

    with pytest.raises(ValueError, match="job_definition and queue must be names or ARNs here"):
        submit_graph(client, [job], queue="q")


def test_a_job_waits_for_twenty_jobs_at_most(aws: Aws, client: BatchClient) -> None:
    first = WorkflowJob(name="a", job_definition="d", for_each="$.n")
    after = WorkflowJob(name="b", job_definition="d", depends_on=["a"])

    submit_graph(client, [first, after], queue="q", input={"n": list(range(20))}, run="r")
    assert len(aws.batch.jobs[-1]["dependsOn"]) == 20
    with pytest.raises(
        ValueError, match='job "b": depends_on waits for 21 jobs; allowed: at most 20'
    ):
        submit_graph(client, [first, after], queue="q", input={"n": list(range(21))}, run="s")


@pytest.mark.parametrize(("share", "fits"), [("a" * 255, True), ("a" * 256, False), ("a-b", False)])
def test_a_share_identifier_is_what_batch_takes(
    aws: Aws,
    client: BatchClient,
    share: str,
    fits: bool,  # noqa: FBT001 - a case
) -> None:
    job = WorkflowJob(name="a", job_definition="d", share_identifier=share)

    if fits:
        submit_graph(client, [job], queue="q")
        assert aws.batch.jobs[0]["shareIdentifier"] == share
    else:
        with pytest.raises(ValueError, match='job "a": share_identifier is'):
            submit_graph(client, [job], queue="q")


@pytest.mark.parametrize(("run", "fits"), [("r" * 62, True), ("r" * 63, False)])
def test_a_jobs_name_in_a_run_is_as_long_as_batch_takes(
    aws: Aws,
    client: BatchClient,
    run: str,
    fits: bool,  # noqa: FBT001 - a case
) -> None:
    job = WorkflowJob(name="j" * 64, job_definition="d")

    if fits:
        submit_graph(client, [job], queue="q", run=run)
        assert len(aws.batch.jobs[0]["jobName"]) == 128
    else:
        with pytest.raises(ValueError, match="whose name has 129 characters; allowed: at most"):
            submit_graph(client, [job], queue="q", run=run)


def test_the_same_run_that_failed_is_said_with_what_failed(aws: Aws, client: BatchClient) -> None:
    first = submit_graph(client, DIAMOND, queue="q", input={"day": "mon"}, run="r1")
    bad, *others = first
    states = {bad: "FAILED", **dict.fromkeys(others, "SUCCEEDED")}
    describe(
        aws,
        [
            {**detail(first[name], state), "parameters": job.get("parameters", {})}
            for name, state in states.items()
            for job in aws.batch.jobs
            if job["jobId"] == first[name]
        ],
    )

    with pytest.raises(RunFailedError, match=f"r1--{bad} FAILED") as refusal:
        submit_graph(client, DIAMOND, queue="q", input={"day": "mon"}, run="r1")

    assert f"batch-constructs redrive {first[bad]};" in str(refusal.value)
    assert refusal.value.submitted == first
    assert len(aws.batch.jobs) == len(first)
