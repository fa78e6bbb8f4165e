"""One job at a time: of a definition, of a queue, of a database that several jobs share."""

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2

import batch_constructs as bc


def build(app: cdk.App) -> cdk.Stack:
    """Declare a queue with a limit, and definitions with three kinds of limits."""
    stack = cdk.Stack(app, "OneAtATime")
    public = ec2.SubnetConfiguration(name="Public", subnet_type=ec2.SubnetType.PUBLIC)
    vpc = ec2.Vpc(stack, "Vpc", max_azs=2, nat_gateways=0, subnet_configuration=[public])
    fargate = bc.FargateComputeEnvironment(stack, "Fargate", vpc=vpc)
    queue = bc.JobQueue(stack, "Queue", compute_environments=[fargate], max_concurrent_jobs=5)
    database = bc.ConsumableResource(stack, "Database", total_quantity=2)
    jobs = bc.FargateJobDefinition.from_mapping(
        stack,
        {
            "Migrate": {"max_concurrent_jobs": 1},
            "Report": {},
            "Load": {"max_concurrent_jobs": database},
            "Vacuum": {"max_concurrent_jobs": database},
        },
        image="public.ecr.aws/docker/library/busybox:stable",
        vcpus=0.25,
        memory=cdk.Size.mebibytes(512),
        assign_public_ip=True,
    )
    bc.EventTrigger(
        stack,
        "Asked",
        queue=queue,
        job_definition=jobs["Report"],
        event_pattern={"source": ["my.app"]},
    )
    return stack


if __name__ == "__main__":
    app = cdk.App()
    build(app)
    app.synth()
