"""The alarms of a platform, with limits that on-call people keep."""

from __future__ import annotations

from dataclasses import replace
from itertools import chain, count
from typing import TYPE_CHECKING

from aws_cdk import Stack
from aws_cdk import aws_events as events
from constructs import Construct

from batch_constructs.arguments import Arguments
from batch_constructs.aws.bound import shown
from batch_constructs.aws.quotas import ALARM_NAME
from batch_constructs.aws.service_principals import ALARMS
from batch_constructs.construct import BatchConstruct
from batch_constructs.event_bus import dimensions_of
from batch_constructs.function_alarms import (
    FunctionAlarm,
    WatchedFunction,
    delivery_alarms,
    failed_invocations,
    function_alarms,
    undelivered,
)
from batch_constructs.loaded_late import aws_cloudwatch as cloudwatch
from batch_constructs.monitoring.alarm_names import note_names
from batch_constructs.monitoring.job_event_log import JobEventLog
from batch_constructs.monitoring.monitoring_arguments import read_monitoring
from batch_constructs.tokens import is_token
from batch_constructs.topic import admit

from . import alarm_thresholds

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aws_cdk import aws_scheduler as scheduler
    from aws_cdk import aws_sns as sns
    from aws_cdk import aws_sqs as sqs
    from constructs import IConstruct

    from batch_constructs.compute.compute_environment import AnyComputeEnvironment
    from batch_constructs.function_alarms import HasWatchedFunction
    from batch_constructs.monitoring.alarm_thresholds import Alarm, AlarmThresholds, Limits
    from batch_constructs.monitoring.job_gauges import JobGauges
    from batch_constructs.monitoring.monitoring_arguments import MonitoringArguments
    from batch_constructs.monitoring.watched_resources import Watched
    from batch_constructs.queues.any_job_queue import AnyJobQueue
    from batch_constructs.triggers.event_trigger import EventTrigger
    from batch_constructs.triggers.schedule_trigger import ScheduleTrigger
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
    dead-letter queue), and ``Undelivered``, … (one for each rule that invokes it); for each of
    ``triggers``, below its ID, these, or ``DeadLetters`` and ``Undelivered`` if it has no function;
    for each of ``rules``, below its ID, ``FailedInvocations``; for a function that reports idle
    queues, these below its ID with ``Idle`` behind it; below a gateway's ID
    also ``…Undelivered`` for each of its buckets; ``EventLogDeadLetters`` and
    ``EventLogUndelivered``, …; ``DeadLetters1``, …; and ``EventLog`` (a ``JobEventLog``) if none is
    given.

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
            ``JobGauges``, ``CostGuard``, ``SubmitFunction``, a queue's ``spot_rescue``, a job
            definition with a number in ``keep_old_revisions``. Those of ``gauges``, ``gateways``
            and ``triggers`` are always watched. Default: no others.
        triggers: ``EventTrigger``, ``ObjectCreatedTrigger`` and ``ScheduleTrigger``, with their
            dead-letter queues and functions. Default: none.
        rules: Rules whose deliveries are watched, such as those that ``queue.on_job_failed(…)``
            returns. Default: none.
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
        functions: Sequence[HasWatchedFunction] | None = None,
        triggers: Sequence[EventTrigger | ScheduleTrigger] | None = None,
        rules: Sequence[events.Rule] | None = None,
        alarm_name_prefix: str = "batch",
    ) -> None:
        super().__init__(scope, id)
        arguments = Arguments(self)
        given = read_monitoring(
            arguments,
            queues=queues,
            compute_environments=compute_environments,
            alarm_topic=alarm_topic,
            thresholds=thresholds,
            gauges=gauges,
            dead_letter_queues=dead_letter_queues,
            gateways=gateways,
            event_log=event_log,
            functions=functions,
            triggers=triggers,
            rules=rules,
            alarm_name_prefix=alarm_name_prefix,
        )

        self.alarms = {}
        self.thresholds = {}
        self._prefix = given.prefix
        self._actions: list[str] = []
        if given.topic is not None:
            admit(given.topic, ALARMS)
            self._actions = [given.topic.topic_arn]
        self.event_log = (
            JobEventLog(self, "EventLog", queues=queues) if event_log is None else event_log
        )
        gauge_seconds = None if gauges is None else gauges.interval_seconds
        for queue in given.queues:
            self._watch_queue(queue, given.limits, gauge_seconds=gauge_seconds)
        if gauge_seconds is not None:
            for environment in given.environments:
                invalid = alarm_thresholds.environment_invalid(
                    environment.name, gauge_seconds=gauge_seconds
                )
                self._alarm(Construct(self, environment.id), environment.name, invalid)
        self._watch_event_log()
        for number, letters in enumerate(given.dead_letter_queues, start=1):
            rule = alarm_thresholds.dead_letters(letters.queue_name, letters.queue_arn)
            self._alarm(self, letters.queue_name, rule, id=f"DeadLetters{number}")
        for gateway in given.gateways:
            self._watch_gateway(gateway, given.limits)
        for path, function in given.functions:
            self._watch_function(self._place(path.rpartition("/")[2]), function)
        self._watch_triggers(given)
        for resource in given.rules:
            parts = resource.node.scopes
            whose = parts[-2] if resource.node.id == "Resource" else resource
            alarm = failed_invocations(resource)
            self._alarm(self._place(_below_its_stack(whose)), _name_of(resource), alarm)
        note_names(self, given.prefix, given.about)

    @property
    def alarm_arns(self) -> list[str]:
        """The ARNs of the alarms."""
        return [alarm.attr_arn for alarm in self.alarms.values()]

    def _watch_queue(self, queue: Watched, limits: Limits, *, gauge_seconds: int | None) -> None:
        place = Construct(self, queue.id)
        rules = alarm_thresholds.queue_alarms(queue.name, limits, gauge_seconds=gauge_seconds)
        for rule in rules:
            self._alarm(place, queue.name, rule)
        blocked = self.event_log.blocked_rules[queue.arn]
        self._alarm(place, queue.name, alarm_thresholds.blocked(dimensions_of(blocked)))
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

        def watch_bucket(id: str, bucket: events.CfnRule) -> None:
            for alarm in undelivered([bucket]):
                self._alarm(place, name, replace(alarm, id=f"{id}{alarm.id}"))

        from batch_constructs.triggers.message_sources import (  # noqa: PLC0415 - there is one
            watch_rules,
        )

        watch_rules(gateway, watch_bucket)

    def _watch_event_log(self) -> None:
        letters = self.event_log.dead_letter_queue.queue_name
        unwritten = alarm_thresholds.unwritten_events(letters)
        alarms: list[Alarm | FunctionAlarm] = [unwritten, *undelivered(self.event_log.failed_rules)]
        for alarm in alarms:
            self._alarm(self, letters, alarm, id=f"EventLog{alarm.id}")

    def _place(self, id: str) -> Construct:
        """Make the place of what has this ID; the second of one ID has a 2 behind it."""
        ids = chain([id], (f"{id}{number}" for number in count(2)))
        return Construct(self, next(one for one in ids if self.node.try_find_child(one) is None))

    def _watch_function(self, place: Construct, watched: WatchedFunction) -> None:
        for rule in function_alarms(watched):
            self._alarm(place, watched.handler.function_name, rule)

    def _watch_triggers(self, given: MonitoringArguments) -> None:
        """Watch triggers, but no function, queue or group of schedules that is watched already."""
        watched = [*given.dead_letter_queues, self.event_log.dead_letter_queue]
        watched += [gateway.dead_letter_queue for gateway in given.gateways]
        watched += [one.dead_letter_queue for _, one in given.functions if one.dead_letter_queue]
        letters = {one.queue_arn for one in watched}
        handlers = {function.handler.node.path for _, function in given.functions}
        groups: set[str] = set()
        for trigger in given.triggers:
            place, delivery = self._place(_below_its_stack(trigger)), trigger.watched_delivery
            arn, group = delivery.dead_letter_queue.queue_arn, delivery.schedule_group
            if delivery.function is not None:
                letters.add(arn)
                if delivery.function.handler.node.path not in handlers:
                    self._watch_function(place, delivery.function)
            for alarm in delivery_alarms(delivery):
                known = arn in letters if alarm.id == "DeadLetters" else group in groups
                if not known:
                    self._alarm(place, _name_of(trigger.resource), alarm)
            letters.add(arn)
            groups |= set() if group is None else {group}

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
            alarm_description=f"{rule.title[0].upper()}{rule.title[1:]}. {rule.advice}",
            alarm_actions=self._actions,
            **properties,
        )
        self.alarms[known if place is self else f"{place.node.id}/{known}"] = alarm


def _below_its_stack(one: IConstruct) -> str:
    """Return an ID that no other of its stack has: rules of several queues share theirs."""
    return one.node.path.removeprefix(f"{Stack.of(one).node.path}/").replace("/", "-")


def _name_of(resource: events.CfnRule | scheduler.CfnSchedule) -> str:
    """Return the name of a rule or of a schedule."""
    if isinstance(resource, events.CfnRule):
        return dimensions_of(resource)["RuleName"]
    return resource.ref


def _as_drawn(rule: Alarm) -> float:
    """Return a limit in the unit of the dashboard's graphs."""
    divisors = {"TimeInRunnable": 60_000, "HeadOfQueue": _SECONDS_A_MINUTE}
    return rule.above / divisors.get(rule.id, 1)
