"""Run one job at a time.

For a database that allows one migration at a time, or licenses for n programs. Jobs beyond the
limit wait in the queue. Running jobs are not stopped.
"""

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2

import batch_constructs as bc

PUBLIC = ec2.SubnetConfiguration(name="Public", subnet_type=ec2.SubnetType.PUBLIC)


def build(app: cdk.App) -> cdk.Stack:
    """Declare it."""
    stack = cdk.Stack(app, "RunOneAtATime")
    vpc = ec2.Vpc(stack, "Vpc", max_azs=2, nat_gateways=0, subnet_configuration=[PUBLIC])
    environment = bc.FargateComputeEnvironment(stack, "Fargate", vpc=vpc)
    bc.JobQueue(stack, "Queue", compute_environments=[environment])
    bc.FargateJobDefinition(
        stack,
        "Migrate",
        image="public.ecr.aws/docker/library/python:3.13",
        vcpus=1,
        memory=cdk.Size.gibibytes(2),
        command=["python", "migrate.py"],
        max_concurrent_jobs=1,
        assign_public_ip=True,
    )
    return stack


if __name__ == "__main__":
    app = cdk.App()
    build(app)
    app.synth()
