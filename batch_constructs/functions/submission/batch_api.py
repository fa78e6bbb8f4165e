"""Submitting to AWS Batch: paced below the API's rate, backing off, never twice by accident."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from batch_constructs.aws.error_names import CLIENT_EXCEPTION
from batch_constructs.aws.job_filters import JobFilter
from batch_constructs.aws.job_states import REMEMBERED_DAYS, JobState
from batch_constructs.aws.submit_job import LISTED_AT_ONCE
from batch_constructs.functions.at_once import at_once
from batch_constructs.functions.claims.effect import Pauses, RefusedError, UnsureError, attempt
from batch_constructs.functions.claims.lease import CLOCKS_APART_SECONDS
from batch_constructs.functions.claims.outcome import Failure

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

_SETTINGS = ("job queue", "jobqueue", "job definition", "jobdefinition", "not authorized")
"""What a ClientException speaks of when the gateway's own settings are at fault."""

REMEMBERED_SECONDS = REMEMBERED_DAYS * 86_400 - CLOCKS_APART_SECONDS
"""So long a job that ended is surely listed."""

Client = Any
"""A boto3 client."""


def jobs_described(batch: Any, job_ids: Sequence[str]) -> Iterator[dict[str, Any]]:
    """Describe those of these jobs that AWS Batch knows, as many a call as it takes."""
    for some in at_once(job_ids):
        yield from batch.describe_jobs(jobs=some)["jobs"]


def jobs_named(batch: Any, queue: str, name: str) -> Iterator[dict[str, Any]]:
    """List the jobs of a queue with a name (``*`` at its end: prefix), the newest first.

    AWS Batch takes capital and small letters for the same.
    """
    pages = batch.get_paginator("list_jobs").paginate(
        jobQueue=queue, filters=[{"name": JobFilter.JOB_NAME, "values": [name]}]
    )
    for page in pages:
        yield from page["jobSummaryList"]


def newest_of(jobs: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """Name the newest job of each name, of jobs of which the newest come first: name → ID."""
    found: dict[str, str] = {}
    for job in jobs:
        found.setdefault(job["jobName"], job["jobId"])
    return found


class BatchApi:
    """Submits jobs, at most so many a second, until a deadline; and finds them by name."""

    def __init__(
        self,
        batch: Client,
        lister: Client,
        *,
        per_second: float,
        clock: Callable[[], float],
        sleep: Callable[[float], None],
        most_without_connection: float = float("inf"),
    ) -> None:
        """Take a client that never retries by itself: a retry after a lost answer is a twin.

        The second client only lists jobs and may retry. A submission that finds no connection so
        often is given up.
        """
        self._batch = batch
        self._lister = lister
        self._interval = 1 / per_second
        self._clock = clock
        self._sleep = sleep
        self._most_without_connection = most_without_connection
        self._next = 0.0

    def submit(self, request: dict[str, Any], *, deadline: float) -> str:
        """Submit one job and return its ID.

        Raises:
            OutOfTimeError: throttled until the deadline; surely not submitted.
            UnsureError: the answer got lost or the service failed; perhaps submitted.
            RefusedError: surely not submitted, and why.
        """
        pauses = Pauses(clock=self._clock, sleep=self._sleep, deadline=deadline)
        answer = attempt(
            lambda: self._batch.submit_job(**request),
            pauses,
            before=lambda: self._wait_for_turn(pauses),
            most_without_connection=self._most_without_connection,
        )
        job_id = answer.get("jobId")
        if not isinstance(job_id, str) or not job_id:  # a proxy answered, or a captive portal
            raise UnsureError("the answer names no job")
        return job_id

    def named(self, queue: str, name: str) -> dict[str, str]:
        """Find the jobs of a queue with this name (``*`` at its end: prefix): name → newest ID."""
        return newest_of(jobs_named(self._lister, queue, name))

    def all_named(self, queue: str, name: str) -> list[str]:
        """Find the IDs of the jobs of a queue with exactly this name, the newest first."""
        listed = jobs_named(self._lister, queue, name)
        return [job["jobId"] for job in listed if job["jobName"] == name]

    def failed_children(self, array_job_id: str) -> list[dict[str, Any]]:
        """List the children of an array that failed, as many a call as AWS gives."""
        pages = self._lister.get_paginator("list_jobs").paginate(
            arrayJobId=array_job_id, jobStatus=JobState.FAILED, maxResults=LISTED_AT_ONCE
        )
        return [job for page in pages for job in page["jobSummaryList"]]

    def queue(self, name: str) -> dict[str, Any] | None:
        """Describe a queue; None where there is none."""
        found: list[dict[str, Any]] = self._lister.describe_job_queues(jobQueues=[name])[
            "jobQueues"
        ]
        return found[0] if found else None

    def described(self, job_ids: Sequence[str]) -> list[dict[str, Any]]:
        """Describe those of these jobs that AWS Batch knows, in no certain order."""
        return list(jobs_described(self._lister, job_ids))

    def _wait_for_turn(self, pauses: Pauses) -> None:
        now = self._clock()
        turn = max(now, self._next)
        pauses.wait(turn - now)
        self._next = turn + self._interval


def is_about_the_request(error: RefusedError) -> bool:
    """Whether a refusal is this request's fault, and not that of queue, definition or rights."""
    if error.failure is Failure.UNWRITABLE:
        return True
    cause = error.__cause__
    return (
        isinstance(cause, ClientError)
        and cause.response.get("Error", {}).get("Code") == CLIENT_EXCEPTION
        and not any(word in str(error).lower() for word in _SETTINGS)
    )
