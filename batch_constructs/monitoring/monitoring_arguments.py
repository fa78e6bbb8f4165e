"""What a ``BatchMonitoring`` is given, read and checked."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from aws_cdk import aws_events as events

from batch_constructs.aws.quotas import ALARM_NAME
from batch_constructs.jsii_objects import has_member
from batch_constructs.known_argument import known_now
from batch_constructs.monitoring.alarm_names import expect_other_names
from batch_constructs.monitoring.alarm_thresholds import AlarmThresholds, Limits
from batch_constructs.monitoring.job_event_log import JobEventLog
from batch_constructs.monitoring.job_gauges import JobGauges
from batch_constructs.monitoring.watched_resources import (
    Watched,
    same_things,
    watched_environments,
    watched_queues,
)
from batch_constructs.place import SEEN_HERE
from batch_constructs.topic import topic_argument

from . import alarm_thresholds

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aws_cdk import aws_sns as sns
    from aws_cdk import aws_sqs as sqs

    from batch_constructs.arguments import Arguments
    from batch_constructs.function_alarms import HasWatchedFunction, WatchedFunction
    from batch_constructs.triggers.event_trigger import EventTrigger
    from batch_constructs.triggers.schedule_trigger import ScheduleTrigger
    from batch_constructs.triggers.submission_gateway import SubmissionGateway


@dataclass(frozen=True, kw_only=True)
class MonitoringArguments:
    """What is watched, and who is told."""

    queues: list[Watched]
    environments: list[Watched]
    topic: sns.ITopic | None
    limits: Limits
    dead_letter_queues: list[sqs.IQueue]
    gateways: list[SubmissionGateway]
    functions: list[tuple[str, WatchedFunction]]
    """Each function, with the path of whose it is."""
    triggers: list[EventTrigger | ScheduleTrigger]
    rules: list[events.CfnRule]
    prefix: str
    about: dict[str, str]
    """What the alarms are about: its ARN or its path → what it is called."""


def read_monitoring(
    arguments: Arguments,
    *,
    queues: Any,
    compute_environments: Any,
    alarm_topic: Any,
    thresholds: Any,
    gauges: Any,
    dead_letter_queues: Any,
    gateways: Any,
    event_log: Any,
    functions: Any,
    triggers: Any,
    rules: Any,
    alarm_name_prefix: Any,
) -> MonitoringArguments:
    """Read the arguments, and refuse what is wrong with them."""
    watched = watched_queues(arguments, queues)
    environments = watched_environments(arguments, compute_environments)
    topic = topic_argument(arguments, "alarm_topic", alarm_topic)
    limits = _limits(arguments, thresholds, gauges, gateways)
    dead = _dead_letter_queues(arguments, dead_letter_queues)
    submitting = _gateways(arguments, gateways)
    shipped = _shipped(arguments, functions)
    delivering = _triggers(arguments, triggers)
    resources = _rules(arguments, rules)
    prefix = arguments.text("alarm_name_prefix", alarm_name_prefix, required=True, bound=ALARM_NAME)
    _same_queues(arguments, watched, environments, event_log, gauges)
    arguments.refuse()
    seen = _functions(gauges, shipped)
    about = {one.arn: one.id for one in (*watched, *environments)}
    about |= {one.queue_arn: one.node.path for one in dead}
    known = [] if event_log is None else [event_log]
    for one in (*submitting, *known, *delivering, *resources):
        about[one.node.path] = one.node.path
    about |= {one.handler.node.path: path for path, one in seen}
    expect_other_names(arguments, prefix, about)
    arguments.refuse()
    return MonitoringArguments(
        queues=watched,
        environments=environments,
        topic=topic,
        limits=limits,
        dead_letter_queues=dead,
        gateways=submitting,
        functions=seen,
        triggers=delivering,
        rules=resources,
        prefix=prefix,
        about=about,
    )


def _limits(
    arguments: Arguments,
    thresholds: AlarmThresholds | None,
    gauges: JobGauges | None,
    gateways: Sequence[SubmissionGateway] | None,
) -> Limits:
    wanted = AlarmThresholds() if thresholds is None else thresholds
    if not isinstance(wanted, AlarmThresholds):
        arguments.wrong_type("thresholds", thresholds, "AlarmThresholds(…)")
        wanted = AlarmThresholds()
    if gauges is not None and not isinstance(gauges, JobGauges):
        arguments.wrong_type("gauges", gauges, "JobGauges(…)")

    def number(name: str) -> Any:
        parameter = f"thresholds.{name}"
        value = arguments.number(
            parameter,
            getattr(wanted, name),
            required=name == "failure_rate_min_jobs",
            bound=alarm_thresholds.BOUNDS[name],
        )
        return known_now(arguments, parameter, value)

    def seconds(name: str) -> Any:
        parameter = f"thresholds.{name}"
        value = arguments.seconds(parameter, getattr(wanted, name))
        return known_now(arguments, parameter, value)

    limits = Limits(
        failure_rate_percent=number("failure_rate_percent"),
        failure_rate_min_jobs=number("failure_rate_min_jobs"),
        time_in_runnable_seconds=seconds("time_in_runnable"),
        head_of_queue_age_seconds=seconds("head_of_queue_age"),
        vcpu_hours_per_day=number("vcpu_hours_per_day"),
        oldest_message_age_seconds=seconds("oldest_message_age"),
    )
    if wanted.failure_rate_percent is None and limits.failure_rate_min_jobs != _LEAST_JOBS:
        arguments.wrong_value(
            "thresholds.failure_rate_min_jobs is given, and failure_rate_percent is None, which "
            "turns that alarm off: leave one of them out"
        )
    for name, why in _OF_GAUGES.items() if gauges is None else ():
        if alarm_thresholds.is_said(wanted, name):
            arguments.wrong_value(
                f"thresholds.{name} is given without gauges, but {why} no metric of AWS Batch: "
                "give gauges=JobGauges(…), or leave it out"
            )
    if not gateways and alarm_thresholds.is_said(wanted, "oldest_message_age"):
        arguments.wrong_value(
            "thresholds.oldest_message_age is given without gateways, so there is no queue of "
            "messages: give gateways, or leave it out"
        )
    return limits


_LEAST_JOBS = AlarmThresholds.failure_rate_min_jobs
_OF_GAUGES = {
    "head_of_queue_age": "the age of the first job is",
    "vcpu_hours_per_day": "vCPUs in use are",
}


def _gateways(arguments: Arguments, gateways: Any) -> list[SubmissionGateway]:
    if gateways is None:
        return []
    from batch_constructs.triggers.submission_gateway import SubmissionGateway  # noqa: PLC0415 - if there are any

    def fits(item: object) -> bool:
        return isinstance(item, SubmissionGateway)

    one = "a SubmissionGateway"
    found = arguments.resources("gateways", gateways, fits, one, "SubmissionGateways")
    return _seen_here(arguments, "gateways", found)


def _shipped(arguments: Arguments, functions: Any) -> list[HasWatchedFunction]:
    def fits(item: object) -> bool:
        return hasattr(item, "watched_function")

    of = " with a function of this library, such as JobNotifications(…)"
    several = f"constructs{of}"
    found = arguments.resources("functions", functions, fits, f"a construct{of}", several)
    return _seen_here(arguments, "functions", found)


def _triggers(arguments: Arguments, triggers: Any) -> list[Any]:
    def fits(item: object) -> bool:
        return hasattr(item, "watched_delivery")

    one = "an EventTrigger, an ObjectCreatedTrigger or a ScheduleTrigger"
    found = arguments.resources("triggers", triggers, fits, one, f"each {one}")
    return _seen_here(arguments, "triggers", found)


def _rules(arguments: Arguments, rules: Any) -> list[events.CfnRule]:
    """Read rules: L2s that are made in this app, and L1s."""

    def fits(item: object) -> bool:
        return isinstance(_resource(item), events.CfnRule)

    one = "an events.Rule, such as queue.on_job_failed(…) returns"
    found = arguments.resources("rules", rules, fits, one, "rules of aws_events")
    return [_resource(rule) for rule in _seen_here(arguments, "rules", found)]


def _resource(rule: Any) -> Any:
    """Return the L1 of a rule."""
    return rule.node.default_child if isinstance(rule, events.Rule) else rule


def _functions(
    gauges: JobGauges | None, shipped: Sequence[HasWatchedFunction]
) -> list[tuple[str, WatchedFunction]]:
    """Return each function that is watched, once, with the path of whose it is."""
    found: dict[str, tuple[str, WatchedFunction]] = {}
    for each in (*([] if gauges is None else [gauges]), *shipped):
        for name, behind in (("watched_function", ""), ("watched_idle_function", "Idle")):
            function = getattr(each, name, None)
            if function is not None:
                found.setdefault(
                    function.handler.node.path, (f"{each.node.path}{behind}", function)
                )
    return [*found.values()]


def _seen_here(arguments: Arguments, parameter: str, found: list[Any]) -> list[Any]:
    for number, one in enumerate(found):
        arguments.of_this_place(f"{parameter}[{number}]", one, SEEN_HERE)
    return found


def _dead_letter_queues(arguments: Arguments, given: Any) -> list[Any]:
    """Read the queues, and refuse one that is given twice: its alarms would have one name."""
    dead = arguments.resources(
        "dead_letter_queues", given, "queue_arn", "an SQS queue", "SQS queues"
    )
    for number, letters in enumerate(dead):
        arguments.of_this_place(
            f"dead_letter_queues[{number}]", letters, SEEN_HERE, str(letters.queue_arn)
        )
    arns = [letters.queue_arn for letters in dead if has_member(letters, "queue_arn")]
    for arn, count in Counter(arns).items():
        if count > 1:
            again = next(each for each in dead if getattr(each, "queue_arn", None) == arn)
            arguments.wrong_value(
                f"dead_letter_queues has {again.node.path} {count} times: give each queue once"
            )
    return dead


def _same_queues(
    arguments: Arguments,
    watched: Sequence[Watched],
    environments: Sequence[Watched],
    event_log: JobEventLog | None,
    gauges: JobGauges | None,
) -> None:
    """Refuse a log and gauges of other queues: their alarms would never fire."""
    if event_log is not None and not isinstance(event_log, JobEventLog):
        arguments.wrong_type("event_log", event_log, "JobEventLog(…)")
    elif event_log is not None:
        arguments.of_this_place("event_log", event_log, SEEN_HERE)
        same_things(arguments, "event_log", watched, event_log.blocked_rules)
    if isinstance(gauges, JobGauges):
        same_things(arguments, "gauges", watched, gauges.queue_arns)
        same_things(arguments, "gauges", environments, gauges.compute_environment_arns)
    elif environments and gauges is None:
        arguments.wrong_value(
            "compute_environments is given without gauges, and only gauges know whether one is "
            "INVALID: give gauges=JobGauges(…) of them"
        )
