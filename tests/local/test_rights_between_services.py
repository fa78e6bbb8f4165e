"""What services ask of one another takes rights on the laptop as well."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from batch_constructs.local.adapter.task_rights import right_of
from tests.local.wiring import ACCOUNT, Wiring

if TYPE_CHECKING:
    from tests.local.granted_resources import Granted

pytestmark = pytest.mark.local_aws
EVENTBRIDGE = {"Principal": {"Service": "events.amazonaws.com"}}


def test_a_rule_needs_the_policy_of_its_queue(wiring: Wiring) -> None:
    closed, closed_arn = wiring.queue("closed")
    dead, dead_arn = wiring.queue("dead", EVENTBRIDGE)
    send = wiring.rule({"Arn": closed_arn, "DeadLetterConfig": {"Arn": dead_arn}})

    send()

    [message] = wiring.received(dead, 20)
    assert "does not let events.amazonaws.com" in json.dumps(message["MessageAttributes"])
    assert wiring.received(closed, 0) == []


def test_a_rule_reaches_a_queue_that_lets_it_in(wiring: Wiring) -> None:
    url, arn = wiring.queue("open", EVENTBRIDGE)

    wiring.rule({"Arn": arn})()

    assert len(wiring.received(url, 20)) == 1


def test_a_queue_that_lets_another_rule_in_is_closed(wiring: Wiring) -> None:
    other = {"Condition": {"ArnEquals": {"aws:SourceArn": "arn:aws:events:::rule/other"}}}
    _, arn = wiring.queue("open", EVENTBRIDGE | other)
    dead, dead_arn = wiring.queue("dead", EVENTBRIDGE)

    wiring.rule({"Arn": arn, "DeadLetterConfig": {"Arn": dead_arn}})()

    assert len(wiring.received(dead, 20)) == 1


def test_a_new_topic_lets_no_rule_in(wiring: Wiring) -> None:
    topic = wiring.client("sns").create_topic(Name=wiring.named("topic"))["TopicArn"]
    dead, dead_arn = wiring.queue("dead", EVENTBRIDGE)

    wiring.rule({"Arn": topic, "DeadLetterConfig": {"Arn": dead_arn}})()

    assert len(wiring.received(dead, 20)) == 1


def test_a_rule_that_may_not_submit_tells_its_dead_letter_queue(wiring: Wiring) -> None:
    dead, dead_arn = wiring.queue("dead", EVENTBRIDGE)
    send = wiring.rule(
        {
            "Arn": "arn:aws:batch:us-east-1:123456789012:job-queue/any",
            "RoleArn": wiring.role("events"),
            "BatchParameters": {"JobDefinition": "any:1", "JobName": "any"},
            "DeadLetterConfig": {"Arn": dead_arn},
        }
    )

    send()

    [message] = wiring.received(dead, 20)
    assert "batch:SubmitJob" in message["MessageAttributes"]["ERROR_MESSAGE"]["StringValue"]


@pytest.mark.parametrize(
    ("kind", "right"),
    [("event-bus/any", "PutEvents"), ("api-destination/any/1", "InvokeApiDestination")],
)
def test_a_rule_needs_a_right_for_a_bus_and_for_an_address(
    wiring: Wiring, kind: str, right: str
) -> None:
    dead, dead_arn = wiring.queue("dead", EVENTBRIDGE)
    target = f"arn:aws:events:us-east-1:{ACCOUNT}:{kind}"
    role = wiring.role("events")

    wiring.rule({"Arn": target, "RoleArn": role, "DeadLetterConfig": {"Arn": dead_arn}})()

    [message] = wiring.received(dead, 20)
    assert f"events:{right}" in json.dumps(message["MessageAttributes"])


def test_an_event_is_lost_where_its_dead_letter_queue_is_closed_too(wiring: Wiring) -> None:
    _, closed = wiring.queue("closed")
    dead, dead_arn = wiring.queue("dead")
    open_, open_arn = wiring.queue("open", EVENTBRIDGE)

    wiring.rule({"Arn": closed, "DeadLetterConfig": {"Arn": dead_arn}})()
    Wiring(wiring.aws, wiring.named("after")).rule({"Arn": open_arn})()

    assert len(wiring.received(open_, 20)) == 1
    assert wiring.received(dead, 2) == []


@pytest.mark.parametrize("rights", [(), ("states:StartExecution",)])
def test_a_rule_starts_a_machine_as_its_role(wiring: Wiring, rights: tuple[str, ...]) -> None:
    states = wiring.client("stepfunctions")
    definition = {"StartAt": "A", "States": {"A": {"Type": "Pass", "End": True}}}
    machine = states.create_state_machine(
        name=wiring.named("started"),
        roleArn=wiring.role("states"),
        definition=json.dumps(definition),
    )["stateMachineArn"]
    dead, dead_arn = wiring.queue("dead", EVENTBRIDGE)
    role = wiring.role("events", *rights)

    wiring.rule({"Arn": machine, "RoleArn": role, "DeadLetterConfig": {"Arn": dead_arn}})()

    buried = wiring.received(dead, 2 if rights else 20)
    started = states.list_executions(stateMachineArn=machine)["executions"]
    assert (len(buried), len(started)) == ((0, 1) if rights else (1, 0))


TASKS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "a queue": (
        "sqs:SendMessage",
        "arn:aws:states:::sqs:sendMessage",
        {"QueueUrl": "<queue>", "MessageBody": "x"},
    ),
    "a queue, by the SDK": (
        "sqs:SendMessage",
        "arn:aws:states:::aws-sdk:sqs:sendMessage",
        {"QueueUrl": "<queue>", "MessageBody": "x"},
    ),
    "a queue, with a token": (
        "sqs:SendMessage",
        "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
        {"QueueUrl": "<queue>", "MessageBody": "x"},
    ),
    "a topic": (
        "sns:Publish",
        "arn:aws:states:::sns:publish",
        {"TopicArn": "<topic>", "Message": "x"},
    ),
    "a bus": (
        "events:PutEvents",
        "arn:aws:states:::events:putEvents",
        {"Entries": [{"Source": "mine", "DetailType": "x", "Detail": {}}]},
    ),
    "a table": (
        "dynamodb:PutItem",
        "arn:aws:states:::dynamodb:putItem",
        {"TableName": "<table>", "Item": {"key": {"S": "1"}}},
    ),
    "a function": (
        "lambda:InvokeFunction",
        "arn:aws:states:::lambda:invoke",
        {"FunctionName": "<function>"},
    ),
    "a machine": (
        "states:StartExecution",
        "arn:aws:states:::states:startExecution",
        {"StateMachineArn": "<machine>"},
    ),
    "an object": (
        "s3:GetObject",
        "arn:aws:states:::aws-sdk:s3:getObject",
        {"Bucket": "<bucket>", "Key": "x"},
    ),
    "a log": (
        "logs:DescribeLogStreams",
        "arn:aws:states:::aws-sdk:cloudwatchlogs:describeLogStreams",
        {"LogGroupName": "<group>"},
    ),
}
"""What a task calls: the right that it takes, its resource, its parameters."""


@pytest.mark.parametrize("name", TASKS)
def test_a_task_needs_a_right_of_the_machine_s_role(
    granted: Granted, wiring: Wiring, name: str
) -> None:
    right, resource, parameters = TASKS[name]
    text = json.dumps(parameters)
    for kind, value in granted.of.items():
        text = text.replace(f"<{kind}>", value)
    state = {
        "Type": "Task",
        "Resource": resource,
        "Parameters": json.loads(text),
        "TimeoutSeconds": 1,
        "End": True,
    }

    without = wiring.execution(state, wiring.role("states", "sqs:ReceiveMessage"))
    with_it = Wiring(granted.aws, wiring.named("with")).execution(
        state, wiring.role("states", right, "sqs:ReceiveMessage")
    )

    assert without["error"] == "States.Permissions"
    assert f"is not authorized to perform: {right}" in without["cause"]
    assert with_it.get("error") != "States.Permissions"


def sending(url: str) -> dict[str, Any]:
    """Write a task that sends a message."""
    return {
        "Type": "Task",
        "Resource": "arn:aws:states:::sqs:sendMessage",
        "Parameters": {"QueueUrl": url, "MessageBody": "x"},
        "End": True,
    }


def test_a_right_on_another_resource_is_none(wiring: Wiring) -> None:
    (url, _), (_, other) = wiring.queue("asked"), wiring.queue("allowed")

    ended = wiring.execution(sending(url), wiring.role("states", "sqs:SendMessage", on=other))

    assert ended["error"] == "States.Permissions"


def test_a_queue_may_let_a_role_in_that_has_no_right_of_its_own(wiring: Wiring) -> None:
    role = wiring.role("states", "sqs:ReceiveMessage")
    url, _ = wiring.queue("open", {"Principal": {"AWS": role}})

    assert wiring.execution(sending(url), role)["status"] == "SUCCEEDED"


@pytest.mark.parametrize(("effect", "error"), [("Allow", None), ("Deny", "States.Permissions")])
def test_what_is_checked_on_no_resource_takes_a_statement_that_allows_it(
    wiring: Wiring, effect: str, error: str | None
) -> None:
    state = {
        "Type": "Task",
        "Resource": "arn:aws:states:::aws-sdk:ec2:describeInstances",
        "Parameters": {},
        "End": True,
    }

    ended = wiring.execution(state, wiring.role("states", "ec2:DescribeInstances", effect=effect))

    assert ended.get("error") == error


def test_aws_batch_refuses_a_submission_by_a_name_of_its_own(wiring: Wiring) -> None:
    state = {
        "Type": "Task",
        "Resource": "arn:aws:states:::batch:submitJob",
        "Parameters": {"JobName": "x", "JobQueue": "any", "JobDefinition": "any"},
        "End": True,
    }

    ended = wiring.execution(state, wiring.role("states", "sqs:SendMessage"))

    assert ended["error"] == "Batch.AWSBatchException"
    assert "batch:SubmitJob" in ended["cause"]


@pytest.mark.parametrize(
    ("resource", "parameters", "right"),
    [
        (
            "ecs:runTask.sync",
            {"Cluster": "many", "TaskDefinition": "one:1"},
            ("ecs:RunTask", "arn:aws:ecs:us-east-1:000000000000:task-definition/one:1"),
        ),
        (
            "aws-sdk:s3:headObject",
            {"Bucket": "b", "Key": "k"},
            ("s3:GetObject", "arn:aws:s3:::b/k"),
        ),
        ("aws-sdk:s3:listObjectsV2", {"Bucket": "b"}, ("s3:ListBucket", "arn:aws:s3:::b")),
        ("aws-sdk:nonsense:shout", {}, None),
        ("batch:submitJob", {"JobName": "x"}, None),
    ],
)
def test_a_task_takes_the_right_of_what_it_calls(
    resource: str, parameters: dict[str, str], right: tuple[str, str] | None
) -> None:
    assert right_of(f"arn:aws:states:::{resource}", parameters) == right


def test_the_arn_of_a_function_as_a_resource_takes_the_right_to_invoke_it() -> None:
    function = "arn:aws:lambda:us-east-1:123456789012:function:any"

    assert right_of(function, {"x": 1}) == ("lambda:InvokeFunction", function)


def test_an_activity_asks_nothing_of_another_service() -> None:
    assert right_of("arn:aws:states:us-east-1:123456789012:activity:any", {}) is None


def test_a_role_that_is_not_here_is_told(wiring: Wiring) -> None:
    machine = f"arn:aws:states:us-east-1:{ACCOUNT}:stateMachine:any"
    role = f"arn:aws:iam::{ACCOUNT}:role/{wiring.named('missing')}"
    dead, dead_arn = wiring.queue("dead", EVENTBRIDGE)

    wiring.rule({"Arn": machine, "RoleArn": role, "DeadLetterConfig": {"Arn": dead_arn}})()

    [message] = wiring.received(dead, 20)
    assert f"there is no role {role}" in json.dumps(message["MessageAttributes"])


def test_a_machine_cannot_use_a_role_that_does_not_trust_it(wiring: Wiring) -> None:
    state = sending(wiring.queue("any")[0])

    ended = wiring.execution(state, wiring.role("lambda", "sqs:SendMessage"))

    assert ended["error"] == "States.Permissions"
    assert "does not trust states.amazonaws.com" in ended["cause"]


def calls_of(wiring: Wiring) -> int:
    logs = wiring.client("logs")
    groups = logs.describe_log_groups(logGroupNamePrefix=f"/aws/lambda/{wiring.named('function')}")
    return len(groups["logGroups"])


@pytest.mark.parametrize("is_permitted", [False, True])
def test_a_topic_calls_a_function_that_permits_it(wiring: Wiring, is_permitted: bool) -> None:  # noqa: FBT001
    sns = wiring.client("sns")
    topic = sns.create_topic(Name=wiring.named("topic"))["TopicArn"]
    function = wiring.function(wiring.role("lambda"))
    if is_permitted:
        wiring.client("lambda").add_permission(
            FunctionName=function,
            StatementId="topic",
            Action="lambda:InvokeFunction",
            Principal="sns.amazonaws.com",
            SourceArn=topic,
        )
    sns.subscribe(TopicArn=topic, Protocol="lambda", Endpoint=function)

    sns.publish(TopicArn=topic, Message="x")

    deadline = time.monotonic() + (60 if is_permitted else 2)
    while calls_of(wiring) == 0 and time.monotonic() < deadline:
        time.sleep(0.1)
    assert calls_of(wiring) == int(is_permitted)


def test_a_function_that_may_not_read_a_queue_is_not_called_for_it(wiring: Wiring) -> None:
    _, arn = wiring.queue("source")
    function = wiring.function(wiring.role("lambda", "sqs:ReceiveMessage", "sqs:DeleteMessage"))

    with pytest.raises(ClientError, match="permissions to call GetQueueAttributes on SQS"):
        wiring.client("lambda").create_event_source_mapping(
            FunctionName=function, EventSourceArn=arn
        )


def test_a_function_that_may_no_longer_read_a_queue_leaves_its_messages(wiring: Wiring) -> None:
    url, arn = wiring.queue("source")
    role = wiring.role(
        "lambda", "sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"
    )
    function = wiring.function(role)
    wiring.client("lambda").create_event_source_mapping(FunctionName=function, EventSourceArn=arn)
    wiring.client("iam").delete_role_policy(RoleName=role.rpartition("/")[2], PolicyName="rights")

    wiring.client("sqs").send_message(QueueUrl=url, MessageBody="x")

    time.sleep(2)
    assert len(wiring.received(url, 20)) == 1


def alarm(wiring: Wiring, topic: str) -> None:
    """Make an alarm that tells a topic, and set it off."""
    cloudwatch, name = wiring.client("cloudwatch"), wiring.named("alarm")
    cloudwatch.put_metric_alarm(
        AlarmName=name,
        Namespace="Mine",
        MetricName="x",
        Statistic="Sum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=1,
        ComparisonOperator="GreaterThanThreshold",
        AlarmActions=[topic],
    )
    cloudwatch.set_alarm_state(AlarmName=name, StateValue="ALARM", StateReason="a test")


@pytest.mark.parametrize(
    ("service", "received"),
    [(None, 1), ("cloudwatch.amazonaws.com", 1), ("events.amazonaws.com", 0)],
)
def test_an_alarm_tells_a_topic_that_lets_it_in(
    wiring: Wiring, service: str | None, received: int
) -> None:
    sns = wiring.client("sns")
    topic = sns.create_topic(Name=wiring.named("topic"))["TopicArn"]
    if service is not None:
        statement = {
            "Effect": "Allow",
            "Principal": {"Service": service},
            "Action": "sns:Publish",
            "Resource": topic,
        }
        sns.set_topic_attributes(
            TopicArn=topic,
            AttributeName="Policy",
            AttributeValue=json.dumps({"Version": "2012-10-17", "Statement": [statement]}),
        )
    url, arn = wiring.queue("told", {"Principal": {"Service": "sns.amazonaws.com"}})
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)

    alarm(wiring, topic)

    assert len(wiring.received(url, 20 if received else 2)) == received


@pytest.mark.parametrize("rights", [(), ("sqs:SendMessage",)])
def test_what_a_function_failed_at_goes_where_its_role_may_send_it(
    wiring: Wiring, rights: tuple[str, ...]
) -> None:
    url, arn = wiring.queue("failed")
    function = wiring.function(wiring.role("lambda", *rights), "def handler(event, context): 1 / 0")
    wiring.client("lambda").put_function_event_invoke_config(
        FunctionName=function,
        MaximumRetryAttempts=0,
        DestinationConfig={"OnFailure": {"Destination": arn}},
    )

    wiring.client("lambda").invoke(FunctionName=function, InvocationType="Event")

    assert len(wiring.received(url, 20 if rights else 3)) == len(rights)
