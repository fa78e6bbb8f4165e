"""Share a queue fairly between teams.

Each submission names its team's share. The share that has used less, by weight, goes first; the
smaller the weight factor, the larger the share. What one team does not use, others can.
"""

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2

import batch_constructs as bc

PUBLIC = ec2.SubnetConfiguration(name="Public", subnet_type=ec2.SubnetType.PUBLIC)


def build(app: cdk.App) -> cdk.Stack:
    """Declare it."""
    stack = cdk.Stack(app, "ShareFairlyBetweenTeams")
    vpc = ec2.Vpc(stack, "Vpc", max_azs=2, nat_gateways=0, subnet_configuration=[PUBLIC])
    environment = bc.FargateComputeEnvironment(stack, "Fargate", vpc=vpc)
    policy = bc.FairSharePolicy(
        stack,
        "Teams",
        shares=[
            bc.Share(share_identifier="research", weight_factor=0.5),
            bc.Share(share_identifier="reports"),
        ],
        share_decay=cdk.Duration.hours(12),
    )
    bc.JobQueue(stack, "Queue", compute_environments=[environment], scheduling_policy=policy)
    return stack


if __name__ == "__main__":
    app = cdk.App()
    build(app)
    app.synth()
