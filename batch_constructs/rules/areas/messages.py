"""Rules about functions, queues, alarms and logs around jobs."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from batch_constructs.aws.delivery import (
    FUNCTION_SECONDS,
    SQS_VISIBILITY_SECONDS,
    VISIBILITY_FACTOR,
    VISIBILITY_FACTOR_SOURCE,
)
from batch_constructs.aws.metrics import DIMENSION, METRICS_SOURCE, NAMESPACE, NATIVE_METRICS
from batch_constructs.aws.role_actions import DECRYPT, READ_QUEUE_ACTIONS
from batch_constructs.aws.service_principals import ALARMS
from batch_constructs.aws.source import Source, cloudformation, docs
from batch_constructs.rules.access import missing
from batch_constructs.rules.access.keys import key_of, may_use
from batch_constructs.rules.access.names import QUEUE, spelled
from batch_constructs.rules.access.rights import rights
from batch_constructs.rules.areas.events import (
    KEYS_OF_TOPICS,
    TOPIC_POLICIES,
    admits,
    has_policy,
    key_fault,
)
from batch_constructs.rules.areas.submitters import batch_functions
from batch_constructs.rules.findings import Severity
from batch_constructs.rules.rule import Fault, rule
from batch_constructs.rules.template.resources import (
    JOB_DEFINITION,
    JOB_QUEUE,
    JobDefinition,
    Resource,
)
from batch_constructs.rules.template.role_policies import literal, role_of
from batch_constructs.rules.template.submitted_jobs import FUNCTION, SERVERLESS_FUNCTION
from batch_constructs.rules.template.values import (
    UNKNOWN,
    Properties,
    Reference,
    Text,
    absent,
    entries,
    listing,
    mapping,
    number,
    show,
    text,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

MAPPING: Final = "AWS::Lambda::EventSourceMapping"
_rule = partial(rule, severity=Severity.WARNING)

_RETENTION: Final[Source] = cloudformation(
    "aws-resource-logs-loggroup",
    "RetentionInDays: without it, log events never expire. Lambda makes such a group by itself.",
)
_SQS_SOURCE: Final[Source] = docs(
    "lambda/latest/dg/services-sqs-configure.html",
    "The function's timeout has to be at most the queue's visibility timeout; its role needs"
    " sqs:ReceiveMessage, sqs:DeleteMessage and sqs:GetQueueAttributes; a dead-letter queue takes"
    " the messages that keep failing.",
)


@_rule(
    "function-log-group",
    FUNCTION,
    title="function whose logs never expire",
    fix="make an AWS::Logs::LogGroup with RetentionInDays, and name it under LoggingConfig",
    source=_RETENTION,
)
def function_log_group(function: Resource) -> Iterator[Fault]:
    """Lambda makes a log group without an end, and it is paid for ever."""
    if function not in batch_functions(function):
        return
    logging = function.properties.get("LoggingConfig", {})
    if not isinstance(logging, dict) or "LogGroup" in logging:
        return
    name = text(function.properties, "FunctionName")
    for group in function.template.all("AWS::Logs::LogGroup"):
        written = group.properties.get("LogGroupName")
        if written is UNKNOWN or (name and literal(written) == f"/aws/lambda/{name}"):
            return
        if isinstance(written, Text) and any(
            one.target == function.id for one in written.references
        ):
            return
    for retention in function.template.all("Custom::LogRetention"):
        named = retention.properties.get("LogGroupName")
        if isinstance(named, Text) and any(one.target == function.id for one in named.references):
            return
    yield "LoggingConfig", "the function has no log group of its own with a retention"


@_rule(
    "log-group-retention",
    "AWS::Logs::LogGroup",
    title="log group of jobs that never expires",
    fix="set RetentionInDays",
    source=_RETENTION,
)
def log_group_retention(group: Resource) -> Iterator[Fault]:
    """Logs are kept, and paid, for ever."""
    if not absent(group.properties, "RetentionInDays"):
        return
    if group.id in groups_in_use(group):
        yield "RetentionInDays", "RetentionInDays is missing; the logs of the jobs never expire"


def groups_in_use(owner: Resource) -> set[str]:
    """Give the log groups that jobs, and functions that submit some, write to."""
    memory = owner.template.memory
    known = memory.get("log groups")
    if isinstance(known, set):
        return known
    found: set[str] = set()
    values: list[object] = []
    for job in owner.template.all(JOB_DEFINITION):
        if isinstance(job, JobDefinition):
            for container in job.containers:
                log = mapping(container.properties, "LogConfiguration")
                values.append(mapping(log, "Options").get("awslogs-group"))
    values += [
        mapping(function.properties, "LoggingConfig").get("LogGroup")
        for function in batch_functions(owner)
    ]
    for group in owner.template.all("AWS::Logs::LogGroup"):
        name = text(group.properties, "LogGroupName")
        for value in values:
            if owner.template.target(value) is group or (name and value == name):
                found.add(group.id)
    memory["log groups"] = found
    return found


def _read_queues(reader: Resource) -> Iterator[tuple[str, Resource, Resource]]:
    """Give the queues that functions around AWS Batch read, with the functions and the paths."""
    if reader.type == SERVERLESS_FUNCTION:
        template = reader.template
        if not (template.all(JOB_QUEUE) or template.all(JOB_DEFINITION)):
            return
        for name, event in mapping(reader.properties, "Events").items():
            if isinstance(event, dict) and event.get("Type") == "SQS":
                queue = reader.neighbour(mapping(event, "Properties").get("Queue"), QUEUE)
                if queue is not None:
                    yield f"Events/{name}/Properties/Queue", queue, reader
        return
    queue = reader.neighbour(reader.properties.get("EventSourceArn"), QUEUE)
    function = reader.neighbour(reader.properties.get("FunctionName"), FUNCTION)
    if queue is not None and function is not None and function in batch_functions(reader):
        yield "EventSourceArn", queue, function


def _hides(queue: Resource, function: Resource) -> tuple[float, float] | None:
    """Give how long a queue hides a message, and how long a function runs; None if not known.

    What Globals of AWS SAM may set is not looked at.
    """
    visible = number(
        {"VisibilityTimeout": SQS_VISIBILITY_SECONDS, **queue.properties}, "VisibilityTimeout"
    )
    default = {} if function.type == SERVERLESS_FUNCTION else {"Timeout": FUNCTION_SECONDS}
    timeout = number({**default, **function.properties}, "Timeout")
    return None if visible is None or timeout is None else (visible, timeout)


@_rule(
    "function-event-visibility",
    (SERVERLESS_FUNCTION, MAPPING),
    severity=Severity.ERROR,
    title="visibility timeout shorter than the timeout of a function",
    fix="set the VisibilityTimeout of the queue to at least the Timeout of the function, better"
    " six times",
    source=_SQS_SOURCE,
)
def function_event_visibility(reader: Resource) -> Iterator[Fault]:
    """Lambda refuses the mapping."""
    for path, queue, function in _read_queues(reader):
        times = _hides(queue, function)
        if times is not None and times[0] < times[1]:
            yield path, _hidden(queue, function, *times)


def _hidden(queue: Resource, function: Resource, visible: float, timeout: float) -> str:
    return (
        f"{queue.id} hides messages for {show(visible)} seconds, {function.id} runs for up to"
        f" {show(timeout)}"
    )


@_rule(
    "visibility-margin",
    (SERVERLESS_FUNCTION, MAPPING),
    title="visibility timeout under six times the timeout of a function",
    fix=f"set the VisibilityTimeout of the queue to {VISIBILITY_FACTOR} times the Timeout of the"
    " function",
    source=VISIBILITY_FACTOR_SOURCE,
)
def visibility_margin(reader: Resource) -> Iterator[Fault]:
    """A message comes back, and becomes a second job, while the first try still waits."""
    for path, queue, function in _read_queues(reader):
        times = _hides(queue, function)
        if times is not None and times[1] <= times[0] < VISIBILITY_FACTOR * times[1]:
            fix = f"set VisibilityTimeout of {queue.id} to {show(VISIBILITY_FACTOR * times[1])}"
            yield path, _hidden(queue, function, *times), fix


@_rule(
    "event-source-permission",
    MAPPING,
    severity=Severity.ERROR,
    title="function that may not read its queue",
    fix=f"allow {READ_QUEUE_ACTIONS[0]}, {READ_QUEUE_ACTIONS[1]} and {READ_QUEUE_ACTIONS[2]}",
    source=_SQS_SOURCE,
)
def event_source_permission(mapping_: Resource) -> Iterator[Fault]:
    """Creating the mapping is refused."""
    queue = mapping_.neighbour(mapping_.properties.get("EventSourceArn"), QUEUE)
    function = mapping_.neighbour(mapping_.properties.get("FunctionName"), FUNCTION)
    role = None if function is None else role_of(function, function.properties.get("Role"))
    if queue is None or function is None or role is None:
        return
    if function not in batch_functions(mapping_):
        return
    held, arn = rights(role), spelled(Reference(queue.id, "Arn"), queue.template)
    lacks = [action for action in READ_QUEUE_ACTIONS if held.deny(action, arn)]
    if lacks:
        allowed_elsewhere = all(held.mention(action) for action in lacks)
        where = f" on {queue.id}" if allowed_elsewhere else ""
        fix = missing.fix(role.id, lacks, {"Fn::GetAtt": [queue.id, "Arn"]})
        yield "FunctionName", f"{role.id} does not allow {', '.join(lacks)}{where}", fix
    key = key_of(queue.properties.get("KmsMasterKeyId"), queue.template)
    if key is not None and may_use(key, role, DECRYPT) is False:
        fix = missing.fix(role.id, [DECRYPT], {"Fn::GetAtt": [key.id, "Arn"]})
        message = f"{role.id} may not kms:Decrypt with {key.id}, the key of {queue.id}"
        yield "FunctionName", message, fix


@_rule(
    "source-queue-dead-letters",
    MAPPING,
    title="source queue without a dead-letter queue",
    fix="give the queue a RedrivePolicy",
    source=_SQS_SOURCE,
)
def source_queue_dead_letters(mapping_: Resource) -> Iterator[Fault]:
    """A message that cannot be submitted comes back until it expires, and is lost then."""
    queue = mapping_.neighbour(mapping_.properties.get("EventSourceArn"), QUEUE)
    function = mapping_.neighbour(mapping_.properties.get("FunctionName"), FUNCTION)
    if queue is None or function is None or function not in batch_functions(mapping_):
        return
    if absent(queue.properties, "RedrivePolicy"):
        yield "EventSourceArn", f"{queue.id} has no dead-letter queue"


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
                yield where, f"the dimension is {show(key)}; allowed is {DIMENSION}"
            elif isinstance(value, Reference) and alarm.neighbour(value, JOB_QUEUE) is not None:
                yield f"{where}/Value", "the dimension is the ARN of the queue; its name is allowed"
            elif isinstance(value, str) and value.startswith("arn:"):
                yield f"{where}/Value", "the dimension is an ARN; the name of the queue is allowed"


@_rule(
    "alarm-topic",
    "AWS::CloudWatch::Alarm",
    title="topic that alarms may not publish to",
    fix="allow cloudwatch.amazonaws.com in the topic policy and the key policy",
    source=KEYS_OF_TOPICS,
)
def alarm_topic(alarm: Resource) -> Iterator[Fault]:
    """The alarm fires, and nobody hears it."""
    if not any(text(metric, "Namespace") == NAMESPACE for _, metric in _metrics(alarm)):
        return
    for position, value in enumerate(listing(alarm.properties, "AlarmActions") or ()):
        topic = alarm.neighbour(value, "AWS::SNS::Topic")
        if topic is None:
            continue
        path = f"AlarmActions/{position}"
        open_to = admits(topic, TOPIC_POLICIES, "sns:Publish", ALARMS, alarm)
        if has_policy(topic, TOPIC_POLICIES) and not open_to:
            yield path, f"cloudwatch.amazonaws.com may not publish to {topic.id}"
        if fault := key_fault(topic, "cloudwatch", "alias/aws/sns"):
            yield path, fault
