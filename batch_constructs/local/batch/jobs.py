"""Jobs: what was submitted, where it stands, and what its attempts came to."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from batch_constructs.aws.container_facts import SizeType
from batch_constructs.aws.job_states import JobState
from batch_constructs.local.batch.job_containers import Container, containers_of, requirement_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from batch_constructs.local.batch.capacity import Requirement
    from batch_constructs.local.batch.consumable_resource_operations import Quantities
    from batch_constructs.local.batch.store import Document


class Submission:
    """What was submitted: shared by an array job and all its children, never changed but for tags.

    Args:
        document: the parts of the job's description that were known at submission.
        consumables: the consumable resources that each job needs.
    """

    def __init__(self, document: Document, consumables: Quantities) -> None:
        self.document = document
        self.consumables = consumables
        self.requirement: Requirement = requirement_of(document)
        self.containers: tuple[Container, ...] = containers_of(document)

    @property
    def name(self) -> str:
        """The job's name."""
        return str(self.document["jobName"])

    @property
    def queue_arn(self) -> str:
        """The ARN of the job queue."""
        return str(self.document["jobQueue"])

    @property
    def definition_arn(self) -> str:
        """The ARN of the job definition's revision."""
        return str(self.document["jobDefinition"])

    @property
    def share(self) -> str | None:
        """The share identifier, or the quota share; None in a queue without shares."""
        return self.document.get("shareIdentifier", self.document.get("quotaShareName"))

    @property
    def is_service_job(self) -> bool:
        """Whether it is for a service, such as a SageMaker training job."""
        return "serviceJobType" in self.document

    @property
    def capacity_unit(self) -> str:
        """What its capacity is counted in: a service job takes instances of a type."""
        if self.is_service_job:
            return str(self.document["container"]["instanceType"])
        return SizeType.VCPU

    @property
    def priority(self) -> int:
        """The scheduling priority within its share."""
        return int(self.document.get("schedulingPriority", 0))

    @property
    def timeout_seconds(self) -> int | None:
        """How long an attempt may run; None for any time."""
        timeout: Mapping[str, int] = self.document.get("timeout", {})
        return timeout.get("attemptDurationSeconds")

    @property
    def array_size(self) -> int | None:
        """How many children it has; None where it is no array job."""
        return self.document.get("arraySize")

    @property
    def nodes(self) -> int:
        """How many nodes it has as a multi-node parallel job; 0 where it is none."""
        nodes: int = self.document.get("nodeProperties", {}).get("numNodes", 0)
        return nodes

    def has_node(self, index: str) -> bool:
        """Tell whether it is a multi-node parallel job with a node of this index."""
        return index.isdecimal() and int(index) < self.nodes

    @property
    def retry_strategy(self) -> Mapping[str, Any]:
        """The retry strategy."""
        strategy: Mapping[str, Any] = self.document["retryStrategy"]
        return strategy


