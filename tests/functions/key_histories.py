"""Days of a submission gateway: messages that share keys, redrives after days, and what goes wrong.

    uv run python -m tests.functions.key_histories 0 3000

The trials look at hours, at every call; these at days, from one invocation to the next: bodies that
differ under one key, letters that are redriven when the window is over or the job forgotten, and
times in which AWS Batch refuses, gives no answer or no list, or the table is denied.
"""

from __future__ import annotations

import json
import logging
import random
import sys
from collections import Counter
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from botocore.exceptions import ClientError, ReadTimeoutError

from batch_constructs.aws.job_states import REMEMBERED_DAYS
from batch_constructs.functions.submission import index
from batch_constructs.functions.submission.manifest import LINE_BYTES
from batch_constructs.functions.submission.message_reader import CLAIMED_AT
from batch_constructs.functions.submission.settings import Settings
from tests.functions.small_dynamodb import SmallDynamoDb

if TYPE_CHECKING:
    from batch_constructs.functions.submission.gateway import Gateway

HOUR = 3600.0
DAY = 24 * HOUR
WINDOW = 6 * HOUR
LONGEST = 2 * (WINDOW + HOUR)
"""A key is remembered for the window, and for another one where its claim was taken over in it."""

SECONDS = 120.0
PAUSES = (60, 200, 800, 1500, 3 * HOUR, 7 * HOUR, DAY, 3 * DAY, 8 * DAY)
WEATHER = (("ok",), ("ok",), ("refused",), ("lost",), ("down",), ("ok", "refused", "lost", "down"))
REFUSED = {"refused": ("ClientException", 400), "down": ("ServerException", 500)}


def failed(operation: str, code: str, status: int) -> ClientError:
    response: Any = {
        "Error": {"Code": code, "Message": code},
        "ResponseMetadata": {"HTTPStatusCode": status},
    }
    return ClientError(response, operation)


@dataclass
class Waiting:
    """A message in the queue."""

    body: str
    attributes: dict[str, Any]
    visible_at: float
    receives: int = 0
    first_received: float = 0.0


