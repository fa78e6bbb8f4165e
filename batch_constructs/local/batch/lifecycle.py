"""How jobs move from state to state, and what follows from each move."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from batch_constructs.aws.job_states import DEPENDENCY_FAILED, JobState
from batch_constructs.local.batch import arrays, dependencies
from batch_constructs.local.batch.jobs import Attempt, ContainerOutcome, Job, Stop
from batch_constructs.local.batch.retries import retries

if TYPE_CHECKING:
    from collections.abc import Callable

    from batch_constructs.local.batch.event_publisher import Publisher
    from batch_constructs.local.batch.job_metrics import JobMetrics
    from batch_constructs.local.batch.job_table import JobTable
    from batch_constructs.local.batch.store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptResult:
    """What an attempt came to.

    Args:
        status_reason: why it ended.
        containers: the outcome of each container.
        deciding: the container whose exit code and reason the retry strategy looks at.
        succeeded: whether the job is done.
    """

    status_reason: str
    containers: tuple[ContainerOutcome, ...]
    deciding: ContainerOutcome
    succeeded: bool = False


class Lifecycle:
    """Moves jobs.

    Every move is written down, published and counted. What a job's end means for others is done
    by `settle`, which whoever moved jobs calls before it lets go of the lock.

    Args:
        jobs: all jobs.
        store: where moves are written down.
        publisher: where events go.
        metrics: counts moves.
        clock: seconds since the epoch.
        runnable: is told of a job that may run now.
        ended: is told of a job that has ended.
    """

    def __init__(
        self,
        *,
        jobs: JobTable,
        store: Store,
        publisher: Publisher,
        metrics: JobMetrics,
        clock: Callable[[], float],
        runnable: Callable[[Job], None],
        ended: Callable[[Job], None],
    ) -> None:
        self._jobs = jobs
        self._store = store
        self._publisher = publisher
        self._metrics = metrics
        self._clock = clock
        self._runnable = runnable
        self._ended = ended
        self._to_settle: deque[Job] = deque()

    def now_ms(self) -> int:
        """Return the time in milliseconds since the epoch."""
        return int(self._clock() * 1000)

    def begin(self, job: Job) -> None:
        """Evaluate a submitted job: is there anything it waits for?"""
        if job.status is not JobState.SUBMITTED:
            return
        self._metrics.submitted(job)
        doomed = self._link(job)
        family = _family(job)
        if doomed or job.waits_for or any(member.waits_for for member in family):
            self._pend(job)
        for each in doomed:
            self._fail(each, DEPENDENCY_FAILED)
        for member in family:
            self._run_if_free(member)
        self.settle()

    def resume(self, job: Job, lost: Callable[[Job], str]) -> None:
        """Take up a job that had not ended when its state was written down.

        Args:
            job: the job.
            lost: returns the status reason of an attempt that was under way.
        """
        for each in self._link(job):
            self._fail(each, DEPENDENCY_FAILED)
        for member in _family(job):
            if member.status is JobState.RUNNABLE:
                self._runnable(member)
            elif member.on_host:
                self.finish(member, lost_attempt(member, lost(member)))
            else:
                self._run_if_free(member)
        self.settle()

    def _link(self, job: Job) -> list[Job]:
        doomed = dependencies.link(job, self._jobs.find)
        if job.waits_for and job.children is not None:
            for child in job.children:
                child.waits_for += 1
        return doomed

    def start(self, job: Job, *, environment: str, task_arn: str) -> None:
        """Begin an attempt on a compute environment."""
        job.environment = environment
        job.stop = None
        job.blocked_since = None
        containers = tuple(ContainerOutcome(name=c.name) for c in job.submission.containers)
        job.attempts = (*job.attempts, Attempt(task_arn=task_arn, containers=containers))
        self.move(job, JobState.STARTING)

    def run(self, job: Job, containers: tuple[ContainerOutcome, ...]) -> None:
        """Note that the processes of an attempt are running."""
        job.started_at = self.now_ms()
        latest = replace(job.attempts[-1], started_at=job.started_at, containers=containers)
        job.attempts = (*job.attempts[:-1], latest)
        self.move(job, JobState.RUNNING)

    def finish(self, job: Job, result: AttemptResult) -> None:
        """End an attempt: the job is done, or tried again, or has failed."""
        job.stopped_at = self.now_ms()
        reason = result.status_reason if job.stop is None else job.stop.reason
        latest = replace(
            job.attempts[-1],
            stopped_at=job.stopped_at,
            status_reason=reason,
            containers=result.containers,
        )
        job.attempts = (*job.attempts[:-1], latest)
        if result.succeeded and job.stop is None:
            self.move(job, JobState.SUCCEEDED, reason)
        elif not self._for_good(job) and retries(
            job.submission.retry_strategy,
            attempts=len(job.attempts),
            exit_code=result.deciding.exit_code,
            reason=result.deciding.reason,
            status_reason=reason,
        ):
            job.started_at = job.stopped_at = None
            self.move(job, JobState.RUNNABLE, reason)
        else:
            self.move(job, JobState.FAILED, reason)

    def cancel(self, job: Job, reason: str) -> None:
        """End a job, or the children of an array job, that has not come to STARTING."""
        if job.status.is_final or job.on_host:
            return
        job.cancelled = True
        for member in _family(job):
            if not (member.status.is_final or member.on_host):
                member.cancelled = True
                self._fail(member, reason)

    def terminate(self, job: Job, reason: str) -> list[Job]:
        """End a job, or the children of an array job, wherever it stands.

        Returns:
            The jobs whose processes the caller has to stop.
        """
        if job.status.is_final:
            return []
        job.terminated = True
        to_stop = []
        for member in _family(job):
            if member.status.is_final:
                continue
            member.terminated = True
            self._store.save_job_state(member.sequence, member.state)
            if member.on_host:
                member.stop = Stop(reason=reason)
                to_stop.append(member)
            else:
                self._fail(member, reason)
        return to_stop

    def explain(self, job: Job, reason: str) -> None:
        """Give a reason to a job that stays where it is."""
        job.reason = reason
        self._store.save_job_state(job.sequence, job.state)

    def move(self, job: Job, status: JobState, reason: str | None = None) -> None:
        """Bring a job to a state."""
        before, job.status, job.reason = job.status, status, reason
        since, job.moved_at = job.moved_at, self.now_ms()
        if status.is_final:
            if job.stopped_at is None:
                job.stopped_at = job.moved_at
            self._to_settle.append(job)
        self._store.save_job_state(job.sequence, job.state)
        self._metrics.moved(job, before, since)
        self._publisher.publish(job)
        outcome = arrays.count(job, before)
        if outcome is not None and job.parent is not None:
            failed = outcome is JobState.FAILED
            self.move(job.parent, outcome, self._parent_reason(job.parent) if failed else None)
        if status is JobState.RUNNABLE:
            self._runnable(job)

    def settle(self) -> None:
        """Let the ends of jobs have their effect on the jobs that wait for them."""
        while self._to_settle:
            job = self._to_settle.popleft()
            for dependent, free in dependencies.after(job):
                if free:
                    self._release(dependent)
                else:
                    self._fail(dependent, DEPENDENCY_FAILED)
            self._ended(job)

    @staticmethod
    def _for_good(job: Job) -> bool:
        return job.terminated or (job.stop is not None and not job.stop.retry)

    def _pend(self, job: Job) -> None:
        if job.status is JobState.SUBMITTED:
            self.move(job, JobState.PENDING)

    def _release(self, job: Job) -> None:
        if job.children is None:
            self._run_if_free(job)
            return
        for child in job.children:
            child.waits_for -= 1
            self._run_if_free(child)

    def _run_if_free(self, job: Job) -> None:
        waiting = job.status in (JobState.SUBMITTED, JobState.PENDING)
        if waiting and job.waits_for == 0:
            self.move(job, JobState.RUNNABLE)

    def _fail(self, job: Job, reason: str) -> None:
        for member in _family(job):
            if not member.status.is_final:
                self.move(member, JobState.FAILED, reason)

    @staticmethod
    def _parent_reason(parent: Job) -> str:
        children = parent.children if parent.children is not None else []
        if any(child.attempts for child in children):
            return arrays.CHILD_FAILED
        reasons = {child.reason for child in children if child.reason is not None}
        return reasons.pop() if len(reasons) == 1 else arrays.CHILD_FAILED


def lost_attempt(job: Job, reason: str) -> AttemptResult:
    """Return the result of an attempt whose host went away."""
    containers = job.attempts[-1].containers
    return AttemptResult(status_reason=reason, containers=containers, deciding=containers[0])


def _family(job: Job) -> list[Job]:
    return [job] if job.children is None else job.children
