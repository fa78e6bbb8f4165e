"""A number of old revisions stays, and whichever something names; the others are retired."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2

import batch_constructs as bc

if TYPE_CHECKING:
    from batch_constructs.testing.local_aws import LocalAws

pytestmark = pytest.mark.local_aws
ROLE = "arn:aws:iam::123456789012:role/any"


def deploy(aws: LocalAws, word: str) -> dict[str, str]:
    stack = cdk.Stack(cdk.App(), "OldRevisions")
    vpc = ec2.Vpc.from_vpc_attributes(
        stack,
        "Vpc",
        vpc_id="vpc-12345678",
        availability_zones=["us-east-1a"],
        private_subnet_ids=["subnet-12345678"],
    )
    environment = bc.FargateComputeEnvironment(stack, "Fargate", vpc=vpc)
    queue = bc.JobQueue(stack, "Queue", compute_environments=[environment])
    job = bc.FargateJobDefinition(
        stack,
        "Job",
        image="public.ecr.aws/docker/library/busybox:stable",
        vcpus=1,
        memory=cdk.Size.gibibytes(2),
        command=["sh", "-c", f"sleep 60; echo {word}"],
        keep_old_revisions=1,
    )
    cdk.CfnOutput(stack, "JobArn", value=job.job_definition_arn)
    cdk.CfnOutput(stack, "QueueArn", value=queue.job_queue_arn)
    return dict(aws.deploy(stack).outputs)


def schedule(aws: LocalAws, outputs: dict[str, str]) -> None:
    """Schedule the revision that is deployed, from outside of the stack."""
    wanted: dict[str, Any] = {"JobName": "a", "JobQueue": outputs["QueueArn"]}
    aws.client("scheduler").create_schedule(
        Name="nightly",
        ScheduleExpression="rate(1 day)",
        FlexibleTimeWindow={"Mode": "OFF"},
        Target={
            "Arn": "arn:aws:scheduler:::aws-sdk:batch:submitJob",
            "RoleArn": ROLE,
            "Input": json.dumps({**wanted, "JobDefinition": outputs["JobArn"]}),
        },
    )


def name_in_a_rule(aws: LocalAws, outputs: dict[str, str]) -> None:
    events = aws.client("events")
    events.put_rule(Name="on-order", EventPattern=json.dumps({"source": ["my.shop"]}))
    parameters = {"JobDefinition": outputs["JobArn"], "JobName": "a"}
    events.put_targets(
        Rule="on-order",
        Targets=[
            {"Id": "a", "Arn": outputs["QueueArn"], "RoleArn": ROLE, "BatchParameters": parameters}
        ],
    )


def test_what_something_names_stays_and_the_last_before_the_newest(local_aws: LocalAws) -> None:
    batch = local_aws.client("batch")
    first = deploy(local_aws, "one")
    job = batch.submit_job(jobName="a", jobQueue=first["QueueArn"], jobDefinition=first["JobArn"])
    schedule(local_aws, deploy(local_aws, "two"))
    name_in_a_rule(local_aws, deploy(local_aws, "three"))
    for word in ("four", "five", "six"):
        newest = deploy(local_aws, word)

    name = newest["JobArn"].rpartition("/")[2].partition(":")[0]
    pages = batch.describe_job_definitions(jobDefinitionName=name, status="ACTIVE")
    assert sorted(one["revision"] for one in pages["jobDefinitions"]) == [1, 2, 3, 5, 6]

    batch.terminate_job(jobId=job["jobId"], reason="enough")
    local_aws.wait_for_job(job["jobId"])
    deploy(local_aws, "seven")

    pages = batch.describe_job_definitions(jobDefinitionName=name, status="ACTIVE")
    assert sorted(one["revision"] for one in pages["jobDefinitions"]) == [2, 3, 6, 7]
