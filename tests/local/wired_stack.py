"""One stack with every way to start a job, from plain CDK: deployed once, used by many tests."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_lambda_event_sources as sources
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_scheduler as scheduler
from aws_cdk import aws_secretsmanager as secretsmanager
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from aws_cdk import aws_sqs as sqs
from aws_cdk import aws_ssm as ssm
from aws_cdk import aws_stepfunctions as sfn
from aws_cdk import aws_stepfunctions_tasks as tasks

from tests.local import fargate

SUBMITTER = """
import boto3, json, os

def handler(event, context):
    for record in event["Records"]:
        boto3.client("batch").submit_job(
            jobName="from-sqs", jobQueue=os.environ["QUEUE"], jobDefinition=os.environ["JOB"],
            parameters=json.loads(record["body"]))
"""
WRITE = "import boto3, sys; boto3.client('s3').put_object(Bucket=sys.argv[1], Key=sys.argv[2])"


def wired_stack() -> cdk.Stack:
    stack = cdk.Stack(cdk.App(), "Wired")
    bucket = s3.Bucket(stack, "Bucket", event_bridge_enabled=True)
    queue = fargate.queue(stack)
    writer_role = fargate.task_role(stack, "WriterRole")
    bucket.grant_put(writer_role, "written/*")
    write = fargate.job(
        stack,
        "Write",
        queue,
        ["python3", "-c", WRITE, bucket.bucket_name, "written/Ref::key"],
        role=writer_role,
        parameters={"key": "nothing"},
    )
    fail = fargate.job(stack, "Fail", queue, ["sh", "-c", "echo no good; exit 3"])
    _secrets(stack, queue)
    _from_s3(stack, bucket, queue, write.attr_job_definition_arn)
    _from_a_schedule(stack, queue, write.attr_job_definition_arn)
    _from_sqs(stack, queue, write.attr_job_definition_arn)
    _workflow(stack, "Workflow", queue, write.attr_job_definition_arn)
    _workflow(stack, "FailingWorkflow", queue, fail.attr_job_definition_arn)
    _failures(stack, queue)
    spare = sqs.Queue(stack, "Spare")
    sender = iam.Role(stack, "SenderRole", assumed_by=iam.AccountRootPrincipal())
    spare.grant_send_messages(sender)
    cdk.CfnOutput(stack, "SpareUrl", value=spare.queue_url)
    cdk.CfnOutput(stack, "SenderRoleArn", value=sender.role_arn)
    cdk.CfnOutput(stack, "BucketName", value=bucket.bucket_name)
    return stack


def _secrets(stack: cdk.Stack, queue: fargate.Queue) -> None:
    secret = secretsmanager.Secret(
        stack,
        "Secret",
        secret_object_value={"password": cdk.SecretValue.unsafe_plain_text("hunter2-of-the-test")},
    )
    parameter = ssm.StringParameter(stack, "Parameter", string_value="parameter-of-the-test")
    secret.grant_read(queue.execution_role)
    parameter.grant_read(queue.execution_role)
    command = ["sh", "-c", "test ${#PASSWORD} = 19 && echo $PARAMETER"]
    values = {"PASSWORD": f"{secret.secret_arn}:password::", "PARAMETER": parameter.parameter_arn}
    fargate.job(stack, "ReadSecrets", queue, command, secrets=values)
    fargate.job(
        stack,
        "ReadForbiddenSecret",
        queue,
        command,
        secrets={"PASSWORD": secretsmanager.Secret(stack, "Forbidden").secret_arn},
    )


def _from_s3(stack: cdk.Stack, bucket: s3.Bucket, queue: fargate.Queue, job: str) -> None:
    rule = events.Rule(
        stack,
        "Arrived",
        event_pattern=events.EventPattern(
            source=["aws.s3"],
            detail={
                "bucket": {"name": [bucket.bucket_name]},
                "object": {"key": [{"prefix": "incoming/"}]},
            },
        ),
    )
    key = events.EventField.from_path("$.detail.object.key")
    # the CDK takes a role of this ID for its own, and gives it neither job/* nor the bare name
    role = iam.Role(
        queue.queue, "EventsRole", assumed_by=iam.ServicePrincipal("events.amazonaws.com")
    )
    role.add_to_policy(fargate.may_submit(queue))
    rule.add_target(
        targets.BatchJob(
            queue.arn,
            queue.queue,
            job,
            queue.queue,
            job_name="from-s3",
            event=events.RuleTargetInput.from_object({"Parameters": {"key": key}}),
        )
    )


def _from_a_schedule(stack: cdk.Stack, queue: fargate.Queue, job: str) -> None:
    role = fargate.submitter(stack, "ScheduleRole", "scheduler.amazonaws.com", queue)
    request = {
        "JobName": "from-schedule",
        "JobQueue": queue.arn,
        "JobDefinition": job,
        "Parameters": {"key": "scheduled"},
    }
    # A time that has passed: it fires at once, and once.
    scheduler.CfnSchedule(
        stack,
        "Schedule",
        schedule_expression="at(2020-01-01T00:00:00)",
        flexible_time_window=scheduler.CfnSchedule.FlexibleTimeWindowProperty(mode="OFF"),
        target=scheduler.CfnSchedule.TargetProperty(
            arn="arn:aws:scheduler:::aws-sdk:batch:submitJob",
            role_arn=role.role_arn,
            input=stack.to_json_string(request),
        ),
    ).node.add_dependency(role)


def _from_sqs(stack: cdk.Stack, queue: fargate.Queue, job: str) -> None:
    messages = sqs.Queue(stack, "Messages")
    function = lambda_.Function(
        stack,
        "Submitter",
        runtime=lambda_.Runtime.PYTHON_3_13,
        handler="index.handler",
        code=lambda_.Code.from_inline(SUBMITTER),
        timeout=cdk.Duration.seconds(30),
        environment={"QUEUE": queue.arn, "JOB": job},
    )
    function.add_to_role_policy(fargate.may_submit(queue))
    function.add_event_source(sources.SqsEventSource(messages))
    cdk.CfnOutput(stack, "MessagesUrl", value=messages.queue_url)


def _workflow(stack: cdk.Stack, name: str, queue: fargate.Queue, job: str) -> None:
    task = tasks.BatchSubmitJob(
        stack,
        f"{name}Job",
        job_name=name,
        job_queue_arn=queue.arn,
        job_definition_arn=job,
        payload=sfn.TaskInput.from_object({"key": "from-workflow"}),
    )
    machine = sfn.StateMachine(stack, name, definition_body=sfn.DefinitionBody.from_chainable(task))
    machine.add_to_role_policy(fargate.may_submit(queue))
    cdk.CfnOutput(stack, f"{name}Arn", value=machine.state_machine_arn)


def _failures(stack: cdk.Stack, queue: fargate.Queue) -> None:
    topic, inbox = sns.Topic(stack, "Topic"), sqs.Queue(stack, "Inbox")
    topic.add_subscription(subscriptions.SqsSubscription(inbox, raw_message_delivery=True))
    events.Rule(
        stack,
        "Failed",
        event_pattern=events.EventPattern(
            source=["aws.batch"],
            detail_type=["Batch Job State Change"],
            detail={"jobQueue": [queue.arn], "status": ["FAILED"]},
        ),
        targets=[targets.SnsTopic(topic)],
    )
    cdk.CfnOutput(stack, "InboxUrl", value=inbox.queue_url)
