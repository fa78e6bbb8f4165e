"""Let child n of one array wait for child n of another.

With `NToN`, each child of the second array starts as soon as the child with the same number in
the first array has succeeded, without waiting for the rest of it.
"""

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2

import batch_constructs as bc

PUBLIC = ec2.SubnetConfiguration(name="Public", subnet_type=ec2.SubnetType.PUBLIC)


def build(app: cdk.App) -> cdk.Stack:
    """Declare it."""
    stack = cdk.Stack(app, "PassAnArrayOn")
    vpc = ec2.Vpc(stack, "Vpc", max_azs=2, nat_gateways=0, subnet_configuration=[PUBLIC])
    environment = bc.FargateComputeEnvironment(stack, "Fargate", vpc=vpc)
    queue = bc.JobQueue(stack, "Queue", compute_environments=[environment])
    report = bc.FargateJobDefinition(
        stack,
        "Report",
        image="public.ecr.aws/docker/library/python:3.13",
        vcpus=1,
        memory=cdk.Size.gibibytes(2),
        command=["python", "-c", "print('hello')"],
        assign_public_ip=True,
    )
    bc.Workflow(
        stack,
        "Samples",
        queue=queue,
        jobs=[
            bc.WorkflowJob(name="align", job_definition=report, array_size=100),
            bc.WorkflowJob(
                name="call", job_definition=report, array_size=100, depends_on=[bc.NToN("align")]
            ),
        ],
    )
    return stack


if __name__ == "__main__":
    app = cdk.App()
    build(app)
    app.synth()
