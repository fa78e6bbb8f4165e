"""When somebody is woken: the alarms' thresholds, and each alarm as plain data."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from aws_cdk import Duration

from batch_constructs.aws import metrics
from batch_constructs.aws.bound import Bound, Decimal, Whole
from batch_constructs.aws.quotas import ALARM_SECONDS
from batch_constructs.dead_letter_queue import redrive_command
from batch_constructs.functions.own_metrics import OURS
from batch_constructs.functions.submission.unsettled import FUNCTION, UNSETTLED_AGE
from batch_constructs.monitoring.metric_series import (
    Math,
    Series,
    environment_gauge,
    failure_rate,
    native,
    queue_gauge,
    vcpu_hours_per_day,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

BOUNDS: Final[dict[str, Bound]] = {
    "failure_rate_percent": Decimal(0, 100),
    "failure_rate_min_jobs": Whole(1),
    "vcpu_hours_per_day": Decimal(0, 10**9),
}
"""What the numbers of ``AlarmThresholds`` may be."""

_MINUTE = 60
_QUARTER_HOUR = 15 * _MINUTE
_MILLISECONDS = 1000
_READINGS = 2
"""So many bad readings of a gauge in a row wake somebody."""


@cache
def _default_age(hours: int) -> Duration:
    """Give a limit that nobody has said, always the same one, so that it is known for that."""
    return Duration.hours(hours)


@dataclass(frozen=True, kw_only=True)
class AlarmThresholds:
    """The limits of ``BatchMonitoring``; None turns an alarm off.

    Attributes:
        failure_rate_percent: Percentage of ended jobs that failed, without cancelled and terminated
            ones, over 15 minutes, in two of three such periods.
        failure_rate_min_jobs: How many jobs have to end within 15 minutes for the rate to count.
        time_in_runnable: How long started jobs had waited, on average. Default: 1 hour.
        head_of_queue_age: How long the job at the head of the queue has been there. Default: 2
            hours. Needs ``gauges``.
        vcpu_hours_per_day: How many vCPU-hours a queue can use in 24 hours. Default: no limit.
            Needs ``gauges``.
        oldest_message_age: How long a message waits in a gateway. Default: 1 hour. Needs
            ``gateways``.
    """

    failure_rate_percent: float | None = 10
    failure_rate_min_jobs: int = 5
    time_in_runnable: Duration | None = field(default_factory=lambda: Duration.hours(1))
    head_of_queue_age: Duration | None = field(default_factory=lambda: _default_age(2))
    vcpu_hours_per_day: float | None = None
    oldest_message_age: Duration | None = field(default_factory=lambda: _default_age(1))


def is_said(thresholds: AlarmThresholds, name: str) -> bool:
    """Tell whether somebody set a limit: it is there, and not the default one."""
    value = getattr(thresholds, name)
    return value is not None and value is not getattr(AlarmThresholds(), name)


@dataclass(frozen=True, kw_only=True)
class Limits:
    """The thresholds with every default filled in, as numbers; None is an alarm that is off."""

    failure_rate_percent: float | None
    failure_rate_min_jobs: int
    time_in_runnable_seconds: float | None
    head_of_queue_age_seconds: float | None
    vcpu_hours_per_day: float | None
    oldest_message_age_seconds: float | None


@dataclass(frozen=True, kw_only=True)
class Alarm:
    """One alarm: what it watches, its limit, and what a person should do."""

    id: str
    title: str
    watches: Series | Math
    above: float
    datapoints: int = 1
    of: int = 1
    period_seconds: int = _QUARTER_HOUR
    advice: str
    or_equal: bool = False

    def properties(self) -> dict[str, Any]:
        """Return the properties of AWS::CloudWatch::Alarm, but for its name and its actions."""
        operator = metrics.AT_LEAST if self.or_equal else metrics.ABOVE
        common = {
            "comparison_operator": operator,
            "threshold": self.above,
            "evaluation_periods": self.of,
            "datapoints_to_alarm": self.datapoints,
            # Metrics of transitions have gaps by nature: no data is no trouble.
            "treat_missing_data": metrics.NO_DATA_IS_WELL,
        }
        if isinstance(self.watches, Series):
            stat = self.watches.stat()
            return {
                **common,
                "namespace": stat["metric"]["namespace"],
                "metric_name": stat["metric"]["metricName"],
                "dimensions": stat["metric"]["dimensions"],
                "period": stat["period"],
                **_statistic(stat["stat"]),
            }
        expression = self.watches.expression
        queries: list[dict[str, Any]] = []
        for name, series in self.watches.uses.items():
            expression = expression.replace(f"{{{name}}}", name)
            queries.append({"id": name, "metricStat": series.stat(), "returnData": False})
        result = {"id": "result", "expression": expression, "label": self.title, "returnData": True}
        return {**common, "metrics": [*queries, result]}


def _statistic(statistic: str) -> dict[str, str]:
    return {"extended_statistic" if statistic[0] == "p" else "statistic": statistic}


def _in_a_row(gauge_seconds: int) -> int:
    """Return how many readings have to be bad: two, where an alarm looks back that far.

    Its period is the gauges' interval at least: where most periods have no reading, there would
    never be two in what an alarm looks at.
    """
    return min(_READINGS, ALARM_SECONDS // gauge_seconds)


def queue_alarms(queue: str, limits: Limits, *, gauge_seconds: int | None) -> list[Alarm]:
    """Return the alarms of a queue that its metrics carry, those of gauges where there are any."""
    alarms = []
    if limits.failure_rate_percent is not None:
        alarms.append(_failure_rate(queue, limits, limits.failure_rate_percent))
    if limits.time_in_runnable_seconds is not None:
        alarms.append(
            Alarm(
                id="TimeInRunnable",
                title="jobs wait long in RUNNABLE",
                watches=native(queue, metrics.JOB_ATTEMPT_RUNNABLE_TO_STARTING_DURATION).over(
                    _QUARTER_HOUR
                ),
                above=limits.time_in_runnable_seconds * _MILLISECONDS,
                datapoints=2,
                of=3,
                advice="The queue's environments are full, too small, or short of capacity.",
            )
        )
    if gauge_seconds is not None and limits.head_of_queue_age_seconds is not None:
        alarms.append(
            Alarm(
                id="HeadOfQueue",
                title="the first job of the queue does not start",
                watches=queue_gauge(queue, "HeadOfQueueAge", "Minimum").over(
                    max(_QUARTER_HOUR, gauge_seconds)
                ),
                above=limits.head_of_queue_age_seconds,
                datapoints=_in_a_row(gauge_seconds),
                of=_in_a_row(gauge_seconds),
                advice="See statusReason of the first RUNNABLE job: perhaps no instance fits it.",
            )
        )
    if gauge_seconds is not None and limits.vcpu_hours_per_day is not None:
        alarms.append(
            Alarm(
                id="Spend",
                title="more vCPU-hours in a day than planned",
                watches=vcpu_hours_per_day(queue, gauge_seconds=gauge_seconds),
                above=limits.vcpu_hours_per_day,
                advice="Look for jobs that run longer than they should, or for too many jobs.",
            )
        )
    return alarms


def blocked(rule: Mapping[str, str]) -> Alarm:
    """Return the alarm of a queue whose first job cannot start, from the rule on that event.

    Args:
        rule: The dimensions of the rule's metrics.
    """
    return Alarm(
        id="Blocked",
        title="the queue is blocked",
        watches=Series(
            namespace=metrics.EVENTS_NAMESPACE,
            name=metrics.TRIGGERED_RULES,
            dimensions=rule,
            statistic="Sum",
        ),
        above=0,
        advice="AWS Batch says why in statusReason of the first RUNNABLE job of the queue.",
    )


def environment_invalid(environment: str, *, gauge_seconds: int) -> Alarm:
    """Return the alarm of a compute environment that AWS Batch cannot use."""
    gauge = environment_gauge(environment, "EnvironmentInvalid")
    return Alarm(
        id="Invalid",
        title="the compute environment is INVALID",
        watches=gauge.over(max(gauge.period_seconds, gauge_seconds)),
        above=1,
        or_equal=True,
        datapoints=_in_a_row(gauge_seconds),
        of=_in_a_row(gauge_seconds),
        advice="Its statusReason says what is wrong: often a role, a launch template or a subnet.",
    )


def dead_letters(queue_name: str, queue_arn: str) -> Alarm:
    """Return the alarm of a dead-letter queue that holds something."""
    command = redrive_command(queue_arn, "QUEUE_ARN")
    return _holds_something(
        queue_name,
        "Read the messages and fix the cause; if they come from an SQS queue, send them back to "
        f"it, by its ARN, with this command: {command} .",
    )


def unwritten_events(queue_name: str) -> Alarm:
    """Return the alarm of the events that EventBridge could not write to an event log."""
    return _holds_something(
        queue_name,
        "Read the events, fix the cause, and delete them: nothing writes them to the log again.",
    )


def _holds_something(queue_name: str, advice: str) -> Alarm:
    return Alarm(
        id="DeadLetters",
        title="messages could not be processed",
        watches=Series(
            namespace=metrics.SQS_NAMESPACE,
            name=metrics.MESSAGES_VISIBLE,
            dimensions={"QueueName": queue_name},
            statistic="Maximum",
        ),
        above=0,
        advice=advice,
    )


def behind(queue_name: str, function_name: str, seconds: float) -> Alarm:
    """Return the alarm of a gateway whose messages wait: AWS Batch throttles it, or refuses.

    SQS tells of those that nobody had, the function of those that it had and that come again: each
    once in the time that the queue hides them, which is 17 minutes at most, so that one period of
    three may have none.
    """
    waiting = Series(
        namespace=metrics.SQS_NAMESPACE,
        name=metrics.OLDEST_MESSAGE_AGE,
        dimensions={"QueueName": queue_name},
        statistic="Maximum",
    )
    unsettled = Series(
        namespace=OURS,
        name=UNSETTLED_AGE,
        dimensions={FUNCTION: function_name},
        statistic="Maximum",
    )
    return Alarm(
        id="Behind",
        title="messages wait long to become jobs",
        watches=Math(
            expression="MAX([FILL({waiting}, 0), FILL({unsettled}, 0)])",
            uses={
                "waiting": waiting.over(_QUARTER_HOUR),
                "unsettled": unsettled.over(_QUARTER_HOUR),
            },
        ),
        above=seconds,
        datapoints=2,
        of=3,
        advice="AWS Batch throttles or refuses the submissions, or max_submissions_per_second is "
        "too low; the log of the gateway's function says which.",
    )


def throttled(function_name: str) -> Alarm:
    """Return the alarm of a gateway's function that Lambda holds back."""
    return Alarm(
        id="Throttled",
        title="the submission gateway is throttled",
        watches=Series(
            namespace=metrics.LAMBDA_NAMESPACE,
            name=metrics.THROTTLES,
            dimensions={"FunctionName": function_name},
            statistic="Sum",
        ),
        above=0,
        datapoints=3,
        of=3,
        advice="The account's Lambda concurrency, or the function's own, is not enough.",
    )


def _failure_rate(queue: str, limits: Limits, percent: float) -> Alarm:
    return Alarm(
        id="FailureRate",
        title="many jobs fail",
        watches=failure_rate(
            queue,
            at_least_jobs=limits.failure_rate_min_jobs,
            period_seconds=_QUARTER_HOUR,
        ),
        above=percent,
        datapoints=2,
        of=3,
        advice="The dashboard's last failures say why; jobs that people stopped are not counted.",
    )
