"""What a budget allows, over which days, and how much of it is used."""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from enum import IntEnum
from typing import TYPE_CHECKING, Any

from batch_constructs.aws.metrics import HOURLY_DAYS, QUERIES_AT_ONCE, WHOLE_ANSWER
from batch_constructs.functions.at_once import at_once
from batch_constructs.functions.own_metrics import VCPUS_IN_USE

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

_HOUR, _FIVE_MINUTES = 3600, 300
_GAPS = 2
"""So many readings may be missing in a row before there is no data."""

_LOOK_BACK = timedelta(days=HOURLY_DAYS)
"""How far back the last known value is sought: CloudWatch has no older one."""

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

    def ends(self, now: datetime) -> datetime:
        """Return when the period that ``now`` lies in is over."""
        start = self.start(now)
        days = 1 if self.period == "DAY" else monthrange(start.year, start.month)[1]
        return start + timedelta(days=days)

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

    silent: Mapping[str, datetime | None] = field(default_factory=dict)
    """The queues that have no data, by name, and since when; None where there never was any."""


@dataclass(frozen=True, kw_only=True)
class Usage:
    """Reads what queues used from the gauge ``VcpusInUse``, through a boto3 CloudWatch client.

    What a gauge does not say is unknown, not nothing: as long as there is no data, a queue is
    reckoned to use what it used last, and one that never said anything, nothing.
    """

    cloudwatch: Any
    namespace: str
    gauge_seconds: int = _FIVE_MINUTES
    """How often the gauge is read."""

    def used(
        self,
        queues: Sequence[str],
        *,
        start: datetime,
        now: datetime,
        awaited: Callable[[str], datetime] | None = None,
    ) -> Used:
        """Add up the vCPU-hours of the queues, by name, from ``start`` to ``now``.

        Args:
            queues: Their names.
            start: When the period began.
            now: The present moment.
            awaited: Says since when something is awaited of a queue that never said anything,
                whose silence is no younger in a new period. Default: since ``start``.
        """
        due = timedelta(seconds=max(self.gauge_seconds, _FIVE_MINUTES))
        step = timedelta(seconds=_HOUR if self.gauge_seconds >= _HOUR else _FIVE_MINUTES)
        known = self._series(queues, step, start, now)
        before = self._last_before([one for one in queues if start not in known[one]], step, start)
        begun = [start + number * step for number in range(-((start - now) // step))]
        steps = [(at, min(step, now - at).total_seconds()) for at in begun]
        total = guessed = 0.0
        silent: dict[str, datetime | None] = {}
        for queue in queues:
            vcpus, last = before.get(queue, (0.0, None))
            for at, seconds in steps:
                if at in known[queue]:
                    vcpus, last = known[queue][at], at + step
                elif at - (last or start) >= _GAPS * due:
                    guessed += vcpus * seconds
                total += vcpus * seconds
            since = last
            if since is None:
                since = start if awaited is None else awaited(queue)
            if now - since > (_GAPS + 1) * due:
                silent[queue] = last
        return Used(vcpu_hours=total / _HOUR, guessed_vcpu_hours=guessed / _HOUR, silent=silent)

    def _last_before(
        self, queues: Sequence[str], step: timedelta, start: datetime
    ) -> dict[str, tuple[float, datetime]]:
        """Return what queues used last before a period of whose beginning nothing is known.

        It is sought by the hour, and then in its hour as within a period: a silence begins at the
        same moment whenever it is read, as long as CloudWatch keeps values of five minutes.
        """
        if not queues:
            return {}
        hour = timedelta(hours=1)
        newest = self._series(queues, hour, start - _LOOK_BACK, start, only_the_newest=True)
        found = {}
        for queue, values in newest.items():
            if values:
                last = max(values)
                inside = self._series([queue], step, last, min(start, last + hour))[queue]
                fine = inside or {last: values[last]}
                length = step if inside else hour
                found[queue] = (fine[max(fine)], min(start, max(fine) + length))
        return found

    def _series(
        self,
        queues: Sequence[str],
        step: timedelta,
        start: datetime,
        end: datetime,
        *,
        only_the_newest: bool = False,
    ) -> dict[str, dict[datetime, float]]:
        """Return the average of each step with data, of each queue; read from the newest on.

        Raises:
            RuntimeError: CloudWatch does not give it all, which says nothing of what was used.
        """
        found: dict[str, dict[datetime, float]] = {queue: {} for queue in queues}
        wrong: list[str] = []
        for some in at_once(queues, QUERIES_AT_ONCE):
            wrong += self._read(some, step, start, end, found, only_the_newest=only_the_newest)
        if wrong:
            raise RuntimeError(f"CloudWatch does not return all data of {', '.join(wrong)}")
        return found

    def _read(
        self,
        queues: Sequence[str],
        step: timedelta,
        start: datetime,
        end: datetime,
        found: dict[str, dict[datetime, float]],
        *,
        only_the_newest: bool,
    ) -> list[str]:
        """Read of as many queues as a call takes; return those of which not all is given."""
        queries = [
            {
                "Id": f"queue{number}",
                "MetricStat": {
                    "Metric": {
                        "Namespace": self.namespace,
                        "MetricName": VCPUS_IN_USE,
                        "Dimensions": [{"Name": "JobQueueName", "Value": queue}],
                    },
                    "Period": int(step.total_seconds()),
                    "Stat": "Average",
                },
            }
            for number, queue in enumerate(queues)
        ]
        status = dict.fromkeys(queues, "nothing")
        token: dict[str, str] = {}
        messages: list[dict[str, str]] = []
        while True:
            page = self.cloudwatch.get_metric_data(
                MetricDataQueries=queries,
                StartTime=start,
                EndTime=end,
                ScanBy="TimestampDescending",
                **token,
            )
            messages += page.get("Messages", [])
            for result in page["MetricDataResults"]:
                queue = queues[int(result["Id"].removeprefix("queue"))]
                status[queue] = result.get("StatusCode", WHOLE_ANSWER)
                # when the step began in which CloudWatch's own period began
                begun = [start + (at - start) // step * step for at in result["Timestamps"]]
                found[queue].update(zip(begun, result["Values"], strict=True))
            if only_the_newest and all(found[queue] for queue in queues):
                return []
            if not page.get("NextToken"):
                break
            token = {"NextToken": page["NextToken"]}
        wrong = [f"{queue} ({said})" for queue, said in status.items() if said != WHOLE_ANSWER]
        return wrong + [f"all ({each['Code']})" for each in messages]
