"""MPI on eight instances at once, close together, on an Elastic Fabric Adapter."""

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2

import batch_constructs as bc


def build(app: cdk.App) -> cdk.Stack:
    """Declare instances that reach each other, and a job of a leader and seven workers."""
    stack = cdk.Stack(app, "Mpi")
    vpc = ec2.Vpc(stack, "Vpc", max_azs=1, nat_gateways=1)
    nodes = ec2.SecurityGroup(stack, "Nodes", vpc=vpc)
    nodes.connections.allow_internally(ec2.Port.all_traffic())

    environment = bc.Ec2ComputeEnvironment(
        stack,
        "Environment",
        vpc=vpc,
        instance_types=["c5n.18xlarge"],
        max_vcpus=72 * 8,
        security_groups=[nodes],
        launch_template=bc.LaunchTemplate(stack, "Efa", efa=True, security_groups=[nodes]),
        placement_group=ec2.PlacementGroup(
            stack, "Close", strategy=ec2.PlacementGroupStrategy.CLUSTER
        ),
    )
    bc.JobQueue(stack, "Queue", compute_environments=[environment])

    node = bc.Container(
        image="public.ecr.aws/docker/library/ubuntu:24.04",
        vcpus=72,
        memory=cdk.Size.gibibytes(180),
        command=["/opt/mpi/start.sh", "Ref::case"],
        devices=[bc.Device(host_path="/dev/infiniband/uverbs0")],
        ulimits=[bc.Ulimit(name="memlock", soft_limit=-1, hard_limit=-1)],
        shared_memory=cdk.Size.gibibytes(32),
    )
    bc.MultiNodeJobDefinition(
        stack,
        "Simulate",
        node_ranges=[bc.NodeRange(target_nodes=8, container=node)],
        parameters={"case": "cavity"},
        timeout=cdk.Duration.hours(12),
    )
    return stack


if __name__ == "__main__":
    app = cdk.App()
    build(app)
    app.synth()
