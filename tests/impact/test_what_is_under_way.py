"""A definition changes while a workflow, a rescue, a redrive and a graph are under way."""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2

import batch_constructs as bc
from batch_constructs.client import BatchClient
from batch_constructs.client.graph import submit_graph
from batch_constructs.client.redrive import redrive

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from batch_constructs.testing.local_aws import LocalAws

pytestmark = pytest.mark.local_aws
DEADLINE_SECONDS = 120.0
IMAGE = "public.ecr.aws/docker/library/busybox:stable"


def stack_of(word: str, go: Path) -> cdk.Stack:
    """Give the stack whose definitions say a word: each is another revision when it changes."""
    stack = cdk.Stack(cdk.App(builtin_cloud_formation_validation=False), "UnderWay")
    vpc = ec2.Vpc.from_vpc_attributes(
        stack,
        "Vpc",
        vpc_id="vpc-12345678",
        availability_zones=["us-east-1a"],
        private_subnet_ids=["subnet-12345678"],
    )
    on_demand = bc.JobQueue(
        stack, "OnDemand", compute_environments=[bc.Ec2ComputeEnvironment(stack, "Ec2", vpc=vpc)]
    )
    spot = bc.JobQueue(
        stack,
        "Rescued",
        compute_environments=[bc.SpotComputeEnvironment(stack, "Spot", vpc=vpc)],
        spot_rescue_queue=on_demand,
    )

    def definition(name: str, *, kept: bool, command: str) -> bc.Ec2JobDefinition:
        return bc.Ec2JobDefinition(
            stack,
            name,
            image=IMAGE,
            vcpus=1,
            memory=cdk.Size.gibibytes(1),
            command=["sh", "-c", command],
            keep_old_revisions=kept,
            retry_policy=bc.RetryPolicy(attempts=1),
        )

    waits = f"until test -e {go}; do sleep 0.1; done"
    for flow, kept in (("Newest", False), ("Kept", True)):
        waiting = definition(f"{flow}Waits", kept=kept, command=f"{waits}; echo {word}")
        telling = definition(f"{flow}Tells", kept=kept, command=f"echo {word}")
        made = bc.Workflow(
            stack,
            flow,
            queue=on_demand,
            jobs=[
                bc.WorkflowJob(name="first", job_definition=waiting),
                bc.WorkflowJob(name="second", job_definition=telling, depends_on=["first"]),
            ],
        )
        cdk.CfnOutput(stack, f"{flow}Arn", value=made.state_machine.state_machine_arn)
    stays = definition(
        "Stays",
        kept=False,
        command=f"case $AWS_BATCH_JQ_NAME in *OnDemand*) echo {word};; *) sleep 600;; esac",
    )
    cdk.CfnOutput(stack, "TellsName", value=telling_name(stack, "NewestTells"))
    cdk.CfnOutput(stack, "StaysName", value=stays.job_definition_name)
    cdk.CfnOutput(stack, "OnDemandArn", value=on_demand.job_queue_arn)
    cdk.CfnOutput(stack, "RescuedArn", value=spot.job_queue_arn)
    return stack


def telling_name(stack: cdk.Stack, name: str) -> str:
    found: Any = stack.node.find_child(name)
    return str(found.job_definition_name)


@dataclass(frozen=True, kw_only=True)
class UnderWay:
    """What had begun when the definitions changed."""

    aws: LocalAws
    client: BatchClient
    outputs: Mapping[str, str]
    executions: Mapping[str, str]
    lost: str
    failed: str
    graph: Mapping[str, str]

    @property
    def batch(self) -> Any:
        return self.aws.client("batch")

    def said(self, job_id: str) -> list[str]:
        """Wait until a job has succeeded; give what it printed."""
        job = self.aws.wait_for_job(job_id)
        assert job["status"] == "SUCCEEDED", job
        return self.aws.job_output(job)

    def named(self, name: str) -> dict[str, str]:
        return self.client.named(name, queue=self.outputs["OnDemandArn"])


def until(what: Callable[[], Any]) -> Any:
    deadline = time.monotonic() + DEADLINE_SECONDS
    while time.monotonic() < deadline:
        if found := what():
            return found
        time.sleep(0.1)
    raise TimeoutError


