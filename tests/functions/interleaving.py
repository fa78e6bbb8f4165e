"""Instances of a function, interleaved at every call to AWS, on a clock of their own.

A trial is decided by its seed. Each instance is a thread, of which one runs at a time: before and
after each call takes effect, and whenever it sleeps, it is drawn who goes on. There a call is
throttled, for once or for a while, refused, fails before it did anything or after, loses its
answer, or takes effect after its caller gave up; a service is down for long, in each of these ways;
an instance dies; lists and reads that are not consistent are late; clocks are up to 30 seconds
apart. ``met`` counts what happened, so that a test can say that nothing was left out.
"""

from __future__ import annotations

import _thread
import json
import random
import sys
import threading
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectionClosedError,
    EndpointConnectionError,
    ReadTimeoutError,
)

from batch_constructs.functions.claims.effect import NotDoneError, UnsureError
from batch_constructs.functions.claims.rows import HeldError
from batch_constructs.functions.submission.waiting import NotYetError
from tests.functions.aws_in_process import KilledError
from tests.functions.small_dynamodb import SmallDynamoDb

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_T = TypeVar("_T")
START = 1_800_000_000.0
CALL_SECONDS, LISTED_SECONDS, CLOCKS_APART_SECONDS = 15.0, 60.0, 30.0
"""What docs/failures.md says of the world; the functions have numbers of their own."""
PATIENT_ATTEMPTS = 4
QUEUE = "arn:aws:batch:us-east-1:123456789012:job-queue/nightly"
ENVIRONMENT = "arn:aws:batch:us-east-1:123456789012:compute-environment/fleet"
CLUSTER = "arn:aws:ecs:us-east-1:123456789012:cluster/fleet"
_SLOWEST_PATIENT_PAUSE = 20.0
_NEVER = float("inf")


DISTURBANCES = (
    "death",
    "error before",
    "error after",
    "throttling",
    "lost answer",
    "late list",
    "clocks apart",
    "redelivery",
)
"""What goes wrong, as ``World.met`` counts it; ``late list``: of a job that is there already."""

OUTAGES = ("denied", "throttled", "unreachable", "fails before", "fails after", "loses answers")
"""How a service is down; ``World.met`` counts ``down: denied`` and so on."""


@dataclass
class Weather:
    """How often what goes wrong, a call."""

    error_before: float = 0.0
    error_after: float = 0.0
    throttle: float = 0.0
    kill: float = 0.0
    no_connection: float = 0.0
    slow: float = 0.0
    redelivery: float = 0.0
    dies_at: int = 0
    """The one call at which an instance dies, though all else is well; 0 for none."""

    @classmethod
    def of(cls, rng: random.Random) -> Weather:
        """Draw a trial's weather: fine, rough or terrible, in each respect by itself."""
        if rng.random() < 1 / 5:
            return cls(dies_at=rng.randint(1, 12))

        def share() -> float:
            return rng.choice((0.0, 0.0, 0.02, 0.1, 0.3))

        return cls(
            error_before=share(),
            error_after=share(),
            throttle=share(),
            kill=min(share(), 0.1),
            no_connection=share() / 3,
            slow=share() * 2,
            redelivery=share(),
        )


@dataclass(frozen=True)
class Outage:
    """A service that is down for a while."""

    service: str
    begins: float
    ends: float
    how: str


def _baton() -> threading.Lock:
    """Return what whoever waits for it gets when somebody releases it."""
    baton = threading.Lock()
    baton.acquire()
    return baton


