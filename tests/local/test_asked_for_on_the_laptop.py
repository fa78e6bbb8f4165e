"""What people ask for, on the embedded AWS: each example deploys there, and its jobs run."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import aws_cdk as cdk
import pytest

from batch_constructs.local.server import LocalServer
from batch_constructs.testing.local_aws import LocalAws
from tests.test_examples import CONTEXT, ROOT, load
from tests.test_what_people_ask_for import ALL

pytestmark = pytest.mark.local_aws

SAID = "as far as it goes"
NOT_WITHOUT_KUBECTL = "eks_namespace"


@pytest.fixture(scope="module")
def aws() -> Iterator[LocalAws]:
    with LocalAws(LocalServer()) as running:
        yield running


@pytest.mark.parametrize("name", [name for name in ALL if name != NOT_WITHOUT_KUBECTL])
def test_an_example_deploys_and_its_jobs_run(aws: LocalAws, name: str) -> None:
    """What is not played, such as a StackSet, is only recorded in its stack."""
    app = cdk.App(context=CONTEXT)
    stack = load(ROOT / "examples" / name / "app.py").build(app)
    template = app.synth().get_stack_artifact(stack.artifact_id).template
    types = {one["Type"] for one in template["Resources"].values()}
    played = aws.server.record.access.control("types", {})["types"]
    aws.server.record.access.control("record", {"types": sorted(types - {*played})})

    deployed = aws.deploy(stack)

    def made(type_: str) -> list[str]:
        named = template["Resources"].items()
        return [deployed.resources[key] for key, one in named if one["Type"] == type_]

    batch = aws.client("batch")
    (queue, *_) = made("AWS::Batch::JobQueue") or [""]
    share = {"shareIdentifier": "any"} if made("AWS::Batch::SchedulingPolicy") else {}
    for definition in made("AWS::Batch::JobDefinition"):
        (described,) = batch.describe_job_definitions(jobDefinitions=[definition])["jobDefinitions"]
        asked = {"jobQueue": queue, "jobDefinition": definition, **said_instead(described)}
        job = aws.wait_for_job(batch.submit_job(jobName=name, **asked, **share)["jobId"])
        assert job["status"] == "SUCCEEDED", json.dumps(job, indent=1, default=str)


def said_instead(definition: dict[str, Any]) -> dict[str, Any]:
    """Give each container a command that every machine has: jobs run as processes here."""
    command = {"command": ["echo", SAID]}
    if "nodeProperties" in definition:
        nodes = [
            {"targetNodes": one["targetNodes"], "containerOverrides": command}
            for one in definition["nodeProperties"]["nodeRangeProperties"]
        ]
        return {"nodeOverrides": {"nodePropertyOverrides": nodes}}
    tasks = definition.get("ecsProperties", {}).get("taskProperties", [])
    if tasks:
        containers = [{"name": one["name"], **command} for one in tasks[0]["containers"]]
        return {"ecsPropertiesOverride": {"taskProperties": [{"containers": containers}]}}
    return {"containerOverrides": command}
