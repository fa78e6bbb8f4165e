"""The AWS Batch service, as a Python object."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from batch_constructs.aws import operations
from batch_constructs.aws.job_states import JobState
from batch_constructs.local.batch.api_model import OPERATIONS
from batch_constructs.local.batch.arns import Arns
from batch_constructs.local.batch.compute_environment_operations import ComputeEnvironments
from batch_constructs.local.batch.consumable_resource_operations import ConsumableResources
from batch_constructs.local.batch.container_metadata import (
    container_metadata,
    task_metadata,
    task_tags,
)
from batch_constructs.local.batch.event_loop import EventLoop, Timers
from batch_constructs.local.batch.event_publisher import Publisher
from batch_constructs.local.batch.host_link import end_processes
from batch_constructs.local.batch.image_runtimes import ImageRuntimes
from batch_constructs.local.batch.job_definition_operations import JobDefinitions
from batch_constructs.local.batch.job_lists import JobLists
from batch_constructs.local.batch.job_metrics import JobMetrics
from batch_constructs.local.batch.job_operations import JobOperations
from batch_constructs.local.batch.job_queue_operations import JobQueue, JobQueues
from batch_constructs.local.batch.job_table import JobTable
from batch_constructs.local.batch.lifecycle import Lifecycle, lost_attempt
from batch_constructs.local.batch.queue_snapshots import Snapshots
from batch_constructs.local.batch.quota_share_operations import QuotaShares
from batch_constructs.local.batch.request_checks import check_request, in_aws_case, without_empty
from batch_constructs.local.batch.runner import Runner
from batch_constructs.local.batch.scheduler import Scheduler, host_terminated
from batch_constructs.local.batch.scheduling_policy_operations import SchedulingPolicies
from batch_constructs.local.batch.service_environment_operations import ServiceEnvironments
from batch_constructs.local.batch.service_errors import not_modelled, server_error
from batch_constructs.local.batch.service_jobs import ServiceJobs
from batch_constructs.local.batch.store import Document, Store, StoreError
from batch_constructs.local.batch.tag_operations import Tagging

if TYPE_CHECKING:
    from pathlib import Path

    from batch_constructs.local.batch.jobs import Job
    from batch_constructs.local.batch.ports import Ports

Handler = Callable[[Mapping[str, Any]], Document]

_READS = ("Describe", "Get", "List")
"""How the names of operations begin that change nothing."""


class BatchService:
    """AWS Batch for one account in one Region.

    Args:
        account_id: twelve digits.
        region: such as ``us-east-1``.
        ports: the services around it.
        state_directory: where its state is kept, and its jobs work; is created.
        clock: seconds since the epoch; whoever gives another one calls `wake` when it moves.
        grace_seconds: how long after SIGTERM the processes of a job are killed. Default: 30, as in
            Amazon ECS.
        container_engine: the command of a container engine (``docker``, ``podman``, ``finch``) to
            run jobs in their images with. Default: jobs run as processes on this machine.
        images: pattern of an image → what stands for it, see `ImageRuntimes`.
        environment: what the engine and skopeo run with. Default: this process's.
    """

    def __init__(
        self,
        *,
        account_id: str,
        region: str,
        ports: Ports,
        state_directory: Path,
        clock: Callable[[], float] = time.time,
        grace_seconds: float = 30.0,
        container_engine: str | None = None,
        images: Mapping[str, str] | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        tools = dict(os.environ) if environment is None else dict(environment)
        self._arns = arns = Arns(account_id=account_id, region=region)
        self._lock = threading.RLock()
        self._clock = clock
        self._store = store = Store(state_directory)
        timers = Timers(clock)
        self._loop = EventLoop(lock=self._lock, store=store, timers=timers, work=self._place)
        wake = self.wake

        self._environments = ComputeEnvironments(
            arns=arns,
            store=store,
            ports=ports,
            queues_of=self._queues_of,
            changed=wake,
            clock=clock,
        )
        policies = SchedulingPolicies(
            arns=arns, store=store, queues_of=self._queues_of, changed=wake
        )
        services = ServiceEnvironments(
            arns=arns, store=store, queues_of=self._queues_of, changed=wake
        )
        self._queues = JobQueues(
            arns=arns,
            store=store,
            environments=self._environments,
            service_environments=services,
            policies=policies,
            changed=wake,
            end_jobs=self._end_jobs,
            has_jobs=lambda queue: self._jobs.open_jobs(queue.arn) > 0,
        )
        self._definitions = JobDefinitions(arns=arns, store=store)
        consumables = ConsumableResources(arns=arns, store=store, changed=wake, clock=clock)
        shares = QuotaShares(arns=arns, store=store, queues=self._queues)

        self._jobs = JobTable(store, consumables.needed, now_seconds=clock())
        metrics = JobMetrics()
        self._publisher = Publisher(
            ports=ports, arns=arns, clock=clock, drained=wake, metrics=metrics
        )
        self._scheduler = Scheduler(
            queues=self._queues,
            environments=self._environments,
            service_environments=services,
            policies=policies,
            consumables=consumables,
            publisher=self._publisher,
            timers=timers,
            clock=clock,
        )
        self._lifecycle = Lifecycle(
            jobs=self._jobs,
            store=store,
            publisher=self._publisher,
            metrics=metrics,
            clock=clock,
            runnable=self._scheduler.runnable,
            ended=self._ended,
        )
        self._engine = container_engine
        self._images = ImageRuntimes(
            {} if images is None else images, state_directory / "images", tools
        )
        self._runner = Runner(
            ports=ports,
            lifecycle=self._lifecycle,
            store=store,
            timers=timers,
            do=self._loop.do,
            post=self._loop.post,
            release=self._scheduler.release,
            directory=state_directory / "jobs",
            grace_seconds=grace_seconds,
            engine=container_engine,
            engine_environment=tools,
            images=self._images,
        )
        self._operations = JobOperations(
            arns=arns,
            jobs=self._jobs,
            queues=self._queues,
            definitions=self._definitions,
            consumables=consumables,
            lifecycle=self._lifecycle,
            end_attempt=self._runner.end,
            submitted=self._submitted,
        )
        lists = JobLists(arns=arns, jobs=self._jobs, queues=self._queues, consumables=consumables)
        service_jobs = ServiceJobs(
            arns=arns,
            jobs=self._jobs,
            queues=self._queues,
            shares=shares,
            lifecycle=self._lifecycle,
            operations=self._operations,
            lists=lists,
            submitted=self._submitted,
            reordered=lambda job: self._scheduler.line(self._queues.get(job.queue_arn)).reordered(
                job
            ),
        )
        snapshots = Snapshots(
            arns=arns,
            jobs=self._jobs,
            queues=self._queues,
            scheduler=self._scheduler,
            now_ms=self._lifecycle.now_ms,
        )
        tagging = Tagging(
            self._environments,
            self._queues,
            self._definitions,
            self._operations,
            service_jobs,
            policies.registry,
            consumables.registry,
            services.registry,
            shares.registry,
        )
        self._handlers: dict[str, Handler] = {
            operations.CANCEL_JOB: self._operations.cancel,
            operations.CANCEL_JOBS: self._operations.cancel_several,
            operations.CREATE_COMPUTE_ENVIRONMENT: self._environments.create,
            operations.CREATE_CONSUMABLE_RESOURCE: consumables.create,
            operations.CREATE_JOB_QUEUE: self._queues.create,
            operations.CREATE_QUOTA_SHARE: shares.create,
            operations.CREATE_SCHEDULING_POLICY: policies.create,
            operations.CREATE_SERVICE_ENVIRONMENT: services.create,
            operations.DELETE_COMPUTE_ENVIRONMENT: self._environments.delete,
            operations.DELETE_CONSUMABLE_RESOURCE: consumables.delete,
            operations.DELETE_JOB_QUEUE: self._queues.delete,
            operations.DELETE_QUOTA_SHARE: shares.delete,
            operations.DELETE_SCHEDULING_POLICY: policies.delete,
            operations.DELETE_SERVICE_ENVIRONMENT: services.delete,
            operations.DEREGISTER_JOB_DEFINITION: self._definitions.deregister,
            operations.DESCRIBE_COMPUTE_ENVIRONMENTS: self._environments.describe,
            operations.DESCRIBE_CONSUMABLE_RESOURCE: consumables.describe,
            operations.DESCRIBE_JOB_DEFINITIONS: self._definitions.describe,
            operations.DESCRIBE_JOB_QUEUES: self._queues.describe,
            operations.DESCRIBE_JOBS: self._operations.describe,
            operations.DESCRIBE_QUOTA_SHARE: shares.describe,
            operations.DESCRIBE_SCHEDULING_POLICIES: policies.describe,
            operations.DESCRIBE_SERVICE_JOB: service_jobs.describe,
            operations.DESCRIBE_SERVICE_ENVIRONMENTS: services.describe,
            operations.GET_JOB_QUEUE_SNAPSHOT: snapshots.get,
            operations.LIST_CONSUMABLE_RESOURCES: consumables.list,
            operations.LIST_JOBS: lists.list_jobs,
            operations.LIST_JOBS_BY_CONSUMABLE_RESOURCE: lists.list_by_consumable_resource,
            operations.LIST_QUOTA_SHARES: shares.list,
            operations.LIST_SCHEDULING_POLICIES: policies.list,
            operations.LIST_SERVICE_JOBS: service_jobs.list_service_jobs,
            operations.LIST_TAGS_FOR_RESOURCE: tagging.list,
            operations.REGISTER_JOB_DEFINITION: self._definitions.register,
            operations.SUBMIT_JOB: self._operations.submit,
            operations.SUBMIT_SERVICE_JOB: service_jobs.submit,
            operations.TAG_RESOURCE: tagging.tag,
            operations.TERMINATE_JOB: self._operations.terminate,
            operations.TERMINATE_JOBS: self._operations.terminate_several,
            operations.TERMINATE_SERVICE_JOB: service_jobs.terminate,
            operations.TERMINATE_SERVICE_JOBS: service_jobs.terminate_several,
            operations.UNTAG_RESOURCE: tagging.untag,
            operations.UPDATE_COMPUTE_ENVIRONMENT: self._environments.update,
            operations.UPDATE_CONSUMABLE_RESOURCE: consumables.update,
            operations.UPDATE_JOB_QUEUE: self._queues.update,
            operations.UPDATE_QUOTA_SHARE: shares.update,
            operations.UPDATE_SCHEDULING_POLICY: policies.update,
            operations.UPDATE_SERVICE_ENVIRONMENT: services.update,
            operations.UPDATE_SERVICE_JOB: service_jobs.update,
        }

    def handle(self, operation: str, request: Mapping[str, Any]) -> dict[str, Any]:
        """Answer a request.

        Args:
            operation: its API name, such as ``SubmitJob``.
            request: its parameters, as the API spells them.

        Raises:
            ServiceError: AWS Batch would refuse it, it is not modelled, or the disk is full.
        """
        if operation not in OPERATIONS:
            raise not_modelled(operation)
        request = in_aws_case(operation, without_empty(operation, request))
        check_request(operation, request)
        handler = self._handlers.get(operation)
        if handler is None:
            raise not_modelled(operation)
        with self._loop.turn():
            if self._store.failed and not operation.startswith(_READS):
                self._expect_room()
            try:
                return handler(request)
            finally:
                self._store.try_commit()

    def start(self) -> None:
        """Take up what was left of an earlier run, and start placing and running jobs.

        Processes that an earlier run left behind are killed; jobs that were running then are
        retried by their retry strategy or fail, with a status reason that says so.
        """
        with self._lock:
            recorded = self._store.processes()
            end_processes(recorded)
            for pid, _, _ in recorded:
                self._store.delete_process(pid)
            self._publisher.start()
            self._runner.start()
            for job in sorted(self._jobs, key=lambda job: job.sequence):
                if job.status is JobState.SUBMITTED:
                    self._submitted(job)
                elif not job.status.is_final:
                    self._lifecycle.resume(job, _killed)
            self._environments.forget_deleted()
            self._store.try_commit()
        self._loop.start()
        self.wake()

    def stop(self) -> None:
        """End every running job with its children, then the service; nothing is left running.

        Jobs that were running are retried at the next start, or have failed, by their retry
        strategy.
        """
        if self._store.closed:
            return
        self._loop.stop()
        self._runner.stop()
        with self._lock:
            for job in self._jobs:
                for member in [job] if job.children is None else job.children:
                    if member.on_host:
                        self._lifecycle.finish(member, lost_attempt(member, _stopped(member)))
            self._lifecycle.settle()
            for pid, _, _ in self._store.processes():
                self._store.delete_process(pid)
            self._publisher.stop()
            try:
                self._store.commit()
            finally:
                self._store.close()

    def container_metadata(self, reference: str, part: str) -> Document | None:
        """Describe a container that is on a host, or its task.

        Args:
            reference: the job's ID and the container's name, with a slash between.
            part: empty for the container, ``task`` for its task, ``taskWithTags`` with its tags.
        """
        job_id, _, name = reference.partition("/")
        with self._lock:
            job = self._jobs.find(job_id)
            if job is None or not job.on_host:
                return None
            containers = [c for c in job.submission.containers if c.name == name]
            if not containers:
                return None
            (container,) = containers
            task = [c for c in job.submission.containers if c.node == container.node]
            if part == "task":
                return task_metadata(job, task, self._arns)
            if part == "taskWithTags":
                definition = self._definitions.find(job.submission.definition_arn)
                tags = task_tags(job, {} if definition is None else definition["tags"])
                return {**task_metadata(job, task, self._arns), "TaskTags": tags}
            return None if part else container_metadata(job, container, self._arns)

    @property
    def engine(self) -> str | None:
        """The container engine that runs jobs of images for which nothing else stands."""
        return self._engine

    def unmapped(self, images: Iterable[str]) -> list[str]:
        """Return those images for which nothing stands."""
        return [image for image in images if self._images.place(image) is None]

    def stand_for(self, image: str, place: str) -> None:
        """Let a folder or a file stand for an image from now on."""
        self._images.stand_for(image, place)

    def wake(self) -> None:
        """Look at once whether something is due, or a job finds room."""
        self._scheduler.look_again()
        self._loop.wake()

    def reclaim(self, job_id: str) -> None:
        """Take the Spot instance away from under a running job; its retry rules apply.

        Raises:
            ServiceError: the job does not run.
        """
        with self._loop.turn():
            self._operations.reclaim(job_id)
            self._store.try_commit()

    def lose_hosts(self) -> None:
        """Take everything away that jobs run on; their retry rules apply."""
        with self._lock:
            self._runner.kill_host()

    def fault(self, environment: str, kind: str, reason: str | None = None) -> None:
        """Let a compute environment have a fault, or none.

        Raises:
            ServiceError: there is no such environment, or no such fault.
        """
        with self._loop.turn():
            self._environments.fault(environment, kind, reason)
            self._store.try_commit()

    def _expect_room(self) -> None:
        """Refuse a change before it is made where it could not be written down."""
        try:
            self._store.commit()
        except StoreError as error:
            raise server_error(str(error)) from error

    def _queues_of(self, arn: str) -> list[str]:
        return self._queues.users_of(arn)

    def _submitted(self, job: Job) -> None:
        """Begin a job, later where it has many children: whoever submits it would wait for them."""
        begin = self._loop.do if job.children is None else self._loop.post
        begin(lambda: self._lifecycle.begin(job))

    def _place(self) -> None:
        self._lifecycle.settle()
        for job in self._scheduler.place(self._lifecycle):
            queue = self._queues.get(job.queue_arn)
            self._runner.launch(job, queue.name)
        self._runner.flush()

    def _end_jobs(self, queue: JobQueue) -> None:
        self._operations.terminate_all(queue)

    def _ended(self, job: Job) -> None:
        self.wake()
        if job.parent is None:
            self._jobs.count_ended(job)
            queue = self._queues.find(job.queue_arn)
            if queue is not None:
                self._queues.forget_if_deleted(queue)


def _killed(job: Job) -> str:
    return f"{host_terminated(job)} The local server was killed while the job ran."


def _stopped(job: Job) -> str:
    return f"{host_terminated(job)} The local server was stopped while the job ran."
