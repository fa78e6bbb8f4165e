"""Trials of every function that must neither lose nor double: ``python -m tests.functions.trials``.

Each returns how often each message was done, and asserts what has to hold.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from batch_constructs.functions.claims.invocation import Invocation, each_event
from batch_constructs.functions.claims.log import Log
from batch_constructs.functions.claims.rows import Claims
from batch_constructs.functions.cost_guard.budget import Budget, Usage
from batch_constructs.functions.cost_guard.guard import NOTE, Guard
from batch_constructs.functions.job_events.count import Counter as JobCounter
from batch_constructs.functions.job_events.notify import Notifier
from batch_constructs.functions.submission.batch_api import BatchApi
from batch_constructs.functions.submission.dead_letters import DeadLetters
from batch_constructs.functions.submission.gateway import Gateway
from batch_constructs.functions.submission.message_reader import MessageReader
from batch_constructs.functions.submission.rescue import rescue
from batch_constructs.functions.submission.settings import Settings
from batch_constructs.functions.submission.submit import Submitter, submit
from tests.functions.aws_in_process import KilledError
from tests.functions.interleaving import Delivery, Instance, World, play

Trial = Callable[[int], None]
QUEUE = "arn:aws:batch:us-east-1:123456789012:job-queue/nightly"


def _invocation(me: Instance, seconds: float) -> Invocation:
    return Invocation(deadline=me.clock() + seconds - 5, clock=me.clock, sleep=me.sleep)


def _claims(me: Instance) -> Claims:
    dynamodb = me.world.client("dynamodb", patient=True)
    return Claims(dynamodb=dynamodb, table="claims", clock=me.clock)


def _event(job_id: str, status: str = "FAILED", **detail: Any) -> dict[str, Any]:
    return {
        "detail-type": "Batch Job State Change",
        "region": "us-east-1",
        "detail": {
            "jobId": job_id,
            "jobName": "night",
            "jobQueue": QUEUE,
            "jobDefinition": "report:3",
            "status": status,
            "statusReason": "Host EC2 (instance i-1) terminated.",
            "container": {"command": ["run"]},
            **detail,
        },
    }


def _outage(world: World, service: str) -> None:
    """In every fourth trial a service refuses for an hour."""
    if world.rng.random() < 1 / 4:
        world.outage = (service, world.now, world.now + 3600)


def _told_once(deliveries: list[Delivery], told: Counter[str], expected: set[str]) -> None:
    """None lost; told twice only where a run vanished between telling and writing it down."""
    assert set(told) == expected, f"lost {expected - set(told)}"
    for name in expected:
        runs = [run for one in deliveries if one.name == name for run in one.runs if run.did]
        assert sum(run.did for run in runs if run.settled) <= 1, f"{name} twice"
        assert all(run.went_wrong_after for run in runs if not run.settled), f"{name} open"
        assert told[name] <= 1 + sum(run.did for run in runs if not run.settled)


def notifications(seed: int) -> None:
    world = World(seed)
    _outage(world, "sns")
    events = {f"job-{n}": _event(f"job-{n}") for n in range(world.rng.randint(1, 3))}

    def work(me: Instance, event: Any, _: str) -> None:
        notifier = Notifier(
            sns=world.client("sns", patient=False), topic_arn="topic", claims=_claims(me)
        )
        each_event(event, lambda each, _: notifier.handle(each, _invocation(me, 30)))

    deliveries = play(world, events, work, seconds=30)
    told = Counter(name for text in world.published for name in events if name in text)
    _told_once(deliveries, told, set(events))


def counters(seed: int) -> None:
    world = World(seed)
    _outage(world, "dynamodb")
    events = {f"job-{n}": _event(f"job-{n}") for n in range(world.rng.randint(1, 3))}

    def work(me: Instance, event: Any, _: str) -> None:
        def write(line: str) -> None:
            world.written.append(line)
            me.did += 1
            me.sleep(0)

        counter = JobCounter(claims=_claims(me), namespace="Ours", count_by=["Cause"], write=write)
        each_event(event, lambda each, _: counter.handle(each, _invocation(me, 30)))

    deliveries = play(world, events, work, seconds=30)
    counted = Counter(json.loads(line)["JobId"] for line in world.written)
    _told_once(deliveries, counted, set(events))


def _submitter(me: Instance) -> Submitter:
    return Submitter(
        claims=_claims(me),
        batch_api=BatchApi(
            me.world.client("batch", patient=False),
            me.world.client("batch", patient=True),
            per_second=50,
            clock=me.clock,
            sleep=me.sleep,
        ),
    )


def _one_job_each(world: World, names: Counter[str], expected: set[str]) -> None:
    assert set(names) == expected, f"lost {expected - set(names)}"
    twice = {name: count for name, count in names.items() if count > 1}
    assert not twice, f"twice {twice}"


ALIKE = ("order/1", "order.1", "Report", "report", "日本", "中国", "a" * 130 + "1", "a" * 130 + "2")


def submit_function(seed: int) -> None:
    world = World(seed)
    _outage(world, "batch")
    names = world.rng.sample(ALIKE, 3)
    events = {name: {"jobName": name, "parameters": {"name": name}} for name in names}

    def work(me: Instance, event: Any, request_id: str) -> None:
        each_event(
            event,
            lambda each, before: submit(
                _submitter(me), each, request_id if before is None else before, _invocation(me, 60)
            ),
        )

    play(world, events, work, seconds=60)
    _one_job_each(world, Counter(job["parameters"]["name"] for job in world.jobs), set(names))


def spot_rescue(seed: int) -> None:
    world = World(seed)
    _outage(world, "batch")
    ids = world.rng.sample(("one", "two", "many:1", "many:12"), 3)
    events = {job_id: _event(job_id, parameters={"lost": job_id}) for job_id in ids}

    def work(me: Instance, event: Any, _: str) -> None:
        each_event(
            event,
            lambda each, _: rescue(
                _submitter(me), each["detail"], "on-demand", _invocation(me, 60)
            ),
        )

    play(world, events, work, seconds=60)
    _one_job_each(world, Counter(job["parameters"]["lost"] for job in world.jobs), set(ids))


def cost_guard(seed: int) -> None:
    """Every run finds the budget spent; people are told once, and the queue ends disabled."""
    world = World(seed)
    _outage(world, "sns")
    now = datetime(2026, 11, 20, 14, tzinfo=UTC)

    def work(me: Instance, _: Any, __: str) -> None:
        client = world.client
        guard = Guard(
            batch=client("batch", patient=True),
            sns=client("sns", patient=False),
            usage=Usage(cloudwatch=client("cloudwatch", patient=True), namespace="Ours"),
            budget=Budget(vcpu_hours=100, period="DAY", warn_at_percent=80),
            called="100 vCPU-hours a day",
            topic_arn="topic",
            queues=[QUEUE],
            environments=[],
            action="DISABLE_QUEUES",
            lowered_max_vcpus=1,
            note=f"{NOTE}:Day",
            claims=_claims(me),
        )
        guard.run(now, _invocation(me, 60))

    deliveries = play(world, {"spent": {}}, work, seconds=60)
    told = Counter("spent" for _ in world.published)
    _told_once(deliveries, told, {"spent"})
    assert world.queue["state"] == "DISABLED"


TIMEOUT_SECONDS, VISIBILITY_SECONDS = 120.0, 720.0


@dataclass
class _Queue:
    """The gateway's SQS queue: at least once, in batches, to two functions at a time."""

    world: World
    settings: Settings
    most: int
    ends: float = 0.0
    bodies: dict[str, str] = field(default_factory=dict)
    visible_at: dict[str, float] = field(default_factory=dict)
    receives: Counter[str] = field(default_factory=Counter)

    def send(self, body: str) -> None:
        message_id = f"message-{len(self.bodies)}"
        self.bodies[message_id] = body
        self.visible_at[message_id] = self.world.now

    def receive(self) -> list[dict[str, Any]]:
        ready = [m for m, at in self.visible_at.items() if at <= self.world.now][: self.most]
        for message_id in ready:
            twice = self.world.rng.random() < self.world.weather.error_after / 3
            self.visible_at[message_id] = self.world.now + (0 if twice else VISIBILITY_SECONDS)
            self.receives[message_id] += 1
        return [record_of(m, self.bodies[m], self.receives[m]) for m in ready]

    def poll(self, me: Instance) -> None:
        """Feed a function, another after each death, as Lambda's poller does."""
        gateway: Gateway | None = None
        while self.visible_at and self.world.now < self.ends:
            records = self.receive()
            if not records:
                me.sleep(60)
                continue
            gateway = gateway or gateway_of(me, self.settings)
            me.ends_at = self.world.now + TIMEOUT_SECONDS
            try:
                again = gateway.handle(records, seconds=TIMEOUT_SECONDS)
            except (KilledError, ClientError, BotoCoreError):
                again, gateway = [record["messageId"] for record in records], None
            me.ends_at = float("inf")
            for record in records:
                if record["messageId"] not in again:
                    self.visible_at.pop(record["messageId"], None)

    def drain(self, *, hours: float) -> None:
        """Let two functions at a time work on the queue."""
        self.ends = self.world.now + hours * 3600
        for _ in range(2):
            self.world.start(self.poll, seconds=float("inf"))
        self.world.run()


