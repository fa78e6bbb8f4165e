"""Tell people that a queue is idle: one message of all its jobs since the one before.

It runs by a schedule. ``idle`` is a queue that has no job to do, and whose last one ended so long
ago that no other is on its way.

Environment: ``TOPIC_ARN``, ``CLAIMS_TABLE``; ``QUEUES``: ARNs separated by commas;
``IDLE_SECONDS``.
"""

from __future__ import annotations

import logging
import os
from collections import Counter
from dataclasses import dataclass
from functools import cache
from itertools import islice
from typing import TYPE_CHECKING, Any

import boto3

from batch_constructs.aws.job_filters import JobFilter
from batch_constructs.aws.job_states import FINAL, REMEMBERED_DAYS, UNFINISHED, JobState
from batch_constructs.functions.at_once import at_once
from batch_constructs.functions.claims.effect import NotDoneError, UnsureError
from batch_constructs.functions.claims.invocation import Invocation
from batch_constructs.functions.claims.outcome import FAILED_CALL, ONCE, QUICK
from batch_constructs.functions.claims.rows import Claims, HeldError
from batch_constructs.functions.told.listing import listed

from .notification_text import JOBS_SHOWN, Message, Period, about_idle_queue

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

_MOST_JOBS = 10_000
"""How many jobs of a period are counted; of more it is said that there are more."""

_SURELY_LISTED_MILLISECONDS = 1000 * 86_400 * (REMEMBERED_DAYS - 1)
"""Before the first job that AWS Batch lists since then there was no other.

One that it forgot ended longer ago than it remembers jobs, and no queue has nothing to do for a day
and is not told of.
"""

_log = logging.getLogger()
_log.setLevel(logging.INFO)


