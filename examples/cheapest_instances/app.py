"""The cheapest instances that fit: from the sizes of jobs to instance types."""

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2

import batch_constructs as bc

SIZES = {
    "Align": bc.JobSize(vcpus=4, memory=cdk.Size.gibibytes(7)),
    "Merge": bc.JobSize(vcpus=1, memory=cdk.Size.gibibytes(3)),
}


def build(app: cdk.App) -> cdk.Stack:
    """Declare Spot instances on which these jobs cost least, and the jobs."""
    stack = cdk.Stack(app, "CheapestInstances")
    public = ec2.SubnetConfiguration(name="Public", subnet_type=ec2.SubnetType.PUBLIC)
    vpc = ec2.Vpc(stack, "Vpc", max_azs=2, nat_gateways=0, subnet_configuration=[public])
    spot = bc.SpotComputeEnvironment(
        stack,
        "Spot",
        vpc=vpc,
        instance_types=bc.cheapest_instance_types(list(SIZES.values())),
        allocation_strategy=bc.AllocationStrategy.SPOT_PRICE_CAPACITY_OPTIMIZED,
    )
    bc.JobQueue(stack, "Queue", compute_environments=[spot])
    for name, size in SIZES.items():
        image = "public.ecr.aws/docker/library/busybox:stable"
        bc.Ec2JobDefinition(stack, name, image=image, vcpus=size.vcpus, memory=size.memory)
    return stack


if __name__ == "__main__":
    app = cdk.App()
    build(app)
    app.synth()
