"""Let Nextflow, Snakemake or Airflow use a queue.

Workflow engines register their own definitions. This role may do so under one name prefix, submit
to this queue, watch and end its jobs, and pass the job roles that you name.
"""

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam

import batch_constructs as bc

PUBLIC = ec2.SubnetConfiguration(name="Public", subnet_type=ec2.SubnetType.PUBLIC)


def build(app: cdk.App) -> cdk.Stack:
    """Declare it."""
    stack = cdk.Stack(app, "LetAnEngineSubmit")
    vpc = ec2.Vpc(stack, "Vpc", max_azs=2, nat_gateways=0, subnet_configuration=[PUBLIC])
    environment = bc.FargateComputeEnvironment(stack, "Fargate", vpc=vpc)
    queue = bc.JobQueue(stack, "Queue", compute_environments=[environment])
    head = iam.Role(stack, "Head", assumed_by=iam.AccountPrincipal(stack.account))
    own = {"StringEquals": {"aws:SourceAccount": stack.account}}
    tasks = iam.ServicePrincipal("ecs-tasks.amazonaws.com", conditions=own)
    job_role = iam.Role(stack, "JobRole", assumed_by=tasks)
    queue.grant_engine(head, job_definition_prefix="nf-", job_roles=[job_role])
    return stack


if __name__ == "__main__":
    app = cdk.App()
    build(app)
    app.synth()
