"""Which rights the embedded AWS asks for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from batch_constructs.local.batch.api_model import OPERATIONS
from batch_constructs.local.batch.arns import Arns
from batch_constructs.local.batch_authorization import rights_for

ARN = "arn:aws:batch:us-east-1:123456789012"
ARNS = Arns(account_id="123456789012", region="us-east-1")


def rights(operation: str, **request: Any) -> list[tuple[str, str]]:
    """Give the rights with the newest revision of `known` being 3, each ARN cut short."""

    def handle(_: str, asked: Mapping[str, Any]) -> dict[str, Any]:
        known = asked["jobDefinitionName"] == "known"
        return {"jobDefinitions": [{"revision": 3}, {"revision": 2}] if known else []}

    return [
        (action, arn.removeprefix(f"{ARN}:"))
        for action, arn in rights_for(operation, request, ARNS, handle)
    ]


QUEUE, NAME, JOBS = "job-queue/queue", "job-definition/known", "job/*"


@pytest.mark.parametrize(
    ("definition", "revision"),
    [("known", 3), ("known:2", 2), (f"{ARN}:job-definition/known:1", 1)],
)
@pytest.mark.parametrize("queue", ["queue", f"{ARN}:job-queue/queue"])
def test_a_submission_is_checked_against_all_that_a_page_of_aws_names(
    queue: str, definition: str, revision: int
) -> None:
    asked = rights("SubmitJob", jobName="x", jobQueue=queue, jobDefinition=definition)

    assert asked == [
        ("SubmitJob", resource) for resource in (QUEUE, NAME, f"{NAME}:{revision}", JOBS)
    ]


def test_a_definition_that_is_not_there_is_asked_for_by_its_name() -> None:
    asked = rights("SubmitJob", jobName="x", jobQueue="queue", jobDefinition="unknown")

    assert [resource for _, resource in asked] == [QUEUE, "job-definition/unknown", JOBS]


def test_tags_of_a_submission_take_the_right_to_tag_jobs() -> None:
    asked = rights(
        "SubmitJob", jobName="x", jobQueue="queue", jobDefinition="known", tags={"a": "b"}
    )

    assert asked[-1] == ("TagResource", JOBS)


@pytest.mark.parametrize(
    ("operation", "request_", "expected"),
    [
        ("CancelJobs", {"jobs": ["a", "b"]}, [("CancelJob", "job/a"), ("CancelJob", "job/b")]),
        ("TerminateJobs", {"jobs": ["a"]}, [("TerminateJob", "job/a")]),
        ("TerminateJob", {"jobId": "a:1"}, [("TerminateJob", "job/a:1")]),
        (
            "TerminateServiceJobs",
            {"jobs": ["a"]},
            [("TerminateServiceJob", "service-job/a")],
        ),
        (
            "DeregisterJobDefinition",
            {"jobDefinition": "known:2"},
            [("DeregisterJobDefinition", f"{NAME}:2")],
        ),
        (
            "RegisterJobDefinition",
            {"jobDefinitionName": "known"},
            [("RegisterJobDefinition", NAME)],
        ),
        (
            "CreateJobQueue",
            {"jobQueueName": "queue", "tags": {"a": "b"}},
            [("CreateJobQueue", QUEUE), ("TagResource", QUEUE)],
        ),
        (
            "CreateQuotaShare",
            {"jobQueue": "queue", "quotaShareName": "share"},
            [("CreateQuotaShare", QUEUE), ("CreateQuotaShare", f"{QUEUE}/quota-share/share")],
        ),
        (
            "TagResource",
            {"resourceArn": f"{ARN}:job/a", "tags": {"a": "b"}},
            [("TagResource", "job/a")],
        ),
        ("ListJobs", {"jobQueue": "queue"}, [("ListJobs", "*")]),
        ("DescribeJobs", {"jobs": ["a"]}, [("DescribeJobs", "*")]),
        ("UpdateJobQueue", {}, [("UpdateJobQueue", "*")]),
    ],
)
def test_a_request_is_checked_against_what_it_names(
    operation: str, request_: dict[str, Any], expected: list[tuple[str, str]]
) -> None:
    assert rights(operation, **request_) == expected


@pytest.mark.parametrize("operation", sorted(OPERATIONS))
def test_every_operation_takes_a_right(operation: str) -> None:
    assert rights(operation)
