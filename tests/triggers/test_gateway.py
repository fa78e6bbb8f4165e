"""The gateway's resources; its function's behaviour is tested in tests/functions."""

from __future__ import annotations

import json
import subprocess
import sys
from bisect import bisect_right
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

import pytest
from aws_cdk import App, Duration, Fn, Stack
from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sns as sns

from batch_constructs import (
    Admission,
    AlertTopic,
    FunctionSettings,
    SubmissionGateway,
    SubmissionMode,
    SubmissionOverrides,
    SubmitFunction,
)
from batch_constructs.aws.submit_job import SUBMISSIONS_PER_SECOND
from batch_constructs.functions.claims.lease import LONGEST_SECONDS
from batch_constructs.functions.claims.remembered import MOST, most_bytes
from batch_constructs.triggers.exponential_pattern import is_exponential
from batch_constructs.triggers.submit_function import MOST_BYTES_TOLD
from tests.triggers.conftest import DEFINITION, JOBS, QUEUE, joined, only, resources

if TYPE_CHECKING:
    from pathlib import Path


def gateway(stack: Stack, queue: Any, definition: Any, **more: Any) -> SubmissionGateway:
    return SubmissionGateway(stack, "Mail", queue=queue, job_definition=definition, **more)


def handler(stack: Stack, name: str = "submission.index.handler") -> dict[str, Any]:
    (found,) = [
        each
        for each in resources(stack, "AWS::Lambda::Function").values()
        if each.get("Handler") == name
    ]
    return found


def variables(stack: Stack) -> dict[str, Any]:
    found: dict[str, Any] = handler(stack)["Environment"]["Variables"]
    return found


def statements(stack: Stack) -> list[dict[str, Any]]:
    """The function's permissions, with references flattened."""
    for role in resources(stack, "AWS::IAM::Role").values():
        if role.get("Description") == "Turns messages into AWS Batch jobs":
            found = role["Policies"][0]["PolicyDocument"]["Statement"]
            return [
                {
                    **each,
                    "Resource": [joined(r) for r in each["Resource"]]
                    if isinstance(each["Resource"], list)
                    else joined(each["Resource"]),
                }
                for each in found
            ]
    raise AssertionError


def ids(stack: Stack, kind: str) -> dict[str, str]:
    """Short name → logical ID, by what follows the gateway's ID."""
    return {name.removeprefix("Mail")[:-8]: name for name in resources(stack, kind)}


def test_the_function_may_do_exactly_this(stack: Stack, queue: Any, definition: Any) -> None:
    gateway(stack, queue, definition)

    queues = ids(stack, "AWS::SQS::Queue")
    (ledger,) = ids(stack, "AWS::DynamoDB::Table").values()
    logs, *rest = statements(stack)
    assert logs["Action"] == ["logs:CreateLogStream", "logs:PutLogEvents"]
    assert rest == [
        {
            "Effect": "Allow",
            "Action": "batch:SubmitJob",
            "Resource": [QUEUE, DEFINITION, f"{DEFINITION}:*", JOBS],
        },
        {"Effect": "Allow", "Action": "batch:ListJobs", "Resource": "*"},
        {
            "Effect": "Allow",
            "Action": ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"],
            "Resource": f"<{queues['SourceQueue']}.Arn>",
        },
        {
            "Effect": "Allow",
            "Action": "sqs:SendMessage",
            "Resource": f"<{queues['DeadLetterQueue']}.Arn>",
        },
        {
            "Effect": "Allow",
            "Action": [
                "dynamodb:GetItem",
                "dynamodb:PutItem",
                "dynamodb:Query",
                "dynamodb:UpdateItem",
            ],
            "Resource": f"<{ledger}.Arn>",
        },
    ]
    assert resources(stack, "AWS::IAM::Policy") == {}


