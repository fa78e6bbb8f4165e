"""Stop submitting when the budget is used up.

The guard adds up the vCPU-hours of the day or month. It warns at 80 percent, and at 100 percent
it does what you chose: send a message, close the queues, or lower the maximum size of the
environments. Running jobs are not stopped.
"""

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2

import batch_constructs as bc

PUBLIC = ec2.SubnetConfiguration(name="Public", subnet_type=ec2.SubnetType.PUBLIC)


def build(app: cdk.App) -> cdk.Stack:
    """Declare it."""
    stack = cdk.Stack(app, "KeepToABudget")
    vpc = ec2.Vpc(stack, "Vpc", max_azs=2, nat_gateways=0, subnet_configuration=[PUBLIC])
    environment = bc.FargateComputeEnvironment(stack, "Fargate", vpc=vpc)
    queue = bc.JobQueue(stack, "Queue", compute_environments=[environment])
    bc.FargateJobDefinition(
        stack,
        "Report",
        image="public.ecr.aws/docker/library/python:3.13",
        vcpus=1,
        memory=cdk.Size.gibibytes(2),
        command=["python", "-c", "print('hello')"],
        assign_public_ip=True,
    )
    gauges = bc.JobGauges(stack, "Gauges", queues=[queue], compute_environments=[environment])
    bc.CostGuard(
        stack,
        "Guard",
        queues=[queue],
        gauges=gauges,
        budget=bc.VcpuBudget.of_vcpu_hours(500, period=bc.BudgetPeriod.MONTH),
        action=bc.GuardAction.DISABLE_QUEUES,
    )
    return stack


if __name__ == "__main__":
    app = cdk.App()
    build(app)
    app.synth()
