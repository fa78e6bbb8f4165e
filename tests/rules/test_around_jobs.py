"""Events, messages and the network around jobs: what is named, and what is left alone beside it.

Each case is what stands around a subject: a short template as in `cases`, and the places where the
rule finds something.
"""

from __future__ import annotations

from typing import Any

import pytest

from batch_constructs.rules import check_template
from tests.rules.test_every_rule import TYPES

Resources = dict[str, list[Any]]
UNKNOWN = {"Fn::ImportValue": "elsewhere"}


def ref(id: str) -> dict[str, str]:
    return {"Ref": id}


def arn(id: str) -> dict[str, list[str]]:
    return {"Fn::GetAtt": [id, "Arn"]}


def found(
    rule: str, resources: Resources, *, depends_on: Any = None, messages: bool = False
) -> list[str]:
    """Give the places where a rule finds something, or what it says; ``Q`` may depend on others."""
    written: dict[str, Any] = {
        id_: {"Type": TYPES.get(type_, type_), "Properties": properties}
        for id_, (type_, properties) in resources.items()
    }
    if depends_on is not None:
        written["Q"]["DependsOn"] = depends_on
    return [
        one.message if messages else f"{one.resource}/{one.path.removeprefix('Properties/')}"
        for one in check_template({"Resources": written})
        if one.rule == rule
    ]


def statement(service: Any, *actions: str, **more: Any) -> dict[str, Any]:
    principal = {"Service": service}
    return {"Effect": "Allow", "Action": list(actions), "Principal": principal, **more}


def policy(*statements: Any) -> dict[str, Any]:
    return {"PolicyDocument": {"Statement": list(statements)}}


EVENTS = "events.amazonaws.com"
PUBLISH, SEND = "sns:Publish", "sqs:SendMessage"
KEY_ACTIONS = ("kms:GenerateDataKey*", "kms:Decrypt")
BATCH = {"EventPattern": {"source": ["aws.batch"]}}
SHOP = {"EventPattern": {"source": ["shop"]}}
TO_TOPIC = {**BATCH, "Targets": [{"Arn": ref("T")}]}
ADMITTED = ["TopicPolicy", {"Topics": [ref("T")], **policy(statement(EVENTS, PUBLISH))}]


def topic(key_policy: Any, key: Any = None) -> Resources:
    """Give a topic with a key, to which EventBridge publishes."""
    return {
        "K": ["AWS::KMS::Key", {"KeyPolicy": key_policy}],
        "L": ["AWS::KMS::Alias", {"TargetKeyId": ref("K")}],
        "T": ["Topic", {"KmsMasterKeyId": ref("K") if key is None else key}],
        "P": ADMITTED,
        "U": ["Rule", TO_TOPIC],
    }


def admitted(key: str, *statements: Any, of: Any = None) -> Resources:
    """Give a topic with a policy, to which EventBridge publishes."""
    targets = [ref("T")] if of is None else of
    return {
        "T": ["Topic", {}],
        "P": ["TopicPolicy", {key: targets, **policy(*statements)}],
        "U": ["Rule", TO_TOPIC],
    }


HERE: list[str] = ["U/Targets/0/Arn"]
NOWHERE: list[str] = []