@pytest.mark.parametrize(
    ("more", "tags"),
    [
        ({}, False),
        ({"allow": ["command"]}, False),
        ({"allow": ["tags"]}, True),
        ({"overrides": SubmissionOverrides(tags={"team": "a"})}, True),
    ],
)
def test_jobs_are_tagged_only_where_messages_or_the_gateway_have_tags(
    more: dict[str, Any], *, tags: bool, stack: Stack, queue: Any, definition: Any
) -> None:
    gateway(stack, queue, definition, **more)

    allowed = {str(each["Action"]): each["Resource"] for each in statements(stack)}
    assert allowed.get("batch:TagResource") == (JOBS if tags else None)


def test_arrays_need_manifests_and_no_tags(stack: Stack, queue: Any, definition: Any) -> None:
    gateway(stack, queue, definition, mode=SubmissionMode.COALESCE)

    (bucket,) = ids(stack, "AWS::S3::Bucket").values()
    actions = {str(each["Action"]): each["Resource"] for each in statements(stack)}
    assert actions["s3:PutObject"] == f"<{bucket}.Arn>/manifests/*"
    assert "batch:TagResource" not in actions
    assert variables(stack)["MANIFEST_BUCKET"] == {"Ref": bucket}


def test_messages_are_gathered_paced_and_partly_returned(
    stack: Stack, queue: Any, definition: Any
) -> None:
    gateway(stack, queue, definition, max_submissions_per_second=10)

    mapping = only(stack, "AWS::Lambda::EventSourceMapping")
    del mapping["EventSourceArn"], mapping["FunctionName"]
    assert mapping == {
        "BatchSize": 150,
        "MaximumBatchingWindowInSeconds": 1,
        "FunctionResponseTypes": ["ReportBatchItemFailures"],
        "ScalingConfig": {"MaximumConcurrency": 2},
    }
    assert variables(stack)["SUBMISSIONS_PER_SECOND"] == "5"


def test_coalescing_takes_ten_thousand_messages_at_a_time(
    stack: Stack, queue: Any, definition: Any
) -> None:
    gateway(stack, queue, definition, mode="coalesce", max_batching_window=Duration.seconds(120))

    mapping = only(stack, "AWS::Lambda::EventSourceMapping")
    assert (mapping["BatchSize"], mapping["MaximumBatchingWindowInSeconds"]) == (10_000, 120)


def test_a_message_stays_hidden_six_times_as_long_as_the_function_may_run(
    stack: Stack, queue: Any, definition: Any
) -> None:
    gateway(stack, queue, definition, max_receive_count=4)

    queues = ids(stack, "AWS::SQS::Queue")
    source = resources(stack, "AWS::SQS::Queue")[queues["SourceQueue"]]
    assert source["VisibilityTimeout"] == 6 * handler(stack)["Timeout"] + 1
    assert source["RedrivePolicy"] == {
        "deadLetterTargetArn": {"Fn::GetAtt": [queues["DeadLetterQueue"], "Arn"]},
        "maxReceiveCount": 9,
    }
    assert variables(stack)["MAX_RECEIVES"] == "4"


def test_everything_is_encrypted_and_spoken_to_over_tls(
    stack: Stack, queue: Any, definition: Any
) -> None:
    gateway(stack, queue, definition, mode="coalesce")

    for each in resources(stack, "AWS::SQS::Queue").values():
        assert each["SqsManagedSseEnabled"] is True
    bucket = only(stack, "AWS::S3::Bucket")
    (rule,) = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert rule["ServerSideEncryptionByDefault"] == {"SSEAlgorithm": "AES256"}
    assert all(bucket["PublicAccessBlockConfiguration"].values())
    policies = [
        *resources(stack, "AWS::SQS::QueuePolicy").values(),
        *resources(stack, "AWS::S3::BucketPolicy").values(),
    ]
    assert len(policies) == 3
    for policy in policies:
        deny = policy["PolicyDocument"]["Statement"][0]
        assert (deny["Effect"], deny["Condition"]) == (
            "Deny",
            {"Bool": {"aws:SecureTransport": "false"}},
        )


