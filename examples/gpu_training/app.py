"""GPU training on Spot, with on-demand instances where there is no Spot capacity."""

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_s3 as s3

import batch_constructs as bc


def build(app: cdk.App) -> cdk.Stack:
    """Declare GPU instances, a queue that tries Spot first, and a training job that resumes."""
    stack = cdk.Stack(app, "GpuTraining")
    public = ec2.SubnetConfiguration(name="Public", subnet_type=ec2.SubnetType.PUBLIC)
    vpc = ec2.Vpc(stack, "Vpc", max_azs=3, nat_gateways=0, subnet_configuration=[public])

    template = bc.LaunchTemplate(
        stack,
        "Template",
        root_volume=bc.RootVolume(size=cdk.Size.gibibytes(200)),
        scratch_path="/scratch",
        image_pull=bc.ImagePull.PREFER_CACHED,
    )
    families = ["g5", "g6"]
    spot = bc.SpotComputeEnvironment(
        stack, "Spot", vpc=vpc, instance_types=families, launch_template=template, max_vcpus=192
    )
    on_demand = bc.Ec2ComputeEnvironment(
        stack, "OnDemand", vpc=vpc, instance_types=families, launch_template=template, max_vcpus=96
    )
    bc.JobQueue(stack, "Queue", compute_environments=[spot, on_demand])

    checkpoints = s3.Bucket(stack, "Checkpoints", enforce_ssl=True)
    train = bc.Ec2JobDefinition(
        stack,
        "Train",
        image="public.ecr.aws/docker/library/python:3.13-slim",
        vcpus=4,
        memory=cdk.Size.gibibytes(14),
        gpus=1,
        shared_memory=cdk.Size.gibibytes(4),
        command=["python", "train.py", "--resume", f"s3://{checkpoints.bucket_name}/Ref::run"],
        parameters={"run": "latest"},
        volumes=[bc.HostVolume(name="scratch", container_path="/scratch", host_path="/scratch")],
        retry_policy=bc.RetryPolicy.on_spot_interruption(attempts=10),
        timeout=cdk.Duration.hours(24),
    )
    checkpoints.grant_read_write(train)
    return stack


if __name__ == "__main__":
    app = cdk.App()
    build(app)
    app.synth()
