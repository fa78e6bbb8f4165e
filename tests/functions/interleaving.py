"""Instances of a function, interleaved at every call to AWS, on a clock of their own.

A trial is decided by its seed. Each instance is a thread, of which one runs at a time: it hands
over before and after each call takes effect, and whenever it sleeps. There a call is throttled,
refused, fails before it did anything or after, loses its answer, or takes effect after its caller
gave up; an instance dies; lists show a job late; clocks are up to 30 seconds apart.
"""

from __future__ import annotations

import random
import threading
from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError, EndpointConnectionError, ReadTimeoutError

from tests.functions.aws_in_process import KilledError
from tests.functions.small_dynamodb import SmallDynamoDb

if TYPE_CHECKING:
    from collections.abc import Callable

START = 1_800_000_000.0
CALL_SECONDS, LISTED_SECONDS, CLOCKS_APART_SECONDS = 15.0, 60.0, 30.0
"""What docs/failures.md says of the world; the functions have numbers of their own."""
PATIENT_ATTEMPTS = 8
_SLOWEST_PATIENT_PAUSE = 20.0


@dataclass
class Weather:
    """How often what goes wrong, a call."""

    error_before: float = 0.0
    error_after: float = 0.0
    throttle: float = 0.0
    kill: float = 0.0
    no_connection: float = 0.0
    slow: float = 0.0

    @classmethod
    def of(cls, rng: random.Random) -> Weather:
        """Draw a trial's weather: fine, rough or terrible, in each respect by itself."""

        def share() -> float:
            return rng.choice((0.0, 0.0, 0.02, 0.1, 0.3))

        return cls(share(), share(), share(), min(share(), 0.1), share() / 3, share() * 2)


@dataclass(eq=False)
class Instance:
    """A run of a function in a thread of its own."""

    world: World
    run: Callable[[Instance], object]
    wakes_at: float
    ends_at: float
    apart: float
    works_on: str = ""
    error: BaseException | None = None
    result: object = None
    did: int = 0
    """How many effects that cannot be looked up it had."""
    settled: bool = False
    """Whether it wrote down that the work is done."""
    went_wrong_after: bool = False
    """Whether something went wrong after the first effect."""
    over: bool = False
    baton: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))

    def clock(self) -> float:
        return self.world.now + self.apart

    def sleep(self, seconds: float) -> None:
        """Hand over, and go on so much later; a function that has no time left dies."""
        self.wakes_at = self.world.now + seconds
        self.world.baton.release()
        self.baton.acquire()
        if self.world.now >= self.ends_at:
            self.went_wrong_after |= self.did > 0
            raise KilledError

    def begin(self) -> None:
        def whole() -> None:
            self.baton.acquire()
            try:
                self.result = self.run(self)
            except BaseException as error:  # noqa: BLE001 - deaths as well
                self.error = error
            self.over = True
            self.world.baton.release()

        threading.Thread(target=whole, daemon=True).start()


