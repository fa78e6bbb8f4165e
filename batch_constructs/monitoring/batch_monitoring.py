"""The alarms of a platform, with limits that on-call people keep."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from batch_constructs.arguments import Arguments
from batch_constructs.aws.bound import shown
from batch_constructs.aws.quotas import ALARM_NAME
from batch_constructs.aws.service_principals import ALARMS
from batch_constructs.construct import BatchConstruct
from batch_constructs.event_bus import dimensions_of
from batch_constructs.function_alarms import FunctionAlarm, WatchedFunction, function_alarms
from batch_constructs.jsii_objects import has_member
from batch_constructs.known_argument import known_now
from batch_constructs.monitoring.alarm_names import expect_other_names, note_names
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
from batch_constructs.tokens import is_token
from batch_constructs.topic import admit, topic_argument

from . import alarm_thresholds

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aws_cdk import aws_sns as sns
    from aws_cdk import aws_sqs as sqs

    from batch_constructs.compute.compute_environment import AnyComputeEnvironment
    from batch_constructs.monitoring.alarm_thresholds import Alarm
    from batch_constructs.queues.any_job_queue import AnyJobQueue
    from batch_constructs.triggers.submission_gateway import SubmissionGateway

_SECONDS_A_MINUTE = 60


class BatchMonitoring(BatchConstruct):
    """Alarms for queues, environments, gateways and functions.

    An alarm fires when many jobs of a queue fail, jobs wait too long, the queue is blocked, the job
    at its head does not start, or it uses more vCPU-hours than planned; when an environment is
    INVALID; when a dead-letter queue is not empty; when a gateway is throttled or behind; when a
    function of this library fails, is throttled or does not run. Most alarms use AWS Batch's own
    free metrics. Only the head of the queue, the vCPU-hours and INVALID environments need
    ``gauges``. An alarm costs 0.10 USD a month for each metric it reads.

    Alarms are named ``PREFIX-QUEUE-WHAT``, such as ``batch-nightly-FailureRate``.

    Creates, below its own ID: for each queue, below the queue's ID, the alarms ``FailureRate``,
    ``TimeInRunnable``, ``Blocked``, ``HeadOfQueue`` and ``Spend``; for each environment, below its
    ID, the alarm ``Invalid``; for each gateway, below its ID, ``Errors``, ``Throttled``, ``Behind``
    and ``DeadLetters``; for the gauges and each of ``functions``, below its ID, ``Errors``,
    ``Throttles``, ``Silence`` (if it runs on a schedule), ``DeadLetters`` and ``Lost`` (if it has a
    dead-letter queue); ``EventLogDeadLetters``; ``DeadLetters1``, …; and ``EventLog`` (a
    ``JobEventLog``) if none is given.

    Attributes:
        alarms: The alarms, by their IDs below this construct, such as ``Nightly/FailureRate``.
        thresholds: Queue name → the limit of each of its alarms, in the unit of the dashboard's
            graphs (minutes, percent, vCPU-hours).
        event_log: The log from which the last failures are read.

    Args:
        scope: The parent construct, usually the stack.
        id: Its ID, unique in the scope.
        queues: Job queues (ours, ``aws_batch`` L2s or L1s).
        compute_environments: Compute environments of any kind, with ``gauges`` of them. Default:
            none.
        alarm_topic: The topic for the alarms, such as an ``AlertTopic``. Recovery is visible in
            CloudWatch; set ``ok_actions`` on one of ``alarms`` to be notified of it as well, also
            when a new alarm gets its first data. Default: none; the alarms are only visible in
            CloudWatch.
        thresholds: The limits. Default: those of ``AlarmThresholds``.
        gauges: ``JobGauges`` of the same queues and environments. Default: no gauges.
        dead_letter_queues: SQS queues that should be empty. Default: none.
        gateways: ``SubmissionGateway``s, and their dead-letter queues. Default: none.
        event_log: A ``JobEventLog`` of the same queues. Default: a new one.
        functions: Constructs whose functions are watched: ``JobNotifications``, ``JobCounters``,
            ``JobGauges``, ``CostGuard``, ``SubmitFunction``, a queue's ``spot_rescue``, the
            ``function`` of an ``EventTrigger``, a job definition with a number in
            ``keep_old_revisions``. Those of ``gauges`` and ``gateways`` are always watched.
            Default: no others.
        alarm_name_prefix: The prefix of the alarms' names. Default: ``batch``.

    Raises:
        ValueError: no queue, environments or a limit that need gauges without them, gauges or an
            event log of other queues, or a topic that would drop alarms; all of them are listed.
        TypeError: arguments of the wrong type; all of them are listed.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/AlarmThatSendsEmail.html
    """

    alarms: dict[str, cloudwatch.CfnAlarm]
    thresholds: dict[str, dict[str, float]]
    event_log: JobEventLog

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        queues: Sequence[AnyJobQueue],
        compute_environments: Sequence[AnyComputeEnvironment] | None = None,
        alarm_topic: sns.ITopic | None = None,
        thresholds: AlarmThresholds | None = None,
        gauges: JobGauges | None = None,
        dead_letter_queues: Sequence[sqs.IQueue] | None = None,
        gateways: Sequence[SubmissionGateway] | None = None,
        event_log: JobEventLog | None = None,
        functions: Sequence[Any] | None = None,
        alarm_name_prefix: str = "batch",
    ) -> None:
        super().__init__(scope, id)
        arguments = Arguments(self)
        watched = watched_queues(arguments, queues)
        environments = watched_environments(arguments, compute_environments)
        topic = topic_argument(arguments, "alarm_topic", alarm_topic)
        limits = _limits(arguments, thresholds, gauges, gateways)
        dead = arguments.resources(
            "dead_letter_queues", dead_letter_queues, "queue_arn", "an SQS queue", "SQS queues"
        )
        for number, letters in enumerate(dead):
            arguments.of_this_place(
                f"dead_letter_queues[{number}]", letters, SEEN_HERE, str(letters.queue_arn)
            )
        submitting = _gateways(arguments, gateways)
        shipped = _shipped(arguments, functions)
        _check_dead(arguments, dead)
        prefix = arguments.text(
            "alarm_name_prefix", alarm_name_prefix, required=True, bound=ALARM_NAME
        )
        _same_queues(arguments, watched, environments, event_log, gauges)
        arguments.refuse()
        functions_seen = _functions(gauges, shipped)
        about = {one.arn: one.id for one in (*watched, *environments)}
        about |= {one.queue_arn: one.node.path for one in dead}
        known = [] if event_log is None else [event_log]
        about |= {one.node.path: one.node.path for one in (*submitting, *known)}
        about |= {one.handler.node.path: path for path, one in functions_seen}
        expect_other_names(arguments, prefix, about)
        arguments.refuse()

        self.alarms = {}
        self.thresholds = {}
        self._prefix = prefix
        self._actions: list[str] = []
        if topic is not None:
            admit(topic, ALARMS)
            self._actions = [topic.topic_arn]
        self.event_log = (
            JobEventLog(self, "EventLog", queues=queues) if event_log is None else event_log
        )
        for queue in watched:
            self._watch_queue(
                queue, limits, gauge_seconds=None if gauges is None else gauges.interval_seconds
            )
        if gauges is not None:
            for environment in environments:
                below = Construct(self, environment.id)
                invalid = alarm_thresholds.environment_invalid(
                    environment.name, gauge_seconds=gauges.interval_seconds
                )
                self._alarm(below, environment.name, invalid)
        unwritten = self.event_log.dead_letter_queue.queue_name
        self._alarm(
            self, unwritten, alarm_thresholds.unwritten_events(unwritten), id="EventLogDeadLetters"
        )
        for number, letters in enumerate(dead, start=1):
            rule = alarm_thresholds.dead_letters(letters.queue_name, letters.queue_arn)
            self._alarm(self, letters.queue_name, rule, id=f"DeadLetters{number}")
        for gateway in submitting:
            self._watch_gateway(gateway, limits)
        for path, function in functions_seen:
            self._watch_function(path.rpartition("/")[2], function)
        note_names(self, prefix, about)

    @property
    def alarm_arns(self) -> list[str]:
        """The ARNs of the alarms."""
        return [alarm.attr_arn for alarm in self.alarms.values()]

    def _watch_queue(self, queue: Watched, limits: Limits, *, gauge_seconds: int | None) -> None:
        place = Construct(self, queue.id)
        rules = alarm_thresholds.queue_alarms(queue.name, limits, gauge_seconds=gauge_seconds)
        for rule in rules:
            self._alarm(place, queue.name, rule)
        rule_metrics = dimensions_of(self.event_log.blocked_rules[queue.arn])
        self._alarm(place, queue.name, alarm_thresholds.blocked(rule_metrics))
        self.thresholds[queue.name] = {rule.id: _as_drawn(rule) for rule in rules}

    def _watch_gateway(self, gateway: SubmissionGateway, limits: Limits) -> None:
        place = Construct(self, gateway.node.id)
        name = gateway.message_queue.queue_name
        watched = WatchedFunction(
            handler=gateway.function,
            dead_letter_queue=gateway.dead_letter_queue,
            message_queue=gateway.message_queue,
        )
        for rule in function_alarms(watched):
            if rule.id != "Throttles":  # a gateway's alarm on that is called Throttled
                self._alarm(place, name, rule)
        self._alarm(place, name, alarm_thresholds.throttled(gateway.function.function_name))
        if limits.oldest_message_age_seconds is not None:
            function = gateway.function.function_name
            age = limits.oldest_message_age_seconds
            self._alarm(place, name, alarm_thresholds.behind(name, function, age))

    def _watch_function(self, id: str, watched: WatchedFunction) -> None:
        taken = self.node.try_find_child(id) is not None
        place = Construct(self, f"{id}{len(self.node.children)}" if taken else id)
        for rule in function_alarms(watched):
            self._alarm(place, watched.handler.function_name, rule)

    def _alarm(
        self,
        place: Construct,
        about: str,
        rule: Alarm | FunctionAlarm,
        *,
        id: str | None = None,
    ) -> None:
        known = rule.id if id is None else id
        name = f"{self._prefix}-{about}-{rule.id}"
        wrong = None if is_token(name) else ALARM_NAME.wrong(name)
        if wrong is not None:
            raise ValueError(
                f"{self.node.path}: the alarm {shown(name)} {wrong}: give a shorter "
                "alarm_name_prefix"
            )
        properties = rule.properties if isinstance(rule, FunctionAlarm) else rule.properties()
        alarm = cloudwatch.CfnAlarm(
            place,
            known,
            alarm_name=name,
            alarm_description=f"{about}: {rule.title}. {rule.advice}",
            alarm_actions=self._actions,
            **properties,
        )
        self.alarms[known if place is self else f"{place.node.id}/{known}"] = alarm


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
                f"thresholds.{name} is given without gauges, and {why} no metric of AWS Batch: "
                "give gauges=JobGauges(…), or leave it out"
            )
    if not gateways and alarm_thresholds.is_said(wanted, "oldest_message_age"):
        arguments.wrong_value(
            "thresholds.oldest_message_age is given without gateways, so that there is no queue of "
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


def _shipped(arguments: Arguments, functions: Any) -> list[Any]:
    def fits(item: object) -> bool:
        return hasattr(item, "watched_function")

    of = " with a function of this library, such as JobNotifications(…)"
    several = f"constructs{of}"
    found = arguments.resources("functions", functions, fits, f"a construct{of}", several)
    return _seen_here(arguments, "functions", found)


def _functions(
    gauges: JobGauges | None, shipped: Sequence[Any]
) -> list[tuple[str, WatchedFunction]]:
    """Return each function that is watched, once, with the path of whose it is."""
    found: dict[str, tuple[str, WatchedFunction]] = {}
    for each in (*([] if gauges is None else [gauges]), *shipped):
        function = each.watched_function
        if function is not None:
            found.setdefault(function.handler.node.path, (each.node.path, function))
    return [*found.values()]


def _seen_here(arguments: Arguments, parameter: str, found: list[Any]) -> list[Any]:
    for number, one in enumerate(found):
        arguments.of_this_place(f"{parameter}[{number}]", one, SEEN_HERE)
    return found


def _check_dead(arguments: Arguments, dead: Sequence[Any]) -> None:
    """Refuse a queue that is given twice: its alarms would have one name."""
    arns = [letters.queue_arn for letters in dead if has_member(letters, "queue_arn")]
    for arn, count in Counter(arns).items():
        if count > 1:
            again = next(each for each in dead if getattr(each, "queue_arn", None) == arn)
            arguments.wrong_value(
                f"dead_letter_queues has {again.node.path} {count} times: give each queue once"
            )


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
            "compute_environments is given without gauges, and only these say whether one is "
            "INVALID: give gauges=JobGauges(…) of them"
        )


def _as_drawn(rule: Alarm) -> float:
    """Return a limit in the unit of the dashboard's graphs."""
    divisors = {"TimeInRunnable": 60_000, "HeadOfQueue": _SECONDS_A_MINUTE}
    return rule.above / divisors.get(rule.id, 1)
