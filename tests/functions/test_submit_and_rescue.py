"""The ready-made submit function, and Spot rescue's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from batch_constructs.functions.submission import rescue, submit
from batch_constructs.functions.submission.message_reader import Poison
from batch_constructs.functions.submission.repeat import repeat
from tests.functions.aws_in_process import answer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.functions.aws_in_process import Aws


@dataclass
class Context:
    aws_request_id: str = "5a1f"

    def get_remaining_time_in_millis(self) -> int:
        return 60_000


@pytest.fixture(autouse=True)
def environment(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    del aws
    for name, value in {
        "JOB_QUEUE": "main",
        "JOB_DEFINITION": "report:3",
        "NAME_PREFIX": "Submit",
        "RESCUE_QUEUE": "on-demand",
    }.items():
        monkeypatch.setenv(name, value)
    submit.batch_api.cache_clear()
    yield
    submit.batch_api.cache_clear()


def test_an_event_sets_only_what_is_admitted_by_name(
    aws: Aws, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALLOW", "array_size,retry")

    with pytest.raises(Poison, match=r"not set containerOverrides.command \(allow command\)"):
        submit.handler({"containerOverrides": {"command": ["rm"]}}, Context())
    assert aws.batch.jobs == []


def test_an_event_becomes_a_job_with_what_it_asks(
    aws: Aws, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALLOW", "array_size")
    event = {"parameters": {"day": 1}, "environment": {"M": "x"}, "arrayProperties": {"size": 3}}

    answer = submit.handler(event, Context())

    assert aws.batch.jobs == [
        {
            "jobName": "Submit-5a1f",
            "jobQueue": "main",
            "jobDefinition": "report:3",
            "parameters": {"day": "1"},
            "containerOverrides": {"environment": [{"name": "M", "value": "x"}]},
            "arrayProperties": {"size": 3},
            "jobId": answer["jobId"],
        }
    ]


def test_defaults_of_the_construct_give_way_to_the_event(
    aws: Aws, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHARE_IDENTIFIER", "blue")
    monkeypatch.setenv("SCHEDULING_PRIORITY", "3")
    monkeypatch.setenv("ALLOW", "share_identifier")

    submit.handler({"shareIdentifier": "red"}, Context())

    (job,) = aws.batch.jobs
    assert (job["shareIdentifier"], job["schedulingPriorityOverride"]) == ("red", 3)


def test_the_same_name_again_submits_nothing(aws: Aws) -> None:
    first = submit.handler({"jobName": "order/17"}, Context())
    second = submit.handler({"jobName": "order/17"}, Context())

    assert first == second == {"jobName": "order-17", "jobId": aws.batch.jobs[0]["jobId"]}
    assert len(aws.batch.jobs) == 1


def test_an_event_cannot_choose_the_queue(aws: Aws) -> None:
    with pytest.raises(Poison, match="unknown members jobQueue"):
        submit.handler({"jobQueue": "other"}, Context())
    assert aws.batch.jobs == []


def lost(**more: Any) -> dict[str, Any]:
    return {
        "detail": {
            "jobName": "night",
            "jobId": "4c7599ae",
            "jobQueue": "spot",
            "jobDefinition": "report:3",
            "status": "FAILED",
            "statusReason": "Host EC2 (instance i-1) terminated.",
            "parameters": {"day": "1"},
            "retryStrategy": {"attempts": 2, "evaluateOnExit": []},
            "tags": {"team": "x", "aws:y": "z"},
            "container": {
                "command": ["run"],
                "environment": [{"name": "A", "value": "1"}],
                "resourceRequirements": [{"type": "VCPU", "value": "1"}],
            },
            **more,
        }
    }


def test_a_lost_job_runs_again_on_the_rescue_queue_with_all_it_was_given(aws: Aws) -> None:
    rescue.handler(lost(), Context())

    (job,) = aws.batch.jobs
    del job["jobId"]
    assert job == {
        "jobName": "night-rescue-4c7599ae",
        "jobQueue": "on-demand",
        "jobDefinition": "report:3",
        "parameters": {"day": "1"},
        "retryStrategy": {"attempts": 2, "evaluateOnExit": []},
        "tags": {"team": "x"},
        "containerOverrides": {
            "command": ["run"],
            "environment": [{"name": "A", "value": "1"}],
            "resourceRequirements": [{"type": "VCPU", "value": "1"}],
        },
    }


def test_an_event_that_comes_twice_makes_one_job(aws: Aws) -> None:
    rescue.handler(lost(), Context())
    rescue.handler(lost(), Context())

    assert len(aws.batch.jobs) == 1


def indices(job: dict[str, Any]) -> str | None:
    pairs = job["containerOverrides"]["environment"]
    return {pair["name"]: pair["value"] for pair in pairs}.get("ARRAY_INDICES")


def test_a_lost_child_becomes_a_job_that_knows_its_index(aws: Aws) -> None:
    rescue.handler(lost(jobId="4c75:7", arrayProperties={"index": 7}), Context())

    (job,) = aws.batch.jobs
    assert job["jobName"] == "night-rescue-4c75-7"
    assert "arrayProperties" not in job
    assert indices(job) == "7"


@pytest.mark.parametrize(("job_id", "expected"), [("4c75:1", "17"), ("4c75", "3,17")])
def test_a_redriven_job_keeps_its_indices(aws: Aws, job_id: str, expected: str) -> None:
    container = {"environment": [{"name": "ARRAY_INDICES", "value": "3,17"}]}

    rescue.handler(lost(container=container, jobId=job_id), Context())

    assert indices(aws.batch.jobs[0]) == expected


@pytest.mark.parametrize("job", [{"arrayProperties": {"size": 9}}, {"jobId": "4c75#1"}])
def test_what_has_an_event_of_its_own_elsewhere_is_left_to_that(
    aws: Aws, job: dict[str, Any]
) -> None:
    assert rescue.handler(lost(**job), Context()) is None
    assert aws.batch.jobs == []


def test_a_job_whose_name_differs_in_capitals_is_another(aws: Aws) -> None:
    """AWS Batch lists names whatever their case."""
    submit.handler({"jobName": "Report"}, Context())

    def whatever_case(body: dict[str, Any]) -> Any:
        (name,) = body["filters"][0]["values"]
        found = [job for job in aws.batch.jobs if job["jobName"].lower() == name.lower()]
        return answer(200, {"jobSummaryList": found[::-1]})

    aws.batch.script["ListJobs"] = whatever_case
    small = submit.handler({"jobName": "report"}, Context())
    again = submit.handler({"jobName": "report"}, Context())

    assert [job["jobName"] for job in aws.batch.jobs] == ["Report", "report"]
    assert small == again == {"jobName": "report", "jobId": aws.batch.jobs[1]["jobId"]}


@pytest.mark.parametrize(
    ("said", "override"),
    [
        ({"schedulingPriority": 5}, None),
        ({"shareIdentifier": "blue"}, None),
        ({"schedulingPriority": 5, "shareIdentifier": "blue"}, 5),
    ],
)
def test_a_priority_goes_along_where_there_is_a_share(
    said: dict[str, Any], override: int | None
) -> None:
    """A queue without a scheduling policy refuses one."""
    assert repeat(lost(**said)["detail"]).get("schedulingPriorityOverride") == override
