"""Queues in many accounts and Regions: deployed from one, told of and watched in one."""

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2

import batch_constructs as bc

HOME = cdk.Environment(account="123456789012", region="us-east-1")
BUS = "arn:aws:events:us-east-1:123456789012:event-bus/batch-events"
ACCOUNTS, REGIONS = ["111122223333", "444455556666"], ["us-east-1", "eu-central-1"]


def there(stack: cdk.Stack) -> None:
    """Declare what each account and Region has."""
    public = ec2.SubnetConfiguration(name="Public", subnet_type=ec2.SubnetType.PUBLIC)
    vpc = ec2.Vpc(stack, "Vpc", max_azs=2, nat_gateways=0, subnet_configuration=[public])
    fargate = bc.FargateComputeEnvironment(stack, "Fargate", vpc=vpc)
    bc.JobQueue(stack, "Queue", compute_environments=[fargate], job_queue_name="nightly")
    bc.ForwardedEvents(stack, "Events", event_bus_arn=BUS)


def build(app: cdk.App) -> cdk.Stack:
    """Declare the bus, the mail, the dashboard, and the stack of everywhere."""
    stack = cdk.Stack(app, "ManyPlaces", env=HOME)
    bus = bc.CentralEventBus(stack, "Central", accounts=ACCOUNTS)
    queues = [
        bc.JobQueue.from_job_queue_arn(
            stack, f"Q{account}{region}", f"arn:aws:batch:{region}:{account}:job-queue/nightly"
        )
        for account in ACCOUNTS
        for region in REGIONS
    ]
    topic = bc.AlertTopic(stack, "Alerts")
    bc.JobNotifications(stack, "Failures", queues=queues, topic=topic, event_bus=bus.event_bus)
    bc.OverviewDashboard(stack, "Overview", queues=queues)
    bc.EverywhereStackSet(stack, "There", build=there, accounts=ACCOUNTS, regions=REGIONS)
    return stack


if __name__ == "__main__":
    app = cdk.App()
    build(app)
    app.synth()
