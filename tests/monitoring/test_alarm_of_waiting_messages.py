"""A gateway's alarm ``Behind`` by numbers: messages that SQS tells of, and those it leaves out."""

from __future__ import annotations

import pytest

from batch_constructs.monitoring.alarm_thresholds import Alarm, behind
from batch_constructs.monitoring.metric_series import Math
from tests.monitoring.metric_math import evaluate, is_in_alarm, statistic

MINUTE, HOUR = 60, 3600
PERIOD = 15 * MINUTE
ALARM = behind("messages", "submit", HOUR)


def in_alarm(
    waiting: dict[int, float], unsettled: dict[int, float], *, now: int, alarm: Alarm = ALARM
) -> bool:
    """Tell whether the alarm shows at a moment, of samples of its two metrics until then."""
    assert isinstance(alarm.watches, Math)
    samples = {"waiting": waiting, "unsettled": unsettled}
    assert alarm.watches.uses.keys() == samples.keys()
    series = {
        name: statistic(
            {at: value for at, value in samples[name].items() if at < now},
            period=uses.period_seconds,
            name=uses.statistic,
        )
        for name, uses in alarm.watches.uses.items()
    }
    expression = alarm.watches.expression.format_map({name: name for name in samples})
    return is_in_alarm(evaluate(expression, series), alarm, period=PERIOD, now=now)


def delivered(every: int, *, hours: int, since: int = 0) -> dict[int, float]:
    """Sample the age of a message that was sent at a moment, each time that the function has it."""
    return {since + age: float(age) for age in range(0, hours * HOUR, every)}


@pytest.mark.parametrize("every", [12 * MINUTE, 17 * MINUTE], ids=["hidden", "batched too"])
@pytest.mark.parametrize("since", range(0, PERIOD, 4 * MINUTE))
def test_a_message_that_sqs_leaves_out_since_it_was_received_thrice_is_told(
    every: int, since: int
) -> None:
    others = dict.fromkeys(range(0, 12 * HOUR, MINUTE), 5.0)  # what is sent now becomes jobs
    ages = delivered(every, hours=12, since=since)
    told_after = since + HOUR + 2 * every + 2 * PERIOD

    later = range(told_after, 12 * HOUR, MINUTE)

    assert all(in_alarm(others, ages, now=now) for now in later)
    assert all(in_alarm({}, ages, now=now) for now in later)


def test_messages_that_nobody_had_are_told_without_a_word_of_the_function() -> None:
    ages = {at: float(at) for at in range(0, 3 * HOUR, MINUTE)}

    assert in_alarm(ages, {}, now=HOUR + 3 * PERIOD)
    assert not in_alarm(ages, {}, now=HOUR)


def test_the_alarm_ends_as_the_messages_become_jobs() -> None:
    ages = delivered(12 * MINUTE, hours=3)

    assert in_alarm({}, ages, now=3 * HOUR)
    assert not in_alarm({}, ages, now=3 * HOUR + 4 * PERIOD)
    others = dict.fromkeys(range(0, 5 * HOUR, MINUTE), 5.0)
    assert not in_alarm(others, ages, now=3 * HOUR + 3 * PERIOD)


def test_messages_that_come_again_within_the_hour_wake_nobody() -> None:
    ages = {at: float(at % HOUR) for at in range(0, 12 * HOUR, 12 * MINUTE)}

    assert not any(in_alarm(ages, ages, now=now) for now in range(0, 12 * HOUR, MINUTE))