@pytest.mark.parametrize(
    ("resources", "places"),
    [
        (admitted("Topics", statement(EVENTS, PUBLISH)), NOWHERE),
        (admitted("Topics", statement("sns.amazonaws.com", PUBLISH)), HERE),
        (admitted("Topics", statement(["sns.amazonaws.com", EVENTS], PUBLISH)), NOWHERE),
        (admitted("Topics", statement(EVENTS, "sns:Subscribe")), HERE),
        (admitted("Topics", statement(EVENTS, PUBLISH, Effect="Deny")), HERE),
        (admitted("Topics", statement(EVENTS, PUBLISH), of=UNKNOWN), NOWHERE),
        (admitted("Topics", statement(EVENTS, PUBLISH), of=[ref("U")]), HERE),
        (admitted("TopicArn", statement(EVENTS, PUBLISH), of=ref("T")), NOWHERE),
        (admitted("Topics", statement(UNKNOWN, PUBLISH)), NOWHERE),
        (admitted("Topics", statement("a", PUBLISH, Principal="*")), NOWHERE),
        (admitted("Topics", statement("a", PUBLISH, Principal={"AWS": "*"})), NOWHERE),
        (admitted("Topics", statement("a", PUBLISH, Principal={"AWS": "1"})), HERE),
        (admitted("Topics", UNKNOWN, statement("sns.amazonaws.com", PUBLISH)), NOWHERE),
        (
            {
                "T": ["Topic", {}],
                "P": ["TopicPolicy", {"Topics": [ref("T")], "PolicyDocument": UNKNOWN}],
                "U": ["Rule", TO_TOPIC],
            },
            NOWHERE,
        ),
        (
            {
                "T": ["Topic", {}],
                "P": [
                    "TopicPolicy",
                    {
                        "Topics": [ref("T")],
                        "PolicyDocument": {"Statement": statement("sns.amazonaws.com", PUBLISH)},
                    },
                ],
                "U": ["Rule", TO_TOPIC],
            },
            HERE,
        ),
        ({"T": ["Topic", {}], "U": ["Rule", {**SHOP, "Targets": [{"Arn": ref("T")}]}]}, NOWHERE),
        (topic({"Statement": [statement(EVENTS, *KEY_ACTIONS)]}), NOWHERE),
        (topic({"Statement": [statement(EVENTS, "kms:Decrypt")]}), HERE),
        (topic({"Statement": [statement("sns.amazonaws.com", *KEY_ACTIONS)]}), HERE),
        (topic({"Statement": []}, ref("L")), HERE),
        (topic({"Statement": []}, "alias/aws/sns"), HERE),
        (topic({"Statement": []}, "alias/mine"), NOWHERE),
        (topic({"Statement": []}, ref("T")), NOWHERE),
        (topic(UNKNOWN), NOWHERE),
    ],
)
def test_eventbridge_has_to_be_admitted_to_a_topic_and_its_key(
    resources: Resources, places: list[str]
) -> None:
    assert found("event-target-topic", resources) == places


QUEUE_POLICY = ["QueuePolicy", {"Queues": [ref("D")], **policy(statement(EVENTS, SEND))}]
LETTERS = {"Arn": arn("F"), "DeadLetterConfig": {"Arn": arn("D")}}


@pytest.mark.parametrize(
    ("queue", "about", "target", "problems"),
    [
        ({}, BATCH, {"Arn": arn("D")}, []),
        ({"FifoQueue": True}, BATCH, {"Arn": arn("D")}, HERE),
        ({"FifoQueue": True}, BATCH, LETTERS, ["U/Targets/0/DeadLetterConfig/Arn"]),
        ({"FifoQueue": True}, SHOP, LETTERS, []),
        ({}, BATCH, LETTERS, []),
        ({"KmsMasterKeyId": "alias/aws/sqs"}, BATCH, {"Arn": arn("D")}, HERE),
        ({"KmsMasterKeyId": "alias/aws/sqs"}, SHOP, {"Arn": arn("D")}, []),
    ],
)
def test_dead_letters_take_a_standard_queue_whose_key_eventbridge_can_use(
    queue: Any, about: Any, target: Any, problems: list[str]
) -> None:
    resources: Resources = {
        "D": ["Queue", queue],
        "P": QUEUE_POLICY,
        "U": ["Rule", {**about, "Targets": [target]}],
    }

    assert found("event-target-queue", resources) == problems


@pytest.mark.parametrize(
    ("permission", "about", "places"),
    [
        ({"FunctionName": ref("F"), "Principal": EVENTS}, BATCH, []),
        ({"FunctionName": arn("F"), "Principal": EVENTS}, BATCH, []),
        ({"FunctionName": "mine", "Principal": EVENTS}, BATCH, []),
        ({"FunctionName": "other", "Principal": EVENTS}, BATCH, HERE),
        ({"FunctionName": "other", "Principal": EVENTS}, SHOP, []),
        ({"FunctionName": UNKNOWN, "Principal": EVENTS}, BATCH, []),
        ({"FunctionName": ref("F"), "Principal": "sns.amazonaws.com"}, BATCH, HERE),
        ({"FunctionName": UNKNOWN, "Principal": "sns.amazonaws.com"}, BATCH, HERE),
        ({"FunctionName": ref("F"), "Principal": UNKNOWN}, BATCH, []),
    ],
)
def test_eventbridge_has_to_be_permitted_to_invoke_a_function(
    permission: Any, about: Any, places: list[str]
) -> None:
    resources: Resources = {
        "F": ["Function", {"FunctionName": "mine"}],
        "P": ["Permission", permission],
        "U": ["Rule", {**about, "Targets": [{"Arn": arn("F")}]}],
    }

    assert found("event-target-function", resources) == places


