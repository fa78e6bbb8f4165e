"""Run jobs one after another, and side by side.

A workflow is a state machine in AWS Step Functions with one state for each job. A job starts as
soon as the jobs it waits for have succeeded. Failed jobs also send AWS Batch's own events.
"""

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2

import batch_constructs as bc

PUBLIC = ec2.SubnetConfiguration(name="Public", subnet_type=ec2.SubnetType.PUBLIC)


def build(app: cdk.App) -> cdk.Stack:
    """Declare it."""
    stack = cdk.Stack(app, "ChainJobs")
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
    workflow = bc.Workflow(
        stack,
        "Pipeline",
        queue=queue,
        jobs=[
            bc.WorkflowJob(name="fetch", job_definition=report),
            bc.WorkflowJob(name="north", job_definition=report, depends_on=["fetch"]),
            bc.WorkflowJob(name="south", job_definition=report, depends_on=["fetch"]),
            bc.WorkflowJob(name="join", job_definition=report, depends_on=["north", "south"]),
        ],
    )
    cdk.CfnOutput(stack, "StateMachine", value=workflow.state_machine.state_machine_arn)
    return stack


if __name__ == "__main__":
    app = cdk.App()
    build(app)
    app.synth()
