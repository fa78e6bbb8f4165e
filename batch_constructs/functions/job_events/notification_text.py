"""What a person reads when a job ended, never started, or blocks its queue."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from batch_constructs.aws.consoles import batch_console, console
from batch_constructs.aws.job_queue_facts import SERVICE_ROLE_LACKS_PERMISSIONS, TimeLimitReason
from batch_constructs.aws.job_states import JobState
from batch_constructs.aws.quotas import SUBJECT_CHARACTERS
from batch_constructs.functions.claims.effect import attempt

from .cause import Cause, cause_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from batch_constructs.functions.claims.invocation import Invocation

    from .job_event import Job, LogStream

CHILDREN_SHOWN = 5
JOBS_SHOWN = 5

_BECAME = {
    Cause.SPOT_RECLAIMED: "lost its instance (Spot reclaim)",
    Cause.OUT_OF_MEMORY: "ran out of memory",
    Cause.TIMED_OUT: "timed out",
    Cause.NEVER_STARTED: "never started",
    Cause.STUCK_IN_QUEUE: "never started: stuck in RUNNABLE",
    Cause.DEPENDENCY_FAILED: "never started: a job it depends on failed",
    Cause.CANCELLED: "was cancelled",
    Cause.TERMINATED: "was terminated",
    Cause.OTHER: "failed",
}
_ADVICE = {
    TimeLimitReason.INSUFFICIENT_INSTANCE_CAPACITY: (
        "AWS has no such instances free: allow more instance types or more Availability Zones"
    ),
    TimeLimitReason.COMPUTE_ENVIRONMENT_MAX_RESOURCE: (
        "the job needs more vCPUs than the maxvCpus of any compute environment of the queue"
    ),
    TimeLimitReason.JOB_RESOURCE_REQUIREMENT: (
        "no instance type of the queue's compute environments has the vCPUs, memory or GPUs "
        "that the job needs"
    ),
    SERVICE_ROLE_LACKS_PERMISSIONS: (
        "the service role of the compute environments lacks permissions"
    ),
}


@dataclass(frozen=True, kw_only=True)
class Message:
    """A message as SNS takes it; the attributes are there for subscription filters."""

    subject: str
    text: str
    attributes: dict[str, str]

    def by_protocol(self) -> str:
        """Return the message a protocol: text, and over HTTPS what AWS's chat service shows."""
        chat = {
            "version": "1.0",
            "source": "custom",
            "content": {
                "textType": "client-markdown",
                "title": self.subject,
                "description": self.text,
            },
        }
        return json.dumps({"default": self.text, "https": json.dumps(chat)})

    def publish(self, sns: Any, topic_arn: str, invocation: Invocation) -> None:
        """Publish it, again and again where that was throttled."""
        request = self.request(topic_arn)
        attempt(lambda: sns.publish(**request), invocation.pauses())

    def request(self, topic_arn: str) -> dict[str, Any]:
        """Return what SNS is asked to publish."""
        return {
            "TopicArn": topic_arn,
            "Subject": self.subject,
            "Message": self.by_protocol(),
            "MessageStructure": "json",
            "MessageAttributes": {
                name: {"DataType": "String", "StringValue": value}
                for name, value in self.attributes.items()
                if value
            },
        }


@dataclass(frozen=True, kw_only=True)
class Period:
    """What a queue did until it was idle; times are milliseconds since 1970."""

    begins_at: int
    """When its first job was submitted."""
    ended_at: int
    succeeded: int
    """Each child of an array counts, the array itself does not."""
    failed: int
    is_all: bool
    """Whether all of its jobs are counted; otherwise there were more."""
    failures: Sequence[tuple[str, str, str]]
    """Name, ID and reason of the newest that failed."""


def about_job(job: Job, failed_children: Sequence[tuple[int, Job]] = ()) -> Message:
    """Say what became of a job; of an array, with the children that failed first."""
    cause = cause_of(job) if job.status == JobState.FAILED else None
    headline = f"{'Array job' if job.is_array else 'Job'} {job.name} {_became(job, cause)}"
    rows = [
        ("Job", f"{job.name} ({job.id})"),
        ("Queue", job.queue),
        ("Definition", job.definition),
        ("Share", job.share),
        ("Reason", _reasons(job)),
        ("Exit code", job.exit_code),
        ("Attempt", f"{len(job.attempts)} of {job.allowed_attempts}" if job.attempts else None),
        ("Ran", _ran(job)),
        ("Waited", _waited(job)),
        ("Children", _children(job)),
        ("Job page", job_url(job)),
        ("Log stream", log_url(job.log, job.partition) if job.log else None),
    ]
    text = "\n".join([headline, "", *_table(rows), *_failed_children(failed_children)])
    attributes = {"status": job.status, "queue": job.queue, "definition": job.definition_name}
    if cause:
        attributes["cause"] = cause.value
    return Message(subject=_subject(headline), text=text, attributes=attributes)


def about_whole_array(array: Job) -> Message:
    """Say that all children of an array that failed ran again and succeeded."""
    failed = array.children.get(JobState.FAILED, 0)
    headline = f"Array job {array.name} is whole: {_jobs(failed)} ran again and succeeded"
    rows = [
        ("Job", f"{array.name} ({array.id})"),
        ("Queue", array.queue),
        ("Definition", array.definition),
        ("Children", _children(array)),
        ("Status", f"{array.status}, which AWS Batch no longer changes"),
        ("Job page", job_url(array)),
    ]
    return Message(
        subject=_subject(headline),
        text="\n".join([headline, "", *_table(rows)]),
        attributes={
            "status": "WHOLE",
            "queue": array.queue,
            "definition": array.definition_name,
        },
    )


