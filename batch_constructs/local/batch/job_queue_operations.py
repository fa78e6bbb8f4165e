"""Job queues: where jobs wait, for which compute environments, in which order."""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING, Any

from batch_constructs.aws import resource_kinds as kinds
from batch_constructs.aws.compute_environment_facts import PLATFORMS
from batch_constructs.aws.job_queue_facts import (
    CONTAINER_JOBS,
    QUEUE_TYPES,
    SERVICE_JOBS,
    SERVICE_QUEUE_TYPE,
)
from batch_constructs.aws.resource_states import State, Status
from batch_constructs.local.batch.paging import page
from batch_constructs.local.batch.service_errors import EXISTS, NOT_DISABLED, client_error, refuse

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from batch_constructs.aws.job_queue_facts import QueueKind
    from batch_constructs.local.batch.arns import Arns
    from batch_constructs.local.batch.compute_environment_operations import (
        ComputeEnvironment,
        ComputeEnvironments,
    )
    from batch_constructs.local.batch.scheduling_policy_operations import SchedulingPolicies
    from batch_constructs.local.batch.service_environment_operations import (
        ServiceEnvironment,
        ServiceEnvironments,
    )
    from batch_constructs.local.batch.store import Document, Store

KIND = kinds.JOB_QUEUE


class JobQueue:
    """A job queue.

    Args:
        detail: its description as ``DescribeJobQueues`` gives it.
    """

    def __init__(self, detail: Document) -> None:
        self.detail = detail

    @property
    def name(self) -> str:
        """Its name."""
        return str(self.detail["jobQueueName"])

    @property
    def arn(self) -> str:
        """Its ARN."""
        return str(self.detail["jobQueueArn"])

    @property
    def priority(self) -> int:
        """Its priority: higher goes first."""
        return int(self.detail["priority"])

    @property
    def policy_arn(self) -> str | None:
        """The ARN of its scheduling policy; None where jobs go first in, first out."""
        return self.detail.get("schedulingPolicyArn")

    @property
    def environments(self) -> list[str]:
        """The ARNs of its environments, in the order they are tried in."""
        kind = "serviceEnvironment" if self.takes_service_jobs else "computeEnvironment"
        order = sorted(self.detail[f"{kind}Order"], key=lambda entry: entry["order"])
        return [entry[kind] for entry in order]

    @property
    def takes_service_jobs(self) -> bool:
        """Whether it is for service jobs, which run on service environments."""
        return bool(self.detail.get("serviceEnvironmentOrder"))

    @property
    def time_limits(self) -> list[Document]:
        """Its ``jobStateTimeLimitActions``."""
        limits: list[Document] = self.detail["jobStateTimeLimitActions"]
        return limits


