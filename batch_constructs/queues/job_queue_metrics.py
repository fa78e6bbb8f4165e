"""The metrics that AWS Batch publishes by itself, free and with nothing deployed.

They lie in the namespace ``AWS/Batch`` under the single dimension ``JobQueueName`` since October
2026: https://docs.aws.amazon.com/batch/latest/userguide/using_cloudwatch_metrics.html
They count transitions and are published with best effort, so alarms and graphs should tolerate a
gap and rely on no exact count. How things stand at a moment is what ``JobGauges`` measures.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, Literal, TypedDict

from batch_constructs.queues.elsewhere import place_of
from batch_constructs.queues.reference import job_queue_arn, job_queue_name
from batch_constructs.tokens import is_token

if TYPE_CHECKING:
    from typing import Unpack

    from aws_cdk import Duration
    from aws_cdk import aws_cloudwatch as cloudwatch

    from batch_constructs.queues.reference import AnyJobQueue

NAMESPACE = "AWS/Batch"
DIMENSION = "JobQueueName"
_PERIOD_MINUTES = 5
_STATISTIC = re.compile(
    r"average|sum|minimum|min|maximum|max|samplecount|n|avg|iqm"
    r"|(p|tm|tc|ts|wm)\d{1,3}(\.\d+)?|(pr|tm|tc|ts|wm)\(.+\)",
    re.IGNORECASE,
)
"""https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Statistics-definitions.html"""


@dataclass(frozen=True, kw_only=True)
class NativeMetric:
    """One of AWS Batch's own metrics."""

    unit: Literal["COUNT", "MILLISECONDS"]
    """Its unit. No metric asks for its unit: one that AWS named differently would be empty."""
    jobs: Literal["ALL", "COMPUTE", "SERVICE"]
    """Which kind of jobs publish it."""

    @property
    def statistic(self) -> str:
        """The statistic that says most: counts are summed, durations averaged."""
        return "Sum" if self.unit == "COUNT" else "Average"


NATIVE_METRICS = {
    "JobsSubmitted": NativeMetric(unit="COUNT", jobs="ALL"),
    "JobsMovedToPending": NativeMetric(unit="COUNT", jobs="ALL"),
    "JobsMovedToRunnable": NativeMetric(unit="COUNT", jobs="ALL"),
    "JobsMovedToStarting": NativeMetric(unit="COUNT", jobs="ALL"),
    "JobsMovedToRunning": NativeMetric(unit="COUNT", jobs="ALL"),
    "JobsMovedToSucceeded": NativeMetric(unit="COUNT", jobs="ALL"),
    "JobsMovedToFailed": NativeMetric(unit="COUNT", jobs="ALL"),
    "JobsCancelled": NativeMetric(unit="COUNT", jobs="ALL"),
    "JobsTerminated": NativeMetric(unit="COUNT", jobs="ALL"),
    "JobsRetried": NativeMetric(unit="COUNT", jobs="ALL"),
    "JobSubmittedToRunnableDuration": NativeMetric(unit="MILLISECONDS", jobs="ALL"),
    "JobAttemptStartingToRunningDuration": NativeMetric(unit="MILLISECONDS", jobs="ALL"),
    "JobAttemptExecutionDuration": NativeMetric(unit="MILLISECONDS", jobs="ALL"),
    "JobAttemptDuration": NativeMetric(unit="MILLISECONDS", jobs="ALL"),
    "JobSubmittedToFirstStartingDuration": NativeMetric(unit="MILLISECONDS", jobs="COMPUTE"),
    "JobAttemptRunnableToStartingDuration": NativeMetric(unit="MILLISECONDS", jobs="COMPUTE"),
    "JobsMovedToScheduled": NativeMetric(unit="COUNT", jobs="SERVICE"),
    "JobSubmittedToFirstScheduledDuration": NativeMetric(unit="MILLISECONDS", jobs="SERVICE"),
    "JobAttemptRunnableToScheduledDuration": NativeMetric(unit="MILLISECONDS", jobs="SERVICE"),
    "JobAttemptScheduledToStartingDuration": NativeMetric(unit="MILLISECONDS", jobs="SERVICE"),
    "JobsPreempted": NativeMetric(unit="COUNT", jobs="SERVICE"),
}
"""Every metric of the service, by its official name."""