def test_a_nameless_permission_is_not_of_a_nameless_function() -> None:
    resources: Resources = {
        "F": ["Function", {}],
        "P": ["Permission", {"Principal": EVENTS}],
        "U": ["Rule", {**BATCH, "Targets": [{"Arn": arn("F")}]}],
    }

    assert found("event-target-function", resources) == HERE


@pytest.mark.parametrize(
    ("pattern", "places"),
    [
        ({"source": ["aws.batch"], "detail-type": ["Batch Job State Change"]}, []),
        ({"source": ["aws.batch"], "detail-type": ["Batch Job Change"]}, ["detail-type"]),
        ({"source": ["aws.batch", "shop"], "detail-type": ["Order"]}, []),
        ({"source": ["aws.batch"], "detail": {"status": ["FAILED", "SCHEDULED"]}}, []),
        ({"source": ["aws.batch"], "detail": {"status": ["Failed"]}}, ["detail/status"]),
        ({"source": ["shop", "AWS.Batch"]}, ["source"]),
        ({"source": ["batch", "shop"]}, ["source"]),
        ({"source": [{"prefix": "aws.batch"}, "shop"]}, []),
        ({"source": ["aws.batch"], "detail": {"jobQueue": ["nightly"]}}, ["detail/jobQueue"]),
        ({"source": ["aws.batch"], "detail": {"jobQueue": [{"prefix": "nightly"}]}}, []),
        ({"source": ["aws.batch"], "detail": {"jobDefinition": ["arn:x"]}}, []),
    ],
)
def test_a_pattern_matches_what_batch_sends(pattern: Any, places: list[str]) -> None:
    resources: Resources = {"U": ["Rule", {"EventPattern": pattern}]}

    assert found("event-pattern", resources) == [f"U/EventPattern/{place}" for place in places]


S3 = {"source": ["aws.s3"], "detail": {"bucket": {"name": [ref("B")]}}}
SUBMITS: dict[str, Any] = {"BatchParameters": {}}
OF_BUCKET = ["U/EventPattern/detail/bucket/name"]


@pytest.mark.parametrize(
    ("bucket", "pattern", "target", "places"),
    [
        ({}, S3, SUBMITS, OF_BUCKET),
        ({}, {**S3, "source": ["shop"]}, SUBMITS, []),
        ({}, S3, {"Arn": "arn:x"}, []),
        ({"NotificationConfiguration": UNKNOWN}, S3, SUBMITS, []),
        ({"NotificationConfiguration": {"EventBridgeConfiguration": UNKNOWN}}, S3, SUBMITS, []),
        (
            {"NotificationConfiguration": {"EventBridgeConfiguration": {"EventBridgeEnabled": 0}}},
            S3,
            SUBMITS,
            [],
        ),
        (
            {
                "NotificationConfiguration": {
                    "EventBridgeConfiguration": {"EventBridgeEnabled": False}
                }
            },
            S3,
            SUBMITS,
            OF_BUCKET,
        ),
    ],
)
def test_a_bucket_has_to_send_events_for_jobs(
    bucket: Any, pattern: Any, target: Any, places: list[str]
) -> None:
    resources: Resources = {
        "B": ["Bucket", bucket],
        "U": ["Rule", {"EventPattern": pattern, "Targets": [target]}],
    }

    assert found("bucket-notifications", resources) == places


@pytest.mark.parametrize(("named", "places"), [("B", []), ("C", OF_BUCKET)])
def test_a_custom_resource_may_turn_the_events_of_its_bucket_on(
    named: str, places: list[str]
) -> None:
    resources: Resources = {
        "B": ["Bucket", {}],
        "C": ["Bucket", {}],
        "N": ["Custom::S3BucketNotifications", {"BucketName": ref(named)}],
        "U": ["Rule", {"EventPattern": S3, "Targets": [SUBMITS]}],
    }

    assert found("bucket-notifications", resources) == places


