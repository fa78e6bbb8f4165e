"""Count how jobs ended, as CloudWatch metrics in the embedded metric format.

Each job is counted when it ends, once: children of an array each, the array itself not, as the
native metrics do. Environment: ``CLAIMS_TABLE``, ``NAMESPACE``, and ``COUNT_BY``: the dimensions
beside the queue, of ``Cause``, ``JobDefinitionName``, ``ShareIdentifier``, separated by commas.
"""

from __future__ import annotations

import json
import os
import time
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import boto3

from batch_constructs.aws.job_states import JobState

from .cause import cause_of
from .claims import Claims
from .job_event import Job

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_ENDED: dict[str, str] = {JobState.SUCCEEDED: "JobsSucceeded", JobState.FAILED: "JobsFailed"}


@dataclass(frozen=True, kw_only=True)
class Counter:
    """Turns the end of a job into one line of the embedded metric format."""

    claims: Claims
    namespace: str
    count_by: Sequence[str]

    def handle(self, event: Mapping[str, Any], *, owner: str, now: float) -> str | None:
        """Return the line for ``event``; ``None`` where it is no end of a job or counted before."""
        job = Job.of(event["detail"], region=event["region"])
        if job.status not in _ENDED or job.is_array:
            return None
        if not self.claims.take(job.id, "counted", owner=owner, now=now):
            return None
        return json.dumps(self.line(job, now=now), separators=(",", ":"))

    def line(self, job: Job, *, now: float) -> dict[str, Any]:
        """Describe the end of a job: its metrics, their dimensions, and what a person asks next."""
        values = {
            "JobQueueName": job.queue,
            "JobDefinitionName": job.definition_name,
            "ShareIdentifier": job.share,
            "Cause": cause_of(job).value if job.status == "FAILED" else None,
        }
        dimensions = [["JobQueueName", name] for name in self.count_by if values[name]]
        metrics = [{"Name": _ENDED[job.status], "Unit": "Count"}]
        metrics += [{"Name": "VcpuHours", "Unit": "None"}] if job.vcpu_hours else []
        return {
            "_aws": {
                "Timestamp": job.stopped_at or int(now * 1000),
                "CloudWatchMetrics": [
                    {
                        "Namespace": self.namespace,
                        "Dimensions": [["JobQueueName"], *dimensions],
                        "Metrics": metrics,
                    }
                ],
            },
            **{name: value for name, value in values.items() if value},
            _ENDED[job.status]: 1,
            "VcpuHours": round(job.vcpu_hours, 6),
            "JobId": job.id,
            "JobName": job.name,
            "Reason": job.reason,
            "ExitCode": job.exit_code,
            "Attempts": len(job.attempts),
            "Milliseconds": job.milliseconds,
        }


@cache
def _counter() -> Counter:
    return Counter(
        claims=Claims(dynamodb=boto3.client("dynamodb"), table=os.environ["CLAIMS_TABLE"]),
        namespace=os.environ["NAMESPACE"],
        count_by=[name for name in os.environ["COUNT_BY"].split(",") if name],
    )


def handler(event: Mapping[str, Any], context: Any) -> None:
    """Handle one event that EventBridge sends."""
    line = _counter().handle(event, owner=context.aws_request_id, now=time.time())
    if line is not None:
        print(line)  # noqa: T201 - CloudWatch reads the metrics from the log
