"""Whatever the number of rules and topics that send to a queue, SQS takes its policy."""

from __future__ import annotations

import json
from bisect import bisect_left
from collections.abc import Callable
from itertools import product
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import assertions
from aws_cdk import aws_events as events
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from aws_cdk import aws_sqs as sqs

import batch_constructs as bc
from batch_constructs.aws.quotas import QUEUE_POLICY_BYTES, QUEUE_POLICY_STATEMENTS
from batch_constructs.queue_senders import admit_rule
from batch_constructs.triggers.topic_subscription import subscribe
from tests.test_limits_of_growth import spelt_out

ALL = "all rules of the account"
LONGEST = "arn:aws-us-gov:events:us-isof-south-1:123456789012:rule/{bus}{number:0>64}"


def admitted(number: int, bus: str | None = None) -> tuple[Any, int]:
    """Give what the statement of so many rules names, and the bytes of the whole policy."""
    stack = cdk.Stack(cdk.App(), "Stack", env=cdk.Environment(account="1" * 12, region="x"))
    queue = sqs.Queue(stack, "Queue", enforce_ssl=True)
    for each in range(number):
        arn = LONGEST.format(bus="" if bus is None else f"{bus}/", number=each)
        admit_rule(stack, queue, arn, bus)
    [policy] = (
        assertions.Template.from_stack(stack).find_resources("AWS::SQS::QueuePolicy").values()
    )
    document = policy["Properties"]["PolicyDocument"]
    [statement] = [one for one in document["Statement"] if one["Effect"] == "Allow"]
    named = statement["Condition"]["ArnEquals"]["aws:SourceArn"]
    is_all = isinstance(named, dict) and "rule/*" in json.dumps(named)
    return ALL if is_all else named, len(json.dumps(document))


def test_one_rule_and_several_stand_in_one_statement_by_name() -> None:
    arns = [LONGEST.format(bus="", number=number) for number in range(3)]
    assert admitted(1)[0] == arns[0]
    assert admitted(3)[0] == arns


def most_of(fits: Callable[[int], bool]) -> int:
    """Return the largest number that fits; none fits that is larger than one that does not."""
    return 1 + bisect_left(range(2, 80), 1, key=lambda number: int(not fits(number)))


@pytest.mark.parametrize("bus", [None, "b" * 256])
def test_rules_are_named_as_long_as_the_policy_has_room_for_the_longest_names(
    bus: str | None,
) -> None:
    most = most_of(lambda number: admitted(number, bus)[0] != ALL)
    named, size = admitted(most, bus)

    assert len(named) == most
    assert QUEUE_POLICY_BYTES - 1000 < size <= QUEUE_POLICY_BYTES


TOPIC = "arn:aws-us-gov:sns:us-isof-south-1:{account}:{number:0>256}"
OWN, OTHER = "1" * 12, "2" * 12


def gateway_of(
    topics: list[str], *, rules: int = 0, key: bool = False
) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Give what the policy of a gateway's queue allows, and that of its key."""
    place = cdk.Environment(account=OWN, region="us-isof-south-1")
    stack = cdk.Stack(cdk.App(builtin_cloud_formation_validation=False), "Stack", env=place)
    made = bc.SubmissionGateway(
        stack,
        "Gateway",
        queue=bc.JobQueue.from_job_queue_name(stack, "Queue", "nightly"),
        job_definition=bc.JobDefinition.from_job_definition_name(stack, "Job", "report"),
        encryption_key=kms.Key(stack, "Key") if key else None,
    )
    for number, arn in enumerate(topics):
        made.add_topic(sns.Topic.from_topic_arn(stack, f"Topic{number}", arn))
    for number in range(rules):
        bucket = s3.Bucket.from_bucket_name(stack, f"Bucket{number}", f"bucket{number}")
        made.add_bucket(f"Rule{number}", bucket)
    resources = assertions.Template.from_stack(stack).to_json()["Resources"]
    [policy] = [
        one["Properties"]["PolicyDocument"]
        for id_, one in resources.items()
        if one["Type"] == "AWS::SQS::QueuePolicy" and "SourceQueue" in id_
    ]
    assert len(json.dumps(spelt_out(policy), separators=(",", ":"))) <= QUEUE_POLICY_BYTES
    keys = [one["Properties"] for one in resources.values() if one["Type"] == "AWS::KMS::Key"]
    allowed = [one for one in policy["Statement"] if one["Effect"] == "Allow"]
    return allowed, keys[0] if keys else {}


