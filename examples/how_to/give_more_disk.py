"""Give jobs more disk space.

On Fargate a job has 20 GiB, or up to 200 if you ask for it. On EC2, all jobs on an instance share
its disk: make the root volume larger, or use instance families with disks of their own and mount
those.
"""

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2

import batch_constructs as bc

PUBLIC = ec2.SubnetConfiguration(name="Public", subnet_type=ec2.SubnetType.PUBLIC)


def build(app: cdk.App) -> cdk.Stack:
    """Declare it."""
    stack = cdk.Stack(app, "GiveMoreDisk")
    vpc = ec2.Vpc(stack, "Vpc", max_azs=2, nat_gateways=0, subnet_configuration=[PUBLIC])
    environment = bc.FargateComputeEnvironment(stack, "Fargate", vpc=vpc)
    bc.JobQueue(stack, "Queue", compute_environments=[environment])
    bc.FargateJobDefinition(
        stack,
        "OnFargate",
        image="public.ecr.aws/docker/library/python:3.13",
        vcpus=1,
        memory=cdk.Size.gibibytes(2),
        ephemeral_storage=cdk.Size.gibibytes(100),
        assign_public_ip=True,
    )
    template = bc.LaunchTemplate(
        stack, "Template", root_volume=bc.RootVolume(size=cdk.Size.gibibytes(200))
    )
    instances = bc.Ec2ComputeEnvironment(stack, "Instances", vpc=vpc, launch_template=template)
    bc.JobQueue(stack, "OnInstances", compute_environments=[instances])
    return stack


if __name__ == "__main__":
    app = cdk.App()
    build(app)
    app.synth()
