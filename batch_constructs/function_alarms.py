"""Who watches the watchers: alarms on the functions of this library, and on what invokes them.

https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Protocol

from constructs import Construct

from batch_constructs.aws import metrics
from batch_constructs.aws.bound import Whole
from batch_constructs.aws.quotas import ALARM_SECONDS, RATE_MINUTES
from batch_constructs.aws.service_principals import ALARMS
from batch_constructs.dead_letter_queue import redrive_command
from batch_constructs.event_bus import dimensions_of
from batch_constructs.loaded_late import aws_cloudwatch as cloudwatch
from batch_constructs.topic import admit

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from aws_cdk import aws_events as events
    from aws_cdk import aws_lambda as lambda_
    from aws_cdk import aws_sns as sns
    from aws_cdk import aws_sqs as sqs
    from constructs import Node

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
    """None if events run it, which may be rare."""
    message_queue: sqs.IQueue | None = None
    """The queue of its messages, to which failed ones can be sent back."""
    rules: Sequence[events.CfnRule] = ()
    """The rules that invoke it; they put what they cannot deliver into the dead-letter queue."""


class HasWatchedFunction(Protocol):
    """A construct whose function ``BatchMonitoring(functions=…)`` watches: ours, or one of yours.

    Attributes:
        node: The construct's node.
        watched_function: The function, its dead-letter queue, and how often it runs; None if the
            construct needs none.
    """

    @property
    def node(self) -> Node:
        """The construct's node."""

    @property
    def watched_function(self) -> WatchedFunction | None:
        """What is watched."""


