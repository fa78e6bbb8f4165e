"""What a budget allows, over which days, and how much of it is used."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from enum import IntEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_HOUR, _FIVE_MINUTES = 3600, 300
_GAPS = 2
"""So many readings may be missing in a row before there is no data."""

_LOOK_BACK = timedelta(days=15)
"""How far back the last known value is sought."""

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
class Used:
    """What queues used in a period, as far as it is known."""

    vcpu_hours: float
    guessed_vcpu_hours: float = 0.0
    """How many of them are a guess: the last known vCPUs, for as long as there is no data."""

    silent_since: datetime | None = None
    """Since when a queue has no data; None where all have."""

    silent: Sequence[str] = ()
    """The queues that have none."""


@dataclass(frozen=True, kw_only=True)
class Usage:
    """Reads what queues used from the gauge ``VcpusInUse``, through a boto3 CloudWatch client.

    What a gauge does not say is unknown, not nothing: as long as there is no data, a queue is
    reckoned to use what it used last.
    """

    cloudwatch: Any
    namespace: str
    gauge_seconds: int = _FIVE_MINUTES
    """How often the gauge is read."""

    def used(self, queues: Sequence[str], *, start: datetime, now: datetime) -> Used:
        """Add up the vCPU-hours of the queues, by name, from ``start`` to ``now``."""
        step = timedelta(seconds=max(self.gauge_seconds, _FIVE_MINUTES))
        known = self._series(queues, step, start, now)
        before = self._last_before(queues, known, start)
        total = guessed = 0.0
        silent: dict[str, datetime] = {}
        for queue in queues:
            vcpus, last = before.get(queue, (0.0, start))
            at = start
            while at < now:
                seconds = min(step, now - at).total_seconds()
                if at in known[queue]:
                    vcpus, last = known[queue][at], at + step
                elif at - last >= _GAPS * step:
                    guessed += vcpus * seconds
                total += vcpus * seconds
                at += step
            if now - last > (_GAPS + 1) * step:
                silent[queue] = last
        return Used(
            vcpu_hours=total / _HOUR,
            guessed_vcpu_hours=guessed / _HOUR,
            silent_since=min(silent.values(), default=None),
            silent=sorted(silent),
        )

    def _last_before(
        self,
        queues: Sequence[str],
        known: Mapping[str, Mapping[datetime, float]],
        start: datetime,
    ) -> dict[str, tuple[float, datetime]]:
        """Return what queues used last before a period of whose beginning nothing is known."""
        wanting = [queue for queue in queues if start not in known[queue]]
        if not wanting:
            return {}
        earlier = self._series(wanting, timedelta(hours=1), start - _LOOK_BACK, start)
        found = {}
        for queue, values in earlier.items():
            if values:
                last = max(values)
                found[queue] = (values[last], min(start, last + timedelta(hours=1)))
        return found

    def _series(
        self, queues: Sequence[str], step: timedelta, start: datetime, end: datetime
    ) -> dict[str, dict[datetime, float]]:
        """Return the average of each step of each queue for which there is data."""
        queries = [
            {
                "Id": f"queue{number}",
                "MetricStat": {
                    "Metric": {
                        "Namespace": self.namespace,
                        "MetricName": "VcpusInUse",
                        "Dimensions": [{"Name": "JobQueueName", "Value": queue}],
                    },
                    "Period": int(step.total_seconds()),
                    "Stat": "Average",
                },
            }
            for number, queue in enumerate(queues)
        ]
        found: dict[str, dict[datetime, float]] = {queue: {} for queue in queues}
        token: dict[str, str] = {}
        while True:
            page = self.cloudwatch.get_metric_data(
                MetricDataQueries=queries, StartTime=start, EndTime=end, **token
            )
            for result in page["MetricDataResults"]:
                queue = queues[int(result["Id"].removeprefix("queue"))]
                for timestamp, average in zip(result["Timestamps"], result["Values"], strict=True):
                    found[queue][_step_of(timestamp, start, step)] = average
            if not page.get("NextToken"):
                return found
            token = {"NextToken": page["NextToken"]}


def _step_of(timestamp: datetime, start: datetime, step: timedelta) -> datetime:
    """Return when the step began in which CloudWatch's own period began."""
    return start + (timestamp - start) // step * step
