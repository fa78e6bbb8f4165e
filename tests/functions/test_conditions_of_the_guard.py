"""What single conditions of the cost guard are there for."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from botocore.exceptions import EndpointConnectionError, ReadTimeoutError

from batch_constructs.aws.metrics import QUERIES_AT_ONCE
from batch_constructs.functions.claims.invocation import Invocation
from batch_constructs.functions.claims.rows import Claims
from batch_constructs.functions.cost_guard import guard as guards
from batch_constructs.functions.cost_guard.budget import Budget, Usage
from batch_constructs.functions.cost_guard.guard import Guard
from batch_constructs.functions.cost_guard.note import NOTE
from batch_constructs.functions.told import listing
from tests.functions.interleaving import QUEUE
from tests.functions.test_conditions_of_watchers import Gauge, claims, every_step, invocation

NOW = datetime(2026, 11, 20, 2, tzinfo=UTC)


class Aws:
    """One queue, and a topic that takes messages or fails."""

    def __init__(self, tags: dict[str, str] | None = None, error: Exception | None = None) -> None:
        self.queue: dict[str, Any] = {
            "jobQueueName": "q",
            "jobQueueArn": QUEUE,
            "state": "ENABLED",
            "tags": tags or {},
        }
        self.error = error
        self.said: list[str] = []

    def describe_job_queues(self, **_: Any) -> Any:
        if not self.queue:
            return {"jobQueues": []}
        return {"jobQueues": [{**self.queue, "tags": dict(self.queue["tags"])}]}

    def tag_resource(self, *, tags: dict[str, str], **_: Any) -> None:
        self.queue["tags"].update(tags)

    def untag_resource(self, *, tagKeys: list[str], **_: Any) -> None:  # noqa: N803 - AWS's
        for key in tagKeys:
            del self.queue["tags"][key]

    def update_job_queue(self, *, state: str, **_: Any) -> None:
        self.queue["state"] = state

    def publish(self, **request: Any) -> None:
        if self.error is not None:
            raise self.error
        self.said.append(request["Message"])


def guard(aws: Aws, vcpus: float) -> Guard:
    gauge = Gauge(q=every_step(NOW.replace(hour=0), NOW, vcpus))
    return Guard(
        batch=aws,
        sns=aws,
        usage=Usage(cloudwatch=gauge, namespace="Ours"),
        budget=Budget(vcpu_hours=100, period="DAY", warn_at_percent=80),
        called="100 vCPU-hours a day",
        topic_arn="topic",
        queues=[QUEUE],
        environments=[],
        action="DISABLE_QUEUES",
        lowered_max_vcpus=1,
        note=f"{NOTE}:Day",
        claims=claims(),
    )


class Down:
    """A table that cannot be reached."""

    def update_item(self, **_: Any) -> Any:
        raise EndpointConnectionError(endpoint_url="dynamodb")

    get_item = update_item


def unreachable() -> Claims:
    return Claims(dynamodb=Down(), table="claims", clock=lambda: 1000.0)


class Watch:
    """A clock that goes on while somebody sleeps."""

    def __init__(self) -> None:
        self.now = 1000.0

    def clock(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


@pytest.mark.parametrize("period", ["DAY", "MONTH"])
@pytest.mark.parametrize(("minutes", "state"), [(19, "DISABLED"), (1, "ENABLED")])
def test_a_run_without_a_claim_holds_nothing_back_as_the_period_is_over(
    period: str, minutes: int, state: str
) -> None:
    """Another one lets go then, and nobody would let go of what is held back after it."""

    now = datetime(2026, 12, 1, tzinfo=UTC) - timedelta(minutes=minutes)
    aws = Aws()
    ours = guard(aws, 60)
    ours = replace(
        ours,
        budget=replace(ours.budget, period=period),
        usage=replace(ours.usage, cloudwatch=Gauge(q=every_step(now.replace(hour=0), now, 60))),
        claims=unreachable(),
    )

    with pytest.raises(RuntimeError, match="claim"):
        ours.run(now, invocation())

    assert aws.queue["state"] == state
    assert bool(aws.queue["tags"]) is (state == "DISABLED")


@pytest.mark.parametrize(
    "error", [EndpointConnectionError(endpoint_url="sns"), ReadTimeoutError(endpoint_url="sns")]
)
def test_a_topic_that_cannot_be_reached_keeps_no_queue_open(error: Exception) -> None:
    aws, watch = Aws(error=error), Watch()
    run = Invocation(deadline=1055, clock=watch.clock, sleep=watch.sleep)

    with pytest.raises(RuntimeError, match="topic"):
        guard(aws, 60).run(NOW, run)

    assert aws.queue["state"] == "DISABLED"
    assert watch.now <= 1010, "no time was left for the queues"


def test_what_nobody_could_be_told_is_told_by_the_next_run() -> None:
    aws, watch = Aws(error=EndpointConnectionError(endpoint_url="sns")), Watch()
    ours = guard(aws, 60)
    with pytest.raises(RuntimeError, match="topic"):
        ours.run(NOW, Invocation(deadline=1055, clock=watch.clock, sleep=watch.sleep))
    aws.error = None

    ours.run(NOW, invocation())
    ours.run(NOW, invocation())

    assert len(aws.said) == 1


def test_a_warning_says_nothing_of_queues_that_are_held_back() -> None:
    aws = Aws()

    guard(aws, 45).run(NOW, invocation())

    assert aws.queue["state"] == "ENABLED"
    assert len(aws.said) == 1
    assert "accept no new jobs" not in aws.said[0]


def test_a_tag_of_somebody_else_that_ends_alike_holds_no_queue() -> None:
    aws = Aws(tags={"team": "checks disabled"})
    guard(aws, 60).run(NOW, invocation())
    assert aws.queue["state"] == "DISABLED"

    guard(aws, 1).run(NOW.replace(day=21), invocation())

    assert aws.queue == {
        "jobQueueName": "q",
        "jobQueueArn": QUEUE,
        "state": "ENABLED",
        "tags": {"team": "checks disabled"},
    }


@pytest.mark.parametrize("choice", ["EXTRAPOLATE", "HOLD"])
def test_what_its_construct_chose_without_data_is_what_it_does(
    choice: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(boto3, "client", lambda *_, **__: None)
    for name, value in {
        **dict.fromkeys(("BUDGET", "CLAIMS_TABLE", "COMPUTE_ENVIRONMENTS", "NAMESPACE"), "any"),
        **dict.fromkeys(("ACTION", "NOTE", "PERIOD", "QUEUES", "TOPIC_ARN"), "any"),
        **dict.fromkeys(("GAUGE_SECONDS", "LOWERED_MAX_VCPUS", "VCPU_HOURS"), "300"),
        "WARN_AT_PERCENT": "80",
        "WITHOUT_DATA": choice,
    }.items():
        monkeypatch.setenv(name, value)

    assert guards._guard.__wrapped__().holds_without_data is (choice == "HOLD")


def never_heard(aws: Aws, *, period: str, gauge_seconds: int) -> Guard:
    ours = guard(aws, 0)
    return replace(
        ours,
        budget=replace(ours.budget, period=period),
        usage=replace(ours.usage, cloudwatch=Gauge(), gauge_seconds=gauge_seconds),
        holds_without_data=True,
    )


@pytest.mark.parametrize(
    ("period", "gauge_seconds", "grace_quarters"),
    [("DAY", 300, 1), ("MONTH", 300, 1), ("DAY", 8 * 3600, 4 * 24)],
)
def test_gauges_that_never_said_anything_hold_a_queue_over_every_midnight(
    period: str, gauge_seconds: int, grace_quarters: int
) -> None:
    aws = Aws()
    ours = never_heard(aws, period=period, gauge_seconds=gauge_seconds)
    began = datetime(2026, 11, 30, 12, tzinfo=UTC)
    states = []
    for quarters in range(4 * 37):
        ours.run(began + timedelta(minutes=15 * quarters), invocation())
        states.append(aws.queue["state"])

    open_for = 1 + grace_quarters
    assert states == ["ENABLED"] * open_for + ["DISABLED"] * (len(states) - open_for)
    assert len(aws.said) == 1


def test_a_guard_that_cannot_note_what_it_awaits_lets_nothing_go() -> None:
    aws = Aws()
    ours = never_heard(aws, period="DAY", gauge_seconds=300)
    for minutes in (0, 15, 30):
        ours.run(NOW + timedelta(minutes=minutes), invocation())
    assert aws.queue["state"] == "DISABLED"

    with pytest.raises(RuntimeError, match="claim"):
        replace(ours, claims=unreachable()).run(NOW.replace(day=21, hour=0), invocation())

    assert aws.queue["state"] == "DISABLED"


@pytest.mark.parametrize(("seconds", "is_silent"), [(0, False), (1, True)])
def test_a_gauge_is_silent_when_three_readings_are_missing_and_guessed_from_the_second(
    seconds: int,
    is_silent: bool,  # noqa: FBT001 - expected
) -> None:
    midnight, noon = NOW.replace(hour=0), NOW.replace(hour=12)
    usage = Usage(cloudwatch=Gauge(q=every_step(midnight, noon, 12)), namespace="Ours")

    now = noon + timedelta(minutes=15, seconds=seconds)
    used = usage.used(["q"], start=midnight, now=now)

    assert used.silent == ({"q": noon} if is_silent else {})
    assert used.guessed_vcpu_hours == pytest.approx(12 * (300 + seconds) / 3600)


@pytest.mark.parametrize(("gauge_seconds", "period"), [(3599, 300), (3600, 3600)])
def test_a_gauge_that_is_read_by_the_hour_is_asked_for_by_the_hour(
    gauge_seconds: int, period: int
) -> None:
    asked: list[int] = []

    class Asked(Gauge):
        def get_metric_data(self, **request: Any) -> Any:
            asked.extend(one["MetricStat"]["Period"] for one in request["MetricDataQueries"])
            return super().get_metric_data(**request)

    midnight = NOW.replace(hour=0)
    gauge = Asked(q=every_step(midnight, NOW, 12))
    usage = Usage(cloudwatch=gauge, namespace="Ours", gauge_seconds=gauge_seconds)
    usage.used(["q"], start=midnight, now=NOW)

    assert asked[0] == period


def test_more_queues_than_a_call_takes_are_asked_for_in_several() -> None:
    asked: list[int] = []

    class Counting(Gauge):
        def get_metric_data(self, **request: Any) -> Any:
            asked.append(len(request["MetricDataQueries"]))
            return super().get_metric_data(**request)

    start = NOW.replace(hour=0)
    names = [f"q{number}" for number in range(QUERIES_AT_ONCE + 1)]
    gauge = Counting(**{name: every_step(start, NOW, 2.0) for name in names})

    used = Usage(cloudwatch=gauge, namespace="Ours").used(names, start=start, now=NOW)

    hours = (NOW - start).total_seconds() / 3600
    assert used.vcpu_hours == pytest.approx(2 * hours * len(names))
    assert asked == [QUERIES_AT_ONCE, 1]


def test_new_work_is_held_back_before_people_are_told_and_without_a_table() -> None:
    """Telling waits for a topic and a table, and a run has a minute."""
    states: list[str] = []

    class Watched(Aws):
        def publish(self, **request: Any) -> None:
            states.append(self.queue["state"])
            super().publish(**request)

    aws = Watched()
    guard(aws, 60).run(NOW, invocation())
    assert (states, aws.queue["state"]) == (["DISABLED"], "DISABLED")
    assert aws.queue["tags"] == {f"{NOTE}:Day": "2026-11-20 of 100 OVER disabled"}

    aws = Watched()
    down = unreachable()
    with pytest.raises(RuntimeError, match="the guard failed at claim, topic; the log says why"):
        replace(guard(aws, 60), claims=down).run(NOW, invocation())
    assert aws.queue["state"] == "DISABLED"
    assert states == ["DISABLED"]


def test_nothing_is_let_go_by_a_run_that_cannot_be_claimed() -> None:
    aws = Aws()
    guard(aws, 60).run(NOW, invocation())
    down = unreachable()
    tomorrow = NOW + timedelta(days=1)

    with pytest.raises(RuntimeError, match="the guard failed at claim"):
        replace(guard(aws, 1), claims=down).run(tomorrow, invocation())
    assert aws.queue["state"] == "DISABLED"
    with pytest.raises(RuntimeError, match="the guard failed at claim"):
        replace(guard(aws, 60), action="NOTIFY", claims=down).run(NOW, invocation())
    assert aws.queue["state"] == "DISABLED"

    guard(aws, 1).run(tomorrow, invocation())
    assert (aws.queue["state"], aws.queue["tags"]) == ("ENABLED", {})


@pytest.mark.parametrize(("action", "vcpu_hours"), [("NOTIFY", 100), ("DISABLE_QUEUES", 1000)])
def test_nothing_is_let_go_before_it_is_noted_that_it_is(
    action: str, vcpu_hours: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else nobody would be told when it is held back again."""
    aws = Aws()
    guard(aws, 60).run(NOW, invocation())
    ours = guard(aws, 60)
    budget = replace(ours.budget, vcpu_hours=vcpu_hours)
    monkeypatch.setattr(Claims, "note", lambda *_, **__: Down().update_item())

    with pytest.raises(RuntimeError, match="the guard failed at claim"):
        replace(ours, action=action, budget=budget).run(NOW, invocation())

    assert aws.queue["state"] == "DISABLED"


