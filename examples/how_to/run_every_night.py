"""Run a job every night.

The schedule belongs to EventBridge Scheduler: a cron expression with six fields, or a rate. It
follows a time zone if you name one, daylight saving time included. A submission that fails is
retried for a day and then kept in a dead-letter queue. An idle schedule costs nothing.
"""

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2

import batch_constructs as bc

PUBLIC = ec2.SubnetConfiguration(name="Public", subnet_type=ec2.SubnetType.PUBLIC)


def build(app: cdk.App) -> cdk.Stack:
    """Declare it."""
    stack = cdk.Stack(app, "RunEveryNight")
    vpc = ec2.Vpc(stack, "Vpc", max_azs=2, nat_gateways=0, subnet_configuration=[PUBLIC])
    environment = bc.FargateComputeEnvironment(stack, "Fargate", vpc=vpc)
    queue = bc.JobQueue(stack, "Queue", compute_environments=[environment])
    report = bc.FargateJobDefinition(
        stack,
        "Report",
        image="public.ecr.aws/docker/library/python:3.13",
        vcpus=1,
        memory=cdk.Size.gibibytes(2),
        command=["python", "-c", "print('hello')"],
        assign_public_ip=True,
    )
    bc.ScheduleTrigger(
        stack,
        "Nightly",
        schedule="cron(0 2 * * ? *)",
        time_zone="Europe/Berlin",
        queue=queue,
        job_definition=report,
    )
    return stack


if __name__ == "__main__":
    app = cdk.App()
    build(app)
    app.synth()