@pytest.mark.parametrize(
    ("source", "more", "places"),
    [
        ("aws.s3", {}, ["U/Targets/0"]),
        ("shop", {}, []),
        ("aws.s3", {"InputTransformer": {}}, []),
        ("aws.s3", {"InputPath": "$.detail"}, []),
        ("aws.s3", {"Input": "{}"}, ["U/Targets/0"]),
        ("aws.s3", {"Input": '{"a": "$.detail"}'}, []),
        ("aws.s3", {"Input": UNKNOWN}, []),
        ("aws.s3", {"Input": '{"Parameters": {"key": "all"}}'}, []),
        ("aws.s3", {"Input": '{"Parameters": {"other": "all"}}'}, ["U/Targets/0"]),
    ],
)
def test_a_job_has_to_learn_of_its_object(source: str, more: Any, places: list[str]) -> None:
    target = {"BatchParameters": {"JobDefinition": ref("J")}, **more}
    rule = {"EventPattern": {"source": [source]}, "Targets": [target]}
    job: Resources = {"J": ["JobDefinition", {"ContainerProperties": {"Command": ["Ref::key"]}}]}

    assert found("object-not-passed", {**job, "U": ["Rule", rule]}) == places


def test_a_job_that_takes_no_parameters_has_nothing_to_learn() -> None:
    rule = {
        "EventPattern": {"source": ["aws.s3"]},
        "Targets": [{"BatchParameters": {"JobDefinition": ref("J")}}],
    }
    job: Resources = {"J": ["JobDefinition", {"ContainerProperties": {"Command": ["list"]}}]}

    assert found("object-not-passed", {**job, "U": ["Rule", rule]}) == []


NAMES_QUEUE = {"Environment": {"Variables": {"QUEUE": ref("Q")}}}
QUEUE: Resources = {"Q": ["JobQueue", {}]}
LOGS = ["F/LoggingConfig"]


def named_after(id: str) -> Any:
    return {"Fn::Join": ["", ["/aws/lambda/", ref(id)]]}


@pytest.mark.parametrize(
    ("function", "more", "places"),
    [
        (NAMES_QUEUE, {}, LOGS),
        ({}, {}, []),
        ({**NAMES_QUEUE, "LoggingConfig": UNKNOWN}, {}, []),
        ({**NAMES_QUEUE, "LoggingConfig": {"LogGroup": "mine"}}, {}, []),
        (NAMES_QUEUE, {"L": ["LogGroup", {"LogGroupName": named_after("F")}]}, []),
        (NAMES_QUEUE, {"L": ["LogGroup", {"LogGroupName": named_after("Q")}]}, LOGS),
        (NAMES_QUEUE, {"L": ["LogGroup", {"LogGroupName": UNKNOWN}]}, []),
        (NAMES_QUEUE, {"L": ["LogGroup", {"LogGroupName": "/aws/lambda/f"}]}, LOGS),
        (
            {**NAMES_QUEUE, "FunctionName": "f"},
            {"L": ["LogGroup", {"LogGroupName": "/aws/lambda/f"}]},
            [],
        ),
        (
            {**NAMES_QUEUE, "FunctionName": "f"},
            {"L": ["LogGroup", {"LogGroupName": "/aws/lambda/g"}]},
            LOGS,
        ),
        (NAMES_QUEUE, {"L": ["Custom::LogRetention", {"LogGroupName": named_after("F")}]}, []),
        (NAMES_QUEUE, {"L": ["Custom::LogRetention", {"LogGroupName": named_after("Q")}]}, LOGS),
        (NAMES_QUEUE, {"L": ["Custom::LogRetention", {"LogGroupName": "f"}]}, LOGS),
    ],
)
def test_the_logs_of_a_function_need_a_group(
    function: Any, more: Resources, places: list[str]
) -> None:
    assert found("function-log-group", {**QUEUE, "F": ["Function", function], **more}) == places


def job(group: Any) -> list[Any]:
    log = {"LogConfiguration": {"Options": {"awslogs-group": group}}}
    return ["JobDefinition", {"ContainerProperties": log}]


RETENTION = ["L/RetentionInDays"]


