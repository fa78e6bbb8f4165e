"""What users' own tests get: the plugin, ``local_aws``, ``deploy(stack)``, events."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from typing import TYPE_CHECKING

import aws_cdk as cdk
import pytest
from aws_cdk import aws_sqs as sqs

from batch_constructs.local.errors import LocalAwsError
from batch_constructs.testing.local_aws import LocalAws

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

TEST = """
import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from batch_constructs import FargateComputeEnvironment, FargateJobDefinition, JobQueue


def test_my_job_says_hello(local_aws):
    stack = cdk.Stack(cdk.App(), "Mine")
    environment = FargateComputeEnvironment(
        stack, "Fargate", vpc=ec2.Vpc(stack, "Vpc", max_azs=2, nat_gateways=1))
    queue = JobQueue(stack, "Queue", compute_environments=[environment])
    job = FargateJobDefinition(
        stack, "Hello", image="public.ecr.aws/docker/library/python:3.13",
        vcpus=1, memory=cdk.Size.gibibytes(2), command=["echo", "hello"])
    cdk.CfnOutput(stack, "QueueArn", value=queue.job_queue_arn)
    cdk.CfnOutput(stack, "JobArn", value=job.job_definition_arn)

    outputs = local_aws.deploy(stack).outputs
    with local_aws.events({"source": ["aws.batch"]}) as events:
        job_id = local_aws.client("batch").submit_job(
            jobName="hello", jobQueue=outputs["QueueArn"], jobDefinition=outputs["JobArn"])["jobId"]
        events.wait_for(lambda event: event["detail"]["status"] == "SUCCEEDED")

    assert local_aws.job_output(local_aws.wait_for_job(job_id)) == ["hello"]
"""


@pytest.mark.local_aws
def test_a_project_s_own_suite_deploys_submits_and_sees_events(tmp_path: Path) -> None:
    (tmp_path / "test_mine.py").write_text(TEST)

    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout
    assert "1 passed" in done.stdout


def test_the_plugin_costs_a_suite_without_the_fixture_nothing() -> None:
    heavy = "{'boto3', 'aws_cdk', 'batch_constructs.testing.local_aws'}"
    code = textwrap.dedent(
        f"""
        import sys
        import batch_constructs.testing.plugin
        print(sorted({heavy} & set(sys.modules)))
        """
    )

    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert said.stdout.strip() == "[]"


@pytest.mark.local_aws
def test_a_stack_that_fails_says_what_failed_in_it(
    local_aws: LocalAws, new_stack: Callable[[], cdk.Stack]
) -> None:
    stack = new_stack()
    cdk.CfnResource(
        stack, "Policy", type="AWS::Batch::SchedulingPolicy", properties={"Nonsense": "x"}
    )

    with pytest.raises(LocalAwsError, match=r"Policy \(AWS::Batch::SchedulingPolicy\): .*Nonsense"):
        local_aws.deploy(stack)


@pytest.mark.local_aws
def test_deploying_the_same_stack_again_changes_nothing(
    local_aws: LocalAws, new_stack: Callable[[], cdk.Stack]
) -> None:
    def stack() -> cdk.Stack:
        made = new_stack()
        sqs.Queue(made, "Queue")
        return made

    assert local_aws.deploy(stack()) == local_aws.deploy(stack())


@pytest.mark.local_aws
def test_an_event_that_does_not_come_is_said_with_those_that_did(local_aws: LocalAws) -> None:
    with local_aws.events({"source": ["of.another.test"]}) as events:
        local_aws.client("events").put_events(
            Entries=[{"Source": "of.another.test", "DetailType": "Came", "Detail": "{}"}]
        )
        events.wait_for(lambda event: event["detail-type"] == "Came")

        with pytest.raises(TimeoutError, match="came: Came"):
            events.wait_for(lambda event: event["detail-type"] == "Other", timeout_seconds=0)


def test_a_server_that_was_not_started_is_said() -> None:
    with pytest.raises(RuntimeError, match="use it in a with statement"):
        LocalAws().deploy(cdk.Stack(cdk.App(), "Any"))
