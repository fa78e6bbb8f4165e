"""Gauges that are read less often than alarms usually look: whether these still fire."""

from __future__ import annotations

import pytest

from batch_constructs.aws.quotas import ALARM_SECONDS
from batch_constructs.monitoring.alarm_thresholds import (
    Alarm,
    Limits,
    environment_invalid,
    queue_alarms,
)
from batch_constructs.monitoring.metric_series import Series
from tests.monitoring.metric_math import is_in_alarm, statistic

_LIMITS = Limits(
    failure_rate_percent=None,
    failure_rate_min_jobs=1,
    time_in_runnable_seconds=None,
    head_of_queue_age_seconds=7200,
    vcpu_hours_per_day=None,
    oldest_message_age_seconds=None,
)
_MINUTES = (1, 5, 7, 15, 30, 60, 24 * 60, 4 * 24 * 60, 7 * 24 * 60)


def of_a_gauge(which: str, minutes: int) -> tuple[Alarm, Series]:
    if which == "Invalid":
        alarm = environment_invalid("spot", gauge_seconds=60 * minutes)
    else:
        [alarm] = queue_alarms("nightly", _LIMITS, gauge_seconds=60 * minutes)
    assert isinstance(alarm.watches, Series)
    return alarm, alarm.watches


@pytest.mark.parametrize("minutes", _MINUTES)
@pytest.mark.parametrize("which", ["Invalid", "HeadOfQueue"])
def test_what_is_bad_at_each_reading_is_told_however_rarely_the_gauges_are_read(
    which: str, minutes: int
) -> None:
    alarm, reads = of_a_gauge(which, minutes)
    now = 28 * 86_400
    bad = dict.fromkeys(range(0, now, 60 * minutes), 10**6)
    points = statistic(bad, period=reads.period_seconds, name=reads.statistic)

    assert is_in_alarm(points, alarm, period=reads.period_seconds, now=now)


@pytest.mark.parametrize("minutes", _MINUTES)
@pytest.mark.parametrize("which", ["Invalid", "HeadOfQueue"])
def test_no_alarm_looks_further_back_than_cloudwatch_lets_it(which: str, minutes: int) -> None:
    alarm, reads = of_a_gauge(which, minutes)

    assert reads.period_seconds * alarm.of <= ALARM_SECONDS


def test_one_bad_reading_of_half_an_hour_wakes_nobody() -> None:
    alarm, reads = of_a_gauge("Invalid", 30)
    seen = {0: 0.0, 1800: 1.0, 3600: 0.0}
    points = statistic(seen, period=reads.period_seconds, name=reads.statistic)

    assert not is_in_alarm(points, alarm, period=reads.period_seconds, now=5400)
