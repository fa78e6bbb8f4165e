"""Why jobs fail, and which: counts by cause, definition, share and tag, each job once.

AWS Batch's own ``JobsMovedToFailed`` is free and says only how many, by queue.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import Duration

from batch_constructs.arguments import Arguments
from batch_constructs.aws.bound import OneOf
from batch_constructs.aws.job_states import JobState
from batch_constructs.aws.metrics import DIMENSION
from batch_constructs.aws.tags import ASCII_KEY
from batch_constructs.claims_table import ClaimsTable
from batch_constructs.construct import BatchConstruct
from batch_constructs.dead_letter_queue import dead_letter_queue
from batch_constructs.event_bus import event_bus_argument
from batch_constructs.function_alarms import WatchedFunction, watch
from batch_constructs.function_settings import (
    FunctionSettings,
    check_alarm_topics,
    read_function_settings,
)
from batch_constructs.functions.job_events.cause import Cause
from batch_constructs.functions.own_metrics import GPU_HOURS, OURS, TAG, VCPU_HOURS
from batch_constructs.known_argument import known_flag
from batch_constructs.loaded_late import aws_cloudwatch as cloudwatch
from batch_constructs.monitoring.watched_resources import (
    heard_queues,
    watched_definitions,
)
from batch_constructs.queues.any_job_queue import job_queue_arn, job_queue_name
from batch_constructs.queues.job_event_patterns import definition_prefix, state_change_pattern
from batch_constructs.queues.job_queue_metrics import check_options
from batch_constructs.queues.queue_rules import FEWER_DEFINITIONS, make_rule, resources_of
from batch_constructs.shipped_function import ShippedFunction
from batch_constructs.topic import topic_argument

from .function_of_rules import function_target
from .rule_patterns import patterns_that_fit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aws_cdk import aws_events as events
    from aws_cdk import aws_lambda as lambda_
    from aws_cdk import aws_sns as sns
    from aws_cdk import aws_sqs as sqs
    from constructs import Construct

    from batch_constructs.jobs.job_definition import AnyJobDefinition
    from batch_constructs.queues.any_job_queue import AnyJobQueue

CAUSES = tuple(sorted(one.value for one in Cause if one is not Cause.CHILDREN_FAILED))
"""The values of the dimension ``Cause``."""

COUNTERS = ("JobsFailed", "JobsSucceeded", VCPU_HOURS, GPU_HOURS)
"""What is counted of a queue."""

_RETRIES = 3


class JobCounters(BatchConstruct):
    """Counts jobs when they end: ``JobsFailed``, ``JobsSucceeded``, ``VcpuHours``, ``GpuHours``.

    Each child of an array counts, the array itself does not; an event that AWS delivers twice or
    late counts once, at the time the job ended. The namespace is ``BatchConstructs``, the
    dimensions are ``JobQueueName`` alone and with ``Cause``, ``JobDefinitionName``,
    ``ShareIdentifier`` and ``tag:KEY``. A metric costs 0.30 USD a month: each cause, definition,
    share and value of a tag that occurs adds one to three of them.

    Creates, below its own ID: ``Rule`` (AWS::Events::Rule; ``Rule1``, … for many queues),
    ``Function`` (Lambda, its role and log
    group), ``Claims`` (AWS::DynamoDB::Table) and ``DeadLetterQueue`` (AWS::SQS::Queue).

    Attributes:
        counted_by: The dimensions besides the queue's, as a frozenset.
        dead_letter_queue: Events that could not be counted.
        function: The function, with its ``role`` and its ``log_group``.
        queue_arns: The ARNs of the queues it counts, a frozenset.
        watched_function: What ``BatchMonitoring(functions=…)`` watches.

    Args:
        scope: The parent construct, usually the stack.
        id: Its ID, unique in the scope.
        queues: Job queues (ours, ``aws_batch`` L2s or L1s).
        job_definitions: Only jobs of these definitions, in all revisions. Default: all.
        per_definition: Whether to count by definition, too. Default: no, because a platform that
            keeps registering definitions would pay for each.
        per_share: Whether to count by share identifier, too. Default: no.
        per_tags: Keys of tags to count by, such as ``["team"]``. Only the tags that a job was
            submitted with count, because events contain no others. Default: none.
        event_bus: The bus that receives the queues' events. For queues in another Region or
            account, a rule there forwards the events to it. Default: the account's default bus.
        function_settings: ``FunctionSettings``: network, key, concurrency, log and permissions
            boundary of the function and its table. Default: none.
        alarm_topic: Receives alarms (below ``Alarms``) when the function fails, is throttled, or
            puts something into the dead-letter queue. Default: none.

    Raises:
        ValueError: no queue.
        TypeError: arguments of the wrong type; all of them are listed.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format.html
    """

    counted_by: frozenset[str]
    dead_letter_queue: sqs.Queue
    function: lambda_.Function
    queue_arns: frozenset[str]
    watched_function: WatchedFunction

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        queues: Sequence[AnyJobQueue],
        job_definitions: Sequence[AnyJobDefinition] | None = None,
        per_definition: bool = False,
        per_share: bool = False,
        per_tags: Sequence[str] | None = None,
        event_bus: events.IEventBus | None = None,
        function_settings: FunctionSettings | None = None,
        alarm_topic: sns.ITopic | None = None,
    ) -> None:
        super().__init__(scope, id)
        arguments = Arguments(self)
        bus = event_bus_argument(arguments, event_bus)
        watched = heard_queues(arguments, queues, bus)
        definitions = watched_definitions(arguments, job_definitions, event_bus=bus)
        known_flag(arguments, "per_definition", per_definition)
        known_flag(arguments, "per_share", per_share)
        arguments.one_by_one("per_tags", per_tags)
        read = arguments.texts("per_tags", per_tags, bound=ASCII_KEY)
        tags = read if isinstance(read, list) else []
        settings = read_function_settings(arguments, function_settings)
        check_alarm_topics(arguments, alarm_topic, function_settings)
        told = topic_argument(arguments, "alarm_topic", alarm_topic)
        arguments.refuse()

        self.queue_arns = frozenset(queue.arn for queue in watched)
        count_by = ["Cause"]
        count_by += ["JobDefinitionName"] if per_definition else []
        count_by += ["ShareIdentifier"] if per_share else []
        count_by += [f"{TAG}{key}" for key in tags]
        self.counted_by = frozenset(count_by)
        claims = ClaimsTable(self, settings)
        self.dead_letter_queue = dead_letter_queue(self)
        shipped = ShippedFunction(
            self,
            "Function",
            folder="job_events",
            module="count",
            description="Counts how AWS Batch jobs end",
            environment={
                "NAMESPACE": OURS,
                "COUNT_BY": ",".join(count_by),
                **claims.environment(),
            },
            statements=claims.statements(),
            timeout=Duration.seconds(30),
            settings=settings,
            dead_letter_queue=self.dead_letter_queue,
        )
        self.function = shipped.handler
        prefixes = [definition_prefix(one) for one in definitions]
        patterns = patterns_that_fit(
            [queue.arn for queue in watched],
            lambda arns: state_change_pattern(
                queue_arns=arns,
                states=[JobState.SUCCEEDED.value, JobState.FAILED.value],
                definition_prefixes=prefixes,
                include_array_children=True,
            ),
        )
        target = function_target(
            self,
            shipped,
            self.dead_letter_queue,
            rules=len(patterns),
            retry_attempts=_RETRIES,
        )
        rules = [
            make_rule(
                self,
                f"Rule{number or ''}",
                pattern,
                way_out=f"{FEWER_DEFINITIONS} JobCounters",
                targets=[target],
                description="Jobs that ended, to be counted",
                event_bus=bus,
            )
            for number, pattern in enumerate(patterns)
        ]
        self.watched_function = WatchedFunction(
            handler=self.function,
            dead_letter_queue=self.dead_letter_queue,
            rules=resources_of(rules),
        )
        watch(self, self.watched_function, told, settings)

    def metric_jobs_failed(
        self, queue: AnyJobQueue, *, cause: str | None = None, period: Duration | None = None
    ) -> cloudwatch.Metric:
        """Return how many jobs of a queue failed, for one cause or for all.

        Raises:
            ValueError: there is no such cause, or the queue is not counted.
        """
        arguments = Arguments(self)
        arguments.text("cause", cause, bound=OneOf(CAUSES))
        dimensions = {} if cause is None else {"Cause": cause}
        return self._count(arguments, queue, "JobsFailed", dimensions, period)

    def metric_vcpu_hours(
        self, queue: AnyJobQueue, *, period: Duration | None = None
    ) -> cloudwatch.Metric:
        """Return the vCPU-hours of the ended jobs of a queue, for all of their attempts.

        Raises:
            ValueError: the queue is not counted.
        """
        return self._count(Arguments(self), queue, VCPU_HOURS, {}, period)

    def metric(
        self, queue: AnyJobQueue, metric_name: str, *, period: Duration | None = None
    ) -> cloudwatch.Metric:
        """Return a count of a queue: one of ``COUNTERS``, the sum.

        Raises:
            ValueError: there is no such counter, or the queue is not counted.
        """
        arguments = Arguments(self)
        arguments.text("metric_name", metric_name, required=True, bound=OneOf(tuple(COUNTERS)))
        return self._count(arguments, queue, metric_name, {}, period)

    def _count(
        self,
        arguments: Arguments,
        queue: AnyJobQueue,
        metric: str,
        dimensions: dict[str, str],
        period: Duration | None,
    ) -> cloudwatch.Metric:
        arn = "" if arguments.is_wrong("queue") else job_queue_arn(queue)
        if arn not in {*self.queue_arns, ""}:
            known = "which is not counted here: add it to the counters"
            arguments.wrong_value(f"queue is {queue.node.path}, {known}")
        check_options(arguments, {"period": period})
        arguments.refuse()
        counted = cloudwatch.Metric(
            namespace=OURS,
            metric_name=metric,
            dimensions_map={DIMENSION: job_queue_name(arn), **dimensions},
            statistic="Sum",
            period=Duration.minutes(5) if period is None else period,
        )
        return counted.attach_to(self)
