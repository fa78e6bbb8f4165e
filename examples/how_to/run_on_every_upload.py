"""Run a job for every uploaded file.

The bucket sends its events to EventBridge, and a rule submits the job with the object's bucket
and key as the parameters `bucket` and `key`. Pass `Ref::key` as a word of its own and never
inside code, or whoever names the file can run code.
"""

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_s3 as s3

import batch_constructs as bc

PUBLIC = ec2.SubnetConfiguration(name="Public", subnet_type=ec2.SubnetType.PUBLIC)


def build(app: cdk.App) -> cdk.Stack:
    """Declare it."""
    stack = cdk.Stack(app, "RunOnEveryUpload")
    vpc = ec2.Vpc(stack, "Vpc", max_azs=2, nat_gateways=0, subnet_configuration=[PUBLIC])
    environment = bc.FargateComputeEnvironment(stack, "Fargate", vpc=vpc)
    queue = bc.JobQueue(stack, "Queue", compute_environments=[environment])
    files = s3.Bucket(stack, "Files", enforce_ssl=True)
    report = bc.FargateJobDefinition(
        stack,
        "Report",
        image="public.ecr.aws/docker/library/python:3.13",
        vcpus=1,
        memory=cdk.Size.gibibytes(2),
        command=["python", "report.py", "Ref::key"],
        parameters={"key": "everything"},
        assign_public_ip=True,
    )
    files.grant_read(report)
    bc.ObjectCreatedTrigger(
        stack, "Arrived", bucket=files, suffix=".csv", queue=queue, job_definition=report
    )
    return stack


if __name__ == "__main__":
    app = cdk.App()
    build(app)
    app.synth()