@pytest.mark.parametrize(
    ("group", "more", "places"),
    [
        ({}, {"J": job(ref("L"))}, RETENTION),
        ({}, {"J": job(ref("J"))}, []),
        ({}, {"J": job("jobs")}, []),
        ({"LogGroupName": "jobs"}, {"J": job("jobs")}, RETENTION),
        ({"LogGroupName": "jobs"}, {"J": job("others")}, []),
        ({"RetentionInDays": 7}, {"J": job(ref("L"))}, []),
        (
            {},
            {
                **QUEUE,
                "F": ["Function", {**NAMES_QUEUE, "LoggingConfig": {"LogGroup": ref("L")}}],
            },
            RETENTION,
        ),
        ({}, {"F": ["Function", {"LoggingConfig": {"LogGroup": ref("L")}}]}, []),
    ],
)
def test_the_logs_of_jobs_expire(group: Any, more: Resources, places: list[str]) -> None:
    assert found("log-group-retention", {"L": ["LogGroup", group], **more}) == places


VISIBLE = ["F/Events/S/Properties/Queue"]


@pytest.mark.parametrize(
    ("function", "more", "places"),
    [
        ({"Timeout": 31}, QUEUE, VISIBLE),
        ({"Timeout": 31}, {"J": ["JobDefinition", {}]}, VISIBLE),
        ({"Timeout": 31}, {}, []),
        ({"Timeout": 30}, QUEUE, []),
        ({}, QUEUE, []),
        ({"Timeout": 31, "Events": {"S": {"Type": "SNS"}}}, QUEUE, []),
        ({"Timeout": 31, "Events": {"S": UNKNOWN}}, QUEUE, []),
        (
            {"Timeout": 31, "Events": {"S": {"Type": "SQS", "Properties": {"Queue": "arn:x"}}}},
            QUEUE,
            [],
        ),
    ],
)
def test_a_serverless_function_ends_before_its_messages_come_back(
    function: Any, more: Resources, places: list[str]
) -> None:
    event = {"S": {"Type": "SQS", "Properties": {"Queue": arn("D")}}}
    of = {"Events": event, **function}
    resources: Resources = {"D": ["Queue", {}], "F": ["AWS::Serverless::Function", of], **more}

    assert found("function-event-visibility", resources) == places


def reader(*actions: str) -> list[Any]:
    statements = [{"Effect": "Allow", "Action": list(actions), "Resource": "*"}]
    return ["Role", {"Policies": [{"PolicyDocument": {"Statement": statements}}]}]


READING = ("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes")


@pytest.mark.parametrize(
    ("rule", "function", "actions", "places"),
    [
        ("event-source-permission", {**NAMES_QUEUE, "Role": arn("R")}, READING, []),
        (
            "event-source-permission",
            {**NAMES_QUEUE, "Role": arn("R")},
            READING[1:],
            ["FunctionName"],
        ),
        ("event-source-permission", {"Role": arn("R")}, READING[1:], []),
        ("event-source-permission", {**NAMES_QUEUE, "Role": "arn:x"}, READING[1:], []),
        ("source-queue-dead-letters", NAMES_QUEUE, READING, ["EventSourceArn"]),
        ("source-queue-dead-letters", {}, READING, []),
    ],
)
@pytest.mark.parametrize("known", [("Q1", "F"), ("Q1", ""), ("", "F")])
def test_a_function_that_submits_reads_its_queue(
    rule: str, function: Any, actions: tuple[str, ...], places: list[str], known: tuple[str, str]
) -> None:
    queue, mapped = known
    resources: Resources = {
        **QUEUE,
        "Q1": ["Queue", {}],
        "R": reader(*actions),
        "F": ["Function", function],
        "M": [
            "EventSourceMapping",
            {
                "EventSourceArn": arn(queue) if queue else "arn:x",
                "FunctionName": ref(mapped) if mapped else "name",
            },
        ],
    }
    wanted = [f"M/{place}" for place in places] if queue and mapped else []

    assert found(rule, resources) == wanted


def metric(name: str = "JobsRetried", dimensions: Any = "given") -> dict[str, Any]:
    given = [{"Name": "JobQueueName", "Value": "q"}] if dimensions == "given" else dimensions
    of = {"Namespace": "AWS/Batch", "MetricName": name}
    return of if given is None else {**of, "Dimensions": given}


def dimension(value: Any, name: str = "JobQueueName") -> dict[str, Any]:
    return metric(dimensions=[{"Name": name, "Value": value}])


