"""Jobs on events and on new objects."""

from __future__ import annotations

import json
import re
from datetime import date
from typing import Any

import pytest
from aws_cdk import App, Aws, CfnParameter, Duration, Size, Stack
from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_s3_notifications as s3_notifications
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs
from aws_cdk import aws_stepfunctions as sfn
from aws_cdk.aws_lambda import CfnPermission

from batch_constructs import (
    DefaultSettings,
    EventTrigger,
    FargateJobDefinition,
    FunctionSettings,
    ObjectCreatedTrigger,
    SubmissionOverrides,
    SubmitFunction,
)
from batch_constructs.aws.delivery import INPUT_PATHS
from tests.triggers.conftest import DEFINITION, JOBS, QUEUE, joined, only, resources
from tests.triggers.event_patterns import matches

OBJECT_CREATED: dict[str, Any] = {
    # https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html
    "version": "0",
    "id": "17793124-05d4-b198-2fde-7ededc63b103",
    "detail-type": "Object Created",
    "source": "aws.s3",
    "account": "111122223333",
    "time": "2021-11-12T00:00:00Z",
    "region": "ca-central-1",
    "resources": ["arn:aws:s3:::amzn-s3-demo-bucket1"],
    "detail": {
        "version": "0",
        "bucket": {"name": "amzn-s3-demo-bucket1"},
        "object": {
            "key": "example-key",
            "size": 5,
            "etag": "b1946ac92492d2347c6235b4d2611184",
            "version-id": "IYV3p45BT0ac8hjHg1houSdS1a.Mro8e",
            "sequencer": "617f08299329d189",
        },
        "request-id": "N4N7GDK58NMKJ12R",
        "requester": "123456789012",
        "source-ip-address": "1.2.3.4",
        "reason": "PutObject",
    },
}
OBJECT_DELETED = {
    **OBJECT_CREATED,
    "detail-type": "Object Deleted",
    "detail": {**OBJECT_CREATED["detail"], "reason": "DeleteObject", "deletion-type": "x"},
}


def created(key: str, *, bucket: str = "amzn-s3-demo-bucket1") -> dict[str, Any]:
    detail = OBJECT_CREATED["detail"]
    changed = {**detail, "bucket": {"name": bucket}, "object": {**detail["object"], "key": key}}
    return {**OBJECT_CREATED, "detail": changed}


def on_object(stack: Stack, queue: Any, definition: Any, **more: Any) -> ObjectCreatedTrigger:
    bucket = s3.Bucket.from_bucket_name(stack, "Bucket", "amzn-s3-demo-bucket1")
    options = {"bucket": bucket, **more}
    return ObjectCreatedTrigger(stack, "Import", queue=queue, job_definition=definition, **options)


def rule(stack: Stack) -> dict[str, Any]:
    return only(stack, "AWS::Events::Rule")


@pytest.mark.parametrize(
    ("options", "hits", "misses"),
    [
        (
            {},
            [OBJECT_CREATED, created("a/b")],
            [OBJECT_DELETED, created("example-key", bucket="amzn-s3-demo-bucket10")],
        ),
        ({"prefix": "in/"}, [created("in/a")], [created("into"), created("x/in/a")]),
        ({"suffix": ".csv"}, [created("a.csv")], [created("a.csv.gz"), created("acsv")]),
        (
            {"prefix": "in/", "suffix": ".csv"},
            [created("in/a.csv"), created("in/.csv")],
            [created("in/a.json"), created("out/a.csv"), created("in.csv")],
        ),
        (
            {"prefix": "a*b", "suffix": "\\c"},
            [created("a*b-\\c")],
            [created("a-b-\\c"), created("a*b-c")],
        ),
    ],
)
def test_the_pattern_matches_s3_s_own_events_and_not_the_near_misses(
    stack: Stack,
    queue: Any,
    definition: Any,
    options: dict[str, str],
    hits: list[dict[str, Any]],
    misses: list[dict[str, Any]],
) -> None:
    on_object(stack, queue, definition, **options)

    pattern = rule(stack)["EventPattern"]
    assert [matches(pattern, event) for event in hits] == [True] * len(hits)
    assert [matches(pattern, event) for event in misses] == [False] * len(misses)


