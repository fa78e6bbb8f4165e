"""Who is told what became of jobs: one message a job, written for people.

https://docs.aws.amazon.com/batch/latest/userguide/batch_cwe_events.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from aws_cdk import Duration

from batch_constructs.arguments import Arguments
from batch_constructs.aws.bound import Matching
from batch_constructs.aws.job_states import JobState
from batch_constructs.aws.quotas import RULE_NAME
from batch_constructs.by_way_of import let_publish
from batch_constructs.claims_table import ClaimsTable
from batch_constructs.construct import BatchConstruct, given
from batch_constructs.dead_letter_queue import dead_letter_queue
from batch_constructs.event_bus import event_bus_argument
from batch_constructs.function_alarms import WatchedFunction, watch
from batch_constructs.function_settings import (
    FunctionSettings,
    check_alarm_topics,
    read_function_settings,
)
from batch_constructs.known_argument import known_flag, known_now
from batch_constructs.monitoring.alert_topic import AlertTopic
from batch_constructs.monitoring.idle_notices import IDLE_MINUTES, READ_JOBS, IdleNotices
from batch_constructs.monitoring.watched_resources import heard_queues, watched_definitions
from batch_constructs.queues.any_job_queue import job_queue_arn
from batch_constructs.queues.job_event_patterns import (
    blocked_pattern,
    definition_prefix,
    rescued_child_pattern,
    state_change_pattern,
)
from batch_constructs.queues.queue_rules import (
    FEWER_DEFINITIONS,
    make_rule,
    read_states,
    resources_of,
)
from batch_constructs.queues.target_place import check_target, rule_target
from batch_constructs.shipped_function import ShippedFunction
from batch_constructs.topic import arn_of, topic_argument

from .function_of_rules import function_target
from .rule_patterns import patterns_that_fit

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from aws_cdk import aws_events as events
    from aws_cdk import aws_sns as sns
    from aws_cdk import aws_sqs as sqs
    from constructs import Construct

    from batch_constructs.jobs.job_definition import AnyJobDefinition
    from batch_constructs.queues.any_job_queue import AnyJobQueue
    from batch_constructs.queues.rule_target import BoundTarget
    from batch_constructs.queues.spot_rescue import SpotRescue

_Made = TypeVar("_Made")
_RETRIES = 3
_TIMEOUT_SECONDS = 30
_RULE_NAME = Matching(RULE_NAME.pattern, RULE_NAME.allowed.replace("64", "50"), 50)
"""The longest ending that is put behind it is ``-blocked-10``."""


class JobNotifications(BatchConstruct):
    """Messages about jobs: one for each job or array, and none for attempts that are retried.

    A message says which job of which queue ended, how and why, with its exit code, attempt, run
    time, and links to the job and to its log stream. It distinguishes Spot interruptions from the
    job's own failures, and jobs that never started from those that exited non-zero. Messages carry
    the attributes ``status``, ``cause``, ``queue`` and ``definition`` for subscription filters. A
    blocked queue causes a message, too. An event that AWS delivers twice causes one message. If a
    queue has a ``spot_rescue_queue``, and all failed children of an array have run again there and
    succeeded, a message says that the array is whole (``status`` is ``WHOLE``); for AWS Batch
    itself it stays FAILED.

    Creates, below its own ID: ``JobRule`` and ``BlockedRule`` (AWS::Events::Rule), and
    ``RescuedRule`` if a queue has a ``spot_rescue_queue``. For messages also ``Function`` (Lambda,
    its role and log group), ``Claims`` (AWS::DynamoDB::Table), ``DeadLetterQueue``
    (AWS::SQS::Queue), and ``AlertTopic`` if no topic is given. With ``targets`` and no topic, none
    of these is created, and the events go to the targets unchanged. With ``idle_after`` also
    ``Idle``, with ``Function``, ``Schedule`` (AWS::Events::Rule) and ``DeadLetterQueue`` below it.

    Attributes:
        job_rules: The ``events.Rule`` on jobs; several, ``JobRule1``, …, if one pattern is too
            short for all queues.
        blocked_rules: The rules on blocked queues; none if ``blocked`` is False.
        rescued_rules: The rules on array children that Spot rescue ran again; none without such a
            queue, with targets only, or on another bus.
        watched_function: What ``BatchMonitoring(functions=…)`` watches; None if there are only
            targets.
        watched_idle_function: The same for the function that reports idle queues; None without
            ``idle_after``.

    Args:
        scope: The parent construct, usually the stack.
        id: Its ID, unique in the scope.
        queues: Job queues (ours, ``aws_batch`` L2s or L1s).
        topic: An SNS topic. Default: a new ``AlertTopic``, unless ``targets`` are given.
        targets: Rule targets that take the events themselves, such as ``targets.SqsQueue(queue)``:
            filtered like the messages, but neither written for people nor freed of duplicates.
        states: The states to report. Default: ``FAILED``.
        job_definitions: Only jobs of these definitions, in all revisions. Default: all.
        include_array_children: Whether each child of an array is reported, too. Default: no.
        blocked: Whether a queue that is blocked by its first job is reported. Default: yes.
        idle_after: Also report when a queue has had nothing to do for this long, in whole minutes
            from 5 minutes to a day. One message, whose attribute ``status`` is ``IDLE``, says how
            many jobs succeeded and failed since the last such message (each child of an array
            counts), and why the latest five failed. So many files uploaded together lead to one
            message when all jobs are done. It arrives within five minutes; for more than 10,000
            jobs it says "at least". All jobs of the queue count, whatever their state or
            definition, except those submitted before the first check. Default: not reported.
        event_bus: The bus that receives the queues' events. For queues in another Region or
            account, a rule there forwards the events to it. Default: the account's default bus.
        rule_name: A physical name of the rule on jobs, up to 50 characters. The rule on blocked
            queues has the suffix ``-blocked``, the one on rescued children ``-rescued``, and
            further ones a number. Default: names that CloudFormation generates.
        function_settings: ``FunctionSettings``: network, key, concurrency, log and permissions
            boundary of the function and its table. Default: none.
        alarm_topic: Receives alarms (below ``Alarms``) when the function fails, is throttled, or
            puts something into the dead-letter queue. Default: none. Only with messages, and
            therefore a function; the same goes for ``function_settings``.

    Raises:
        ValueError: a state that AWS Batch does not send, no queue, or a topic whose encryption
            would drop messages; all of them are listed.
        TypeError: arguments of the wrong type; all of them are listed.

    https://docs.aws.amazon.com/batch/latest/userguide/batch_job_events.html
    """

    blocked_rules: list[events.Rule]
    job_rules: list[events.Rule]
    rescued_rules: list[events.Rule]
    watched_idle_function: WatchedFunction | None

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        queues: Sequence[AnyJobQueue],
        topic: sns.ITopic | None = None,
        targets: Sequence[events.IRuleTarget | BoundTarget] | None = None,
        states: Sequence[JobState | str] = (JobState.FAILED,),
        job_definitions: Sequence[AnyJobDefinition] | None = None,
        include_array_children: bool = False,
        blocked: bool = True,
        idle_after: Duration | None = None,
        event_bus: events.IEventBus | None = None,
        rule_name: str | None = None,
        function_settings: FunctionSettings | None = None,
        alarm_topic: sns.ITopic | None = None,
    ) -> None:
        super().__init__(scope, id)
        arguments = Arguments(self)
        bus = event_bus_argument(arguments, event_bus)
        arns = [watched.arn for watched in heard_queues(arguments, queues, bus)]
        given_topic = topic_argument(arguments, "topic", topic)
        alarmed = topic_argument(arguments, "alarm_topic", alarm_topic)
        given_targets = arguments.resources(
            "targets", targets, "bind", "a rule target of aws_events_targets", "rule targets"
        )
        for place, one in enumerate(given_targets):
            check_target(arguments, one, f"targets[{place}]")
        moved_to = read_states(arguments, states, required=True)
        definitions = watched_definitions(arguments, job_definitions, event_bus=bus)
        known_flag(arguments, "include_array_children", include_array_children)
        known_flag(arguments, "blocked", blocked)
        idle = known_now(arguments, "idle_after", arguments.minutes("idle_after", idle_after))
        arguments.bounded("idle_after", idle, IDLE_MINUTES)
        if idle_after is not None:
            _refuse_beside_idle(arguments, job_definitions, event_bus)
        name = arguments.text("rule_name", rule_name, bound=_RULE_NAME)
        settings = read_function_settings(arguments, function_settings)
        check_alarm_topics(arguments, alarm_topic, function_settings)
        if topic is None and given_targets:
            of_function = {
                "function_settings": function_settings,
                "alarm_topic": alarm_topic,
                "idle_after": idle_after,
            }
            for parameter, value in of_function.items():
                if value is not None:
                    arguments.wrong_value(
                        f"{parameter} is given with targets and without a topic, so there is no "
                        "function: leave it out, or give a topic for messages"
                    )
        arguments.refuse()

        prefixes = [definition_prefix(one) for one in definitions]
        job_patterns = patterns_that_fit(
            arns,
            lambda some: state_change_pattern(
                queue_arns=some,
                states=moved_to,
                definition_prefixes=prefixes,
                include_array_children=include_array_children,
            ),
        )
        blocked_patterns = (
            patterns_that_fit(arns, lambda some: blocked_pattern(queue_arns=some))
            if blocked
            else []
        )
        with_messages = given_topic is not None or not given_targets
        rescues = (
            _rescue_queues(queues)
            if with_messages and bus is None and JobState.FAILED in moved_to
            else []
        )
        rescued_patterns = _of_rescued_children(rescues, prefixes)
        self.watched_idle_function: WatchedFunction | None = None
        self._topic: sns.ITopic | None = None
        self._dead_letter_queue: sqs.Queue | None = None
        told: list[Any] = [
            rule_target(self, one, f"targets[{place}]") for place, one in enumerate(given_targets)
        ]
        of_arrays: list[Any] = []
        self._notifier: ShippedFunction | None = None
        if with_messages:
            topic = AlertTopic(self, "AlertTopic") if given_topic is None else given_topic
            self._topic, self._dead_letter_queue = topic, dead_letter_queue(self)
            claims = ClaimsTable(self, settings)
            self._notifier = notifier = self._make_notifier(
                topic,
                self._dead_letter_queue,
                claims,
                settings,
                told={
                    "STATES": ",".join(moved_to),
                    **({"RESCUES": "true"} if rescues else {}),
                    **given(UNTOLD_QUEUES=[one for one in rescues if one not in arns]),
                },
            )
            of_arrays = [
                function_target(
                    self,
                    notifier,
                    self._dead_letter_queue,
                    rules=len(job_patterns) + len(blocked_patterns) + len(rescued_patterns),
                    retry_attempts=_RETRIES,
                )
            ]
            if idle_after is not None:
                notices = IdleNotices(
                    self,
                    "Idle",
                    queue_arns=arns,
                    idle_seconds=60 * idle,
                    topic=topic,
                    claims=claims,
                    alarm_topic=alarmed,
                    settings=settings,
                )
                self.watched_idle_function = notices.watched_function
        self.job_rules = self._rules(
            "JobRule",
            job_patterns,
            [*told, *of_arrays],
            description="Jobs to report",
            name=name,
            event_bus=bus,
        )
        self.blocked_rules = self._rules(
            "BlockedRule",
            blocked_patterns,
            [*told, *of_arrays],
            description="Queues that are blocked by their first job",
            name=None if name is None else f"{name}-blocked",
            event_bus=bus,
        )

        self.rescued_rules = self._rules(
            "RescuedRule",
            rescued_patterns,
            of_arrays,
            description="Children of arrays that Spot rescue ran again",
            name=None if name is None else f"{name}-rescued",
            event_bus=None,
        )
        self._watch(settings.alarm_topic if alarmed is None else alarmed, settings)

    def _watch(self, alarm_topic: sns.ITopic | None, settings: FunctionSettings) -> None:
        if alarm_topic is not None and (watched := self.watched_function) is not None:
            watch(self, watched, alarm_topic, settings)

    @property
    def watched_function(self) -> WatchedFunction | None:
        """What ``BatchMonitoring(functions=…)`` watches; None if there are only targets."""
        if self._notifier is None:
            return None
        rules = [*self.job_rules, *self.blocked_rules, *self.rescued_rules]
        return WatchedFunction(
            handler=self._notifier.handler,
            dead_letter_queue=self._dead_letter_queue,
            rules=resources_of(rules),
        )

    def _rules(
        self,
        id: str,
        patterns: Sequence[dict[str, Any]],
        told: Sequence[Any],
        *,
        description: str,
        name: str | None,
        event_bus: events.IEventBus | None,
    ) -> list[events.Rule]:
        return [
            make_rule(
                self,
                f"{id}{number or ''}",
                pattern,
                way_out=f"{FEWER_DEFINITIONS} JobNotifications with blocked=False",
                targets=told,
                description=description,
                rule_name=name if name is None or not number else f"{name}-{number}",
                event_bus=event_bus,
            )
            for number, pattern in enumerate(patterns)
        ]

    @property
    def topic(self) -> sns.ITopic:
        """Where the messages go.

        Raises:
            ValueError: there are only targets.
        """
        return self._of_messages(self._topic)

    @property
    def dead_letter_queue(self) -> sqs.Queue:
        """The events that could not be reported.

        Raises:
            ValueError: there are only targets.
        """
        return self._of_messages(self._dead_letter_queue)

    def _of_messages(self, made: _Made | None) -> _Made:
        if made is None:
            raise ValueError(
                f"{self.node.path}: there are only targets, so there is neither a topic nor a "
                "dead-letter queue: give a topic for messages"
            )
        return made

    def _make_notifier(
        self,
        topic: sns.ITopic,
        dead_letters: sqs.Queue,
        claims: ClaimsTable,
        settings: FunctionSettings,
        *,
        told: Mapping[str, str | Sequence[str]],
    ) -> ShippedFunction:
        function = ShippedFunction(
            self,
            "Function",
            folder="job_events",
            module="notify",
            description="Writes messages about AWS Batch jobs",
            environment={
                "TOPIC_ARN": arn_of(topic),
                **told,
                **claims.environment(),
            },
            statements=[
                *claims.statements(),
                READ_JOBS,  # they name the children of an array that failed
            ],
            timeout=Duration.seconds(_TIMEOUT_SECONDS),
            settings=settings,
            dead_letter_queue=dead_letters,
        )
        let_publish(function.role, topic)
        return function


def _rescue_queues(queues: Sequence[Any]) -> list[str]:
    """Give the ARNs of the queues where lost jobs of these run again, and those lost there."""
    found: dict[str, None] = {}
    waiting = list(queues)
    while waiting:
        rescue: SpotRescue | None = getattr(waiting.pop(), "spot_rescue", None)
        if rescue is not None and (arn := job_queue_arn(rescue.rescue_queue)) not in found:
            found[arn] = None
            waiting.append(rescue.rescue_queue)
    return list(found)


def _of_rescued_children(arns: Sequence[str], prefixes: Sequence[str]) -> list[dict[str, Any]]:
    """Match children of arrays that ran again in these queues."""
    if not arns:
        return []
    return patterns_that_fit(
        arns, lambda some: rescued_child_pattern(queue_arns=some, definition_prefixes=prefixes)
    )


def _refuse_beside_idle(arguments: Arguments, job_definitions: object, event_bus: object) -> None:
    """Refuse what a message about an idle queue cannot heed."""
    if job_definitions is not None:
        arguments.only_one("idle_after", "job_definitions", ", and reports all jobs of a queue")
    if event_bus is not None:
        arguments.only_one(
            "idle_after", "event_bus", ", and only checks queues in this account and Region"
        )
