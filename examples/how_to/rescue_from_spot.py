"""Move interrupted jobs to another queue.

When Spot has interrupted a job as often as its attempts allow, the job is submitted again to a
queue of on-demand instances, with the same parameters and overrides. This also works for jobs
that others submit.
"""

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2

import batch_constructs as bc

PUBLIC = ec2.SubnetConfiguration(name="Public", subnet_type=ec2.SubnetType.PUBLIC)


def build(app: cdk.App) -> cdk.Stack:
    """Declare it."""
    stack = cdk.Stack(app, "RescueFromSpot")
    vpc = ec2.Vpc(stack, "Vpc", max_azs=2, nat_gateways=0, subnet_configuration=[PUBLIC])
    spot = bc.SpotComputeEnvironment(stack, "Spot", vpc=vpc)
    on_demand = bc.Ec2ComputeEnvironment(stack, "OnDemand", vpc=vpc)
    rescue = bc.JobQueue(stack, "Rescue", compute_environments=[on_demand])
    job = bc.Ec2JobDefinition(
        stack,
        "Simulate",
        image="public.ecr.aws/docker/library/python:3.13",
        vcpus=4,
        memory=cdk.Size.gibibytes(7),
        command=["python", "simulate.py"],
    )
    bc.JobQueue(
        stack,
        "Cheap",
        compute_environments=[spot],
        spot_rescue_queue=rescue,
        spot_rescue_job_definitions=[job],
    )
    return stack


if __name__ == "__main__":
    app = cdk.App()
    build(app)
    app.synth()