def test_a_new_object_s_bucket_key_size_and_version_become_parameters(
    stack: Stack, queue: Any, definition: Any
) -> None:
    on_object(stack, queue, definition, parameters={"mode": "fast"}, environment={"K": "$.id"})

    (target,) = rule(stack)["Targets"]
    transformer = target["InputTransformer"]
    assert '"key": <field2>,' in transformer["InputTemplate"]
    assert json.loads(transformer["InputTemplate"].replace("<field2>", '"any key"')) == {
        "Parameters": {
            "bucket": "<field1>",
            "key": "any key",
            "size": "<field3>",
            "version": "<field4>",
            "mode": "fast",
        },
        "ContainerOverrides": {"Environment": [{"Name": "K", "Value": "<field0>"}]},
    }
    assert transformer["InputPathsMap"] == {
        "field0": "$.id",
        "field1": "$.detail.bucket.name",
        "field2": "$.detail.object.key",
        "field3": "$.detail.object.size",
        "field4": "$.detail.object.version-id",
    }


def test_event_bridge_submits_itself_and_may_do_nothing_else(
    stack: Stack, queue: Any, definition: Any
) -> None:
    EventTrigger(
        stack,
        "OnOrder",
        queue=queue,
        job_definition=definition,
        event_pattern={"source": ["shop"]},
        array_size=5,
        retry_attempts=3,
    )

    (target,) = rule(stack)["Targets"]
    role = target.pop("RoleArn")
    letters = target.pop("DeadLetterConfig")
    assert target == {
        "Id": "Submit",
        "Arn": QUEUE,
        "BatchParameters": {
            "JobDefinition": f"{DEFINITION}:3",
            "JobName": "OnOrder",
            "ArrayProperties": {"Size": 5},
        },
        "Input": "{}",
        "RetryPolicy": {"MaximumRetryAttempts": 3, "MaximumEventAgeInSeconds": 86400},
    }
    assert joined(role).startswith("<OnOrderRole")
    assert joined(letters["Arn"]).startswith("<OnOrderDeadLetterQueue")
    made = only(stack, "AWS::IAM::Role")
    assert made["Policies"][0]["PolicyDocument"]["Statement"] == [
        {
            "Effect": "Allow",
            "Action": "batch:SubmitJob",
            "Resource": [QUEUE, DEFINITION, f"{DEFINITION}:*", JOBS],
        }
    ]
    assert resources(stack, "AWS::Lambda::Function") == {}


def test_only_this_rule_may_write_to_the_dead_letter_queue(
    stack: Stack, queue: Any, definition: Any
) -> None:
    on_object(stack, queue, definition)

    policy = only(stack, "AWS::SQS::QueuePolicy")["PolicyDocument"]["Statement"]
    (send,) = [each for each in policy if each["Effect"] == "Allow"]
    assert send["Principal"] == {"Service": "events.amazonaws.com"}
    assert send["Action"] == "sqs:SendMessage"
    source = send["Condition"]["ArnEquals"]["aws:SourceArn"]
    (rule_id,) = resources(stack, "AWS::Events::Rule")
    assert source == {"Fn::GetAtt": [rule_id, "Arn"]}


def test_a_bucket_of_the_stack_tells_event_bridge(
    stack: Stack, queue: Any, definition: Any
) -> None:
    on_object(stack, queue, definition, bucket=s3.Bucket(stack, "Mine"))

    told = only(stack, "AWS::S3::Bucket")["NotificationConfiguration"]
    assert told == {"EventBridgeConfiguration": {"EventBridgeEnabled": True}}
    assert resources(stack, "Custom::S3BucketNotifications") == {}
    assert resources(stack, "AWS::Lambda::Function") == {}


@pytest.mark.parametrize("before", [True, False])
def test_other_notifications_of_a_bucket_do_not_switch_event_bridge_off(
    *, before: bool, stack: Stack, queue: Any, definition: Any
) -> None:
    bucket = s3.Bucket(stack, "Mine")
    topic = s3_notifications.SnsDestination(sns.Topic(stack, "Topic"))
    if before:
        bucket.add_event_notification(s3.EventType.OBJECT_REMOVED, topic)
        on_object(stack, queue, definition, bucket=bucket)
        told = only(stack, "Custom::S3BucketNotifications")["NotificationConfiguration"]
        assert told["EventBridgeConfiguration"] == {}
        return
    on_object(stack, queue, definition, bucket=bucket)
    bucket.add_event_notification(s3.EventType.OBJECT_REMOVED, topic)
    app = stack.node.root
    assert isinstance(app, App)
    with pytest.raises(RuntimeError, match="create the bucket with event_bridge_enabled=True"):
        app.synth()


