"""What is counted, on the events of whole lives of jobs."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from batch_constructs.functions.job_events.count import Counter, TooOldError
from tests.monitoring import job_story as story
from tests.monitoring.conftest import INVOCATION

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from batch_constructs.functions.claims.rows import Claims

ALL_DIMENSIONS = ("Cause", "JobDefinitionName", "ShareIdentifier")


@pytest.fixture
def counter(claims: Claims) -> Counter:
    return Counter(
        claims=claims,
        namespace="BatchConstructs",
        count_by=ALL_DIMENSIONS,
        write=lambda _: None,
    )


def counted(counter: Counter, events: Sequence[story.Event]) -> list[dict[str, Any]]:
    lines = [counter.handle(event, INVOCATION) for event in events]
    return [json.loads(line) for line in lines if line is not None]


def test_the_end_of_a_job_is_counted_by_queue_cause_and_definition(counter: Counter) -> None:
    [line] = counted(counter, story.exhausted_job())

    [directive] = line["_aws"]["CloudWatchMetrics"]
    assert directive == {
        "Namespace": "BatchConstructs",
        "Dimensions": [
            ["JobQueueName"],
            ["JobQueueName", "Cause"],
            ["JobQueueName", "JobDefinitionName"],
        ],
        "Metrics": [
            {"Name": "JobsFailed", "Unit": "Count"},
            {"Name": "VcpuHours", "Unit": "None"},
        ],
    }
    assert line["JobsFailed"] == 1
    assert line["VcpuHours"] == pytest.approx(2 * 10 / 60)
    assert (line["JobQueueName"], line["JobDefinitionName"]) == ("nightly", "import-orders")
    assert line["Cause"] == "ExitedNonZero"


@pytest.mark.parametrize(
    ("life", "causes"),
    [
        (story.retried_job, [None]),
        (story.reclaimed_spot_job, ["SpotReclaimed"]),
        (story.timed_out_job, ["TimedOut"]),
        (story.never_started_job, ["NeverStarted"]),
        (lambda: story.array_job(3, failing=(1,)), [None, "ExitedNonZero", None]),
    ],
)
def test_each_job_is_counted_once_children_each_arrays_not(
    counter: Counter, life: Callable[[], list[story.Event]], causes: list[str | None]
) -> None:
    lines = counted(counter, life())

    assert [line.get("Cause") for line in lines] == causes
    assert [bool(line.get("JobsFailed")) for line in lines] == [c is not None for c in causes]


def test_a_node_of_a_multi_node_job_is_counted_with_its_job_alone(counter: Counter) -> None:
    node = story.exhausted_job()[-1]
    node["detail"]["jobId"] += "#1"

    assert counted(counter, [node]) == []


def test_duplicates_and_disorder_change_no_count(counter: Counter) -> None:
    events = story.array_job(5, failing=(0, 4))

    lines = counted(counter, [*reversed(events), *events])

    assert sum(line.get("JobsFailed", 0) for line in lines) == 2
    assert sum(line.get("JobsSucceeded", 0) for line in lines) == 3


def test_a_count_carries_the_time_the_job_ended(counter: Counter) -> None:
    events = story.exhausted_job()

    [line] = counted(counter, events)

    assert line["_aws"]["Timestamp"] == events[-1]["detail"]["stoppedAt"]


def test_shares_are_counted_where_the_job_has_one(counter: Counter) -> None:
    events = story.exhausted_job()
    events[-1]["detail"]["shareIdentifier"] = "teamA"

    [line] = counted(counter, events)

    assert ["JobQueueName", "ShareIdentifier"] in line["_aws"]["CloudWatchMetrics"][0]["Dimensions"]
    assert line["ShareIdentifier"] == "teamA"


def test_a_tag_s_value_is_as_long_as_that_of_a_dimension_may_be(claims: Claims) -> None:
    counter = Counter(claims=claims, namespace="N", count_by=("tag:team",), write=lambda _: None)
    events = story.exhausted_job()
    for event in events:
        event["detail"]["tags"] = {"team": "ж" * 256}

    [line] = counted(counter, events)

    assert line["tag:team"] == ("\\u0436" * 256)[:1024]


def test_jobs_are_counted_by_the_tags_that_are_asked_for(claims: Claims) -> None:
    counter = Counter(
        claims=claims, namespace="N", count_by=("tag:team", "tag:plan"), write=lambda _: None
    )
    events = story.exhausted_job()
    for event in events:
        event["detail"]["tags"] = {"team": " Zürich ", "owner": "me", "plan": ""}

    [line] = counted(counter, events)

    [directive] = line["_aws"]["CloudWatchMetrics"]
    assert directive["Dimensions"] == [["JobQueueName"], ["JobQueueName", "tag:team"]]
    assert line["tag:team"] == "Z\\xfcrich"  # CloudWatch takes ASCII alone, and nothing blank
    assert "tag:owner" not in line


def test_a_job_without_tags_is_counted_by_its_queue(claims: Claims) -> None:
    counter = Counter(claims=claims, namespace="N", count_by=("tag:team",), write=lambda _: None)

    [line] = counted(counter, story.exhausted_job())

    assert line["_aws"]["CloudWatchMetrics"][0]["Dimensions"] == [["JobQueueName"]]


@pytest.mark.parametrize(
    ("seconds", "taken"), [(335 * 3600, True), (335 * 3600 + 0.5, False), (336 * 3600, False)]
)
def test_an_end_that_cloudwatch_would_drop_is_refused_and_says_so(
    counter: Counter,
    seconds: float,
    taken: bool,  # noqa: FBT001 - a case
) -> None:
    """Whoever delivers it late: a letter of Lambda's, or the event of EventBridge itself."""
    *_, event = story.exhausted_job()
    ended = event["detail"]["stoppedAt"] / 1000
    late = replace(counter, claims=replace(counter.claims, clock=lambda: ended + seconds))
    now = replace(INVOCATION, deadline=ended + seconds + 25, clock=late.claims.clock)

    if taken:
        assert len(counted(late, [event, event])) == 1
        return
    for _ in range(2):  # it stays as it is, and its claim is free: nobody is at it
        with pytest.raises(TooOldError, match="no metric older than 14 days.*not counted"):
            late.handle(event, now)


def test_a_late_duplicate_of_what_was_counted_is_none_the_worse(counter: Counter) -> None:
    *_, event = story.exhausted_job()
    ended = event["detail"]["stoppedAt"] / 1000
    assert len(counted(counter, [event])) == 1
    late = replace(counter, claims=replace(counter.claims, clock=lambda: ended + 15 * 86_400))

    assert counted(late, [event]) == []
