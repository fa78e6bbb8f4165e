"""Get a message when a job fails.

You get one message for each failed job, with its name, the reason and a link to its log, and one
when the job at the head of a queue is stuck. Confirm the subscription that AWS mails you, or
nothing arrives. The topic's key costs 1 USD a month.
"""

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_sns_subscriptions as subscriptions

import batch_constructs as bc

PUBLIC = ec2.SubnetConfiguration(name="Public", subnet_type=ec2.SubnetType.PUBLIC)


def build(app: cdk.App) -> cdk.Stack:
    """Declare it."""
    stack = cdk.Stack(app, "BeToldOfFailures")
    vpc = ec2.Vpc(stack, "Vpc", max_azs=2, nat_gateways=0, subnet_configuration=[PUBLIC])
    environment = bc.FargateComputeEnvironment(stack, "Fargate", vpc=vpc)
    queue = bc.JobQueue(stack, "Queue", compute_environments=[environment])
    bc.FargateJobDefinition(
        stack,
        "Report",
        image="public.ecr.aws/docker/library/python:3.13",
        vcpus=1,
        memory=cdk.Size.gibibytes(2),
        command=["python", "-c", "print('hello')"],
        assign_public_ip=True,
    )
    alerts = bc.AlertTopic(stack, "Alerts")
    alerts.add_subscription(subscriptions.EmailSubscription("team@example.com"))
    bc.JobNotifications(stack, "Failures", queues=[queue], topic=alerts)
    return stack


if __name__ == "__main__":
    app = cdk.App()
    build(app)
    app.synth()
