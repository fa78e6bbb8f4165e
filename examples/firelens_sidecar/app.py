"""A job whose logs a FireLens sidecar sends on: to Datadog, with the key from a secret."""

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_secretsmanager as secretsmanager

import batch_constructs as bc


def build(app: cdk.App) -> cdk.Stack:
    """Declare a job of two containers: the one that works, and its log router."""
    stack = cdk.Stack(app, "FirelensSidecar")
    public = ec2.SubnetConfiguration(name="Public", subnet_type=ec2.SubnetType.PUBLIC)
    vpc = ec2.Vpc(stack, "Vpc", max_azs=2, nat_gateways=0, subnet_configuration=[public])
    environment = bc.FargateComputeEnvironment(stack, "Environment", vpc=vpc, spot=True)
    bc.JobQueue(stack, "Queue", compute_environments=[environment])

    key = secretsmanager.Secret(stack, "DatadogKey")
    work = bc.Container(
        name="work",
        image="public.ecr.aws/docker/library/python:3.13-slim",
        vcpus=0.75,
        memory=cdk.Size.mebibytes(1536),
        command=["python", "-c", "import sys; print('working on', sys.argv[1])", "Ref::input"],
        depends_on=[bc.ContainerDependency(container_name="router")],
        log_configuration=bc.LogConfiguration(
            driver="awsfirelens",
            options={"Name": "datadog", "Host": "http-intake.logs.datadoghq.com", "TLS": "on"},
            secret_options={"apikey": key},
        ),
    )
    router = bc.Container(
        name="router",
        image="public.ecr.aws/aws-observability/aws-for-fluent-bit:stable",
        vcpus=0.25,
        memory=cdk.Size.mebibytes(512),
        essential=False,
        firelens=bc.Firelens(options={"enable-ecs-log-metadata": "true"}),
    )
    bc.MultiContainerJobDefinition(
        stack,
        "Report",
        platform_capability=bc.PlatformCapability.FARGATE,
        containers=[work, router],
        parameters={"input": "nothing"},
        assign_public_ip=True,
    )
    return stack


if __name__ == "__main__":
    app = cdk.App()
    build(app)
    app.synth()
