"""A secret's value is refused in what a workflow submits, as everywhere else."""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_secretsmanager as secretsmanager

import batch_constructs as bc

WRITTEN = "{{resolve:secretsmanager:db:SecretString:password}}"


@pytest.mark.parametrize("written", [True, False])
@pytest.mark.parametrize("place", ["parameters", "environment", "tags", "command"])
def test_the_value_of_a_secret_is_refused_in_a_workflow(
    place: str, *, written: bool, stack: cdk.Stack
) -> None:
    secret = secretsmanager.Secret(stack, "Secret")
    value = WRITTEN if written else secret.secret_value.unsafe_unwrap()
    given: Any = ["run", value] if place == "command" else {"p": value}
    queue_arn = "arn:aws:batch:us-east-1:123456789012:job-queue/main"
    queue = bc.JobQueue.from_job_queue_arn(stack, "Queue", queue_arn)
    job = bc.JobDefinition.from_job_definition_name(stack, "Job", "job")
    jobs = [bc.WorkflowJob(name="job", job_definition=job, **{place: given})]

    with pytest.raises(ValueError, match="is the value of a secret") as caught:
        bc.Workflow(stack, "Workflow", queue=queue, jobs=jobs)
    assert "resolve" not in str(caught.value)
