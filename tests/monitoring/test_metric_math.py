"""What alarms reckon, by numbers: their expressions over series with gaps."""

from __future__ import annotations

from typing import Any

import pytest

from batch_constructs.monitoring.metric_series import Math, failure_rate, vcpu_hours_per_day
from tests.monitoring.metric_math import Series, evaluate, statistic

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