@dataclass(frozen=True, slots=True, kw_only=True)
class ContainerOutcome:
    """What one container of an attempt came to.

    Args:
        name: the container's name.
        exit_code: its exit code; None where it never ran or was lost.
        reason: what went wrong with the container itself.
        log_stream: its log stream.
        decides: whether it is the first essential container of its node that ended.
    """

    name: str
    exit_code: int | None = None
    reason: str | None = None
    log_stream: str | None = None
    decides: bool = False

    @property
    def own_name(self) -> str:
        """What the container is called where it is defined."""
        return self.name.rpartition("/")[2]


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One attempt at a job.

    Args:
        task_arn: the Amazon ECS task it stands for.
        containers: the outcome of each container.
        started_at: in milliseconds since the epoch.
        stopped_at: in milliseconds since the epoch.
        status_reason: why it ended.
    """

    task_arn: str
    containers: tuple[ContainerOutcome, ...]
    started_at: int | None = None
    stopped_at: int | None = None
    status_reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """Why the attempt of a job is being stopped.

    Args:
        reason: the status reason it ends with.
        retry: whether the retry strategy is asked then.
        host_lost: whether the host is taken away, so that there is no exit code.
    """

    reason: str
    retry: bool = False
    host_lost: bool = False


@dataclass(slots=True, kw_only=True, eq=False)
class Job:
    """A job: a single one, an array job, or one of its children.

    Args:
        sequence: its place in the order of submission.
        id: its job ID.
        submission: what was submitted.
        created_at: in milliseconds since the epoch.
        parent: the array job it is a child of.
        index: its index in that array.
        status: where it stands.
        reason: the status reason.
        started_at: when the latest attempt began to run.
        stopped_at: when it ended.
        attempts: the attempts that have ended, and the running one while it runs.
        environment: the name of the compute environment it is or was placed on.
        cancelled: whether somebody cancelled it.
        terminated: whether somebody terminated it.
        waits_for: how many dependencies are left.
        dependents: the jobs that wait for it.
        children: the children of an array job.
        summary: how many children stand in each status.
        stop: why and how its attempt is being stopped; None where it is not.
        moved_at: when it came to its status.
        blocked_since: when it was seen to block its queue.
    """

    sequence: int
    id: str
    submission: Submission
    created_at: int
    parent: Job | None = None
    index: int | None = None
    status: JobState = JobState.SUBMITTED
    reason: str | None = None
    started_at: int | None = None
    stopped_at: int | None = None
    attempts: tuple[Attempt, ...] = ()
    environment: str | None = None
    cancelled: bool = False
    terminated: bool = False
    waits_for: int = 0
    dependents: list[Job] = field(default_factory=list)
    children: list[Job] | None = None
    summary: dict[str, int] | None = None
    stop: Stop | None = None
    moved_at: int = 0
    blocked_since: float | None = None

    @property
    def on_host(self) -> bool:
        """Whether it holds capacity."""
        return self.status in (JobState.STARTING, JobState.RUNNING)

    @property
    def queue_arn(self) -> str:
        """The ARN of its job queue."""
        return self.submission.queue_arn

    def snapshot(self) -> Callable[[], Job]:
        """Remember the job as it stands; what is returned makes a copy of it, at any time."""
        values: tuple[Any, ...] = _VALUES(self)
        summary = None if self.summary is None else dict(self.summary)

        def copied() -> Job:
            copy = Job(**dict(zip(_FIELDS, values, strict=True)))
            copy.summary = summary
            return copy

        return copied

    def state(self) -> Document:
        """Return what changes about a job, to be written down."""
        state: Document = {
            "status": self.status,
            "created": self.created_at,
            "moved": self.moved_at,
        }
        if self.reason is not None:
            state["reason"] = self.reason
        if self.started_at is not None:
            state["started"] = self.started_at
        if self.stopped_at is not None:
            state["stopped"] = self.stopped_at
        if self.environment is not None:
            state["environment"] = self.environment
        if self.cancelled or self.terminated:
            state["ended_by_request"] = [self.cancelled, self.terminated]
        if self.attempts:
            state["attempts"] = [_attempt_row(attempt) for attempt in self.attempts]
        return state

    def restore(self, state: Document) -> None:
        """Take over what was written down."""
        self.status = JobState(state["status"])
        self.moved_at = state["moved"]
        self.reason = state.get("reason")
        self.started_at = state.get("started")
        self.stopped_at = state.get("stopped")
        self.environment = state.get("environment")
        self.cancelled, self.terminated = state.get("ended_by_request", (False, False))
        self.attempts = tuple(_attempt(row) for row in state.get("attempts", ()))


_FIELDS = tuple(field.name for field in fields(Job))
_VALUES = attrgetter(*_FIELDS)
_OUTCOME_FIELDS = tuple(field.name for field in fields(ContainerOutcome))
_OUTCOME_VALUES = attrgetter(*_OUTCOME_FIELDS)


def _attempt_row(attempt: Attempt) -> list[Any]:
    containers = [_OUTCOME_VALUES(outcome) for outcome in attempt.containers]
    times = (attempt.started_at, attempt.stopped_at)
    return [attempt.task_arn, containers, *times, attempt.status_reason]


def _attempt(row: list[Any]) -> Attempt:
    task_arn, containers, started_at, stopped_at, status_reason = row
    return Attempt(
        task_arn=task_arn,
        containers=tuple(
            ContainerOutcome(**dict(zip(_OUTCOME_FIELDS, values, strict=True)))
            for values in containers
        ),
        started_at=started_at,
        stopped_at=stopped_at,
        status_reason=status_reason,
    )
