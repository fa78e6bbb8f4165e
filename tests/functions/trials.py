"""Trials of every function that must neither lose nor double: ``python -m tests.functions.trials``.

Each asserts what has to hold, and returns its world, which says what went wrong on the way.
"""

from __future__ import annotations

import argparse
import gc
import json
import logging
import os
import re
import sys
import time
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from batch_constructs.aws.submit_job import RESCUED_CHILD
from batch_constructs.functions.claims import rows
from batch_constructs.functions.claims.invocation import Invocation, each_event
from batch_constructs.functions.claims.outcome import ONCE
from batch_constructs.functions.cost_guard import guard as cost_guards
from batch_constructs.functions.cost_guard.note import NOTE
from batch_constructs.functions.ecs_cluster import lookup
from batch_constructs.functions.gauges import publish
from batch_constructs.functions.job_events import count, notify
from batch_constructs.functions.submission import index
from batch_constructs.functions.submission import submit as submission
from batch_constructs.functions.submission.message_reader import FIRST_ID
from batch_constructs.functions.submission.rescue import rescue
from batch_constructs.functions.submission.settings import Settings
from batch_constructs.functions.submission.submit import Submitter, submit
from tests.functions.interleaving import (
    CLUSTER,
    ENVIRONMENT,
    QUEUE,
    Delivery,
    Instance,
    Weather,
    World,
    play,
)
from tests.functions.trial_of_eks_access import eks_access
from tests.functions.trial_of_idle_queues import idle_queues
from tests.functions.trial_of_revisions import old_revisions

if TYPE_CHECKING:
    from batch_constructs.functions.cost_guard.guard import Guard
    from batch_constructs.functions.job_events.count import Counter as JobCounter
    from batch_constructs.functions.job_events.notify import Notifier
    from batch_constructs.functions.submission.gateway import Gateway

Trial = Callable[[int], World]


def _invocation(me: Instance, seconds: float) -> Invocation:
    return Invocation(deadline=me.clock() + seconds - 5, clock=me.clock, sleep=me.sleep)


def _made(me: Instance, module: Any, make: Callable[[], Any]) -> Any:
    """Put together what a module's handler uses, with clients and clocks of this world."""

    def client(service: str, config: object = None) -> Any:
        return me.world.client(service, patient=config is not ONCE)

    seen = {
        "boto3": SimpleNamespace(client=client),
        "time": SimpleNamespace(time=me.clock, sleep=me.sleep),
    }
    before = [
        (vars(each), {name: vars(each)[name] for name in seen.keys() & vars(each).keys()})
        for each in (module, rows)
    ]
    for names, those in before:
        names.update({name: seen[name] for name in those})
    try:
        return getattr(make, "__wrapped__", make)()
    finally:
        for names, those in before:
            names.update(those)