def topics_of(number: int, account: str = OWN) -> list[str]:
    return [TOPIC.format(account=account, number=each) for each in range(number)]


def named(statement: dict[str, Any]) -> Any:
    return statement["Condition"]["ArnEquals"]["aws:SourceArn"]


def test_all_topics_of_a_queue_stand_in_one_statement_of_its_policy_and_of_its_key_s() -> None:
    arns = topics_of(3)

    [sends], key = gateway_of(arns, key=True)

    assert (sends["Principal"], named(sends)) == ({"Service": "sns.amazonaws.com"}, arns)
    [uses] = [
        one
        for one in key["KeyPolicy"]["Statement"]
        if one["Principal"] == {"Service": "sns.amazonaws.com"}
    ]
    assert (uses["Action"], named(uses)) == (["kms:Decrypt", "kms:GenerateDataKey"], arns)


def test_the_policy_of_a_key_does_not_wait_for_a_topic_that_is_encrypted_with_it() -> None:
    """Two with one key: the key's policy would need the topic, which needs the key."""
    stack = cdk.Stack(cdk.App(), "Stack")
    key, other = kms.Key(stack, "Key"), kms.Key(stack, "Other")
    made = bc.SubmissionGateway(
        stack,
        "Gateway",
        queue=bc.JobQueue.from_job_queue_name(stack, "Queue", "nightly"),
        job_definition=bc.JobDefinition.from_job_definition_name(stack, "Job", "report"),
        encryption_key=key,
    )
    for name, its_key in (("Own", key), ("Else", other), ("None", None)):
        made.add_topic(sns.Topic(stack, name, master_key=its_key))
    template = assertions.Template.from_stack(stack).to_json()  # a circle would be refused here

    said = [one.get("Properties", {}) for one in template["Resources"].values()]
    documents = [one.get("KeyPolicy", one.get("PolicyDocument", {})) for one in said]
    statements = [
        each
        for one in documents
        for each in one.get("Statement", ())
        if each.get("Principal") == {"Service": "sns.amazonaws.com"}
    ]
    in_queue, in_key = sorted(statements, key=lambda one: "kms" in str(one["Action"]))
    by_name = [[*one] for one in named(in_queue)]
    assert by_name == [["Ref"]] * 3, "the queue's policy names all"
    wide, *rest = named(in_key)
    assert spelt_out(wide).endswith(":*")
    assert rest == named(in_queue)[1:], "those of other keys are named"


def test_topics_are_named_as_long_as_the_policy_has_room_and_then_all_of_the_account() -> None:
    most = most_of(lambda n: isinstance(named(gateway_of(topics_of(n))[0][0]), list))

    assert most > 18, "as many as a policy has statements beside TLS and rules"
    assert named(gateway_of(topics_of(most))[0][0]) == topics_of(most)
    [wide] = gateway_of(topics_of(most + 1))[0]
    assert spelt_out(named(wide)) == f"arn:aws:sns:us-isof-south-1:{OWN}:*"


def test_topics_of_another_account_are_always_named_and_refused_when_there_is_no_room() -> None:
    def fits(number: int) -> bool:
        try:
            gateway_of(topics_of(number, OTHER))
        except ValueError:
            return False
        return True

    most = most_of(fits)

    assert named(gateway_of(topics_of(most, OTHER))[0][0]) == topics_of(most, OTHER)
    said = (
        "SourceQueue: its policy has no room for the name of another topic; SQS allows 8192 bytes"
    )
    with pytest.raises(ValueError, match=f"Gateway/{said}: create a second gateway"):
        gateway_of(topics_of(most + 1, OTHER))

    said = "Gateway/SourceQueue: its policy has no room for rules, in addition to the topics"
    with pytest.raises(ValueError, match=said):
        gateway_of(topics_of(most, OTHER), rules=1)


def test_rules_make_room_for_the_names_of_topics() -> None:
    topics = topics_of(12)

    statements, _ = gateway_of(topics, rules=30)

    [of_rules, of_topics] = sorted(statements, key=lambda one: str(one["Principal"]))
    assert named(of_topics) == topics
    assert json.dumps(spelt_out(named(of_rules))).endswith(':rule/*"')