class World:
    """AWS as a trial's instances see it."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)  # noqa: S311 - a seed
        random.seed(seed)  # the functions' own jitter
        self.now = START
        self.weather = Weather.of(self.rng)
        self.outage: tuple[str, float, float] | None = None
        self.calls: Counter[str] = Counter()
        self.baton = threading.Semaphore(0)
        self.current: Instance | None = None
        self._instances: list[Instance] = []
        self._later: list[tuple[float, Callable[[], object]]] = []
        self.dynamodb = SmallDynamoDb()
        self.jobs: list[dict[str, Any]] = []
        self.published: list[str] = []
        self.written: list[str] = []
        self.objects: dict[str, bytes] = {}
        self.set_aside: list[dict[str, Any]] = []
        self.queue: dict[str, Any] = {
            "jobQueueName": "nightly",
            "jobQueueArn": "arn:aws:batch:us-east-1:123456789012:job-queue/nightly",
            "state": "ENABLED",
            "tags": {},
        }

    # -- instances and time

    def start(
        self,
        run: Callable[[Instance], object],
        *,
        seconds: float,
        after: float = 0.0,
        works_on: str = "",
    ) -> Instance:
        """Begin a run of a function that Lambda ends after so many seconds."""
        at = self.now + after
        half = CLOCKS_APART_SECONDS / 2
        one = Instance(self, run, at, at + seconds, self.rng.uniform(-half, half), works_on)
        self._instances.append(one)
        one.begin()
        return one

    def at(self, when: float, what: Callable[[], object]) -> None:
        """Do something at a time, between two instructions of whoever runs."""
        self._later.append((when, what))

    def run(self, until: Callable[[], bool] = lambda: False) -> None:
        """Let the instances run, each as it is woken, until all are over."""
        while (self._instances or self._later) and not until():
            soonest = min(
                [one.wakes_at for one in self._instances] + [when for when, _ in self._later]
            )
            self.now = max(self.now, soonest)
            due = [each for each in self._later if each[0] <= self.now]
            if due:
                self._later.remove(due[0])
                due[0][1]()
                continue
            one = self.rng.choice([one for one in self._instances if one.wakes_at <= self.now])
            self.current = one
            one.baton.release()
            self.baton.acquire()
            self.current = None
            if one.over:
                self._instances.remove(one)

    def clear_up(self) -> None:
        """Let nothing go wrong any more."""
        self.weather = Weather()
        self.outage = None

    # -- calls

    def client(self, service: str, *, patient: bool) -> Any:
        """Return a client of a service, which repeats what fails or does not."""
        return _Client(self, service, patient)

    def call(self, service: str, operation: str, request: dict[str, Any], *, patient: bool) -> Any:
        attempts = PATIENT_ATTEMPTS if patient else 1
        for attempt in range(1, attempts + 1):
            try:
                return self._call_once(service, operation, request)
            except (ClientError, ReadTimeoutError, EndpointConnectionError) as error:
                if attempt == attempts or not _is_repeated(error):
                    raise
                self._me().sleep(self.rng.uniform(0, min(_SLOWEST_PATIENT_PAUSE, 2**attempt)))
        raise AssertionError

    def _me(self) -> Instance:
        assert self.current is not None
        return self.current

    def _call_once(self, service: str, operation: str, request: dict[str, Any]) -> Any:
        self.calls[f"{service}:{operation}"] += 1
        me = self._me()
        me.sleep(self._takes())
        self._goes_wrong_before(service, operation, request, me)
        answer = getattr(self, f"_{service}_{operation}")(request)
        me.did += service in _NOT_LOOKED_UP
        me.settled |= _settles(request)
        me.sleep(self._takes())
        if self._happens(self.weather.kill / 2):
            self._die(me)
        if self._happens(self.weather.error_after):
            me.went_wrong_after |= me.did > 0
            if self._happens(1 / 2):
                raise ReadTimeoutError(endpoint_url=service)
            raise refused(operation, 503, "ServiceUnavailable")
        return answer

    def _goes_wrong_before(
        self, service: str, operation: str, request: dict[str, Any], me: Instance
    ) -> None:
        if self.outage is not None and self.outage[0] == service:
            _, begins, ends = self.outage
            if begins <= self.now < ends:
                raise refused(operation, 400, "AuthorizationError")
        if self._happens(self.weather.kill / 2):
            if self._happens(1 / 2):  # the request has left
                self._land_later(service, operation, request, me)
            self._die(me)
        if self._happens(self.weather.throttle):
            raise refused(operation, 429, "TooManyRequestsException")
        if self._happens(self.weather.no_connection):
            raise EndpointConnectionError(endpoint_url=service)
        if self._happens(self.weather.error_before):
            raise refused(operation, 500, "InternalServerError")
        if self._happens(self.weather.error_after / 4):
            me.went_wrong_after |= service in _NOT_LOOKED_UP or me.did > 0
            self._land_later(service, operation, request, me)
            me.sleep(1)
            raise ReadTimeoutError(endpoint_url=service)

    def _happens(self, share: float) -> bool:
        return self.rng.random() < share

    def _land_later(
        self, service: str, operation: str, request: dict[str, Any], me: Instance
    ) -> None:
        """Let a call take effect when its caller has given up, or is dead."""
        when = self.now + self.rng.uniform(0, CALL_SECONDS - 1)
        self.at(when, lambda: self._lands(service, operation, request, me))

    def _lands(self, service: str, operation: str, request: dict[str, Any], me: Instance) -> None:
        me.did += service in _NOT_LOOKED_UP
        me.went_wrong_after |= me.did > 0
        try:
            getattr(self, f"_{service}_{operation}")(request)
        except ClientError:
            return
        me.settled |= _settles(request)

    def _die(self, me: Instance) -> None:
        me.went_wrong_after |= me.did > 0
        raise KilledError

    def _takes(self) -> float:
        if self._happens(self.weather.slow):
            return self.rng.uniform(1, CALL_SECONDS / 2)
        return self.rng.choice((0.01, 0.02, 0.05, 0.3, 2.0))

    # -- services

    def _dynamodb_update_item(self, request: dict[str, Any]) -> Any:
        return self.dynamodb.update_item(**request)

    def _dynamodb_get_item(self, request: dict[str, Any]) -> Any:
        return self.dynamodb.get_item(**request)

    def _dynamodb_query(self, request: dict[str, Any]) -> Any:
        return self.dynamodb.query(**request)

    def _dynamodb_transact_write_items(self, request: dict[str, Any]) -> Any:
        if self.rng.random() < self.weather.throttle / 2:
            raise cancelled("None", self.rng.choice(("TransactionConflict", "ThrottlingError")))
        return self.dynamodb.transact_write_items(**request)

    def _batch_submit_job(self, request: dict[str, Any]) -> Any:
        job = {
            **request,
            "jobId": f"job-{len(self.jobs)}",
            "listed": self.now + self.rng.choice((0, 1, LISTED_SECONDS - 5)),
            "at": self.now,
        }
        self.jobs.append(job)
        return {"jobId": job["jobId"], "jobName": job["jobName"]}

    def _batch_list_jobs(self, request: dict[str, Any]) -> Any:
        (wanted,) = request["filters"][0]["values"]
        found = [
            {"jobId": job["jobId"], "jobName": job["jobName"]}
            for job in reversed(self.jobs)
            if job["listed"] <= self.now
            and (
                job["jobName"].lower().startswith(wanted[:-1].lower())
                if wanted.endswith("*")
                else job["jobName"].lower() == wanted.lower()
            )
        ]
        return {"jobSummaryList": found}

    def _batch_describe_jobs(self, request: dict[str, Any]) -> Any:
        return {"jobs": [job for job in self.jobs if job["jobId"] in request["jobs"]]}

    def _batch_describe_job_queues(self, request: dict[str, Any]) -> Any:
        return {"jobQueues": [{**self.queue, "tags": dict(self.queue["tags"])}] * bool(request)}

    def _batch_tag_resource(self, request: dict[str, Any]) -> Any:
        self.queue["tags"].update(request["tags"])

    def _batch_untag_resource(self, request: dict[str, Any]) -> Any:
        for key in request["tagKeys"]:
            self.queue["tags"].pop(key, None)

    def _batch_update_job_queue(self, request: dict[str, Any]) -> Any:
        self.queue["state"] = request["state"]

    def _cloudwatch_get_metric_data(self, request: dict[str, Any]) -> Any:
        """Answer 10 vCPUs in use, all the time."""
        step = timedelta(seconds=request["MetricDataQueries"][0]["MetricStat"]["Period"])
        times = [request["StartTime"]]
        while times[-1] + step < request["EndTime"]:
            times.append(times[-1] + step)
        result = {"Id": "queue0", "Timestamps": times, "Values": [10.0] * len(times)}
        return {"MetricDataResults": [result]}

    def _sns_publish(self, request: dict[str, Any]) -> Any:
        self.published.append(request["Message"])
        return {"MessageId": str(len(self.published))}

    def _s3_put_object(self, request: dict[str, Any]) -> Any:
        self.objects[request["Key"]] = request["Body"]
        return {}

    def _sqs_send_message_batch(self, request: dict[str, Any]) -> Any:
        self.set_aside += request["Entries"]
        return {"Successful": request["Entries"], "Failed": []}


_NOT_LOOKED_UP = ("sns",)


def _settles(request: dict[str, Any]) -> bool:
    return ":result" in request.get("ExpressionAttributeValues", {})


class _Client:
    def __init__(self, world: World, service: str, patient: bool) -> None:  # noqa: FBT001 - here alone
        self._world, self._service, self._patient = world, service, patient

    def __getattr__(self, operation: str) -> Callable[..., Any]:
        return lambda **request: self._world.call(
            self._service, operation, request, patient=self._patient
        )

    def get_paginator(self, operation: str) -> Any:
        return _Paginator(getattr(self, operation))


@dataclass
class _Paginator:
    call: Callable[..., Any]

    def paginate(self, **request: Any) -> Any:
        yield self.call(**request)


def refused(operation: str, status: int, code: str) -> ClientError:
    said = {
        "Error": {"Code": code, "Message": code},
        "ResponseMetadata": {"HTTPStatusCode": status},
    }
    return ClientError(said, operation)


def cancelled(*reasons: str) -> ClientError:
    said = {
        "Error": {"Code": "TransactionCanceledException", "Message": f"[{', '.join(reasons)}]"},
        "ResponseMetadata": {"HTTPStatusCode": 400},
        "CancellationReasons": [{"Code": reason} for reason in reasons],
    }
    return ClientError(said, "TransactWriteItems")


def _is_repeated(error: Exception) -> bool:
    """Whether the SDK's standard mode tries again."""
    if not isinstance(error, ClientError):
        return True
    status = error.response["ResponseMetadata"]["HTTPStatusCode"]
    return status in (429, 500, 503)


