"""The metrics of one job queue that AWS Batch publishes by itself: ``aws/metrics.py`` lists them.

How things stand at a moment is what ``JobGauges`` measures.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, TypedDict, cast

from batch_constructs.arguments import Arguments
from batch_constructs.aws import metrics
from batch_constructs.aws.bound import meant, one_of, refused
from batch_constructs.aws.metrics import (
    DIMENSION,
    NAMESPACE,
    NATIVE_METRICS,
    PERIOD_SECONDS,
    STATISTIC,
)
from batch_constructs.construct import BuiltUpon
from batch_constructs.place import Place
from batch_constructs.tokens import is_token

if TYPE_CHECKING:
    from abc import abstractmethod
    from collections.abc import Mapping
    from typing import Unpack

    from aws_cdk import Duration
    from aws_cdk import aws_cloudwatch as cloudwatch

_PERIOD_MINUTES = 5


class MetricOptions(TypedDict, total=False):
    """Options of a metric; by default, each metric has its own."""

    statistic: str
    """Such as ``"Sum"``, ``"Average"``, ``"Maximum"`` or ``"p90"``."""
    period: Duration
    """The period of the statistic. Default: 5 minutes."""
    label: str
    color: str
    account: str
    region: str


class _Read(Protocol):
    def __call__(self, **options: Unpack[MetricOptions]) -> cloudwatch.Metric: ...


class _Method(Protocol):
    """What a method made by ``_native`` is to type checkers."""

    def __get__(self, queue: object, owner: type | None = None, /) -> _Read: ...


def _native(metric_name: str) -> _Method:
    """Make the method that returns a metric, with the text of the metric as its own."""
    native = NATIVE_METRICS[metric_name]

    def read(queue: QueueMetrics, **options: Unpack[MetricOptions]) -> cloudwatch.Metric:
        return queue.metric(metric_name, **options)

    read.__doc__ = (
        f"{native.tells}.\n\nPublished {native.published}. Default statistic: {native.statistic}."
    )
    return cast("_Method", read)


class QueueMetrics(BuiltUpon):
    """``metric`` and a ``metric_*`` for each of AWS Batch's own metrics, of one job queue.

    ``JobQueue`` has them all. For an L2, an L1 or an imported queue, ``metrics_of(queue)`` does.
    """

    _instead = "create a JobQueue, which has them, or use metrics_of(queue) for any other queue"

    if TYPE_CHECKING:  # every queue has them

        @property
        @abstractmethod
        def job_queue_arn(self) -> str:
            """The ARN of the queue."""

        @property
        @abstractmethod
        def job_queue_name(self) -> str:
            """The name of the queue."""

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
            metric_name: One of AWS Batch's own, such as ``metrics.JOBS_MOVED_TO_FAILED``.
            statistic: Such as ``"p90"``. Default: ``Sum`` of counts, ``Average`` of durations.
            period: The period of the statistic. Default: 5 minutes.
            label: Its label in a graph. Default: CloudWatch's label.
            color: Six hexadecimal digits after a ``#``. Default: CloudWatch chooses.
            account: The account of the metric. Default: the account in the queue's ARN, else that
                of the stack that makes the queue.
            region: The Region of the metric. Default: the Region in the queue's ARN, else that of
                the stack.

        Raises:
            ValueError: AWS Batch publishes no such metric, or the statistic does not exist. An
                alarm on it would never fire.
            TypeError: arguments of the wrong type.
        """
        from aws_cdk import Duration  # noqa: PLC0415 - the CDK is loaded when it is used
        from aws_cdk import aws_cloudwatch as cloudwatch  # noqa: PLC0415 - as above
        from constructs import Construct  # noqa: PLC0415 - as above

        queue: Any = self
        arguments = Arguments(queue)
        native = NATIVE_METRICS.get(metric_name)
        if native is None:
            arguments.wrong_value(_no_such_metric(metric_name))
        check_options(arguments, {"statistic": statistic, "period": period})
        arguments.refuse()
        assert native is not None  # noqa: S101  # refused above
        place = Place.of_arn(self.job_queue_arn)
        read = cloudwatch.Metric(
            namespace=NAMESPACE,
            metric_name=metric_name,
            dimensions_map={DIMENSION: self.job_queue_name},
            statistic=native.statistic if statistic is None else statistic,
            period=Duration.minutes(_PERIOD_MINUTES) if period is None else period,
            label=label,
            color=color,
            account=place.account if account is None else account,
            region=place.region if region is None else region,
        )
        made = self._whose()
        return read.attach_to(made) if isinstance(made, Construct) else read

    def _whose(self) -> object:
        """The queue itself, which may not be ours."""
        return self

    metric_jobs_submitted = _native(metrics.JOBS_SUBMITTED)
    metric_jobs_moved_to_pending = _native(metrics.JOBS_MOVED_TO_PENDING)
    metric_jobs_moved_to_runnable = _native(metrics.JOBS_MOVED_TO_RUNNABLE)
    metric_jobs_moved_to_starting = _native(metrics.JOBS_MOVED_TO_STARTING)
    metric_jobs_moved_to_running = _native(metrics.JOBS_MOVED_TO_RUNNING)
    metric_jobs_moved_to_succeeded = _native(metrics.JOBS_MOVED_TO_SUCCEEDED)
    metric_jobs_moved_to_failed = _native(metrics.JOBS_MOVED_TO_FAILED)
    metric_jobs_cancelled = _native(metrics.JOBS_CANCELLED)
    metric_jobs_terminated = _native(metrics.JOBS_TERMINATED)
    metric_jobs_retried = _native(metrics.JOBS_RETRIED)
    metric_job_submitted_to_runnable_duration = _native(metrics.JOB_SUBMITTED_TO_RUNNABLE_DURATION)
    metric_job_attempt_starting_to_running_duration = _native(
        metrics.JOB_ATTEMPT_STARTING_TO_RUNNING_DURATION
    )
    metric_job_attempt_execution_duration = _native(metrics.JOB_ATTEMPT_EXECUTION_DURATION)
    metric_job_attempt_duration = _native(metrics.JOB_ATTEMPT_DURATION)
    metric_job_submitted_to_first_starting_duration = _native(
        metrics.JOB_SUBMITTED_TO_FIRST_STARTING_DURATION
    )
    metric_job_attempt_runnable_to_starting_duration = _native(
        metrics.JOB_ATTEMPT_RUNNABLE_TO_STARTING_DURATION
    )
    metric_jobs_moved_to_scheduled = _native(metrics.JOBS_MOVED_TO_SCHEDULED)
    metric_job_submitted_to_first_scheduled_duration = _native(
        metrics.JOB_SUBMITTED_TO_FIRST_SCHEDULED_DURATION
    )
    metric_job_attempt_runnable_to_scheduled_duration = _native(
        metrics.JOB_ATTEMPT_RUNNABLE_TO_SCHEDULED_DURATION
    )
    metric_job_attempt_scheduled_to_starting_duration = _native(
        metrics.JOB_ATTEMPT_SCHEDULED_TO_STARTING_DURATION
    )
    metric_jobs_preempted = _native(metrics.JOBS_PREEMPTED)


def check_options(arguments: Arguments, options: Mapping[str, Any]) -> None:
    """Note what CloudWatch cannot read a metric with; None and tokens pass."""
    arguments.text("statistic", options.get("statistic"), bound=STATISTIC)
    period = arguments.seconds("period", options.get("period"))
    known = isinstance(period, int) and not is_token(period)
    if known and period not in PERIOD_SECONDS and (period <= 0 or period % 60):
        such = f"{', '.join(map(str, PERIOD_SECONDS))} seconds and whole minutes"
        arguments.wrong_value(f"period {refused(period, such, 'seconds')}")


def _no_such_metric(name: str) -> str:
    wrong = refused(name, one_of(NATIVE_METRICS))
    near = meant(name, NATIVE_METRICS) or ": see JobGauges for how many jobs wait or run now"
    return f"metric_name {wrong}{near}"
