"""An AWS for the functions' tests: moto, a small Batch of our own, counted calls, injected faults.

The Batch answers at botocore's edge, so that real requests are signed, sent, parsed and refused.
"""

from __future__ import annotations

import json
import random
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from uuid import UUID

import boto3
from botocore import xform_name
from botocore.awsrequest import AWSResponse
from botocore.exceptions import ClientError, ReadTimeoutError
from moto.core.config import default_user_config

from tests.functions.small_dynamodb import SmallDynamoDb

if TYPE_CHECKING:
    from collections.abc import Callable

REGION = "us-east-1"


class KilledError(BaseException):
    """The function's process is gone, between two instructions."""


class Raw:
    """The bytes of an answer."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    def stream(self, **_: object) -> list[bytes]:
        return [self._body]


def answer(status: int, body: dict[str, Any], *, error: str | None = None) -> Any:
    headers = {"content-type": "application/json"}
    if error is not None:
        headers["x-amzn-errortype"] = error
    return AWSResponse("https://batch", status, headers, Raw(json.dumps(body).encode()))


@dataclass
class Clock:
    """Time that passes when somebody sleeps, and a little with every call."""

    now: float = 1_800_000_000.0
    slept: float = 0.0
    call_seconds: float = 0.02

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        self.slept += seconds


@dataclass
class BatchInProcess:
    """Jobs by name, as SubmitJob and ListJobs see them."""

    jobs: list[dict[str, Any]] = field(default_factory=list)

    script: dict[str, Callable[[dict[str, Any]], Any]] = field(default_factory=dict)
    """Operation → what answers it, where a test wants its own answer."""

    def call(self, operation: str, body: dict[str, Any]) -> Any:
        if operation in self.script:
            return self.script[operation](body)
        return getattr(self, operation)(body)

    def SubmitJob(self, body: dict[str, Any]) -> Any:  # noqa: N802 - the operation's name
        job_id = str(UUID(int=len(self.jobs) + 1))
        self.jobs.append({**body, "jobId": job_id})
        return answer(200, {"jobName": body["jobName"], "jobId": job_id})

    def DescribeJobQueues(self, body: dict[str, Any]) -> Any:  # noqa: N802 - as above
        """Describe queues, of which those that are called fair-… have a scheduling policy."""
        queues = [
            {
                "jobQueueName": name,
                **({"schedulingPolicyArn": "policy"} if name.startswith("fair-") else {}),
            }
            for name in body["jobQueues"]
            if name != "nowhere"
        ]
        return answer(200, {"jobQueues": queues})

    def DescribeJobs(self, body: dict[str, Any]) -> Any:  # noqa: N802 - as above
        found = [
            {**job, "status": "RUNNABLE", "container": job.get("containerOverrides", {})}
            for job in self.jobs
            if job["jobId"] in body["jobs"]
        ]
        return answer(200, {"jobs": found})

    def ListJobs(self, body: dict[str, Any]) -> Any:  # noqa: N802 - the operation's name
        (value,) = body["filters"][0]["values"]
        found = [
            {"jobId": job["jobId"], "jobName": job["jobName"]}
            for job in self.jobs
            if job["jobQueue"] == body["jobQueue"]
            and (
                job["jobName"].startswith(value[:-1])
                if value[-1] == "*"
                else job["jobName"] == value
            )
        ]
        at = int(body.get("nextToken", 0))
        page: dict[str, Any] = {"jobSummaryList": found[at : at + 100]}
        if len(found) > at + 100:
            page["nextToken"] = str(at + 100)
        return answer(200, page)


@dataclass
class Faults:
    """What goes wrong, and how often."""

    throttle: float = 0.0
    """Share of SubmitJob calls answered 429."""

    lose_answer: float = 0.0
    """Share of SubmitJob calls that reach Batch and whose answer gets lost."""

    kill: float = 0.0
    """Share of calls before or after which the function dies."""

    refuse: Callable[[dict[str, Any]], str | None] = lambda _: None
    random: random.Random = field(default_factory=lambda: random.Random(7))  # noqa: S311 - a seed


class Aws:
    """The whole of it, hooked into boto3's default session."""

    def __init__(self) -> None:
        self.batch = BatchInProcess()
        self.faults = Faults()
        self.calls: Counter[str] = Counter()
        self.clock = Clock()
        self.before: list[Callable[[str], None]] = []
        self._dynamodb: SmallDynamoDb | None = None
        events = boto3.DEFAULT_SESSION._session.get_component("event_emitter")
        events.register_first("before-send.*.*", self._before_send)
        events.register_last("after-call.*.*", self._after_call)

    def has_a_quick_dynamodb(self) -> None:
        """Let tables be those of the trials, for tests with many calls: moto takes long."""
        self._dynamodb = SmallDynamoDb(late=lambda: False)
        default_user_config["core"]["passthrough"]["services"].append("dynamodb")

    def _dies(self) -> bool:
        return self.faults.kill > 0 and self.faults.random.random() < self.faults.kill / 2

    def _before_send(self, request: Any, event_name: str, **_ignored: object) -> Any:
        _, service, operation = event_name.split(".")
        self.calls[f"{service}:{operation}"] += 1
        self.clock.now += self.clock.call_seconds
        for each in self.before:
            each(f"{service}:{operation}")
        if self._dies():
            raise KilledError
        if service == "dynamodb" and self._dynamodb is not None:
            return _to_dynamodb(self._dynamodb, operation, json.loads(request.body))
        return self._to_batch(operation, json.loads(request.body)) if service == "batch" else None

    def _after_call(self, **_: object) -> None:
        if self._dies():
            raise KilledError

    def _to_batch(self, operation: str, body: dict[str, Any]) -> Any:
        if operation == "SubmitJob":
            if self.faults.random.random() < self.faults.throttle:
                return answer(
                    429, {"message": "Too Many Requests"}, error="TooManyRequestsException"
                )
            refused = self.faults.refuse(body)
            if refused is not None:
                code = "AccessDeniedException" if "authorized" in refused else "ClientException"
                return answer(
                    403 if "authorized" in refused else 400, {"message": refused}, error=code
                )
        result = self.batch.call(operation, body)
        if operation == "SubmitJob" and self.faults.random.random() < self.faults.lose_answer:
            raise ReadTimeoutError(endpoint_url="https://batch")
        return result


def _to_dynamodb(table: SmallDynamoDb, operation: str, body: dict[str, Any]) -> Any:
    body.pop("ClientRequestToken", None)  # botocore's own, a new one for each call
    try:
        return answer(200, getattr(table, xform_name(operation))(**body))
    except ClientError as error:
        reasons = error.response.get("CancellationReasons")
        said = {"__type": error.response["Error"]["Code"], "CancellationReasons": reasons}
        return answer(400, said)


def messages_in(url: str) -> list[dict[str, Any]]:
    """Take everything out of an SQS queue."""
    sqs = boto3.client("sqs", region_name=REGION)
    found: list[dict[str, Any]] = []
    while True:
        page = sqs.receive_message(
            QueueUrl=url, MaxNumberOfMessages=10, MessageAttributeNames=["All"]
        ).get("Messages", [])
        if not page:
            return found
        found += page
