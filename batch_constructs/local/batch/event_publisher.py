"""The events that AWS Batch puts on EventBridge, and the thread that publishes them."""

from __future__ import annotations

import logging
import queue
import threading
import time
from typing import TYPE_CHECKING

from batch_constructs.aws import batch_events
from batch_constructs.aws.metrics import METRICS_AT_ONCE
from batch_constructs.local.batch.job_details import job_detail
from batch_constructs.local.batch.random_ids import new_id
from batch_constructs.local.batch.service_job_details import service_job_detail

if TYPE_CHECKING:
    from collections.abc import Callable

    from batch_constructs.local.batch.arns import Arns
    from batch_constructs.local.batch.job_metrics import JobMetrics
    from batch_constructs.local.batch.jobs import Job
    from batch_constructs.local.batch.ports import Ports
    from batch_constructs.local.batch.store import Document

    _Item = tuple[Callable[[], Job], bool, float]
    """A job as it stood, whether it blocks its queue, and when that was."""

_log = logging.getLogger(__name__)

_FULL = 5_000
"""With more events than this waiting, no further job is started until they have gone out."""


_TOGETHER_SECONDS = 0.02
"""How long is waited for further events, so that a thread wakes for several and not for each."""

_METRICS_SECONDS = 1.0
"""How often metrics are published at most."""


def state_change_event(job: Job, arns: Arns, time_seconds: float) -> Document:
    """Return ``Batch Job State Change`` for a job as it stands.

    See https://docs.aws.amazon.com/batch/latest/userguide/batch_job_events.html
    """
    kind = (
        batch_events.SERVICE_JOB_STATE_CHANGE
        if job.submission.is_service_job
        else batch_events.JOB_STATE_CHANGE
    )
    return _event(kind, job, arns, time_seconds, [])


def queue_blocked_event(job: Job, arns: Arns, time_seconds: float) -> Document:
    """Return ``Batch Job Queue Blocked`` for the job at the head of its queue.

    See https://docs.aws.amazon.com/batch/latest/userguide/batch-job-queue-blocked-events.html
    """
    kind = (
        batch_events.SERVICE_JOB_QUEUE_BLOCKED
        if job.submission.is_service_job
        else batch_events.JOB_QUEUE_BLOCKED
    )
    return _event(kind, job, arns, time_seconds, [job.queue_arn])


def _event(
    detail_type: str, job: Job, arns: Arns, time_seconds: float, more_resources: list[str]
) -> Document:
    detail = job_detail(job, arns)
    if job.submission.is_service_job:
        whole = service_job_detail(job, arns)
        # AWS's page: these two are not in the event.
        detail = {k: v for k, v in whole.items() if k not in {"tags", "serviceRequestPayload"}}
    return {
        "version": "0",
        "id": new_id(),
        "detail-type": detail_type,
        "source": batch_events.SOURCE,
        "account": arns.account_id,
        "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time_seconds)),
        "region": arns.region,
        "resources": [detail["jobArn"], *more_resources],
        "detail": detail,
    }


class Publisher:
    """Publishes events in order, in a thread of its own, so that nobody waits for EventBridge.

    Args:
        ports: where they go.
        arns: names the jobs.
        clock: seconds since the epoch.
        drained: is called when a full outbox has emptied.
        metrics: published with the events.
    """

    def __init__(
        self,
        *,
        ports: Ports,
        arns: Arns,
        clock: Callable[[], float],
        drained: Callable[[], None],
        metrics: JobMetrics,
    ) -> None:
        self._ports = ports
        self._arns = arns
        self._clock = clock
        self._drained = drained
        self._metrics = metrics
        self._outbox: queue.SimpleQueue[_Item | None] = queue.SimpleQueue()
        self._was_full = False
        self._metrics_due = 0.0
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Start publishing."""
        self._thread = threading.Thread(target=self._run, name="batch-events", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Publish what is left, then end."""
        if self._thread is not None:
            self._outbox.put(None)
            self._thread.join()
            self._thread = None

    def publish(self, job: Job, *, blocked: bool = False) -> None:
        """Put the job, as it stands now, into the outbox."""
        self._outbox.put((job.snapshot(), blocked, self._clock()))

    @property
    def full(self) -> bool:
        """Whether publishing lags so far behind that no further job should be started."""
        if self._outbox.qsize() > _FULL:
            self._was_full = True
        return self._was_full

    def _run(self) -> None:
        while (item := self._next()) is not None:
            snapshot, blocked, time_seconds = item
            job = snapshot()
            build = queue_blocked_event if blocked else state_change_event
            try:
                self._ports.put_event(build(job, self._arns, time_seconds))
            except Exception:  # noqa: BLE001 - whatever EventBridge does, jobs go on
                _log.exception("an event of job %s was not published", job.id)
            if self._was_full and self._outbox.qsize() < _FULL // 2:
                self._was_full = False
                self._drained()
        self._put_metrics()

    def _next(self) -> _Item | None:
        """Wait for an event; publish the metrics of those before, if need be while none comes."""
        if self._outbox.empty():
            time.sleep(_TOGETHER_SECONDS)
        while True:
            patience = None
            if self._metrics.some:
                patience = self._metrics_due - time.monotonic()
                if patience <= 0:
                    self._put_metrics()
                    self._metrics_due = time.monotonic() + _METRICS_SECONDS
                    patience = None
            try:
                return self._outbox.get(timeout=patience)
            except queue.Empty:
                continue

    def _put_metrics(self) -> None:
        data = list(self._metrics.take())
        try:
            for start in range(0, len(data), METRICS_AT_ONCE):
                self._ports.put_metrics(data[start : start + METRICS_AT_ONCE])
        except Exception:  # noqa: BLE001 - whatever CloudWatch does, jobs go on
            _log.exception("metrics were not published")
