"""GetJobQueueSnapshot: who is next, and who holds how much."""

from __future__ import annotations

from collections import defaultdict
from itertools import islice
from typing import TYPE_CHECKING, Any

from batch_constructs.aws import resource_kinds as kinds
from batch_constructs.aws.container_facts import SizeType
from batch_constructs.aws.submit_job import SNAPSHOT_JOBS, SNAPSHOT_SHARES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from batch_constructs.local.batch.arns import Arns
    from batch_constructs.local.batch.job_queue_operations import JobQueues
    from batch_constructs.local.batch.job_table import JobTable
    from batch_constructs.local.batch.jobs import Job
    from batch_constructs.local.batch.scheduler import Scheduler
    from batch_constructs.local.batch.store import Document


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
        front = islice(self._scheduler.line(queue).in_order(), SNAPSHOT_JOBS)
        holding = list(_on_host(self._jobs.of_queue(queue.arn)))
        utilization: Document = {
            "totalCapacityUsage": _usage(holding),
            "lastUpdatedAt": now,
        }
        if queue.policy_arn is not None:
            utilization["fairshareUtilization"] = _by_share(holding)
        return {
            "frontOfQueue": {
                "jobs": [
                    {"jobArn": self._arn(job), "earliestTimeAtPosition": job.moved_at}
                    for job in front
                ],
                "lastUpdatedAt": now,
            },
            "queueUtilization": utilization,
        }

    def _arn(self, job: Job) -> str:
        kind = kinds.SERVICE_JOB if job.submission.is_service_job else kinds.JOB
        return self._arns.of(kind, job.id)


def _usage(jobs: list[Job]) -> list[Document]:
    """Add up what jobs hold, by what it is counted in."""
    held: dict[str, float] = {} if jobs else {SizeType.VCPU: 0.0}
    for job in jobs:
        unit = job.submission.capacity_unit
        held[unit] = held.get(unit, 0.0) + _quantity(job)
    return [{"capacityUnit": unit, "quantity": quantity} for unit, quantity in held.items()]


def _quantity(job: Job) -> float:
    return job.submission.requirement.vcpus


def _on_host(jobs: Iterable[Job]) -> Iterator[Job]:
    for job in jobs:
        if job.children is None:
            if job.on_host:
                yield job
        elif not job.status.is_final:
            yield from (child for child in job.children if child.on_host)


def _by_share(jobs: list[Job]) -> Document:
    held: dict[str, list[Job]] = defaultdict(list)
    for job in jobs:
        held[str(job.submission.share)].append(job)
    most_first = sorted(held, key=lambda share: -sum(map(_quantity, held[share])))
    return {
        "activeShareCount": len(held),
        "topCapacityUtilization": [
            {
                "shareIdentifier": share,
                "capacityUsage": _usage(held[share]),
            }
            for share in most_first[:SNAPSHOT_SHARES]
        ],
    }
