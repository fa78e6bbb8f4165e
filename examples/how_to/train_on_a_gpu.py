"""Train on a GPU.

Name an instance family with GPUs; AWS Batch picks Amazon's NVIDIA image for it. Libraries that
exchange data between processes need shared memory, of which a container has only 64 MiB unless
you ask for more.
"""

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2

import batch_constructs as bc

PUBLIC = ec2.SubnetConfiguration(name="Public", subnet_type=ec2.SubnetType.PUBLIC)


def build(app: cdk.App) -> cdk.Stack:
    """Declare it."""
    stack = cdk.Stack(app, "TrainOnAGpu")
    vpc = ec2.Vpc(stack, "Vpc", max_azs=2, nat_gateways=0, subnet_configuration=[PUBLIC])
    gpus = bc.Ec2ComputeEnvironment(stack, "Gpus", vpc=vpc, instance_types=["g6"], max_vcpus=64)
    bc.JobQueue(stack, "Queue", compute_environments=[gpus])
    bc.Ec2JobDefinition(
        stack,
        "Train",
        image="public.ecr.aws/docker/library/python:3.13",
        vcpus=4,
        memory=cdk.Size.gibibytes(14),
        gpus=1,
        shared_memory=cdk.Size.gibibytes(8),
        command=["python", "train.py"],
    )
    return stack


if __name__ == "__main__":
    app = cdk.App()
    build(app)
    app.synth()