def test_a_key_of_one_s_own_encrypts_everything(stack: Stack, queue: Any, definition: Any) -> None:
    key = kms.Key(stack, "Key")

    gateway(stack, queue, definition, mode="coalesce", encryption_key=key)

    (key_id,) = resources(stack, "AWS::KMS::Key")
    arn = {"Fn::GetAtt": [key_id, "Arn"]}
    for each in resources(stack, "AWS::SQS::Queue").values():
        assert each["KmsMasterKeyId"] == arn
    table = only(stack, "AWS::DynamoDB::Table")
    assert table["SSESpecification"]["KMSMasterKeyId"] == arn
    allowed = only(stack, "AWS::IAM::Policy")["PolicyDocument"]["Statement"]
    assert any(each["Resource"] == arn and "kms:Decrypt" in each["Action"] for each in allowed)


def test_an_alarm_tells_of_dead_letters(stack: Stack, queue: Any, definition: Any) -> None:
    topic = sns.Topic(stack, "Topic")

    gateway(stack, queue, definition, alarm_topic=topic)

    (alarm,) = [
        one
        for name, one in resources(stack, "AWS::CloudWatch::Alarm").items()
        if "DeadLetter" in name
    ]
    letters = ids(stack, "AWS::SQS::Queue")["DeadLetterQueue"]
    (topic_id,) = resources(stack, "AWS::SNS::Topic")
    assert alarm["Namespace"] == "AWS/SQS"
    assert alarm["MetricName"] == "ApproximateNumberOfMessagesVisible"
    assert alarm["Dimensions"] == [
        {"Name": "QueueName", "Value": {"Fn::GetAtt": [letters, "QueueName"]}}
    ]
    assert (alarm["Threshold"], alarm["ComparisonOperator"]) == (
        1,
        "GreaterThanOrEqualToThreshold",
    )
    assert alarm["TreatMissingData"] == "notBreaching"
    assert alarm["AlarmActions"] == [{"Ref": topic_id}]


def test_a_topic_s_messages_arrive_as_they_were_published(
    stack: Stack, queue: Any, definition: Any
) -> None:
    gateway(stack, queue, definition).add_topic(sns.Topic(stack, "Topic"))

    subscription = only(stack, "AWS::SNS::Subscription")
    source = ids(stack, "AWS::SQS::Queue")["SourceQueue"]
    assert subscription["Protocol"] == "sqs"
    assert subscription["RawMessageDelivery"] is True
    assert subscription["Endpoint"] == {"Fn::GetAtt": [source, "Arn"]}


@pytest.mark.parametrize(
    ("key", "warned"),
    [("$.detail.object.key", True), ("$.detail.object.sequencer", False), ("$.id", False)],
)
def test_an_object_s_key_as_the_key_of_messages_is_warned_of(
    key: str, stack: Stack, queue: Any, definition: Any, *, warned: bool
) -> None:
    made = gateway(stack, queue, definition, idempotency_key=key)

    made.add_bucket("OnPhoto", s3.Bucket.from_bucket_name(stack, "Bucket", "photos"))

    said = [one.data for one in made.node.metadata if one.type == "aws:cdk:warning"]
    assert any("a corrected file" in str(one) for one in said) is warned


def test_a_bucket_s_objects_arrive_through_event_bridge(
    stack: Stack, queue: Any, definition: Any
) -> None:
    made = gateway(stack, queue, definition, parameters={"key": "$.detail.object.key"})
    bucket = s3.Bucket.from_bucket_name(stack, "Bucket", "photos")

    made.add_bucket("OnPhoto", bucket, suffix=".jpg")

    rule = only(stack, "AWS::Events::Rule")
    queues = ids(stack, "AWS::SQS::Queue")
    assert rule["EventPattern"]["detail"] == {
        "bucket": {"name": ["photos"]},
        "object": {"key": [{"suffix": ".jpg"}]},
    }
    assert rule["Targets"] == [
        {
            "Id": "Queue",
            "Arn": {"Fn::GetAtt": [queues["SourceQueue"], "Arn"]},
            "DeadLetterConfig": {"Arn": {"Fn::GetAtt": [queues["DeadLetterQueue"], "Arn"]}},
        }
    ]
    assert json.loads(variables(stack)["PARAMETERS"]) == {"key": "$.detail.object.key"}


