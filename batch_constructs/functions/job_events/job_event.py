"""What one AWS Batch event says about a job, whichever of the job shapes it has.

The ``detail`` of an event has the shape of ``JobDetail``
(https://docs.aws.amazon.com/batch/latest/APIReference/API_JobDetail.html), and AWS may add to it or
leave things out, so everything but the job's own identity is optional here.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from batch_constructs.aws.batch_events import NODE_SIGN
from batch_constructs.aws.container_facts import AWSLOGS
from batch_constructs.aws.job_states import CANCELLED
from batch_constructs.aws.names import DEFAULT_LOG_GROUP, LOG_GROUP_OPTION, LOG_REGION_OPTION

from .job_size import JobSize, containers

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

_MILLISECONDS_AN_HOUR = 3_600_000


@dataclass(frozen=True, kw_only=True, slots=True)
class LogStream:
    """Where a container wrote its output."""

    group: str
    stream: str
    region: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Attempt:
    """One attempt to run a job; times are milliseconds since 1970, ``None`` if not reached."""

    started_at: int | None = None
    stopped_at: int | None = None
    status_reason: str = ""
    container_reason: str = ""
    exit_code: int | None = None
    log_stream: str | None = None

    @property
    def milliseconds(self) -> int:
        """How long the attempt ran; 0 where it never started."""
        if self.started_at is None or self.stopped_at is None:
            return 0
        return max(0, self.stopped_at - self.started_at)


@dataclass(frozen=True, kw_only=True, slots=True)
class Job:
    """A job as one event describes it."""

    id: str
    name: str
    queue_arn: str
    definition_arn: str
    region: str
    status: str
    reason: str
    attempts: Sequence[Attempt] = ()
    allowed_attempts: int = 1
    created_at: int | None = None
    stopped_at: int | None = None
    cancelled: bool = False
    terminated: bool = False
    share: str | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    array_size: int | None = None
    children: Mapping[str, int] = field(default_factory=dict)
    size: JobSize = field(default_factory=JobSize)
    log_group: str | None = DEFAULT_LOG_GROUP
    log_region: str = ""

    @classmethod
    def of(cls, detail: Mapping[str, Any], *, region: str) -> Job:
        """Read the ``detail`` of an event, or a job of ``DescribeJobs``."""
        array = detail.get("arrayProperties") or {}
        log = _first_log_configuration(detail)
        return cls(
            id=detail["jobId"],
            name=detail["jobName"],
            queue_arn=detail["jobQueue"],
            definition_arn=detail.get("jobDefinition", ""),
            region=region,
            status=detail["status"],
            reason=detail.get("statusReason") or "",
            attempts=tuple(_attempts(detail)),
            allowed_attempts=(detail.get("retryStrategy") or {}).get("attempts") or 1,
            created_at=detail.get("createdAt"),
            stopped_at=detail.get("stoppedAt"),
            cancelled=bool(detail.get(CANCELLED)),
            terminated=bool(detail.get("isTerminated")),
            share=detail.get("shareIdentifier"),
            tags=detail.get("tags") or {},
            array_size=array.get("size") if "index" not in array else None,
            children=array.get("statusSummary") or {},
            size=JobSize.of(detail),
            log_group=_log_group(detail, log),
            log_region=(log.get("options") or {}).get(LOG_REGION_OPTION) or region,
        )

    @property
    def is_node(self) -> bool:
        """Whether it is a node of a multi-node job, of which nobody is told beside the job."""
        return NODE_SIGN in self.id

    @property
    def queue(self) -> str:
        """The queue's name."""
        return self.queue_arn.rpartition("/")[2]

    @property
    def definition(self) -> str:
        """The definition's name, with its revision."""
        return self.definition_arn.rpartition("/")[2]

    @property
    def definition_name(self) -> str:
        """The definition's name, without its revision."""
        return self.definition.partition(":")[0]

    @property
    def partition(self) -> str:
        """``aws``, ``aws-cn`` or ``aws-us-gov``."""
        parts = self.queue_arn.split(":")
        return parts[1] if len(parts) > 1 else "aws"

    @property
    def is_array(self) -> bool:
        """Whether this is the parent of an array, whose children report for themselves."""
        return self.array_size is not None

    @property
    def last_attempt(self) -> Attempt | None:
        """The attempt that decided."""
        return self.attempts[-1] if self.attempts else None

    @property
    def exit_code(self) -> int | None:
        """The exit code of the last attempt; ``None`` where no container of it ever exited."""
        return self.last_attempt.exit_code if self.last_attempt else None

    @property
    def started(self) -> bool:
        """Whether the last attempt got as far as running."""
        return self.last_attempt is not None and (
            self.last_attempt.started_at is not None or self.last_attempt.exit_code is not None
        )

    @property
    def milliseconds(self) -> int:
        """How long the job ran, all attempts together."""
        return sum(attempt.milliseconds for attempt in self.attempts)

    @property
    def vcpu_hours(self) -> float:
        """What the job used, all attempts together."""
        return self.size.vcpus * self.milliseconds / _MILLISECONDS_AN_HOUR

    @property
    def gpu_hours(self) -> float:
        """Likewise of GPUs."""
        return self.size.gpus * self.milliseconds / _MILLISECONDS_AN_HOUR

    @property
    def log(self) -> LogStream | None:
        """The log stream of the last attempt that has one."""
        if self.log_group is None:
            return None
        for attempt in reversed(self.attempts):
            if attempt.log_stream:
                return LogStream(
                    group=self.log_group, stream=attempt.log_stream, region=self.log_region
                )
        return None


def _attempts(detail: Mapping[str, Any]) -> Iterator[Attempt]:
    attempts = detail.get("attempts") or detail.get("eksAttempts") or ()
    for attempt in attempts:
        container = _deciding_container(attempt)
        yield Attempt(
            started_at=attempt.get("startedAt"),
            stopped_at=attempt.get("stoppedAt"),
            status_reason=attempt.get("statusReason") or "",
            container_reason=container.get("reason") or "",
            exit_code=container.get("exitCode"),
            log_stream=container.get("logStreamName"),
        )


def _deciding_container(attempt: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the container that failed, of several; otherwise the first."""
    containers = [attempt["container"]] if attempt.get("container") else []
    for task in attempt.get("taskProperties") or ():
        containers += task.get("containers") or ()
    containers += attempt.get("containers") or ()
    failed = (c for c in containers if c.get("exitCode"))
    return next(failed, containers[0] if containers else {})


def _first_log_configuration(detail: Mapping[str, Any]) -> Mapping[str, Any]:
    for container, _ in containers(detail):
        if container.get("logConfiguration"):
            configuration: Mapping[str, Any] = container["logConfiguration"]
            return configuration
    return {}


def _log_group(detail: Mapping[str, Any], log: Mapping[str, Any]) -> str | None:
    """Return the log group; ``None`` where the logs go elsewhere than to CloudWatch."""
    if detail.get("eksProperties") or log.get("logDriver", AWSLOGS) != AWSLOGS:
        return None
    group: str = (log.get("options") or {}).get(LOG_GROUP_OPTION) or DEFAULT_LOG_GROUP
    return group
