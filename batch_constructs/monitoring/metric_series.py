"""Metrics as plain data, for a dashboard's body and an alarm's properties alike.

A graph and the alarm that guards it are drawn from the same data, without a call to the CDK.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from batch_constructs.aws import metrics
from batch_constructs.aws.metrics import DIMENSION, NATIVE_METRICS
from batch_constructs.aws.metrics import NAMESPACE as NATIVE
from batch_constructs.functions.own_metrics import OURS, VCPUS_IN_USE

if TYPE_CHECKING:
    from collections.abc import Mapping

FIVE_MINUTES = 300
_DAY = 86_400


@dataclass(frozen=True, kw_only=True)
class Series:
    """One metric, read with one statistic."""

    namespace: str
    name: str
    dimensions: Mapping[str, str]
    statistic: str
    period_seconds: int = FIVE_MINUTES
    label: str | None = None
    color: str | None = None

    def called(self, label: str, color: str | None = None) -> Line:
        """Return the line a graph draws of it."""
        return Line(of=self, label=label, color=color)

    def over(self, seconds: int, statistic: str | None = None) -> Series:
        """Return the same over another period, with another statistic where one is given."""
        return replace(
            self,
            period_seconds=seconds,
            statistic=self.statistic if statistic is None else statistic,
        )

    def row(self, **options: object) -> list[object]:
        """Return it as the body of a dashboard names a metric."""
        names = [text for dimension in self.dimensions.items() for text in dimension]
        return [
            self.namespace,
            self.name,
            *names,
            {"stat": self.statistic, "period": self.period_seconds, **options},
        ]

    def stat(self) -> dict[str, Any]:
        """Return it as an alarm names a metric."""
        return {
            "metric": {
                "namespace": self.namespace,
                "metricName": self.name,
                "dimensions": [{"name": n, "value": v} for n, v in self.dimensions.items()],
            },
            "period": self.period_seconds,
            "stat": self.statistic,
        }


@dataclass(frozen=True, kw_only=True)
class Math:
    """An expression over metrics, each of which it calls by an ID."""

    expression: str
    uses: Mapping[str, Series]

    def called(self, label: str, color: str | None = None) -> Line:
        """Return the line a graph draws of it."""
        return Line(of=self, label=label, color=color)


@dataclass(frozen=True, kw_only=True)
class Line:
    """A metric or an expression as a graph shows it."""

    of: Series | Math
    label: str
    color: str | None = None
    extra: Mapping[str, object] = field(default_factory=dict)

    def rows(self, prefix: str) -> list[list[object]]:
        """Return the rows of a graph's ``metrics``; their IDs begin with ``prefix``."""
        options: dict[str, object] = {"label": self.label, **self.extra}
        if self.color is not None:
            options["color"] = self.color
        if isinstance(self.of, Series):
            return [self.of.row(**options)]
        expression = self.of.expression
        hidden: list[list[object]] = []
        for name, series in self.of.uses.items():
            expression = expression.replace(f"{{{name}}}", f"{prefix}_{name}")
            hidden.append(series.row(id=f"{prefix}_{name}", visible=False))
        return [*hidden, [{"expression": expression, "id": prefix, **options}]]


def native(queue_name: str, metric_name: str, statistic: str | None = None) -> Series:
    """Return one of AWS Batch's own metrics of a queue."""
    known = NATIVE_METRICS[metric_name]
    return Series(
        namespace=NATIVE,
        name=metric_name,
        dimensions={DIMENSION: queue_name},
        statistic=known.statistic if statistic is None else statistic,
    )


def queue_gauge(queue_name: str, metric_name: str, statistic: str = "Average") -> Series:
    """Return a gauge of a queue."""
    return Series(
        namespace=OURS,
        name=metric_name,
        dimensions={DIMENSION: queue_name},
        statistic=statistic,
    )


def environment_gauge(
    environment_name: str, metric_name: str, statistic: str = "Maximum"
) -> Series:
    """Return a gauge of a compute environment."""
    return Series(
        namespace=OURS,
        name=metric_name,
        dimensions={"ComputeEnvironmentName": environment_name},
        statistic=statistic,
    )


def failures_by_cause(queue_name: str, cause: str) -> Series:
    """Return how many jobs failed for one cause."""
    return Series(
        namespace=OURS,
        name="JobsFailed",
        dimensions={DIMENSION: queue_name, "Cause": cause},
        statistic="Sum",
    )


def failed_of_their_own(queue_name: str) -> Mapping[str, Series]:
    """Return what ``FAILED`` and ``ENDED`` are reckoned from."""
    return {
        "failed": native(queue_name, metrics.JOBS_MOVED_TO_FAILED),
        "cancelled": native(queue_name, metrics.JOBS_CANCELLED),
        "terminated": native(queue_name, metrics.JOBS_TERMINATED),
        "succeeded": native(queue_name, metrics.JOBS_MOVED_TO_SUCCEEDED),
    }


FAILED = "(FILL({failed}, 0) - FILL({cancelled}, 0) - FILL({terminated}, 0))"
"""Jobs that failed and were neither cancelled nor terminated; a gap counts as nothing."""
ENDED = f"({FAILED} + FILL({{succeeded}}, 0))"
"""Those, and the jobs that succeeded."""


def failure_rate(queue_name: str, *, at_least_jobs: int, period_seconds: int) -> Math:
    """Return the percentage of jobs that failed; 0 where fewer jobs than that ended."""
    uses = {
        name: series.over(period_seconds)
        for name, series in failed_of_their_own(queue_name).items()
    }
    return Math(
        expression=f"IF({ENDED} >= {at_least_jobs}, 100 * {FAILED} / {ENDED}, 0)", uses=uses
    )


def vcpu_hours_per_day(queue_name: str, *, gauge_seconds: int) -> Math:
    """Return the vCPU-hours of a day: each reading counts until the next one is due.

    A gap counts as nothing, where an average would let two hours stand for the whole day. No
    reading counts for more than the day that it is of, nor do all of a day.
    """
    vcpus = queue_gauge(queue_name, VCPUS_IN_USE, "Sum").over(_DAY)
    if _DAY % gauge_seconds == 0:
        return Math(expression=f"{{vcpus}} * {gauge_seconds} / 3600", uses={"vcpus": vcpus})
    average = vcpus.over(_DAY, "Average")
    if gauge_seconds > _DAY:
        return Math(expression=f"{{vcpus}} * {_DAY} / 3600", uses={"vcpus": average})
    summed, most = f"{{vcpus}} * {gauge_seconds}", f"{{average}} * {_DAY}"
    return Math(
        expression=f"IF({summed} > {most}, {most}, {summed}) / 3600",
        uses={"vcpus": vcpus, "average": average},
    )
