"""Retry only what can succeed.

Rules are read from top to bottom, and the first match decides. An image that could not be pulled
and a host that was lost are retried. A program that exits with 2 had bad input and is not.
"""

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2

import batch_constructs as bc

PUBLIC = ec2.SubnetConfiguration(name="Public", subnet_type=ec2.SubnetType.PUBLIC)


def build(app: cdk.App) -> cdk.Stack:
    """Declare it."""
    stack = cdk.Stack(app, "RetryWhatCanSucceed")
    vpc = ec2.Vpc(stack, "Vpc", max_azs=2, nat_gateways=0, subnet_configuration=[PUBLIC])
    environment = bc.FargateComputeEnvironment(stack, "Fargate", vpc=vpc)
    bc.JobQueue(stack, "Queue", compute_environments=[environment])
    bc.FargateJobDefinition(
        stack,
        "Report",
        image="public.ecr.aws/docker/library/python:3.13",
        vcpus=1,
        memory=cdk.Size.gibibytes(2),
        command=["python", "report.py"],
        retry_policy=bc.RetryPolicy(
            attempts=4,
            rules=[
                bc.RetryRule(action="EXIT", on_exit_code="2"),
                bc.RetryRule(action="RETRY", on_reason="CannotPullContainerError*"),
                bc.RetryRule(action="RETRY", on_status_reason="Host EC2*"),
                bc.RetryRule(action="EXIT", on_reason="*"),
            ],
        ),
        assign_public_ip=True,
    )
    return stack


if __name__ == "__main__":
    app = cdk.App()
    build(app)
    app.synth()