def test_an_l1_bucket_is_taken(stack: Stack, queue: Any, definition: Any) -> None:
    on_object(stack, queue, definition, bucket=s3.CfnBucket(stack, "Low", bucket_name="low"))

    assert rule(stack)["EventPattern"]["detail"]["bucket"]["name"] == [{"Ref": "Low"}]


def test_what_is_no_bucket_is_refused(stack: Stack, queue: Any, definition: Any) -> None:
    with pytest.raises(
        TypeError, match='Stack/Import: bucket is str "name"; expected an aws_s3 bucket'
    ):
        on_object(stack, queue, definition, bucket="name")


def filled(transformer: dict[str, Any], event: dict[str, Any]) -> Any:
    """Fill an input as EventBridge does: a field in quotes as it is, one outside of them as JSON.

    https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-transform-target-input.html
    """
    template = transformer["InputTemplate"]

    def value(found: re.Match[str]) -> str:
        field: Any = event
        for part in transformer["InputPathsMap"][found[1]].removeprefix("$.").split("."):
            field = field[part]
        in_quotes = template[: found.start()].count('"') % 2 == 1
        return field if in_quotes and isinstance(field, str) else json.dumps(field)

    return json.loads(re.sub(r"<(\w+)>", value, template))


@pytest.mark.parametrize("options", [{}, {"timeout": Duration.minutes(5)}])
@pytest.mark.parametrize("key", ['a "b".csv', "a\\b.csv", '"', "日本 <field0>.csv", "a\nb.csv"])
def test_any_key_of_an_object_arrives_as_it_is(
    stack: Stack, queue: Any, definition: Any, key: str, options: dict[str, Any]
) -> None:
    """By EventBridge itself, and through a function."""
    on_object(stack, queue, definition, **options)

    (target,) = rule(stack)["Targets"]
    found = filled(target["InputTransformer"], created(key))
    assert found.get("Parameters", found.get("parameters"))["key"] == key


def test_a_share_identifier_goes_through_a_function_with_the_event_s_id(
    stack: Stack, shared: Any, definition: Any
) -> None:
    trigger = on_object(stack, shared, definition, share_identifier="blue")

    (target,) = rule(stack)["Targets"]
    assert trigger.role is None
    assert joined(target["Arn"]).startswith("<ImportSubmitFunctionHandler")
    text = target["InputTransformer"]["InputTemplate"]
    template = json.loads(text.replace("<field2>", '"any key"'))
    assert template["jobName"] == "Import-<field0>"
    assert target["InputTransformer"]["InputPathsMap"]["field0"] == "$.id"
    assert template["parameters"]["key"] == "any key"
    handlers = resources(stack, "AWS::Lambda::Function").values()
    (submit,) = [each for each in handlers if each["Handler"] == "submission.submit.handler"]
    assert submit["Environment"]["Variables"]["SHARE_IDENTIFIER"] == "blue"
    permission = only(stack, "AWS::Lambda::Permission")
    assert permission["Principal"] == "events.amazonaws.com"
    assert joined(permission["SourceArn"]).startswith("<Import")


def test_a_queue_with_a_policy_and_no_share_is_refused(
    stack: Stack, shared: Any, definition: Any
) -> None:
    with pytest.raises(ValueError, match="share_identifier is left out"):
        on_object(stack, shared, definition)


def test_a_share_for_a_queue_without_a_policy_is_refused(stack: Stack, definition: Any) -> None:
    from aws_cdk import aws_batch as batch

    plain = batch.CfnJobQueue(stack, "Plain", priority=1, compute_environment_order=[])

    with pytest.raises(ValueError, match="the queue has no scheduling policy"):
        on_object(stack, plain, definition, share_identifier="blue")