@contextmanager
def _told(variables: Mapping[str, str]) -> Iterator[None]:
    """Tell functions so for a while, without a copy of all that the process is told."""
    before = {name: os.environ[name] for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        os.environ.update(before)


def _event(job_id: str, status: str = "FAILED", **detail: Any) -> dict[str, Any]:
    return {
        "detail-type": "Batch Job State Change",
        "region": "us-east-1",
        "time": "2027-01-15T08:00:00Z",  # START
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


def _told_once(deliveries: list[Delivery], told: Counter[str], expected: set[str]) -> None:
    """None lost; told twice only where a run vanished between telling and writing it down.

    What is told is named as the one event of which it is told, or as their names begin.
    """
    assert set(told) == expected, f"lost {expected - set(told)}, made up {set(told) - expected}"
    for name in expected:
        of_it = [one for one in deliveries if one.name.partition(" ")[0] == name]
        runs = [run for one in of_it for run in one.runs if run.did]
        assert sum(run.did for run in runs if run.settled) <= 1, f"{name} twice"
        assert all(run.went_wrong_after for run in runs if not run.settled), f"{name} open"
        assert told[name] <= 1 + sum(run.did for run in runs if not run.settled)


def notifications(seed: int) -> World:
    world = World(seed)
    world.trouble("sns", "dynamodb")
    events = {f"job-{n}": _event(f"job-{n}") for n in range(world.rng.randint(1, 3))}

    def work(me: Instance, event: Any, _: str) -> object:
        notifier: Notifier = _made(me, notify, notify._notifier)
        return each_event(event, lambda each, _: notifier.handle(each, _invocation(me, 30)))

    deliveries = play(world, events, work, seconds=30)
    told = Counter(name for text in world.published for name in events if name in text)
    _told_once(deliveries, told, set(events))
    return world


def rescued_arrays(seed: int) -> World:
    """Arrays whose lost children ran again are told as whole, whichever event comes last."""
    world = World(seed)
    world.trouble("sns", "dynamodb", "batch")
    events: dict[str, Any] = {}
    whole: set[str] = set()
    for array in [f"array-{number}" for number in range(world.rng.randint(1, 2))]:
        lost = world.rng.randint(1, 3)
        counted = {"size": lost + 1, "statusSummary": {"FAILED": lost, "SUCCEEDED": 1}}
        late = {"size": lost + 1, "statusSummary": {"FAILED": lost - 1, "SUCCEEDED": 1}}
        end = _event(array, arrayProperties=world.rng.choice((counted, late)))
        described = {**end["detail"], "arrayProperties": late}
        world.ended.append(described)
        counted_at = world.now + world.rng.choice((0, 40, 250))
        world.at(counted_at, partial(described.update, arrayProperties=counted))
        events[f"{array} ends"] = end
        if world.rng.random() < 3 / 4:
            whole.add(array)
        for child in range(lost) if array in whole else range(1, lost):
            variables = [{"name": RESCUED_CHILD, "value": f"{array}:{child}"}]
            events[f"{array} {child}"] = _event(
                f"again-{child}", "SUCCEEDED", container={"environment": variables}
            )

    def work(me: Instance, event: Any, _: str) -> object:
        made: Notifier = _made(me, notify, notify._notifier)
        notifier = replace(made, rescues=True, states=frozenset())
        me.works_on = me.works_on.partition(" ")[0]
        world.meet_with_clocks_apart(me)
        return each_event(event, lambda each, _: notifier.handle(each, _invocation(me, 30)))

    deliveries = play(world, events, work, seconds=30)
    told = Counter(one for text in world.published for one in {*re.findall(r"array-\d", text)})
    _told_once(deliveries, told, whole)
    return world


def counters(seed: int) -> World:
    world = World(seed)
    world.trouble("dynamodb")
    events = {f"job-{n}": _event(f"job-{n}") for n in range(world.rng.randint(1, 3))}

    def work(me: Instance, event: Any, _: str) -> object:
        def write(line: str) -> None:
            world.written.append(line)
            me.did += 1
            me.sleep(0)

        counter: JobCounter = replace(_made(me, count, count._counter), write=write)
        return each_event(event, lambda each, _: counter.handle(each, _invocation(me, 30)))

    deliveries = play(world, events, work, seconds=30)
    counted = Counter(json.loads(line)["JobId"] for line in world.written)
    _told_once(deliveries, counted, set(events))
    return world


def _submitter(me: Instance) -> Submitter:
    made: Submitter = _made(me, submission, submission.submitter)
    return made


def _one_job_each(names: Counter[str], expected: set[str]) -> None:
    assert set(names) == expected, f"lost {expected - set(names)}"
    twice = {name: count for name, count in names.items() if count > 1}
    assert not twice, f"twice {twice}"


ALIKE = ("order/1", "order.1", "Report", "report", "日本", "中国", "a" * 130 + "1", "a" * 130 + "2")


def submit_function(seed: int) -> World:
    """An event without a name is a job for each request that EventBridge makes of it."""
    world = World(seed)
    world.trouble("batch", "dynamodb")
    names = world.rng.sample(ALIKE, 3)
    events = {name: {"jobName": name, "parameters": {"name": name}} for name in names}
    if world.rng.random() < 1 / 2:
        events["nameless"] = {"parameters": {"name": "nameless"}}

    def work(me: Instance, event: Any, request_id: str) -> object:
        return each_event(
            event,
            lambda each, before: submit(
                _submitter(me), each, request_id if before is None else before, _invocation(me, 60)
            ),
        )

    deliveries = play(world, events, work, seconds=60)
    requests = {d.request_id for d in deliveries if d.event == events.get("nameless")}
    world.met["without a name"] += len(requests)
    counted = Counter(job["parameters"]["name"] for job in world.jobs)
    assert counted.pop("nameless", 0) == len(requests), "nameless"
    _one_job_each(counted, set(names))
    return world


def spot_rescue(seed: int) -> World:
    """What was lost runs again, and what waited for it waits for that."""
    world = World(seed)
    world.trouble("batch", "dynamodb")
    ids = world.rng.sample(("one", "two", "many:1", "many:12"), 3)
    events = {job_id: _event(job_id, parameters={"lost": job_id}) for job_id in ids}
    waited: dict[str, Any] = {
        "statusReason": "Dependent Job failed",
        "dependsOn": [{"jobId": ids[0]}],
        "parameters": {"lost": "waits"},
    }
    if world.rng.random() < 1 / 2:
        events = {"waits": _event("waits", **waited), **events}
    world.ended = [event["detail"] for event in events.values()]

    def work(me: Instance, event: Any, _: str) -> object:
        return each_event(
            event,
            lambda each, _: rescue(
                _submitter(me),
                each["detail"],
                "on-demand",
                _invocation(me, 60),
                spot_queue=each["detail"]["jobQueue"],
            ),
        )

    play(world, events, work, seconds=60)
    _one_job_each(Counter(job["parameters"]["lost"] for job in world.jobs), set(events))
    made = {job["parameters"]["lost"]: job for job in world.jobs}
    if "waits" in made:
        assert made["waits"].get("dependsOn") == [{"jobId": made[ids[0]]["jobId"]}]
    return world


def cost_guard(seed: int) -> World:
    """The budget of two queues is spent, and the gauges of some are silent for hours.

    People are told of each once, and no new work begins, until the next day. An environment that
    has more than it is to be lowered to is disabled, until it has no more.
    """
    world = World(seed)
    world.trouble("sns", "dynamodb", "batch", "cloudwatch")
    action = world.rng.choice(("DISABLE_QUEUES", "LOWER_MAX_VCPUS"))
    held = action == "DISABLE_QUEUES"
    busy = world.environment["desired_vcpus"] = 0 if held else world.rng.choice((0, 20))
    day = datetime(2026, 11, 20, tzinfo=UTC)
    called = f"Batch budget of {_TOLD['BUDGET']}"
    expected = {f"{called} is spent"}
    for name in ("nightly", "nightly2"):
        if world.rng.random() < 1 / 2:
            begins = day + timedelta(hours=world.rng.choice((5, 9)))
            world.silences[name] = (begins, day + timedelta(hours=20))
            expected.add(f"{called}: no data of {name}")
    world.met["silence"] += len(world.silences)

    def run(me: Instance, event: Any, _: str) -> object:
        def guard(each: Mapping[str, Any]) -> None:
            with _told(each["guard"]):
                made: Guard = _made(me, cost_guards, cost_guards._guard)
            me.works_on = made.note  # whatever the hour: one run is at it at a time
            world.meet_with_clocks_apart(me)
            made.run(day + timedelta(hours=each["hours"]), _invocation(me, 60))

        return each_event(event, lambda each, _: guard(each))

    other = {"NOTE": f"{NOTE}:Other", "BUDGET": "80 vCPU-hours a day", "LOWERED_MAX_VCPUS": "4"}
    guards: list[dict[str, str]] = [{}, other] if world.rng.random() < 1 / 2 else [{}]
    for name in expected.copy() if other in guards else ():
        expected.add(name.replace(_TOLD["BUDGET"], other["BUDGET"]))

    def at(*hours: float) -> list[Delivery]:
        runs = {
            f"{n}-{hour}": {"hours": hour, "guard": guard}
            for n, guard in enumerate(guards)
            for hour in hours
        }
        return play(world, runs, run, seconds=60)

    with _told({"ACTION": action, "QUEUES": f"{QUEUE},{QUEUE}2"}):
        deliveries = at(14)
        told = Counter(text.partition("\n")[0] for text in world.published)
        assert set(told) == expected, f"lost {expected - set(told)}"
        least = 0 if busy else 1
        assert world.held_back() == ({"DISABLED" if held else "ENABLED"}, 64 if held else least)
        busy = world.environment["desired_vcpus"] = world.rng.choice((0, busy))
        lowered = world.rng.choice((1, 2, 8))  # by a deployment
        if lowered > 1:
            with _told({"LOWERED_MAX_VCPUS": str(lowered)}):
                deliveries += at(15)
            least = 0 if busy else min(lowered, 4) if other in guards else lowered
            assert world.held_back() == ({"DISABLED" if held else "ENABLED"}, 64 if held else least)
        world.weather = Weather.of(world.rng)
        deliveries += at(23.999, 24.001)  # one run sees the budget spent, and one the next day's
        world.weather = Weather.of(world.rng)
        deliveries += at(25)
    assert world.held_back() == ({"ENABLED"}, 64)
    told = Counter(text.partition("\n")[0] for text in world.published)
    vanished = sum(run.went_wrong_after for one in deliveries for run in one.runs)
    assert set(told) == expected
    assert max(told.values()) <= 1 + vanished, f"told {max(told.values())} times"
    return world


def gauges(seed: int) -> World:
    """A run that went well has read everything, once; what it cannot read, it does not make up."""
    world = World(seed)
    world.trouble("batch")
    lines: dict[Instance, list[str]] = {}

    def write(line: str) -> None:
        lines.setdefault(world.me(), []).append(line)

    def work(me: Instance, _: Any, __: str) -> object:
        lines[me] = []
        left = SimpleNamespace(get_remaining_time_in_millis=lambda: 1000 * (me.ends_at - world.now))
        publish.handler({}, left)
        return None

    make = publish._reader
    with (
        _told({"QUEUES": f"{QUEUE},{QUEUE}2"}),
        patch.object(publish, "_reader", lambda: _made(world.me(), publish, make)),
        patch.object(publish, "_unread_before", []),
        patch.object(publish, "print", write, create=True),
        patch.object(publish, "time", SimpleNamespace(time=lambda: world.me().clock())),
    ):
        deliveries = play(world, {"reading": {}}, work, seconds=120, attempts=1)
    expected = {"nightly": 10.0, "nightly2": 10.0, "fleet": 64}
    for one in [run for delivery in deliveries for run in delivery.runs]:
        written = [json.loads(line) for line in lines.get(one, [])]
        read = {_name_in(each): each.get("VcpusInUse", each.get("MaxVcpus")) for each in written}
        assert len(read) == len(written), "read twice"
        assert read.items() <= expected.items(), f"made up {read}"
        assert one.error is not None or read == expected, f"lost {expected.keys() - read.keys()}"
    return world


def _name_in(line: dict[str, Any]) -> str:
    return str(line.get("JobQueueName", line.get("ComputeEnvironmentName")))


def ecs_cluster(seed: int) -> World:
    """CloudFormation gets an answer of every run that lives, and only the true cluster's ARN."""
    world = World(seed)
    world.trouble("batch", "ecs", "cloudformation")
    world.environment["cluster_from"] = world.now + world.rng.choice((0, 8, 30))
    answers: dict[Instance, dict[str, Any]] = {}

    def answer(request: Any, timeout: float) -> None:
        del timeout
        world.client("cloudformation", patient=False).answer(body=json.loads(request.data))
        answers[world.me()] = json.loads(request.data)

    def work(me: Instance, _: Any, __: str) -> object:
        left = SimpleNamespace(get_remaining_time_in_millis=lambda: 1000 * (me.ends_at - world.now))
        lookup.handler(dict(event), left)
        return None

    event = {
        "RequestType": "Create",
        "RequestId": "request",
        "StackId": "stack",
        "LogicalResourceId": "Cluster",
        "ResponseURL": "https://answer",
        "ResourceProperties": {"ComputeEnvironment": ENVIRONMENT, "ClusterTags": {"team": "red"}},
    }
    with (
        patch.object(
            lookup, "boto3", SimpleNamespace(client=lambda of: world.client(of, patient=True))
        ),
        patch.object(lookup, "time", SimpleNamespace(sleep=lambda s: world.me().sleep(s))),
        patch.object(urllib.request, "urlopen", answer),
    ):
        deliveries = play(world, {"create": event}, work, seconds=120)
    for one in [run for delivery in deliveries for run in delivery.runs]:
        said = answers.get(one)
        assert one.error is not None or said is not None, "no answer"
        if said is not None and said["Status"] == "SUCCESS":
            assert said["Data"]["EcsClusterArn"] == CLUSTER
            assert world.environment["cluster_tags"] == {"team": "red"}
    assert (
        any(said["Status"] == "SUCCESS" for said in answers.values())
        or any(world.met[each] for each in ("death", "down: denied", "error before", "throttling"))
        or answers
    )
    return world


POISON = "poison"
"""No JSON, which an array takes where nothing is read of its messages."""

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
    attributes: dict[str, dict[str, Any]] = field(default_factory=dict)
    receives: Counter[str] = field(default_factory=Counter)
    groups: dict[str, str] = field(default_factory=dict)
    deployed: tuple[float, Settings] | None = None
    """When functions with other settings come up, and these."""

    off: tuple[float, float] = (0.0, 0.0)
    """From when to when nobody hands messages over."""

    first_received: dict[str, float] = field(default_factory=dict)

    @property
    def sent(self) -> set[str]:
        return set(self.bodies.values())

    def send(
        self, body: str, attributes: dict[str, Any] | None = None, *, after: float = 0.0
    ) -> None:
        message_id = f"message-{len(self.bodies)}"
        self.attributes[message_id] = {
            name: {"stringValue": value["StringValue"]}
            for name, value in (attributes or {}).items()
        }
        self.bodies[message_id] = body
        self.visible_at[message_id] = self.world.now + after

    def ids_of(self, body: str) -> list[str]:
        return [message_id for message_id, sent in self.bodies.items() if sent == body]

    def first_id(self, message_id: str) -> str:
        """Return the ID that a message kept through the dead-letter queue."""
        kept = self.attributes[message_id].get(FIRST_ID)
        return message_id if kept is None else str(kept["stringValue"])

    def receive(self) -> list[dict[str, Any]]:
        """Take a batch; at times SQS hands a message to another function as well.

        After the last receive it moves a message to the dead-letter queue.
        """
        if min(self.visible_at.values(), default=float("inf")) > self.world.now:
            return []
        waits = {self.groups.get(m) for m, at in self.visible_at.items() if at > self.world.now}
        ready = [
            m
            for m, at in self.visible_at.items()
            if at <= self.world.now and (m not in self.groups or self.groups[m] not in waits)
        ]
        for message_id in [m for m in ready if self.receives[m] >= self.settings.max_receives]:
            ready.remove(message_id)
            del self.visible_at[message_id]
            self.world.set_aside.append({"MessageBody": self.bodies[message_id]})
        for message_id in ready[: self.most]:
            # of a FIFO queue, a group waits until its message is gone
            twice = not self.settings.fifo and self._redelivers()
            self.visible_at[message_id] = self.world.now + (0 if twice else VISIBILITY_SECONDS)
            self.receives[message_id] += 1
            self.first_received.setdefault(message_id, self.world.now)
        return [
            {
                **record_of(
                    m,
                    self.bodies[m],
                    self.receives[m],
                    self.groups.get(m),
                    first_received=self.first_received[m],
                ),
                "messageAttributes": self.attributes.get(m, {}),
            }
            for m in ready[: self.most]
        ]

    def _redelivers(self) -> bool:
        twice = self.world.rng.random() < self.world.weather.redelivery / 3
        self.world.met["redelivery"] += twice
        return twice

    def poll(self, me: Instance) -> None:
        """Feed a function, another after each death, as Lambda's poller does."""
        gateway: Gateway | None = None
        while self.visible_at and self.world.now < self.ends:
            begins, ends = self.off
            if begins <= self.world.now < ends:
                me.sleep(ends - self.world.now)
            records = self.receive()
            if not records:
                me.sleep(20)
                continue
            gateway = gateway or gateway_of(me, self._settings_now())
            me.ends_at = self.world.now + TIMEOUT_SECONDS
            try:
                again = gateway.handle(records, seconds=TIMEOUT_SECONDS)
            except BaseException as error:  # noqa: BLE001 - deaths as well
                self.world.look_at(me, error)
                again = [record["messageId"] for record in records]
                if not isinstance(error, Exception):  # Lambda goes on with what has only failed
                    gateway = None
            me.ends_at = float("inf")
            for record in records:
                if record["messageId"] not in again and not self._redelivers():
                    self.visible_at.pop(record["messageId"], None)

    def _settings_now(self) -> Settings:
        deployed = self.deployed
        return self.settings if deployed is None or self.world.now < deployed[0] else deployed[1]

    def drain(self, *, hours: float) -> None:
        """Let two functions at a time work on the queue."""
        self.ends = max(self.world.now, self.off[1]) + hours * 3600
        for _ in range(2):
            self.world.start(self.poll, seconds=float("inf"))
        self.world.run()


def record_of(
    message_id: str,
    body: str,
    receives: int = 1,
    group: str | None = None,
    *,
    first_received: float = 0.0,
) -> dict[str, Any]:
    """Return a message as Lambda hands it over."""
    attributes = {
        "ApproximateReceiveCount": str(receives),
        "ApproximateFirstReceiveTimestamp": str(int(first_received * 1000)),
    }
    if group is not None:
        attributes["MessageGroupId"] = group
    return {"messageId": message_id, "body": body, "attributes": attributes}


def gateway_of(me: Instance, settings: Settings) -> Gateway:
    """Put a gateway together that runs in an instance."""
    made: Gateway = _made(me, index, lambda: index.build(settings, clock=me.clock, sleep=me.sleep))
    return made


def _settings(**given: Any) -> Settings:
    return Settings(
        job_queue="queue",
        job_definition="definition",
        name_prefix="mail",
        per_second=25.0,
        ledger_table="ledger",
        dead_letter_queue_url="dead",
        max_receives=4,
        window_seconds=6 * 3600.0,
        **given,
    )


def _run_gateway(seed: int, *, array: bool) -> tuple[World, _Queue]:
    world = World(seed)
    world.trouble("batch", "dynamodb", "sqs", *(("s3",) if array else ()))
    with_key = world.rng.random() < 3 / 4
    world.met["without a name"] += not with_key
    settings = _settings(
        manifest_bucket="manifests" if array else None,
        idempotency_key="$.parameters.n" if with_key else None,
    )
    queue = _Queue(world, settings, world.rng.choice((2, 5, 12)))
    if array and world.rng.random() < 1 / 3:
        queue.deployed = (
            world.now + world.rng.choice((1.0, 30.0, 150.0)),
            replace(settings, manifest_bucket=None),
        )
        world.met["another mode"] += 1
    if world.rng.random() < 1 / 4:
        begins = world.now + world.rng.choice((1, 60, 150, 400))
        queue.off = (begins, begins + 3600 * world.rng.choice((2, 7, 40)))
        world.met["off for hours"] += 1
    for number in range(world.rng.randint(1, 12)):
        # of two with one key, the second is another job when the window is over
        for _ in range(world.rng.choice((1, 1, 2)) if with_key and not queue.off[1] else 1):
            after = world.rng.choice((0, 0, 110, 125, 140))
            queue.send(json.dumps({"parameters": {"n": str(number)}}), after=after)
    read = with_key and queue.deployed is None
    if (read or not array) and world.rng.random() < 1 / 4:
        queue.send(POISON)
    queue.drain(hours=3)
    for _ in range(3):  # the dead letters are redriven, and the queue runs empty
        world.clear_up()
        world.met["redriven"] += len(world.set_aside)
        for entry in world.set_aside:
            queue.send(entry["MessageBody"], entry.get("MessageAttributes"))
        world.set_aside.clear()
        queue.drain(hours=6)
    assert not queue.visible_at
    assert {entry["MessageBody"] for entry in world.set_aside} == queue.sent & {POISON}
    return world, queue


def _once_each(queue: _Queue, counted: Counter[str]) -> None:
    """One job a message; without a key that is known yet, one for each ID that SQS gave it."""
    assert counted.keys() == queue.sent - {POISON}, "lost"
    for body, times in counted.items():
        with_key = queue.settings.idempotency_key is not None
        bound = (
            1
            if with_key and not queue.off[1]
            else len({queue.first_id(m) for m in queue.ids_of(body)})
        )
        assert times <= bound, f"{times} times {body}"


def gateway(seed: int) -> World:
    world, queue = _run_gateway(seed, array=False)
    _once_each(queue, Counter(json.dumps({"parameters": j["parameters"]}) for j in world.jobs))
    return world


def fifo_gateway(seed: int) -> World:
    """Jobs of a group are made in the order of its messages, but for those set aside."""
    world = World(seed)
    world.trouble("batch", "dynamodb", "sqs")
    settings = _settings(fifo=True)
    queue = _Queue(world, settings, world.rng.choice((2, 5, 12)))
    for number in range(world.rng.randint(2, 9)):
        queue.groups[f"message-{number}"] = world.rng.choice(("red", "blue"))
        poison = number == 1 and world.rng.random() < 1 / 3
        queue.send(POISON if poison else json.dumps({"parameters": {"n": str(number)}}))
    queue.drain(hours=6)
    world.clear_up()
    queue.drain(hours=6)
    assert not queue.visible_at
    aside = Counter(entry["MessageBody"] for entry in world.set_aside)
    made = [json.dumps({"parameters": job["parameters"]}) for job in world.jobs]
    assert not {body for body, times in Counter(made).items() if times > 1}, "twice"
    assert queue.sent == {*made, *aside}, "lost"
    place = {body: message_id for message_id, body in queue.bodies.items()}
    for group in ("red", "blue"):
        order = [place[b] for b in made if b not in aside and queue.groups[place[b]] == group]
        assert order == sorted(order), f"{group}: {order}"
    return world


def coalescing_gateway(seed: int) -> World:
    world, queue = _run_gateway(seed, array=True)
    counted: Counter[str] = Counter()
    for job in world.jobs:
        manifest = world.objects.get(job["jobName"])
        if manifest is None:  # of the mode that was deployed
            assert "parameters" in job, f"{job['jobName']} has no manifest"
            counted[json.dumps({"parameters": job["parameters"]})] += 1
            continue
        for child in range(job.get("arrayProperties", {"size": 1})["size"]):
            offset, length = manifest[21 * child : 21 * child + 21].split()
            counted[manifest[int(offset) : int(offset) + int(length)].decode()] += 1
    _once_each(queue, counted)
    return world


TRIALS: dict[str, Trial] = {
    each.__name__: each
    for each in (
        gateway,
        coalescing_gateway,
        fifo_gateway,
        notifications,
        rescued_arrays,
        counters,
        submit_function,
        spot_rescue,
        cost_guard,
        gauges,
        ecs_cluster,
        eks_access,
        old_revisions,
        idle_queues,
    )
}


_TOLD = {
    "ACTION": "NOTIFY",
    "BUDGET": "100 vCPU-hours a day",
    "CLAIMS_TABLE": "claims",
    "COMPUTE_ENVIRONMENTS": ENVIRONMENT,
    "COUNT_BY": "Cause",
    "GAUGE_SECONDS": "300",
    "JOB_DEFINITION": "report:3",
    "JOB_QUEUE": "main",
    "LOWERED_MAX_VCPUS": "1",
    "MOST_JOBS": "1000",
    "NAMESPACE": "Ours",
    "NAME_PREFIX": "Submit",
    "NOTE": f"{NOTE}:Day",
    "PERIOD": "DAY",
    "QUEUES": QUEUE,
    "RESCUE_QUEUE": "on-demand",
    "STATES": "FAILED,SUCCEEDED",
    "TOPIC_ARN": "topic",
    "VCPU_HOURS": "100",
    "WARN_AT_PERCENT": "80",
    "WITHOUT_DATA": "EXTRAPOLATE",
}
"""What constructs tell functions."""


@dataclass
class Outcome:
    """What came of trials."""

    wrong: list[str] = field(default_factory=list)
    """Seeds, and what was lost or done twice."""

    met: Counter[str] = field(default_factory=Counter)
    """What went wrong, and how often."""

    calls: Counter[str] = field(default_factory=Counter)


def run(name: str, seeds: range, *, most_wrong: float = float("inf")) -> Outcome:
    """Run trials, up to so many that fail."""
    outcome = Outcome()
    logging.disable(logging.CRITICAL)
    try:
        with patch.dict(os.environ, _TOLD), _rubbish_left_longer():
            for seed in seeds:
                try:
                    world = TRIALS[name](seed)
                    assert not world.wrong, world.wrong[0]
                except AssertionError as error:
                    outcome.wrong.append(f"{name} {seed}: {error}")
                    if len(outcome.wrong) >= most_wrong:
                        break
                else:
                    outcome.met += world.met
                    outcome.calls += world.calls
    finally:
        logging.disable(logging.NOTSET)
    return outcome


@contextmanager
def _rubbish_left_longer() -> Iterator[None]:
    """Look for cycles seldom, and never in what was there before: a fifth of the time."""
    often = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(100_000, *often[1:])
    try:
        yield
    finally:
        gc.set_threshold(*often)
        gc.unfreeze()


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
        wrong = run(name, seeds).wrong
        failed |= bool(wrong)
        took = time.process_time() - began
        print(f"{name}: {len(seeds)} trials, {len(wrong)} wrong, {took:.1f} s CPU")  # noqa: T201 - a command
        for each in wrong[:10]:
            print(f"  {each}")  # noqa: T201 - as above
    sys.exit(failed)


if __name__ == "__main__":
    main()
