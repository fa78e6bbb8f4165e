"""Service environments: where service jobs run, and how many instances they may take."""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING, Any

from batch_constructs.aws import resource_kinds as kinds
from batch_constructs.aws.resource_states import State, Status
from batch_constructs.local.batch.capacity import Limits, Usage
from batch_constructs.local.batch.paging import page
from batch_constructs.local.batch.registry import Registry
from batch_constructs.local.batch.service_errors import IN_USE, NOT_DISABLED, client_error

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from batch_constructs.local.batch.arns import Arns
    from batch_constructs.local.batch.store import Document, Store


class ServiceEnvironment:
    """A service environment, and what runs on it; its capacity is counted in instances.

    Args:
        detail: its description as ``DescribeServiceEnvironments`` gives it.
    """

    lacks_capacity = False

    def __init__(self, detail: Document) -> None:
        self.detail = detail
        self.usage = Usage()

    @property
    def name(self) -> str:
        """Its name."""
        return str(self.detail["serviceEnvironmentName"])

    @property
    def limits(self) -> Limits:
        """How many instances it may take."""
        instances = sum(limit["maxCapacity"] for limit in self.detail["capacityLimits"])
        return Limits(vcpus=instances, memory_mib=None)

    @property
    def takes_jobs(self) -> bool:
        """Whether new jobs are placed on it."""
        return bool(self.detail["state"] == State.ENABLED and self.detail["status"] == Status.VALID)


class ServiceEnvironments:
    """The operations on service environments.

    Args:
        arns: names them.
        store: keeps them.
        queues_of: the names of the job queues that use an environment, by its ARN.
        changed: is told that capacity may have changed.
    """

    def __init__(
        self,
        *,
        arns: Arns,
        store: Store,
        queues_of: Callable[[str], list[str]],
        changed: Callable[[], None],
    ) -> None:
        self.registry = Registry(kinds.SERVICE_ENVIRONMENT, arns=arns, store=store)
        self._queues_of = queues_of
        self._changed = changed
        self._running: dict[str, ServiceEnvironment] = {}

    def find(self, name_or_arn: str) -> ServiceEnvironment | None:
        """Return a service environment by its name or ARN."""
        detail = self.registry.find(name_or_arn)
        if detail is None:
            return None
        return self._running.setdefault(
            detail["serviceEnvironmentName"], ServiceEnvironment(detail)
        )

    def create(self, request: Mapping[str, Any]) -> Document:
        """Answer CreateServiceEnvironment."""
        name = request["serviceEnvironmentName"]
        document: Document = {
            "serviceEnvironmentName": name,
            "serviceEnvironmentArn": self.registry.arn(name),
            "serviceEnvironmentType": request["serviceEnvironmentType"],
            "state": request.get("state", State.ENABLED),
            "status": Status.VALID,
            "capacityLimits": deepcopy(request["capacityLimits"]),
            "tags": dict(request.get("tags", {})),
        }
        self.registry.add(name, document)
        return _names(document)

    def describe(self, request: Mapping[str, Any]) -> Document:
        """Answer DescribeServiceEnvironments."""
        wanted = request.get("serviceEnvironments")
        named = filter(None, map(self.registry.find, wanted)) if wanted else self.registry
        found, token = page(named, request)
        return {"serviceEnvironments": deepcopy(found), **token}

    def update(self, request: Mapping[str, Any]) -> Document:
        """Answer UpdateServiceEnvironment."""
        document = self.registry.get(request["serviceEnvironment"])
        for key in ("state", "capacityLimits"):
            if key in request:
                document[key] = deepcopy(request[key])
        self.registry.save(document["serviceEnvironmentName"])
        self._changed()
        return _names(document)

    def delete(self, request: Mapping[str, Any]) -> Document:
        """Answer DeleteServiceEnvironment."""
        document = self.registry.find(request["serviceEnvironment"])
        if document is None:
            return {}
        if document["state"] != State.DISABLED:
            raise client_error(NOT_DISABLED)
        if self._queues_of(document["serviceEnvironmentArn"]):
            raise client_error(IN_USE)
        self.registry.remove(document["serviceEnvironmentName"])
        self._running.pop(document["serviceEnvironmentName"], None)
        return {}


def _names(document: Mapping[str, Any]) -> Document:
    return {key: document[key] for key in ("serviceEnvironmentName", "serviceEnvironmentArn")}
