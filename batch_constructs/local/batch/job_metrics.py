"""The metrics that AWS Batch publishes by itself, counted as jobs move.

See https://docs.aws.amazon.com/batch/latest/userguide/using_cloudwatch_metrics.html
"""

from __future__ import annotations

import threading
from collections import Counter, defaultdict
from typing import TYPE_CHECKING

from batch_constructs.aws import metrics
from batch_constructs.aws.job_states import JobState

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from batch_constructs.local.batch.jobs import Job
    from batch_constructs.local.batch.store import Document

_UNITS = {"COUNT": "Count", "MILLISECONDS": "Milliseconds"}
_MOVED = {
    JobState.PENDING: metrics.JOBS_MOVED_TO_PENDING,
    JobState.RUNNABLE: metrics.JOBS_MOVED_TO_RUNNABLE,
    JobState.STARTING: metrics.JOBS_MOVED_TO_STARTING,
    JobState.RUNNING: metrics.JOBS_MOVED_TO_RUNNING,
    JobState.SUCCEEDED: metrics.JOBS_MOVED_TO_SUCCEEDED,
    JobState.FAILED: metrics.JOBS_MOVED_TO_FAILED,
}


class JobMetrics:
    """Collects what is to be published."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._values: dict[tuple[str, str], Counter[float]] = defaultdict(Counter)
        self._starting: dict[str, int] = {}

    def submitted(self, job: Job) -> None:
        """Note that a job was submitted; an array counts as many as it has children."""
        size = job.submission.array_size
        self._add(job, [(metrics.JOBS_SUBMITTED, 1 if size is None else size)])

    def moved(self, job: Job, before: JobState, since: int) -> None:
        """Note that a job has moved.

        Args:
            job: the job, as it stands now; the parent of an array publishes nothing.
            before: where it stood.
            since: when it had come there, in milliseconds since the epoch.
        """
        if job.children is not None:
            return
        now = job.moved_at
        counted: list[tuple[str, float]] = [(_MOVED[job.status], 1)]
        if job.status is JobState.RUNNABLE:
            if before in (JobState.STARTING, JobState.RUNNING):
                counted.append((metrics.JOBS_RETRIED, 1))
            else:
                waited = now - job.created_at
                counted.append((metrics.JOB_SUBMITTED_TO_RUNNABLE_DURATION, waited))
        elif job.status is JobState.STARTING:
            counted += self._start(job, now, since)
        elif job.status is JobState.RUNNING:
            counted.append((metrics.JOB_ATTEMPT_STARTING_TO_RUNNING_DURATION, now - since))
        elif job.terminated:
            counted.append((metrics.JOBS_TERMINATED, 1))
        elif job.cancelled:
            counted.append((metrics.JOBS_CANCELLED, 1))
        if before is JobState.RUNNING:
            counted.append((metrics.JOB_ATTEMPT_EXECUTION_DURATION, now - since))
        starting = None if job.on_host else self._starting.pop(job.id, None)
        if starting is not None:
            counted.append((metrics.JOB_ATTEMPT_DURATION, now - starting))
        self._add(job, counted)

    @property
    def some(self) -> bool:
        """Whether there is anything to publish."""
        return bool(self._values)

    def take(self) -> Iterator[Document]:
        """Yield what has come together, as PutMetricData takes it, and forget it."""
        with self._lock:
            values, self._values = self._values, defaultdict(Counter)
        for (queue, name), counts in values.items():
            found = list(counts.items())
            for start in range(0, len(found), metrics.VALUES_AT_ONCE):
                some = found[start : start + metrics.VALUES_AT_ONCE]
                yield {
                    "MetricName": name,
                    "Dimensions": [{"Name": metrics.DIMENSION, "Value": queue}],
                    "Unit": _UNITS[metrics.NATIVE_METRICS[name].unit],
                    "Values": [value for value, _ in some],
                    "Counts": [float(count) for _, count in some],
                }

    def _start(self, job: Job, now: int, since: int) -> Iterator[tuple[str, float]]:
        self._starting[job.id] = now
        first = len(job.attempts) == 1
        if job.submission.is_service_job:
            yield metrics.JOBS_MOVED_TO_SCHEDULED, 1
            yield metrics.JOB_ATTEMPT_RUNNABLE_TO_SCHEDULED_DURATION, now - since
            yield metrics.JOB_ATTEMPT_SCHEDULED_TO_STARTING_DURATION, 0
            if first:
                yield metrics.JOB_SUBMITTED_TO_FIRST_SCHEDULED_DURATION, now - job.created_at
            return
        yield metrics.JOB_ATTEMPT_RUNNABLE_TO_STARTING_DURATION, now - since
        if first:
            yield metrics.JOB_SUBMITTED_TO_FIRST_STARTING_DURATION, now - job.created_at

    def _add(self, job: Job, counted: Iterable[tuple[str, float]]) -> None:
        _, _, queue = job.queue_arn.rpartition("/")
        with self._lock:
            for name, value in counted:
                self._values[queue, name][float(value)] += 1