def test_the_cdk_s_pattern_is_taken(stack: Stack, queue: Any, definition: Any) -> None:
    EventTrigger(
        stack,
        "T",
        queue=queue,
        job_definition=definition,
        event_pattern=events.EventPattern(
            source=["shop"], detail_type=["Order"], detail={"state": ["paid"]}
        ),
    )

    assert rule(stack)["EventPattern"] == {
        "source": ["shop"],
        "detail-type": ["Order"],
        "detail": {"state": ["paid"]},
    }


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"event_pattern": {}}, "T: event_pattern is empty; allowed: at least one field"),
        (
            {"event_pattern": {"source": "shop"}},
            r'T: event_pattern\.source is "shop"; expected a list: write \["shop"\]',
        ),
        (
            {"event_pattern": {"source": ["shop", {"startswith": "x"}]}},
            r'T: event_pattern\.source\[1\] has the operator "startswith"; allowed: ',
        ),
        (
            {"event_pattern": {"source": ["x" * 2049]}},
            "T: event_pattern has 2064 characters; allowed: at",
        ),
        (
            {"event_pattern": {"detail": {"a": {"b": []}}}},
            r"event_pattern\.detail\.a\.b is empty; allowed:",
        ),
        (
            {"event_pattern": {"sources": ["shop"]}},
            r'T: a key of event_pattern is "sources"; allowed: version, .*: did you mean source',
        ),
        (
            {"event_pattern": {"$or": [{"source": ["a"]}, {"Detail-Type": ["b"]}]}},
            r'T: a key of event_pattern\[1\] is "Detail-Type"; .*: did you mean detail-type',
        ),
        (
            {"event_pattern": {"detail-type": ["a"], "detail_type": ["b"]}},
            'T: a key of event_pattern is "detail_type", which is detail-type: give it once',
        ),
        (
            {"event_pattern": {"detail": {"a": [None, "b"]}}},
            r"T: event_pattern\.detail\.a\[0\] is None, which would be lost",
        ),
        ({"parameters": {"a": "$.x y"}}, r"parameters\[\"a\"\] begins with \$, but is not a field"),
        ({"parameters": {"a": "<b>"}}, "contains <…>, which EventBridge reads as a field"),
    ],
)
def test_what_event_bridge_refuses_is_refused(
    stack: Stack, queue: Any, definition: Any, options: dict[str, Any], problem: str
) -> None:
    arguments = {"event_pattern": {"source": ["shop"]}, **options}
    with pytest.raises(ValueError, match=problem):
        EventTrigger(stack, "T", queue=queue, job_definition=definition, **arguments)


QUEUE_ARN = "arn:aws:sqs:us-east-1:123456789012:"


@pytest.mark.parametrize(
    ("token", "at_least"),
    [
        (lambda _: Aws.ACCOUNT_ID, 12),
        (lambda stack: sqs.CfnQueue(stack, "Q").attr_arn, len(f"{QUEUE_ARN}-123456789012")),
        (lambda stack: sqs.CfnQueue(stack, "Q", queue_name="abc").attr_arn, len(f"{QUEUE_ARN}abc")),
        (lambda stack: CfnParameter(stack, "P").value_as_string, 0),
    ],
)
@pytest.mark.parametrize("beyond", [0, 1])
def test_a_pattern_with_what_the_deployment_knows_has_no_more_room(
    stack: Stack, queue: Any, definition: Any, token: Any, at_least: int, beyond: int
) -> None:
    room = 2048 - len('{"resources":[""]}') - at_least + beyond
    pattern = {"resources": ["x" * room + token(stack)]}

    def make() -> EventTrigger:
        return EventTrigger(
            stack, "T", queue=queue, job_definition=definition, event_pattern=pattern
        )

    if beyond:
        with pytest.raises(ValueError, match="event_pattern has 2049 characters"):
            make()
    else:
        assert make() is not None


@pytest.mark.parametrize("spelling", ["detail_type", "detailType", "detail-type"])
def test_the_type_of_an_event_is_spelt_as_python_or_the_cdk_spell_it(
    stack: Stack, queue: Any, definition: Any, spelling: str
) -> None:
    made = EventTrigger(
        stack,
        "T",
        queue=queue,
        job_definition=definition,
        event_pattern={"source": ["shop"], "$or": [{spelling: ["sold"]}, {"id": ["1"]}]},
    )

    pattern = stack.resolve(made.resource.event_pattern)
    assert pattern["$or"] == [{"detail-type": ["sold"]}, {"id": ["1"]}]


