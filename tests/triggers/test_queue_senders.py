"""Whatever the number of rules that send to a queue, SQS takes its policy."""

from __future__ import annotations

import json
from bisect import bisect_left
from collections.abc import Callable
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import assertions
from aws_cdk import aws_events as events
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sqs as sqs

import batch_constructs as bc
from batch_constructs.aws.quotas import QUEUE_POLICY_BYTES, QUEUE_POLICY_STATEMENTS
from batch_constructs.queue_senders import admit_rule

ALL = "all rules of the account"
LONGEST = "arn:aws-us-gov:events:us-isof-south-1:123456789012:rule/{bus}" + 64 * "r"


def admitted(number: int, bus: str | None = None) -> tuple[Any, int]:
    """Give what the statement of so many rules names, and the bytes of the whole policy."""
    stack = cdk.Stack(cdk.App(), "Stack", env=cdk.Environment(account="1" * 12, region="x"))
    queue = sqs.Queue(stack, "Queue", enforce_ssl=True)
    for _ in range(number):
        admit_rule(stack, queue, LONGEST.format(bus="" if bus is None else f"{bus}/"), bus)
    [policy] = (
        assertions.Template.from_stack(stack).find_resources("AWS::SQS::QueuePolicy").values()
    )
    document = policy["Properties"]["PolicyDocument"]
    [statement] = [one for one in document["Statement"] if one["Effect"] == "Allow"]
    named = statement["Condition"]["ArnEquals"]["aws:SourceArn"]
    is_all = isinstance(named, dict) and "rule/*" in json.dumps(named)
    return ALL if is_all else named, len(json.dumps(document))


def test_one_rule_and_several_stand_in_one_statement_by_name() -> None:
    assert admitted(1)[0] == LONGEST.format(bus="")
    assert admitted(3)[0] == [LONGEST.format(bus="")] * 3


@pytest.mark.parametrize("bus", [None, "b" * 256])
def test_rules_are_named_as_long_as_the_policy_has_room_for_the_longest_names(
    bus: str | None,
) -> None:
    most = bisect_left(range(2, 80), 1, key=lambda number: int(admitted(number, bus)[0] == ALL)) + 1
    named, size = admitted(most, bus)

    assert len(named) == most
    assert QUEUE_POLICY_BYTES - 1000 < size <= QUEUE_POLICY_BYTES


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
