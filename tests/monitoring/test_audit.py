"""AuditTrail: which calls are kept, which raise the alarm, and who may read the key."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from aws_cdk import Duration
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms

from batch_constructs import AlertTopic, AuditTrail, ComputeEnvironment, JobQueue
from batch_constructs.aws.event_pattern import length, wrong
from batch_constructs.aws.quotas import EVENT_PATTERN_CHARACTERS
from batch_constructs.monitoring.audit_trail import changes_pattern
from batch_constructs.monitoring.rule_patterns import patterns_that_fit
from batch_constructs.monitoring.watched_resources import Watched
from tests.monitoring.conftest import Resources, one, plain, queue_in

if TYPE_CHECKING:
    from aws_cdk import Stack

    from batch_constructs.testing.local_aws import LocalAws

Find = Callable[[str], Resources]
NIGHTLY = Watched(
    id="Nightly",
    name="nightly",
    arn="arn:aws:batch:us-east-1:123456789012:job-queue/nightly",
)
SPOT = Watched(
    id="Spot",
    name="spot",
    arn="arn:aws:batch:us-east-1:123456789012:compute-environment/spot",
)
GUARD = "arn:aws:iam::123456789012:role/guard"


def call(name: str, *, role: str | None = None, address: str = "192.0.2.7", **asked: str) -> Any:
    """Write a call as CloudTrail sends it to EventBridge."""
    identity: dict[str, Any] = {"type": "IAMUser", "arn": "arn:aws:iam::123456789012:user/eve"}
    if role is not None:
        identity = {"type": "AssumedRole", "sessionContext": {"sessionIssuer": {"arn": role}}}
    return {
        "version": "0",
        "id": "1",
        "detail-type": "AWS API Call via CloudTrail",
        "source": "aws.batch",
        "account": "123456789012",
        "time": "2026-11-20T10:00:00Z",
        "region": "us-east-1",
        "resources": [],
        "detail": {
            "eventSource": "batch.amazonaws.com",
            "eventName": name,
            "sourceIPAddress": address,
            "userIdentity": identity,
            "requestParameters": asked,
        },
    }


@pytest.fixture
def alarms(local_aws: LocalAws) -> Callable[..., bool]:
    events = local_aws.client("events")

    def ask(pattern: dict[str, Any], event: dict[str, Any]) -> bool:
        answer = events.test_event_pattern(
            EventPattern=json.dumps(pattern), Event=json.dumps(event)
        )
        return bool(answer["Result"])

    return ask


def test_a_change_by_hand_raises_the_alarm_and_a_deployment_does_not(
    alarms: Callable[..., bool],
) -> None:
    pattern = changes_pattern([], [], [])

    assert alarms(pattern, call("UpdateJobQueue", jobQueue="nightly"))
    assert alarms(pattern, call("RegisterJobDefinition", jobDefinitionName="x"))
    assert alarms(pattern, call("DeleteComputeEnvironment", role=GUARD))
    assert not alarms(pattern, call("UpdateJobQueue", address="cloudformation.amazonaws.com"))


@pytest.mark.parametrize("name", ["SubmitJob", "TerminateJob", "CancelJob", "TagResource"])
def test_daily_business_raises_no_alarm(alarms: Callable[..., bool], name: str) -> None:
    assert not alarms(changes_pattern([], [], []), call(name))


def test_a_call_that_was_refused_changes_nothing(alarms: Callable[..., bool]) -> None:
    event = call("UpdateJobQueue")
    event["detail"]["errorCode"] = "AccessDenied"

    assert not alarms(changes_pattern([], [], []), event)


def test_only_the_named_queues_and_environments_raise_the_alarm(
    alarms: Callable[..., bool],
) -> None:
    pattern = changes_pattern([NIGHTLY], [SPOT], [])

    assert alarms(pattern, call("UpdateJobQueue", jobQueue="nightly"))
    assert alarms(pattern, call("UpdateJobQueue", jobQueue=NIGHTLY.arn))
    assert alarms(pattern, call("UpdateComputeEnvironment", computeEnvironment="spot"))
    assert not alarms(pattern, call("UpdateJobQueue", jobQueue="other"))


@pytest.mark.parametrize("queues", [[], [NIGHTLY]])
def test_expected_roles_raise_no_alarm_and_everybody_else_does(
    alarms: Callable[..., bool], queues: list[Watched]
) -> None:
    pattern = changes_pattern(queues, [], [GUARD])

    assert not alarms(pattern, call("UpdateJobQueue", role=GUARD, jobQueue="nightly"))
    assert alarms(pattern, call("UpdateJobQueue", role=GUARD + "2", jobQueue="nightly"))
    assert alarms(pattern, call("UpdateJobQueue", jobQueue="nightly"))


def test_one_alternative_is_no_alternative() -> None:
    both = changes_pattern([NIGHTLY], [SPOT], [])
    pattern = changes_pattern([NIGHTLY], [], [])

    assert len(both["detail"]["$or"]) == 2
    assert "$or" not in pattern["detail"]
    assert pattern["detail"]["requestParameters"] == {"jobQueue": ["nightly", NIGHTLY.arn]}
    assert wrong(both) == wrong(pattern) == []


def watched(number: int, characters: int) -> Watched:
    arn = f"arn:aws:batch:us-east-1:123456789012:job-queue/{'x' * characters}{number}"
    return Watched(id=f"Q{number}", name=f"q{number}", arn=arn)


def test_a_pattern_is_filled_to_its_last_character() -> None:
    def patterns(characters: int) -> list[Any]:
        queues = [watched(number, characters) for number in range(6)]
        return patterns_that_fit(queues, lambda some: changes_pattern(some, [], []))

    room = EVENT_PATTERN_CHARACTERS - length(patterns(0)[0])
    queues = [watched(0, room), *(watched(number, 0) for number in range(1, 6))]
    (full,) = patterns_that_fit(queues, lambda some: changes_pattern(some, [], []))
    queues = [watched(0, room + 1), *queues[1:]]
    first, second = patterns_that_fit(queues, lambda some: changes_pattern(some, [], []))

    assert length(full) == EVENT_PATTERN_CHARACTERS
    assert wrong(full) == wrong(first) == wrong(second) == []
    assert len(first["detail"]["requestParameters"]["jobQueue"]) == 10
    assert second["detail"]["requestParameters"]["jobQueue"] == ["q5", queues[5].arn]


def test_many_queues_have_several_rules_with_an_alarm_each(stack: Stack, resources: Find) -> None:
    queues = [queue_in(stack, f"Q{number}", f"q{number}") for number in range(15)]

    audit = AuditTrail(stack, "Audit", queues=queues, alarm_name="changes")

    alarms = resources("AWS::CloudWatch::Alarm")
    rules = [
        resources("AWS::Events::Rule")[alarm["Dimensions"][0]["Value"]["Ref"]]
        for alarm in alarms.values()
    ]
    named = [rule["EventPattern"]["detail"]["requestParameters"]["jobQueue"] for rule in rules]
    assert [alarm["AlarmName"] for alarm in alarms.values()] == [
        "changes",
        *(f"changes-{number}" for number in range(1, len(alarms))),
    ]
    assert [arn for group in named for arn in group[1::2]] == [
        stack.resolve(queue.job_queue_arn) for queue in queues
    ]
    assert max(map(len, named)) * 200 < EVENT_PATTERN_CHARACTERS
    assert len(audit.alarms) == len(alarms) > 1


def test_more_roles_than_a_pattern_has_room_for_are_refused(stack: Stack) -> None:
    roles = [f"{GUARD}-{number:03}" for number in range(50)]

    with pytest.raises(
        ValueError,
        match=r"Platform/Audit: the event pattern has \d+ characters; allowed: at most 2048: "
        "give fewer expected_roles",
    ):
        AuditTrail(stack, "Audit", expected_roles=roles)


def test_calls_are_kept_encrypted_for_a_year(stack: Stack, resources: Find) -> None:
    AuditTrail(stack, "Audit")

    group = one(resources("AWS::Logs::LogGroup"))
    [key] = resources("AWS::KMS::Key")
    assert group["RetentionInDays"] == 365
    assert group["KmsKeyId"] == {"Fn::GetAtt": [key, "Arn"]}
    admitted = one(resources("AWS::KMS::Key"))["KeyPolicy"]["Statement"][1:]
    assert [plain(entry["Principal"]["Service"]) for entry in admitted] == [
        "logs.AWS::Region.amazonaws.com"
    ]
    assert plain(
        admitted[0]["Condition"]["ArnLike"]["kms:EncryptionContext:aws:logs:arn"]
    ).endswith(":log-group:*")
    assert resources("AWS::CloudTrail::Trail") == {}
    assert len(resources("AWS::Logs::QueryDefinition")) == 2


def test_the_alarm_reads_the_metric_of_its_rule_and_tells_the_topic(
    stack: Stack, queue: JobQueue, environment: ComputeEnvironment, resources: Find
) -> None:
    topic = AlertTopic(stack, "Alerts")

    AuditTrail(
        stack, "Audit", queues=[queue], compute_environments=[environment], alarm_topic=topic
    )

    [alarm] = [
        found
        for name, found in resources("AWS::CloudWatch::Alarm").items()
        if name.startswith("AuditChangesByHand")
    ]
    rules = resources("AWS::Events::Rule")
    changes = rules[alarm["Dimensions"][0]["Value"]["Ref"]]
    [target] = changes["Targets"]
    [letters] = resources("AWS::SQS::Queue")
    assert target["DeadLetterConfig"] == {"Arn": {"Fn::GetAtt": [letters, "Arn"]}}
    [queues, environments] = changes["EventPattern"]["detail"]["$or"]
    assert stack.resolve(queue.job_queue_arn) in queues["requestParameters"]["jobQueue"]
    assert "spot" in environments["requestParameters"]["computeEnvironment"]
    assert alarm["AlarmActions"] == [stack.resolve(topic.topic_arn)]


def test_a_trail_of_its_own_is_encrypted_validated_and_private(
    stack: Stack, resources: Find
) -> None:
    AuditTrail(stack, "Audit", create_trail=True)

    trail = one(resources("AWS::CloudTrail::Trail"))
    bucket = one(resources("AWS::S3::Bucket"))
    [key] = resources("AWS::KMS::Key")
    assert trail["EnableLogFileValidation"] is True
    assert trail["KMSKeyId"] == {"Fn::GetAtt": [key, "Arn"]}
    assert [selector["ReadWriteType"] for selector in trail["EventSelectors"]] == ["WriteOnly"]
    assert bucket["PublicAccessBlockConfiguration"]["BlockPublicPolicy"] is True
    assert bucket["LifecycleConfiguration"]["Rules"][0]["ExpirationInDays"] == 365
    admitted = one(resources("AWS::KMS::Key"))["KeyPolicy"]["Statement"]
    services = [plain(entry["Principal"].get("Service", "")) for entry in admitted]
    assert services.count("cloudtrail.amazonaws.com") == 2


def test_wrong_arguments_are_refused(stack: Stack) -> None:
    wrong: Any = "a year"

    with pytest.raises(TypeError, match="Platform/Audit") as refusal:
        AuditTrail(stack, "Audit", log_retention=wrong, expected_roles=wrong)

    assert 'log_retention is str "a year"' in str(refusal.value)
    assert "expected_roles is str" in str(refusal.value)


def test_files_of_a_trail_are_kept_whole_days(stack: Stack) -> None:
    with pytest.raises(ValueError, match="trail_retention is 3 hours; allowed: whole days"):
        AuditTrail(stack, "Audit", trail_retention=Duration.hours(3), create_trail=True)
    AuditTrail(stack, "Least", trail_retention=Duration.days(1), create_trail=True)


def test_two_trails_in_an_account_have_alarms_of_two_names(stack: Stack, resources: Find) -> None:
    AuditTrail(stack, "Audit")

    assert "AlarmName" not in one(resources("AWS::CloudWatch::Alarm"))


def test_a_role_is_expected_by_itself_or_by_its_arn(stack: Stack, resources: Find) -> None:
    role = iam.Role(stack, "Deployer", assumed_by=iam.ServicePrincipal("ec2.amazonaws.com"))
    other = "arn:aws:iam::123456789012:role/other"

    AuditTrail(stack, "Audit", expected_roles=[role, other])

    rules = json.dumps(resources("AWS::Events::Rule"))
    assert json.dumps(stack.resolve(role.role_arn)) in rules
    assert other in rules
    wrong: Any = 3
    with pytest.raises(TypeError, match=r"expected_roles\[0\] is int 3; expected an iam.IRole"):
        AuditTrail(stack, "B", expected_roles=[wrong])


def test_a_trail_is_kept_only_where_one_is_made(stack: Stack) -> None:
    with pytest.raises(ValueError, match="trail_retention is given without create_trail=True"):
        AuditTrail(stack, "Audit", trail_retention=Duration.days(30))


def test_a_key_of_the_users_encrypts_the_log_and_the_trail(stack: Stack, resources: Find) -> None:
    key = kms.Key(stack, "Mine")

    made = AuditTrail(stack, "Audit", log_encryption_key=key, create_trail=True)

    assert made.key is key
    policy = json.dumps(one(resources("AWS::KMS::Key"))["KeyPolicy"])
    assert "cloudtrail.amazonaws.com" in policy
    assert "log-group:*" in policy
    assert one(resources("AWS::CloudTrail::Trail"))["KMSKeyId"] == stack.resolve(key.key_arn)


def test_files_of_a_trail_may_be_kept_for_one_day(stack: Stack, resources: Find) -> None:
    AuditTrail(stack, "Audit", trail_retention=Duration.days(1), create_trail=True)

    assert '"ExpirationInDays": 1,' in json.dumps(resources("AWS::S3::Bucket"))
