"""Use an image from Amazon ECR.

Pass the repository's image, and the execution role may pull from this repository alone. Use a tag
that does not move, or a digest, so that a retried job runs what it ran before.
"""

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecr as ecr
from aws_cdk import aws_ecs as ecs

import batch_constructs as bc

PUBLIC = ec2.SubnetConfiguration(name="Public", subnet_type=ec2.SubnetType.PUBLIC)


def build(app: cdk.App) -> cdk.Stack:
    """Declare it."""
    stack = cdk.Stack(app, "UseAPrivateImage")
    vpc = ec2.Vpc(stack, "Vpc", max_azs=2, nat_gateways=0, subnet_configuration=[PUBLIC])
    environment = bc.FargateComputeEnvironment(stack, "Fargate", vpc=vpc)
    bc.JobQueue(stack, "Queue", compute_environments=[environment])
    images = ecr.Repository(stack, "Images", image_scan_on_push=True)
    bc.FargateJobDefinition(
        stack,
        "Report",
        image=ecs.ContainerImage.from_ecr_repository(images, "1.4.0"),
        vcpus=1,
        memory=cdk.Size.gibibytes(2),
        assign_public_ip=True,
    )
    return stack


if __name__ == "__main__":
    app = cdk.App()
    build(app)
    app.synth()
