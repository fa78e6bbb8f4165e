"""Turn thousands of messages into a few array jobs.

With `COALESCE` the gateway collects messages for a moment, writes them to a manifest and submits
one array job. Child n reads line n of the manifest, whose location is in its environment
variables. When messages come in bursts, this is far cheaper than a job for each message.
"""

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2

import batch_constructs as bc

PUBLIC = ec2.SubnetConfiguration(name="Public", subnet_type=ec2.SubnetType.PUBLIC)


def build(app: cdk.App) -> cdk.Stack:
    """Declare it."""
    stack = cdk.Stack(app, "CoalesceMessages")
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
    gateway = bc.SubmissionGateway(
        stack,
        "Gateway",
        queue=queue,
        job_definition=report,
        mode=bc.SubmissionMode.COALESCE,
        max_batching_window=cdk.Duration.minutes(5),
    )
    cdk.CfnOutput(stack, "SendTo", value=gateway.message_queue.queue_url)
    return stack


if __name__ == "__main__":
    app = cdk.App()
    build(app)
    app.synth()
