"""Run a job for each item of a list.

`for_each` names a list in the execution's input. The job runs once for each item, with a limit on
how many run at the same time, and finds the item in its parameters.
"""

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2

import batch_constructs as bc

PUBLIC = ec2.SubnetConfiguration(name="Public", subnet_type=ec2.SubnetType.PUBLIC)


def build(app: cdk.App) -> cdk.Stack:
    """Declare it."""
    stack = cdk.Stack(app, "FanOutOverAList")
    vpc = ec2.Vpc(stack, "Vpc", max_azs=2, nat_gateways=0, subnet_configuration=[PUBLIC])
    environment = bc.FargateComputeEnvironment(stack, "Fargate", vpc=vpc)
    queue = bc.JobQueue(stack, "Queue", compute_environments=[environment])
    each = bc.FargateJobDefinition(
        stack,
        "Each",
        image="public.ecr.aws/docker/library/python:3.13",
        vcpus=1,
        memory=cdk.Size.gibibytes(2),
        command=["python", "one.py", "Ref::sample"],
        parameters={"sample": "none"},
        assign_public_ip=True,
    )
    job = bc.WorkflowJob(
        name="each",
        job_definition=each,
        for_each="$.samples",
        max_concurrency=20,
        parameters={"sample": "$item.name"},
    )
    bc.Workflow(stack, "Samples", queue=queue, jobs=[job])
    return stack


if __name__ == "__main__":
    app = cdk.App()
    build(app)
    app.synth()
