"""Trials of what tells that queues are idle, as EventBridge's schedule invokes it."""

from __future__ import annotations

import itertools
import re
from collections import Counter
from dataclasses import dataclass
from functools import partial
from typing import Any

from batch_constructs.functions.claims.invocation import Invocation
from batch_constructs.functions.claims.rows import Claims
from batch_constructs.functions.job_events.idle_queue import IdleQueues, look_at_all
from tests.functions.interleaving import QUEUE, Instance, Weather, World, play

IDLE_SECONDS = 300
_SHOWN_AT_LATEST = 60
_PAGE = 3
_QUEUES = (QUEUE, f"{QUEUE}2")


@dataclass
class _Job:
    queue: str
    number: int
    created: float
    shown: float
    """Since when it is listed."""

    size: int | None
    """Of an array; a third of its children fail."""

    ended: float | None = None

    @property
    def failed(self) -> int:
        return (self.size or 0) // 3 if self.size else int(self.number % 4 == 0)

    @property
    def succeeded(self) -> int:
        return (self.size or 1) - self.failed

    @property
    def status(self) -> str:
        if self.ended is None:
            return "PENDING" if self.size else "RUNNING"
        return "FAILED" if self.failed else "SUCCEEDED"

    def summary(self) -> dict[str, Any]:
        made: dict[str, Any] = {
            "jobId": str(self.number),
            "jobName": f"job-{self.number}",
            "status": self.status,
            "createdAt": int(1000 * self.created),
        }
        if self.ended is not None:
            made["stoppedAt"] = int(1000 * self.ended)
        if self.size:
            made["arrayProperties"] = {"size": self.size}
        return made


class _Drops(World):
    """Queues into which somebody puts many files, now and then."""

    def __init__(self, seed: int) -> None:
        super().__init__(seed)
        self.made: list[_Job] = []
        self._numbers = itertools.count()

    def drop(self) -> None:
        """Let some jobs begin within minutes of each other, and end."""
        queue, at = self.rng.choice(_QUEUES), self.now + self.rng.uniform(0, 600)
        for _ in range(self.rng.randint(1, 5)):
            size = self.rng.choice((None, None, 3, 7))
            job = _Job(
                queue, next(self._numbers), at, at + self.rng.uniform(0, _SHOWN_AT_LATEST), size
            )
            self.at(at, partial(self.made.append, job))
            self.at(at + self.rng.choice((0.0, 5.0, 200.0, 900.0)), partial(self._end, job))
            at += self.rng.choice((0.0, 1.0, 250.0))

    def _end(self, job: _Job) -> None:
        job.ended = self.now

    # -- AWS

    def _batch_list_jobs(self, request: dict[str, Any]) -> Any:
        there = [
            job
            for job in reversed(self.made)
            if job.queue == request["jobQueue"] and job.shown <= self.now
        ]
        if "filters" not in request:
            found = [job for job in there if job.status == request["jobStatus"]]
            return {"jobSummaryList": [job.summary() for job in found[: request["maxResults"]]]}
        ((since,),) = (each["values"] for each in request["filters"])
        found = [job for job in there if int(1000 * job.created) > int(since)]
        start = int(request.get("nextToken", 0))
        page: dict[str, Any] = {
            "jobSummaryList": [job.summary() for job in found[start : start + _PAGE]]
        }
        if len(found) > start + _PAGE:
            page["nextToken"] = str(start + _PAGE)
        return page

    def _batch_describe_jobs(self, request: dict[str, Any]) -> Any:
        return {
            "jobs": [
                {
                    **job.summary(),
                    "arrayProperties": {
                        "size": job.size,
                        "statusSummary": {"SUCCEEDED": job.succeeded, "FAILED": job.failed},
                    },
                }
                for job in self.made
                if str(job.number) in request["jobs"]
            ]
        }


def idle_queues(seed: int) -> World:
    """Each job counts once, in one message of its queue, whatever goes wrong between them."""
    world = _Drops(seed)
    weather, world.weather = world.weather, Weather()
    looks = itertools.count()

    def client(service: str) -> Any:
        return world.client(service, patient=service != "sns")

    def work(me: Instance, _: Any, __: str) -> None:
        by = IdleQueues(
            batch=client("batch"),
            sns=client("sns"),
            topic_arn="topic",
            claims=Claims(dynamodb=client("dynamodb"), table="claims", clock=me.clock),
            idle_seconds=IDLE_SECONDS,
        )
        me.works_on = "look"  # whichever: they look at the same queues
        world.meet_with_clocks_apart(me)
        invocation = Invocation(deadline=me.clock() + 115, clock=me.clock, sleep=me.sleep)
        look_at_all(by, _QUEUES, invocation)

    def look() -> list[Any]:
        made = play(world, {f"look-{next(looks)}": {}}, work, seconds=120, attempts=1)
        world.now += 300
        return made

    deliveries = look()
    world.weather = weather
    world.trouble("batch", "dynamodb", "sns")
    for _ in range(3):
        world.drop()
        deliveries += look()
        world.weather = Weather.of(world.rng)
    for _ in range(4):
        world.clear_up()
        deliveries += look()
    _each_counts_once(world, deliveries)
    return world


def _each_counts_once(world: _Drops, deliveries: list[Any]) -> None:
    messages = Counter(world.published)
    told: Counter[str] = Counter()
    for text in messages:
        said = re.search(r"Queue (\w+) is idle: (\d+) jobs? succeeded, (\d+|none) failed", text)
        assert said is not None
        name, succeeded, failed = said.groups()
        told[name] += int(succeeded)
        told[f"{name} failed"] += 0 if failed == "none" else int(failed)
    expected: Counter[str] = Counter()
    for job in world.made:
        name = job.queue.rpartition("/")[2]
        expected[name] += job.succeeded
        expected[f"{name} failed"] += job.failed
    assert +told == +expected, f"told {+told} of {+expected}"
    vanished = sum(run.went_wrong_after for one in deliveries for run in one.runs)
    assert max(messages.values(), default=0) <= 1 + vanished, "told twice"