def about_blocked_queue(job: Job) -> Message:
    """Say that a queue is stuck behind a job, why, and what helps."""
    headline = f"Queue {job.queue} is blocked by job {job.name}"
    advice = next((text for reason, text in _ADVICE.items() if reason in job.reason), None)
    rows = [
        ("Queue", job.queue),
        ("Blocked by", f"{job.name} ({job.id})"),
        ("Definition", job.definition),
        ("Reason", job.reason),
        ("What helps", advice),
        ("Job page", job_url(job)),
    ]
    return Message(
        subject=_subject(headline),
        text="\n".join([headline, "", *_table(rows)]),
        attributes={"status": "BLOCKED", "queue": job.queue, "definition": job.definition_name},
    )


def about_idle_queue(queue_arn: str, period: Period) -> Message:
    """Say that a queue has nothing left to do, and what became of its jobs."""
    _, partition, _, region, _, resource = queue_arn.split(":", 5)
    queue = resource.rpartition("/")[2]
    least = "" if period.is_all else "at least "
    done = f"{least}{_jobs(period.succeeded)} succeeded"
    headline = f"Queue {queue} is idle: {done}, {period.failed or 'none'} failed"
    rows = [
        ("Queue", queue),
        ("Succeeded", f"{least}{period.succeeded}"),
        ("Failed", f"{least}{period.failed}"),
        ("First job", f"submitted {_at(period.begins_at)}"),
        ("Last job", f"ended {_at(period.ended_at)}"),
        ("Took", _duration(max(0, period.ended_at - period.begins_at))),
        ("Jobs page", _jobs_url(partition, region)),
    ]
    failures = [
        f"{name} ({id_}) failed{': ' if reason else ''}{reason}"
        for name, id_, reason in period.failures
    ]
    text = "\n".join([headline, "", *_table(rows), *(["", *failures] if failures else [])])
    attributes = {"status": "IDLE", "queue": queue}
    return Message(subject=_subject(headline), text=text, attributes=attributes)


def _jobs(count: int) -> str:
    return "1 job" if count == 1 else f"{count} jobs"


def _at(milliseconds: int) -> str:
    return f"{datetime.fromtimestamp(milliseconds // 1000, UTC):%Y-%m-%d %H:%M:%S} UTC"


def job_url(job: Job) -> str | None:
    """Return the address of the job in the console, where that is known."""
    jobs = _jobs_url(job.partition, job.region)
    return None if jobs is None else f"{jobs}/detail/{job.id}"


def _jobs_url(partition: str, region: str) -> str | None:
    known = console(partition, region)
    return None if known is None else f"{batch_console(known, region)}#jobs"


def log_url(log: LogStream, partition: str) -> str | None:
    """Return the address of a log stream in the console, whose own encoding it takes."""
    known = console(partition, log.region)
    if known is None:
        return None

    def twice(name: str) -> str:
        return quote(quote(name, safe=""), safe="").replace("%", "$")

    return (
        f"{known}/cloudwatch/home?region={log.region}#logsV2:log-groups"
        f"/log-group/{twice(log.group)}/log-events/{twice(log.stream)}"
    )


def _became(job: Job, cause: Cause | None) -> str:
    match cause:
        case None:
            return "succeeded" if job.status == JobState.SUCCEEDED else f"is {job.status}"
        case Cause.EXITED_NON_ZERO:
            return f"failed: exited with code {job.exit_code}"
        case Cause.CHILDREN_FAILED:
            failed = job.children.get(JobState.FAILED)
            count = f"{failed} of {job.array_size} children" if failed else "some of its children"
            return f"failed: {count} failed"
        case _:
            return _BECAME[cause]


def _reasons(job: Job) -> str | None:
    last = job.last_attempt
    said = [job.reason, last.status_reason if last else "", last.container_reason if last else ""]
    return "; ".join(dict.fromkeys(filter(None, said))) or None


def _ran(job: Job) -> str | None:
    last = job.last_attempt
    if last is None or not last.milliseconds:
        return None
    if job.milliseconds == last.milliseconds:
        return _duration(last.milliseconds)
    return f"{_duration(last.milliseconds)}; all attempts {_duration(job.milliseconds)}"


def _waited(job: Job) -> str | None:
    """How long a job that never started was there."""
    if job.started or job.is_array or job.created_at is None or job.stopped_at is None:
        return None
    return _duration(max(0, job.stopped_at - job.created_at))


def _children(job: Job) -> str | None:
    if not job.is_array:
        return None
    counts = ", ".join(f"{count} {state}" for state, count in job.children.items() if count)
    return f"{job.array_size}" + (f": {counts}" if counts else "")


def _failed_children(failed_children: Sequence[tuple[int, Job]]) -> list[str]:
    lines = []
    for index, child in failed_children:
        log = log_url(child.log, child.partition) if child.log else None
        lines += ["", f"Child {index} {_became(child, cause_of(child))}"]
        lines += _table([("Log stream", log)])
    return lines


def _table(rows: Sequence[tuple[str, object]]) -> list[str]:
    return [f"{name:<12} {value}" for name, value in rows if value is not None and value != ""]


def _duration(milliseconds: int) -> str:
    seconds = milliseconds // 1000
    if seconds < 1:
        return f"{milliseconds} ms"
    parts = ((seconds // 86_400, "d"), (seconds // 3_600 % 24, "h"), (seconds // 60 % 60, "min"))
    shown = [f"{value} {unit}" for value, unit in (*parts, (seconds % 60, "s")) if value]
    return " ".join(shown[:2])


def _subject(headline: str) -> str:
    """Keep what SNS takes: printable ASCII, at most a hundred characters."""
    plain = "".join(c if c.isascii() and c.isprintable() else "?" for c in headline)
    return plain if len(plain) <= SUBJECT_CHARACTERS else plain[: SUBJECT_CHARACTERS - 3] + "..."
