"""What each team's jobs cost: on a page, day by day, and as AWS bills it, job by job."""

import aws_cdk as cdk
from aws_cdk import aws_bcmdataexports as exports
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3

import batch_constructs as bc

HOME = cdk.Environment(account="123456789012", region="us-east-1")  # exports are made here alone
BILLED = """SELECT line_item_usage_start_date, line_item_resource_id, line_item_unblended_cost,
resource_tags, split_line_item_split_cost, split_line_item_unused_cost FROM COST_AND_USAGE_REPORT"""
SPLIT = dict.fromkeys(("INCLUDE_RESOURCES", "INCLUDE_SPLIT_COST_ALLOCATION_DATA"), "TRUE")
FILES = {"format": "PARQUET", "compression": "PARQUET"}
FILES |= {"outputType": "CUSTOM", "overwrite": "OVERWRITE_REPORT"}
WRITERS = ("bcm-data-exports.amazonaws.com", "billingreports.amazonaws.com")


def build(app: cdk.App) -> cdk.Stack:
    """Declare a queue with shares, a job whose tag reaches the bill, a page, and an export."""
    stack = cdk.Stack(app, "CostByTeam", env=HOME)
    public = ec2.SubnetConfiguration(name="Public", subnet_type=ec2.SubnetType.PUBLIC)
    vpc = ec2.Vpc(stack, "Vpc", max_azs=2, nat_gateways=0, subnet_configuration=[public])
    spot = bc.SpotComputeEnvironment(stack, "Spot", vpc=vpc, instance_tags={"project": "scans"})
    shares = bc.FairSharePolicy(stack, "Shares")
    queue = bc.JobQueue(stack, "Queue", compute_environments=[spot], scheduling_policy=shares)
    image, gib = "public.ecr.aws/docker/library/busybox:stable", cdk.Size.gibibytes
    team = {"team": "imaging"}
    bc.Ec2JobDefinition(stack, "Scan", image=image, vcpus=1, memory=gib(2), tags=team)
    counters = bc.JobCounters(stack, "Counters", queues=[queue], per_share=True)
    bc.BatchDashboard(stack, "Page", queues=[queue], counters=counters, price_per_vcpu_hour=0.05)

    bills = s3.Bucket(stack, "Bills", enforce_ssl=True)
    admitted = iam.PolicyStatement(
        principals=[iam.ServicePrincipal(one) for one in WRITERS],
        actions=["s3:PutObject", "s3:GetBucketPolicy"],
        resources=[bills.bucket_arn, bills.arn_for_objects("*")],
        conditions={"StringEquals": {"aws:SourceAccount": stack.account}},
    )
    bills.add_to_resource_policy(admitted)
    bucket = {"s3Bucket": bills.bucket_name, "s3Prefix": "jobs", "s3Region": "us-east-1"}
    where = {"s3Destination": {**bucket, "s3OutputConfigurations": FILES}}
    query = {"queryStatement": BILLED, "tableConfigurations": {"COST_AND_USAGE_REPORT": SPLIT}}
    often = {"frequency": "SYNCHRONOUS"}
    report = {"name": "jobs", "dataQuery": query, "destinationConfigurations": where}
    export = exports.CfnExport(stack, "Export", export={**report, "refreshCadence": often})
    export.node.add_dependency(bills)
    return stack


if __name__ == "__main__":
    app = cdk.App()
    build(app)
    app.synth()