def test_a_topic_is_added_to_a_queue_once(stack: cdk.Stack) -> None:
    queue, topic = sqs.Queue(stack, "Queue"), sns.Topic(stack, "Topic")
    subscribe(queue, topic)

    with pytest.raises(ValueError, match="Stack/Queue: it is already subscribed to Stack/Topic$"):
        subscribe(queue, topic)


def topics(stack: cdk.Stack, kind: str) -> Any:
    """Make a topic in one place or another, as people have it."""
    apart = "elsewhere" in kind
    app = stack.node.root
    if kind == "imported":
        return sns.Topic.from_topic_arn(stack, "T", TOPIC.format(account=OTHER, number=1))
    if kind == "unknown":
        return sns.Topic.from_topic_arn(stack, "T", cdk.Fn.import_value("topic"))
    if not apart:
        return sns.Topic(stack, "T")
    region = {"elsewhere": "eu-west-1", "elsewhere, opted in": "af-south-1"}[kind]
    place = cdk.Environment(account=OWN, region=region)
    other = cdk.Stack(app, "Other", env=place)  # type: ignore[arg-type]  # the root is a construct
    return sns.Topic(other, "T", topic_name="named")


_HERE = ["made", "imported", "unknown"]
_KINDS = [
    *((kind, None) for kind in _HERE),
    *product([*_HERE, "elsewhere", "elsewhere, opted in"], ["us-east-1", "ap-east-1"]),
]


@pytest.mark.parametrize("key", [False, True])
@pytest.mark.parametrize(("kind", "home"), _KINDS)
def test_one_topic_renders_what_the_cdk_renders(kind: str, home: str | None, *, key: bool) -> None:
    def rendered(subscribing: Callable[[sqs.Queue, Any], object]) -> Any:
        context = {"@aws-cdk/aws-sns-subscriptions:restrictSqsDescryption": True}
        app = cdk.App(builtin_cloud_formation_validation=False, context=context)
        place = cdk.Environment(account=OWN, region=home) if home else None
        stack = cdk.Stack(app, "Stack", env=place)
        queue = sqs.Queue(
            stack, "Queue", encryption_master_key=kms.Key(stack, "Key") if key else None
        )
        subscribing(queue, topics(stack, kind))
        return assertions.Template.from_stack(stack).to_json()

    def by_the_cdk(queue: sqs.Queue, topic: Any) -> object:
        of = subscriptions.SqsSubscription(queue, raw_message_delivery=True)
        return topic.add_subscription(of)

    assert rendered(subscribe) == rendered(by_the_cdk)


def triggers(stack: cdk.Stack, number: int) -> None:
    letters = sqs.Queue(stack, "Letters", enforce_ssl=True)
    queue = bc.JobQueue.from_job_queue_name(stack, "Queue", "nightly")
    job = bc.JobDefinition.from_job_definition_name(stack, "Job", "report")
    for place in range(number):
        bc.EventTrigger(
            stack,
            f"Trigger{place}",
            queue=queue,
            job_definition=job,
            event_pattern={"source": ["mine"]},
            dead_letter_queue=letters,
        )


def buckets(stack: cdk.Stack, number: int) -> None:
    gateway = bc.SubmissionGateway(
        stack,
        "Gateway",
        queue=bc.JobQueue.from_job_queue_name(stack, "Queue", "nightly"),
        job_definition=bc.JobDefinition.from_job_definition_name(stack, "Job", "report"),
    )
    for place in range(number):
        bus = events.EventBus.from_event_bus_name(stack, f"Bus{place}", "central")
        bucket = s3.Bucket.from_bucket_name(stack, f"Bucket{place}", f"bucket{place}")
        gateway.add_bucket(f"Rule{place}", bucket, event_bus=bus)


@pytest.mark.parametrize("grow", [triggers, buckets])
def test_a_queue_of_more_sources_than_a_policy_has_statements_is_one_that_sqs_takes(
    stack: cdk.Stack, grow: Callable[[cdk.Stack, int], None]
) -> None:
    grow(stack, QUEUE_POLICY_STATEMENTS + 1)

    policies = assertions.Template.from_stack(stack).find_resources("AWS::SQS::QueuePolicy")
    for policy in policies.values():
        statements = policy["Properties"]["PolicyDocument"]["Statement"]
        rules = [one for one in statements if "ArnEquals" in one.get("Condition", {})]
        assert len(statements) < 4
        [condition] = [one["Condition"]["ArnEquals"]["aws:SourceArn"] for one in rules]
        assert len(condition) == QUEUE_POLICY_STATEMENTS + 1