def test_a_fifo_gateway_keeps_order(stack: Stack, queue: Any, definition: Any) -> None:
    made = gateway(stack, queue, definition, fifo=True)

    assert all(each["FifoQueue"] for each in resources(stack, "AWS::SQS::Queue").values())
    mapping = only(stack, "AWS::Lambda::EventSourceMapping")
    assert mapping["BatchSize"] == 10
    assert "MaximumBatchingWindowInSeconds" not in mapping
    assert variables(stack)["FIFO"] == "true"
    with pytest.raises(ValueError, match="a FIFO gateway accepts no events of buckets"):
        made.add_bucket("B", s3.Bucket.from_bucket_name(stack, "Bucket", "photos"))


def test_a_definition_of_ours_may_read_the_messages(stack: Stack, queue: Any) -> None:
    from aws_cdk import Size

    from batch_constructs import FargateJobDefinition

    job = FargateJobDefinition(
        stack, "Job", image="public.ecr.aws/x/y", vcpus=1, memory=Size.gibibytes(2)
    )

    gateway(stack, queue, job, mode="coalesce")

    (bucket,) = ids(stack, "AWS::S3::Bucket").values()
    policies = resources(stack, "AWS::IAM::Policy")
    (policy,) = [each for name, each in policies.items() if name.startswith("JobJobRole")]
    (read,) = policy["PolicyDocument"]["Statement"]
    assert read["Action"] == "s3:GetObject"
    assert joined(read["Resource"]) == f"<{bucket}.Arn>/manifests/*"


def test_there_is_nothing_to_fetch_with_a_job_a_message(
    stack: Stack, queue: Any, definition: Any
) -> None:
    made = gateway(stack, queue, definition)

    with pytest.raises(ValueError, match="there is nothing to fetch"):
        made.grant_read_messages(made.function)


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"mode": "both"}, 'mode is "both"; allowed: JOB_PER_MESSAGE or COALESCE'),
        ({"mode": "coalesce", "fifo": True}, "the children of an array have no order"),
        ({"mode": "coalesce", "parameters": {"a": "$.a"}}, "each child fetches its whole message"),
        ({"max_submissions_per_second": 0.019}, "allowed: numbers from 0.02 to 50"),
        ({"max_submissions_per_second": 51}, "allowed: numbers from 0.02 to 50"),
        (
            {"parameters": {"a": "key"}},
            r"parameters\[\"a\"\] is no field of the JSON body; allowed:",
        ),
        (
            {"schema": {"properties": {"type": {"type": "objekt"}}}},
            r'schema\["properties"\]\["type"\]\["type"\] is "objekt"; allowed: array, .*object',
        ),
        (
            {"schema": {"anyOf": [{"type": "object"}, {"pattern": "("}]}},
            r'schema\["anyOf"\]\[1\]\["pattern"\] is "\("; allowed: regular expressions',
        ),
        ({"schema": {"minLength": []}}, "schema is not a JSON schema: .*; allowed: what draft 7"),
        ({"schema": {"const": {1, 2}}}, "schema is not a JSON schema"),
        (
            {"schema": {"properties": {"a": {"const": "{{resolve:secretsmanager:db}}"}}}},
            "schema contains a reference to a secret",
        ),
        ({"schema": {"minLength": -1.888154589709e289}}, "schema contains a value that only Clo"),
        ({"schema": {"required": ["${Token[A.1]}"]}}, "schema contains a value that only Cloud"),
        ({"schema": {"items": [{"$ref": "http://nowhere.invalid/a"}]}}, "schema refers to http:"),
        (
            {"schema": {"$schema": "https://json-schema.org/draft/2020-12/schema"}},
            "allowed: drafts 4, 6 and 7",
        ),
        (
            {"schema": {"items": {"pattern": "^(a+)+$"}}},
            r"pattern \"\^\(a\+\)\+\$\", which can match",
        ),
        ({"parameters": {"x" * 2500: "$.a"}}, "parameters are 251"),
        ({"max_messages_per_hour": 5}, "max_messages_per_hour is given with mode JOB_PER_MESSAGE"),
        (
            {
                "mode": "coalesce",
                "max_messages_per_hour": 50_000_000,
                "deduplication_window": Duration.hours(24),
            },
            "messages to remember; allowed: 40000000",
        ),
        (
            {"deduplication_window": Duration.minutes(5)},
            "allowed: 3600 to 86400 seconds",
        ),
        (
            {"max_batching_window": Duration.minutes(6)},
            "is 6 minutes .360 seconds.; allowed: 1 to 300 seconds",
        ),
        (
            {"fifo": True, "max_batching_window": Duration.seconds(5)},
            "has no batching window for FIFO",
        ),
        ({"max_receive_count": 996}, "allowed: whole numbers from 2 to 995"),
        ({"max_submissions_per_second": 51}, "is 51; allowed: numbers from 0.02 to 50"),
        ({"max_receive_count": 1}, "allowed: whole numbers from 2 to 995"),
    ],
)
def test_what_cannot_work_is_refused(
    stack: Stack, queue: Any, definition: Any, options: dict[str, Any], problem: str
) -> None:
    with pytest.raises(ValueError, match=problem):
        gateway(stack, queue, definition, **options)