def record_of(message_id: str, body: str, receives: int = 1) -> dict[str, Any]:
    """Return a message as Lambda hands it over."""
    attributes = {"ApproximateReceiveCount": str(receives)}
    return {"messageId": message_id, "body": body, "attributes": attributes}


def gateway_of(
    me: Instance, settings: Settings, idempotency_key: str | None = "$.parameters.n"
) -> Gateway:
    """Put a gateway together that runs in an instance."""
    clock, sleep, client = me.clock, me.sleep, me.world.client
    return Gateway(
        settings=settings,
        reader=MessageReader(
            array=settings.manifest_bucket is not None,
            parameters={},
            idempotency_key=idempotency_key,
            validate=None,
        ),
        log=Log(
            client("dynamodb", patient=True),
            "ledger",
            window_seconds=settings.window_seconds,
            clock=clock,
            sleep=sleep,
        ),
        batch_api=BatchApi(
            client("batch", patient=False),
            client("batch", patient=True),
            per_second=settings.per_second,
            clock=clock,
            sleep=sleep,
        ),
        dead_letters=DeadLetters(client("sqs", patient=True), queue_url="dead", fifo=False),
        s3=client("s3", patient=True),
        clock=clock,
        sleep=sleep,
    )


def _run_gateway(seed: int, *, array: bool) -> tuple[World, int]:
    world = World(seed)
    _outage(world, "batch")
    settings = Settings(
        job_queue="queue",
        job_definition="definition",
        name_prefix="mail",
        per_second=25.0,
        ledger_table="ledger",
        dead_letter_queue_url="dead",
        max_receives=4,
        window_seconds=6 * 3600.0,
        manifest_bucket="manifests" if array else None,
    )
    messages = world.rng.randint(1, 12)
    queue = _Queue(world, settings, most=world.rng.choice((2, 5, 12)))
    for number in range(messages):
        for _ in range(world.rng.choice((1, 1, 2))):
            queue.send(json.dumps({"parameters": {"n": str(number)}}))
    queue.drain(hours=3)
    for _ in range(3):  # the dead letters are redriven, and the queue runs empty
        world.clear_up()
        for entry in world.set_aside:
            queue.send(entry["MessageBody"])
        world.set_aside.clear()
        queue.drain(hours=6)
    assert not queue.visible_at
    return world, messages