class MetricOptions(TypedDict, total=False):
    """How a metric is read; what is left out has the metric's own default."""

    statistic: str
    """Such as ``"Sum"``, ``"Average"``, ``"Maximum"`` or ``"p90"``."""
    period: Duration
    """Over how long the statistic is taken. Default: 5 minutes."""
    label: str
    color: str
    account: str
    region: str


class QueueMetrics:
    """``metric`` and a ``metric_*`` for each of AWS Batch's own metrics, of one job queue.

    ``JobQueue`` has them all. For an L2, an L1 or an imported queue, ``metrics_of(queue)`` does.
    """

    @property
    def job_queue_name(self) -> str:
        """The name of the queue."""
        raise NotImplementedError

    @property
    def job_queue_arn(self) -> str:
        """The ARN of the queue."""
        raise NotImplementedError

    def _called(self) -> str:
        """Return how errors call the queue."""
        return _path(self)

    def metric(
        self,
        metric_name: str,
        *,
        statistic: str | None = None,
        period: Duration | None = None,
        label: str | None = None,
        color: str | None = None,
        account: str | None = None,
        region: str | None = None,
    ) -> cloudwatch.Metric:
        """Return one of the queue's own metrics by its official name.

        Args:
            metric_name: One of ``NATIVE_METRICS``, such as ``"JobsMovedToFailed"``.
            statistic: Such as ``"p90"``. Default: ``Sum`` of counts, ``Average`` of durations.
            period: Over how long the statistic is taken. Default: 5 minutes.
            label: What a graph calls it. Default: what CloudWatch calls it.
            color: Six hexadecimal digits after a ``#``. Default: CloudWatch chooses.
            account: Whose metric it is. Default: the account in the queue's ARN.
            region: Where it is. Default: the Region in the queue's ARN.

        Raises:
            ValueError: AWS Batch publishes no such metric, or there is no such statistic; an alarm
                on it would never fire.
            TypeError: arguments of a wrong type.
        """
        from aws_cdk import Duration  # noqa: PLC0415 - the CDK is loaded when it is used
        from aws_cdk import aws_cloudwatch as cloudwatch  # noqa: PLC0415 - as above

        if not isinstance(metric_name, str):
            raise TypeError(
                f"{self._called()}: metric_name is {metric_name!r}; expected a string such as "
                "'JobsMovedToFailed'"
            )
        native = NATIVE_METRICS.get(metric_name)
        if native is None:
            raise ValueError(f"{self._called()}: {_no_such_metric(metric_name)}")
        problem = wrong_statistic(statistic)
        if problem is not None:
            raise ValueError(f"{self._called()}: {problem}")
        its_region, its_account = place_of(self.job_queue_arn)
        return cloudwatch.Metric(
            namespace=NAMESPACE,
            metric_name=metric_name,
            dimensions_map={DIMENSION: self.job_queue_name},
            statistic=native.statistic if statistic is None else statistic,
            period=Duration.minutes(_PERIOD_MINUTES) if period is None else period,
            label=label,
            color=color,
            account=its_account if account is None else account,
            region=its_region if region is None else region,
        )

    def metric_jobs_submitted(self, **options: Unpack[MetricOptions]) -> cloudwatch.Metric:
        """Jobs submitted to the queue.

        Published once a job, at its submission; for an array the value is its size, and its
        children publish nothing more. Default statistic: Sum.
        """
        return self.metric("JobsSubmitted", **options)

    def metric_jobs_moved_to_pending(self, **options: Unpack[MetricOptions]) -> cloudwatch.Metric:
        """Jobs that moved to ``PENDING``.

        Published as a job begins to wait, typically for a job it depends on. Default statistic:
        Sum.
        """
        return self.metric("JobsMovedToPending", **options)

    def metric_jobs_moved_to_runnable(self, **options: Unpack[MetricOptions]) -> cloudwatch.Metric:
        """Jobs that moved to ``RUNNABLE``.

        Published the first time, and again for every retry. Default statistic: Sum.
        """
        return self.metric("JobsMovedToRunnable", **options)

    def metric_jobs_moved_to_starting(self, **options: Unpack[MetricOptions]) -> cloudwatch.Metric:
        """Jobs that moved to ``STARTING``.

        Published once an attempt. Default statistic: Sum.
        """
        return self.metric("JobsMovedToStarting", **options)

    def metric_jobs_moved_to_running(self, **options: Unpack[MetricOptions]) -> cloudwatch.Metric:
        """Jobs that moved to ``RUNNING``.

        Published once an attempt; may be missing for a job that ends at once. Default statistic:
        Sum.
        """
        return self.metric("JobsMovedToRunning", **options)

    def metric_jobs_moved_to_succeeded(self, **options: Unpack[MetricOptions]) -> cloudwatch.Metric:
        """Jobs that succeeded.

        Published once a job. Default statistic: Sum.
        """
        return self.metric("JobsMovedToSucceeded", **options)

    def metric_jobs_moved_to_failed(self, **options: Unpack[MetricOptions]) -> cloudwatch.Metric:
        """Jobs that failed for good.

        Published once a job, and also for jobs that were cancelled or terminated. Default
        statistic: Sum.
        """
        return self.metric("JobsMovedToFailed", **options)

    def metric_jobs_cancelled(self, **options: Unpack[MetricOptions]) -> cloudwatch.Metric:
        """Jobs that failed because somebody cancelled them before they ran.

        Published once a job, beside ``JobsMovedToFailed``. Default statistic: Sum.
        """
        return self.metric("JobsCancelled", **options)

    def metric_jobs_terminated(self, **options: Unpack[MetricOptions]) -> cloudwatch.Metric:
        """Jobs that failed because somebody terminated them.

        Published once a job, beside ``JobsMovedToFailed``. Default statistic: Sum.
        """
        return self.metric("JobsTerminated", **options)

    def metric_jobs_retried(self, **options: Unpack[MetricOptions]) -> cloudwatch.Metric:
        """Attempts that failed and are retried.

        Published as the job goes back to ``RUNNABLE``. Default statistic: Sum.
        """
        return self.metric("JobsRetried", **options)

    def metric_job_submitted_to_runnable_duration(
        self, **options: Unpack[MetricOptions]
    ) -> cloudwatch.Metric:
        """How long jobs took from their submission to ``RUNNABLE``, in milliseconds.

        Published as a job enters ``RUNNABLE``; a child of an array is measured from the submission
        of its parent. Default statistic: Average.
        """
        return self.metric("JobSubmittedToRunnableDuration", **options)

    def metric_job_attempt_starting_to_running_duration(
        self, **options: Unpack[MetricOptions]
    ) -> cloudwatch.Metric:
        """How long attempts spent in ``STARTING``, pulling their image, in milliseconds.

        Published once an attempt that reaches ``RUNNING``. Default statistic: Average.
        """
        return self.metric("JobAttemptStartingToRunningDuration", **options)

    def metric_job_attempt_execution_duration(
        self, **options: Unpack[MetricOptions]
    ) -> cloudwatch.Metric:
        """How long attempts ran, in milliseconds.

        Published as an attempt stops, whatever its end. Default statistic: Average.
        """
        return self.metric("JobAttemptExecutionDuration", **options)

    def metric_job_attempt_duration(self, **options: Unpack[MetricOptions]) -> cloudwatch.Metric:
        """How long attempts lasted, from ``STARTING`` to their end, in milliseconds.

        Published as the job ends or goes back to ``RUNNABLE``. Default statistic: Average.
        """
        return self.metric("JobAttemptDuration", **options)

    def metric_job_submitted_to_first_starting_duration(
        self, **options: Unpack[MetricOptions]
    ) -> cloudwatch.Metric:
        """How long jobs took from their submission to their first start, in milliseconds.

        Published once a job, on its first attempt; a child of an array is measured from the
        submission of its parent. Not for service jobs. Default statistic: Average.
        """
        return self.metric("JobSubmittedToFirstStartingDuration", **options)

    def metric_job_attempt_runnable_to_starting_duration(
        self, **options: Unpack[MetricOptions]
    ) -> cloudwatch.Metric:
        """How long attempts waited in ``RUNNABLE``, in milliseconds.

        Published as an attempt starts: a job that still waits is not in it. Not for service jobs.
        Default statistic: Average.
        """
        return self.metric("JobAttemptRunnableToStartingDuration", **options)

    def metric_jobs_moved_to_scheduled(self, **options: Unpack[MetricOptions]) -> cloudwatch.Metric:
        """Service jobs that moved to ``SCHEDULED``.

        Published the first time, and again after every preemption. Default statistic: Sum.
        """
        return self.metric("JobsMovedToScheduled", **options)

    def metric_job_submitted_to_first_scheduled_duration(
        self, **options: Unpack[MetricOptions]
    ) -> cloudwatch.Metric:
        """How long service jobs took from their submission to ``SCHEDULED``, in milliseconds.

        Published once a job. Default statistic: Average.
        """
        return self.metric("JobSubmittedToFirstScheduledDuration", **options)

    def metric_job_attempt_runnable_to_scheduled_duration(
        self, **options: Unpack[MetricOptions]
    ) -> cloudwatch.Metric:
        """How long attempts of service jobs waited in ``RUNNABLE``, in milliseconds.

        Published as an attempt moves to ``SCHEDULED``, again after every preemption. Default
        statistic: Average.
        """
        return self.metric("JobAttemptRunnableToScheduledDuration", **options)

    def metric_job_attempt_scheduled_to_starting_duration(
        self, **options: Unpack[MetricOptions]
    ) -> cloudwatch.Metric:
        """How long service jobs took from ``SCHEDULED`` to ``STARTING``, in milliseconds.

        Published as an attempt starts. Default statistic: Average.
        """
        return self.metric("JobAttemptScheduledToStartingDuration", **options)

    def metric_jobs_preempted(self, **options: Unpack[MetricOptions]) -> cloudwatch.Metric:
        """Service jobs that were preempted.

        Published each time, for jobs under quota management. Default statistic: Sum.
        """
        return self.metric("JobsPreempted", **options)


