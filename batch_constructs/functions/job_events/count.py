"""Count how jobs ended, as CloudWatch metrics in the embedded metric format.

Each job is counted when it ends, once: children of an array each, the array itself not, as the
native metrics do. Environment: ``CLAIMS_TABLE``, ``NAMESPACE``, and ``COUNT_BY``: the dimensions
beside the queue, of ``Cause``, ``JobDefinitionName``, ``ShareIdentifier`` and
``tag:KEY``, separated by commas.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Any

from batch_constructs.aws.job_states import JobState
from batch_constructs.aws.metrics import DIMENSION_VALUE_CHARACTERS, OLDEST_METRIC_DAYS, embedded
from batch_constructs.functions.claims.effect import NotDoneError
from batch_constructs.functions.claims.invocation import Invocation, each_event
from batch_constructs.functions.claims.rows import Claims
from batch_constructs.functions.own_metrics import GPU_HOURS, TAG, VCPU_HOURS

from .cause import cause_of
from .job_event import Job

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

_ENDED: dict[str, str] = {JobState.SUCCEEDED: "JobsSucceeded", JobState.FAILED: "JobsFailed"}

_TAKEN_SECONDS = OLDEST_METRIC_DAYS * 86_400 - 3600
"""An hour less than CloudWatch says: a line is on its way from the log to the metric."""


class TooOldError(NotDoneError):
    """CloudWatch would not take it any more."""


@dataclass(frozen=True, kw_only=True)
class Counter:
    """Turns the end of a job into one line of the embedded metric format."""

    claims: Claims
    namespace: str
    count_by: Sequence[str]
    write: Callable[[str], None] = print
    """Writes a line to the log, where CloudWatch reads the metrics."""

    def handle(self, event: Mapping[str, Any], invocation: Invocation) -> str | None:
        """Write the line of ``event``; ``None`` where it is no end of a job or counted before."""
        job = Job.of(event["detail"], region=event["region"])
        if job.status not in _ENDED or job.is_array or job.is_node:
            return None
        ended = _ended_at(event, job)
        line = json.dumps(self.line(job, ended), separators=(",", ":"))

        def write(_: bool) -> str:  # noqa: FBT001 - as claims call it
            invocation.begins()
            _refuse_what_is_too_old(job, ended, self.claims.clock())
            self.write(line)
            return "counted"

        _, now = self.claims.once(
            "counted", job.queue_arn, job.id, work=write, deadline=invocation.deadline
        )
        return line if now else None

    def line(self, job: Job, ended: float) -> dict[str, Any]:
        """Describe the end of a job: its metrics, their dimensions, and what a person asks next."""
        values = {
            "JobQueueName": job.queue,
            "JobDefinitionName": job.definition_name,
            "ShareIdentifier": job.share,
            "Cause": cause_of(job).value if job.status == JobState.FAILED else None,
            **{
                name: _ascii(job.tags.get(name.removeprefix(TAG), ""))
                for name in self.count_by
                if name.startswith(TAG)
            },
        }
        dimensions = [["JobQueueName", name] for name in self.count_by if values[name]]
        metrics = [{"Name": _ENDED[job.status], "Unit": "Count"}]
        used = {VCPU_HOURS: round(job.vcpu_hours, 6)}
        used |= {GPU_HOURS: round(job.gpu_hours, 6)} if job.gpu_hours else {}
        metrics += [{"Name": name, "Unit": "None"} for name, hours in used.items() if hours]
        return {
            **embedded(self.namespace, int(ended * 1000), [["JobQueueName"], *dimensions], metrics),
            **{name: value for name, value in values.items() if value},
            _ENDED[job.status]: 1,
            **used,
            "JobId": job.id,
            "JobName": job.name,
            "Reason": job.reason,
            "ExitCode": job.exit_code,
            "Attempts": len(job.attempts),
            "Milliseconds": job.milliseconds,
        }


def _ascii(value: str) -> str:
    """Write the value of a tag as CloudWatch takes it: no blank one, and ASCII alone."""
    plain = value.strip().encode("ascii", "backslashreplace").decode()
    return plain[:DIMENSION_VALUE_CHARACTERS]


def _ended_at(event: Mapping[str, Any], job: Job) -> float:
    """Return when a job ended; of one that never ran, when AWS Batch told of it."""
    if job.stopped_at is not None:
        return job.stopped_at / 1000
    return datetime.fromisoformat(event["time"]).timestamp()


def _refuse_what_is_too_old(job: Job, ended: float, now: float) -> None:
    """Say so where CloudWatch would drop what is written, without a word."""
    if now - ended > _TAKEN_SECONDS:
        raise TooOldError(
            f"job {job.id} ended at {datetime.fromtimestamp(ended, UTC):%Y-%m-%d %H:%M} UTC, and "
            f"CloudWatch accepts no metric older than {OLDEST_METRIC_DAYS} days: it is not "
            "counted; record it elsewhere and delete the message"
        )


@cache
def _counter() -> Counter:
    return Counter(
        claims=Claims.of_this_function(),
        namespace=os.environ["NAMESPACE"],
        count_by=[name for name in os.environ["COUNT_BY"].split(",") if name],
    )


def handler(event: Mapping[str, Any], context: Any) -> dict[str, Any] | None:
    """Handle one event that EventBridge sends, or what lies in the dead-letter queue."""
    invocation = Invocation.of(context)
    return each_event(event, lambda each, _: _counter().handle(each, invocation))
