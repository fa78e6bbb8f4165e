"""Job definitions: revisions, validation, paging."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from tests.local.batch.conftest import Account


GOOD_RULE = {"onExitCode": "1", "action": "EXIT"}


def test_registering_again_makes_a_new_revision(account: Account) -> None:
    first, second = account.definition("true"), account.definition("true")

    assert (first[-2:], second[-2:]) == (":1", ":2")


def test_a_job_takes_the_newest_active_revision(ready: Account) -> None:
    arns = [ready.definition("true") for _ in range(3)]
    ready.batch.deregister_job_definition(jobDefinition=arns[2])

    assert ready.job(ready.submit())["jobDefinition"] == arns[1]
    assert ready.job(ready.submit(jobDefinition="job:1"))["jobDefinition"] == arns[0]


def test_an_inactive_revision_is_refused(ready: Account) -> None:
    arn = ready.definition("true")
    ready.batch.deregister_job_definition(jobDefinition=arn)

    with pytest.raises(ClientError, match="is not ACTIVE"):
        ready.submit(jobDefinition=arn)


def test_revisions_are_not_reused(account: Account) -> None:
    arn = account.definition("true")
    account.batch.deregister_job_definition(jobDefinition=arn)

    assert account.definition("true").endswith(":2")


def test_definitions_are_described_newest_first_in_pages(account: Account) -> None:
    for _ in range(3):
        account.definition("true")

    pages = account.batch.get_paginator("describe_job_definitions").paginate(
        jobDefinitionName="job", status="ACTIVE", PaginationConfig={"PageSize": 2}
    )

    revisions = [[d["revision"] for d in page["jobDefinitions"]] for page in pages]
    assert revisions == [[3, 2], [1]]


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        (
            {"timeout": {"attemptDurationSeconds": 59}},
            "is 59 seconds; allowed: 60 seconds or more",
        ),
        (
            {"retryStrategy": {"attempts": 11}},
            "retryStrategy.attempts is 11; allowed: whole numbers from 1 to 10",
        ),
        (
            {"retryStrategy": {"evaluateOnExit": [{"onExitCode": "1", "action": "EXIT"}]}},
            "Attempts is missing; EvaluateOnExit needs it",
        ),
        (
            {"retryStrategy": {"attempts": 2, "evaluateOnExit": [{"action": "EXIT"}]}},
            "OnReason, OnStatusReason or OnExitCode is missing",
        ),
        (
            {
                "retryStrategy": {
                    "attempts": 2,
                    "evaluateOnExit": [{"onExitCode": "x1", "action": "EXIT"}],
                }
            },
            r"onExitCode .*x1",
        ),
        (
            {"container": {"environment": [{"name": "AWS_BATCH_X", "value": "1"}]}},
            "AWS_BATCH",
        ),
        ({"vcpus": 0.25}, "VCPU is 0.25; allowed: whole numbers from 1"),
        ({"vcpus": 0}, "VCPU is 0; allowed: whole numbers from 1"),
        ({"memory": 3}, "MEMORY is 3 MiB; allowed: 4 MiB or more"),
        ({"vcpus": 3, "platformCapabilities": ["FARGATE"]}, "VCPU is 3; allowed: 0.25, 0.5"),
        ({"memory": 513, "platformCapabilities": ["FARGATE"]}, "MEMORY is 513 MiB"),
        ({"retryStrategy": {"attempts": 1, "evaluateOnExit": [GOOD_RULE] * 6}}, "has 6 exit cond"),
        ({"parameters": {"a": "x" * 24 * 1024}}, "bytes; allowed: at most 24576"),
        ({"container": {"resourceRequirements": []}}, "no VCPU and no MEMORY requirement is given"),
        (
            {"ecsProperties": {"taskProperties": [{"containers": [{"image": "i"}]}]}},
            "ContainerProperties and EcsProperties are set",
        ),
    ],
)
def test_a_definition_that_aws_batch_refuses_is_refused(
    options: dict[str, Any], problem: str, account: Account
) -> None:
    with pytest.raises(ClientError, match=problem):
        account.definition("true", **options)


def test_all_problems_are_told_at_once(account: Account) -> None:
    with pytest.raises(
        ClientError, match=r"(?=.*attempts is 0; )(?=.*attemptDurationSeconds is 1 second; )"
    ):
        account.definition(
            "true", retryStrategy={"attempts": 0}, timeout={"attemptDurationSeconds": 1}
        )
