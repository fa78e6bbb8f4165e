"""Read how queues and compute environments stand, through the Batch API."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from batch_constructs.aws.container_facts import SizeType
from batch_constructs.aws.delivery import LONGEST_FUNCTION_SECONDS
from batch_constructs.aws.job_states import UNFINISHED, JobState
from batch_constructs.aws.resource_states import State, Status
from batch_constructs.aws.submit_job import LISTED_AT_ONCE
from batch_constructs.functions.at_once import at_once
from batch_constructs.functions.claims.effect import OutOfTimeError
from batch_constructs.functions.claims.outcome import FAILED_CALL

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

_log = logging.getLogger()
_log.setLevel(logging.INFO)
_EARLIEST_MILLISECONDS = 100_000_000_000
"""Smaller timestamps are seconds: the API says milliseconds, AWS's own samples show seconds."""

_USE_VCPUS = (JobState.STARTING, JobState.RUNNING)


@dataclass(frozen=True, kw_only=True)
class QueueReading:
    """A job queue at one moment."""

    name: str
    jobs: Mapping[str, int]
    """How many jobs are in each state: children of arrays each, the arrays themselves not."""
    counted_all: bool
    """Whether every job was counted; otherwise the counts are lower bounds."""
    head_age_seconds: float
    vcpus: float | None
    """None where AWS Batch does not say what jobs that run use."""
    max_vcpus: float | None
    shares: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class EnvironmentReading:
    """A compute environment at one moment."""

    name: str
    invalid: bool
    disabled: bool
    max_vcpus: float | None
    desired_vcpus: float | None


