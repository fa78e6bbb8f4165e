"""See on the bill which team it was.

Tags on the app or stack reach environments, queues, definitions, instances, their volumes, and
ECS tasks. Activate the tag as a cost allocation tag in the billing console. `batch-constructs
cost` adds up by tag without waiting for the bill.
"""

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2

import batch_constructs as bc

PUBLIC = ec2.SubnetConfiguration(name="Public", subnet_type=ec2.SubnetType.PUBLIC)


def build(app: cdk.App) -> cdk.Stack:
    """Declare it."""
    stack = cdk.Stack(app, "BillToATeam")
    vpc = ec2.Vpc(stack, "Vpc", max_azs=2, nat_gateways=0, subnet_configuration=[PUBLIC])
    environment = bc.FargateComputeEnvironment(stack, "Fargate", vpc=vpc)
    bc.JobQueue(stack, "Queue", compute_environments=[environment])
    bc.FargateJobDefinition(
        stack,
        "Report",
        image="public.ecr.aws/docker/library/python:3.13",
        vcpus=1,
        memory=cdk.Size.gibibytes(2),
        command=["python", "-c", "print('hello')"],
        assign_public_ip=True,
    )
    cdk.Tags.of(stack).add("team", "research")
    return stack


if __name__ == "__main__":
    app = cdk.App()
    build(app)
    app.synth()
