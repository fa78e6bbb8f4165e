"""End jobs that hang or can never start.

`timeout` ends an attempt that runs too long. A queue's time limits cancel a job at its head for
which no instance will ever be started, and give AWS Batch's reason.
"""

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2

import batch_constructs as bc

PUBLIC = ec2.SubnetConfiguration(name="Public", subnet_type=ec2.SubnetType.PUBLIC)


def build(app: cdk.App) -> cdk.Stack:
    """Declare it."""
    stack = cdk.Stack(app, "EndWhatHangs")
    vpc = ec2.Vpc(stack, "Vpc", max_azs=2, nat_gateways=0, subnet_configuration=[PUBLIC])
    environment = bc.Ec2ComputeEnvironment(stack, "Instances", vpc=vpc)
    bc.JobQueue(
        stack,
        "Queue",
        compute_environments=[environment],
        time_limits=[
            bc.TimeLimit(
                reason=bc.TimeLimitReason.JOB_RESOURCE_REQUIREMENT, after=cdk.Duration.minutes(30)
            )
        ],
    )
    bc.Ec2JobDefinition(
        stack,
        "Report",
        image="public.ecr.aws/docker/library/python:3.13",
        vcpus=1,
        memory=cdk.Size.gibibytes(2),
        command=["python", "report.py"],
        timeout=cdk.Duration.hours(2),
    )
    return stack


if __name__ == "__main__":
    app = cdk.App()
    build(app)
    app.synth()
