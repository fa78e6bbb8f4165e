"""The function that lets AWS Batch use a namespace of Amazon EKS, on a stand-in of AWS."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator
from typing import Any
from unittest import mock

import boto3
import pytest
from botocore.stub import Stubber

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


@pytest.mark.parametrize(("kind", "id_"), [("Create", "request"), ("Update", "made")])
def test_the_policy_is_associated_for_the_namespace(
    kind: str, id_: str, eks: Stubber, answer: mock.Mock
) -> None:
    scope = {"type": "namespace", "namespaces": ["jobs"]}
    eks.add_response("associate_access_policy", {}, {**ENTRY, "accessScope": scope})

    associate.handler(event(kind), None)

    assert sent(answer)["Status"] == "SUCCESS"
    assert sent(answer)["PhysicalResourceId"] == id_


def test_it_is_taken_away_with_the_namespace(eks: Stubber, answer: mock.Mock) -> None:
    eks.add_response("disassociate_access_policy", {}, ENTRY)

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
    operation = "disassociate" if kind == "Delete" else "associate"
    eks.add_client_error(f"{operation}_access_policy", code, "no such entry")

    associate.handler(event(kind), None)

    assert sent(answer)["Status"] == status
    assert (code in sent(answer).get("Reason", "")) is (status == "FAILED")