@pytest.mark.parametrize("value", [{"shop"}, date(2026, 1, 1), b"shop"])
def test_what_json_has_no_word_for_is_refused_at_its_place(
    stack: Stack, queue: Any, definition: Any, value: object
) -> None:
    pattern = {"source": ("shop",), "detail": {"a": [value]}}
    with pytest.raises(TypeError, match=r"T: event_pattern\.detail\.a\[0\] is .*; expected what"):
        EventTrigger(stack, "T", queue=queue, job_definition=definition, event_pattern=pattern)


def test_a_tuple_is_a_list_of_a_pattern(stack: Stack, queue: Any, definition: Any) -> None:
    pattern = {"source": ("shop",), "detail": {"a": ({"prefix": "x"},)}}
    EventTrigger(stack, "T", queue=queue, job_definition=definition, event_pattern=pattern)

    assert rule(stack)["EventPattern"] == {"source": ["shop"], "detail": {"a": [{"prefix": "x"}]}}


def test_a_dead_letter_queue_of_one_s_own_is_used(
    stack: Stack, queue: Any, definition: Any
) -> None:
    letters = sqs.Queue(stack, "Letters")

    on_object(stack, queue, definition, dead_letter_queue=letters)

    (name,) = resources(stack, "AWS::SQS::Queue")
    (target,) = rule(stack)["Targets"]
    assert target["DeadLetterConfig"]["Arn"] == {"Fn::GetAtt": [name, "Arn"]}


def test_a_function_is_told_of_what_becomes_of_jobs(stack: Stack, queue: Any) -> None:
    function = lambda_.Function(
        stack,
        "Mine",
        runtime=lambda_.Runtime.PYTHON_3_13,
        handler="index.handler",
        code=lambda_.Code.from_inline("def handler(event, context): ..."),
    )

    queue.on_job_state_change("OnEnd", target=function, states=["FAILED"])

    (name,) = resources(stack, "AWS::Lambda::Function")
    (target,) = rule(stack)["Targets"]
    assert target["Arn"] == {"Fn::GetAtt": [name, "Arn"]}
    permission = only(stack, "AWS::Lambda::Permission")
    assert permission["Principal"] == "events.amazonaws.com"
    assert permission["SourceArn"] == {
        "Fn::GetAtt": [*resources(stack, "AWS::Events::Rule"), "Arn"]
    }


def test_a_function_may_be_allowed_to_submit(stack: Stack, queue: Any, definition: Any) -> None:
    function = lambda_.Function(
        stack,
        "Mine",
        runtime=lambda_.Runtime.PYTHON_3_13,
        handler="index.handler",
        code=lambda_.Code.from_inline("def handler(event, context): ..."),
    )

    queue.grant_submit(function, definition)

    submit, tag = only(stack, "AWS::IAM::Policy")["PolicyDocument"]["Statement"]
    assert submit == {
        "Effect": "Allow",
        "Action": "batch:SubmitJob",
        "Resource": [QUEUE, DEFINITION, f"{DEFINITION}:*", JOBS],
    }
    assert tag["Action"] == "batch:TagResource"


def test_event_bridge_may_use_the_key_of_the_dead_letter_queue(
    stack: Stack, queue: Any, definition: Any
) -> None:
    letters = sqs.Queue(stack, "Letters", encryption_master_key=kms.Key(stack, "Key"))

    on_object(stack, queue, definition, dead_letter_queue=letters)

    statement = only(stack, "AWS::KMS::Key")["KeyPolicy"]["Statement"][-1]
    assert statement["Principal"] == {"Service": "events.amazonaws.com"}
    assert statement["Action"] == ["kms:Decrypt", "kms:GenerateDataKey*"]


def test_a_rule_has_the_name_it_is_given(stack: Stack, queue: Any, definition: Any) -> None:
    on_object(stack, queue, definition, rule_name="uploads")

    assert rule(stack)["Name"] == "uploads"
    with pytest.raises(ValueError, match='rule_name is "a b"; allowed: 1 to 64 letters'):
        EventTrigger(
            stack,
            "T",
            queue=queue,
            job_definition=definition,
            event_pattern={"source": ["shop"]},
            rule_name="a b",
        )


