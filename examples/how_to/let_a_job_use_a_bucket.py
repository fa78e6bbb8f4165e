"""Let a job read and write a bucket.

A job definition is a grantee like any other in the CDK: grant to it, and its job role gets the
permission. A job to which nothing was granted has no role and no credentials.
"""

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_s3 as s3

import batch_constructs as bc

PUBLIC = ec2.SubnetConfiguration(name="Public", subnet_type=ec2.SubnetType.PUBLIC)


def build(app: cdk.App) -> cdk.Stack:
    """Declare it."""
    stack = cdk.Stack(app, "LetAJobUseABucket")
    vpc = ec2.Vpc(stack, "Vpc", max_azs=2, nat_gateways=0, subnet_configuration=[PUBLIC])
    environment = bc.FargateComputeEnvironment(stack, "Fargate", vpc=vpc)
    bc.JobQueue(stack, "Queue", compute_environments=[environment])
    report = bc.FargateJobDefinition(
        stack,
        "Report",
        image="public.ecr.aws/docker/library/python:3.13",
        vcpus=1,
        memory=cdk.Size.gibibytes(2),
        command=["python", "-c", "print('hello')"],
        assign_public_ip=True,
    )
    inputs = s3.Bucket(stack, "Inputs", enforce_ssl=True)
    results = s3.Bucket(stack, "Results", enforce_ssl=True)
    inputs.grant_read(report)
    results.grant_put(report, "reports/*")
    return stack


if __name__ == "__main__":
    app = cdk.App()
    build(app)
    app.synth()
