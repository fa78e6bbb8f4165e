"""A job definition of ours in somebody's existing stack, on its aws_batch L2 queue."""

import aws_cdk as cdk
from aws_cdk import aws_batch as batch
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sqs as sqs

import batch_constructs as bc


class ExistingStack(cdk.Stack):
    """What a team has already: a network, an L2 compute environment and an L2 queue."""

    def __init__(self, scope: cdk.App, id: str) -> None:
        super().__init__(scope, id)
        vpc = ec2.Vpc(self, "Vpc", max_azs=2, nat_gateways=1)
        environment = batch.FargateComputeEnvironment(self, "Environment", vpc=vpc)
        self.queue = batch.JobQueue(self, "Queue", priority=1)
        self.queue.add_compute_environment(environment, 1)
        self.requests = sqs.Queue(self, "Requests", enforce_ssl=True)
        self.worker = iam.Role(
            self, "Worker", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com")
        )


def build(app: cdk.App) -> cdk.Stack:
    """Add a job to the existing stack, and let its worker submit it."""
    stack = ExistingStack(app, "Existing")
    convert = bc.FargateJobDefinition(
        stack,
        "Convert",
        image="public.ecr.aws/docker/library/python:3.13-slim",
        vcpus=0.5,
        memory=cdk.Size.gibibytes(1),
        command=["python", "-c", "import sys; print('converting', sys.argv[1])", "Ref::name"],
        parameters={"name": "nothing"},
        environment={"REQUESTS_URL": stack.requests.queue_url},
        timeout=cdk.Duration.minutes(15),
    )
    stack.requests.grant_consume_messages(convert)
    bc.grant_submit(stack.queue, stack.worker, convert)
    return stack


if __name__ == "__main__":
    app = cdk.App()
    build(app)
    app.synth()
