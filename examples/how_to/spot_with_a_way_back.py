"""Run on Spot, and retry interrupted jobs.

The queue tries Spot first and falls back to on-demand instances. A job that lost its host is
retried. A job that failed on its own is not, because it would only fail again.
"""

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2

import batch_constructs as bc

PUBLIC = ec2.SubnetConfiguration(name="Public", subnet_type=ec2.SubnetType.PUBLIC)


def build(app: cdk.App) -> cdk.Stack:
    """Declare it."""
    stack = cdk.Stack(app, "SpotWithAWayBack")
    vpc = ec2.Vpc(stack, "Vpc", max_azs=2, nat_gateways=0, subnet_configuration=[PUBLIC])
    spot = bc.SpotComputeEnvironment(stack, "Spot", vpc=vpc, bid_percentage=80)
    on_demand = bc.Ec2ComputeEnvironment(stack, "OnDemand", vpc=vpc, max_vcpus=64)
    bc.JobQueue(stack, "Queue", compute_environments=[spot, on_demand])
    bc.Ec2JobDefinition(
        stack,
        "Simulate",
        image="public.ecr.aws/docker/library/python:3.13",
        vcpus=4,
        memory=cdk.Size.gibibytes(7),
        command=["python", "simulate.py"],
        retry_policy=bc.RetryPolicy.on_spot_interruption(attempts=5),
    )
    return stack


if __name__ == "__main__":
    app = cdk.App()
    build(app)
    app.synth()
