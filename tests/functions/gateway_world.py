"""The gateway with its queue, its table and its poller, on a clock that the test winds."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any
from uuid import UUID

import boto3
import pytest

from batch_constructs.functions.submission.index import build
from batch_constructs.functions.submission.settings import Settings
from tests.functions.aws_in_process import REGION, Aws, KilledError, answer, messages_in

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from batch_constructs.functions.submission.gateway import Gateway

TIMEOUT_SECONDS = 120.0
VISIBILITY_SECONDS = 720.0


@dataclass
class Sqs:
    """The source queue and Lambda's poller, on the test's clock: at least once, in batches."""

    aws: Aws
    batch_size: int
    bodies: dict[str, str] = field(default_factory=dict)
    visible_at: dict[str, float] = field(default_factory=dict)
    receives: dict[str, int] = field(default_factory=dict)
    groups: dict[str, str] = field(default_factory=dict)

    def send(self, *bodies: str, group: str | None = None) -> None:
        for body in bodies:
            message_id = str(UUID(int=len(self.bodies)))
            self.bodies[message_id] = body
            self.visible_at[message_id] = 0.0
            self.receives[message_id] = 0
            if group is not None:
                self.groups[message_id] = group

    def receive(self) -> list[dict[str, Any]]:
        """Take a batch; waits for the visibility timeout when everything is in flight."""
        clock = self.aws.clock
        if self.visible_at and min(self.visible_at.values()) > clock.now:
            clock.now = min(self.visible_at.values())
        ready = [m for m, at in self.visible_at.items() if at <= clock.now][: self.batch_size]
        for message_id in ready:
            self.visible_at[message_id] = clock.now + VISIBILITY_SECONDS
            self.receives[message_id] += 1
        return [self.record(message_id) for message_id in ready]

    def record(self, message_id: str) -> dict[str, Any]:
        attributes = {"ApproximateReceiveCount": str(self.receives[message_id])}
        if message_id in self.groups:
            attributes["MessageGroupId"] = self.groups[message_id]
        return {
            "messageId": message_id,
            "body": self.bodies[message_id],
            "attributes": attributes,
        }

    def delete(self, message_ids: Iterable[str]) -> None:
        for message_id in message_ids:
            del self.visible_at[message_id]

    def drain(self, make: Callable[[], Gateway], *, redeliver: float = 0.0) -> int:
        """Feed the function until the queue is empty; a new one after each death."""
        gateway, deaths = make(), 0
        while self.visible_at:
            records = self.receive()
            try:
                again = gateway.handle(records, seconds=TIMEOUT_SECONDS)
            except KilledError:
                gateway, deaths = make(), deaths + 1
                continue
            done = [r["messageId"] for r in records if r["messageId"] not in again]
            lost = [m for m in done if self.aws.faults.random.random() < redeliver]
            self.delete(set(done) - set(lost))
        self.aws.faults.kill = 0.0  # what a test reads afterwards is not the function
        return deaths


@dataclass
class World:
    aws: Aws
    dead_letters: str
    settings: dict[str, Any]
    validate: Callable[[Any], Any] | None = None

    def gateway(self) -> Gateway:
        return build(
            Settings(**self.settings),
            validate=self.validate,
            clock=self.aws.clock,
            sleep=self.aws.clock.sleep,
        )

    def jobs(self) -> list[dict[str, Any]]:
        return self.aws.batch.jobs

    def children(self) -> list[str]:
        """What each child of each array reads, in the order of its index."""
        s3 = boto3.client("s3", region_name=REGION)
        found = []
        for job in self.jobs():
            environment = {
                pair["name"]: pair["value"] for pair in job["containerOverrides"]["environment"]
            }
            bucket, key = environment["MESSAGE_MANIFEST"].removeprefix("s3://").split("/", 1)
            manifest = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
            for index in range(job.get("arrayProperties", {"size": 1})["size"]):
                offset, length = manifest[21 * index : 21 * index + 21].split()
                found.append(manifest[int(offset) : int(offset) + int(length)].decode())
        return found

    def reasons(self) -> dict[str, str]:
        """Body → reason of what lies in the dead-letter queue."""
        return {
            m["Body"]: m["MessageAttributes"]["Reason"]["StringValue"]
            for m in messages_in(self.dead_letters)
        }


@pytest.fixture
def world(aws: Aws) -> World:
    return tables(aws)


@pytest.fixture
def quick_world(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> World:
    """The same for tests with many calls: moto takes its requests in the others.

    DynamoDB is the one of the trials, and a client is made once, as in a function that stays warm.
    """
    monkeypatch.setattr(boto3, "client", cache(boto3.client))
    made = tables(aws)
    aws.has_a_quick_dynamodb()
    return made


def tables(aws: Aws) -> World:
    """Make what the construct would have made."""
    boto3.client("dynamodb").create_table(
        TableName="ledger",
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[
            {"AttributeName": "log", "KeyType": "HASH"},
            {"AttributeName": "number", "KeyType": "RANGE"},
        ],
        AttributeDefinitions=[
            {"AttributeName": "log", "AttributeType": "S"},
            {"AttributeName": "number", "AttributeType": "N"},
        ],
    )
    boto3.client("s3").create_bucket(Bucket="manifests")
    url = boto3.client("sqs").create_queue(QueueName="dead-letters")["QueueUrl"]
    settings = {
        "job_queue": "queue",
        "job_definition": "definition",
        "name_prefix": "mail",
        "per_second": 25.0,
        "ledger_table": "ledger",
        "dead_letter_queue_url": url,
        "max_receives": 10,
        "window_seconds": 6 * 3600.0,
        "region": REGION,
    }
    aws.calls.clear()
    return World(aws, url, settings)


def body(number: int) -> str:
    return json.dumps({"parameters": {"n": str(number)}})


def left_open(world: World, records: list[dict[str, Any]], *, landed: bool) -> None:
    """Let a function submit these without an answer: as jobs that landed, or that did not."""
    if landed:
        world.aws.faults.lose_answer = 1.0
    else:
        world.aws.batch.script["SubmitJob"] = lambda _: answer(500, {"message": "down"})
    again = world.gateway().handle(records, seconds=TIMEOUT_SECONDS)
    assert len(again) == len(records)
    world.aws.faults.lose_answer = 0.0
    world.aws.batch.script.clear()


def one_job_each(world: World, expected: Iterable[int]) -> None:
    submitted = sorted(int(job["parameters"]["n"]) for job in world.jobs())
    assert submitted == sorted(expected)
