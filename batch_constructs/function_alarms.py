"""Who watches the watchers: alarms on the functions that ship with this library.

https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from batch_constructs.aws import metrics
from batch_constructs.aws.bound import Whole
from batch_constructs.aws.quotas import ALARM_SECONDS, RATE_MINUTES
from batch_constructs.aws.service_principals import ALARMS
from batch_constructs.dead_letter_queue import redrive_command
from batch_constructs.topic import admit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from aws_cdk import aws_lambda as lambda_
    from aws_cdk import aws_sns as sns
    from aws_cdk import aws_sqs as sqs

    from batch_constructs.function_settings import FunctionSettings

_FIVE_MINUTES = 300
_MISSED = 3
"""So many runs in a row that a schedule did not bring about are silence."""

_FEWEST_MISSED = 2
"""A run that is some seconds late is none of a period: two in a row are silence, one is not."""

WATCHED_MINUTES: Final = Whole(
    RATE_MINUTES.low, ALARM_SECONDS // _FEWEST_MISSED // 60, unit="minutes"
)
"""How often a function runs of which an alarm can tell that it does not."""


@dataclass(frozen=True, kw_only=True)
class WatchedFunction:
    """A function, its dead-letter queue, and how often it runs on a schedule."""

    handler: lambda_.IFunction
    dead_letter_queue: sqs.IQueue | None = None
    runs_every_seconds: int | None = None
    """None where events run it, which may be rare."""
    message_queue: sqs.IQueue | None = None
    """Where its messages come from, and what it failed at is sent back to."""


@dataclass(frozen=True, kw_only=True)
class FunctionAlarm:
    """One alarm, as plain data."""

    id: str
    title: str
    advice: str
    properties: dict[str, Any]


def function_alarms(watched: WatchedFunction) -> Iterator[FunctionAlarm]:
    """Yield the alarms of a function: errors, throttles, silence, dead letters and lost ones."""
    name = watched.handler.function_name
    every = watched.runs_every_seconds
    period = _FIVE_MINUTES if every is None else max(_FIVE_MINUTES, every)
    yield FunctionAlarm(
        id="Errors",
        title="the function fails",
        advice="Its log says why; what it failed at lies in its dead-letter queue.",
        properties=_above_zero(name, metrics.ERRORS, period),
    )
    yield FunctionAlarm(
        id="Throttles",
        title="the function is throttled",
        advice="The account's Lambda concurrency, or the function's own, does not suffice.",
        properties={**_above_zero(name, metrics.THROTTLES, _FIVE_MINUTES), **_THREE_IN_A_ROW},
    )
    if every is not None:
        yield FunctionAlarm(
            id="Silence",
            title="the function does not run",
            advice="Look whether its schedule is enabled and may invoke it.",
            properties={
                **_above_zero(name, metrics.INVOCATIONS, period),
                "comparison_operator": metrics.BELOW,
                "threshold": 1,
                "evaluation_periods": min(_MISSED, ALARM_SECONDS // period),
                # a function that never ran has no metric at all
                "treat_missing_data": metrics.NO_DATA_IS_BAD,
            },
        )
    if watched.dead_letter_queue is not None:
        queue = watched.dead_letter_queue.queue_name
        yield FunctionAlarm(
            id="DeadLetters",
            title="events could not be handled",
            advice=_advice(watched.dead_letter_queue, watched.message_queue),
            properties={
                **_above_zero(queue, metrics.MESSAGES_VISIBLE, _FIVE_MINUTES),
                "namespace": metrics.SQS_NAMESPACE,
                "dimensions": [{"name": "QueueName", "value": queue}],
                "statistic": "Maximum",
            },
        )
    if watched.dead_letter_queue is not None and watched.message_queue is None:
        # a function that messages invoke sets them aside itself, or they come again
        yield FunctionAlarm(
            id="Lost",
            title="events are lost: they were neither handled nor put into the dead-letter queue",
            advice="Look whether the queue is there and takes them, by its policy and its key's; "
            "what was lost, the function's log says.",
            properties=_above_zero(name, metrics.DESTINATION_FAILURES, _FIVE_MINUTES),
        )


def _advice(letters: sqs.IQueue, destination: sqs.IQueue | None) -> str:
    if destination is None:
        return "Read them, mend the cause, and give them to the function again as they lie there."
    command = redrive_command(letters.queue_arn, destination.queue_arn)
    return f"Read them, mend what their attribute Reason says, and send them back: {command} ."


def watch(
    scope: Construct,
    watched: WatchedFunction,
    topic: sns.ITopic | None,
    settings: FunctionSettings,
) -> None:
    """Make the alarms of a function, below ``Alarms``; nothing where nobody is to be told.

    Args:
        scope: What ships the function.
        watched: The function.
        topic: Told of alarms.
        settings: The function's settings, whose topic is told where there is no other.
    """
    told = settings.alarm_topic if topic is None else topic
    if told is None:
        return
    place = Construct(scope, "Alarms")
    for alarm in function_alarms(watched):
        cloudwatch.CfnAlarm(
            place,
            alarm.id,
            alarm_description=f"{scope.node.path}: {alarm.title}. {alarm.advice}",
            alarm_actions=[told.topic_arn],
            **alarm.properties,
        )
    admit(told, ALARMS)


_THREE_IN_A_ROW = {"evaluation_periods": 3, "datapoints_to_alarm": 3}


def _above_zero(function_name: str, metric: str, period: int) -> dict[str, Any]:
    return {
        "namespace": metrics.LAMBDA_NAMESPACE,
        "metric_name": metric,
        "dimensions": [{"name": "FunctionName", "value": function_name}],
        "statistic": "Sum",
        "period": period,
        "threshold": 0,
        "evaluation_periods": 1,
        "comparison_operator": metrics.ABOVE,
        "treat_missing_data": metrics.NO_DATA_IS_WELL,
    }
