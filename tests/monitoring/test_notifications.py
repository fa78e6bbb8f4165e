"""JobNotifications: what it makes, what that may do, and what it refuses."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from aws_cdk import App, Stack
from aws_cdk import aws_batch as batch
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from aws_cdk import aws_sqs as sqs

from batch_constructs import AlertTopic, FunctionSettings, JobNotifications, JobQueue, JobState
from tests.monitoring import job_story as story
from tests.monitoring.conftest import Resources, one, queue_in, statements_of

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Any

Find = Callable[[str], Resources]


def test_failures_and_blocked_queues_are_told_by_default(
    stack: Stack, queue: JobQueue, resources: Find
) -> None:
    made = JobNotifications(stack, "Notify", queues=[queue])

    patterns = {
        name.removeprefix("Notify")[:-8]: rule["EventPattern"]
        for name, rule in resources("AWS::Events::Rule").items()
    }
    assert patterns["JobRule"]["detail"] == {
        "nodeDetails": {"nodeIndex": [{"exists": False}]},
        "arrayProperties": {"index": [{"exists": False}]},
        "jobQueue": [stack.resolve(queue.job_queue_arn)],
        "status": ["FAILED"],
    }
    assert patterns["BlockedRule"]["detail-type"] == [
        "Batch Job Queue Blocked",
        "Batch Service Job Queue Blocked",
    ]
    [topic] = resources("AWS::SNS::Topic")
    assert stack.resolve(made.topic.topic_arn) == {"Ref": topic}


def test_the_formatter_may_publish_remember_and_list_children_and_nothing_else(
    stack: Stack, queue: JobQueue, resources: Find
) -> None:
    JobNotifications(stack, "Notify", queues=[queue])

    role = one(resources("AWS::IAM::Role"))
    [table] = resources("AWS::DynamoDB::Table")
    [topic] = resources("AWS::SNS::Topic")
    [key] = resources("AWS::KMS::Key")
    [dead_letters] = resources("AWS::SQS::Queue")
    assert statements_of(role) == [
        {
            "Effect": "Allow",
            "Action": ["dynamodb:GetItem", "dynamodb:UpdateItem"],
            "Resource": {"Fn::GetAtt": [table, "Arn"]},
        },
        {
            "Effect": "Allow",
            "Action": ["batch:ListJobs", "batch:DescribeJobs"],
            "Resource": "*",
        },
    ]
    granted = one(resources("AWS::IAM::Policy"))["PolicyDocument"]["Statement"]
    assert granted == [
        {
            "Effect": "Allow",
            "Action": [
                "sqs:SendMessage",
                "sqs:ReceiveMessage",
                "sqs:DeleteMessage",
                "sqs:GetQueueAttributes",
            ],
            "Resource": {"Fn::GetAtt": [dead_letters, "Arn"]},
        },
        {"Effect": "Allow", "Action": "sns:Publish", "Resource": {"Ref": topic}},
        {
            "Effect": "Allow",
            "Action": ["kms:Decrypt", "kms:GenerateDataKey*"],
            "Resource": {"Fn::GetAtt": [key, "Arn"]},
            "Condition": {
                "StringEquals": {
                    "kms:ViaService": {
                        "Fn::Join": ["", ["sns.", {"Ref": "AWS::Region"}, ".amazonaws.com"]]
                    }
                }
            },
        },
    ]
    assert "ManagedPolicyArns" not in role


def test_what_cannot_be_delivered_or_told_waits_in_the_dead_letter_queue(
    stack: Stack, queue: JobQueue, resources: Find
) -> None:
    JobNotifications(stack, "Notify", queues=[queue])

    [dead_letters] = resources("AWS::SQS::Queue")
    arn = {"Fn::GetAtt": [dead_letters, "Arn"]}
    for rule in resources("AWS::Events::Rule").values():
        [target] = rule["Targets"]
        assert target["DeadLetterConfig"] == {"Arn": arn}
        assert target["RetryPolicy"]["MaximumRetryAttempts"] == 3
    invoked = one(resources("AWS::Lambda::EventInvokeConfig"))
    assert invoked["DestinationConfig"]["OnFailure"]["Destination"] == arn


def test_the_function_ships_its_folder_and_the_facts_that_it_reads(
    tmp_path: Path,
) -> None:
    app = App(outdir=str(tmp_path), builtin_cloud_formation_validation=False)
    stack = Stack(app, "Platform")
    JobNotifications(stack, "Notify", queues=[queue_in(stack)])

    app.synth()

    [asset] = [path for path in tmp_path.glob("asset.*") if path.is_dir()]
    assert sorted(str(path.relative_to(asset)) for path in asset.rglob("*") if path.is_file()) == [
        "batch_constructs/__init__.py",
        "batch_constructs/aws/__init__.py",
        "batch_constructs/aws/batch_events.py",
        "batch_constructs/aws/bound.py",
        "batch_constructs/aws/consoles.py",
        "batch_constructs/aws/container_facts.py",
        "batch_constructs/aws/credential_names.py",
        "batch_constructs/aws/credential_values.py",
        "batch_constructs/aws/credentials.py",
        "batch_constructs/aws/delivery.py",
        "batch_constructs/aws/error_names.py",
        "batch_constructs/aws/issued_tokens.py",
        "batch_constructs/aws/job_definition_facts.py",
        "batch_constructs/aws/job_filters.py",
        "batch_constructs/aws/job_queue_facts.py",
        "batch_constructs/aws/job_states.py",
        "batch_constructs/aws/metrics.py",
        "batch_constructs/aws/names.py",
        "batch_constructs/aws/password_options.py",
        "batch_constructs/aws/pattern.py",
        "batch_constructs/aws/piped_passwords.py",
        "batch_constructs/aws/platforms.py",
        "batch_constructs/aws/pod_facts.py",
        "batch_constructs/aws/quotas.py",
        "batch_constructs/aws/record.py",
        "batch_constructs/aws/source.py",
        "batch_constructs/aws/submit_job.py",
        "batch_constructs/aws/typing_names.py",
        "batch_constructs/functions/__init__.py",
        "batch_constructs/functions/at_once.py",
        *(
            f"batch_constructs/functions/claims/{name}.py"
            for name in (
                "__init__",
                "effect",
                "identity",
                "invocation",
                "lease",
                "outcome",
                "rows",
            )
        ),
        "batch_constructs/functions/own_metrics.py",
        "batch_constructs/functions/told/__init__.py",
        "batch_constructs/functions/told/listing.py",
        *(
            f"job_events/{name}.py"
            for name in (
                "__init__",
                "cause",
                "count",
                "idle_queue",
                "job_event",
                "job_size",
                "notification_text",
                "notify",
                "rescued_array",
            )
        ),
    ]
    assert (asset / "batch_constructs/__init__.py").read_text() == ""


def test_nothing_of_what_shipped_stays_in_the_temporary_folder(tmp_path: Path) -> None:
    code = (
        "from aws_cdk import App, Stack; import batch_constructs as bc; "
        "app = App(outdir='out', builtin_cloud_formation_validation=False); s = Stack(app, 'S'); "
        "q = bc.JobQueue.from_job_queue_arn(s, 'Q', "
        "'arn:aws:batch:us-east-1:123456789012:job-queue/q'); "
        "bc.JobNotifications(s, 'N', queues=[q]); app.synth()"
    )
    temporary = tmp_path / "temporary"
    temporary.mkdir()

    subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env={**os.environ, "TMPDIR": str(temporary)},
        capture_output=True,
        check=True,
    )

    assert [path for path in temporary.iterdir() if "batch-constructs" in path.name] == []
    assert len(list((tmp_path / "out").glob("asset.*/job_events/notify.py"))) == 1


def test_what_ships_needs_only_boto3(tmp_path: Path) -> None:
    app = App(outdir=str(tmp_path), builtin_cloud_formation_validation=False)
    stack = Stack(app, "Platform")
    JobNotifications(stack, "Notify", queues=[queue_in(stack)])
    app.synth()
    [asset] = [path for path in tmp_path.glob("asset.*") if path.is_dir()]
    code = (
        "import sys; from job_events.notify import handler; "
        "heavy = {'aws_cdk', 'jsii', 'constructs', 'batch_constructs.rules'}; "
        "print(callable(handler), sorted(heavy & set(sys.modules)))"
    )

    ran = subprocess.run(
        [sys.executable, "-c", code], cwd=asset, capture_output=True, text=True, check=True
    )

    assert ran.stdout.strip() == "True []"


def test_targets_alone_get_the_events_themselves_without_any_code(
    stack: Stack, queue: JobQueue, resources: Find
) -> None:
    inbox = sqs.Queue(stack, "Inbox")

    made = JobNotifications(
        stack, "Notify", queues=[queue], targets=[targets.SqsQueue(inbox)], blocked=False
    )

    for nothing in ("topic", "dead_letter_queue"):
        with pytest.raises(ValueError, match="Platform/Notify: there are only targets"):
            getattr(made, nothing)
    assert made.blocked_rules == []
    assert resources("AWS::Lambda::Function") == {}
    assert resources("AWS::SNS::Topic") == {}
    [target] = one(resources("AWS::Events::Rule"))["Targets"]
    assert target["Arn"] == stack.resolve(inbox.queue_arn)


def test_states_queues_definitions_and_children_narrow_or_widen_the_rule(
    stack: Stack, queue: JobQueue, resources: Find
) -> None:
    l2 = batch.JobQueue.from_job_queue_arn(stack, "L2", story.QUEUE)
    definition = batch.EcsJobDefinition.from_job_definition_arn(stack, "Def", story.DEFINITION)

    JobNotifications(
        stack,
        "Notify",
        queues=[queue, l2],
        states=[JobState.SUCCEEDED, "FAILED"],
        job_definitions=[definition],
        include_array_children=True,
        blocked=False,
    )

    assert one(resources("AWS::Events::Rule"))["EventPattern"]["detail"] == {
        "nodeDetails": {"nodeIndex": [{"exists": False}]},
        "jobQueue": [stack.resolve(queue.job_queue_arn), story.QUEUE],
        "status": ["SUCCEEDED", "FAILED"],
        "jobDefinition": [{"prefix": story.DEFINITION.removesuffix("7")}],
    }


def test_a_topic_of_the_users_is_used_as_it_is(
    stack: Stack, queue: JobQueue, resources: Find
) -> None:
    topic = sns.Topic(stack, "Ours")

    made = JobNotifications(stack, "Notify", queues=[queue], topic=topic)

    assert made.topic is topic
    assert resources("AWS::KMS::Key") == {}
    function = one(resources("AWS::Lambda::Function"))
    assert function["Environment"]["Variables"]["TOPIC_ARN"] == stack.resolve(topic.topic_arn)


def test_a_topic_that_would_drop_messages_silently_is_refused(
    stack: Stack, queue: JobQueue
) -> None:
    key = kms.Alias.from_alias_name(stack, "Key", "alias/aws/sns")
    topic = sns.Topic(stack, "Silent", master_key=key)

    with pytest.raises(ValueError, match=r"Platform/Notify: topic is encrypted with alias/aws/sns"):
        JobNotifications(stack, "Notify", queues=[queue], topic=topic)


def test_everything_wrong_is_said_at_once_and_leaves_no_trace(
    stack: Stack, queue: JobQueue
) -> None:
    wrong: Any = stack
    with pytest.raises(ValueError, match="Platform/Notify") as refusal:
        JobNotifications(
            stack,
            "Notify",
            queues=[wrong],
            topic=wrong,
            states=["SUBMITTED", "DONE"],
            job_definitions=[wrong],
            targets=[wrong],
        )

    said = str(refusal.value)
    assert "queues[0] is aws_cdk.Stack" in said
    assert "topic is aws_cdk.Stack" in said
    assert 'states[0] is "SUBMITTED"; allowed:' in said
    assert 'states[1] is "DONE"; allowed:' in said
    assert "job_definitions[0] is aws_cdk.Stack" in said
    assert "targets[0] is aws_cdk.Stack" in said
    assert stack.node.try_find_child("Notify") is None


def test_no_queue_is_refused(stack: Stack) -> None:
    nothing: Any = None
    with pytest.raises(TypeError, match="queues is None"):
        JobNotifications(stack, "Notify", queues=nothing)
    with pytest.raises(ValueError, match="queues is empty"):
        JobNotifications(stack, "Notify", queues=[])


def test_an_alert_topic_is_a_topic_wherever_the_cdk_takes_one(
    stack: Stack, resources: Find
) -> None:
    topic = AlertTopic(stack, "Alerts")
    metric = cloudwatch.Metric(namespace="Mine", metric_name="Trouble")
    alarm = metric.create_alarm(stack, "Alarm", threshold=1, evaluation_periods=1)

    alarm.add_alarm_action(actions.SnsAction(topic))
    topic.add_subscription(subscriptions.EmailSubscription("oncall@example.com"))
    topic.grant_publish(iam.User(stack, "User"))

    arn = stack.resolve(topic.topic_arn)
    assert one(resources("AWS::CloudWatch::Alarm"))["AlarmActions"] == [arn]
    assert one(resources("AWS::SNS::Subscription"))["TopicArn"] == arn
    statements = one(resources("AWS::IAM::Policy"))["PolicyDocument"]["Statement"]
    key = stack.resolve(topic.master_key.key_arn)
    assert [each["Resource"] for each in statements] == [arn, key]
    assert one(resources("AWS::SNS::Topic"))["KmsMasterKeyId"] == key


def test_an_alert_topic_has_the_logical_id_of_a_bare_topic(stack: Stack) -> None:
    other = Stack()
    bare = sns.Topic(other, "Alerts").topic_arn

    ours = AlertTopic(stack, "Alerts").topic_arn

    assert stack.resolve(ours) == other.resolve(bare)


def test_names_that_sns_refuses_are_refused_at_once(stack: Stack) -> None:
    with pytest.raises(ValueError, match="Platform/Alerts") as refusal:
        AlertTopic(stack, "Alerts", topic_name="on call", display_name="x" * 101)

    assert 'topic_name is "on call"; allowed: 1 to 256 letters' in str(refusal.value)
    assert "display_name has 101 characters; allowed: at most 100" in str(refusal.value)
    assert stack.node.try_find_child("Alerts") is None


def test_an_alert_topic_admits_eventbridge_and_alarms_and_demands_tls(
    stack: Stack, resources: Find
) -> None:
    AlertTopic(stack, "Alerts", topic_name="alerts")

    key = one(resources("AWS::KMS::Key"))
    use = ["kms:Decrypt", "kms:GenerateDataKey*"]
    services = key["KeyPolicy"]["Statement"][1:]
    assert services == [
        {
            "Effect": "Allow",
            "Action": use,
            "Principal": {"Service": "events.amazonaws.com"},
            "Resource": "*",
        },
        {
            "Effect": "Allow",
            "Action": use,
            "Principal": {"Service": "cloudwatch.amazonaws.com"},
            "Resource": "*",
            "Condition": {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}},
        },
    ]
    assert key["EnableKeyRotation"] is True
    policy = one(resources("AWS::SNS::TopicPolicy"))["PolicyDocument"]["Statement"]
    assert policy[0]["Effect"] == "Deny"
    assert policy[0]["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    assert [(entry["Principal"]["Service"], entry["Action"]) for entry in policy[1:]] == [
        ("events.amazonaws.com", "sns:Publish"),
        ("cloudwatch.amazonaws.com", "sns:Publish"),
    ]


def test_rules_have_names_where_one_is_given(
    stack: Stack, queue: JobQueue, resources: Find
) -> None:
    JobNotifications(stack, "Notify", queues=[queue], rule_name="failures")

    names = [rule["Name"] for rule in resources("AWS::Events::Rule").values()]
    assert names == ["failures", "failures-blocked"]
    with pytest.raises(ValueError, match="rule_name has 51 characters; allowed: at most 50"):
        JobNotifications(stack, "Other", queues=[queue], rule_name="x" * 51)


@pytest.mark.parametrize("parameter", ["function_settings", "alarm_topic"])
def test_what_is_for_a_function_is_refused_where_only_targets_are_told(
    parameter: str, stack: Stack, queue: JobQueue
) -> None:
    given: dict[str, Any] = {
        "function_settings": FunctionSettings(reserved_concurrency=2),
        "alarm_topic": sns.Topic(stack, "Alarms", enforce_ssl=True),
    }
    target = targets.SqsQueue(sqs.Queue(stack, "Inbox"))

    with pytest.raises(ValueError, match=f"{parameter} is given with targets and without a topic"):
        JobNotifications(
            stack, "Notify", queues=[queue], targets=[target], **{parameter: given[parameter]}
        )
