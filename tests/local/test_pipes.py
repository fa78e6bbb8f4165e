"""Pipes on the laptop: from a queue to AWS Batch and to others, as the pipe's role."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any
from unittest.mock import MagicMock

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sqs as sqs

from batch_constructs import FargateComputeEnvironment, FargateJobDefinition, JobQueue
from batch_constructs.local.adapter.pipes import Run
from batch_constructs.local.pipe_records import at, dynamic, transformed

if TYPE_CHECKING:
    from collections.abc import Callable

    from batch_constructs.testing.local_aws import LocalAws
    from tests.local.wiring import Wiring

RECORD = {"messageId": "m-1", "body": '{"sample": "a7", "sizes": [1, 2], "n": 3}', "plain": "x"}


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("$.messageId", "m-1"),
        ("$.body.sample", "a7"),
        ("$.body.sizes[1]", 2),
        ("$.body.sizes[7]", ""),
        ("$.body.none.deeper", ""),
        ("$.plain.deeper", ""),
        ("$", RECORD),
    ],
)
def test_a_path_reads_the_json_in_a_message_s_body(path: str, expected: Any) -> None:
    assert at(RECORD, path) == expected


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        (None, RECORD),
        ("", RECORD),
        ('{"s": <$.body.sample>}', {"s": "a7"}),
        ('{"s": "<$.body.sample>-<$.body.n>"}', {"s": "a7-3"}),
        ('{"s": "all: <$.body.sizes>"}', {"s": "all: [1, 2]"}),
        ('{"s": <$.body.sizes>, "of": "<aws.pipes.pipe-name>"}', {"s": [1, 2], "of": "mine"}),
        ("<$.messageId> of <aws.pipes.pipe-name>", '"m-1" of "mine"'),
        ("<aws.pipes.event>", RECORD),
        ('{"quoted": "\\"<$.body.sample>\\""}', {"quoted": '"a7"'}),
    ],
)
def test_an_input_template_writes_the_event(template: str | None, expected: Any) -> None:
    assert transformed(RECORD, template, {"aws.pipes.pipe-name": "mine"}) == expected


def test_paths_among_parameters_stand_for_the_event() -> None:
    given = {"JobName": "x", "Parameters": {"s": "$.body.sample"}, "List": ["$.messageId", 1]}

    assert dynamic(given, RECORD) == {
        "JobName": "x",
        "Parameters": {"s": "a7"},
        "List": ["m-1", 1],
    }


@pytest.mark.local_aws
def test_messages_that_a_filter_lets_through_become_jobs(
    local_aws: LocalAws, new_stack: Callable[[], cdk.Stack]
) -> None:
    stack = new_stack()
    environment = FargateComputeEnvironment(
        stack, "Fargate", vpc=ec2.Vpc(stack, "Vpc", nat_gateways=1)
    )
    queue = JobQueue(stack, "Queue", compute_environments=[environment])
    definition = FargateJobDefinition(
        stack,
        "Definition",
        image="busybox",
        vcpus=1,
        memory=cdk.Size.gibibytes(2),
        command=["echo", "Ref::sample"],
        parameters={"sample": "none"},
    )
    source = sqs.Queue(stack, "Source")
    role = iam.Role(stack, "Role", assumed_by=iam.ServicePrincipal("pipes.amazonaws.com"))
    source.grant_consume_messages(role)
    queue.grant_submit(role, definition)
    wanted = {"Pattern": json.dumps({"body": {"kind": ["run"]}})}
    job = {
        "JobDefinition": definition.job_definition_arn,
        "JobName": "piped",
        "Parameters": {"sample": "$.body.sample"},
    }
    cdk.CfnResource(
        stack,
        "Pipe",
        type="AWS::Pipes::Pipe",
        properties={
            "RoleArn": role.role_arn,
            "Source": source.queue_arn,
            "SourceParameters": {
                "FilterCriteria": {"Filters": [wanted]},
                "SqsQueueParameters": {"BatchSize": 1},
            },
            "Target": queue.job_queue_arn,
            "TargetParameters": {"BatchJobParameters": job},
        },
    )
    cdk.CfnOutput(stack, "SourceUrl", value=source.queue_url)
    cdk.CfnOutput(stack, "QueueArn", value=queue.job_queue_arn)
    out = local_aws.deploy(stack).outputs
    messages, batch = local_aws.client("sqs"), local_aws.client("batch")

    for body in ({"kind": "other"}, {"kind": "run", "sample": "a7"}):
        messages.send_message(QueueUrl=out["SourceUrl"], MessageBody=json.dumps(body))

    named = [{"name": "JOB_NAME", "values": ["piped"]}]
    deadline = time.monotonic() + 60
    found: list[Any] = []
    while not (found and left(messages, out["SourceUrl"]) == 0) and time.monotonic() < deadline:
        listed = batch.list_jobs(jobQueue=out["QueueArn"], filters=named)
        found = listed["jobSummaryList"]
        time.sleep(0.1)
    finished = local_aws.wait_for_job(found[0]["jobId"])
    assert len(found) == 1
    assert local_aws.job_output(finished) == ["a7"]


def left(messages: Any, url: str) -> int:
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    found = messages.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
    return sum(map(int, found.values()))


TARGETS = {
    "sqs": ("sqs:SendMessage", {"InputTemplate": '{"s": <$.body.s>}'}),
    "sns": ("sns:Publish", {}),
    "events": ("events:PutEvents", {"EventBridgeEventBusParameters": {"Source": "of.a.pipe"}}),
    "lambda": ("lambda:InvokeFunction", {}),
    "states": ("states:StartExecution", {}),
}
TO_READ = ("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes")


@pytest.mark.local_aws
@pytest.mark.parametrize("service", TARGETS)
@pytest.mark.parametrize("rights", ["", "to deliver"])
def test_a_pipe_hands_messages_on_where_its_role_may(
    wiring: Wiring, service: str, rights: str
) -> None:
    right, parameters = TARGETS[service]
    url, arn = wiring.queue("source")
    granted = (*TO_READ, right) if rights else TO_READ
    wiring.client("sqs").send_message(QueueUrl=url, MessageBody='{"s": 1}')

    wiring.client("pipes").create_pipe(
        Name=wiring.named("pipe"),
        RoleArn=wiring.role("pipes", *granted),
        Source=arn,
        Target=target(wiring, service),
        TargetParameters=parameters,
    )

    deadline = time.monotonic() + (60 if rights else 3)
    while left(wiring.client("sqs"), url) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert left(wiring.client("sqs"), url) == int(not rights)


def target(wiring: Wiring, service: str) -> str:
    if service == "sqs":
        return wiring.queue("target")[1]
    if service == "sns":
        return str(wiring.client("sns").create_topic(Name=wiring.named("topic"))["TopicArn"])
    if service == "events":
        return str(
            wiring.client("events").create_event_bus(Name=wiring.named("bus"))["EventBusArn"]
        )
    if service == "lambda":
        return wiring.function(wiring.role("lambda"))
    definition = {"StartAt": "A", "States": {"A": {"Type": "Pass", "End": True}}}
    made = wiring.client("stepfunctions").create_state_machine(
        name=wiring.named("machine"),
        roleArn=wiring.role("states"),
        definition=json.dumps(definition),
    )
    return str(made["stateMachineArn"])


@pytest.mark.local_aws
def test_an_enrichment_makes_of_a_message_what_its_function_returns(wiring: Wiring) -> None:
    url, arn = wiring.queue("source")
    target_url, target_arn = wiring.queue("target")
    code = "def handler(event, context):\n    return [{'was': one['body']} for one in event]\n"
    wiring.client("sqs").send_message(QueueUrl=url, MessageBody="hello")

    wiring.client("pipes").create_pipe(
        Name=wiring.named("pipe"),
        RoleArn=wiring.role("pipes", *TO_READ, "lambda:InvokeFunction", "sqs:SendMessage"),
        Source=arn,
        Target=target_arn,
        Enrichment=wiring.function(wiring.role("lambda"), code),
    )

    [message] = wiring.received(target_url, 20)
    assert json.loads(message["Body"]) == {"was": "hello"}


@pytest.mark.local_aws
def test_a_stopped_pipe_leaves_its_messages(wiring: Wiring) -> None:
    url, arn = wiring.queue("source")
    wiring.client("sqs").send_message(QueueUrl=url, MessageBody="hello")

    wiring.client("pipes").create_pipe(
        Name=wiring.named("pipe"),
        RoleArn=wiring.role("pipes", *TO_READ, "sqs:SendMessage"),
        Source=arn,
        Target=wiring.queue("target")[1],
        DesiredState="STOPPED",
    )

    time.sleep(2)
    assert left(wiring.client("sqs"), url) == 1


FAILS = "def handler(event, context):\n    return 1 / 0\n"
ELSEWHERE = "arn:aws:kinesis:us-east-1:123456789012:stream/any"
MACHINE = "arn:aws:states:us-east-1:123456789012:stateMachine:any"


@pytest.mark.local_aws
@pytest.mark.parametrize(
    ("target", "enrichment"), [(FAILS, None), (ELSEWHERE, None), (None, MACHINE)]
)
def test_what_fails_or_is_not_played_leaves_its_messages(
    wiring: Wiring, target: str | None, enrichment: str | None
) -> None:
    url, arn = wiring.queue("source")
    target_url, target_arn = wiring.queue("target")
    wiring.client("sqs").send_message(QueueUrl=url, MessageBody="hello")
    if target == FAILS:
        target = wiring.function(wiring.role("lambda"), FAILS)

    wiring.client("pipes").create_pipe(
        Name=wiring.named("pipe"),
        RoleArn=wiring.role("pipes", *TO_READ, "lambda:InvokeFunction", "sqs:SendMessage"),
        Source=arn,
        Target=target_arn if target is None else target,
        **({} if enrichment is None else {"Enrichment": enrichment}),
    )

    time.sleep(3)
    assert left(wiring.client("sqs"), url) == 1
    assert left(wiring.client("sqs"), target_url) == 0


@pytest.mark.parametrize(
    ("target", "enrichment", "problem"),
    [
        (ELSEWHERE, "", f"a pipe to {ELSEWHERE} is not played here"),
        (ELSEWHERE, MACHINE, f"an enrichment by {MACHINE} is not played here"),
    ],
)
def test_what_is_not_played_is_told(target: str, enrichment: str, problem: str) -> None:
    roles = MagicMock()
    message = {"MessageId": "1", "ReceiptHandle": "2", "Body": "x", "MD5OfBody": "3"}
    roles.client.return_value.receive_message.return_value = {"Messages": [message]}
    pipe = {
        "Arn": "arn:aws:pipes:us-east-1:123456789012:pipe/any",
        "Name": "any",
        "RoleArn": "arn:aws:iam::123456789012:role/any",
        "Source": "arn:aws:sqs:us-east-1:123456789012:any",
        "Target": target,
        "Enrichment": enrichment,
    }

    assert Run(pipe, roles).problem() == problem


@pytest.mark.local_aws
def test_nothing_is_called_for_messages_that_a_filter_leaves_out(wiring: Wiring) -> None:
    url, arn = wiring.queue("source")
    wiring.client("sqs").send_message(QueueUrl=url, MessageBody='{"kind": "other"}')
    wanted = {"Pattern": json.dumps({"body": {"kind": ["run"]}})}

    wiring.client("pipes").create_pipe(
        Name=wiring.named("pipe"),
        RoleArn=wiring.role("pipes", *TO_READ, "lambda:InvokeFunction"),
        Source=arn,
        SourceParameters={"FilterCriteria": {"Filters": [wanted]}},
        Target=wiring.function(wiring.role("lambda"), FAILS),
    )

    deadline = time.monotonic() + 60
    while left(wiring.client("sqs"), url) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert left(wiring.client("sqs"), url) == 0


@pytest.mark.local_aws
def test_a_stack_s_pipe_changes_with_its_template(
    local_aws: LocalAws, new_stack: Callable[[], cdk.Stack], wiring: Wiring
) -> None:
    url, arn = wiring.queue("source")
    target_url, target_arn = wiring.queue("target")
    role = wiring.role("pipes", *TO_READ, "sqs:SendMessage")

    def handed_on(parameters: dict[str, str] | None) -> str:
        stack = new_stack()
        more = {} if parameters is None else {"TargetParameters": parameters}
        known = {"RoleArn": role, "Source": arn, "Target": target_arn}
        properties = {"Name": wiring.named("pipe"), **known, **more}
        cdk.CfnResource(stack, "Pipe", type="AWS::Pipes::Pipe", properties=properties)
        local_aws.deploy(stack)
        wiring.client("sqs").send_message(QueueUrl=url, MessageBody="hello")
        [message] = wiring.received(target_url, 20)
        return str(message["Body"])

    assert handed_on({"InputTemplate": '"first"'}) == '"first"'
    assert handed_on({"InputTemplate": '"second"'}) == '"second"'
    assert json.loads(handed_on(None))["body"] == "hello"
