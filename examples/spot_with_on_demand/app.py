"""Two priorities on Spot, with on-demand instances where there is no Spot capacity."""

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_s3 as s3

import batch_constructs as bc


def build(app: cdk.App) -> cdk.Stack:
    """Declare a pair of queues that share their compute environments."""
    stack = cdk.Stack(app, "SpotWithOnDemand")
    public = ec2.SubnetConfiguration(name="Public", subnet_type=ec2.SubnetType.PUBLIC)
    vpc = ec2.Vpc(stack, "Vpc", max_azs=3, nat_gateways=0, subnet_configuration=[public])

    reads = s3.Bucket(stack, "Reads", enforce_ssl=True)
    data = [bc.S3MountVolume(reads, container_path="/data", read_only=False)]
    mounted = bc.LaunchTemplate(stack, "Mounted", volumes=data)
    families = ["c7g", "m7g", "r7g"]
    spot = bc.SpotComputeEnvironment(
        stack,
        "Spot",
        vpc=vpc,
        instance_types=families,
        max_vcpus=512,
        launch_template=mounted,
        compute_environment_name="alignments-spot",
    )
    on_demand = bc.Ec2ComputeEnvironment(
        stack,
        "OnDemand",
        vpc=vpc,
        instance_types=families,
        max_vcpus=64,
        launch_template=mounted,
    )
    urgent = bc.JobQueue(stack, "Urgent", compute_environments=[spot, on_demand], priority=100)
    routine = bc.JobQueue(stack, "Routine", compute_environments=[spot, on_demand], priority=1)

    bc.Ec2JobDefinition(
        stack,
        "Index",
        image="quay.io/biocontainers/samtools:1.21--h96c455f_1",
        vcpus=2,
        memory=cdk.Size.gibibytes(3),
        command=["samtools", "index", "Ref::bam"],
        parameters={"bam": "/data/sample.bam"},
        volumes=data,
        retry_policy=bc.RetryPolicy.on_spot_interruption(attempts=5),
        timeout=cdk.Duration.hours(6),
    )
    cdk.CfnOutput(stack, "UrgentQueue", value=urgent.job_queue_name)
    cdk.CfnOutput(stack, "RoutineQueue", value=routine.job_queue_name)
    return stack


if __name__ == "__main__":
    app = cdk.App()
    build(app)
    app.synth()