@pytest.mark.parametrize(
    "options",
    [
        {"max_submissions_per_second": SUBMISSIONS_PER_SECOND},
        {"max_submissions_per_second": 0.02},
        {"max_receive_count": 995},
        {"parameters": {"x" * (MOST_BYTES_TOLD - len('[{"":"$.a"}]')): "$.a"}},
    ],
)
def test_as_much_as_is_allowed_is_taken(
    stack: Stack, queue: Any, definition: Any, options: dict[str, Any]
) -> None:
    assert gateway(stack, queue, definition, **options) is not None


@pytest.mark.parametrize("more", [0, 1])
def test_a_function_remembers_what_it_can_read_as_it_starts(
    stack: Stack, queue: Any, definition: Any, more: int
) -> None:
    window = 3600 + LONGEST_SECONDS
    most = bisect_right(range(1_000_000_000), MOST, key=lambda n: int(n * window / 3600)) - 1

    def make() -> None:
        gateway(
            stack,
            queue,
            definition,
            mode="coalesce",
            max_messages_per_hour=most + more,
            deduplication_window=Duration.hours(1),
        )

    if more:
        with pytest.raises(ValueError, match="messages to remember; allowed: 40000000, which"):
            make()
        return
    make()
    needed = 512 + -(-most_bytes(int(most * window / 3600)) // 2**20)
    assert handler(stack)["MemorySize"] == needed


def test_a_queue_with_a_policy_may_get_its_shares_from_the_messages(
    stack: Stack, shared: Any, definition: Any
) -> None:
    gateway(stack, shared, definition, allow=["share_identifier"])
    with pytest.raises(ValueError, match="share_identifier is left out"):
        SubmissionGateway(stack, "Arrays", queue=shared, job_definition=definition, mode="coalesce")
    with pytest.raises(ValueError, match="share_identifier is left out"):
        SubmissionGateway(stack, "Fixed", queue=shared, job_definition=definition)


def test_a_value_where_a_field_of_the_body_belongs_is_not_shown(
    stack: Stack, queue: Any, definition: Any
) -> None:
    with pytest.raises(ValueError, match="is no field of the JSON body; allowed:") as refused:
        gateway(stack, queue, definition, parameters={"password": "hunter2"})

    assert "hunter2" not in str(refused.value)


@pytest.mark.parametrize(
    ("allow", "told"),
    [
        (None, None),
        ([], None),
        (["command"], "command"),
        ([Admission.VCPUS, "ARRAY_SIZE"], "array_size,vcpus"),
    ],
)
def test_what_messages_may_set_is_told_to_the_function(
    allow: Any, told: str | None, stack: Stack, queue: Any, definition: Any
) -> None:
    gateway(stack, queue, definition, allow=allow)
    submit = SubmitFunction(stack, "Submit", queue=queue, job_definition=definition, allow=allow)

    assert submit.function.node.path == "Stack/Submit/Function/Handler"
    functions = resources(stack, "AWS::Lambda::Function").values()
    found = [one["Environment"]["Variables"].get("ALLOW") for one in functions]
    assert found == [told, told]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"allow": ["job_queue"]}, r"allow\[0\] is \"job_queue\"; allowed: array_size, command"),
        ({"allow": ["tags"], "parameters": {"a": "$.a"}}, "allow is given with parameters"),
        ({"allow": ["tags"], "mode": "COALESCE"}, "allow is given with parameters or mode"),
    ],
)
def test_what_messages_cannot_set_is_not_admitted(
    options: dict[str, Any], message: str, stack: Stack, queue: Any, definition: Any
) -> None:
    with pytest.raises(ValueError, match=message):
        gateway(stack, queue, definition, **options)


