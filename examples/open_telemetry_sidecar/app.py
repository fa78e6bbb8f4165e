"""A job that is traced: AWS's collector of OpenTelemetry runs beside it."""

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2

import batch_constructs as bc


def build(app: cdk.App) -> cdk.Stack:
    """Declare a job of one container, and the collector, for which the job pays nothing."""
    stack = cdk.Stack(app, "OpenTelemetrySidecar")
    public = ec2.SubnetConfiguration(name="Public", subnet_type=ec2.SubnetType.PUBLIC)
    vpc = ec2.Vpc(stack, "Vpc", max_azs=2, nat_gateways=0, subnet_configuration=[public])
    fargate = bc.FargateComputeEnvironment(stack, "Fargate", vpc=vpc, spot=True)
    bc.JobQueue(stack, "Queue", compute_environments=[fargate])
    work = bc.Container(
        name="work",
        image="public.ecr.aws/docker/library/python:3.13-slim",
        vcpus=0.75,
        memory=cdk.Size.mebibytes(1536),
        environment={"OTEL_EXPORTER_OTLP_ENDPOINT": "http://localhost:4317"},
    )
    on = bc.PlatformCapability.FARGATE
    bc.MultiContainerJobDefinition(
        stack,
        "Report",
        platform_capability=on,
        containers=bc.with_sidecar([work], bc.open_telemetry_collector(), platform_capability=on),
        assign_public_ip=True,
    )
    return stack


if __name__ == "__main__":
    app = cdk.App()
    build(app)
    app.synth()
