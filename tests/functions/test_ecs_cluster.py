"""The function that finds the ECS cluster of an unmanaged environment, on a stand-in of AWS."""

from __future__ import annotations

import json
import time
import urllib.request
from collections.abc import Iterator
from typing import Any
from unittest import mock

import boto3
import pytest
from botocore.stub import Stubber

from batch_constructs.aws.delivery import CUSTOM_RESOURCE_ANSWER_BYTES
from batch_constructs.functions.ecs_cluster import lookup

ENVIRONMENT = "arn:aws:batch:us-east-1:123456789012:compute-environment/own"
CLUSTER = "arn:aws:ecs:us-east-1:123456789012:cluster/AWSBatch-own-1234"
VALID = {"status": "VALID", "ecsClusterArn": CLUSTER}
CREATING = {"status": "CREATING", "statusReason": "ComputeEnvironment Creating"}


class Context:
    """The context of an invocation: how long it may go on."""

    def __init__(self, seconds: int = 300) -> None:
        self.seconds = seconds

    def get_remaining_time_in_millis(self) -> int:
        return self.seconds * 1000


@pytest.fixture
def batch() -> Iterator[Stubber]:
    yield from stubbed("batch")


@pytest.fixture
def ecs() -> Iterator[Stubber]:
    yield from stubbed("ecs")


CLIENTS: dict[str, Any] = {}


def stubbed(service: str) -> Iterator[Stubber]:
    client = boto3.client(
        service,
        region_name="us-east-1",
        aws_access_key_id="x",
        aws_secret_access_key="x",
    )
    CLIENTS[service] = client
    with Stubber(client) as stubber:
        yield stubber
    CLIENTS.pop(service)


@pytest.fixture
def answer(monkeypatch: pytest.MonkeyPatch) -> mock.Mock:
    """Catch what is put at CloudFormation's address, without waiting between looks."""
    opened = mock.Mock()
    monkeypatch.setattr(boto3, "client", CLIENTS.__getitem__)
    monkeypatch.setattr(time, "sleep", mock.Mock())
    monkeypatch.setattr(urllib.request, "urlopen", opened)
    return opened


def sent(answer: mock.Mock) -> dict[str, Any]:
    (request,) = answer.call_args.args
    assert request.get_method() == "PUT"
    assert request.full_url == "https://example.com/answer"
    body: dict[str, Any] = json.loads(request.data)
    return body


def event(kind: str = "Create", **properties: Any) -> dict[str, Any]:
    return {
        "RequestType": kind,
        "RequestId": "request",
        "StackId": "stack",
        "LogicalResourceId": "Lookup",
        "ResponseURL": "https://example.com/answer",
        "ResourceProperties": {"ComputeEnvironment": ENVIRONMENT, **properties},
    }


def looks(batch: Stubber, *environments: dict[str, Any] | None) -> None:
    for found in environments:
        named = {"computeEnvironmentName": "own", "computeEnvironmentArn": ENVIRONMENT}
        batch.add_response(
            "describe_compute_environments",
            {"computeEnvironments": [] if found is None else [{**named, **found}]},
            {"computeEnvironments": [ENVIRONMENT]},
        )


def test_the_cluster_is_waited_for_and_told(batch: Stubber, answer: mock.Mock) -> None:
    looks(batch, CREATING, {**CREATING, "ecsClusterArn": CLUSTER}, VALID)

    lookup.handler(event(), Context())

    assert sent(answer) == {
        "Data": {"EcsClusterArn": CLUSTER, "EcsClusterName": "AWSBatch-own-1234"},
        "LogicalResourceId": "Lookup",
        "PhysicalResourceId": CLUSTER,
        "RequestId": "request",
        "StackId": "stack",
        "Status": "SUCCESS",
    }
    batch.assert_no_pending_responses()


def test_the_cluster_gets_its_tags(batch: Stubber, ecs: Stubber, answer: mock.Mock) -> None:
    looks(batch, VALID)
    tags = [{"key": "stage", "value": "test"}, {"key": "team", "value": "genomics"}]
    ecs.add_response("tag_resource", {}, {"resourceArn": CLUSTER, "tags": tags})

    lookup.handler(event(ClusterTags={"team": "genomics", "stage": "test"}), Context())

    assert sent(answer)["Status"] == "SUCCESS"
    ecs.assert_no_pending_responses()


def test_a_tag_that_is_gone_is_taken_away(batch: Stubber, ecs: Stubber, answer: mock.Mock) -> None:
    looks(batch, VALID)
    ecs.add_response("untag_resource", {}, {"resourceArn": CLUSTER, "tagKeys": ["team"]})
    update = event("Update", ClusterTags={})
    update["OldResourceProperties"] = {"ClusterTags": {"team": "genomics"}}

    lookup.handler(update, Context())

    assert sent(answer)["Status"] == "SUCCESS"
    ecs.assert_no_pending_responses()


def test_a_deletion_asks_aws_nothing(answer: mock.Mock) -> None:
    lookup.handler({**event("Delete"), "PhysicalResourceId": CLUSTER}, Context())

    assert sent(answer)["Status"] == "SUCCESS"
    assert sent(answer)["PhysicalResourceId"] == CLUSTER


@pytest.mark.parametrize(
    ("found", "seconds", "reason"),
    [
        (None, 300, f"LookupError: there is no compute environment {ENVIRONMENT}"),
        (
            {"status": "INVALID", "statusReason": "no such role"},
            300,
            f"LookupError: {ENVIRONMENT} is INVALID: no such role",
        ),
        (
            CREATING,
            10,
            f"LookupError: {ENVIRONMENT} has no ECS cluster yet: ComputeEnvironment Creating",
        ),
    ],
)
def test_what_goes_wrong_is_told_so_that_the_stack_does_not_wait(
    found: dict[str, Any] | None,
    seconds: int,
    reason: str,
    batch: Stubber,
    answer: mock.Mock,
) -> None:
    looks(batch, found)

    lookup.handler(event(), Context(seconds))

    assert sent(answer)["Status"] == "FAILED"
    assert sent(answer)["Reason"] == reason


def test_an_error_of_aws_is_told_too(batch: Stubber, answer: mock.Mock) -> None:
    batch.add_client_error("describe_compute_environments", "AccessDenied", "not allowed")

    lookup.handler(event(), Context())

    assert sent(answer)["Status"] == "FAILED"
    assert "AccessDenied" in sent(answer)["Reason"]


def test_a_reason_of_any_length_finds_room_in_the_answer(batch: Stubber, answer: mock.Mock) -> None:
    looks(batch, {"status": "INVALID", "statusReason": 'é"' * 5000})

    lookup.handler(event(), Context())

    (request,) = answer.call_args.args
    assert sent(answer)["Reason"].startswith(f"LookupError: {ENVIRONMENT} is INVALID: ?")
    assert len(request.data) <= CUSTOM_RESOURCE_ANSWER_BYTES
