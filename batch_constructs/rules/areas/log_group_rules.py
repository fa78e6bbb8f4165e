"""Rules about log groups: whether what jobs and functions write expires."""

from __future__ import annotations

from functools import partial

from batch_constructs.aws.names import FUNCTION_LOG_GROUPS, LOG_GROUP_OPTION
from batch_constructs.aws.source import Source, cloudformation, docs
from batch_constructs.aws.typing_names import TYPE_CHECKING, Final
from batch_constructs.rules.access.batch_functions import batch_functions
from batch_constructs.rules.findings import Severity
from batch_constructs.rules.rule import Fault, rule
from batch_constructs.rules.template.iam_roles import literal
from batch_constructs.rules.template.resource_graph import (
    JOB_DEFINITION,
    JobDefinition,
    Resource,
)
from batch_constructs.rules.template.submitted_jobs import FUNCTION
from batch_constructs.rules.template.values import (
    UNKNOWN,
    Text,
    absent,
    mapping,
    text,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

_rule = partial(rule, severity=Severity.WARNING)

_RETENTION: Final[Source] = cloudformation(
    "aws-resource-logs-loggroup",
    "Without RetentionInDays, log events never expire. Lambda creates such a group by itself.",
)


@_rule(
    "function-log-group",
    FUNCTION,
    title="function whose logs never expire",
    fix="create an AWS::Logs::LogGroup with RetentionInDays, and name it under LoggingConfig",
    source=_RETENTION,
)
def function_log_group(function: Resource) -> Iterator[Fault]:
    """Lambda creates a log group that never expires, and you pay for it indefinitely."""
    if function not in batch_functions(function):
        return
    logging = function.properties.get("LoggingConfig", {})
    if not isinstance(logging, dict) or "LogGroup" in logging:
        return
    name = text(function.properties, "FunctionName")
    for group in function.template.all("AWS::Logs::LogGroup"):
        written = group.properties.get("LogGroupName")
        if written is UNKNOWN or (name and literal(written) == f"{FUNCTION_LOG_GROUPS}{name}"):
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
    """Logs are kept indefinitely, and you pay for them."""
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
                values.append(mapping(log, "Options").get(LOG_GROUP_OPTION))
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


@rule(
    "metric-filter-class",
    "AWS::Logs::LogGroup",
    title="metric filter on a log group that supports none",
    fix="remove LogGroupClass, or the metric filter",
    source=docs(
        "AmazonCloudWatch/latest/logs/CloudWatch_Logs_Log_Classes.html",
        "A log group must be of the Standard class to have metric filters, and the class of a "
        "log group cannot be changed.",
    ),
)
def metric_filter_class(group: Resource) -> Iterator[Fault]:
    """CloudWatch Logs refuses the filter."""
    kind = literal(group.properties.get("LogGroupClass"))
    if kind in (None, "STANDARD"):
        return
    for filtered in group.template.all("AWS::Logs::MetricFilter"):
        if filtered.neighbour(filtered.properties.get("LogGroupName")) is group:
            yield "LogGroupClass", f"{filtered.id} filters the group, which is {kind}"
