"""How queues and environments stand now: gauges that AWS Batch itself does not publish.

Its own metrics are transitions (``JobQueue.metric_*``); they cannot say how many jobs wait, how
long the first one has, how full the environments are, or that one is INVALID.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from aws_cdk import Duration, Stack

from batch_constructs.arguments import Arguments
from batch_constructs.aws.actions import (
    BATCH_DESCRIBE_COMPUTE_ENVIRONMENTS,
    BATCH_DESCRIBE_JOB_QUEUES,
    BATCH_DESCRIBE_JOBS,
    BATCH_GET_JOB_QUEUE_SNAPSHOT,
    BATCH_LIST_JOBS,
)
from batch_constructs.aws.bound import OneOf, Whole
from batch_constructs.compute.compute_environment import (
    compute_environment_arn,
)
from batch_constructs.construct import BatchConstruct
from batch_constructs.dead_letter_queue import dead_letter_queue
from batch_constructs.function_alarms import WATCHED_MINUTES, WatchedFunction, watch
from batch_constructs.function_settings import (
    FunctionSettings,
    check_alarm_topics,
    read_function_settings,
)
from batch_constructs.functions.own_metrics import OURS, VCPUS_IN_USE
from batch_constructs.known_argument import known_flag
from batch_constructs.loaded_late import aws_cloudwatch as cloudwatch
from batch_constructs.monitoring.metric_series import Series, environment_gauge, queue_gauge
from batch_constructs.monitoring.own_schedule import run_every
from batch_constructs.monitoring.watched_resources import (
    environment_name,
    watched_environments,
    watched_queues,
)
from batch_constructs.queues.any_job_queue import job_queue_arn, job_queue_name
from batch_constructs.queues.job_queue_metrics import check_options
from batch_constructs.shipped_function import ShippedFunction
from batch_constructs.submission_overrides import number_text
from batch_constructs.topic import topic_argument

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Unpack

    from aws_cdk import aws_lambda as lambda_
    from aws_cdk import aws_sns as sns
    from aws_cdk import aws_sqs as sqs
    from constructs import Construct, IConstruct

    from batch_constructs.compute.compute_environment import AnyComputeEnvironment
    from batch_constructs.monitoring.watched_resources import Watched
    from batch_constructs.queues.any_job_queue import AnyJobQueue
    from batch_constructs.queues.job_queue_metrics import MetricOptions
    from batch_constructs.tokens import WholeNumber

_MOST_JOBS = 10_000
_FIVE_MINUTES, _HOUR = 300, 3600

_MADE: WeakKeyDictionary[Stack, list[JobGauges]] = WeakKeyDictionary()
"""The gauges of each stack."""


class JobGauges(BatchConstruct):
    """Measures queues and compute environments every few minutes, as CloudWatch metrics.

    Of a queue: jobs in each state (each child of an array counts, the array does not), the age of
    its head, vCPUs in use, and these in percent of what its environments may use. Of an
    environment: whether it is INVALID or disabled, its maximum and desired vCPUs. The namespace is
    ``BatchConstructs``. A metric costs 0.30 USD a month. There are 8 for a queue and up to 4 for an
    environment.

    vCPU-hours are sums of readings, so only one construct may read a queue: a stack refuses second
    gauges for it, and a ``CostGuard`` without ``gauges`` uses those of its stack.

    A queue that cannot be read does not affect the others. If a run of two minutes cannot read
    everything, it fails, and the next run starts with the rest.

    Creates, below its own ID: ``Function`` (Lambda, its role and log group), ``Schedule``
    (AWS::Events::Rule) and ``DeadLetterQueue`` (AWS::SQS::Queue).

    Attributes:
        function: The function, with its ``role`` and its ``log_group``.
        dead_letter_queue: Readings that failed.
        interval_seconds: How often it reads.
        watched_function: What ``BatchMonitoring`` watches.
        queue_arns: The ARNs of the queues it reads, a frozenset.
        compute_environment_arns: The ARNs of the environments it reads, a frozenset.

    Args:
        scope: The parent construct, usually the stack.
        id: Its ID, unique in the scope.
        queues: Job queues (ours, ``aws_batch`` L2s or L1s).
        compute_environments: Compute environments of any kind. Default: none.
        interval: How often to read, in whole minutes, at most 3½ days. Default: 5 minutes.
        per_share: Whether to publish the vCPUs of each share identifier, too, for queues with fair
            shares; one metric for each share. Default: no.
        max_jobs: How many jobs of each state are counted at most, so that reading a huge queue does
            not take too long; beyond that, the counts are lower bounds. Default: 10,000.
        function_settings: ``FunctionSettings``: network, key, concurrency, log and permissions
            boundary of the function. Default: none.
        alarm_topic: Receives alarms (below ``Alarms``) when the function fails, is throttled, does
            not run, or puts something into the dead-letter queue. Default: none.

    Raises:
        ValueError: no queue, one that other gauges of the stack read, or an interval that is no
            whole number of minutes; all of them are listed.
        TypeError: arguments of the wrong type; all of them are listed.

    https://docs.aws.amazon.com/batch/latest/APIReference/API_GetJobQueueSnapshot.html
    """

    compute_environment_arns: frozenset[str]
    dead_letter_queue: sqs.Queue
    function: lambda_.Function
    interval_seconds: int
    queue_arns: frozenset[str]
    watched_function: WatchedFunction

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        queues: Sequence[AnyJobQueue],
        compute_environments: Sequence[AnyComputeEnvironment] | None = None,
        interval: Duration | None = None,
        per_share: bool = False,
        max_jobs: WholeNumber = _MOST_JOBS,
        function_settings: FunctionSettings | None = None,
        alarm_topic: sns.ITopic | None = None,
    ) -> None:
        super().__init__(scope, id)
        arguments = Arguments(self)
        watched = watched_queues(arguments, queues)
        refuse_read_twice(arguments, "queues", watched)
        environments = watched_environments(arguments, compute_environments)
        pause = Duration.minutes(5) if interval is None else interval
        arguments.bounded("interval", arguments.minutes("interval", pause), WATCHED_MINUTES)
        known_flag(arguments, "per_share", per_share)
        most = arguments.number("max_jobs", max_jobs, required=True, bound=Whole(1))
        settings = read_function_settings(arguments, function_settings)
        check_alarm_topics(arguments, alarm_topic, function_settings)
        told = topic_argument(arguments, "alarm_topic", alarm_topic)
        arguments.refuse()

        self.interval_seconds = _FIVE_MINUTES if pause.is_unresolved() else int(pause.to_seconds())
        self.dead_letter_queue = dead_letter_queue(self)

        self.queue_arns = frozenset(queue.arn for queue in watched)
        self.compute_environment_arns = frozenset(environment.arn for environment in environments)
        shipped = ShippedFunction(
            self,
            "Function",
            folder="gauges",
            module="publish",
            description="Measures AWS Batch queues and compute environments",
            environment={
                "NAMESPACE": OURS,
                "QUEUES": [queue.arn for queue in watched],
                "COMPUTE_ENVIRONMENTS": [each.arn for each in environments],
                "MOST_JOBS": number_text(most),
                **({"PER_SHARE": "yes"} if per_share else {}),
            },
            statements=[
                _READ,
                {
                    "Effect": "Allow",
                    "Action": BATCH_GET_JOB_QUEUE_SNAPSHOT,
                    "Resource": [queue.arn for queue in watched],
                },
            ],
            timeout=Duration.minutes(2),
            settings=settings,
            dead_letter_queue=self.dead_letter_queue,
            # the next reading makes up for an older one
            event_age=pause if self.interval_seconds < _HOUR else Duration.hours(1),
            # what a run that fails has read stands: again, it would count as used once more
            retry_attempts=0,
        )
        self.function = shipped.handler
        schedule = run_every(
            self,
            pause,
            self.function,
            self.dead_letter_queue,
            description="Reads the gauges of AWS Batch",
        )
        self.watched_function = WatchedFunction(
            handler=self.function,
            dead_letter_queue=self.dead_letter_queue,
            runs_every_seconds=self.interval_seconds,
            rules=[schedule],
        )
        watch(self, self.watched_function, told, settings)
        _MADE.setdefault(Stack.of(self), []).append(self)

    def metric(
        self, queue: AnyJobQueue, metric_name: str, **options: Unpack[MetricOptions]
    ) -> cloudwatch.Metric:
        """Return a gauge of a queue: one of ``QUEUE_GAUGES``, averaged over 5 minutes.

        Raises:
            ValueError: there is no such gauge or statistic, or it is for something that is not
                read.
        """
        arguments = Arguments(self)
        arn = "" if arguments.is_wrong("queue") else job_queue_arn(queue)
        if arn not in {*self.queue_arns, ""}:
            arguments.wrong_value(f"queue is {queue.node.path}, {_NOT_READ}")
        _look_at(arguments, metric_name, QUEUE_GAUGES, options)
        return _metric(self, queue_gauge(job_queue_name(arn), metric_name), options)

    def metric_compute_environment(
        self,
        compute_environment: AnyComputeEnvironment,
        metric_name: str,
        **options: Unpack[MetricOptions],
    ) -> cloudwatch.Metric:
        """Return a gauge of an environment: one of ``ENVIRONMENT_GAUGES``, its maximum.

        Raises:
            ValueError: there is no such gauge or statistic, or it is for something that is not
                read.
        """
        arguments, asked = Arguments(self), compute_environment
        known = not arguments.is_wrong("compute_environment")
        arn = compute_environment_arn(asked) if known else ""
        if arn not in {*self.compute_environment_arns, ""}:
            arguments.wrong_value(f"compute_environment is {asked.node.path}, {_NOT_READ}")
        _look_at(arguments, metric_name, ENVIRONMENT_GAUGES, options)
        return _metric(self, environment_gauge(environment_name(arn), metric_name), options)


def gauges_that_read(construct: Construct, queues: Sequence[Watched]) -> JobGauges | None:
    """Return the gauges of its stack that read all of the queues, if there are any."""
    for gauges in _gauges_beside(construct):
        if all(queue.arn in gauges.queue_arns for queue in queues):
            return gauges
    return None


def refuse_read_twice(arguments: Arguments, parameter: str, queues: Sequence[Watched]) -> None:
    """Refuse queues that gauges of the stack read: two readings of a moment count as two."""
    for gauges in _gauges_beside(arguments.construct):
        again = [queue.id for queue in queues if queue.arn in gauges.queue_arns]
        if again:
            arguments.wrong_value(
                f"{parameter}: {', '.join(again)} would be read by {gauges.node.path} too, but "
                "vCPU-hours are sums of readings: create one JobGauges for all queues first, and "
                "pass it wherever gauges are needed"
            )


def _gauges_beside(construct: Construct) -> list[JobGauges]:
    """Return the gauges of its stack, but for those that were taken out again."""
    return [gauges for gauges in _MADE.get(Stack.of(construct), ()) if is_there(gauges)]


def is_there(construct: IConstruct) -> bool:
    """Whether a construct is in its tree, and was not taken out again."""
    scope = construct.node.scope
    if scope is None:
        return True
    return scope.node.try_find_child(construct.node.id) is construct and is_there(scope)


_NOT_READ = "which is not read here: add it to the gauges"


def _look_at(
    arguments: Arguments, metric_name: str, gauges: Sequence[str], options: MetricOptions
) -> None:
    """Refuse a metric that nobody publishes, with what is wrong already."""
    arguments.text("metric_name", metric_name, required=True, bound=OneOf(tuple(gauges)))
    check_options(arguments, options)
    arguments.refuse()


QUEUE_GAUGES = (
    "JobsSubmitted",
    "JobsPending",
    "JobsRunnable",
    "JobsStarting",
    "JobsRunning",
    "HeadOfQueueAge",
    VCPUS_IN_USE,
    "VcpuUtilization",
)
"""Gauges of a queue. Ages are seconds; utilization is percent of the environments' maximum."""

ENVIRONMENT_GAUGES = ("EnvironmentInvalid", "EnvironmentDisabled", "MaxVcpus", "DesiredVcpus")
"""Gauges of a compute environment; the first two are 1 where it is so."""

_READ = {
    "Effect": "Allow",
    "Action": [
        BATCH_DESCRIBE_COMPUTE_ENVIRONMENTS,
        BATCH_DESCRIBE_JOB_QUEUES,
        BATCH_DESCRIBE_JOBS,
        BATCH_LIST_JOBS,
    ],
    # None of these reads takes a resource: AWS demands `*`.
    "Resource": "*",
}


def _metric(gauges: JobGauges, series: Series, options: MetricOptions) -> cloudwatch.Metric:
    settings: dict[str, Any] = {
        "statistic": series.statistic,
        "period": Duration.seconds(series.period_seconds),
        **options,
    }
    read = cloudwatch.Metric(
        namespace=series.namespace,
        metric_name=series.name,
        dimensions_map=dict(series.dimensions),
        **settings,
    )
    return read.attach_to(gauges)
