"""ListJobs: filters, states, pages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from tests.local.batch.conftest import Account


@pytest.fixture
def jobs(ready: Account) -> dict[str, str]:
    """Jobs by name: two definitions, all succeeded."""
    ready.definition("true", name="alpha")
    ready.definition("true", name="alphabet")
    found = {
        name: ready.submit(jobName=name, jobDefinition=definition)
        for name, definition in (("One", "alpha"), ("Oneself", "alphabet"), ("two", "alpha"))
    }
    for job in found.values():
        ready.ended(job)
    return found


def names(account: Account, **request: Any) -> list[str]:
    listed = account.batch.list_jobs(jobQueue="queue", **request)["jobSummaryList"]
    return [job["jobName"] for job in listed]


@pytest.mark.usefixtures("jobs")
def test_without_a_state_the_running_jobs_are_listed(ready: Account) -> None:
    ready.definition("sleep", "600")
    ready.until(ready.submit(jobName="running"), "RUNNING")

    assert names(ready) == ["running"]


@pytest.mark.usefixtures("jobs")
def test_the_newest_come_first(ready: Account) -> None:
    assert names(ready, jobStatus="SUCCEEDED") == ["two", "Oneself", "One"]


@pytest.mark.usefixtures("jobs")
@pytest.mark.parametrize(
    ("name", "value", "found"),
    [
        ("JOB_NAME", "one", ["One"]),
        ("JOB_NAME", "one*", ["Oneself", "One"]),
        ("JOB_DEFINITION", "alpha", ["two", "One"]),
        ("JOB_DEFINITION", "alpha*", ["two", "Oneself", "One"]),
        ("JOB_DEFINITION", "Alpha", []),
        ("AFTER_CREATED_AT", "0", ["two", "Oneself", "One"]),
        ("BEFORE_CREATED_AT", "0", []),
    ],
)
def test_a_filter_looks_at_jobs_in_any_state(
    name: str, value: str, found: list[str], ready: Account
) -> None:
    assert names(ready, filters=[{"name": name, "values": [value]}]) == found


def test_a_definition_can_be_given_by_its_arn(ready: Account, jobs: dict[str, str]) -> None:
    arn = ready.job(jobs["One"])["jobDefinition"]

    for value in (arn, arn.rpartition(":")[0]):
        assert names(ready, filters=[{"name": "JOB_DEFINITION", "values": [value]}]) == [
            "two",
            "One",
        ]


@pytest.mark.usefixtures("jobs")
def test_pages_hold_together_while_jobs_come(ready: Account) -> None:
    first = ready.batch.list_jobs(jobQueue="queue", jobStatus="SUCCEEDED", maxResults=1)
    ready.definition("true")
    ready.ended(ready.submit(jobName="three"))

    rest = ready.batch.list_jobs(
        jobQueue="queue", jobStatus="SUCCEEDED", nextToken=first["nextToken"]
    )

    assert [job["jobName"] for job in rest["jobSummaryList"]] == ["Oneself", "One"]


@pytest.mark.parametrize(
    ("request_", "problem"),
    [
        ({}, "exactly one of jobQueue"),
        ({"jobQueue": "queue", "arrayJobId": "x"}, "exactly one of jobQueue"),
        ({"arrayJobId": "x"}, "not the job ID of an array job"),
        ({"multiNodeJobId": "x"}, "not the job ID of a multi-node parallel job"),
        ({"jobQueue": "queue", "filters": [{"name": "COLOUR", "values": ["red"]}]}, "COLOUR"),
        ({"jobQueue": "queue", "filters": [{"name": "JOB_NAME", "values": []}]}, "one value"),
    ],
)
def test_a_list_that_makes_no_sense_is_refused(
    request_: dict[str, Any], problem: str, ready: Account
) -> None:
    with pytest.raises(ClientError, match=problem):
        ready.batch.list_jobs(**request_)


@pytest.mark.parametrize(
    ("operation", "member"),
    [
        ("describe_jobs", "jobs"),
        ("describe_compute_environments", "computeEnvironments"),
        ("describe_scheduling_policies", "arns"),
    ],
)
def test_a_hundred_at_most_are_described_at_once(batch: Any, operation: str, member: str) -> None:
    with pytest.raises(ClientError, match=f"{member} has 101 entries; allowed: at most 100"):
        getattr(batch, operation)(**{member: ["x"] * 101})
