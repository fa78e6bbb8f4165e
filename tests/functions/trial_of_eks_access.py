"""Trials of what lets AWS Batch use a namespace of Amazon EKS, as CloudFormation invokes it."""

from __future__ import annotations

import json
import urllib.request
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

from batch_constructs.functions.claims.outcome import PATIENT
from batch_constructs.functions.eks_access import associate
from tests.functions.interleaving import Instance, World, play

WANTED = {"Cluster": "shared", "Namespace": "jobs", "Policy": "policy", "Principal": "batch"}


class _Cluster(World):
    """A cluster with an access entry, and the namespaces of its policy."""

    def __init__(self, seed: int) -> None:
        super().__init__(seed)
        self.namespaces: list[str] = []

    def _eks_associate_access_policy(self, request: dict[str, Any]) -> Any:
        entry = (request["clusterName"], request["principalArn"], request["policyArn"])
        assert entry == ("shared", "batch", "policy")
        assert request["accessScope"]["type"] == "namespace"
        self.namespaces = request["accessScope"]["namespaces"]
        return {}

    def _cloudformation_answer(self, request: dict[str, Any]) -> Any:
        if request["body"]["Status"] == "SUCCESS" and self.namespaces != ["jobs"]:
            self.wrong.append("told before it is so")


def eks_access(seed: int) -> World:
    """CloudFormation has an answer of every run that does not fail, and a true one."""
    world = _Cluster(seed)
    world.trouble("eks", "cloudformation")
    answers: dict[Instance, dict[str, Any]] = {}

    def answer(request: Any, timeout: float) -> None:
        del timeout
        body = json.loads(request.data)
        world.client("cloudformation", patient=False).answer(body=body)
        answers[world.me()] = body

    def client(of: str, config: object) -> Any:
        return world.client(of, patient=config is PATIENT)

    def work(_: Instance, __: Any, ___: str) -> None:
        associate.handler(dict(event), None)

    event = {
        "RequestType": "Create",
        "RequestId": "request",
        "StackId": "stack",
        "LogicalResourceId": "Association",
        "ResponseURL": "https://answer",
        "ResourceProperties": WANTED,
    }
    with (
        patch.object(associate, "boto3", SimpleNamespace(client=client)),
        patch.object(urllib.request, "urlopen", answer),
    ):
        deliveries = play(world, {"create": event}, work, seconds=120)
    for one in [run for delivery in deliveries for run in delivery.runs]:
        assert one.error is not None or one in answers, "no answer"
    return world
