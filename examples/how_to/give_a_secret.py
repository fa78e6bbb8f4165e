"""Give a job a password.

The container finds the field of the secret in an environment variable. AWS Batch fetches it as
the container starts, so that it stands in no template, no event and no log. The execution role
may read this one secret.
"""

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_secretsmanager as secretsmanager

import batch_constructs as bc

PUBLIC = ec2.SubnetConfiguration(name="Public", subnet_type=ec2.SubnetType.PUBLIC)


def build(app: cdk.App) -> cdk.Stack:
    """Declare it."""
    stack = cdk.Stack(app, "GiveASecret")
    vpc = ec2.Vpc(stack, "Vpc", max_azs=2, nat_gateways=0, subnet_configuration=[PUBLIC])
    environment = bc.FargateComputeEnvironment(stack, "Fargate", vpc=vpc)
    bc.JobQueue(stack, "Queue", compute_environments=[environment])
    login = secretsmanager.Secret(stack, "Login")
    bc.FargateJobDefinition(
        stack,
        "Report",
        image="public.ecr.aws/docker/library/python:3.13",
        vcpus=1,
        memory=cdk.Size.gibibytes(2),
        command=["python", "report.py"],
        secrets={"PASSWORD": bc.secret_field(login, "password")},
        assign_public_ip=True,
    )
    return stack


if __name__ == "__main__":
    app = cdk.App()
    build(app)
    app.synth()
