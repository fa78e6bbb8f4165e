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

WANTED = {"Cluster": "shared", "Policy": "policy", "Principal": "batch"}
NAMESPACES = ("jobs", "more")


class _Cluster(World):
    """A cluster with an access entry, and the namespaces of its policy."""

    def __init__(self, seed: int) -> None:
        super().__init__(seed)
        self.namespaces: list[str] = []
        self.told: set[str] = set()

    def _eks_list_associated_access_policies(self, request: dict[str, Any]) -> Any:
        assert request == {"clusterName": "shared", "principalArn": "batch"}
        scope = {"type": "namespace", "namespaces": [*self.namespaces]}
        one = [{"policyArn": "policy", "accessScope": scope}] if self.namespaces else []
        return {"associatedAccessPolicies": one}

    def _eks_associate_access_policy(self, request: dict[str, Any]) -> Any:
        entry = (request["clusterName"], request["principalArn"], request["policyArn"])
        assert entry == ("shared", "batch", "policy")
        assert request["accessScope"]["type"] == "namespace"
        self.namespaces = [*request["accessScope"]["namespaces"]]
        return {}

    def _cloudformation_answer(self, request: dict[str, Any]) -> Any:
        body = request["body"]
        if body["Status"] == "SUCCESS":
            self.told.add(body["LogicalResourceId"])
            if body["LogicalResourceId"] not in self.namespaces:
                self.wrong.append("told before it is so")
        return {}


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

    def work(me: Instance, _: Any, __: str) -> None:
        associate.handler(dict(events[me.works_on]), None)

    events = {
        namespace: {
            "RequestType": "Create",
            "RequestId": "request",
            "StackId": "stack",
            "LogicalResourceId": namespace,
            "ResponseURL": "https://answer",
            "ResourceProperties": {**WANTED, "Namespace": namespace},
        }
        for namespace in NAMESPACES
    }
    with (
        patch.object(associate, "boto3", SimpleNamespace(client=client)),
        patch.object(associate, "time", SimpleNamespace(sleep=lambda s: world.me().sleep(s))),
        patch.object(urllib.request, "urlopen", answer),
    ):
        deliveries = play(world, events, work, seconds=300)
    for one in [run for delivery in deliveries for run in delivery.runs]:
        assert one.error is not None or one in answers, "no answer"
    if not world.told <= {*world.namespaces}:
        world.wrong.append("a namespace was lost to another")
    return world