@pytest.mark.parametrize(
    ("alarm", "places"),
    [
        (metric(), []),
        (metric("JobsFailed"), ["MetricName"]),
        ({**metric("JobsFailed"), "Namespace": "Mine"}, []),
        (metric(dimensions=None), ["Dimensions"]),
        (metric(dimensions=UNKNOWN), []),
        (dimension("q", "JobQueue"), ["Dimensions/0"]),
        (dimension(ref("Q")), ["Dimensions/0/Value"]),
        (dimension(ref("T")), []),
        (dimension(UNKNOWN), []),
        (dimension("arn:aws:batch:x"), ["Dimensions/0/Value"]),
        ({"Metrics": [{"MetricStat": {"Metric": metric()}}, {"Expression": "a"}]}, []),
        (
            {"Metrics": [{"Expression": "a"}, {"MetricStat": {"Metric": metric("JobsFailed")}}]},
            ["Metrics/1/MetricStat/Metric/MetricName"],
        ),
    ],
)
def test_an_alarm_watches_a_metric_that_there_is(alarm: Any, places: list[str]) -> None:
    resources: Resources = {**QUEUE, "T": ["Topic", {}], "A": ["Alarm", alarm]}

    assert found("alarm-metric", resources) == [f"A/{place}" for place in places]


CLOUDWATCH = statement("cloudwatch.amazonaws.com", PUBLISH)


@pytest.mark.parametrize(
    ("alarm", "topic", "statements", "places"),
    [
        (metric(), {}, [CLOUDWATCH], []),
        (metric(), {}, [statement(EVENTS, PUBLISH)], ["A/AlarmActions/0"]),
        ({**metric(), "Namespace": "Mine"}, {}, [statement(EVENTS, PUBLISH)], []),
        (metric(), {"KmsMasterKeyId": "alias/aws/sns"}, [CLOUDWATCH], ["A/AlarmActions/0"]),
    ],
)
def test_an_alarm_has_to_be_admitted_to_its_topic(
    alarm: Any, topic: Any, statements: list[Any], places: list[str]
) -> None:
    resources: Resources = {
        "T": ["Topic", topic],
        "P": ["TopicPolicy", {"Topics": [ref("T")], **policy(*statements)}],
        "A": ["Alarm", {**alarm, "AlarmActions": [ref("T"), "arn:x"]}],
    }

    assert found("alarm-topic", resources) == places


@pytest.mark.parametrize(
    ("source", "places"),
    [
        (["Schedule", {"Target": {"Arn": ref("D")}}], ["U/Target/Arn"]),
        (["Schedule", {"Target": {"Arn": arn("D")}}], []),
        (["Rule", {"Targets": [{"Arn": ref("D")}]}], ["U/Targets/0/Arn"]),
        (["Rule", {"Targets": [{"Arn": ref("T")}]}], []),
        (["EventSourceMapping", {"EventSourceArn": ref("D")}], ["U/EventSourceArn"]),
    ],
)
def test_a_target_is_given_by_its_arn(source: list[Any], places: list[str]) -> None:
    resources: Resources = {"D": ["Queue", {}], "T": ["Topic", {}], "U": source}

    assert found("target-arn", resources) == places


@pytest.mark.parametrize(
    ("value", "waits", "places"),
    [
        ("nightly", None, ["Q/ComputeEnvironmentOrder/0/ComputeEnvironment"]),
        ("nightly", "E", []),
        ("nightly", ["E"], []),
        ("nightly", ["Q"], ["Q/ComputeEnvironmentOrder/0/ComputeEnvironment"]),
        ("other", None, []),
        (
            {"Fn::Sub": "arn:${AWS::Partition}:batch:x:1:compute-environment/nightly"},
            None,
            ["Q/ComputeEnvironmentOrder/0/ComputeEnvironment"],
        ),
    ],
)
def test_a_queue_waits_for_its_environments(value: Any, waits: Any, places: list[str]) -> None:
    resources: Resources = {
        "E": ["ComputeEnvironment", {"ComputeEnvironmentName": "nightly"}],
        "N": ["ComputeEnvironment", {}],
        "Q": ["JobQueue", {"ComputeEnvironmentOrder": [{"ComputeEnvironment": value}]}],
    }

    assert found("environment-by-name", resources, depends_on=waits) == places
