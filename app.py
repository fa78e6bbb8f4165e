"""Count words: of a file as soon as it arrives, every night, and one after the other."""

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_secretsmanager as secretsmanager

import batch_constructs as bc

COUNT = """
import boto3, json, os, sys
bucket, key = sys.argv[1:]
text = boto3.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read().decode()
result = {"words": len(text.split()), "signed": bool(os.environ["PASSWORD"])}
target = "results/" + key.rsplit("/", 1)[-1].rsplit(".", 1)[0] + ".json"
boto3.client("s3").put_object(Bucket=bucket, Key=target, Body=json.dumps(result))
print("wrote", target, result)
"""
RUN = 'python3 -c \'import boto3\' || pip install --quiet boto3; exec python3 -c "$COUNT" "$@"'


def build(app: cdk.App) -> cdk.Stack:
    """Declare where jobs run, how they wait, what they are, what starts them and who is told."""
    stack = cdk.Stack(app, "WordCount")
    public = ec2.SubnetConfiguration(name="Public", subnet_type=ec2.SubnetType.PUBLIC)
    vpc = ec2.Vpc(stack, "Vpc", max_azs=2, nat_gateways=0, subnet_configuration=[public])
    files = s3.Bucket(stack, "Files", enforce_ssl=True)
    login = secretsmanager.Secret(stack, "Login")

    spot = bc.SpotComputeEnvironment(stack, "Spot", vpc=vpc, max_vcpus=64)
    on_demand = bc.Ec2ComputeEnvironment(stack, "OnDemand", vpc=vpc, max_vcpus=16)
    urgent = bc.JobQueue(stack, "Urgent", compute_environments=[on_demand], priority=10)
    routine = bc.JobQueue(stack, "Routine", compute_environments=[spot, on_demand], priority=1)
    count = bc.Ec2JobDefinition(
        stack,
        "Count",
        image="public.ecr.aws/docker/library/python:3.13",
        vcpus=1,
        memory=cdk.Size.mebibytes(1024),
        command=["sh", "-c", RUN, "count", "Ref::bucket", "Ref::key"],
        environment={"COUNT": COUNT},
        parameters={"bucket": files.bucket_name, "key": "incoming/example.txt"},
        secrets={"PASSWORD": bc.secret_field(login)},
        timeout=cdk.Duration.hours(1),
    )
    files.grant_read(count, "incoming/*")
    files.grant_put(count, "results/*")

    bc.ObjectCreatedTrigger(
        stack, "Arrived", bucket=files, prefix="incoming/", queue=urgent, job_definition=count
    )
    nightly = bc.ScheduleTrigger(
        stack, "Nightly", schedule="cron(0 2 * * ? *)", queue=routine, job_definition=count
    )
    first = bc.WorkflowJob(name="first", job_definition=count, parameters={"key": "$.first"})
    second = bc.WorkflowJob(
        name="second", job_definition=count, parameters={"key": "$.second"}, depends_on=["first"]
    )
    in_order = bc.Workflow(stack, "InOrder", queue=routine, jobs=[first, second])

    alerts = bc.AlertTopic(stack, "Alerts")
    bc.JobNotifications(stack, "Failures", queues=[urgent, routine], topic=alerts)
    bc.BatchDashboard(stack, "Dashboard", queues=[urgent, routine])
    for name, value in {
        "FilesBucket": files.bucket_name,
        "UrgentQueue": urgent.job_queue_arn,
        "RoutineQueue": routine.job_queue_arn,
        "CountDefinition": count.job_definition_arn,
        "NightlySchedule": nightly.resource.ref,
        "InOrderWorkflow": in_order.state_machine.state_machine_arn,
        "AlertsTopic": alerts.topic_arn,
    }.items():
        cdk.CfnOutput(stack, name, value=value)
    return stack


if __name__ == "__main__":
    app = cdk.App()
    build(app)
    app.synth()
