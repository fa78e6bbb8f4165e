"""The real cdk CLI against the embedded AWS: deploy, deploy again, change, destroy."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from batch_constructs.local.cdk_deployment import CdkApp, CdkDeployer
from batch_constructs.local.inventory import take_inventory
from batch_constructs.local.server import LocalServer

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = [pytest.mark.local_aws, pytest.mark.cdk_cli]

APP = """
import json, pathlib
import aws_cdk as cdk
from aws_cdk import aws_lambda as lambda_
from tests.local import fargate

wish = json.loads(pathlib.Path("wish.json").read_text())
stack = cdk.Stack(cdk.App(), "Cli")
queue = fargate.queue(stack, max_vcpus=wish["max_vcpus"])
job = fargate.job(stack, "Job", queue, ["echo", wish["word"]])
function = lambda_.Function(
    stack, "Submitter", runtime=lambda_.Runtime.PYTHON_3_13, handler="index.handler",
    code=lambda_.Code.from_inline(
        "import boto3\\n"
        "def handler(event, context):\\n"
        "    return boto3.client('batch').submit_job(jobName='x', **event)['jobId']\\n"))
if wish["granted"]:
    function.add_to_role_policy(fargate.may_submit(queue))
cdk.CfnOutput(stack, "FunctionName", value=function.function_name)
stack.node.root.synth()
"""
WISH = {"word": "hello", "max_vcpus": 4, "granted": True}


@dataclass
class Cli:
    """An app on disk, its server, and what the CLI said."""

    server: LocalServer
    deployer: CdkDeployer
    directory: Path
    lines: list[str]
    deployed: dict[str, Any] = field(default_factory=dict)

    def have(self, **changes: Any) -> None:
        """Deploy unless this is what is deployed: every run of the CLI takes seconds."""
        if self.deployed != {**WISH, **changes}:
            self.deploy(**changes)

    def deploy(self, **changes: Any) -> str:
        self.deployed = {**WISH, **changes}
        (self.directory / "wish.json").write_text(json.dumps(self.deployed))
        before = len(self.lines)
        self.deployer.bootstrap()
        self.deployer.deploy()
        return "\n".join(self.lines[before:])

    @property
    def outputs(self) -> dict[str, str]:
        stacks = self.server.client("cloudformation").describe_stacks(StackName="Cli")["Stacks"]
        return {output["OutputKey"]: output["OutputValue"] for output in stacks[0]["Outputs"]}

    def invoke(self) -> dict[str, Any]:
        """Let the function submit the job."""
        outputs = self.outputs
        request = {"jobQueue": outputs["QueueArn"], "jobDefinition": outputs["JobArn"]}
        answer = self.server.client("lambda").invoke(
            FunctionName=outputs["FunctionName"], Payload=json.dumps(request)
        )
        return {"error": answer.get("FunctionError"), "body": answer["Payload"].read().decode()}


@pytest.fixture(scope="module")
def cli(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cli]:
    directory = tmp_path_factory.mktemp("app")
    (directory / "app.py").write_text(APP)
    (directory / "tests").symlink_to(Path(__file__).parents[1])
    lines: list[str] = []
    with LocalServer() as server:
        deployer = CdkDeployer(
            server.record,
            CdkApp.find(directory, None),
            output=server.directory / "cdk.out",
            show=lines.append,
            client=server.client,
        )
        yield Cli(server, deployer, directory, lines)


def test_deploy_makes_every_resource_and_a_second_deploy_changes_nothing(cli: Cli) -> None:
    first = cli.deploy()
    found = take_inventory(cli.server.client, "Cli")
    outputs = cli.outputs
    second = cli.deploy()

    assert "Cli" in first
    assert [one for one in found if one.answer == "missing"] == []
    asked = {one.type_name for one in found if one.answer == "there"}
    assert {"AWS::Batch::ComputeEnvironment", "AWS::Batch::JobQueue"} <= asked
    assert "no changes" in second
    assert cli.outputs == outputs


def test_an_update_changes_what_it_can_in_place_and_registers_a_revision(cli: Cli) -> None:
    cli.have()
    before = cli.outputs
    cli.deploy(word="goodbye", max_vcpus=8)
    after = cli.outputs

    assert after["QueueArn"] == before["QueueArn"]
    assert after["JobArn"] != before["JobArn"]
    batch = cli.server.client("batch")
    environments = batch.describe_compute_environments()["computeEnvironments"]
    assert [one["computeResources"]["maxvCpus"] for one in environments] == [8]
    definitions = batch.describe_job_definitions(jobDefinitions=[before["JobArn"]])
    assert [one["status"] for one in definitions["jobDefinitions"]] == ["INACTIVE"]


def test_a_function_submits_by_its_grant_and_not_without_it(cli: Cli) -> None:
    cli.have(word="goodbye", max_vcpus=8)
    granted = cli.invoke()
    cli.deploy(word="goodbye", max_vcpus=8, granted=False)
    denied = cli.invoke()

    assert granted["error"] is None, granted
    assert denied["error"] == "Unhandled"
    assert "not authorized to perform: batch:SubmitJob" in denied["body"]


def test_destroy_leaves_nothing(cli: Cli) -> None:
    cli.have(word="goodbye", max_vcpus=8, granted=False)

    cli.deployer.destroy()

    batch = cli.server.client("batch")
    assert batch.describe_job_queues()["jobQueues"] == []
    assert batch.describe_compute_environments()["computeEnvironments"] == []
    with pytest.raises(ClientError, match="does not exist"):
        cli.server.client("cloudformation").describe_stacks(StackName="Cli")
