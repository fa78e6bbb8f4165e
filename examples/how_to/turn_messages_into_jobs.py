"""Turn the messages of a queue into jobs.

Send a message, get a job: each message exactly once, no faster than AWS Batch accepts, whatever
fails in between. Senders may set parameters and environment variables; `allow` names what else
they may set.
"""

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2

import batch_constructs as bc

PUBLIC = ec2.SubnetConfiguration(name="Public", subnet_type=ec2.SubnetType.PUBLIC)


def build(app: cdk.App) -> cdk.Stack:
    """Declare it."""
    stack = cdk.Stack(app, "TurnMessagesIntoJobs")
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
        allow=[bc.Admission.MEMORY],
        max_submissions_per_second=10,
    )
    cdk.CfnOutput(stack, "SendTo", value=gateway.message_queue.queue_url)
    return stack


if __name__ == "__main__":
    app = cdk.App()
    build(app)
    app.synth()