def test_the_shipped_code_runs_alone_with_its_schema_as_code(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No Docker and no network at synth; the asset holds all the function imports but boto3."""
    monkeypatch.chdir(tmp_path)
    app = App(outdir=str(tmp_path / "out"))
    stack = Stack(app, "Stack")
    from batch_constructs import JobDefinition, JobQueue

    gateway(
        stack,
        JobQueue.from_job_queue_arn(stack, "Queue", QUEUE),
        JobDefinition.from_job_definition_arn(stack, "Definition", DEFINITION),
        schema={"type": "object", "required": ["a"], "properties": {"a": {"pattern": "^b+$"}}},
    )
    app.synth()
    (asset,) = [
        each for each in (tmp_path / "out").glob("asset.*") if (each / "submission").is_dir()
    ]
    assert sorted(each.name for each in asset.iterdir()) == [
        "batch_constructs",
        "message_schema.py",
        "submission",
    ]
    assert "fastjsonschema" not in (asset / "message_schema.py").read_text()

    code = (
        "import sys; sys.path.insert(0, '.');"
        "import submission.index, submission.rescue, message_schema, batch_constructs\n"
        "print(batch_constructs.__file__)\n"
        "print(message_schema.validate({'a': 'bb'}))\n"
        "for bad in ({}, {'a': 'c'}, []):\n"
        "    try: message_schema.validate(bad)\n"
        "    except ValueError as error: print(error)"
    )
    loaded = subprocess.run(
        [sys.executable, "-c", code],
        cwd=asset,
        capture_output=True,
        text=True,
        check=True,
    )

    assert loaded.stdout.splitlines() == [
        str(asset / "batch_constructs/__init__.py"),
        "{'a': 'bb'}",
        "data must contain ['a'] properties",
        "data.a must match pattern ^b+$",
        "data must be object",
    ]


@pytest.mark.parametrize(
    ("pattern", "bad"),
    [
        ("^(a+)+$", True),
        ("^(?:a*)*$", True),
        (r"^((\w+\s?)*)$", True),
        ("(x|(a+)*)+", True),
        ("^(a+b?)+$", True),
        ("^([a-z]([-_]?)+)+$", True),
        (r"^(\w(\s?)+)*$", True),
        ("^(?:a(?:b?){2,})*$", True),
        ("^(?:a(?:(?=a))+)*$", True),
        ("^(?:[a-z]+(?:-+)?,)+$", False),
        ("^a+b+$", False),
        ("^([a-z]+,)*[a-z]+$", False),
        (r"^(\d{1,3}\.){3}\d{1,3}$", False),
        ("^(ab|cd)+$", False),
        ("^(?=x)[a-z]{3,60}$", False),
    ],
)
def test_a_pattern_that_repeats_what_repeats_is_known(
    pattern: str,
    bad: bool,  # noqa: FBT001 - a case
) -> None:
    assert is_exponential(pattern) is bad


@pytest.mark.parametrize(
    ("options", "most", "memory"),
    [
        ({}, None, 1024),
        ({"mode": "coalesce"}, "6279166", 1024),
        ({"mode": "coalesce", "max_messages_per_hour": 6_000_000}, "37675000", 1323),
    ],
)
def test_the_function_has_the_memory_that_the_window_takes(
    stack: Stack,
    queue: Any,
    definition: Any,
    options: dict[str, Any],
    most: str | None,
    memory: int,
) -> None:
    gateway(stack, queue, definition, **options)

    found = handler(stack, "submission.index.handler")
    assert found["Environment"]["Variables"].get("MOST_REMEMBERED") == most
    assert found["MemorySize"] == memory


def test_a_submit_function_is_ready_to_be_called(stack: Stack, queue: Any, definition: Any) -> None:
    SubmitFunction(
        stack,
        "Submit",
        queue=queue,
        job_definition=definition,
        share_identifier="blue",
        scheduling_priority=3,
    )

    found = handler(stack, "submission.submit.handler")
    assert found["Environment"]["Variables"] == {
        "CLAIMS_TABLE": {"Ref": "SubmitClaimsF48DF9A0"},
        "JOB_QUEUE": QUEUE,
        "JOB_DEFINITION": f"{DEFINITION}:3",
        "NAME_PREFIX": "Submit",
        "SHARE_IDENTIFIER": "blue",
        "SCHEDULING_PRIORITY": "3",
    }
    role = only(stack, "AWS::IAM::Role")
    actions = [each["Action"] for each in role["Policies"][0]["PolicyDocument"]["Statement"]]
    assert actions == [
        ["logs:CreateLogStream", "logs:PutLogEvents"],
        "batch:SubmitJob",
        "batch:TagResource",
        ["batch:DescribeJobs", "batch:ListJobs"],
        ["dynamodb:GetItem", "dynamodb:UpdateItem"],
    ]


def test_the_alarm_of_a_gateway_tells_an_alert_topic(
    stack: Stack, queue: Any, definition: Any
) -> None:
    topic = AlertTopic(stack, "Alerts")

    gateway(stack, queue, definition, alarm_topic=topic)

    alarms = resources(stack, "AWS::CloudWatch::Alarm")
    assert len(alarms) == 3
    for alarm in alarms.values():
        assert alarm["AlarmActions"] == [stack.resolve(topic.topic_arn)]


def test_a_gateway_refuses_a_topic_that_would_drop_its_alarm(
    stack: Stack, queue: Any, definition: Any
) -> None:
    with pytest.raises(ValueError, match="Mail: alarm_topic is a FIFO topic"):
        gateway(stack, queue, definition, alarm_topic=sns.Topic(stack, "Topic", fifo=True))


def test_event_bridge_may_use_the_key_of_the_queues_it_sends_to(
    stack: Stack, queue: Any, definition: Any
) -> None:
    made = gateway(stack, queue, definition, encryption_key=kms.Key(stack, "Key"))

    for name in ("bucket-a", "bucket-b"):
        made.add_bucket(f"On-{name}", s3.Bucket.from_bucket_name(stack, name, name))

    assert [
        each["Action"]
        for each in only(stack, "AWS::KMS::Key")["KeyPolicy"]["Statement"]
        if each["Principal"] == {"Service": "events.amazonaws.com"}
    ] == [["kms:Decrypt", "kms:GenerateDataKey*"]]


def test_producers_topics_and_buckets_get_what_the_cdk_gives(
    stack: Stack, queue: Any, definition: Any
) -> None:
    made = gateway(stack, queue, definition)

    grant = made.grant_send_messages(iam.User(stack, "Shop"))
    subscription = made.add_topic(sns.Topic(stack, "Topic"))
    rule = made.add_bucket("OnPhoto", s3.Bucket.from_bucket_name(stack, "Bucket", "photos"))

    assert isinstance(grant, iam.Grant)
    assert isinstance(subscription, sns.Subscription)
    assert isinstance(rule, events.Rule)
    (of_user,) = (each for each in resources(stack, "AWS::IAM::Policy").values() if "Users" in each)
    (statement,) = of_user["PolicyDocument"]["Statement"]
    assert "sqs:SendMessage" in statement["Action"]
    assert statement["Resource"] == stack.resolve(made.message_queue.queue_arn)


def test_a_gateway_that_is_not_enabled_lets_messages_wait(
    stack: Stack, queue: Any, definition: Any
) -> None:
    gateway(stack, queue, definition, enabled=False, description="orders of the shop")

    assert only(stack, "AWS::Lambda::EventSourceMapping")["Enabled"] is False
    assert handler(stack)["Description"] == "orders of the shop"


@pytest.mark.parametrize("mode", ["coalesce", "COALESCE", SubmissionMode.COALESCE])
def test_a_mode_is_read_in_any_case(stack: Stack, queue: Any, definition: Any, mode: Any) -> None:
    assert gateway(stack, queue, definition, mode=mode).manifest_bucket is not None


def test_a_topic_a_prefix_and_a_suffix_of_a_wrong_kind_are_said(
    stack: Stack, queue: Any, definition: Any
) -> None:
    mail = gateway(stack, queue, definition)
    wrong: Any = 5

    with pytest.raises(TypeError, match="Stack/Mail: topic is int 5; expected an sns.ITopic"):
        mail.add_topic(wrong)
    with pytest.raises(TypeError, match="Stack/Mail/Files: suffix is int 5; expected a string"):
        mail.add_bucket("Files", s3.Bucket(stack, "Bucket"), prefix="a", suffix=wrong)


def test_a_key_is_used_by_way_of_what_it_encrypts_and_of_nothing_else(
    stack: Stack, queue: Any, definition: Any
) -> None:
    from aws_cdk import aws_kms as kms

    mail = gateway(stack, queue, definition, mode="coalesce", encryption_key=kms.Key(stack, "Key"))
    reader = iam.Role(stack, "Reader", assumed_by=iam.AccountRootPrincipal())
    mail.grant_read_messages(reader)

    documents = [
        document["PolicyDocument"]
        for type_ in ("AWS::IAM::Policy", "AWS::IAM::Role")
        for one in resources(stack, type_).values()
        for document in [*one.get("Policies", ()), *([one] if "PolicyDocument" in one else ())]
    ]
    via = [
        statement["Condition"]["StringEquals"]["kms:ViaService"]
        for document in documents
        for statement in document["Statement"]
        if "kms:Decrypt" in statement["Action"]
    ]
    services = [
        [joined(one).split(".")[0] for one in (some if isinstance(some, list) else [some])]
        for some in via
    ]
    assert sorted(services) == [["dynamodb"], ["s3"], ["s3", "sqs"]]


def test_a_concurrency_below_that_of_the_source_is_refused(
    stack: Stack, queue: Any, definition: Any
) -> None:
    """Lambda would throttle every second batch, which counts as a delivery."""
    gateway(stack, queue, definition, function_settings=FunctionSettings(reserved_concurrency=2))
    with pytest.raises(ValueError, match=r"reserved_concurrency is 1; allowed: 2 or more") as no:
        SubmissionGateway(
            stack,
            "Other",
            queue=queue,
            job_definition=definition,
            function_settings=FunctionSettings(reserved_concurrency=1),
        )
    assert str(no.value).startswith(f"{stack.node.path}/Other: function_settings.")


@pytest.mark.parametrize(
    ("topic", "is_refused"),
    [
        (lambda stack: sns.Topic(stack, "Topic"), True),
        (lambda stack: sns.Topic(stack, "Topic", fifo=True), False),
        (lambda stack: sns.Topic.from_topic_arn(stack, "Topic", TOPIC), True),
        (lambda stack: sns.Topic.from_topic_arn(stack, "Topic", f"{TOPIC}.fifo"), False),
        (lambda stack: sns.Topic.from_topic_arn(stack, "Topic", Fn.import_value("a")), False),
    ],
)
def test_a_fifo_gateway_takes_the_messages_of_fifo_topics_alone(
    stack: Stack,
    queue: Any,
    definition: Any,
    topic: Any,
    is_refused: bool,  # noqa: FBT001 - a case
) -> None:
    made = gateway(stack, queue, definition, fifo=True)
    refused = pytest.raises(ValueError, match="give a FIFO topic, or use a gateway without fifo")

    with refused if is_refused else nullcontext():
        made.add_topic(topic(stack))


TOPIC = "arn:aws:sns:us-east-1:123456789012:orders"
