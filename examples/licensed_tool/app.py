"""A tool with a limited number of licenses: jobs wait for one instead of failing without."""

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_secretsmanager as secretsmanager

import batch_constructs as bc


def build(app: cdk.App) -> cdk.Stack:
    """Declare the licenses, and a job that holds two of them while it runs."""
    stack = cdk.Stack(app, "LicensedTool")
    public = ec2.SubnetConfiguration(name="Public", subnet_type=ec2.SubnetType.PUBLIC)
    vpc = ec2.Vpc(stack, "Vpc", max_azs=2, nat_gateways=0, subnet_configuration=[public])
    environment = bc.Ec2ComputeEnvironment(
        stack, "Environment", vpc=vpc, instance_types=["c7i", "m7i"], max_vcpus=128
    )
    bc.JobQueue(stack, "Queue", compute_environments=[environment])

    licences = bc.ConsumableResource(stack, "Licences", total_quantity=10)
    server = secretsmanager.Secret(stack, "LicenceServer")
    bc.Ec2JobDefinition(
        stack,
        "Solve",
        image="public.ecr.aws/docker/library/ubuntu:24.04",
        vcpus=4,
        memory=cdk.Size.gibibytes(7),
        command=["/opt/solver/run", "Ref::model"],
        parameters={"model": "bridge.inp"},
        secrets={"LICENSE_SERVER": bc.secret_field(server, "address")},
        consumable_resources={licences: 2},
        timeout=cdk.Duration.hours(8),
    )
    return stack


if __name__ == "__main__":
    app = cdk.App()
    build(app)
    app.synth()
