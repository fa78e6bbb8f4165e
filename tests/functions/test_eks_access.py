"""The function that lets AWS Batch use a namespace of Amazon EKS, on a stand-in of AWS."""

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

from batch_constructs.aws.error_names import NOT_FOUND
from batch_constructs.functions.eks_access import associate

ENTRY = {
    "clusterName": "shared",
    "principalArn": "arn:aws:iam::123456789012:role/aws-service-role/batch.amazonaws.com/Batch",
    "policyArn": "arn:aws:eks::aws:cluster-access-policy/AWSBatchNamespacePolicy",
}


@pytest.fixture
def eks(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stubber]:
    client = boto3.client(
        "eks", region_name="us-east-1", aws_access_key_id="x", aws_secret_access_key="x"
    )
    monkeypatch.setattr(boto3, "client", lambda *_, **__: client)
    with Stubber(client) as stubber:
        yield stubber
        stubber.assert_no_pending_responses()


@pytest.fixture
def answer(monkeypatch: pytest.MonkeyPatch) -> mock.Mock:
    opened = mock.Mock()
    monkeypatch.setattr(urllib.request, "urlopen", opened)
    return opened


def event(kind: str) -> dict[str, Any]:
    made = {} if kind == "Create" else {"PhysicalResourceId": "made"}
    return {
        **made,
        "RequestType": kind,
        "RequestId": "request",
        "StackId": "stack",
        "LogicalResourceId": "Association",
        "ResponseURL": "https://example.com/answer",
        "ResourceProperties": {
            "Cluster": ENTRY["clusterName"],
            "Namespace": "jobs",
            "Policy": ENTRY["policyArn"],
            "Principal": ENTRY["principalArn"],
        },
    }


def sent(answer: mock.Mock) -> dict[str, Any]:
    (request,) = answer.call_args.args
    found: dict[str, Any] = json.loads(request.data)
    return found


@pytest.fixture(autouse=True)
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    seconds: list[float] = []
    monkeypatch.setattr(time, "sleep", seconds.append)
    return seconds


def found(eks: Stubber, *namespaces: str, scope: str = "namespace") -> None:
    """Have the policy associated so, beside another one."""
    entry = {name: value for name, value in ENTRY.items() if name != "policyArn"}
    own = {"type": scope, "namespaces": list(namespaces)}
    policies = [
        {"policyArn": "other", "accessScope": {"type": "cluster", "namespaces": []}},
        {"policyArn": ENTRY["policyArn"], "accessScope": own},
    ]
    listed = {"associatedAccessPolicies": policies if namespaces or scope == "cluster" else []}
    eks.add_response("list_associated_access_policies", listed, entry)


def written(eks: Stubber, *namespaces: str) -> None:
    scope = {"type": "namespace", "namespaces": list(namespaces)}
    eks.add_response("associate_access_policy", {}, {**ENTRY, "accessScope": scope})


@pytest.mark.parametrize(("kind", "id_"), [("Create", "request"), ("Update", "made")])
def test_the_policy_is_associated_for_the_namespace_and_for_those_of_others(
    kind: str, id_: str, eks: Stubber, answer: mock.Mock, slept: list[float]
) -> None:
    found(eks, "theirs")
    written(eks, "jobs", "theirs")
    found(eks, "jobs", "theirs")

    associate.handler(event(kind), None)

    assert sent(answer)["Status"] == "SUCCESS"
    assert sent(answer)["PhysicalResourceId"] == id_
    assert slept == [30]


def test_what_stands_there_already_is_looked_at_twice(
    eks: Stubber, answer: mock.Mock, slept: list[float]
) -> None:
    found(eks, "jobs")
    found(eks, "jobs")

    associate.handler(event("Update"), None)

    assert sent(answer)["Status"] == "SUCCESS"
    assert slept == [30]


def test_what_another_run_overwrote_is_written_again(eks: Stubber, answer: mock.Mock) -> None:
    found(eks)
    written(eks, "jobs")
    found(eks, "theirs")
    written(eks, "jobs", "theirs")
    found(eks, "jobs", "theirs")

    associate.handler(event("Create"), None)

    assert sent(answer)["Status"] == "SUCCESS"


def test_runs_that_overwrite_each_other_for_ever_are_told(eks: Stubber, answer: mock.Mock) -> None:
    for _ in range(6):
        found(eks, "theirs")
        written(eks, "jobs", "theirs")

    associate.handler(event("Create"), None)

    assert sent(answer)["Status"] == "FAILED"
    assert "keep changing the namespaces" in sent(answer)["Reason"]


def test_a_policy_for_the_whole_cluster_is_left_as_it_is(eks: Stubber, answer: mock.Mock) -> None:
    found(eks, scope="cluster")

    associate.handler(event("Create"), None)

    assert sent(answer)["Status"] == "SUCCESS"


def test_another_namespace_takes_the_place_of_the_one_before(
    eks: Stubber, answer: mock.Mock
) -> None:
    update = event("Update")
    update["OldResourceProperties"] = {**update["ResourceProperties"], "Namespace": "old"}
    found(eks, "old", "theirs")
    written(eks, "jobs", "theirs")
    found(eks, "jobs", "theirs")

    associate.handler(update, None)

    assert sent(answer)["Status"] == "SUCCESS"


def test_on_another_cluster_the_one_before_is_left_behind(eks: Stubber, answer: mock.Mock) -> None:
    update = event("Update")
    update["OldResourceProperties"] = {**update["ResourceProperties"], "Cluster": "before"}
    old = {"clusterName": "before", "principalArn": ENTRY["principalArn"]}
    eks.add_client_error("list_associated_access_policies", NOT_FOUND, expected_params=old)
    found(eks)
    written(eks, "jobs")
    found(eks, "jobs")

    associate.handler(update, None)

    assert sent(answer)["Status"] == "SUCCESS"


def test_it_is_taken_away_with_the_last_namespace(eks: Stubber, answer: mock.Mock) -> None:
    found(eks, "jobs")
    eks.add_response("disassociate_access_policy", {}, ENTRY)
    found(eks)

    associate.handler(event("Delete"), None)

    assert sent(answer)["Status"] == "SUCCESS"


def test_the_namespaces_of_others_stay_where_one_goes(eks: Stubber, answer: mock.Mock) -> None:
    found(eks, "jobs", "theirs")
    written(eks, "theirs")
    found(eks, "theirs")

    associate.handler(event("Delete"), None)

    assert sent(answer)["Status"] == "SUCCESS"


@pytest.mark.parametrize(
    ("kind", "code", "status"),
    [
        ("Create", "ResourceNotFoundException", "FAILED"),
        ("Update", "AccessDeniedException", "FAILED"),
        ("Delete", "AccessDeniedException", "FAILED"),
        ("Delete", "ResourceNotFoundException", "SUCCESS"),
    ],
)
def test_an_error_of_aws_is_told_and_only_what_is_gone_already_is_none(
    kind: str, code: str, status: str, eks: Stubber, answer: mock.Mock
) -> None:
    found(eks, *(["jobs"] if kind == "Delete" else []))
    operation = "disassociate" if kind == "Delete" else "associate"
    eks.add_client_error(f"{operation}_access_policy", code, "no such entry")

    associate.handler(event(kind), None)

    assert sent(answer)["Status"] == status
    assert (code in sent(answer).get("Reason", "")) is (status == "FAILED")
