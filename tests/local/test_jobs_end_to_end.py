"""Jobs that a deployed stack starts, without the cdk CLI."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import aws_cdk as cdk
import pytest
from aws_cdk import aws_secretsmanager as secretsmanager

sys.path.insert(0, str(Path(__file__).parent))
import fargate

if TYPE_CHECKING:
    from collections.abc import Callable

    from batch_constructs.testing.local_aws import LocalAws

pytestmark = pytest.mark.local_aws


def test_a_submitted_job_runs_its_command_and_logs_what_it_prints(
    local_aws: LocalAws, new_stack: Callable[[], cdk.Stack]
) -> None:
    stack = new_stack()
    queue = fargate.queue(stack)
    fargate.job(stack, "Job", queue, ["sh", "-c", "echo $GREETING from $AWS_BATCH_JQ_NAME"],
                environment={"GREETING": "hello"})
    deployed = local_aws.deploy(stack)

    job_id = local_aws.client("batch").submit_job(
        jobName="greet", jobQueue=deployed.outputs["QueueArn"],
        jobDefinition=deployed.outputs["JobArn"])["jobId"]

    job = local_aws.wait_for_job(job_id)
    assert job["status"] == "SUCCEEDED", job
    queue_name = deployed.outputs["QueueArn"].rsplit("/", 1)[1]
    assert local_aws.job_output(job) == [f"hello from {queue_name}"]
