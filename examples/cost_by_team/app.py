"""What each team's jobs cost: on a page, day by day, and as AWS bills it, job by job."""

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2

import batch_constructs as bc

HOME = cdk.Environment(account="123456789012", region="us-east-1")  # exports are made here alone


def build(app: cdk.App) -> cdk.Stack:
    """Declare a queue with shares, a job whose tag reaches the bill, a page, and an export."""
    stack = cdk.Stack(app, "CostByTeam", env=HOME)
    public = ec2.SubnetConfiguration(name="Public", subnet_type=ec2.SubnetType.PUBLIC)
    vpc = ec2.Vpc(stack, "Vpc", max_azs=2, nat_gateways=0, subnet_configuration=[public])
    spot = bc.SpotComputeEnvironment(stack, "Spot", vpc=vpc, instance_tags={"project": "scans"})
    shares = bc.FairSharePolicy(stack, "Shares")
    queue = bc.JobQueue(stack, "Queue", compute_environments=[spot], scheduling_policy=shares)
    scan = bc.Ec2JobDefinition(
        stack,
        "Scan",
        image="public.ecr.aws/docker/library/busybox:stable",
        vcpus=1,
        memory=cdk.Size.gibibytes(2),
    )
    bc.ScheduleTrigger(
        stack,
        "Nightly",
        queue=queue,
        job_definition=scan,
        schedule="cron(0 3 * * ? *)",
        share_identifier="imaging",
        overrides=bc.SubmissionOverrides(tags={"team": "imaging"}),
    )
    counters = bc.JobCounters(stack, "Counters", queues=[queue], per_share=True, per_tags=["team"])
    bc.BatchDashboard(stack, "Page", queues=[queue], counters=counters, price_per_vcpu_hour=0.05)
    bc.CostAndUsageExport(stack, "Bills", tags=["team", "project"])
    return stack


if __name__ == "__main__":
    app = cdk.App()
    build(app)
    app.synth()
