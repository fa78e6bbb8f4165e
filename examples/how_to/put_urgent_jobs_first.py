"""Put urgent jobs first.

Two queues share an environment. As long as both have jobs waiting, AWS Batch starts those of the
queue with the higher priority first. Running jobs are not stopped.
"""

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2

import batch_constructs as bc

PUBLIC = ec2.SubnetConfiguration(name="Public", subnet_type=ec2.SubnetType.PUBLIC)


def build(app: cdk.App) -> cdk.Stack:
    """Declare it."""
    stack = cdk.Stack(app, "PutUrgentJobsFirst")
    vpc = ec2.Vpc(stack, "Vpc", max_azs=2, nat_gateways=0, subnet_configuration=[PUBLIC])
    environment = bc.FargateComputeEnvironment(stack, "Fargate", vpc=vpc)
    bc.JobQueue(stack, "Urgent", compute_environments=[environment], priority=10)
    bc.JobQueue(stack, "Routine", compute_environments=[environment], priority=1)
    return stack


if __name__ == "__main__":
    app = cdk.App()
    build(app)
    app.synth()