# -- Lambda, invoked asynchronously


@dataclass
class Delivery:
    """An event on its way to a function: two retries, then the dead-letter queue."""

    world: World
    work: Callable[[Instance, Any, str], object]
    event: Any
    name: str
    request_id: str
    seconds: float
    dead_letters: list[Delivery]
    attempts_left: int = 3
    runs: list[Instance] = field(default_factory=list)

    def begin(self, after: float) -> None:
        self.attempts_left -= 1
        attempt = 3 - self.attempts_left

        def run(me: Instance) -> object:
            try:
                return self.work(me, self.event, self.request_id)
            except BaseException:
                self._failed(attempt)
                raise

        self.runs.append(
            self.world.start(run, seconds=self.seconds, after=after, works_on=self.name)
        )

    def _failed(self, attempt: int) -> None:
        """Lambda tries again after one minute, then after two more."""
        if self.attempts_left:
            self.world.at(self.world.now, lambda: self.begin(60.0 * attempt))
        else:
            self.dead_letters.append(self)


def play(
    world: World,
    events: dict[str, Any],
    work: Callable[[Instance, Any, str], object],
    *,
    seconds: float,
) -> list[Delivery]:
    """Deliver events once or more, then mend everything and redrive the dead letters."""
    dead: list[Delivery] = []
    every: list[Delivery] = []

    def deliver(name: str, event: Any, after: float) -> None:
        request_id = f"request-{len(every)}"
        one = Delivery(world, work, event, name, request_id, seconds, dead)
        every.append(one)
        one.begin(after)

    for name, event in events.items():
        for _ in range(world.rng.choice((1, 2, 2, 3))):
            deliver(name, event, world.rng.choice((0.0, 0.0, 0.5, 5.0, 61.0, 200.0)))
    world.run()
    for round_ in range(6):
        if round_:
            world.clear_up()
        letters, dead[:] = list(dead), []
        for letter in letters:
            note = {
                "requestContext": {"requestId": letter.request_id},
                "requestPayload": letter.event,
            }
            deliver(letter.name, note, world.rng.choice((0.0, 600.0)))
        world.run()
    assert not dead
    return every