class JobQueues:
    """The operations on job queues.

    Args:
        arns: names them.
        store: keeps them.
        environments: the compute environments.
        service_environments: the service environments.
        policies: the scheduling policies.
        changed: is told that jobs may go elsewhere or in another order.
        end_jobs: ends the jobs of a queue that is being deleted.
        has_jobs: tells whether a queue has jobs that have not ended.
    """

    def __init__(
        self,
        *,
        arns: Arns,
        store: Store,
        environments: ComputeEnvironments,
        service_environments: ServiceEnvironments,
        policies: SchedulingPolicies,
        changed: Callable[[], None],
        end_jobs: Callable[[JobQueue], None],
        has_jobs: Callable[[JobQueue], bool],
    ) -> None:
        self._arns = arns
        self._store = store
        self._environments = environments
        self._service_environments = service_environments
        self._policies = policies
        self._changed = changed
        self._end_jobs = end_jobs
        self._has_jobs = has_jobs
        self._by_name = {name: JobQueue(detail) for name, detail in store.load(KIND)}

    def __iter__(self) -> Iterator[JobQueue]:
        """All queues, those with the highest priority first."""
        return iter(sorted(self._by_name.values(), key=lambda queue: -queue.priority))

    def find(self, name_or_arn: str) -> JobQueue | None:
        """Return a queue by its name or ARN."""
        return self._by_name.get(self._arns.name(KIND, name_or_arn))

    def get(self, name_or_arn: str) -> JobQueue:
        """Return a queue by its name or ARN.

        Raises:
            ServiceError: there is none.
        """
        queue = self.find(name_or_arn)
        if queue is None:
            raise client_error(f"{self._arns.meant(KIND, name_or_arn)} does not exist")
        return queue

    def environments_of(self, queue: JobQueue) -> list[ComputeEnvironment | ServiceEnvironment]:
        """Return the environments of a queue, in order."""
        known: ComputeEnvironments | ServiceEnvironments = (
            self._service_environments if queue.takes_service_jobs else self._environments
        )
        return [e for arn in queue.environments if (e := known.find(arn)) is not None]

    def policy(self, queue: JobQueue) -> Document:
        """Return the scheduling policy of a queue that has one."""
        return self._policies.registry.get(str(queue.policy_arn))

    def users_of(self, arn: str) -> list[str]:
        """Return the names of the queues that use an environment or a policy."""
        return [
            queue.name
            for queue in self._by_name.values()
            if arn == queue.policy_arn or arn in queue.environments
        ]

    def tags_of(self, arn: str) -> dict[str, str] | None:
        """Return the tags of a queue, to be changed in place; None where there is none."""
        queue = self.find(arn)
        return None if queue is None else queue.detail["tags"]

    def save(self, arn: str) -> None:
        """Write a queue down after a change."""
        queue = self.get(arn)
        self._store.save(KIND, queue.name, queue.detail)

    def create(self, request: Mapping[str, Any]) -> Document:
        """Answer CreateJobQueue."""
        name = request["jobQueueName"]
        if name in self._by_name:
            raise client_error(EXISTS)
        if bool(request.get("computeEnvironmentOrder")) == bool(
            request.get("serviceEnvironmentOrder")
        ):
            raise client_error(
                "exactly one of computeEnvironmentOrder and serviceEnvironmentOrder must be "
                "specified"
            )
        detail: Document = {
            "jobQueueName": name,
            "jobQueueArn": self._arns.of(KIND, name),
            "state": State.ENABLED,
            "status": Status.VALID,
            "statusReason": "JobQueue Healthy",
            "computeEnvironmentOrder": [],
            "jobStateTimeLimitActions": [],
            "tags": dict(request.get("tags", {})),
        }
        detail.update(self._settings(request))
        detail["jobQueueType"] = request.get("jobQueueType", self._type(detail))
        self._by_name[name] = JobQueue(detail)
        self._store.save(KIND, name, detail)
        return _names(detail)

    def describe(self, request: Mapping[str, Any]) -> Document:
        """Answer DescribeJobQueues."""
        found = map(self.find, request.get("jobQueues") or sorted(self._by_name))
        details = (queue.detail for queue in found if queue is not None)
        some, token = page(details, request)
        return {"jobQueues": deepcopy(some), **token}

    def update(self, request: Mapping[str, Any]) -> Document:
        """Answer UpdateJobQueue."""
        queue = self.get(request["jobQueue"])
        if "schedulingPolicyArn" in request and queue.policy_arn is None:
            raise client_error("a scheduling policy cannot be added to a FIFO job queue")
        service_jobs = queue.takes_service_jobs
        other = "compute" if service_jobs else "service"
        if request.get(f"{other}EnvironmentOrder"):
            raise client_error(
                "a job queue cannot have both computeEnvironmentOrder and serviceEnvironmentOrder"
            )
        queue.detail.update(self._settings(request, queue_is_for_service_jobs=service_jobs))
        self._store.save(KIND, queue.name, queue.detail)
        self._changed()
        return _names(queue.detail)

    def delete(self, request: Mapping[str, Any]) -> Document:
        """Answer DeleteJobQueue; its jobs are terminated, and it is DELETING until they ended."""
        queue = self.find(request["jobQueue"])
        if queue is None:
            return {}
        if queue.detail["state"] != State.DISABLED:
            raise client_error(NOT_DISABLED)
        queue.detail.update(status=Status.DELETING, statusReason="Deleting")
        self._store.save(KIND, queue.name, queue.detail)
        self._end_jobs(queue)
        self.forget_if_deleted(queue)
        return {}

    def forget_if_deleted(self, queue: JobQueue) -> None:
        """Remove a queue which is being deleted once its last job has ended."""
        if queue.detail["status"] == Status.DELETING and not self._has_jobs(queue):
            self._by_name.pop(queue.name, None)
            self._store.delete(KIND, queue.name)

    def _settings(
        self, request: Mapping[str, Any], *, queue_is_for_service_jobs: bool = False
    ) -> Document:
        settings = {key: request[key] for key in ("state", "priority") if key in request}
        if "schedulingPolicyArn" in request:
            settings["schedulingPolicyArn"] = self._policies.registry.get(
                request["schedulingPolicyArn"]
            )["arn"]
        if "computeEnvironmentOrder" in request:
            settings["computeEnvironmentOrder"] = self._environment_order(
                request["computeEnvironmentOrder"]
            )
        if "serviceEnvironmentOrder" in request:
            settings["serviceEnvironmentOrder"] = [
                {"order": entry["order"], "serviceEnvironment": found["serviceEnvironmentArn"]}
                for entry in request["serviceEnvironmentOrder"]
                for found in [self._service_environments.registry.get(entry["serviceEnvironment"])]
            ]
        if "jobStateTimeLimitActions" in request:
            service_jobs = request.get("serviceEnvironmentOrder", queue_is_for_service_jobs)
            kind = SERVICE_JOBS if service_jobs else CONTAINER_JOBS
            _check_time_limits(request["jobStateTimeLimitActions"], kind)
            settings["jobStateTimeLimitActions"] = deepcopy(request["jobStateTimeLimitActions"])
        return settings

    def _environment_order(self, order: list[Document]) -> list[Document]:
        environments = [self._environments.get(entry["computeEnvironment"]) for entry in order]
        problems = []
        if wrong := CONTAINER_JOBS.environments.wrong(order):
            problems.append(f"computeEnvironmentOrder {wrong}")
        if len({entry["order"] for entry in order}) < len(order):
            problems.append("the order of each compute environment must be different")
        problems += [
            f"{environment.arn} is not VALID: it is {environment.detail['status']}"
            for environment in environments
            if environment.detail["status"] != Status.VALID
        ]
        platforms = {_platform(environment) for environment in environments}
        if len(platforms) > 1:
            problems.append(f"{' and '.join(sorted(platforms))} environments cannot be mixed")
        refuse(problems)
        return [
            {"order": entry["order"], "computeEnvironment": environment.arn}
            for entry, environment in zip(order, environments, strict=True)
        ]

    def _type(self, detail: Document) -> str:
        if detail.get("serviceEnvironmentOrder"):
            return SERVICE_QUEUE_TYPE
        first = self._environments.get(detail["computeEnvironmentOrder"][0]["computeEnvironment"])
        return QUEUE_TYPES[_platform(first)]


def _platform(environment: ComputeEnvironment) -> str:
    """Give the platform of an environment on ECS; those on EKS have none but EKS itself."""
    return PLATFORMS.get(environment.kind, environment.kind)


def _names(detail: Mapping[str, Any]) -> Document:
    return {key: detail[key] for key in ("jobQueueName", "jobQueueArn")}


def _check_time_limits(actions: list[Document], kind: QueueKind) -> None:
    problems = []
    for action in actions:
        if action["reason"] not in kind.reasons:
            problems.append(f"the reason {action['reason']} is not one of {kind.jobs}")
        if action["action"] != kind.action:
            problems.append(f"the action is {action['action']}; allowed: {kind.action}")
    refuse(problems)
