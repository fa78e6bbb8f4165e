"""One queue for several teams, each with its fair share of it."""

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam

import batch_constructs as bc

TEAMS = {"genomics": 0.5, "imaging": 1.0, "reporting": 2.0}
"""Team → weight: the lower, the more; genomics gets twice as much as imaging."""


def build(app: cdk.App) -> cdk.Stack:
    """Declare a fair-share queue, and a job that each team may submit."""
    stack = cdk.Stack(app, "TeamShares")
    public = ec2.SubnetConfiguration(name="Public", subnet_type=ec2.SubnetType.PUBLIC)
    vpc = ec2.Vpc(stack, "Vpc", max_azs=3, nat_gateways=0, subnet_configuration=[public])

    environment = bc.FargateComputeEnvironment(stack, "Environment", vpc=vpc, max_vcpus=512)
    policy = bc.FairSharePolicy(
        stack,
        "Shares",
        shares=[
            bc.Share(share_identifier=team, weight_factor=weight) for team, weight in TEAMS.items()
        ],
        share_decay=cdk.Duration.hours(6),
        compute_reservation_percentage=10,
    )
    queue = bc.JobQueue(
        stack, "Queue", compute_environments=[environment], scheduling_policy=policy
    )
    job = bc.FargateJobDefinition(
        stack,
        "Analyse",
        image="public.ecr.aws/docker/library/python:3.13-slim",
        vcpus=4,
        memory=cdk.Size.gibibytes(8),
        command=["python", "-c", "import sys; print('analysing', sys.argv[1])", "Ref::input"],
        parameters={"input": "nothing"},
        assign_public_ip=True,
        scheduling_priority=10,
    )
    for team in TEAMS:
        submitter = iam.Role(
            stack, team.capitalize(), assumed_by=iam.ServicePrincipal("lambda.amazonaws.com")
        )
        queue.grant_submit(submitter, job)
    return stack


if __name__ == "__main__":
    app = cdk.App()
    build(app)
    app.synth()