class _Runner:
    """A thread that runs one instance after another: a new one costs as much as ten calls."""

    _idle: ClassVar[list[_Runner]] = []

    def __init__(self) -> None:
        self.baton = _baton()
        self._work: Callable[[], None]
        _thread.start_new_thread(self._run, ())

    @classmethod
    def of(cls, work: Callable[[], None]) -> _Runner:
        """Return one that begins this when its baton is released."""
        runner = cls._idle.pop() if cls._idle else cls()
        runner._work = work
        return runner

    def _run(self) -> None:
        while True:
            self.baton.acquire()
            sys.setprofile(threading.getprofile())
            self._work()
            self._idle.append(self)


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
    unsure: bool = False
    """Whether nobody can tell what it did: only then its claims outlast it."""
    dead: bool = False
    """Whether it was killed: what it would do as it goes down is not done."""
    began_at: float = float("inf")
    over_at: float = float("inf")
    over: bool = False
    baton: threading.Lock = field(init=False)

    def clock(self) -> float:
        return self.world.now + self.apart

    def sleep(self, seconds: float) -> None:
        """Hand over, and go on so much later; a function that has no time left dies."""
        self.wakes_at = self.world.now + seconds
        self.world.hand_over(self)
        if self.world.now >= self.ends_at:
            self.unsure = True
            self.went_wrong_after |= self.did > 0
            raise KilledError

    def begin(self) -> None:
        def whole() -> None:
            self.began_at = self.world.now
            self.world.meet_with_clocks_apart(self)
            try:
                self.result = self.run(self)
            except BaseException as error:  # noqa: BLE001 - deaths as well
                self.error = error
                self.world.look_at(self, error)
            self.over, self.over_at = True, self.world.now
            self.world.baton.release()

        self.baton = _Runner.of(whole).baton