@dataclass(frozen=True, kw_only=True)
class Reader:
    """Reads through a boto3 Batch client."""

    batch: Any
    most_jobs: int
    """How many jobs of a state are listed at most, so that a huge queue costs no more time."""

    left: Callable[[], float] = lambda: LONGEST_FUNCTION_SECONDS
    """How many seconds there are yet in which a call may begin."""

    def within(self, seconds: float) -> Reader:
        """Return the same reader with so many seconds, of those that are left."""
        kept_back = max(0.0, self.left() - seconds)
        return replace(self, left=lambda: self.left() - kept_back)

    def queues(
        self, arns: Sequence[str], *, now: float, failed: list[str], unread: list[str]
    ) -> Iterator[QueueReading]:
        """Read each queue that can be, in this order; none takes the time of all the others.

        Args:
            arns: Which queues.
            now: In seconds since 1970.
            failed: Gets those that cannot be read.
            unread: Gets the ARNs of those for which there was no time.
        """
        most = self.left() if len(arns) == 1 else self.left() / 2
        for some in at_once(arns):
            try:
                described = self._describe_queues(some, failed)
            except OutOfTimeError:
                unread += some
                continue
            for queue in described:
                try:
                    reading = self.within(most).one_queue(queue, now=now)
                except OutOfTimeError:
                    if self.left() <= 0:
                        unread.append(queue["jobQueueArn"])
                        continue
                    _log.error(
                        "queue %s takes more than %.0f s: lower max_jobs of these JobGauges, or "
                        "give the queue its own",
                        queue["jobQueueName"],
                        most,
                    )
                    failed.append(queue["jobQueueName"])
                except FAILED_CALL:
                    _log.exception("cannot read queue %s", queue["jobQueueName"])
                    failed.append(queue["jobQueueName"])
                else:
                    yield reading

    def one_queue(self, queue: Mapping[str, Any], *, now: float) -> QueueReading:
        """Read one queue, of which AWS Batch told.

        Raises:
            OutOfTimeError: there was no time for it.
        """
        order = sorted(queue.get("computeEnvironmentOrder") or (), key=lambda e: e["order"])
        environments = [entry["computeEnvironment"] for entry in order]
        return self._queue(queue, self._max_vcpus(environments), now)

    def environments(self, arns: Sequence[str]) -> Iterator[EnvironmentReading]:
        """Read each compute environment.

        Raises:
            OutOfTimeError: there was no time to ask about them.
        """
        for found in self._describe_environments(arns):
            resources = found.get("computeResources") or {}
            yield EnvironmentReading(
                name=found["computeEnvironmentName"],
                invalid=found.get("status") == Status.INVALID,
                disabled=found.get("state") == State.DISABLED,
                max_vcpus=resources.get("maxvCpus", found.get("unmanagedvCpus")),
                desired_vcpus=resources.get("desiredvCpus"),
            )

    @property
    def _batch(self) -> Any:
        """The client, while a call may begin."""
        if self.left() <= 0:
            raise OutOfTimeError
        return self.batch

    def _queue(self, queue: Mapping[str, Any], max_vcpus: float | None, now: float) -> QueueReading:
        arn = queue["jobQueueArn"]
        jobs: dict[str, int] = dict.fromkeys(UNFINISHED, 0)
        counted_all = True
        for state in UNFINISHED:
            summaries, complete = self._list(arn, state)
            counted_all = counted_all and complete
            counts, told = self._count(summaries, state)
            counted_all = counted_all and told
            for job_state, count in counts:
                if job_state in jobs:
                    jobs[job_state] += count
        snapshot = self._batch.get_job_queue_snapshot(jobQueue=arn)
        told = snapshot.get("queueUtilization")
        usage = told or {}
        is_known = told is not None or not any(jobs[state] for state in _USE_VCPUS)
        fair = (usage.get("fairshareUtilization") or {}).get("topCapacityUtilization") or ()
        return QueueReading(
            name=queue["jobQueueName"],
            jobs=jobs,
            counted_all=counted_all,
            head_age_seconds=_head_age(snapshot, now),
            vcpus=_vcpus(usage.get("totalCapacityUsage") or ()) if is_known else None,
            max_vcpus=max_vcpus,
            shares={s["shareIdentifier"]: _vcpus(s.get("capacityUsage") or ()) for s in fair},
        )

    def _list(self, queue: str, state: str) -> tuple[list[Mapping[str, Any]], bool]:
        """List jobs of a state; whether these are all of them."""
        summaries: list[Mapping[str, Any]] = []
        token: dict[str, str] = {}
        while len(summaries) < self.most_jobs:
            page = self._batch.list_jobs(
                jobQueue=queue,
                jobStatus=state,
                maxResults=min(LISTED_AT_ONCE, self.most_jobs),
                **token,
            )
            summaries += page["jobSummaryList"]
            if not page.get("nextToken"):
                return summaries, True
            token = {"nextToken": page["nextToken"]}
        return summaries, False

    def _count(
        self, summaries: Iterable[Mapping[str, Any]], state: str
    ) -> tuple[list[tuple[str, int]], bool]:
        """Count single jobs as one each, and arrays by the states of their children.

        And say whether AWS Batch told of the children of every array.
        """
        counts: list[tuple[str, int]] = []
        unknown = []
        for summary in summaries:
            array = summary.get("arrayProperties") or {}
            if "size" not in array:
                counts.append((state, 1))
            elif array.get("statusSummary"):
                counts += array["statusSummary"].items()
            else:
                unknown.append(summary["jobId"])
        told = 0
        for ids in at_once(unknown):
            for job in self._batch.describe_jobs(jobs=ids)["jobs"]:
                children = job["arrayProperties"].get("statusSummary") or {}
                counts += children.items()
                told += bool(children)
        return counts, told == len(unknown)

    def _max_vcpus(self, environments: Sequence[str]) -> float | None:
        """Add up what the environments may use; ``None`` where one of them does not say."""
        found = [environment.max_vcpus for environment in self.environments(environments)]
        known = [vcpus for vcpus in found if vcpus is not None]
        return sum(known) if len(known) == len(environments) else None

    def _describe_queues(self, arns: Sequence[str], failed: list[str]) -> list[Mapping[str, Any]]:
        """Describe as many as a call takes, in their order."""
        try:
            found = self._batch.describe_job_queues(jobQueues=arns)["jobQueues"]
            told_of = {queue["jobQueueArn"]: queue for queue in found}
        except FAILED_CALL:
            _log.exception("cannot describe %s", ", ".join(arns))
            failed += arns
            return []
        failed += [arn for arn in arns if arn not in told_of]
        return [told_of[arn] for arn in arns if arn in told_of]

    def _describe_environments(self, arns: Sequence[str]) -> Iterator[Mapping[str, Any]]:
        for some in at_once(arns):
            described = self._batch.describe_compute_environments(computeEnvironments=some)
            yield from described["computeEnvironments"]


def _head_age(snapshot: Mapping[str, Any], now: float) -> float:
    """Say how many seconds the first job of the queue has been first; 0 where none waits."""
    jobs = (snapshot.get("frontOfQueue") or {}).get("jobs")
    since = float(jobs[0].get("earliestTimeAtPosition") or 0) if jobs else 0.0
    if not since:
        return 0.0
    return max(0.0, now - (since / 1000 if since >= _EARLIEST_MILLISECONDS else since))


def _vcpus(usage: Iterable[Mapping[str, Any]]) -> float:
    """Add up vCPUs; Kubernetes calls the same unit ``cpu``."""
    units = (SizeType.VCPU, "CPU")
    return sum(float(u["quantity"]) for u in usage if str(u.get("capacityUnit")).upper() in units)