def gateway(seed: int) -> None:
    world, messages = _run_gateway(seed, array=False)
    counted = Counter(job["parameters"]["n"] for job in world.jobs)
    _one_job_each(world, counted, {str(n) for n in range(messages)})


def coalescing_gateway(seed: int) -> None:
    world, messages = _run_gateway(seed, array=True)
    counted: Counter[str] = Counter()
    for job in world.jobs:
        manifest = world.objects[job["jobName"]]
        for index in range(job.get("arrayProperties", {"size": 1})["size"]):
            offset, length = manifest[21 * index : 21 * index + 21].split()
            body = json.loads(manifest[int(offset) : int(offset) + int(length)])
            counted[body["parameters"]["n"]] += 1
    _one_job_each(world, counted, {str(n) for n in range(messages)})


TRIALS: dict[str, Trial] = {
    each.__name__: each
    for each in (
        gateway,
        coalescing_gateway,
        notifications,
        counters,
        submit_function,
        spot_rescue,
        cost_guard,
    )
}


def run(name: str, seeds: range) -> list[str]:
    """Run trials, and return what went wrong: the seed and what it says."""
    os.environ |= {"JOB_QUEUE": "main", "JOB_DEFINITION": "report:3", "NAME_PREFIX": "Submit"}
    logging.disable(logging.CRITICAL)
    wrong = []
    try:
        for seed in seeds:
            try:
                TRIALS[name](seed)
            except AssertionError as error:
                wrong.append(f"{name} {seed}: {error}")
    finally:
        logging.disable(logging.NOTSET)
    return wrong


def main() -> None:
    """Run trials of all functions, or of one."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=int, default=5000)
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--function", choices=sorted(TRIALS))
    given = parser.parse_args()
    seeds = range(given.first_seed, given.first_seed + given.trials)
    failed = False
    for name in [given.function] if given.function else TRIALS:
        began = time.process_time()
        wrong = run(name, seeds)
        failed |= bool(wrong)
        took = time.process_time() - began
        print(f"{name}: {len(seeds)} trials, {len(wrong)} wrong, {took:.1f} s CPU")  # noqa: T201 - a command
        for each in wrong[:10]:
            print(f"  {each}")  # noqa: T201 - as above
    sys.exit(failed)


if __name__ == "__main__":
    main()
