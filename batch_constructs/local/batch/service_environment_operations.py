"""Service environments: described and kept, so that stacks deploy; service jobs are not run."""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING, Any

from batch_constructs.local.batch.paging import page
from batch_constructs.local.batch.registry import Registry
from batch_constructs.local.batch.service_errors import client_error

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from batch_constructs.local.batch.arns import Arns
    from batch_constructs.local.batch.store import Document, Store


class ServiceEnvironments:
    """The operations on service environments.

    Args:
        arns: names them.
        store: keeps them.
        queues_of: the names of the job queues that use an environment, by its ARN.
    """

    def __init__(self, *, arns: Arns, store: Store, queues_of: Callable[[str], list[str]]) -> None:
        self.registry = Registry("service-environment", arns=arns, store=store)
        self._queues_of = queues_of

    def create(self, request: Mapping[str, Any]) -> Document:
        """Answer CreateServiceEnvironment."""
        name = request["serviceEnvironmentName"]
        document: Document = {
            "serviceEnvironmentName": name,
            "serviceEnvironmentArn": self.registry.arn(name),
            "serviceEnvironmentType": request["serviceEnvironmentType"],
            "state": request.get("state", "ENABLED"),
            "status": "VALID",
            "capacityLimits": deepcopy(request["capacityLimits"]),
            "tags": dict(request.get("tags", {})),
        }
        self.registry.add(name, document)
        return _names(document)

    def describe(self, request: Mapping[str, Any]) -> Document:
        """Answer DescribeServiceEnvironments."""
        wanted = request.get("serviceEnvironments")
        if wanted:
            named = [document for name in wanted if (document := self.registry.find(name))]
            return {"serviceEnvironments": deepcopy(named)}
        found, token = page(self.registry, request, limit=100)
        return {"serviceEnvironments": deepcopy(found), **token}

    def update(self, request: Mapping[str, Any]) -> Document:
        """Answer UpdateServiceEnvironment."""
        document = self.registry.get(request["serviceEnvironment"])
        for key in ("state", "capacityLimits"):
            if key in request:
                document[key] = deepcopy(request[key])
        self.registry.save(document["serviceEnvironmentName"])
        return _names(document)

    def delete(self, request: Mapping[str, Any]) -> Document:
        """Answer DeleteServiceEnvironment."""
        document = self.registry.find(request["serviceEnvironment"])
        if document is None:
            return {}
        if document["state"] != "DISABLED":
            raise client_error("Cannot delete, resource must be in DISABLED state first")
        if self._queues_of(document["serviceEnvironmentArn"]):
            raise client_error("Cannot delete, found existing JobQueue relationship")
        self.registry.remove(document["serviceEnvironmentName"])
        return {}


def _names(document: Mapping[str, Any]) -> Document:
    return {key: document[key] for key in ("serviceEnvironmentName", "serviceEnvironmentArn")}
