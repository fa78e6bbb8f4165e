"""Training over many GPUs of several instances, with all that NCCL and data loaders need."""

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2

import batch_constructs as bc

TYPE = "p4d.24xlarge"


def build(app: cdk.App) -> cdk.Stack:
    """Declare instances with four adapters each, close to each other, and a job on two of them."""
    stack = cdk.Stack(app, "GpuWithEfa")
    vpc = ec2.Vpc(stack, "Vpc", max_azs=1, nat_gateways=1)
    nodes = ec2.SecurityGroup(stack, "Nodes", vpc=vpc)
    nodes.connections.allow_internally(ec2.Port.all_traffic())
    close = ec2.PlacementGroup(stack, "Close", strategy=ec2.PlacementGroupStrategy.CLUSTER)
    template = bc.LaunchTemplate(
        stack,
        "Template",
        root_volume=bc.RootVolume(size=cdk.Size.gibibytes(200), image_size=cdk.Size.gibibytes(40)),
        efa=bc.efa_interfaces(TYPE),
        security_groups=[nodes],
    )
    environment = bc.Ec2ComputeEnvironment(
        stack,
        "Environment",
        vpc=vpc,
        instance_types=[TYPE],
        max_vcpus=192,
        security_groups=[nodes],
        launch_template=template,
        placement_group=close,
    )
    bc.JobQueue(stack, "Queue", compute_environments=[environment])
    node = bc.Container(
        image="public.ecr.aws/docker/library/python:3.13-slim",
        command=["torchrun", "train.py"],
        **bc.gpu_settings(TYPE, efa=True),
    )
    bc.MultiNodeJobDefinition(
        stack, "Train", node_ranges=[bc.NodeRange(target_nodes=2, container=node)]
    )
    return stack


if __name__ == "__main__":
    app = cdk.App()
    build(app)
    app.synth()