def test_of_two_guards_that_let_go_at_once_one_enables_the_queue() -> None:
    aws = Aws()
    one, other = guard(aws, 60), replace(guard(aws, 60), note=f"{NOTE}:Week")
    one.run(NOW, invocation())
    other.run(NOW, invocation())
    assert aws.queue["state"] == "DISABLED"
    assert set(aws.queue["tags"]) == {f"{NOTE}:Day", f"{NOTE}:Week"}
    tomorrow, describe = NOW + timedelta(days=1), aws.describe_job_queues
    turns = [replace(guard(aws, 1), note=f"{NOTE}:Week")]

    def meanwhile(**given: Any) -> Any:
        seen = describe(**given)
        if turns:
            turns.pop().run(tomorrow, invocation())
        return seen

    aws.describe_job_queues = meanwhile  # type: ignore[method-assign]  # as two runs meet
    guard(aws, 1).run(tomorrow, invocation())

    assert (aws.queue["state"], aws.queue["tags"]) == ("ENABLED", {})


def test_a_queue_that_batch_does_not_tell_of_is_an_error_of_the_run() -> None:
    aws = Aws()
    aws.queue.clear()

    with pytest.raises(RuntimeError, match=f"the guard failed at {QUEUE}"):
        guard(aws, 1).run(NOW, invocation())


