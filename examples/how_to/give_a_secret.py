"""Give a job a password.

The container receives one field of the secret as an environment variable. It is fetched when the
container starts, so it appears in no template, event or log. The execution role can read this one
secret. Without the generator, AWS would generate plain text, which has no fields.
"""

import json

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
    generated = secretsmanager.SecretStringGenerator(
        secret_string_template=json.dumps({"user": "reports"}), generate_string_key="password"
    )
    login = secretsmanager.Secret(stack, "Login", generate_secret_string=generated)
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
