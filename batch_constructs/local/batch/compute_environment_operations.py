"""Compute environments: where jobs run, and how much fits."""

from __future__ import annotations

import math
import uuid
from copy import deepcopy
from typing import TYPE_CHECKING, Any

from batch_constructs.aws import instance_types
from batch_constructs.aws import resource_kinds as kinds
from batch_constructs.aws.compute_environment_facts import (
    BEST_FIT,
    FARGATE_NETWORK,
    HAS_MORE,
    ON_FARGATE,
    ON_INSTANCES,
    TAKEN_BY,
    EnvironmentType,
)
from batch_constructs.aws.names import arn, as_member
from batch_constructs.aws.platforms import Orchestration
from batch_constructs.aws.resource_states import State, Status
from batch_constructs.aws.service_principals import BATCH, linked_role
from batch_constructs.aws.updates import (
    SCALES,
    SERVICE_LINKED_ROLE,
    UPDATE_MINUTES,
    create_only,
    family,
    has_role_of_its_own,
    is_best_fit,
)
from batch_constructs.local.batch.capacity import Limits, Usage
from batch_constructs.local.batch.paging import page
from batch_constructs.local.batch.service_errors import (
    EXISTS,
    IN_USE,
    NOT_DISABLED,
    client_error,
    refuse,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from batch_constructs.local.batch.arns import Arns
    from batch_constructs.local.batch.capacity import Requirement
    from batch_constructs.local.batch.ports import Ports
    from batch_constructs.local.batch.store import Document, Store

KIND = kinds.COMPUTE_ENVIRONMENT
_HEALTHY = "ComputeEnvironment Healthy"
_CHANGING = (Status.CREATING, Status.UPDATING)
_PASSING = (*_CHANGING, Status.DELETING)

FAULTS = {
    "capacity": (Status.VALID, _HEALTHY),
    "creating": (Status.CREATING, "Creating"),
    "deleting": (Status.DELETING, "Deleting"),
    "invalid": (Status.INVALID, "CLIENT_ERROR - simulated with batch-constructs local fault"),
    "none": (Status.VALID, _HEALTHY),
    "updating": (Status.UPDATING, "Updating"),
}
"""What may be wrong with an environment on request → its status, and the reason of it."""


class ComputeEnvironment:
    """A compute environment, and what runs on it.

    Args:
        detail: its description as ``DescribeComputeEnvironments`` gives it.
    """

    def __init__(self, detail: Document) -> None:
        self.detail = detail
        self.usage = Usage()
        self.limits = Limits.of(detail)
        self.lacks_capacity = False

    @property
    def name(self) -> str:
        """Its name."""
        return str(self.detail["computeEnvironmentName"])

    @property
    def arn(self) -> str:
        """Its ARN."""
        return str(self.detail["computeEnvironmentArn"])

    @property
    def kind(self) -> str:
        """What it is made of: ``EC2``, ``FARGATE``, ``UNMANAGED``, ``EKS`` and so on."""
        if self.detail["containerOrchestrationType"] == Orchestration.EKS:
            return Orchestration.EKS
        if self.detail["type"] == EnvironmentType.UNMANAGED:
            return EnvironmentType.UNMANAGED
        return str(self.detail["computeResources"]["type"])

    def release(self, need: Requirement, now: float) -> None:
        """Count a job out; its instance stays for ``minScaleDownDelayMinutes``."""
        self.usage.release(need)
        resources: Document = self.detail.get("computeResources", {})
        minutes: int = resources.get("scalingPolicy", {}).get("minScaleDownDelayMinutes", 0)
        if minutes:
            self.usage.staying.append((now + minutes * 60, need.vcpus))

    @property
    def takes_jobs(self) -> bool:
        """Whether new jobs are placed on it."""
        return bool(self.detail["state"] == State.ENABLED and self.detail["status"] == Status.VALID)


class ComputeEnvironments:
    """The operations on compute environments.

    Args:
        arns: names them.
        store: keeps them.
        ports: makes the cluster of an unmanaged environment.
        queues_of: the names of the job queues that use an environment, by its ARN.
        changed: is told that capacity may have changed.
        clock: seconds since the epoch.
    """

    def __init__(
        self,
        *,
        arns: Arns,
        store: Store,
        ports: Ports,
        queues_of: Callable[[str], list[str]],
        changed: Callable[[], None],
        clock: Callable[[], float],
    ) -> None:
        self._arns = arns
        self._store = store
        self._ports = ports
        self._queues_of = queues_of
        self._changed = changed
        self._clock = clock
        self._by_name = {name: ComputeEnvironment(detail) for name, detail in store.load(KIND)}

    def find(self, name_or_arn: str) -> ComputeEnvironment | None:
        """Return an environment by its name or ARN."""
        return self._by_name.get(self._arns.name(KIND, name_or_arn))

    def get(self, name_or_arn: str) -> ComputeEnvironment:
        """Return an environment by its name or ARN.

        Raises:
            ServiceError: there is none.
        """
        environment = self.find(name_or_arn)
        if environment is None:
            raise client_error(f"{self._arns.meant(KIND, name_or_arn)} does not exist")
        return environment

    def tags_of(self, arn: str) -> dict[str, str] | None:
        """Return the tags of an environment, to be changed in place; None where there is none."""
        environment = self.find(arn)
        return None if environment is None else environment.detail["tags"]

    def save(self, arn: str) -> None:
        """Write an environment down after a change."""
        environment = self.get(arn)
        self._store.save(KIND, environment.name, environment.detail)

    def create(self, request: Mapping[str, Any]) -> Document:
        """Answer CreateComputeEnvironment."""
        name = request["computeEnvironmentName"]
        if name in self._by_name:
            raise client_error(EXISTS)
        managed = request["type"] == EnvironmentType.MANAGED
        _check_resources(request, managed=managed)
        identity = str(uuid.uuid4())
        cluster = f"{name}_Batch_{identity}"
        orchestration = Orchestration.EKS if "eksConfiguration" in request else Orchestration.ECS
        detail: Document = {
            "computeEnvironmentName": name,
            "computeEnvironmentArn": self._arns.of(KIND, name),
            "type": request["type"],
            "state": request.get("state", State.ENABLED),
            "status": Status.VALID,
            "statusReason": _HEALTHY,
            "serviceRole": request.get("serviceRole", self._service_linked_role()),
            "tags": dict(request.get("tags", {})),
            "containerOrchestrationType": orchestration,
            "uuid": identity,
            "updatePolicy": {
                "terminateJobsOnUpdate": False,
                "jobExecutionTimeoutMinutes": UPDATE_MINUTES,
            },
        }
        for key in ("computeResources", "unmanagedvCpus", "eksConfiguration", "context"):
            if key in request:
                detail[key] = deepcopy(request[key])
        if managed and detail["computeResources"]["type"] in ON_INSTANCES:
            detail["computeResources"].setdefault("minvCpus", 0)
            detail["computeResources"].setdefault("desiredvCpus", 0)
        if orchestration == Orchestration.ECS:
            detail["ecsSettings"] = dict(request.get("ecsSettings", {}))
            detail["ecsClusterArn"] = self._ports.create_cluster(cluster)
        self._by_name[name] = ComputeEnvironment(detail)
        self._store.save(KIND, name, detail)
        return _names(detail)

    def fault(self, name_or_arn: str, kind: str, reason: str | None) -> None:
        """Let an environment have a fault that a laptop has not by itself, or have none.

        Args:
            name_or_arn: the environment.
            kind: one of ``FAULTS``.
            reason: the status reason that it shows.

        Raises:
            ServiceError: there is no such environment, or no such fault.
        """
        environment = self.get(name_or_arn)
        if kind not in FAULTS:
            raise client_error(f"there is no fault {kind}: use {', '.join(FAULTS)}")
        status, said = FAULTS[kind]
        environment.lacks_capacity = kind == "capacity"
        environment.detail.update(status=status, statusReason=said if reason is None else reason)
        self._store.save(KIND, environment.name, environment.detail)
        self._changed()

    def describe(self, request: Mapping[str, Any]) -> Document:
        """Answer DescribeComputeEnvironments."""
        found = map(self.find, request.get("computeEnvironments") or sorted(self._by_name))
        some, token = page((one for one in found if one is not None), request)
        return {"computeEnvironments": [self._described(each) for each in some], **token}

    def _described(self, environment: ComputeEnvironment) -> Document:
        """Describe an environment with the vCPUs that it has now."""
        detail = deepcopy(environment.detail)
        if environment.kind in ON_INSTANCES:
            detail["computeResources"]["desiredvCpus"] = self._desired_vcpus(environment)
        return detail

    def _desired_vcpus(self, environment: ComputeEnvironment) -> int:
        """Return what an environment on instances has; none of what others run on is desired."""
        if environment.kind not in ON_INSTANCES:
            return 0
        resources = environment.detail["computeResources"]
        held = math.ceil(environment.usage.held_vcpus(self._clock()))
        return int(min(max(resources.get("minvCpus", 0), held), resources["maxvCpus"]))

    def update(self, request: Mapping[str, Any]) -> Document:
        """Answer UpdateComputeEnvironment; every change is in effect at once."""
        environment = self.get(request["computeEnvironment"])
        detail = environment.detail
        if detail["status"] in _PASSING:
            raise client_error("Cannot update, resource is being modified")
        changed = dict(request.get("computeResources", {}))
        if changed and "computeResources" not in detail:
            raise client_error(
                "computeResources cannot be specified for UNMANAGED compute environments"
            )
        changed.pop("updateToLatestImageVersion", None)
        proposed = {
            **detail,
            "computeResources": _with(detail.get("computeResources", {}), changed),
        }
        if "computeResources" in detail:
            _check_change(detail, {**proposed, **request, "computeResources": changed})
            _check_resources(proposed, managed=True)
            if changed.get("maxvCpus", math.inf) < self._desired_vcpus(environment):
                raise client_error(HAS_MORE)
            detail["computeResources"] = proposed["computeResources"]
        for key in ("state", "unmanagedvCpus", "serviceRole", "context", "ecsSettings"):
            if key in request:
                detail[key] = deepcopy(request[key])
        for key in ("updatePolicy", "eksConfiguration"):
            if key in request:
                detail[key] = {**detail.get(key, {}), **request[key]}
        environment.limits = Limits.of(detail)
        self._store.save(KIND, environment.name, detail)
        self._changed()
        return _names(detail)

    def delete(self, request: Mapping[str, Any]) -> Document:
        """Answer DeleteComputeEnvironment; one that runs jobs is DELETING until they have ended."""
        environment = self.find(request["computeEnvironment"])
        if environment is None:
            return {}
        if environment.detail["status"] in _CHANGING:
            raise client_error("Cannot delete, resource is being modified")
        if environment.detail["state"] != State.DISABLED:
            raise client_error(NOT_DISABLED)
        if self._queues_of(environment.arn):
            raise client_error(IN_USE)
        environment.detail.update(status=Status.DELETING, statusReason="Deleting")
        self._store.save(KIND, environment.name, environment.detail)
        self.forget_if_idle(environment)
        return {}

    def forget_if_idle(self, environment: ComputeEnvironment) -> None:
        """Remove an environment which is being deleted once nothing runs on it.

        One that a queue still has is DELETING on request (``FAULTS``) alone, and stays.
        """
        if environment.detail["status"] != Status.DELETING or environment.usage.jobs:
            return
        if self._queues_of(environment.arn):
            return
        if "ecsClusterArn" in environment.detail:
            self._ports.delete_cluster(environment.detail["ecsClusterArn"])
        del self._by_name[environment.name]
        self._store.delete(KIND, environment.name)

    def forget_deleted(self) -> None:
        """After a restart nothing runs: remove the environments that were being deleted."""
        for environment in list(self._by_name.values()):
            self.forget_if_idle(environment)

    def _service_linked_role(self) -> str:
        kind, name = linked_role(BATCH, SERVICE_LINKED_ROLE).split("/", 1)
        return arn(kind, name, service="iam", region="", account=self._arns.account_id)


def _names(detail: Mapping[str, Any]) -> Document:
    return {key: detail[key] for key in ("computeEnvironmentName", "computeEnvironmentArn")}


def _with(old: Mapping[str, Any], new: Mapping[str, Any]) -> Document:
    """Return compute resources as they become: what is said of Managed Instances adds to it."""
    merged = {**old, **deepcopy(dict(new))}
    provider, launch = "managedInstancesProvider", "instanceLaunchTemplate"
    if provider in old and provider in new:
        template = {**old[provider][launch], **new[provider].get(launch, {})}
        merged[provider] = {**old[provider], **new[provider], launch: template}
    return merged


def _check_change(detail: Mapping[str, Any], wanted: Mapping[str, Any]) -> None:
    """Refuse what AWS Batch changes in no managed environment: its kind, the kind of its role."""
    kind = detail["computeResources"]["type"]
    other = wanted["computeResources"].get("type", kind)
    roles = [str(one.get("serviceRole")) for one in (detail, wanted)]
    problems = []
    if family(kind) != family(other):
        problems.append(f"type cannot be changed from {kind} to {other}")
    if has_role_of_its_own(roles[0]) != has_role_of_its_own(roles[1]):
        problems.append(
            f"serviceRole cannot be changed from {roles[0]} to {roles[1]}: one of them is the "
            "service-linked role"
        )
    new, old = wanted["computeResources"], detail["computeResources"]
    needing = sorted(
        member
        for path in create_only("AWS::Batch::ComputeEnvironment").perhaps - SCALES
        if new.get(member := as_member(path.rpartition("/")[2]), old.get(member)) != old.get(member)
    )
    if kind in ON_INSTANCES and needing:
        fields = f"Following fields [{', '.join(needing)}] can be updated only for"
        if has_role_of_its_own(roles[0]):
            problems.append(
                f"{fields} Non-fargate Compute Environment having a Batch Service Linked Role"
            )
        if is_best_fit(kind, old.get("allocationStrategy")):
            problems.append(f"{fields} an allocation strategy other than {BEST_FIT}")
    if "unmanagedvCpus" in wanted:
        problems.append("unmanagedvCpus cannot be specified for MANAGED compute environments")
    refuse(problems)


def _check_resources(request: Mapping[str, Any], *, managed: bool) -> None:
    resources = request.get("computeResources")
    if not managed:
        if resources is not None:
            raise client_error(
                "computeResources cannot be specified for UNMANAGED compute environments"
            )
        return
    if resources is None:
        raise client_error("computeResources must be specified for MANAGED compute environments")
    kind = resources["type"]
    problems = [
        f"{member} is not applicable for {kind}"
        for key, takers in TAKEN_BY.items()
        if kind not in (*ON_INSTANCES, *takers) and (member := as_member(key)) in resources
    ]
    if kind in ON_FARGATE:
        problems += [
            f"{member} {wrong} for {kind}"
            for key, bound in FARGATE_NETWORK.items()
            if (wrong := bound.wrong(resources.get(member := as_member(key), ())))
        ]
    if kind in ON_INSTANCES:
        problems += [
            f"{member} must be specified for {kind}"
            for member in ("instanceTypes", "subnets")
            if not resources.get(member)
        ]
    problems += [
        f"instanceTypes[{index}]: the instance type {name} does not exist"
        for index, name in enumerate(resources.get("instanceTypes", ()))
        if instance_types.is_impossible(name)
    ]
    high, low = resources["maxvCpus"], resources.get("minvCpus", 0)
    if not 0 <= low <= high:
        problems.append(f"minvCpus is {low}; allowed: 0 to maxvCpus, {high}")
    refuse(problems)
