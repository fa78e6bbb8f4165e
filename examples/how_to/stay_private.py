"""Run in private subnets without a NAT gateway.

Endpoints give jobs access to what they need: images in Amazon ECR, logs, secrets. Each is charged
by the hour and zone; a NAT gateway is charged by the hour and the gigabyte. Images from other
registries cannot be pulled this way.
"""

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2

import batch_constructs as bc


def build(app: cdk.App) -> cdk.Stack:
    """Declare it."""
    stack = cdk.Stack(app, "StayPrivate")
    isolated = ec2.SubnetConfiguration(name="Jobs", subnet_type=ec2.SubnetType.PRIVATE_ISOLATED)
    vpc = ec2.Vpc(stack, "Vpc", max_azs=2, nat_gateways=0, subnet_configuration=[isolated])
    environment = bc.FargateComputeEnvironment(
        stack, "Fargate", vpc=vpc, vpc_subnets=ec2.SubnetSelection(subnet_group_name="Jobs")
    )
    bc.BatchEndpoints(stack, "Endpoints", vpc=vpc, compute_environments=[environment])
    bc.JobQueue(stack, "Queue", compute_environments=[environment])
    return stack


if __name__ == "__main__":
    app = cdk.App()
    build(app)
    app.synth()
