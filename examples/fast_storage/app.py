"""Reads in S3 and a Lustre file system, mounted by the instances before any job starts."""

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_fsx as fsx
from aws_cdk import aws_s3 as s3

import batch_constructs as bc


def build(app: cdk.App) -> cdk.Stack:
    """Declare the storage, instances that mount it, and a job that sees it."""
    stack = cdk.Stack(app, "FastStorage")
    public = ec2.SubnetConfiguration(name="Public", subnet_type=ec2.SubnetType.PUBLIC)
    vpc = ec2.Vpc(stack, "Vpc", max_azs=1, nat_gateways=0, subnet_configuration=[public])
    work = fsx.LustreFileSystem(
        stack,
        "Work",
        vpc=vpc,
        vpc_subnet=vpc.public_subnets[0],
        storage_capacity_gib=1200,
        lustre_configuration=fsx.LustreConfiguration(
            deployment_type=fsx.LustreDeploymentType.SCRATCH_2
        ),
    )
    reads = s3.Bucket(stack, "Reads", enforce_ssl=True)

    volumes: list[bc.AnyInstanceVolume] = [
        bc.FsxLustreVolume(file_system=work, container_path="/work"),
        bc.S3MountVolume(reads, prefix="runs/", container_path="/reads"),
        bc.InstanceStoreVolume(container_path="/scratch"),
    ]
    environment = bc.SpotComputeEnvironment(
        stack,
        "Environment",
        vpc=vpc,
        instance_types=["m6id"],
        launch_template=bc.LaunchTemplate(stack, "Template", volumes=volumes),
    )
    bc.JobQueue(stack, "Queue", compute_environments=[environment])
    bc.Ec2JobDefinition(
        stack,
        "Align",
        image="public.ecr.aws/docker/library/ubuntu:24.04",
        vcpus=4,
        memory=cdk.Size.gibibytes(14),
        command=["align", "/reads/sample.fastq", "/work/sample.bam"],
        volumes=volumes,
    )
    return stack


if __name__ == "__main__":
    app = cdk.App()
    build(app)
    app.synth()
