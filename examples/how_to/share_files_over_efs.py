"""Share files between jobs over EFS.

The file system's security group lets the environment in, and the job role may mount it, over TLS.
EFS charges for what is stored and read, so an empty file system costs nothing.
"""

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_efs as efs

import batch_constructs as bc

PUBLIC = ec2.SubnetConfiguration(name="Public", subnet_type=ec2.SubnetType.PUBLIC)


def build(app: cdk.App) -> cdk.Stack:
    """Declare it."""
    stack = cdk.Stack(app, "ShareFilesOverEfs")
    vpc = ec2.Vpc(stack, "Vpc", max_azs=2, nat_gateways=0, subnet_configuration=[PUBLIC])
    environment = bc.FargateComputeEnvironment(stack, "Fargate", vpc=vpc)
    bc.JobQueue(stack, "Queue", compute_environments=[environment])
    shared = efs.FileSystem(
        stack, "Shared", vpc=vpc, vpc_subnets=ec2.SubnetSelection(subnet_group_name="Public")
    )
    volume = bc.EfsVolume(
        name="shared", file_system=shared, container_path="/shared", allow_from=[environment]
    )
    bc.FargateJobDefinition(
        stack,
        "Report",
        image="public.ecr.aws/docker/library/python:3.13",
        vcpus=1,
        memory=cdk.Size.gibibytes(2),
        command=["python", "report.py", "/shared"],
        volumes=[volume],
        assign_public_ip=True,
    )
    return stack


if __name__ == "__main__":
    app = cdk.App()
    build(app)
    app.synth()
