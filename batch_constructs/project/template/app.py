"""A report every night: what runs, where it waits, who is told when it fails."""

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2

import batch_constructs as bc


def build(app: cdk.App) -> cdk.Stack:
    """Declare the stack; tests build it, too."""
    stack = cdk.Stack(app, "Reports")
    public = ec2.SubnetConfiguration(name="Public", subnet_type=ec2.SubnetType.PUBLIC)
    vpc = ec2.Vpc(stack, "Vpc", nat_gateways=0, subnet_configuration=[public])

    fargate = bc.FargateComputeEnvironment(stack, "Fargate", vpc=vpc, max_vcpus=16)
    queue = bc.JobQueue(stack, "Queue", compute_environments=[fargate])
    report = bc.FargateJobDefinition(
        stack,
        "Report",
        image="public.ecr.aws/docker/library/busybox:1.37",
        vcpus=1,
        memory=cdk.Size.gibibytes(2),
        command=["echo", "the report"],
        assign_public_ip=True,
    )
    bc.ScheduleTrigger(
        stack, "Nightly", schedule="cron(0 2 * * ? *)", queue=queue, job_definition=report
    )
    alerts = bc.AlertTopic(stack, "Alerts")
    bc.JobNotifications(stack, "Failures", queues=[queue], topic=alerts)
    return stack


if __name__ == "__main__":
    app = cdk.App()
    build(app)
    app.synth()
