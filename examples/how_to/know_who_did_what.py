"""Find out who changed a queue or ended a job.

The relevant CloudTrail events go to a log of their own, and an alarm goes off when somebody
changes an environment or a queue outside a deployment. The account needs a CloudTrail trail;
`create_trail=True` creates one.
"""

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2

import batch_constructs as bc

PUBLIC = ec2.SubnetConfiguration(name="Public", subnet_type=ec2.SubnetType.PUBLIC)


def build(app: cdk.App) -> cdk.Stack:
    """Declare it."""
    stack = cdk.Stack(app, "KnowWhoDidWhat")
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
    bc.AuditTrail(stack, "Audit", queues=[queue], alarm_topic=alerts)
    return stack


if __name__ == "__main__":
    app = cdk.App()
    build(app)
    app.synth()
