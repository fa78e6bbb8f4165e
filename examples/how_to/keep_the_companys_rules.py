"""Set company-wide rules in one place.

Set once for a whole app: how long logs are kept and which key encrypts them, the VPC and the
permissions boundary of our functions. Do this before you create the constructs.
"""

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs

import batch_constructs as bc

PUBLIC = ec2.SubnetConfiguration(name="Public", subnet_type=ec2.SubnetType.PUBLIC)


def build(app: cdk.App) -> cdk.Stack:
    """Declare it."""
    stack = cdk.Stack(app, "KeepTheCompanysRules")
    key = kms.Key(stack, "Key", enable_key_rotation=True)
    settings = bc.FunctionSettings(reserved_concurrency=2)
    bc.DefaultSettings.of(stack).apply(
        log_retention=logs.RetentionDays.ONE_YEAR,
        log_encryption_key=key,
        function_settings=settings,
    )
    vpc = ec2.Vpc(stack, "Vpc", max_azs=2, nat_gateways=0, subnet_configuration=[PUBLIC])
    environment = bc.FargateComputeEnvironment(stack, "Fargate", vpc=vpc)
    queue = bc.JobQueue(stack, "Queue", compute_environments=[environment])
    bc.JobNotifications(stack, "Failures", queues=[queue])
    return stack


if __name__ == "__main__":
    app = cdk.App()
    build(app)
    app.synth()
