"""What single conditions of notifications, counters and the cost guard are there for."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError

from batch_constructs.functions.claims.effect import OutOfTimeError
from batch_constructs.functions.claims.invocation import Invocation
from batch_constructs.functions.claims.rows import Claims
from batch_constructs.functions.cost_guard.budget import Budget, Usage
from batch_constructs.functions.job_events.count import Counter, TooOldError
from batch_constructs.functions.job_events.notify import Notifier
from tests.functions.small_dynamodb import SmallDynamoDb
from tests.functions.trials import _event

NOW = datetime(2026, 11, 20, 2, tzinfo=UTC)
STEP = timedelta(minutes=5)


def invocation(seconds: float = 30) -> Invocation:
    return Invocation(deadline=1000 + seconds, clock=lambda: 1000.0, sleep=lambda _: None)


def claims() -> Claims:
    return Claims(dynamodb=SmallDynamoDb(), table="claims", clock=lambda: 1000.0)


class Silent:
    """A Batch that cannot be reached, and an SNS that can."""

    def __init__(self, error: Exception | None = None) -> None:
        self.error = EndpointConnectionError(endpoint_url="batch") if error is None else error
        self.asked = 0
        self.said: list[str] = []

    def list_jobs(self, **_: Any) -> Any:
        self.asked += 1
        raise self.error

    def publish(self, **request: Any) -> Any:
        self.said.append(request["Subject"])


@pytest.mark.parametrize("error", [None, TypeError("NoneType"), KeyError("jobSummaryList")])
def test_a_failed_array_is_told_though_its_children_cannot_be_named(
    error: Exception | None,
) -> None:
    """Nobody answers, or somebody else than AWS."""
    aws = Silent(error)
    notifier = Notifier(sns=aws, topic_arn="topic", claims=claims(), batch=aws)

    notifier.handle(_event("many", arrayProperties={"size": 3}), invocation())

    assert (aws.asked, len(aws.said)) == (1, 1)


@pytest.mark.parametrize(
    "event",
    [_event("one"), _event("many", status="SUCCEEDED", arrayProperties={"size": 3})],
    ids=["no array", "no failure"],
)
def test_batch_is_asked_for_failed_children_of_failed_arrays_alone(event: dict[str, Any]) -> None:
    aws = Silent()

    Notifier(sns=aws, topic_arn="topic", claims=claims(), batch=aws).handle(event, invocation())

    assert (aws.asked, len(aws.said)) == (0, 1)


def test_nothing_is_counted_after_the_deadline_and_anybody_may_count_it_at_once() -> None:
    written: list[str] = []
    counter = Counter(claims=claims(), namespace="Ours", count_by=[], write=written.append)
    with pytest.raises(OutOfTimeError):
        counter.handle(_event("one"), invocation(seconds=0))
    assert written == []

    counter.handle(_event("one"), invocation())

    assert len(written) == 1


def test_gpu_hours_are_a_metric_of_jobs_with_gpus() -> None:
    attempts = [{"startedAt": 0, "stoppedAt": 1_800_000, "container": {}}]
    container = {"vcpus": 4, "resourceRequirements": [{"type": "GPU", "value": "3"}]}
    event = _event("one", attempts=attempts, container=container, stoppedAt=5_000)
    counter = Counter(claims=claims(), namespace="Ours", count_by=[], write=lambda _: None)

    line = json.loads(counter.handle(event, invocation()) or "")

    [directive] = line["_aws"]["CloudWatchMetrics"]
    assert {"Name": "GpuHours", "Unit": "None"} in directive["Metrics"]
    assert line["GpuHours"] == 1.5


@pytest.mark.parametrize("ran", [True, False])
def test_vcpu_hours_are_a_metric_of_jobs_that_ran(ran: bool) -> None:  # noqa: FBT001 - a case
    attempts = [{"startedAt": 0, "stoppedAt": 3_600_000, "container": {}}] if ran else []
    container = {"vcpus": 4}
    event = _event("one", attempts=attempts, container=container, stoppedAt=5_000)
    counter = Counter(claims=claims(), namespace="Ours", count_by=[], write=lambda _: None)

    line = json.loads(counter.handle(event, invocation()) or "")

    [directive] = line["_aws"]["CloudWatchMetrics"]
    names = [metric["Name"] for metric in directive["Metrics"]]
    assert names == (["JobsFailed", "VcpuHours"] if ran else ["JobsFailed"])
    assert line["VcpuHours"] == (4 if ran else 0)
    assert line["_aws"]["Timestamp"] == 5_000


def test_a_job_that_never_ran_is_counted_for_the_time_aws_batch_told_of_it() -> None:
    """Of a job that was cancelled, or failed with another, AWS Batch says no ``stoppedAt``."""
    counter = Counter(claims=claims(), namespace="Ours", count_by=[], write=lambda _: None)
    event = {**_event("one"), "time": "1970-01-01T00:10:00Z"}

    line = json.loads(counter.handle(event, invocation()) or "")

    assert line["_aws"]["Timestamp"] == 600_000


def test_the_end_of_a_job_that_never_ran_may_be_too_old_to_count() -> None:
    written: list[str] = []
    late = Claims(dynamodb=SmallDynamoDb(), table="claims", clock=lambda: 600 + 15 * 86_400)
    counter = Counter(claims=late, namespace="Ours", count_by=[], write=written.append)

    with pytest.raises(TooOldError, match="ended at 1970-01-01 00:10 UTC"):
        counter.handle({**_event("one"), "time": "1970-01-01T00:10:00Z"}, invocation())
    assert written == []


class Gauge:
    """CloudWatch with readings at these moments."""

    def __init__(self, **readings: list[tuple[datetime, float]]) -> None:
        self.readings = readings

    def get_metric_data(self, **request: Any) -> Any:
        results = []
        for query in request["MetricDataQueries"]:
            [dimension] = query["MetricStat"]["Metric"]["Dimensions"]
            found = [
                each
                for each in self.readings.get(dimension["Value"], [])
                if request["StartTime"] <= each[0] < request["EndTime"]
            ]
            results.append(
                {
                    "Id": query["Id"],
                    "Timestamps": [at for at, _ in found],
                    "Values": [value for _, value in found],
                }
            )
        return {"MetricDataResults": results}


def every_step(start: datetime, end: datetime, vcpus: float) -> list[tuple[datetime, float]]:
    steps = int((end - start) / STEP)
    return [(start + step * STEP, vcpus) for step in range(steps)]


def test_a_queue_of_which_nothing_was_ever_known_used_nothing_and_is_silent() -> None:
    start = NOW.replace(hour=0)

    used = Usage(cloudwatch=Gauge(), namespace="Ours").used(["q"], start=start, now=NOW)

    assert (used.vcpu_hours, used.guessed_vcpu_hours) == (0, 0)
    assert used.silent == {"q": None}


@pytest.mark.parametrize(
    ("steps", "guessed_steps", "silent"), [(0, 0, []), (2, 0, []), (3, 1, []), (4, 2, ["q"])]
)
def test_two_missing_readings_are_no_silence_and_the_next_are_a_guess(
    steps: int, guessed_steps: int, silent: list[str]
) -> None:
    start = NOW.replace(hour=0)
    last = NOW - steps * STEP
    gauge = Gauge(q=every_step(start, last, 12.0))

    used = Usage(cloudwatch=gauge, namespace="Ours").used(["q"], start=start, now=NOW)

    assert used.vcpu_hours == pytest.approx(24)
    assert used.guessed_vcpu_hours == pytest.approx(guessed_steps)
    assert list(used.silent) == silent


@pytest.mark.parametrize(
    ("period", "start", "label"),
    [("DAY", NOW.replace(hour=0), "2026-11-20"), ("MONTH", NOW.replace(day=1, hour=0), "2026-11")],
)
def test_a_period_begins_with_its_day_or_its_month(
    period: str, start: datetime, label: str
) -> None:
    budget = Budget(vcpu_hours=100, period=period, warn_at_percent=80)

    assert (budget.start(NOW), budget.label(NOW)) == (start, label)
    assert [budget.level(used).name for used in (79.9, 80, 99.9, 100)] == [
        "FINE",
        "WARNED",
        "WARNED",
        "OVER",
    ]
