"""Tell people what became of a job: one message a job, one an array, one a blocked queue.

Environment: ``TOPIC_ARN``, ``CLAIMS_TABLE``; ``LIST_CHILDREN`` set to name the failed children of
arrays, which takes ``batch:ListJobs`` and ``batch:DescribeJobs``.
"""

from __future__ import annotations

import logging
import os
import time
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import boto3
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
)

from .claims import Claims
from .job_event import Job
from .notification_text import CHILDREN_SHOWN, Message, about_blocked_queue, about_job

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_TERMINAL = ("SUCCEEDED", "FAILED")
_BLOCKED = ("Batch Job Queue Blocked", "Batch Service Job Queue Blocked")
_log = logging.getLogger()
_log.setLevel(logging.INFO)


@dataclass(frozen=True, kw_only=True)
class Notifier:
    """Turns events into messages, with boto3's clients; ``batch`` only names failed children."""

    sns: Any
    topic_arn: str
    claims: Claims
    batch: Any = None

    def handle(self, event: Mapping[str, Any], *, owner: str, now: float) -> Message | None:
        """Publish what ``event`` says, once; return it, or ``None`` where it was said before."""
        job = Job.of(event["detail"], region=event["region"])
        what = _reason_code(job) if event["detail-type"] in _BLOCKED else job.status
        after = () if job.status in _TERMINAL else _TERMINAL
        if not self.claims.take(job.id, what, owner=owner, now=now, after=after):
            _log.info("told before: job %s %s", job.id, what)
            return None
        message = self._message(event, job)
        self._publish(message)
        self.claims.finish(job.id, what)
        return message

    def _message(self, event: Mapping[str, Any], job: Job) -> Message:
        if event["detail-type"] in _BLOCKED:
            return about_blocked_queue(job)
        if job.is_array and job.status == "FAILED":
            return about_job(job, self._failed_children(job))
        return about_job(job)

    def _publish(self, message: Message) -> None:
        self.sns.publish(
            TopicArn=self.topic_arn,
            Subject=message.subject,
            Message=message.by_protocol(),
            MessageStructure="json",
            MessageAttributes={
                name: {"DataType": "String", "StringValue": value}
                for name, value in message.attributes.items()
                if value
            },
        )

    def _failed_children(self, array: Job) -> Sequence[tuple[int, Job]]:
        """Describe the first failed children; a message without them is better than none."""
        if self.batch is None:
            return ()
        try:
            listed = self.batch.list_jobs(
                arrayJobId=array.id, jobStatus="FAILED", maxResults=CHILDREN_SHOWN
            )["jobSummaryList"]
            if not listed:
                return ()
            ids = [summary["jobId"] for summary in listed[:CHILDREN_SHOWN]]
            described = self.batch.describe_jobs(jobs=ids)["jobs"]
        except (BotoCoreError, ClientError):
            _log.exception("cannot name the failed children of %s", array.id)
            return ()
        children = [
            (child["arrayProperties"]["index"], Job.of(child, region=array.region))
            for child in described
        ]
        return sorted(children, key=lambda child: child[0])


def _reason_code(job: Job) -> str:
    """Return what blocks the queue, without the details that may change from event to event."""
    return f"BLOCKED {job.reason.partition(' - ')[0]}"


@cache
def _notifier() -> Notifier:
    return Notifier(
        sns=boto3.client("sns"),
        topic_arn=os.environ["TOPIC_ARN"],
        claims=Claims(dynamodb=boto3.client("dynamodb"), table=os.environ["CLAIMS_TABLE"]),
        batch=boto3.client("batch") if "LIST_CHILDREN" in os.environ else None,
    )


def handler(event: Mapping[str, Any], context: Any) -> None:
    """Handle one event that EventBridge sends."""
    _notifier().handle(event, owner=context.aws_request_id, now=time.time())