@pytest.mark.parametrize("tags", [{}, {"of": "$.detail.y"}], ids=["EventBridge", "a function"])
def test_fields_of_the_event_are_words_of_the_command_and_values_of_tags(
    stack: Stack, queue: Any, definition: Any, tags: dict[str, str]
) -> None:
    EventTrigger(
        stack,
        "OnEvent",
        queue=queue,
        job_definition=definition,
        event_pattern={"source": ["mine"]},
        command=["echo", "$.detail.x"],
        overrides=SubmissionOverrides(tags=tags or None),
    )
    transformer = rule(stack)["Targets"][0]["InputTransformer"]
    names = {path: name for name, path in transformer["InputPathsMap"].items()}
    asked = json.loads(transformer["InputTemplate"])
    overrides = asked["containerOverrides" if tags else "ContainerOverrides"]

    assert overrides["command" if tags else "Command"] == ["echo", f"<{names['$.detail.x']}>"]
    assert asked.get("tags", {}) == {name: f"<{names[path]}>" for name, path in tags.items()}


def test_a_field_as_the_cdk_writes_it_is_the_field_and_not_its_path(
    stack: Stack, queue: Any, definition: Any
) -> None:
    EventTrigger(
        stack,
        "Trigger",
        queue=queue,
        job_definition=definition,
        event_pattern={"source": ["mine"]},
        parameters={"day": events.EventField.from_path("$.detail.day")},
        command=["run", events.EventField.from_path("$.detail.what"), Aws.REGION],
        overrides=SubmissionOverrides(tags={"account": events.EventField.account}),
    )

    transformer = only(stack, "AWS::Events::Rule")["Targets"][0]["InputTransformer"]
    body = json.loads(joined(transformer["InputTemplate"]))
    read = transformer["InputPathsMap"]
    assert read[body["parameters"]["day"].strip("<>")] == "$.detail.day"
    assert read[body["tags"]["account"].strip("<>")] == "$.account"
    words = body["containerOverrides"]["command"]
    assert (read[words[1].strip("<>")], words[2]) == ("$.detail.what", "<AWS::Region>")


def test_a_path_into_an_execution_s_input_has_no_effect_on_an_event(
    stack: Stack, queue: Any, definition: Any
) -> None:
    with pytest.raises(ValueError, match=r'parameters\["day"\] is made by sfn\.JsonPath, which'):
        EventTrigger(
            stack,
            "Trigger",
            queue=queue,
            job_definition=definition,
            event_pattern={"source": ["mine"]},
            parameters={"day": sfn.JsonPath.string_at("$.day")},
        )


def test_a_definition_has_no_event_of_which_it_could_read_a_field(stack: Stack) -> None:
    with pytest.raises(ValueError, match=r"command\[0\] is made by events\.EventField, which"):
        FargateJobDefinition(
            stack,
            "Job",
            image="busybox",
            vcpus=1,
            memory=Size.gibibytes(2),
            command=[events.EventField.from_path("$.detail.what")],
        )


def test_a_field_of_the_cdk_within_a_text_is_refused(
    stack: Stack, queue: Any, definition: Any
) -> None:
    name = events.EventField.from_path("$.detail.name")

    with pytest.raises(
        ValueError, match=r'\["a"\] contains the field \$\.detail\.name of the event'
    ):
        EventTrigger(
            stack,
            "Trigger",
            queue=queue,
            job_definition=definition,
            event_pattern={"source": ["mine"]},
            environment={"a": f"s3://{name}"},
        )


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (["$.de tail"], r"command\[0\] begins with \$, but is not a field"),
        (["<x>"], r"command\[0\] contains <…>, which EventBridge reads"),
    ],
)
def test_a_word_that_eventbridge_would_misread_is_refused(
    stack: Stack, queue: Any, definition: Any, command: list[str], said: str
) -> None:
    with pytest.raises(ValueError, match=said):
        EventTrigger(
            stack,
            "OnEvent",
            queue=queue,
            job_definition=definition,
            event_pattern={"source": ["mine"]},
            command=command,
        )


