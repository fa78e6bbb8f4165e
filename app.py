"""The app of the README: Spot with on-demand behind it, two queues, a job with a secret."""

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_secretsmanager as secretsmanager

import batch_constructs as bc


def build(app: cdk.App) -> cdk.Stack:
    """Declare where jobs run, how they wait and what they are."""
    stack = cdk.Stack(app, "Reports")
    public = ec2.SubnetConfiguration(name="Public", subnet_type=ec2.SubnetType.PUBLIC)
    vpc = ec2.Vpc(stack, "Vpc", max_azs=2, nat_gateways=0, subnet_configuration=[public])

    spot = bc.SpotComputeEnvironment(stack, "Spot", vpc=vpc, max_vcpus=64)
    on_demand = bc.Ec2ComputeEnvironment(stack, "OnDemand", vpc=vpc, max_vcpus=16)
    urgent = bc.JobQueue(stack, "Urgent", compute_environments=[on_demand], priority=10)
    bc.JobQueue(stack, "Default", compute_environments=[spot, on_demand], priority=1)

    bucket = s3.Bucket(stack, "Results", enforce_ssl=True)
    login = secretsmanager.Secret(stack, "Login")
    report = bc.Ec2JobDefinition(
        stack,
        "Report",
        image="public.ecr.aws/aws-cli/aws-cli:2.31.0",
        vcpus=1,
        memory=cdk.Size.mebibytes(1024),
        command=["s3", "cp", "Ref::source", f"s3://{bucket.bucket_name}/Ref::name"],
        parameters={"source": "/etc/os-release", "name": "report.txt"},
        secrets={"PASSWORD": bc.secret_field(login, "password")},
        timeout=cdk.Duration.hours(1),
    )
    bucket.grant_put(report)
    cdk.CfnOutput(stack, "Queue", value=urgent.job_queue_name)
    cdk.CfnOutput(stack, "Definition", value=report.job_definition_name)
    return stack


if __name__ == "__main__":
    app = cdk.App()
    build(app)
    app.synth()
