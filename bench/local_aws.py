"""What the embedded AWS costs: ``python bench/local_aws.py`` prints seconds, medians of five."""

from __future__ import annotations

import statistics
import time
from typing import TYPE_CHECKING

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2

from batch_constructs import FargateComputeEnvironment, FargateJobDefinition, JobQueue
from batch_constructs.local.server import LocalServer
from batch_constructs.testing.local_aws import LocalAws

if TYPE_CHECKING:
    from collections.abc import Callable

ROUNDS = 5


def app(name: str) -> cdk.Stack:
    """A VPC, a compute environment, a queue and a job definition: about forty resources."""
    stack = cdk.Stack(cdk.App(builtin_cloud_formation_validation=False), name)
    vpc = ec2.Vpc(stack, "Vpc", max_azs=2, nat_gateways=1)
    environment = FargateComputeEnvironment(stack, "Fargate", vpc=vpc)
    queue = JobQueue(stack, "Queue", compute_environments=[environment])
    job = FargateJobDefinition(
        stack,
        "Job",
        image="busybox",
        vcpus=1,
        memory=cdk.Size.gibibytes(2),
        command=["true"],
    )
    cdk.CfnOutput(stack, "QueueArn", value=queue.job_queue_arn)
    cdk.CfnOutput(stack, "JobArn", value=job.job_definition_arn)
    return stack


def median(act: Callable[[int], object]) -> float:
    """Time what is done, in seconds."""
    taken = []
    for number in range(ROUNDS):
        began = time.perf_counter()
        act(number)
        taken.append(time.perf_counter() - began)
    return statistics.median(taken)


def main() -> None:
    """Measure, and print."""

    def start_and_stop(_: int) -> None:
        with LocalServer():
            pass

    print(f"start and stop the server     {median(start_and_stop):.2f}")
    with LocalAws() as aws:
        aws.deploy(app("First"))
        deployed = [aws.deploy(app("Again"))]
        print(f"deploy a new stack            {median(lambda n: aws.deploy(app(f'New{n}'))):.2f}")
        print(f"deploy it again, unchanged    {median(lambda _: aws.deploy(app('Again'))):.2f}")
        outputs = deployed[0].outputs

        def run_job(_: int) -> None:
            job_id = aws.client("batch").submit_job(
                jobName="x", jobQueue=outputs["QueueArn"], jobDefinition=outputs["JobArn"]
            )["jobId"]
            aws.wait_for_job(job_id)

        print(f"submit a job, wait for it     {median(run_job):.2f}")


if __name__ == "__main__":
    main()