@dataclass(frozen=True, kw_only=True)
class IdleQueues:
    """Looks at queues, with boto3's clients.

    A period of a queue begins where the one before ended. Where it begins is noted; where it ends,
    and that it was told of, is claimed. So a message that is sent once more, since nobody knows
    whether it went, says the same; and a note that is late costs a look, and tells nothing twice.
    """

    batch: Any
    sns: Any
    topic_arn: str
    claims: Claims
    idle_seconds: int

    def look_at(self, queue: str, invocation: Invocation) -> Message | None:
        """Tell of a queue that is idle and has done something; return the message, if one is sent.

        Raises:
            HeldError: another run tells of it.
        """
        now = int(1000 * invocation.clock())
        begins = self.claims.result_of("idle", queue)
        if begins is None:
            self.claims.note("idle", queue, result=str(now))
            return None
        self.claims.note("idle", queue, result=begins)  # or it is forgotten, as all claims are
        ends = self.claims.result_of("idle until", queue, begins)
        if ends is None:
            ends = self._end(queue, begins, now - 1000 * self.idle_seconds, invocation)
        if ends is None:
            return None
        told: list[Message] = []

        def tell(_: bool) -> str:  # noqa: FBT001 - as claims call it
            period = self._period(queue, begins, int(ends))
            if period is None:
                _log.error("AWS Batch has forgotten what %s had done, so it is not reported", queue)
                return "forgotten"
            told.append(about_idle_queue(queue, period))
            told[0].publish(self.sns, self.topic_arn, invocation)
            return "told"

        self.claims.once("idle", queue, begins, work=tell, deadline=invocation.deadline)
        self.claims.note("idle", queue, result=ends)
        return told[0] if told else None

    def _end(self, queue: str, begins: str, ends: int, invocation: Invocation) -> str | None:
        """End a period, if the queue is idle; None where it is not, or it is not written down."""
        if not self._is_done(queue, begins, ends):
            return None
        which = ("idle until", queue, begins)
        self.claims.once(*which, work=lambda _: str(ends), deadline=invocation.deadline)
        return self.claims.result_of(*which)

    def _is_done(self, queue: str, begins: str, ends: int) -> bool:
        """Whether there were jobs since then, and all of them have ended by then."""
        if any(
            self.batch.list_jobs(jobQueue=queue, jobStatus=state, maxResults=1)["jobSummaryList"]
            for state in UNFINISHED
        ):
            return False
        done = False
        for job in self._begun_since(queue, begins):
            if job["status"] not in FINAL or _ended(job) >= ends:
                return False
            done = True
        return done

    def _period(self, queue: str, begins: str, ends: int) -> Period | None:
        """Count what was begun in between, all of which has ended; None where AWS Batch forgot."""
        since = (job for job in self._begun_since(queue, begins) if job["createdAt"] <= ends)
        some = list(islice(since, _MOST_JOBS + 1))
        # a page may repeat what moved on as another job began
        jobs = list({job["jobId"]: job for job in some[:_MOST_JOBS]}.values())
        if not jobs:
            return None
        counts, first = self._counts(jobs), min(job["createdAt"] for job in jobs)
        is_first = 1000 * self.claims.clock() - first < _SURELY_LISTED_MILLISECONDS
        failed = [job for job in jobs if job["status"] == JobState.FAILED]
        return Period(
            begins_at=first,
            ended_at=max(_ended(job) for job in jobs),
            succeeded=counts[JobState.SUCCEEDED],
            failed=counts[JobState.FAILED],
            is_all=is_first and len(some) <= _MOST_JOBS,
            failures=[
                (job["jobName"], job["jobId"], job.get("statusReason") or "")
                for job in failed[:JOBS_SHOWN]
            ],
        )

    def _begun_since(self, queue: str, begins: str) -> Iterator[Mapping[str, Any]]:
        more: dict[str, str] = {}
        since = [{"name": JobFilter.AFTER_CREATED_AT, "values": [begins]}]
        while True:
            page = self.batch.list_jobs(jobQueue=queue, filters=since, **more)
            yield from page["jobSummaryList"]
            if not page.get("nextToken"):
                return
            more = {"nextToken": page["nextToken"]}

    def _counts(self, jobs: Sequence[Mapping[str, Any]]) -> Counter[str]:
        """Count single jobs as one each, and arrays by their children."""
        arrays = [job for job in jobs if "size" in (job.get("arrayProperties") or {})]
        counts = Counter(job["status"] for job in jobs)
        of_children: dict[str, Mapping[str, int]] = {}
        for ids in at_once([job["jobId"] for job in arrays]):
            for job in self.batch.describe_jobs(jobs=ids)["jobs"]:
                of_children[job["jobId"]] = job["arrayProperties"].get("statusSummary") or {}
        for array in arrays:
            children = of_children.get(array["jobId"]) or {}
            ended = {state: children.get(state, 0) for state in FINAL}
            size = array["arrayProperties"]["size"]
            # a summary may be older than the end of the array
            ended[array["status"]] += size - sum(ended.values())
            counts[array["status"]] -= 1
            counts.update(ended)
        return counts


def _ended(job: Mapping[str, Any]) -> int:
    """When a job ended; one that never started may not say so."""
    created: int = job["createdAt"]
    return max(created, job.get("stoppedAt") or 0)


@cache
def _idle_queues() -> IdleQueues:
    return IdleQueues(
        batch=boto3.client("batch", config=QUICK),
        sns=boto3.client("sns", config=ONCE),
        topic_arn=os.environ["TOPIC_ARN"],
        claims=Claims.of_this_function(),
        idle_seconds=int(os.environ["IDLE_SECONDS"]),
    )


def handler(event: object, context: Any) -> None:
    """Look at each queue; one that cannot be looked at keeps no other from it.

    Raises:
        RuntimeError: some could not be looked at, or told of; the next run looks again.
    """
    del event
    look_at_all(_idle_queues(), listed(os.environ, "QUEUES"), Invocation.of(context))


def look_at_all(by: IdleQueues, queues: Sequence[str], invocation: Invocation) -> None:
    """Look at these queues, beginning with any of them: there may not be time for all.

    Raises:
        RuntimeError: some could not be looked at, or told of.
    """
    start = int(invocation.clock()) % len(queues)
    failed = []
    for queue in [*queues[start:], *queues[:start]]:
        try:
            invocation.begins()
            by.look_at(queue, invocation)
        except HeldError:
            _log.info("another run reports %s", queue)
        except (*FAILED_CALL, NotDoneError, UnsureError):
            _log.exception("cannot check %s, or report it", queue)
            failed.append(queue)
    if failed:
        raise RuntimeError(f"could not report {', '.join(failed)}; the log says why")