class World:
    """AWS as a trial's instances see it."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)  # noqa: S311 - a seed
        self._random, self._bits = self.rng.random, self.rng.getrandbits
        random.seed(seed)  # the functions' own jitter
        self.now = START
        self.weather = Weather.of(self.rng)
        self.outages: list[Outage] = []
        self.calls: Counter[str] = Counter()
        self.met: Counter[str] = Counter()
        self.wrong: list[str] = []
        """What a function did that it must not, found on the way."""
        self.baton = _baton()
        self.current: Instance | None = None
        self._instances: list[Instance] = []
        self._all: list[Instance] = []
        self._later: list[tuple[float, Callable[[], object]]] = []
        self._due = _NEVER
        self._throttled_until: dict[str, float] = {}
        self.dynamodb = SmallDynamoDb(late=lambda: self.rng.random() < 1 / 2)
        self.jobs: list[dict[str, Any]] = []
        self.ended: list[dict[str, Any]] = []
        """Jobs that others submitted and that ended, as AWS Batch describes them."""
        self.published: list[str] = []
        self.written: list[str] = []
        self.objects: dict[str, bytes] = {}
        self.set_aside: list[dict[str, Any]] = []
        self.queues: dict[str, dict[str, Any]] = {
            arn: {
                "jobQueueName": arn.rpartition("/")[2],
                "jobQueueArn": arn,
                "state": "ENABLED",
                "computeEnvironmentOrder": [{"order": 1, "computeEnvironment": ENVIRONMENT}],
                "tags": {},
            }
            for arn in (QUEUE, f"{QUEUE}2")
        }
        self.silences: dict[str, tuple[datetime, datetime]] = {}
        """The queues whose gauges say nothing, from when until when."""
        self.environment: dict[str, Any] = {
            "max_vcpus": 64,
            "desired_vcpus": 0,
            "state": "ENABLED",
            "tags": {},
            "cluster_from": 0.0,
            "cluster_tags": {},
        }

    def held_back(self) -> tuple[set[str], int]:
        """Return the states of the queues, and how large the environment may become now."""
        states = {queue["state"] for queue in self.queues.values()}
        is_on = self.environment["state"] == "ENABLED"
        return states, self.environment["max_vcpus"] if is_on else 0

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
        apart = self.rng.choice((-half, half, self.rng.uniform(-half, half)))
        one = Instance(self, run, at, at + seconds, apart, works_on)
        self._instances.append(one)
        self._all.append(one)
        one.begin()
        return one

    def at(self, when: float, what: Callable[[], object]) -> None:
        """Do something at a time, between two instructions of whoever runs."""
        self._later.append((when, what))
        self._due = min(self._due, when)

    def run(self) -> None:
        """Let the instances run, each as it is woken, until all are over."""
        while self._instances or self._later:
            self.current = self._next()
            if self.current is None:
                due = next(each for each in self._later if each[0] <= self.now)
                self._later.remove(due)
                self._due = min([when for when, _ in self._later], default=_NEVER)
                due[1]()
                continue
            self.current.baton.release()
            self.baton.acquire()
            if self.current.over:
                self._instances.remove(self.current)
            self.current = None

    def _next(self) -> Instance | None:
        """Draw who goes on, and let it be that time; nobody where something else is due."""
        wakes = min([one.wakes_at for one in self._instances], default=_NEVER)
        self.now = now = max(self.now, min(wakes, self._due))
        if self._due <= now:
            return None
        return self._drawn([one for one in self._instances if one.wakes_at <= now])

    def _drawn(self, of: Sequence[_T]) -> _T:
        """Do as ``rng.choice``, which takes twice the time: it is asked three times a call."""
        many = len(of)
        bits, drawn = many.bit_length(), many
        while drawn >= many:
            drawn = self._bits(bits)
        return of[drawn]

    def hand_over(self, me: Instance) -> None:
        """Let the next one go on, perhaps the same: to change threads costs more than a call."""
        following = self._next()
        if following is me:
            return
        if following is None:
            self.baton.release()
        else:
            self.current = following
            following.baton.release()
        me.baton.acquire()

    def clear_up(self) -> None:
        """Let nothing go wrong any more."""
        self.weather = Weather()
        self.outages.clear()
        self._throttled_until.clear()

    def trouble(self, *services: str) -> None:
        """In every other trial one of the services is down, for a minute up to an hour."""
        if self.rng.random() < 1 / 2:
            begins = self.now + self.rng.choice((0, 0, 3, 60))
            ends = begins + self.rng.choice((60, 600, 3600))
            outage = Outage(self.rng.choice(services), begins, ends, self.rng.choice(OUTAGES))
            self.outages.append(outage)

    def meet_with_clocks_apart(self, one: Instance) -> None:
        """Note that two who work on the same have clocks that are far apart."""
        self.met["clocks apart"] += any(
            abs(other.apart - one.apart) > CLOCKS_APART_SECONDS - 1
            for other in self._all
            if other.began_at < float("inf") and other.works_on == one.works_on
        )

    def look_at(self, one: Instance, error: BaseException) -> None:
        """Note what no run may end with: an error of its own, or a claim that nobody can have."""
        if not isinstance(error, _ENDS_WITH):
            self.wrong.append(f"{type(error).__name__}: {error}")
        may_hold = any(
            # itself as well: it may have failed to release what it tries again
            other.unsure
            or (other is not one and other.began_at <= self.now and other.over_at >= one.began_at)
            for other in self._all
            if other.works_on == one.works_on
        )
        if isinstance(error, HeldError) and not may_hold:
            self.wrong.append(f"{one.works_on} is held by nobody")

    # -- calls

    def client(self, service: str, *, patient: bool) -> Any:
        """Return a client of a service, which repeats what fails or does not."""
        return _Client(self, service, patient)

    def call(self, service: str, operation: str, request: dict[str, Any], *, patient: bool) -> Any:
        attempts = PATIENT_ATTEMPTS if patient else 1
        for attempt in range(1, attempts + 1):
            try:
                return self._call_once(service, operation, request)
            except (BotoCoreError, ClientError) as error:
                if attempt == attempts or not _is_repeated(error):
                    # a claim may be taken and cannot be released, or must not be since somebody
                    # has perhaps done the work and nobody could look
                    me = self.me()
                    me.unsure |= service == "dynamodb" and not _is_fenced(error)
                    me.unsure |= operation == "list_jobs" or not _is_sure(error)
                    me.went_wrong_after |= me.did > 0 and not _is_fenced(error)
                    raise
                self.me().sleep(self.rng.uniform(0, min(_SLOWEST_PATIENT_PAUSE, 2**attempt)))
        raise AssertionError

    def me(self) -> Instance:
        """Return the instance that runs."""
        assert self.current is not None
        return self.current

    def _call_once(self, service: str, operation: str, request: dict[str, Any]) -> Any:
        self.calls[f"{service}:{operation}"] += 1
        me = self.me()
        if me.dead:
            raise KilledError
        me.sleep(self._takes())
        down = self._down(service)
        self._goes_wrong_before(service, operation, request, me, down)
        answer = getattr(self, f"_{service}_{operation}")(request)
        me.did += service in _NOT_LOOKED_UP
        me.settled |= _settles(request)
        me.sleep(self._takes())
        if self._dies_now(f"{service}:{operation}"):
            self._die(me, f"after {operation}")
        fails, loses = down == "fails after", down == "loses answers"
        if fails or loses or self._happens(self.weather.error_after):
            me.unsure = True
            me.went_wrong_after |= me.did > 0
            if loses or (not fails and self._happens(1 / 2)):
                self.met["lost answer"] += 1
                raise self.rng.choice((ReadTimeoutError, ConnectionClosedError))(
                    endpoint_url=service
                )
            self.met["error after"] += 1
            raise refused(operation, 503, "ServiceUnavailable")
        return answer

    def _down(self, service: str) -> str | None:
        for outage in self.outages:
            if outage.service == service and outage.begins <= self.now < outage.ends:
                self.met[f"down: {outage.how}"] += 1
                return outage.how
        return None

    def _goes_wrong_before(
        self,
        service: str,
        operation: str,
        request: dict[str, Any],
        me: Instance,
        down: str | None,
    ) -> None:
        if down == "denied":
            raise refused(operation, 403, "AuthorizationError")
        if self._dies_now(f"{service}:{operation}"):
            if self._happens(1 / 2):  # the request has left
                self._land_later(service, operation, request, me)
            self._die(me, f"before {operation}")
        if down == "throttled" or self._is_throttled(service):
            self.met["throttling"] += 1
            raise refused(operation, 429, "TooManyRequestsException")
        if down == "unreachable" or self._happens(self.weather.no_connection):
            raise EndpointConnectionError(endpoint_url=service)
        if down == "fails before" or self._happens(self.weather.error_before):
            self.met["error before"] += 1
            if self._happens(1 / 4):
                raise ConnectionClosedError(endpoint_url=service)
            raise refused(operation, 500, "InternalServerError")
        if self._happens(self.weather.error_after / 4):
            self.met["lost answer"] += 1
            me.went_wrong_after |= service in _NOT_LOOKED_UP or me.did > 0
            self._land_later(service, operation, request, me)
            me.sleep(1)
            raise ReadTimeoutError(endpoint_url=service)

    def _is_throttled(self, service: str) -> bool:
        """Throttle a call, and often those that follow for a while."""
        if self.now < self._throttled_until.get(service, 0.0):
            return True
        throttled = self._happens(self.weather.throttle)
        if throttled and self._happens(1 / 4):
            self._throttled_until[service] = self.now + self.rng.uniform(1, 40)
        return throttled

    def _dies_now(self, call: str) -> bool:
        """Say whether an instance dies before or after a call, the first of a kind more often."""
        if self.weather.dies_at:
            self.weather.dies_at -= 1
            return self.weather.dies_at == 0
        return self._happens(self.weather.kill * (3 if self.calls[call] == 1 else 1 / 2))

    def _happens(self, share: float) -> bool:
        return self._random() < share

    def _land_later(
        self, service: str, operation: str, request: dict[str, Any], me: Instance
    ) -> None:
        """Let a call take effect when its caller has given up, or is dead."""
        me.unsure = True
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

    def _die(self, me: Instance, when: str) -> None:
        self.met["death"] += 1
        self.met[f"death {when}"] += 1
        me.dead = True
        me.unsure = True
        me.went_wrong_after |= me.did > 0
        raise KilledError

    def _takes(self) -> float:
        if self._random() < self.weather.slow:
            return self.rng.uniform(1, CALL_SECONDS / 2)
        return self._drawn((0.01, 0.02, 0.05, 0.3, 2.0))

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
        self.met["late list"] += job["listed"] > self.now + 1
        return {"jobId": job["jobId"], "jobName": job["jobName"]}

    def _batch_list_jobs(self, request: dict[str, Any]) -> Any:
        if "filters" not in request:
            return {"jobSummaryList": []}
        (wanted,) = request["filters"][0]["values"]
        there = [
            job
            for job in reversed(self.jobs)
            if (
                job["jobName"].lower().startswith(wanted[:-1].lower())
                if wanted.endswith("*")
                else job["jobName"].lower() == wanted.lower()
            )
        ]
        found = [job for job in there if job["listed"] <= self.now]
        self.met["late list"] += len(found) < len(there)
        return {
            "jobSummaryList": [{"jobId": job["jobId"], "jobName": job["jobName"]} for job in found]
        }

    def _batch_describe_jobs(self, request: dict[str, Any]) -> Any:
        known = [*self.jobs, *self.ended]
        return {"jobs": [job for job in known if job["jobId"] in request["jobs"]]}

    def _batch_describe_job_queues(self, request: dict[str, Any]) -> Any:
        found = [self.queues[arn] for arn in request["jobQueues"]]
        return {"jobQueues": [{**queue, "tags": dict(queue["tags"])} for queue in found]}

    def _batch_describe_compute_environments(self, request: dict[str, Any]) -> Any:
        assert request["computeEnvironments"] == [ENVIRONMENT]
        found = {
            "computeEnvironmentName": "fleet",
            "computeEnvironmentArn": ENVIRONMENT,
            "state": self.environment["state"],
            "status": "CREATING",
            "computeResources": {
                "maxvCpus": self.environment["max_vcpus"],
                "minvCpus": 0,
                "desiredvCpus": self.environment["desired_vcpus"],
            },
            "tags": dict(self.environment["tags"]),
        }
        if self.now >= self.environment["cluster_from"]:
            found |= {"status": "VALID", "ecsClusterArn": CLUSTER}
        return {"computeEnvironments": [found]}

    def _batch_get_job_queue_snapshot(self, request: dict[str, Any]) -> Any:
        assert request["jobQueue"] in self.queues
        used = {"totalCapacityUsage": [{"capacityUnit": "VCPU", "quantity": 10.0}]}
        return {"queueUtilization": used}

    def _tags_of(self, arn: str) -> dict[str, str]:
        tags: dict[str, str] = self.queues.get(arn, self.environment)["tags"]
        return tags

    def _batch_tag_resource(self, request: dict[str, Any]) -> Any:
        self._tags_of(request["resourceArn"]).update(request["tags"])

    def _batch_untag_resource(self, request: dict[str, Any]) -> Any:
        for key in request["tagKeys"]:
            self._tags_of(request["resourceArn"]).pop(key, None)

    def _batch_update_job_queue(self, request: dict[str, Any]) -> Any:
        self.queues[request["jobQueue"]]["state"] = request["state"]

    def _batch_update_compute_environment(self, request: dict[str, Any]) -> Any:
        resources = request.get("computeResources", {})
        most = resources.get("maxvCpus", self.environment["max_vcpus"])
        assert most >= self.environment["desired_vcpus"], "AWS refuses it"
        self.environment["max_vcpus"] = most
        self.environment["state"] = request.get("state", self.environment["state"])

    def _ecs_tag_resource(self, request: dict[str, Any]) -> Any:
        self.environment["cluster_tags"] |= {tag["key"]: tag["value"] for tag in request["tags"]}

    def _cloudformation_answer(self, _: dict[str, Any]) -> Any:
        return None

    def _cloudwatch_get_metric_data(self, request: dict[str, Any]) -> Any:
        """Answer 10 vCPUs in use of each queue, but for hours in which its gauges are silent."""
        results = []
        for query in request["MetricDataQueries"]:
            metric = query["MetricStat"]
            (name,) = [each["Value"] for each in metric["Metric"]["Dimensions"]]
            begins, ends = self.silences.get(name, (request["EndTime"], request["EndTime"]))
            every = _times(request["StartTime"], request["EndTime"], metric["Period"])
            times = [at for at in every if not begins <= at < ends]
            results.append({"Id": query["Id"], "Timestamps": times, "Values": [10.0] * len(times)})
        return {"MetricDataResults": results}

    def _sns_publish(self, request: dict[str, Any]) -> Any:
        self.published.append(request["Message"])
        return {"MessageId": str(len(self.published))}

    def _s3_put_object(self, request: dict[str, Any]) -> Any:
        self.objects[request["Key"]] = request["Body"]
        return {}

    def _sqs_send_message_batch(self, request: dict[str, Any]) -> Any:
        self.set_aside += request["Entries"]
        return {"Successful": request["Entries"], "Failed": []}


@lru_cache(maxsize=16)
def _times(start: datetime, end: datetime, period: int) -> list[datetime]:
    """Return when each period begins."""
    step, times = timedelta(seconds=period), [start]
    while times[-1] + step < end:
        times.append(times[-1] + step)
    return times


_NOT_LOOKED_UP = ("sns",)
_ENDS_WITH = (
    BotoCoreError,
    ClientError,
    HeldError,
    KilledError,
    NotDoneError,
    NotYetError,
    RuntimeError,  # what a function says in its own words
    UnsureError,
)
"""What a run may end with; anything else is a fault of the function."""


def _settles(request: dict[str, Any]) -> bool:
    """Whether a holder writes down that its work is done."""
    return {":holder", ":result"} <= set(request.get("ExpressionAttributeValues", ()))


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
    status: int = error.response["ResponseMetadata"]["HTTPStatusCode"]
    return status in (429, 500, 503)


def _is_fenced(error: Exception) -> bool:
    """Whether somebody else holds what was to be written to."""
    if not isinstance(error, ClientError):
        return False
    code: str = error.response["Error"]["Code"]
    return code == "ConditionalCheckFailedException"


def _is_sure(error: Exception) -> bool:
    """Whether a call that failed so surely did nothing."""
    if isinstance(error, ClientError):
        status: int = error.response["ResponseMetadata"]["HTTPStatusCode"]
        return status < 500
    return isinstance(error, EndpointConnectionError)


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
    attempts: int
    begun: int = 0
    runs: list[Instance] = field(default_factory=list)

    def begin(self, after: float) -> None:
        self.begun += 1
        attempt = self.begun

        def run(me: Instance) -> object:
            try:
                told = self.work(me, self.event, self.request_id)
            except BaseException:
                self._failed(attempt)
                raise
            if isinstance(told, dict) and told["batchItemFailures"]:
                self._failed(attempt)  # of SQS, which is told so
            return told

        self.runs.append(
            self.world.start(run, seconds=self.seconds, after=after, works_on=self.name)
        )

    def _failed(self, attempt: int) -> None:
        """Lambda tries again after one minute, then after two more."""
        if attempt < self.attempts:
            self.world.at(self.world.now, lambda: self.begin(60.0 * attempt))
        else:
            self.dead_letters.append(self)


def play(
    world: World,
    events: dict[str, Any],
    work: Callable[[Instance, Any, str], object],
    *,
    seconds: float,
    attempts: int = 3,
) -> list[Delivery]:
    """Deliver events once or more, then mend everything and redrive the dead letters.

    EventBridge hands an event over again under another request ID, Lambda under the same.
    """
    dead: list[Delivery] = []
    every: list[Delivery] = []

    def deliver(name: str, event: Any, after: float, request_id: str | None = None) -> str:
        new = f"request-{len(every)}" if request_id is None else request_id
        one = Delivery(world, work, event, name, new, seconds, dead, attempts)
        every.append(one)
        one.begin(after)
        return new

    for name, event in events.items():
        request_id: str | None = None
        for number in range(world.rng.choice((1, 2, 2, 3))):
            world.met["redelivery"] += number > 0
            again = request_id if world.rng.random() < 1 / 2 else None
            after = world.rng.choice((0.0, 0.0, 0.5, 5.0, 61.0, 200.0))
            request_id = deliver(name, event, after, again)
    world.run()
    for round_ in range(6):
        if round_:
            world.clear_up()
        letters, dead[:] = list(dead), []
        for letter in letters:
            world.met["redriven"] += 1
            note: dict[str, Any] = {
                "requestContext": {"requestId": letter.request_id},
                "requestPayload": letter.event,
            }
            if world.rng.random() < 1 / 2 and "Records" not in letter.event:
                record = {"messageId": f"letter-{len(every)}", "body": json.dumps(note)}
                note = {"Records": [record]}
            elif "Records" in letter.event:
                note = letter.event  # it stayed in the queue
            deliver(letter.name, note, world.rng.choice((0.0, 600.0)))
        world.run()
    assert not dead, f"never handled: {sorted({letter.name for letter in dead})}"
    return every
