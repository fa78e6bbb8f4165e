"""All jobs that the service knows, by their IDs and by their queues."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from itertools import chain

from batch_constructs.aws.job_states import REMEMBERED_DAYS
from batch_constructs.local.batch import arrays
from batch_constructs.local.batch.consumable_resource_operations import Quantities
from batch_constructs.local.batch.jobs import Job, Submission
from batch_constructs.local.batch.store import Document, Store

_KEPT_SECONDS = REMEMBERED_DAYS * 24 * 3600
"""How long after its end a job is remembered; looked at when the service starts."""

Needed = Callable[[Document], Quantities]
"""Reads which consumable resources a submission needs."""


class JobTable:
    """The jobs.

    Args:
        store: keeps them.
        needed: the consumable resources of a submission.
        now_seconds: the time; jobs that ended long before are forgotten.
    """

    def __init__(self, store: Store, needed: Needed, *, now_seconds: float) -> None:
        self._store = store
        self._by_id: dict[str, Job] = {}
        self._by_queue: dict[str, list[Job]] = {}
        self._open: Counter[str] = Counter()
        self._next_sequence = 1
        self._load(needed)
        self._forget_ended_before(int((now_seconds - _KEPT_SECONDS) * 1000))

    def __iter__(self) -> Iterator[Job]:
        """All jobs but the children of array jobs."""
        return chain.from_iterable(self._by_queue.values())

    def find(self, job_id: str) -> Job | None:
        """Return a job by its ID, a child of an array job included."""
        return self._by_id.get(job_id)

    def of_queue(self, queue_arn: str) -> list[Job]:
        """Return the jobs of a queue in the order of submission, without array children."""
        return self._by_queue.get(queue_arn, [])

    def add(self, job_id: str, submission: Submission, created_at: int) -> Job:
        """Add a job, and the children of an array job, and write them down."""
        job = Job(
            sequence=self._next_sequence, id=job_id, submission=submission, created_at=created_at
        )
        jobs = [job]
        if submission.array_size is not None:
            jobs += arrays.add_children(job, first_sequence=job.sequence + 1)
        self._next_sequence += len(jobs)
        self._keep(job)
        self._store.add_jobs(
            (each.sequence, each.id, submission.document if each is job else None, each.state())
            for each in jobs
        )
        return job

    def open_jobs(self, queue_arn: str) -> int:
        """Return how many jobs of a queue have not ended."""
        return self._open[queue_arn]

    def count_ended(self, job: Job) -> None:
        """Note that a job has ended."""
        self._open[job.queue_arn] -= 1

    def save_submission(self, job: Job) -> None:
        """Write down what was submitted after its tags have changed."""
        self._store.save_submission(job.sequence, job.submission.document)

    def _load(self, needed: Needed) -> None:
        children: dict[str, list[Job]] = {}
        for sequence, job_id, document, state in self._store.load_jobs():
            self._next_sequence = sequence + 1
            if document is None:
                parent_id, _, index = job_id.rpartition(":")
                child = Job(
                    sequence=sequence,
                    id=job_id,
                    submission=self._by_id[parent_id].submission,
                    created_at=state["created"],
                    index=int(index),
                )
                child.restore(state)
                children.setdefault(parent_id, []).append(child)
                continue
            job = Job(
                sequence=sequence,
                id=job_id,
                submission=Submission(document, needed(document)),
                created_at=state["created"],
            )
            job.restore(state)
            self._keep(job)
        for parent_id, found in children.items():
            parent = self._by_id[parent_id]
            arrays.adopt(parent, found)
            self._by_id.update((child.id, child) for child in found)

    def _forget_ended_before(self, time_ms: int) -> None:
        for queue_arn, jobs in self._by_queue.items():
            old = [job for job in jobs if job.status.is_final and _ended_at(job) < time_ms]
            for job in old:
                family = [job, *(job.children if job.children is not None else ())]
                for each in family:
                    del self._by_id[each.id]
                self._store.delete_jobs(each.sequence for each in family)
            gone = set(map(id, old))
            self._by_queue[queue_arn] = [job for job in jobs if id(job) not in gone]

    def _keep(self, job: Job) -> None:
        self._by_id[job.id] = job
        self._open[job.queue_arn] += not job.status.is_final
        self._by_queue.setdefault(job.queue_arn, []).append(job)
        if job.children is not None:
            self._by_id.update((child.id, child) for child in job.children)


def _ended_at(job: Job) -> int:
    return job.created_at if job.stopped_at is None else job.stopped_at
