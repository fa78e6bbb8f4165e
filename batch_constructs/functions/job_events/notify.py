"""Tell people what became of a job: one message a job, one an array, one a blocked queue.

Of an array that Spot rescue made whole again, too.

Environment: ``TOPIC_ARN``, ``CLAIMS_TABLE``, ``STATES`` (which ends of jobs people are told of,
separated by commas), ``RESCUES`` (there where lost jobs run again), ``UNTOLD_QUEUES`` (where jobs
are rescued of which people are not told; none by default).
"""

from __future__ import annotations

import logging
import os
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config

from batch_constructs.aws.batch_events import QUEUE_BLOCKED
from batch_constructs.aws.job_states import FINAL, JobState
from batch_constructs.functions.claims.invocation import Invocation, each_event
from batch_constructs.functions.claims.outcome import FAILED_CALL, ONCE
from batch_constructs.functions.claims.rows import Claims
from batch_constructs.functions.told.listing import listed

from .job_event import Job
from .notification_text import (
    CHILDREN_SHOWN,
    Message,
    about_blocked_queue,
    about_job,
    about_whole_array,
)
from .rescued_array import whole_array

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

_log = logging.getLogger()
_log.setLevel(logging.INFO)

_GLANCE = Config(
    retries={"mode": "standard", "total_max_attempts": 2}, connect_timeout=2, read_timeout=3
)
"""For a client whose answers are welcome, and never cost the message its time."""


@dataclass(frozen=True, kw_only=True)
class Notifier:
    """Turns events into messages, with boto3's clients; ``batch`` only names failed children."""

    sns: Any
    topic_arn: str
    claims: Claims
    batch: Any
    states: Collection[str] = FINAL
    """Which ends of jobs people want to hear of."""
    rescues: bool = False
    """Whether children of arrays that lost their Spot hosts run again."""
    untold: Collection[str] = ()
    """ARNs of queues of which nothing is told but that an array is whole."""

    def handle(self, event: Mapping[str, Any], invocation: Invocation) -> Message | None:
        """Publish what ``event`` says, once; return it, or ``None`` where it was said before."""
        job = Job.of(event["detail"], region=event["region"])
        if job.is_node:
            return None
        blocked = event["detail-type"] in QUEUE_BLOCKED
        wanted = blocked or job.status not in FINAL or job.status in self.states
        asked = wanted and job.queue_arn not in self.untold
        told = self._tell(event, job, invocation) if asked else None
        if blocked or not self.rescues:
            return told
        return self._tell_whole(event["detail"], job, invocation) or told

    def _tell_whole(
        self, detail: Mapping[str, Any], job: Job, invocation: Invocation
    ) -> Message | None:
        """Say once that all failed children of an array ran again and succeeded."""
        array = whole_array(job, detail, claims=self.claims, batch=self.batch)
        if array is None:
            return None
        message = about_whole_array(array)

        def tell(_: bool) -> str:  # noqa: FBT001 - as claims call it
            message.publish(self.sns, self.topic_arn, invocation)
            return "told"

        identity = _identity(array, "WHOLE")
        _, now = self.claims.once(*identity, work=tell, deadline=invocation.deadline)
        return message if now else None

    def _tell(self, event: Mapping[str, Any], job: Job, invocation: Invocation) -> Message | None:
        """Publish what became of a job, once."""
        what = _reason_code(job) if event["detail-type"] in QUEUE_BLOCKED else job.status
        told: list[Message] = []

        def tell(_: bool) -> str:  # noqa: FBT001 - as claims call it
            if what not in FINAL and self._has_ended(job):
                return "late"
            told.append(self._message(event, job))
            told[0].publish(self.sns, self.topic_arn, invocation)
            return "told"

        self.claims.once(*_identity(job, what), work=tell, deadline=invocation.deadline)
        if not told:
            _log.info("reported before, or late: job %s %s", job.id, what)
        return told[0] if told else None

    def _has_ended(self, job: Job) -> bool:
        """Whether people were told how the job ended, or are at this moment."""
        return any(self.claims.is_begun(*_identity(job, state)) for state in FINAL)

    def _message(self, event: Mapping[str, Any], job: Job) -> Message:
        if event["detail-type"] in QUEUE_BLOCKED:
            return about_blocked_queue(job)
        if job.is_array and job.status == JobState.FAILED:
            return about_job(job, self._failed_children(job))
        return about_job(job)

    def _failed_children(self, array: Job) -> Sequence[tuple[int, Job]]:
        """Describe the first failed children; a message without them is better than none."""
        try:
            listed = self.batch.list_jobs(
                arrayJobId=array.id, jobStatus=JobState.FAILED, maxResults=CHILDREN_SHOWN
            )["jobSummaryList"]
            if not listed:
                return ()
            ids = [summary["jobId"] for summary in listed[:CHILDREN_SHOWN]]
            children = [
                (child["arrayProperties"]["index"], Job.of(child, region=array.region))
                for child in self.batch.describe_jobs(jobs=ids)["jobs"]
            ]
        except FAILED_CALL:
            _log.exception("cannot list the failed children of %s", array.id)
            return ()
        return sorted(children, key=lambda child: child[0])


def _reason_code(job: Job) -> str:
    """Return what blocks the queue, without the details that may change from event to event."""
    return f"BLOCKED {job.reason.partition(' - ')[0]}"


def _identity(job: Job, what: str) -> tuple[str, ...]:
    return ("told", job.queue_arn, job.id, what)


@cache
def _notifier() -> Notifier:
    return Notifier(
        sns=boto3.client("sns", config=ONCE),
        topic_arn=os.environ["TOPIC_ARN"],
        claims=Claims.of_this_function(),
        batch=boto3.client("batch", config=_GLANCE),
        states=frozenset(os.environ["STATES"].split(",")),
        rescues="RESCUES" in os.environ,
        untold=frozenset(listed(os.environ, "UNTOLD_QUEUES")),
    )


def handler(event: Mapping[str, Any], context: Any) -> dict[str, Any] | None:
    """Handle one event that EventBridge sends, or what lies in the dead-letter queue."""
    invocation = Invocation.of(context)
    return each_event(event, lambda each, _: _notifier().handle(each, invocation))