@dataclass
class History:
    """One gateway of two functions, and the AWS around it."""

    seed: int
    keyed: bool = True
    now: float = 1.8e9
    jobs: list[dict[str, Any]] = field(default_factory=list)
    letters: list[dict[str, Any]] = field(default_factory=list)
    queue: dict[str, Waiting] = field(default_factory=dict)
    sent: dict[str, str] = field(default_factory=dict)
    """The key of each message, by its number."""
    deleted: list[tuple[str, float, float]] = field(default_factory=list)
    """Numbers of messages that the gateway was done with, from when to when they were its."""

    def __post_init__(self) -> None:
        self.rng = random.Random(self.seed)  # noqa: S311 - a history
        self.table = SmallDynamoDb(late=lambda: False)
        self.manifests: dict[str, bytes] = {}
        self.weather: tuple[str, ...] = ("ok",)
        self.unlisted = self.denied = 0.0
        self.arrays = self.rng.random() < 2 / 5
        self.settings = Settings(
            job_queue="queue",
            job_definition="definition",
            name_prefix="mail",
            per_second=25.0,
            ledger_table="ledger",
            dead_letter_queue_url="letters",
            max_receives=4,
            window_seconds=WINDOW,
            manifest_bucket="manifests" if self.arrays else None,
            idempotency_key="$.parameters.key" if self.keyed else None,
        )

    def client(self, service: str, config: object = None) -> Any:
        """Stand for `boto3.client`."""
        del config
        history = self

        class Client:
            def __getattr__(self, operation: str) -> Any:
                return lambda **request: history.answer(service, operation, request)

            def get_paginator(self, operation: str) -> Any:
                return SimpleNamespace(
                    paginate=lambda **request: [history.answer(service, operation, request)]
                )

        return Client()

    def answer(self, service: str, operation: str, request: dict[str, Any]) -> Any:
        self.now += 0.02
        if service == "dynamodb":
            if self.rng.random() < self.denied:
                raise failed(operation, "AccessDeniedException", 400)
            return getattr(self.table, operation)(**request)
        return getattr(self, operation)(request)

    def submit_job(self, request: dict[str, Any]) -> dict[str, Any]:
        weather = self.rng.choice(self.weather)
        if weather in REFUSED:
            raise failed("SubmitJob", *REFUSED[weather])
        self.jobs.append({**request, "at": self.now, "works_on": self._works_on(request)})
        if weather == "lost":
            raise ReadTimeoutError(endpoint_url="batch")
        return {"jobId": f"job-{len(self.jobs)}", "jobName": request["jobName"]}

    def _works_on(self, request: dict[str, Any]) -> list[str]:
        if not self.arrays:
            return [request["parameters"]["number"]]
        manifest = self.manifests[request["jobName"]]
        size = request.get("arrayProperties", {"size": 1})["size"]
        found = []
        for child in range(size):
            record = manifest[LINE_BYTES * child : LINE_BYTES * (child + 1)]
            start, length = map(int, record.split())
            body = json.loads(manifest[start : start + length])
            found.append(body["parameters"]["number"])
        return found

    def list_jobs(self, request: dict[str, Any]) -> dict[str, Any]:
        if self.rng.random() < self.unlisted:
            raise failed("ListJobs", "AccessDeniedException", 403)
        prefix = request["filters"][0]["values"][0].removesuffix("*")
        return {
            "jobSummaryList": [
                {"jobId": job["jobName"], "jobName": job["jobName"]}
                for job in reversed(self.jobs)
                if job["jobName"].startswith(prefix)
                and self.now - job["at"] < REMEMBERED_DAYS * DAY
            ]
        }

    def put_object(self, request: dict[str, Any]) -> None:
        self.manifests[request["Key"]] = request["Body"]

    def send_message_batch(self, request: dict[str, Any]) -> dict[str, Any]:
        self.letters += request["Entries"]
        return {"Successful": request["Entries"]}

    def gateway(self) -> Gateway:
        """Start a function cold."""
        with patch.object(index, "boto3", self):
            return index.build(self.settings, clock=lambda: self.now, sleep=self._sleep)

    def _sleep(self, seconds: float) -> None:
        self.now += seconds

    def send(self, body: str, attributes: dict[str, Any]) -> None:
        self.queue[f"message-{self.rng.random()}"] = Waiting(body, attributes, self.now)

    def run(self) -> None:
        """Let days pass, some of them bad, and then good hours in which all is redriven."""
        random.seed(self.seed)  # the functions' own jitter
        functions = [self.gateway(), self.gateway()]
        bad = self.rng.randint(4, 14)
        for step in range(bad + 8):
            calm = step >= bad
            self._become(calm=calm)
            if not calm and self.rng.random() < 7 / 10:
                self._send_new()
            if calm or self.rng.random() < 2 / 5:
                self._redrive()
            self._deliver(functions, calm=calm)
            self.now += 800 if calm else self.rng.choice(PAUSES)

    def _become(self, *, calm: bool) -> None:
        self.weather = ("ok",) if calm else self.rng.choice(WEATHER)
        self.unlisted = 0 if calm else self.rng.choice((0, 0, 0, 1, 0.3))
        self.denied = 0 if calm else self.rng.choice((0, 0, 0, 0, 0.05, 1))

    def _send_new(self) -> None:
        for _ in range(self.rng.randint(1, 2)):
            number, key = str(len(self.sent)), self.rng.choice("AB")
            self.sent[number] = key
            self.send(json.dumps({"parameters": {"number": number, "key": key}}), {})

    def _redrive(self) -> None:
        for letter in self.letters:
            attributes = {
                name: {"stringValue": value["StringValue"], "dataType": "String"}
                for name, value in letter["MessageAttributes"].items()
            }
            self.send(letter["MessageBody"], attributes)
        self.letters.clear()

    def _deliver(self, functions: list[Gateway], *, calm: bool) -> None:
        ready = [name for name, one in self.queue.items() if one.visible_at <= self.now]
        self.rng.shuffle(ready)
        while ready:
            size = self.rng.choice((1, 2, 5))
            some, ready = ready[:size], ready[size:]
            which = self.rng.randint(0, 1)
            if self.rng.random() < 1 / 5:
                functions[which] = self.gateway()
            before = len(self.letters)
            again = functions[which].handle([*map(self._record, some)], seconds=SECONDS)
            aside = {letter["MessageBody"] for letter in self.letters[before:]}
            for name in some:
                if name not in again and (calm or self.rng.random() > 1 / 10):
                    self._delete(name, aside)

    def _record(self, name: str) -> dict[str, Any]:
        one = self.queue[name]
        one.receives += 1
        one.first_received = one.first_received or self.now
        one.visible_at = self.now + 6 * SECONDS
        return {
            "messageId": name,
            "body": one.body,
            "attributes": {
                "ApproximateReceiveCount": str(one.receives),
                "ApproximateFirstReceiveTimestamp": str(int(one.first_received * 1000)),
            },
            "messageAttributes": one.attributes,
        }

    def _delete(self, name: str, aside: set[str]) -> None:
        one = self.queue.pop(name)
        if one.body in aside:
            return
        claimed = one.attributes.get(CLAIMED_AT, {"stringValue": one.first_received})
        since = min(one.first_received, float(claimed["stringValue"]))
        self.deleted.append((json.loads(one.body)["parameters"]["number"], since, self.now))

    def wrong(self) -> list[str]:
        """Say which messages became jobs twice, and which were deleted without one of their key."""
        ran = Counter(number for job in self.jobs for number in job["works_on"])
        told = [f"{number} is {count} jobs" for number, count in ran.items() if count > 1]
        for number, since, until in self.deleted:
            if not ran[number] and not any(
                since - LONGEST <= job["at"] <= until
                and self.keyed
                and self.sent[number] in {self.sent[each] for each in job["works_on"]}
                for job in self.jobs
            ):
                told.append(f"{number} is no job")
        return told


def wrong_histories(seeds: range, *, keyed: bool) -> list[str]:
    """Run histories, and say what went wrong in each."""
    told = []
    for seed in seeds:
        history = History(seed, keyed=keyed)
        history.run()
        told += [f"history {seed}: {each}" for each in history.wrong()]
    return told


def main() -> None:
    """Run histories with keys, and as many without."""
    logging.disable(logging.CRITICAL)
    first, count = map(int, sys.argv[1:])
    found = False
    for keyed in (True, False):
        wrong = wrong_histories(range(first, first + count), keyed=keyed)
        found |= bool(wrong)
        print(f"{'with' if keyed else 'without'} keys: {count} histories, {len(wrong)} wrong")  # noqa: T201 - a command
        for each in wrong[:10]:
            print(f"  {each}")  # noqa: T201 - as above
    sys.exit(found)


if __name__ == "__main__":
    main()
