"""Which RUNNABLE job goes to which compute environment."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from batch_constructs.aws import resource_kinds as kinds
from batch_constructs.aws.job_queue_facts import TimeLimitReason
from batch_constructs.aws.job_states import HOST_LOST, STUCK_IN_QUEUE, JobState
from batch_constructs.aws.names import marker
from batch_constructs.aws.platforms import PlatformCapability
from batch_constructs.local.batch.fair_share_order import FairShares, FirstInFirstOut, WaitingLine
from batch_constructs.local.batch.random_ids import new_id

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from batch_constructs.local.batch.capacity import Requirement
    from batch_constructs.local.batch.compute_environment_operations import (
        ComputeEnvironment,
        ComputeEnvironments,
    )
    from batch_constructs.local.batch.consumable_resource_operations import ConsumableResources
    from batch_constructs.local.batch.event_loop import Timers
    from batch_constructs.local.batch.event_publisher import Publisher
    from batch_constructs.local.batch.job_queue_operations import JobQueue, JobQueues
    from batch_constructs.local.batch.jobs import Job
    from batch_constructs.local.batch.lifecycle import Lifecycle
    from batch_constructs.local.batch.scheduling_policy_operations import SchedulingPolicies
    from batch_constructs.local.batch.service_environment_operations import (
        ServiceEnvironment,
        ServiceEnvironments,
    )
    from batch_constructs.local.batch.store import Document

    Environment = ComputeEnvironment | ServiceEnvironment


class Scheduler:
    """Places jobs.

    Queues are looked at by priority. In each it is the turn of one job, which goes to the first
    compute environment of the queue that has room. A job that has no room anywhere keeps those
    behind it in its queue waiting, as in AWS Batch; the next queue is looked at all the same.

    Args:
        queues: the job queues.
        environments: the compute environments.
        service_environments: the service environments.
        policies: the scheduling policies.
        consumables: the consumable resources.
        publisher: where events about blocked queues go.
        timers: for time limits.
        clock: seconds since the epoch.
    """

    def __init__(
        self,
        *,
        queues: JobQueues,
        environments: ComputeEnvironments,
        service_environments: ServiceEnvironments,
        policies: SchedulingPolicies,
        consumables: ConsumableResources,
        publisher: Publisher,
        timers: Timers,
        clock: Callable[[], float],
    ) -> None:
        self._queues = queues
        self._environments = environments
        self._service_environments = service_environments
        self._policies = policies
        self._consumables = consumables
        self._publisher = publisher
        self._timers = timers
        self._clock = clock
        self._lines: dict[str, tuple[JobQueue, WaitingLine]] = {}
        self._look = True

    def look_again(self) -> None:
        """Note that a job may find room where it found none."""
        self._look = True

    def runnable(self, job: Job) -> None:
        """Add a job to the waiting line of its queue."""
        self._look = True
        self.line(self._queues.get(job.queue_arn)).push(job)

    def line(self, queue: JobQueue) -> WaitingLine:
        """Return the waiting line of a queue."""
        known = self._lines.get(queue.name)
        if known is not None and known[0] is queue:
            return known[1]
        line: WaitingLine = (
            FirstInFirstOut()
            if queue.policy_arn is None
            else FairShares(lambda: self._fair_share_policy(queue), self._clock)
        )
        self._lines[queue.name] = queue, line
        return line

    def place(self, lifecycle: Lifecycle) -> Iterator[Job]:
        """Place what can be placed now, and yield each job as it comes to STARTING."""
        if not self._look:
            return
        self._look = False
        for queue in self._queues:
            line = self.line(queue)
            if line.empty:
                continue
            environments = [e for e in self._queues.environments_of(queue) if e.takes_jobs]
            while not self._publisher.full:
                job = line.head(_max_vcpus(environments))
                if job is None:
                    break
                environment = self._room(job, environments)
                if environment is None:
                    self._look_at_blocked(job, queue, environments, lifecycle)
                    break
                environment.usage.take(job.submission.requirement)
                self._consumables.take(job.submission.consumables)
                lifecycle.start(
                    job, environment=environment.name, task_arn=_task_arn(job, environment)
                )
                line.started(job)
                yield job

    def release(self, job: Job) -> None:
        """Take back what a job held."""
        self._look = True
        name, need = str(job.environment), job.submission.requirement
        if job.submission.is_service_job:
            service = self._service_environments.find(name)
            if service is not None:
                service.usage.release(need)
        elif (environment := self._environments.find(name)) is not None:
            environment.release(need, self._clock())
            self._environments.forget_if_idle(environment)
        self._consumables.release(job.submission.consumables)
        queue = self._queues.find(job.queue_arn)
        if queue is not None:
            self.line(queue).stopped(job)

    def _room(self, job: Job, environments: list[Environment]) -> Environment | None:
        need = job.submission.requirement
        if not self._consumables.available(job.submission.consumables):
            return None
        for environment in environments:
            limits = environment.limits
            if environment.lacks_capacity:
                continue
            if limits.problem(need) is None and environment.usage.fits(need, limits):
                return environment
        return None

    def _look_at_blocked(
        self,
        job: Job,
        queue: JobQueue,
        environments: list[Environment],
        lifecycle: Lifecycle,
    ) -> None:
        need = job.submission.requirement
        problems = [_problem(environment, need) for environment in environments]
        reason = problems[0] if problems and all(problems) else None
        if reason is None or (reason == job.reason and job.blocked_since is not None):
            return
        job.blocked_since = self._clock()
        lifecycle.explain(job, reason)
        self._publisher.publish(job, blocked=True)
        for limit in queue.time_limits:
            if reason.startswith(limit["reason"]):
                self._limit(job, job.blocked_since, limit, lifecycle)

    def _limit(self, job: Job, since: float, limit: Document, lifecycle: Lifecycle) -> None:
        def cancel() -> None:
            if job.status is JobState.RUNNABLE and job.blocked_since == since:
                lifecycle.cancel(
                    job,
                    f"Canceled by {STUCK_IN_QUEUE}: {limit['reason']}",
                )

        self._timers.after(limit["maxTimeSeconds"], cancel)

    def _fair_share_policy(self, queue: JobQueue) -> Document:
        policy = self._policies.registry.find(str(queue.policy_arn))
        found: Document = {} if policy is None else policy.get("fairsharePolicy", {})
        return found


def host_terminated(job: Job) -> str:
    """Return the status reason of an attempt whose instance was taken away, as after a reclaim."""
    digest = hashlib.sha256(f"{job.id}/{len(job.attempts)}".encode()).hexdigest()
    return f"{HOST_LOST} (instance i-{digest[:17]}) terminated."


def _problem(environment: Environment, need: Requirement) -> str | None:
    """Say why a job cannot be placed on an environment, whatever ends there; in AWS's words."""
    problem = environment.limits.problem(need)
    if problem is None and environment.lacks_capacity:
        types = environment.detail.get("computeResources", {}).get(
            "instanceTypes", [PlatformCapability.FARGATE]
        )
        return (
            f"{TimeLimitReason.INSUFFICIENT_INSTANCE_CAPACITY} - Service cannot fulfill the "
            f"capacity requested for instance type [{', '.join(types)}]"
        )
    return problem


def _max_vcpus(environments: list[Environment]) -> float | None:
    total = 0.0
    for environment in environments:
        if environment.limits.vcpus is None:
            return None
        total += environment.limits.vcpus
    return total


def _task_arn(job: Job, environment: Environment) -> str:
    if job.submission.is_service_job:
        base, _, _ = job.queue_arn.replace(":batch:", ":sagemaker:").partition(
            marker(kinds.JOB_QUEUE)
        )
        return f"{base}:training-job/AWSBatch{job.submission.name}{_task_id()}"
    cluster_arn = environment.detail.get("ecsClusterArn", "")
    base, _, cluster = cluster_arn.partition(":cluster/")
    return f"{base}:task/{cluster}/{_task_id()}"


def _task_id() -> str:
    return new_id().replace("-", "")
