"""The README's app, and the same with the CDK's own constructs, synthesised once in a process.

Run as ``python bench/whole_app.py SHAPE FOLDER``: prints one line of JSON, as definitions.py does.
``ours`` is app.py as it stands. ``l2`` declares the same with the constructs of aws-cdk-lib, down
to the function that words the messages (whose code is ours) with its table, log and dead letters,
the key of the topic, and the event log that the dashboard reads. It leaves out what ours checks.
``ours_without_theirs`` leaves out the validation that is the CDK's own, and keeps our rules. Where
``CDK_VALIDATION`` is ``false``, nothing validates.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from cost import cost_so_far, count_calls

if TYPE_CHECKING:
    from collections.abc import Callable

    import aws_cdk as cdk
    from aws_cdk import aws_batch as batch
    from aws_cdk import aws_sns as sns

STARTED = time.perf_counter()
HERE = Path(__file__).parent


def ours(app: cdk.App) -> None:
    """Declare it with batch_constructs."""
    sys.path.insert(0, str(HERE.parent))
    from app import build

    build(app)


def l2(app: cdk.App) -> None:
    """Declare it with what aws-cdk-lib has."""
    import aws_cdk as cdk
    from aws_cdk import aws_batch as batch
    from aws_cdk import aws_ec2 as ec2
    from aws_cdk import aws_ecs as ecs
    from aws_cdk import aws_events as events
    from aws_cdk import aws_events_targets as targets
    from aws_cdk import aws_iam as iam
    from aws_cdk import aws_logs as logs
    from aws_cdk import aws_s3 as s3
    from aws_cdk import aws_scheduler as scheduler
    from aws_cdk import aws_scheduler_targets as scheduler_targets
    from aws_cdk import aws_secretsmanager as secretsmanager
    from aws_cdk import aws_sqs as sqs
    from aws_cdk import aws_stepfunctions as sfn
    from aws_cdk import aws_stepfunctions_tasks as tasks

    stack = cdk.Stack(app, "WordCount")
    public = ec2.SubnetConfiguration(name="Public", subnet_type=ec2.SubnetType.PUBLIC)
    vpc = ec2.Vpc(stack, "Vpc", max_azs=2, nat_gateways=0, subnet_configuration=[public])
    files = s3.Bucket(stack, "Files", enforce_ssl=True, event_bridge_enabled=True)
    login = secretsmanager.Secret(stack, "Login")

    subnets = ec2.SubnetSelection(subnet_type=ec2.SubnetType.PUBLIC)
    spot, on_demand = (
        batch.ManagedEc2EcsComputeEnvironment(
            stack,
            name,
            vpc=vpc,
            vpc_subnets=subnets,
            maxv_cpus=most,
            spot=name == "Spot",
            launch_template=ec2.LaunchTemplate(
                stack, f"{name}Template", require_imdsv2=True, http_put_response_hop_limit=1
            ),
        )
        for name, most in (("Spot", 64), ("OnDemand", 16))
    )
    urgent, routine = (
        batch.JobQueue(
            stack,
            name,
            priority=priority,
            compute_environments=[
                batch.OrderedComputeEnvironment(compute_environment=one, order=order)
                for order, one in enumerate(several, start=1)
            ],
        )
        for name, priority, several in (
            ("Urgent", 10, [on_demand]),
            ("Routine", 1, [spot, on_demand]),
        )
    )
    job_role = iam.Role(
        stack, "JobRole", assumed_by=iam.ServicePrincipal("ecs-tasks.amazonaws.com")
    )
    log_group = logs.LogGroup(stack, "Logs", retention=logs.RetentionDays.ONE_MONTH)
    count = batch.EcsJobDefinition(
        stack,
        "Count",
        container=batch.EcsEc2ContainerDefinition(
            stack,
            "Container",
            image=ecs.ContainerImage.from_registry("public.ecr.aws/docker/library/python:3.13"),
            cpu=1,
            memory=cdk.Size.mebibytes(1024),
            command=["sh", "-c", "count", "count", "Ref::bucket", "Ref::key"],
            environment={"COUNT": "import sys"},
            secrets={"PASSWORD": batch.Secret.from_secrets_manager(login)},
            job_role=job_role,
            logging=ecs.LogDriver.aws_logs(stream_prefix="count", log_group=log_group),
        ),
        parameters={"bucket": files.bucket_name, "key": "incoming/example.txt"},
        timeout=cdk.Duration.hours(1),
    )
    files.grant_read(job_role, "incoming/*")
    files.grant_put(job_role, "results/*")

    events.Rule(
        stack,
        "Arrived",
        event_pattern=events.EventPattern(
            source=["aws.s3"],
            detail_type=["Object Created"],
            detail={
                "bucket": {"name": [files.bucket_name]},
                "object": {"key": [{"prefix": "incoming/"}]},
            },
        ),
        targets=[
            targets.BatchJob(
                urgent.job_queue_arn,
                urgent,
                count.job_definition_arn,
                count,
                dead_letter_queue=sqs.Queue(stack, "ArrivedLetters", enforce_ssl=True),
                event=events.RuleTargetInput.from_object(
                    {
                        "Parameters": {
                            "bucket": events.EventField.from_path("$.detail.bucket.name"),
                            "key": events.EventField.from_path("$.detail.object.key"),
                        }
                    }
                ),
            )
        ],
    )
    nightly = scheduler.Schedule(
        stack,
        "Nightly",
        schedule=scheduler.ScheduleExpression.cron(minute="0", hour="2"),
        target=scheduler_targets.Universal(
            service="batch",
            action="submitJob",
            dead_letter_queue=sqs.Queue(stack, "NightlyLetters", enforce_ssl=True),
            input=scheduler.ScheduleTargetInput.from_object(
                {
                    "JobName": "nightly",
                    "JobQueue": routine.job_queue_arn,
                    "JobDefinition": count.job_definition_arn,
                }
            ),
            policy_statements=[
                iam.PolicyStatement(
                    actions=["batch:SubmitJob"],
                    resources=[routine.job_queue_arn, count.job_definition_arn],
                )
            ],
        ),
    )
    first, second = (
        tasks.BatchSubmitJob(
            stack,
            name,
            job_name=name,
            job_queue_arn=routine.job_queue_arn,
            job_definition_arn=count.job_definition_arn,
            payload=sfn.TaskInput.from_object({"key": sfn.JsonPath.string_at(f"$.{name}")}),
        )
        for name in ("first", "second")
    )
    in_order = sfn.StateMachine(
        stack,
        "InOrder",
        definition_body=sfn.DefinitionBody.from_chainable(first.next(second)),
        logs=sfn.LogOptions(
            destination=logs.LogGroup(stack, "InOrderLogs", retention=logs.RetentionDays.ONE_MONTH)
        ),
        tracing_enabled=True,
    )

    alerts = _tell(stack, urgent, routine)
    for name, value in {
        "FilesBucket": files.bucket_name,
        "UrgentQueue": urgent.job_queue_arn,
        "RoutineQueue": routine.job_queue_arn,
        "CountDefinition": count.job_definition_arn,
        "NightlySchedule": nightly.schedule_name,
        "InOrderWorkflow": in_order.state_machine_arn,
        "AlertsTopic": alerts.topic_arn,
    }.items():
        cdk.CfnOutput(stack, name, value=value)


def _tell(stack: cdk.Stack, urgent: batch.JobQueue, routine: batch.JobQueue) -> sns.Topic:
    """Declare who is told, and what is watched."""
    import aws_cdk as cdk
    from aws_cdk import aws_cloudwatch as cloudwatch
    from aws_cdk import aws_dynamodb as dynamodb
    from aws_cdk import aws_events as events
    from aws_cdk import aws_events_targets as targets
    from aws_cdk import aws_iam as iam
    from aws_cdk import aws_kms as kms
    from aws_cdk import aws_lambda as lambda_
    from aws_cdk import aws_logs as logs
    from aws_cdk import aws_sns as sns
    from aws_cdk import aws_sqs as sqs

    key = kms.Key(stack, "AlertsKey", enable_key_rotation=True)
    alerts = sns.Topic(stack, "Alerts", enforce_ssl=True, master_key=key)
    letters = sqs.Queue(stack, "FailuresLetters", enforce_ssl=True)
    claims = dynamodb.Table(
        stack,
        "Claims",
        partition_key=dynamodb.Attribute(name="key", type=dynamodb.AttributeType.STRING),
        billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
        time_to_live_attribute="expires",
    )
    words = lambda_.Function(
        stack,
        "Words",
        runtime=lambda_.Runtime.PYTHON_3_14,
        architecture=lambda_.Architecture.ARM_64,
        handler="job_events.notify.handler",
        code=lambda_.Code.from_asset(str(HERE.parent / "batch_constructs" / "functions")),
        timeout=cdk.Duration.seconds(60),
        environment={"TOPIC_ARN": alerts.topic_arn, "CLAIMS_TABLE": claims.table_name},
        dead_letter_queue=letters,
        log_group=logs.LogGroup(stack, "WordsLogs", retention=logs.RetentionDays.ONE_MONTH),
    )
    alerts.grant_publish(words)
    claims.grant(words, "dynamodb:GetItem", "dynamodb:UpdateItem")
    words.add_to_role_policy(
        iam.PolicyStatement(actions=["batch:DescribeJobs", "batch:ListJobs"], resources=["*"])
    )
    told = targets.LambdaFunction(words, dead_letter_queue=letters, retry_attempts=10)
    events.Rule(
        stack,
        "Failures",
        event_pattern=events.EventPattern(
            source=["aws.batch"],
            detail_type=["Batch Job State Change"],
            detail={
                "status": ["FAILED"],
                "jobQueue": [urgent.job_queue_arn, routine.job_queue_arn],
            },
        ),
        targets=[told],
    )
    blocked = events.EventPattern(
        source=["aws.batch"],
        detail_type=["Batch Job Queue Blocked"],
        detail={"jobQueue": [urgent.job_queue_arn, routine.job_queue_arn]},
    )
    events.Rule(stack, "Blocked", event_pattern=blocked, targets=[told])

    event_log = logs.LogGroup(stack, "EventLog", retention=logs.RetentionDays.ONE_MONTH)
    logs.ResourcePolicy(
        stack,
        "EventLogPolicy",
        policy_statements=[
            iam.PolicyStatement(
                actions=["logs:CreateLogStream", "logs:PutLogEvents"],
                principals=[iam.ServicePrincipal("events.amazonaws.com")],
                resources=[event_log.log_group_arn],
            )
        ],
    )
    log_letters = sqs.Queue(stack, "EventLogLetters", enforce_ssl=True)
    for name, kind, queues in (
        ("LogFailed", "Batch Job State Change", [urgent, routine]),
        ("LogUrgentBlocked", "Batch Job Queue Blocked", [urgent]),
        ("LogRoutineBlocked", "Batch Job Queue Blocked", [routine]),
    ):
        arn = stack.format_arn(
            service="logs",
            resource="log-group",
            resource_name=event_log.log_group_name,
            arn_format=cdk.ArnFormat.COLON_RESOURCE_NAME,
        )
        events.CfnRule(
            stack,
            name,
            event_pattern={
                "source": ["aws.batch"],
                "detail-type": [kind],
                "detail": {"jobQueue": [queue.job_queue_arn for queue in queues]},
            },
            targets=[
                events.CfnRule.TargetProperty(
                    id="Log",
                    arn=arn,
                    dead_letter_config=events.CfnRule.DeadLetterConfigProperty(
                        arn=log_letters.queue_arn
                    ),
                )
            ],
        )
    asked = {
        "LastFailures": "fields time, detail.jobName, detail.statusReason | sort time desc",
        "FailuresByReason": "stats count(*) as failures by detail.statusReason",
        "BlockedQueues": "filter `detail-type` = 'Batch Job Queue Blocked' | fields time",
    }
    for name, query in asked.items():
        logs.CfnQueryDefinition(
            stack,
            name,
            name=f"WordCount/{name}",
            query_string=query,
            log_group_names=[event_log.log_group_name],
        )

    def graph(title: str, names: list[str], queues: list[batch.JobQueue]) -> cloudwatch.GraphWidget:
        return cloudwatch.GraphWidget(
            title=title,
            left=[
                cloudwatch.Metric(
                    namespace="AWS/Batch",
                    metric_name=name,
                    dimensions_map={"JobQueue": queue.job_queue_name},
                )
                for queue in queues
                for name in names
            ],
        )

    moved = ["JobsSubmitted", "JobsMovedToFailed", "JobsMovedToSucceeded"]
    waits = ["TimeInRunnable", "TimeInStarting"]
    both = [urgent, routine]
    rows: list[list[cloudwatch.IWidget]] = [
        [graph("All jobs", moved, both), graph("Waits", waits, both)],
        [graph("Urgent", moved, [urgent]), graph("Urgent waits", waits, [urgent])],
        [graph("Routine", moved, [routine]), graph("Routine waits", waits, [routine])],
        [
            cloudwatch.LogQueryWidget(
                log_group_names=[event_log.log_group_name], query_string=query, title=name
            )
            for name, query in asked.items()
        ],
    ]
    cloudwatch.Dashboard(stack, "Dashboard", widgets=rows)
    return alerts


SHAPES: dict[str, Callable[[cdk.App], None]] = {
    "ours": ours,
    "ours_without_theirs": ours,
    "l2": l2,
}


def main(shape: str, folder: str) -> None:
    """Synthesise once, and print what it cost."""
    calls = count_calls()
    import aws_cdk as cdk

    context = json.loads((HERE.parent / "cdk.json").read_text())["context"]
    theirs = False if shape == "ours_without_theirs" else None
    app = cdk.App(outdir=folder, context=context, builtin_cloud_formation_validation=theirs)
    SHAPES[shape](app)
    app.synth()
    print(json.dumps({"shape": shape, "n": 1, "calls": calls(), **cost_so_far(STARTED)}))


if __name__ == "__main__":
    main(*sys.argv[1:])
