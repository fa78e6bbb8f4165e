"""`run_job`: constructs or names go in, a job that has ended comes out."""

from __future__ import annotations

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2

import batch_constructs as bc
from batch_constructs.testing import LocalAws, deploy, run_job


def queue_and_job(id: str, *command: str) -> tuple[bc.JobQueue, bc.FargateJobDefinition]:
    stack = cdk.Stack(cdk.App(builtin_cloud_formation_validation=False), id)
    vpc = ec2.Vpc(stack, "Vpc", max_azs=2, nat_gateways=1)
    environment = bc.FargateComputeEnvironment(stack, "Fargate", vpc=vpc)
    job = bc.FargateJobDefinition(
        stack, "Job", image="busybox", vcpus=1, memory=cdk.Size.gibibytes(2), command=[*command]
    )
    return bc.JobQueue(stack, "Queue", compute_environments=[environment]), job


@pytest.mark.local_aws
def test_a_job_that_succeeds_comes_back_with_what_it_printed(local_aws: LocalAws) -> None:
    queue, job = queue_and_job("KitRuns", "sh", "-c", "echo $WORD")
    deploy(local_aws, cdk.Stack.of(queue))

    done = local_aws.run_job(
        queue=queue,
        job_definition=job,
        containerOverrides={"environment": [{"name": "WORD", "value": "hello"}]},
    )

    assert (done.status, done.exit_code, done.output) == ("SUCCEEDED", 0, ["hello"])


@pytest.mark.local_aws
def test_a_job_that_fails_comes_back_with_its_exit_code(local_aws: LocalAws) -> None:
    queue, job = queue_and_job("KitFails", "sh", "-c", "exit 3")
    deployed = local_aws.deploy(cdk.Stack.of(queue))
    stack = cdk.Stack.of(queue)
    arn = deployed.resources[stack.get_logical_id(queue.node.default_child)]  # type: ignore[arg-type]

    done = run_job(local_aws, queue=arn, job_definition=job)

    assert (done.status, done.exit_code, done.output) == ("FAILED", 3, [])
    assert done.reason


@pytest.mark.local_aws
def test_a_construct_that_is_not_deployed_is_said(local_aws: LocalAws) -> None:
    queue, job = queue_and_job("KitNever", "true")

    with pytest.raises(ValueError, match="KitNever/Queue is not a resource of .* deploy it first"):
        local_aws.run_job(queue=queue, job_definition=job)


@pytest.mark.local_aws
def test_a_job_that_does_not_exist_is_said(local_aws: LocalAws) -> None:
    with pytest.raises(LookupError, match="there is no job nope in this embedded AWS: check the"):
        local_aws.wait_for_job("nope")