@pytest.mark.parametrize("fields", [INPUT_PATHS, INPUT_PATHS + 1])
def test_an_event_gives_as_many_fields_as_event_bridge_takes(
    stack: Stack, queue: Any, definition: Any, fields: int
) -> None:
    environment = {f"A{number}": "$.id" for number in range(fields)}

    def submit() -> EventTrigger:
        return EventTrigger(
            stack,
            "Submit",
            queue=queue,
            job_definition=definition,
            event_pattern={"source": ["mine"]},
            environment=environment,
        )

    if fields > INPUT_PATHS:
        with pytest.raises(ValueError, match="environment uses 101 fields of the event"):
            submit()
    else:
        assert submit() is not None


def test_a_share_for_a_queue_that_nobody_knows_is_taken(
    stack: Stack, queue: Any, definition: Any
) -> None:
    on_object(stack, queue, definition, share_identifier="blue")


def test_a_share_may_be_a_field_of_the_event(stack: Stack, shared: Any, definition: Any) -> None:
    trigger = EventTrigger(
        stack,
        "OnEvent",
        queue=shared,
        job_definition=definition,
        event_pattern={"source": ["mine"]},
        share_identifier="$.detail.team",
    )

    transformer = rule(stack)["Targets"][0]["InputTransformer"]
    names = {path: name for name, path in transformer["InputPathsMap"].items()}
    asked = json.loads(transformer["InputTemplate"])
    assert asked["shareIdentifier"] == f"<{names['$.detail.team']}>"
    assert trigger.function is not None
    (function,) = resources(stack, "AWS::Lambda::Function").values()
    told = function["Environment"]["Variables"]
    assert told["ALLOW"] == "share_identifier"
    assert "SHARE_IDENTIFIER" not in told


def test_function_settings_are_refused_where_there_is_no_function(
    stack: Stack, queue: Any, definition: Any
) -> None:
    settings = FunctionSettings(reserved_concurrency=2)
    given: dict[str, Any] = {"queue": queue, "job_definition": definition}

    with pytest.raises(ValueError, match="function_settings is given, but EventBridge submits"):
        EventTrigger(
            stack, "Event", event_pattern={"source": ["a"]}, function_settings=settings, **given
        )
    bucket = s3.Bucket.from_bucket_name(stack, "Bucket", "incoming")
    with pytest.raises(ValueError, match="function_settings is given, but EventBridge submits"):
        ObjectCreatedTrigger(stack, "Object", bucket=bucket, function_settings=settings, **given)


def test_function_settings_of_the_app_are_no_mistake_without_a_function(
    stack: Stack, queue: Any, definition: Any
) -> None:
    another = Stack(stack.node.scope, "Another")  # type: ignore[arg-type]
    settings = FunctionSettings(reserved_concurrency=2)
    DefaultSettings.of(another).apply(function_settings=settings)

    trigger = EventTrigger(
        another, "Event", event_pattern={"source": ["a"]}, queue=queue, job_definition=definition
    )

    assert trigger.function is None


def test_a_function_admits_what_its_policy_has_room_for_and_no_more(
    stack: Stack, queue: Any, definition: Any
) -> None:
    submit = SubmitFunction(stack, "Submit", queue=queue, job_definition=definition)
    empty = len('{"Version":"2012-10-17","Id":"default","Statement":[]}') - len(",")
    names = len("-123456789012arn:aws:lambda:us-east-1:123456789012:function:-123456789012")
    frame = names + len(
        '{"Sid":"","Effect":"Allow","Principal":{"Service":"events.amazonaws.com"},'
        '"Action":"lambda:InvokeFunction","Resource":"",'
        '"Condition":{"ArnLike":{"AWS:SourceArn":""}}},'
    )
    room = 20_480 - empty - 10 * frame
    tenth = room // 10

    def admit(arn: str) -> None:
        conditions = {"ArnLike": {"aws:SourceArn": arn}}
        submit.grant_invoke(iam.ServicePrincipal("events.amazonaws.com", conditions=conditions))

    for number in range(9):
        admit(str(number) * tenth)
    last = room - 9 * tenth
    with pytest.raises(ValueError, match="Submit: grantee makes the policy of the function 20481"):
        admit("x" * (last + 1))
    admit("x" * last)

    made = [one for one in submit.function.node.children if isinstance(one, CfnPermission)]
    assert [len(one.source_arn or "") for one in made] == [*[tenth] * 9, last]
