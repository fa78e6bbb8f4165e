"""Nextflow on Fargate Spot: what Spot takes back runs again on demand, by the queue."""

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam

import batch_constructs as bc


def build(app: cdk.App) -> cdk.Stack:
    """Declare a queue on Fargate Spot, one behind it, and what the engine's head may do."""
    stack = cdk.Stack(app, "EngineOnFargateSpot")
    public = ec2.SubnetConfiguration(name="Public", subnet_type=ec2.SubnetType.PUBLIC)
    vpc = ec2.Vpc(stack, "Vpc", max_azs=2, nat_gateways=0, subnet_configuration=[public])
    spot = bc.FargateComputeEnvironment(stack, "Spot", vpc=vpc, spot=True)
    on_demand = bc.FargateComputeEnvironment(stack, "OnDemand", vpc=vpc)
    rescue = bc.JobQueue(stack, "Rescue", compute_environments=[on_demand])
    queue = bc.JobQueue(stack, "Queue", compute_environments=[spot], spot_rescue_queue=rescue)
    own = {"StringEquals": {"aws:SourceAccount": stack.account}}
    tasks = iam.ServicePrincipal("ecs-tasks.amazonaws.com", conditions=own)
    task = iam.Role(stack, "Task", assumed_by=tasks)
    head = iam.Role(stack, "Head", assumed_by=tasks)
    queue.grant_engine(head, job_definition_prefix="nf-", job_roles=[task])
    return stack


if __name__ == "__main__":
    app = cdk.App()
    build(app)
    app.synth()
