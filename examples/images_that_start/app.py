"""Many jobs of one large image, which start instead of waiting for the root disk."""

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2

import batch_constructs as bc

IMAGE = "public.ecr.aws/docker/library/python:3.13"


def build(app: cdk.App) -> cdk.Stack:
    """Declare instances with a disk for their images, which are there before the first job."""
    stack = cdk.Stack(app, "ImagesThatStart")
    public = ec2.SubnetConfiguration(name="Public", subnet_type=ec2.SubnetType.PUBLIC)
    vpc = ec2.Vpc(stack, "Vpc", max_azs=2, nat_gateways=0, subnet_configuration=[public])
    images = cdk.Size.gibibytes(40)
    template = bc.LaunchTemplate(
        stack,
        "Template",
        root_volume=bc.RootVolume(size=cdk.Size.gibibytes(100), image_size=images),
        prefetch_images=[IMAGE],
        image_pull=bc.ImagePull.PREFER_CACHED,
        container_create_timeout=cdk.Duration.minutes(10),
        container_start_timeout=cdk.Duration.minutes(10),
    )
    spot = bc.SpotComputeEnvironment(stack, "Spot", vpc=vpc, launch_template=template)
    bc.JobQueue(stack, "Queue", compute_environments=[spot])
    bc.Ec2JobDefinition(stack, "Job", image=IMAGE, vcpus=1, memory=cdk.Size.gibibytes(2))
    return stack


if __name__ == "__main__":
    app = cdk.App()
    build(app)
    app.synth()
