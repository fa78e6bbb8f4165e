"""Watch a queue with a dashboard and alarms.

The dashboard shows what is waiting, running and failing. Alarms go off when jobs fail too often,
wait too long, or cost too much. Gauges measure the queue every few minutes.
"""

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2

import batch_constructs as bc

PUBLIC = ec2.SubnetConfiguration(name="Public", subnet_type=ec2.SubnetType.PUBLIC)


def build(app: cdk.App) -> cdk.Stack:
    """Declare it."""
    stack = cdk.Stack(app, "WatchAQueue")
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
    gauges = bc.JobGauges(stack, "Gauges", queues=[queue], compute_environments=[environment])
    bc.BatchDashboard(
        stack,
        "Dashboard",
        queues=[queue],
        compute_environments=[environment],
        gauges=gauges,
        alarm_topic=alerts,
    )
    return stack


if __name__ == "__main__":
    app = cdk.App()
    build(app)
    app.synth()
