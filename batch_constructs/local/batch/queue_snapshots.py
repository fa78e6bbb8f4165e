"""GetJobQueueSnapshot: who is next, and who holds how much."""

from __future__ import annotations

from collections import defaultdict
from itertools import islice
from typing import TYPE_CHECKING, Any

from batch_constructs.local.batch.job_details import job_arn

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from batch_constructs.local.batch.arns import Arns
    from batch_constructs.local.batch.job_queue_operations import JobQueues
    from batch_constructs.local.batch.job_table import JobTable
    from batch_constructs.local.batch.jobs import Job
    from batch_constructs.local.batch.scheduler import Scheduler
    from batch_constructs.local.batch.store import Document

_MOST_JOBS = 100
_MOST_SHARES = 20


class Snapshots:
    """The operation on the front of a queue.

    Args:
        arns: names jobs.
        jobs: all jobs.
        queues: the job queues.
        scheduler: knows the order.
        now_ms: milliseconds since the epoch.
    """

    def __init__(
        self,
        *,
        arns: Arns,
        jobs: JobTable,
        queues: JobQueues,
        scheduler: Scheduler,
        now_ms: Callable[[], int],
    ) -> None:
        self._arns = arns
        self._jobs = jobs
        self._queues = queues
        self._scheduler = scheduler
        self._now_ms = now_ms

    def get(self, request: Mapping[str, Any]) -> Document:
        """Answer GetJobQueueSnapshot.

        ``earliestTimeAtPosition`` is when the job became RUNNABLE.
        """
        queue = self._queues.get(request["jobQueue"])
        now = self._now_ms()
        front = islice(self._scheduler.line(queue).in_order(), _MOST_JOBS)
        holding = list(_on_host(self._jobs.of_queue(queue.arn)))
        vcpus = sum(job.submission.requirement.vcpus for job in holding)
        utilization: Document = {
            "totalCapacityUsage": [{"capacityUnit": "VCPU", "quantity": vcpus}],
            "lastUpdatedAt": now,
        }
        if queue.policy_arn is not None:
            utilization["fairshareUtilization"] = _by_share(holding)
        return {
            "frontOfQueue": {
                "jobs": [
                    {"jobArn": job_arn(self._arns, job.id), "earliestTimeAtPosition": job.moved_at}
                    for job in front
                ],
                "lastUpdatedAt": now,
            },
            "queueUtilization": utilization,
        }


def _on_host(jobs: Iterable[Job]) -> Iterator[Job]:
    for job in jobs:
        if job.children is None:
            if job.on_host:
                yield job
        elif not job.status.is_final:
            yield from (child for child in job.children if child.on_host)


def _by_share(jobs: list[Job]) -> Document:
    held: dict[str, float] = defaultdict(float)
    for job in jobs:
        held[str(job.submission.share)] += job.submission.requirement.vcpus
    most_first = sorted(held.items(), key=lambda item: -item[1])
    return {
        "activeShareCount": len(held),
        "topCapacityUtilization": [
            {
                "shareIdentifier": share,
                "capacityUsage": [{"capacityUnit": "VCPU", "quantity": vcpus}],
            }
            for share, vcpus in most_first[:_MOST_SHARES]
        ],
    }
