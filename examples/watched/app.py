"""A queue that is watched: messages, alarms, a dashboard, an audit trail, a budget."""

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_sns_subscriptions as subscriptions

import batch_constructs as bc


def build(app: cdk.App) -> cdk.Stack:
    """Declare a nightly platform on Fargate, and everything that watches it."""
    stack = cdk.Stack(app, "Watched")
    public = ec2.SubnetConfiguration(name="Public", subnet_type=ec2.SubnetType.PUBLIC)
    vpc = ec2.Vpc(stack, "Vpc", max_azs=2, nat_gateways=0, subnet_configuration=[public])
    environment = bc.FargateComputeEnvironment(stack, "Fargate", vpc=vpc, max_vcpus=64)
    queue = bc.JobQueue(stack, "Nightly", compute_environments=[environment])
    job = bc.FargateJobDefinition(
        stack,
        "Import",
        image="public.ecr.aws/docker/library/busybox:stable",
        vcpus=0.25,
        memory=cdk.Size.mebibytes(512),
        command=["date"],
        assign_public_ip=True,
    )

    alerts = bc.AlertTopic(stack, "Alerts", display_name="Nightly")
    alerts.add_subscription(subscriptions.EmailSubscription("oncall@example.com"))
    told = bc.JobNotifications(stack, "Notify", queues=[queue], topic=alerts)

    gauges = bc.JobGauges(stack, "Gauges", queues=[queue], compute_environments=[environment])
    counters = bc.JobCounters(stack, "Counters", queues=[queue])
    monitoring = bc.BatchMonitoring(
        stack,
        "Monitoring",
        queues=[queue],
        compute_environments=[environment],
        alarm_topic=alerts,
        gauges=gauges,
        functions=[told, counters],
    )
    bc.BatchDashboard(
        stack,
        "Dashboard",
        queues=[queue],
        compute_environments=[environment],
        monitoring=monitoring,
        gauges=gauges,
        counters=counters,
        title="Nightly",
    )
    bc.JobLogQueries(stack, "Logs", log_groups=[job.log_group])

    guard = bc.CostGuard(
        stack,
        "Guard",
        queues=[queue],
        budget=bc.VcpuBudget.of_vcpu_hours(200),
        action=bc.GuardAction.DISABLE_QUEUES,
        topic=alerts,
        gauges=gauges,
    )
    bc.AuditTrail(stack, "Audit", queues=[queue], alarm_topic=alerts, expected_roles=[guard.role])
    return stack


if __name__ == "__main__":
    app = cdk.App()
    build(app)
    app.synth()