@pytest.fixture(scope="module")
def under_way(local_aws: LocalAws, tmp_path_factory: pytest.TempPathFactory) -> UnderWay:
    """Begin each of the four, deploy other definitions, and let what waits go on."""
    go = tmp_path_factory.mktemp("under-way") / "go"
    outputs = local_aws.deploy(stack_of("old", go)).outputs
    batch, machines = local_aws.client("batch"), local_aws.client("stepfunctions")
    client = BatchClient(local_aws.server.clients)

    def submit(name: str, queue: str, definition: str, **more: Any) -> str:
        return str(
            batch.submit_job(
                jobName=name,
                jobQueue=outputs[queue],
                jobDefinition=outputs[definition],
                **more,
            )["jobId"]
        )

    executions = {
        flow: machines.start_execution(stateMachineArn=outputs[f"{flow}Arn"])["executionArn"]
        for flow in ("Newest", "Kept")
    }
    for flow in executions:
        until(partial(client.named, f"{flow}-first", queue=outputs["OnDemandArn"]))
    lost = submit("night", "RescuedArn", "StaysName")
    fails = {"command": ["sh", "-c", "exit 1"]}
    failed = submit("fails", "OnDemandArn", "TellsName", containerOverrides=fails)
    local_aws.wait_for_job(failed)
    until(lambda: batch.describe_jobs(jobs=[lost])["jobs"][0]["status"] == "RUNNING")
    half = submit_graph(client, jobs_of(outputs)[:1], queue=outputs["OnDemandArn"], run="half")

    local_aws.deploy(stack_of("new", go))
    local_aws.server.record.access.control("reclaim", {"jobId": lost})
    go.touch()
    return UnderWay(
        aws=local_aws,
        client=client,
        outputs=outputs,
        executions=executions,
        lost=lost,
        failed=failed,
        graph=half,
    )


def jobs_of(outputs: Mapping[str, str]) -> list[bc.WorkflowJob]:
    name = outputs["TellsName"]
    return [
        bc.WorkflowJob(name="first", job_definition=name),
        bc.WorkflowJob(name="second", job_definition=name, depends_on=["first"]),
    ]


@pytest.mark.parametrize(("flow", "word"), [("Newest", "new"), ("Kept", "old")])
def test_a_workflow_ends_well_and_as_it_began_where_old_revisions_are_kept(
    flow: str, word: str, under_way: UnderWay
) -> None:
    machines = under_way.aws.client("stepfunctions")

    def ended() -> dict[str, Any] | None:
        found = machines.describe_execution(executionArn=under_way.executions[flow])
        return None if found["status"] == "RUNNING" else found

    assert until(ended)["status"] == "SUCCEEDED"
    (first,) = under_way.named(f"{flow}-first").values()
    (second,) = under_way.named(f"{flow}-second").values()
    assert (under_way.said(first), under_way.said(second)) == (["old"], [word])


def test_a_lost_job_whose_revision_is_gone_is_rescued_with_the_newest_and_its_own_command(
    under_way: UnderWay,
) -> None:
    (again,) = until(lambda: under_way.named(f"night-rescue-{under_way.lost}")).values()

    said = under_way.said(again)

    lost, rescued = (
        under_way.batch.describe_jobs(jobs=[one])["jobs"][0]["jobDefinition"]
        for one in (under_way.lost, again)
    )
    assert (lost[-2:], rescued[-2:], said) == (":1", ":2", ["old"])


def test_a_redrive_says_that_the_revision_is_gone_and_runs_with_the_newest_where_it_is_wanted(
    under_way: UnderWay,
) -> None:
    with pytest.raises(ValueError, match="is no longer active") as refusal:
        redrive(under_way.client, under_way.failed)

    name = under_way.outputs["TellsName"]
    assert str(refusal.value).endswith(f"--job-definition {name}")
    (again,) = redrive(
        under_way.client,
        under_way.failed,
        job_definition=name,
        command=["sh", "-c", "echo mended"],
    )
    assert under_way.said(again) == ["mended"]


def test_a_graph_that_was_half_done_goes_on_with_the_newest_and_repeats_nothing(
    under_way: UnderWay,
) -> None:
    queue = under_way.outputs["OnDemandArn"]

    whole = submit_graph(under_way.client, jobs_of(under_way.outputs), queue=queue, run="half")

    assert whole["first"] == under_way.graph["first"]
    assert under_way.said(whole["first"]) == ["old"]
    assert under_way.said(whole["second"]) == ["new"]
