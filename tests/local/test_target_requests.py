"""What EventBridge and its Scheduler make of a target with AWS Batch behind it."""

from __future__ import annotations

import json

import pytest

from batch_constructs.aws.service_principals import trusts
from batch_constructs.local.target_requests import (
    RefusedInvocationError,
    scheduler_request,
    submit_request,
)

TARGET = {
    "Arn": "arn:aws:batch:us-east-1:123456789012:job-queue/q",
    "BatchParameters": {
        "JobDefinition": "d:1",
        "JobName": "n",
        "ArrayProperties": {"Size": 3},
        "RetryStrategy": {"Attempts": 2},
    },
}


def test_a_rule_s_target_says_what_to_run_and_its_input_with_what() -> None:
    payload = {
        "Parameters": {"key": "a"},
        "ContainerOverrides": {"Environment": [{"Name": "A", "Value": "1"}]},
    }

    assert submit_request(TARGET, json.dumps(payload)) == {
        "jobQueue": TARGET["Arn"],
        "jobDefinition": "d:1",
        "jobName": "n",
        "arrayProperties": {"size": 3},
        "retryStrategy": {"attempts": 2},
        "parameters": {"key": "a"},
        "containerOverrides": {"environment": [{"name": "A", "value": "1"}]},
    }


def test_an_event_that_is_no_request_starts_the_job_as_it_is_defined() -> None:
    request = submit_request(TARGET, json.dumps({"source": "aws.s3", "detail": {}}))

    assert set(request) == {
        "jobQueue",
        "jobDefinition",
        "jobName",
        "arrayProperties",
        "retryStrategy",
    }


def test_a_schedule_s_input_is_the_request_with_its_context_filled_in() -> None:
    payload = '{"JobName": "at-<aws.scheduler.execution-id>", "JobQueue": "q"}'

    assert scheduler_request(payload, {"aws.scheduler.execution-id": "7"}) == {
        "jobName": "at-7",
        "jobQueue": "q",
    }


def test_members_of_an_input_must_be_capitalised() -> None:
    payload = json.dumps({"ContainerOverrides": {"command": ["x"]}})

    with pytest.raises(RefusedInvocationError, match=r"extraneous key \[command\]"):
        submit_request(TARGET, payload)


def test_an_input_that_is_no_json_is_said() -> None:
    with pytest.raises(RefusedInvocationError, match="the input is not JSON"):
        scheduler_request("{", {})


@pytest.mark.parametrize(
    ("principal", "trusted"),
    [
        ({"Service": "batch.amazonaws.com"}, True),
        ({"Service": ["x.amazonaws.com", "batch.amazonaws.com"]}, True),
        ({"Service": "batch.us-east-1.amazonaws.com"}, True),
        ({"Service": "batch.amazonaws.com.cn"}, True),
        ({"Service": "ecs-tasks.amazonaws.com"}, False),
        ({"AWS": "arn:aws:iam::123456789012:root"}, False),
        ("*", True),
        ({"AWS": "*"}, True),
        ({"AWS": ["arn:aws:iam::123456789012:root", "*"]}, True),
    ],
)
def test_a_role_is_for_the_services_it_trusts(principal: object, trusted: bool) -> None:  # noqa: FBT001
    allowed = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": principal}

    assert trusts({"Statement": [allowed]}, "batch.amazonaws.com") is trusted


@pytest.mark.parametrize(
    ("said", "trusted"),
    [
        ({"Action": ["sts:TagSession", "sts:AssumeRole"]}, True),
        ({"Action": "sts:Assume*"}, True),
        ({"Action": "STS:assumerole"}, True),
        ({"Action": "*"}, True),
        ({"Action": "sts:TagSession"}, False),
        ({"Action": "sts:AssumeRoleWithSAML"}, False),
        ({"NotAction": "sts:TagSession"}, True),
        ({"Action": "sts:AssumeRole", "Effect": "Deny"}, False),
        ({}, False),
    ],
)
def test_a_service_is_trusted_if_it_may_assume_the_role(
    said: dict[str, object],
    trusted: bool,  # noqa: FBT001
) -> None:
    allowed = {"Effect": "Allow", "Principal": {"Service": "batch.amazonaws.com"}, **said}

    assert trusts({"Statement": allowed}, "batch.amazonaws.com") is trusted


def test_whom_a_statement_means_by_all_the_others_is_not_known() -> None:
    others = {"Service": "ec2.amazonaws.com"}
    allowed = {"Effect": "Allow", "Action": "sts:AssumeRole", "NotPrincipal": others}

    assert trusts({"Statement": [allowed]}, "batch.amazonaws.com")
