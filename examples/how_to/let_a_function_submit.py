"""Let a Lambda function submit jobs.

The function may submit this definition to this queue, and nothing else. It gets both ARNs as
environment variables and calls SubmitJob. `batch_constructs.client` does that with retries and an
idempotency key.
"""

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs

import batch_constructs as bc

PUBLIC = ec2.SubnetConfiguration(name="Public", subnet_type=ec2.SubnetType.PUBLIC)


def build(app: cdk.App) -> cdk.Stack:
    """Declare it."""
    stack = cdk.Stack(app, "LetAFunctionSubmit")
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
    log_group = logs.LogGroup(stack, "Logs", retention=logs.RetentionDays.ONE_MONTH)
    function = lambda_.Function(
        stack,
        "Submit",
        runtime=lambda_.Runtime.PYTHON_3_13,
        handler="index.handler",
        log_group=log_group,
        code=lambda_.Code.from_inline("def handler(event, context): ..."),
        environment={"QUEUE": queue.job_queue_arn, "DEFINITION": report.job_definition_arn},
    )
    report.grant_submit(function, queue)
    return stack


if __name__ == "__main__":
    app = cdk.App()
    build(app)
    app.synth()
