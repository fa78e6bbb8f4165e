"""What a budget allows, over which days, and how much of it is used."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from enum import IntEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

_HOUR = 3600
_PERCENT = 100


def plain(number: float) -> str:
    """Write a number without an exponent."""
    return format(Decimal(str(number)).normalize(), "f")


class Level(IntEnum):
    """How far a budget is used up."""

    FINE = 0
    WARNED = 1
    OVER = 2


@dataclass(frozen=True, kw_only=True)
class Budget:
    """So many vCPU-hours a day or a month, in UTC."""

    vcpu_hours: float
    period: str
    """``DAY`` or ``MONTH``."""
    warn_at_percent: float

    def start(self, now: datetime) -> datetime:
        """Return when the period that ``now`` lies in began."""
        midnight = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        return midnight if self.period == "DAY" else midnight.replace(day=1)

    def label(self, now: datetime) -> str:
        """Name the period, such as ``2026-11-20`` or ``2026-11``."""
        return self.start(now).strftime("%Y-%m-%d" if self.period == "DAY" else "%Y-%m")

    def level(self, used: float) -> Level:
        """Say how far the budget is used up."""
        if used >= self.vcpu_hours:
            return Level.OVER
        if used * _PERCENT >= self.vcpu_hours * self.warn_at_percent:
            return Level.WARNED
        return Level.FINE


@dataclass(frozen=True, kw_only=True)
class Usage:
    """Reads what queues used from the gauge ``VcpusInUse``, through a boto3 CloudWatch client."""

    cloudwatch: Any
    namespace: str

    def vcpu_hours(self, queues: Sequence[str], *, start: datetime, now: datetime) -> float:
        """Add up the vCPU-hours of the queues, by name, from ``start`` to ``now``."""
        queries = [
            {
                "Id": f"queue{number}",
                "MetricStat": {
                    "Metric": {
                        "Namespace": self.namespace,
                        "MetricName": "VcpusInUse",
                        "Dimensions": [{"Name": "JobQueueName", "Value": queue}],
                    },
                    "Period": _HOUR,
                    "Stat": "Average",
                },
            }
            for number, queue in enumerate(queues)
        ]
        total = 0.0
        token: dict[str, str] = {}
        while True:
            page = self.cloudwatch.get_metric_data(
                MetricDataQueries=queries, StartTime=start, EndTime=now, **token
            )
            for result in page["MetricDataResults"]:
                for timestamp, average in zip(result["Timestamps"], result["Values"], strict=True):
                    total += average * _hours(timestamp, now)
            if not page.get("NextToken"):
                return total
            token = {"NextToken": page["NextToken"]}


def _hours(hour_began: datetime, now: datetime) -> float:
    """Return 1 for an hour that is over, and what has passed of the one that is not."""
    return min(timedelta(hours=1), max(timedelta(), now - hour_began)) / timedelta(hours=1)
