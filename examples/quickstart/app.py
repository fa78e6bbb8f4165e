"""Reports: one for every file that arrives, one every night, and a message when one fails."""

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_secretsmanager as secretsmanager

import batch_constructs as bc


def build(app: cdk.App) -> cdk.Stack:
    """Declare where jobs run, where they wait, what they are, and what starts and watches them."""
    stack = cdk.Stack(app, "Reports")
    public = ec2.SubnetConfiguration(name="Public", subnet_type=ec2.SubnetType.PUBLIC)
    vpc = ec2.Vpc(stack, "Vpc", nat_gateways=0, subnet_configuration=[public])
    files = s3.Bucket(stack, "Files", enforce_ssl=True)
    login = secretsmanager.Secret(stack, "Login")

    spot = bc.SpotComputeEnvironment(stack, "Spot", vpc=vpc)
    on_demand = bc.Ec2ComputeEnvironment(stack, "OnDemand", vpc=vpc)
    urgent = bc.JobQueue(stack, "Urgent", compute_environments=[on_demand], priority=10)
    routine = bc.JobQueue(stack, "Routine", compute_environments=[spot, on_demand], priority=1)
    report = bc.Ec2JobDefinition(
        stack,
        "Report",
        image="public.ecr.aws/docker/library/python:3.13",
        vcpus=1,
        memory=cdk.Size.gibibytes(2),
        command=["python", "-c", "import sys; print('a report of', sys.argv[1])", "Ref::key"],
        parameters={"key": "everything"},
        secrets={"PASSWORD": bc.secret_field(login)},
    )
    files.grant_read(report)

    bc.ObjectCreatedTrigger(stack, "Arrived", bucket=files, queue=urgent, job_definition=report)
    bc.ScheduleTrigger(
        stack, "Nightly", schedule="cron(0 2 * * ? *)", queue=routine, job_definition=report
    )
    alerts = bc.AlertTopic(stack, "Alerts")
    bc.JobNotifications(stack, "Failures", queues=[urgent, routine], topic=alerts)
    bc.BatchDashboard(stack, "Dashboard", queues=[urgent, routine])
    return stack


if __name__ == "__main__":
    app = cdk.App()
    build(app)
    app.synth()