@pytest.mark.parametrize(
    "answer",
    [
        {"MetricDataResults": []},
        {"MetricDataResults": [], "Messages": [{"Code": "InternalError", "Value": "x"}]},
    ],
)
def test_what_cloudwatch_leaves_out_is_not_nothing(answer: dict[str, Any]) -> None:
    cloudwatch = SimpleNamespace(get_metric_data=lambda **_: answer)

    with pytest.raises(RuntimeError, match=r"does not return all data of q \(nothing\)"):
        Usage(cloudwatch=cloudwatch, namespace="Ours").used(["q"], start=NOW, now=NOW)


def test_what_cloudwatch_says_beside_an_answer_is_an_error() -> None:
    class Saying(Gauge):
        def get_metric_data(self, **request: Any) -> Any:
            messages = [{"Code": "MaxMetricsExceeded", "Value": "x"}]
            return {**super().get_metric_data(**request), "Messages": messages}

    with pytest.raises(RuntimeError, match=r"all \(MaxMetricsExceeded\)"):
        Usage(cloudwatch=Saying(), namespace="Ours").used(["q"], start=NOW, now=NOW)


def test_a_warm_guard_sees_to_the_queues_of_the_newest_deployment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Where there are many, their names lie in parameters, whose values alone change."""
    there, looked_at = ["arn:q1"], []

    def parameter(Name: str) -> dict[str, Any]:  # noqa: N803 - AWS's
        if not there:
            raise EndpointConnectionError(endpoint_url=Name)
        return {"Parameter": {"Value": ",".join(there)}}

    monkeypatch.setattr(listing, "_parameters", lambda: SimpleNamespace(get_parameter=parameter))
    monkeypatch.setenv("QUEUES_PARAMETERS", "names")
    monkeypatch.delenv("QUEUES", raising=False)
    warm = replace(guard(Aws(), 1), queues=["arn:q1"])
    monkeypatch.setattr(guards, "_guard", lambda: warm)
    monkeypatch.setattr(Guard, "run", lambda self, *_: looked_at.append(list(self.queues)))
    context = SimpleNamespace(get_remaining_time_in_millis=lambda: 60_000)

    guards.handler({}, context)
    there.append("arn:q2")
    guards.handler({}, context)
    there.clear()
    guards.handler({}, context)

    assert looked_at == [["arn:q1"], ["arn:q1", "arn:q2"], ["arn:q1"]]
