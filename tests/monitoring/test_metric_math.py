"""What alarms reckon, by numbers: their expressions over series with gaps."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from batch_constructs.monitoring.metric_series import Math, failure_rate, vcpu_hours_per_day
from tests.monitoring.metric_math import Series, evaluate, statistic
from tests.monitoring.rendered_expressions import (
    Expression,
    expressions_in,
    expressions_of,
    meaning_of,
)

HOUR, DAY = 3600, 86_400


def value(math: Math, samples: dict[str, dict[int, float]]) -> Series:
    """Evaluate an alarm's expression over samples of the metrics it uses."""
    expression = math.expression
    series = {}
    for name, uses in math.uses.items():
        expression = expression.replace(f"{{{name}}}", name)
        series[name] = statistic(
            samples.get(name, {}), period=uses.period_seconds, name=uses.statistic
        )
    return evaluate(expression, series)


def readings(vcpus: float, *, hours: float, every: int = 300, since: int = 0) -> dict[int, float]:
    return {since + second: vcpus for second in range(0, int(hours * HOUR), every)}


def test_two_hours_at_64_vcpus_are_128_vcpu_hours_of_a_day_and_not_1536() -> None:
    math = vcpu_hours_per_day("nightly", gauge_seconds=300)

    assert value(math, {"vcpus": readings(64, hours=2)}) == {0: 128}
    idle = readings(0, hours=22, since=2 * HOUR)
    assert value(math, {"vcpus": {**readings(64, hours=2), **idle}}) == {0: 128}


@pytest.mark.parametrize("minutes", [1, 5, 15, 60])
def test_vcpu_hours_are_the_same_however_often_the_gauges_are_read(minutes: int) -> None:
    math = vcpu_hours_per_day("nightly", gauge_seconds=60 * minutes)

    found = value(math, {"vcpus": readings(10, hours=24, every=60 * minutes)})

    assert found == {0: pytest.approx(240)}


@pytest.mark.parametrize("hours", [7, 18, 24, 7 * 24])
def test_gauges_that_are_read_rarely_never_tell_more_vcpu_hours_than_a_day_has(hours: int) -> None:
    math = vcpu_hours_per_day("nightly", gauge_seconds=hours * HOUR)

    read = readings(4, hours=28 * 24, every=hours * HOUR)
    found = value(math, dict.fromkeys(math.uses, read))

    assert max(found.values()) == pytest.approx(96)


def test_a_reading_of_seven_hours_that_is_missing_counts_as_nothing() -> None:
    math = vcpu_hours_per_day("nightly", gauge_seconds=7 * HOUR)

    read = {0: 4.0, 7 * HOUR: 4.0}
    assert value(math, dict.fromkeys(math.uses, read)) == {0: pytest.approx(2 * 7 * 4)}


def test_an_hour_without_readings_counts_as_nothing_and_a_day_without_any_is_a_gap() -> None:
    math = vcpu_hours_per_day("nightly", gauge_seconds=300)
    with_a_gap = {**readings(8, hours=3), **readings(8, hours=3, since=4 * HOUR)}

    assert value(math, {"vcpus": with_a_gap}) == {0: 48}
    assert value(math, {"vcpus": readings(8, hours=1, since=DAY)}) == {DAY: 8}


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        ({"failed": 3, "succeeded": 7}, 30),
        ({"failed": 3, "cancelled": 1, "terminated": 2, "succeeded": 7}, 0),
        ({"failed": 5}, 100),
        ({"failed": 1, "succeeded": 1}, 0),
        ({"succeeded": 9}, 0),
    ],
)
def test_the_failure_rate_takes_metrics_that_are_missing_for_nothing(
    counts: dict[str, Any], expected: float
) -> None:
    math = failure_rate("nightly", at_least_jobs=5, period_seconds=900)

    found = value(math, {name: {60: count} for name, count in counts.items()})

    assert found == {0: pytest.approx(expected)}


# -- every expression that is rendered


def snapshots() -> Iterator[Expression]:
    for path in sorted(Path(__file__).parent.parent.rglob("__snapshots__/**/*.json")):
        rendered = json.loads(path.read_text(encoding="utf-8"))
        if "Resources" in rendered:
            yield from expressions_of(rendered)
        elif "widgets" in rendered:
            yield from expressions_in(rendered)


def test_every_rendered_expression_says_by_numbers_what_it_means() -> None:
    rendered = {str(each): each for each in snapshots()}
    assert len(rendered) > 10

    assert [text for text, each in rendered.items() if wrong(each)] == []


def test_an_expression_that_nobody_has_given_a_meaning_is_found() -> None:
    unknown = Expression("a / b", {"a": "JobsRetried", "b": "MaxVcpus"}, frozenset())
    mistaken = Expression("age / 3600", {"age": "HeadOfQueueAge"}, frozenset({"Maximum 300"}))
    gap = Expression("a + b", {"a": "JobsRetried", "b": "JobsRetried"}, frozenset({"Sum 300"}))

    assert all(wrong(each) for each in (unknown, mistaken, gap))


def wrong(expression: Expression) -> bool:
    """Whether it says anything else than it means, with numbers or gaps at each place."""
    means = meaning_of(expression)
    if means is None:
        return True
    chance = random.Random(expression.text)  # noqa: S311 - a seed
    moments = range(200)
    series: dict[str, Series] = {
        name: {at: float(chance.randint(1, 90)) for at in moments if chance.random() < 2 / 3}
        for name in expression.metrics
    }
    found = evaluate(expression.text, series)
    for at in moments:
        values = {name: each.get(at) for name, each in series.items()}
        expected = means(values)
        if any(value is not None for value in values.values()) and (
            found.get(at) != (None if expected is None else pytest.approx(expected))
        ):
            return True
    return False
