"""Waiting lines: the RUNNABLE jobs of a queue, first in first out or by fair shares."""

from __future__ import annotations

import heapq
import math
from typing import TYPE_CHECKING, Any, Protocol

from batch_constructs.aws.job_states import JobState
from batch_constructs.aws.scheduling import (
    DEFAULT_SHARE_DECAY_SECONDS,
    DEFAULT_SHARE_WEIGHT,
    reserved_vcpus,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from batch_constructs.local.batch.jobs import Job

_START = 0.05
"""What a start adds to a share's average for each vCPU, however short the job turns out."""


class WaitingLine(Protocol):
    """The RUNNABLE jobs of one queue."""

    @property
    def empty(self) -> bool:
        """Whether no job waits."""
        ...

    def push(self, job: Job) -> None:
        """Add a job."""
        ...

    def head(self, max_vcpus: float | None) -> Job | None:
        """Return the job whose turn it is; ``max_vcpus`` is what its environments have together."""
        ...

    def started(self, job: Job) -> None:
        """Take a job out, because it has been placed."""
        ...

    def stopped(self, job: Job) -> None:
        """Note that a job of this line holds capacity no longer."""
        ...

    def reordered(self, job: Job) -> None:
        """Note that a job has another priority than before."""
        ...

    def in_order(self) -> Iterator[Job]:
        """Yield the jobs in the order they would start in as things stand."""
        ...


class _Heap:
    """Jobs by a key, which no two share; jobs that are not RUNNABLE drop out at the top."""

    def __init__(self, key: Callable[[Job], tuple[int, ...]]) -> None:
        self._key = key
        self._entries: list[tuple[tuple[int, ...], Job]] = []

    def push(self, job: Job) -> None:
        heapq.heappush(self._entries, (self._key(job), job))

    def top(self) -> Job | None:
        while self._entries:
            job = self._entries[0][1]
            if job.status is JobState.RUNNABLE:
                return job
            heapq.heappop(self._entries)
        return None

    def sort_again(self) -> None:
        self._entries = [(self._key(job), job) for _, job in self._entries]
        heapq.heapify(self._entries)

    def in_order(self) -> list[Job]:
        return [job for _, job in sorted(self._entries) if job.status is JobState.RUNNABLE]


def _by_submission(job: Job) -> tuple[int, ...]:
    return (job.sequence,)


def _by_priority(job: Job) -> tuple[int, ...]:
    return (-job.submission.priority, job.sequence)


class FirstInFirstOut:
    """A queue without a scheduling policy: in the order of submission."""

    def __init__(self) -> None:
        self._jobs = _Heap(_by_submission)

    @property
    def empty(self) -> bool:
        """Whether no job waits."""
        return self._jobs.top() is None

    def push(self, job: Job) -> None:
        """Add a job."""
        self._jobs.push(job)

    def head(self, max_vcpus: float | None) -> Job | None:
        """Return the job that was submitted first."""
        del max_vcpus
        return self._jobs.top()

    def started(self, job: Job) -> None:
        """Let the started job drop out."""
        del job
        self._jobs.top()

    def stopped(self, job: Job) -> None:
        """What has run does not matter here."""

    def reordered(self, job: Job) -> None:
        """A priority does not matter here."""

    def in_order(self) -> Iterator[Job]:
        """Yield the jobs in the order of submission."""
        yield from self._jobs.in_order()


class _Share:
    """One share identifier: its waiting jobs and what it has used."""

    def __init__(self, now: float) -> None:
        self.jobs = _Heap(_by_priority)
        self.running_vcpus = 0.0
        self._average = 0.0
        self._at = now

    def start(self, vcpus: float, now: float, window_seconds: float) -> None:
        self._average = self.average(now, window_seconds) + _START * vcpus
        self._at = now
        self.running_vcpus += vcpus

    def stop(self, vcpus: float, now: float, window_seconds: float) -> None:
        self._average = self.average(now, window_seconds)
        self._at = now
        self.running_vcpus -= vcpus

    def average(self, now: float, window_seconds: float) -> float:
        """Return the vCPUs in use on average, with older use counting exponentially less."""
        fading = math.exp(-(now - self._at) / window_seconds)
        return self.running_vcpus + (self._average - self.running_vcpus) * fading


class FairShares:
    """A queue with a fair-share policy.

    Next is the share with the lowest use times weight factor. Its use is the vCPUs that it held on
    average over about ``shareDecaySeconds``; each start counts a little by itself, so that turns
    are taken by weight even where jobs are too short, or too new, to show in the average. Within a
    share: the highest scheduling priority, then the earliest submission.

    Args:
        policy: returns the ``fairsharePolicy`` as it is now.
        clock: seconds since the epoch.
    """

    def __init__(self, policy: Callable[[], Mapping[str, Any]], clock: Callable[[], float]) -> None:
        self._policy = policy
        self._clock = clock
        self._shares: dict[str, _Share] = {}

    @property
    def empty(self) -> bool:
        """Whether no job waits in any share."""
        return all(share.jobs.top() is None for share in self._shares.values())

    def push(self, job: Job) -> None:
        """Add a job."""
        self._share(job).jobs.push(job)

    def head(self, max_vcpus: float | None) -> Job | None:
        """Return the next job of the share whose turn it is.

        A share that holds capacity may not reach into what ``computeReservation`` keeps free for
        shares that do not.
        """
        reservation = self._policy().get("computeReservation", 0)
        active = [share for share in self._shares.values() if share.running_vcpus > 0]
        used = sum(share.running_vcpus for share in active)
        for _, share in self._waiting():
            job = share.jobs.top()
            if job is None:
                continue
            if max_vcpus is None or not active or share.running_vcpus == 0 or not reservation:
                return job
            reserved = reserved_vcpus(max_vcpus, reservation, len(active))
            if used + job.submission.requirement.vcpus <= max_vcpus - reserved:
                return job
        return None

    def started(self, job: Job) -> None:
        """Let the started job drop out, and count what it holds."""
        vcpus = job.submission.requirement.vcpus
        self._share(job).jobs.top()
        self._share(job).start(vcpus, self._clock(), self._window_seconds())

    def stopped(self, job: Job) -> None:
        """Count what a job has given back."""
        vcpus = job.submission.requirement.vcpus
        self._share(job).stop(vcpus, self._clock(), self._window_seconds())

    def reordered(self, job: Job) -> None:
        """Take a job's new priority in."""
        self._share(job).jobs.sort_again()

    def in_order(self) -> Iterator[Job]:
        """Yield the jobs, taking turns as if all started at this moment."""
        heap = [
            (score, name, self._weight(name), share.jobs.in_order()[::-1])
            for (score, name), share in self._waiting_named()
        ]
        heapq.heapify(heap)
        while heap:
            score, name, weight, jobs = heap[0]
            job = jobs.pop()
            yield job
            if jobs:
                used = score + _START * job.submission.requirement.vcpus * weight
                heapq.heapreplace(heap, (used, name, weight, jobs))
            else:
                heapq.heappop(heap)

    def _share(self, job: Job) -> _Share:
        name = str(job.submission.share)
        if name not in self._shares:
            self._shares[name] = _Share(self._clock())
        return self._shares[name]

    def _waiting(self) -> Iterator[tuple[tuple[float, str], _Share]]:
        return iter(sorted(self._waiting_named(), key=lambda item: item[0]))

    def _waiting_named(self) -> list[tuple[tuple[float, str], _Share]]:
        now = self._clock()
        return [
            ((self._score(name, share, now), name), share)
            for name, share in self._shares.items()
            if share.jobs.top() is not None
        ]

    def _score(self, name: str, share: _Share, now: float) -> float:
        return share.average(now, self._window_seconds()) * self._weight(name)

    def _window_seconds(self) -> float:
        decay: int = self._policy().get("shareDecaySeconds", 0)
        return decay if decay > 0 else DEFAULT_SHARE_DECAY_SECONDS

    def _weight(self, name: str) -> float:
        for share in self._policy().get("shareDistribution", ()):
            pattern = share["shareIdentifier"]
            if name == pattern or (pattern.endswith("*") and name.startswith(pattern[:-1])):
                return float(share.get("weightFactor", DEFAULT_SHARE_WEIGHT))
        return DEFAULT_SHARE_WEIGHT
