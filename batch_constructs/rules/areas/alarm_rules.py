"""Rules about alarms: whether their metric is published, and whether anybody hears them."""

from __future__ import annotations

from functools import partial

from batch_constructs.aws.actions import SNS_PUBLISH
from batch_constructs.aws.bound import allowed
from batch_constructs.aws.metrics import DIMENSION, METRICS_SOURCE, NAMESPACE, NATIVE_METRICS
from batch_constructs.aws.names import MANAGED_TOPIC_KEY, is_arn
from batch_constructs.aws.quotas import ALARM_SECONDS, LONG_PERIOD_SECONDS, SHORT_ALARM_SECONDS
from batch_constructs.aws.service_principals import ALARMS
from batch_constructs.aws.source import probed
from batch_constructs.aws.typing_names import TYPE_CHECKING
from batch_constructs.rules.access.arn_patterns import TOPIC_POLICIES
from batch_constructs.rules.areas.event_rules import KEYS_OF_TOPICS, admits, has_policy, key_fault
from batch_constructs.rules.findings import Severity
from batch_constructs.rules.rule import Fault, rule
from batch_constructs.rules.template.resource_graph import (
    JOB_QUEUE,
    Resource,
)
from batch_constructs.rules.template.values import (
    Properties,
    Reference,
    entries,
    listing,
    mapping,
    number,
    show,
    text,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

_rule = partial(rule, severity=Severity.WARNING)


def _metrics(alarm: Resource) -> Iterator[tuple[str, Properties]]:
    yield "", alarm.properties
    for position, query in entries(alarm.properties, "Metrics"):
        metric = mapping(mapping(query, "MetricStat"), "Metric")
        yield f"Metrics/{position}/MetricStat/Metric/", metric


@_rule(
    "alarm-metric",
    "AWS::CloudWatch::Alarm",
    title="alarm on a metric that Batch does not publish",
    fix=f"use a metric of {NAMESPACE}, such as JobsMovedToFailed, with the dimension {DIMENSION}",
    source=METRICS_SOURCE,
)
def alarm_metric(alarm: Resource) -> Iterator[Fault]:
    """Such an alarm never fires. The dimension is the name of the queue, not its ARN."""
    for path, metric in _metrics(alarm):
        if text(metric, "Namespace") != NAMESPACE:
            continue
        name = text(metric, "MetricName")
        if name is not None and name not in NATIVE_METRICS:
            yield f"{path}MetricName", f'{NAMESPACE} has no metric "{show(name)}"'
        dimensions = listing(metric, "Dimensions")
        if dimensions is None:
            if "Dimensions" not in metric:
                yield f"{path}Dimensions", f"the dimension {DIMENSION} is missing"
            continue
        for position, dimension in entries(metric, "Dimensions"):
            key, value = text(dimension, "Name"), dimension.get("Value")
            where = f"{path}Dimensions/{position}"
            if key is not None and key != DIMENSION:
                yield where, f"the dimension is {show(key)}; allowed: {DIMENSION}"
            elif isinstance(value, Reference) and alarm.neighbour(value, JOB_QUEUE) is not None:
                yield f"{where}/Value", "the dimension is the ARN of the queue; use its name"
            elif is_arn(value):
                yield f"{where}/Value", "the dimension is an ARN; use the name of the queue"


@_rule(
    "alarm-window",
    "AWS::CloudWatch::Alarm",
    severity=Severity.ERROR,
    title="alarm that looks back too far",
    fix="lower EvaluationPeriods, or Period",
    source=probed(
        "cloudwatch/pf-cloudwatch-alarm-evaluation-window",
        '"EvaluationPeriods * Period must be <= 604800" is what CloudWatch answers of periods of an'
        ' hour or more, "<= 86400" of shorter ones.',
    ),
)
def alarm_window(alarm: Resource) -> Iterator[Fault]:
    """CloudWatch refuses the alarm."""
    times = number(alarm.properties, "EvaluationPeriods")
    periods = [alarm.properties, *(one for _, one in entries(alarm.properties, "Metrics"))]
    periods += [mapping(one, "MetricStat") for one in periods]
    known = [period for one in periods if (period := number(one, "Period")) is not None]
    if times is None or not known:
        return
    period = max(known)
    most = ALARM_SECONDS if period >= LONG_PERIOD_SECONDS else SHORT_ALARM_SECONDS
    if period * times > most:
        said = f"the alarm looks at {show(period * times)} seconds; {allowed(f'at most {most}')}"
        yield "EvaluationPeriods", said


@_rule(
    "alarm-topic",
    "AWS::CloudWatch::Alarm",
    title="topic to which alarms cannot publish",
    fix=f"allow {ALARMS} in the topic policy and the key policy",
    source=KEYS_OF_TOPICS,
)
def alarm_topic(alarm: Resource) -> Iterator[Fault]:
    """The alarm fires, but nobody is notified."""
    if not any(text(metric, "Namespace") == NAMESPACE for _, metric in _metrics(alarm)):
        return
    for position, value in enumerate(listing(alarm.properties, "AlarmActions") or ()):
        topic = alarm.neighbour(value, "AWS::SNS::Topic")
        if topic is None:
            continue
        path = f"AlarmActions/{position}"
        open_to = admits(topic, TOPIC_POLICIES, SNS_PUBLISH, ALARMS, alarm)
        if has_policy(topic, TOPIC_POLICIES) and not open_to:
            yield path, f"{ALARMS} is not allowed to publish to {topic.id}"
        if fault := key_fault(topic, "cloudwatch", MANAGED_TOPIC_KEY):
            yield path, fault