def wrong_statistic(statistic: object) -> str | None:
    """Say what is wrong with a statistic that somebody asks for; None and tokens pass."""
    if statistic is None or is_token(statistic):
        return None
    if isinstance(statistic, str) and _STATISTIC.fullmatch(statistic):
        return None
    return (
        f"statistic is {statistic!r}; allowed are Average, Sum, Minimum, Maximum, SampleCount, IQM "
        "and those such as p90, tm90, tc90, ts90, wm90 or TM(10%:90%)"
    )


def _path(queue: Any) -> str:
    return str(queue.node.path)


def _no_such_metric(name: str) -> str:
    near = get_close_matches(name, NATIVE_METRICS, n=3, cutoff=0.3)
    return (
        f"AWS Batch publishes no metric {name!r}; did you mean {', '.join(near) or 'JobsSubmitted'}"
        f"? It publishes {', '.join(NATIVE_METRICS)}; for how many jobs wait or run now, "
        "see JobGauges"
    )


class _OtherQueue(QueueMetrics):
    """An L2 or an L1 queue."""

    def __init__(self, queue: AnyJobQueue) -> None:
        self._queue = queue
        self._arn = job_queue_arn(queue)
        self._name = job_queue_name(self._arn)

    @property
    def job_queue_arn(self) -> str:
        return self._arn

    def _called(self) -> str:
        return _path(self._queue)

    @property
    def job_queue_name(self) -> str:
        return self._name


def metrics_of(queue: AnyJobQueue) -> QueueMetrics:
    """Return the metrics of any job queue: ours, an ``aws_batch`` L2 or an L1.

    Raises:
        TypeError: it is no job queue.
    """
    return queue if isinstance(queue, QueueMetrics) else _OtherQueue(queue)
