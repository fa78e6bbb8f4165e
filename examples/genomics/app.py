"""A genomics workflow's queues: Spot by default, on-demand when urgent, references on EFS."""

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_efs as efs

import batch_constructs as bc


def build(app: cdk.App) -> cdk.Stack:
    """Declare a pair of queues, scratch disks, and an aligner that reads reference genomes."""
    stack = cdk.Stack(app, "Genomics")
    public = ec2.SubnetConfiguration(name="Public", subnet_type=ec2.SubnetType.PUBLIC)
    vpc = ec2.Vpc(stack, "Vpc", max_azs=2, nat_gateways=0, subnet_configuration=[public])
    references = efs.FileSystem(
        stack, "References", vpc=vpc, vpc_subnets=ec2.SubnetSelection(subnet_group_name="Public")
    )

    template = bc.LaunchTemplate(
        stack,
        "Template",
        root_volume=bc.RootVolume(size=cdk.Size.gibibytes(100)),
        scratch_path="/scratch",
    )
    families = ["c6id", "m6id", "r6id"]
    spot = bc.SpotComputeEnvironment(
        stack, "Spot", vpc=vpc, instance_types=families, launch_template=template, max_vcpus=1024
    )
    on_demand = bc.Ec2ComputeEnvironment(
        stack, "OnDemand", vpc=vpc, instance_types=families, launch_template=template
    )
    bc.JobQueue(stack, "Default", compute_environments=[spot], priority=1)
    bc.JobQueue(stack, "Urgent", compute_environments=[on_demand], priority=10)

    genomes = bc.EfsVolume(
        name="references",
        file_system=references,
        container_path="/references",
        read_only=True,
        allow_from=[spot, on_demand],
    )
    bc.Ec2JobDefinition(
        stack,
        "Align",
        image="quay.io/biocontainers/bwa:0.7.19--h577a1d6_1",
        vcpus=8,
        memory=cdk.Size.gibibytes(28),
        command=["bwa", "mem", "-t", "8", "/references/Ref::genome", "/scratch/Ref::sample"],
        parameters={"genome": "GRCh38.fa", "sample": "sample.fastq.gz"},
        volumes=[genomes, bc.HostVolume(name="s", container_path="/scratch", host_path="/scratch")],
        retry_policy=bc.RetryPolicy.on_spot_interruption(attempts=5),
    )
    return stack


if __name__ == "__main__":
    app = cdk.App()
    build(app)
    app.synth()