@dataclass(frozen=True, kw_only=True)
class WatchedDelivery:
    """Rules, or schedules of a group, and the queue for what they could not deliver."""

    dead_letter_queue: sqs.IQueue
    rules: Sequence[events.CfnRule] = ()
    schedule_group: str | None = None
    function: WatchedFunction | None = None
    """What they invoke, if that is a function of this library with the same queue."""


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
        advice="Its log says why; the failed events are in its dead-letter queue.",
        properties=_of_function(name, metrics.ERRORS, period),
    )
    yield FunctionAlarm(
        id="Throttles",
        title="the function is throttled",
        advice="The account's Lambda concurrency, or the function's own, is not enough.",
        properties={**_of_function(name, metrics.THROTTLES), **_THREE_IN_A_ROW},
    )
    if every is not None:
        yield FunctionAlarm(
            id="Silence",
            title="the function does not run",
            advice="Check that its schedule is enabled and can invoke it.",
            properties={
                **_of_function(name, metrics.INVOCATIONS, period),
                "comparison_operator": metrics.BELOW,
                "threshold": 1,
                "evaluation_periods": min(_MISSED, ALARM_SECONDS // period),
                # a function that never ran has no metric at all
                "treat_missing_data": metrics.NO_DATA_IS_BAD,
            },
        )
    if watched.dead_letter_queue is not None:
        yield _dead_letters(
            watched.dead_letter_queue, _advice(watched.dead_letter_queue, watched.message_queue)
        )
    if watched.dead_letter_queue is not None and watched.message_queue is None:
        # a function that messages invoke sets them aside itself, or they come again
        yield FunctionAlarm(
            id="Lost",
            title=(
                "events are lost: they were neither processed nor put into the dead-letter queue"
            ),
            advice="Check that the queue exists, and that its policy and its key accept them; "
            "the lost events are in the function's log.",
            properties=_of_function(name, metrics.DESTINATION_FAILURES),
        )
    yield from undelivered(watched.rules)


def undelivered(rules: Iterable[events.CfnRule]) -> Iterator[FunctionAlarm]:
    """Yield an alarm for each rule: nobody has what it could not put into its dead-letter queue.

    One a rule, not one on their sum: nobody says what FILL makes of a metric without any data.
    """
    for number, rule in enumerate(rules):
        yield FunctionAlarm(
            id=f"Undelivered{number or ''}",
            title="events are lost: EventBridge could neither deliver them nor put them into the "
            "dead-letter queue",
            advice="Check that the queue exists, and that its policy and its key accept them; "
            "the lost events are in no log, so check the jobs of that time.",
            properties=_of_rule(metrics.FAILED_TO_BE_SENT_TO_DLQ, rule),
        )


def failed_invocations(rule: events.CfnRule) -> FunctionAlarm:
    """Return the alarm of a rule whose targets, and their dead-letter queues, are the user's."""
    return FunctionAlarm(
        id=metrics.FAILED_INVOCATIONS,
        title="EventBridge could not deliver events of a rule",
        advice="Check that the target exists and accepts the rule; if it has no dead-letter "
        "queue, the events are lost.",
        properties=_of_rule(metrics.FAILED_INVOCATIONS, rule),
    )


def delivery_alarms(watched: WatchedDelivery) -> Iterator[FunctionAlarm]:
    """Yield the alarms of what delivers: dead letters, and what is not even there."""
    yield _dead_letters(
        watched.dead_letter_queue,
        "Read them, fix the cause, and submit or send what they contain yourself.",
    )
    yield from undelivered(watched.rules)
    if watched.schedule_group is not None:
        yield FunctionAlarm(
            id="Undelivered",
            title="submissions are lost: EventBridge Scheduler could neither make them nor put "
            f"them into the dead-letter queue of a schedule in the group {watched.schedule_group}",
            advice="Check that the queue exists and that the schedule's role can send to it; the "
            "lost submissions are in no log, so check which jobs of that time are missing.",
            properties=_above_zero(
                metrics.SCHEDULER_NAMESPACE,
                metrics.SCHEDULES_FAILED_TO_BE_SENT_TO_DLQ,
                {metrics.SCHEDULE_GROUP_DIMENSION: watched.schedule_group},
            ),
        )


def _dead_letters(letters: sqs.IQueue, advice: str) -> FunctionAlarm:
    return FunctionAlarm(
        id="DeadLetters",
        title="events could not be processed",
        advice=advice,
        properties={
            **_above_zero(
                metrics.SQS_NAMESPACE, metrics.MESSAGES_VISIBLE, {"QueueName": letters.queue_name}
            ),
            "statistic": "Maximum",
        },
    )


def _advice(letters: sqs.IQueue, destination: sqs.IQueue | None) -> str:
    if destination is None:
        return "Read them, fix the cause, and send them to the function again unchanged."
    command = redrive_command(letters.queue_arn, destination.queue_arn)
    return f"Read them, fix what their attribute Reason says, and send them back: {command} ."


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
    tell(scope, function_alarms(watched), settings.alarm_topic if topic is None else topic)


def tell(scope: Construct, alarms: Iterable[FunctionAlarm], told: sns.ITopic | None) -> None:
    """Make alarms, below ``Alarms``; nothing where nobody is to be told."""
    if told is None:
        return
    place = Construct(scope, "Alarms")
    for alarm in alarms:
        cloudwatch.CfnAlarm(
            place,
            alarm.id,
            alarm_description=f"{scope.node.path}: {alarm.title}. {alarm.advice}",
            alarm_actions=[told.topic_arn],
            **alarm.properties,
        )
    admit(told, ALARMS)


_THREE_IN_A_ROW = {"evaluation_periods": 3, "datapoints_to_alarm": 3}


def _of_function(name: str, metric: str, period: int = _FIVE_MINUTES) -> dict[str, Any]:
    return _above_zero(metrics.LAMBDA_NAMESPACE, metric, {"FunctionName": name}, period)


def _of_rule(metric: str, rule: events.CfnRule) -> dict[str, Any]:
    return _above_zero(metrics.EVENTS_NAMESPACE, metric, dimensions_of(rule))


def _above_zero(
    namespace: str, metric: str, dimensions: Mapping[str, str], period: int = _FIVE_MINUTES
) -> dict[str, Any]:
    return {
        "namespace": namespace,
        "metric_name": metric,
        "dimensions": [{"name": name, "value": value} for name, value in dimensions.items()],
        "statistic": "Sum",
        "period": period,
        "threshold": 0,
        "evaluation_periods": 1,
        "comparison_operator": metrics.ABOVE,
        "treat_missing_data": metrics.NO_DATA_IS_WELL,
    }
