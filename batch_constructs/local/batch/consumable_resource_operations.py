"""Consumable resources: licenses, connections and the like that jobs wait for."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from batch_constructs.aws import resource_kinds as kinds
from batch_constructs.aws.scheduling import NON_REPLENISHABLE, REPLENISHABLE
from batch_constructs.aws.submit_job import CLIENT_TOKEN_HOURS
from batch_constructs.local.batch.paging import page
from batch_constructs.local.batch.registry import Registry
from batch_constructs.local.batch.service_errors import client_error

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from batch_constructs.local.batch.arns import Arns
    from batch_constructs.local.batch.store import Document, Store

Quantities = tuple[tuple[str, int], ...]
"""What a job needs: (name, quantity) of each consumable resource."""

_OPERATIONS = ("SET", "ADD", "REMOVE")
_TOKEN_SECONDS = CLIENT_TOKEN_HOURS * 3600


class ConsumableResources:
    """The operations on consumable resources, and how much of each is in use.

    Args:
        arns: names them.
        store: keeps them.
        clock: seconds since the epoch.
        changed: is told that there may be more of a resource.
    """

    def __init__(
        self,
        *,
        arns: Arns,
        store: Store,
        changed: Callable[[], None],
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.registry = Registry(kinds.CONSUMABLE_RESOURCE, arns=arns, store=store)
        self._changed = changed
        self._clock = clock
        self._in_use: dict[str, int] = {}
        self._updates: dict[str, tuple[float, Document]] = {}

    def create(self, request: Mapping[str, Any]) -> Document:
        """Answer CreateConsumableResource."""
        name = request["consumableResourceName"]
        total = request.get("totalQuantity", 0)
        kind = request.get("resourceType", REPLENISHABLE)
        arn = self.registry.arn(name)
        document: Document = {
            "consumableResourceName": name,
            "consumableResourceArn": arn,
            "totalQuantity": total,
            "resourceType": kind,
            "createdAt": int(self._clock() * 1000),
            "tags": dict(request.get("tags", {})),
        }
        self.registry.add(name, document)
        return {"consumableResourceName": name, "consumableResourceArn": arn}

    def describe(self, request: Mapping[str, Any]) -> Document:
        """Answer DescribeConsumableResource."""
        document = self.registry.get(request["consumableResource"])
        in_use = self._in_use.get(document["consumableResourceName"], 0)
        return {
            **document,
            "tags": dict(document["tags"]),
            "inUseQuantity": in_use,
            "availableQuantity": max(0, document["totalQuantity"] - in_use),
        }

    def list(self, request: Mapping[str, Any]) -> Document:
        """Answer ListConsumableResources."""
        wanted = _name_filter(request.get("filters", ()))
        summaries = (
            {
                "consumableResourceArn": document["consumableResourceArn"],
                "consumableResourceName": name,
                "totalQuantity": document["totalQuantity"],
                "inUseQuantity": self._in_use.get(name, 0),
                "resourceType": document["resourceType"],
            }
            for document in self.registry
            if wanted(name := document["consumableResourceName"])
        )
        found, token = page(summaries, request)
        return {"consumableResources": found, **token}

    def update(self, request: Mapping[str, Any]) -> Document:
        """Answer UpdateConsumableResource; a clientToken makes a repetition harmless."""
        document = self.registry.get(request["consumableResource"])
        if not self._repeated(request):
            document["totalQuantity"] = _new_total(document["totalQuantity"], request)
            self.registry.save(document["consumableResourceName"])
            self._changed()
        keys = ("consumableResourceName", "consumableResourceArn", "totalQuantity")
        return {key: document[key] for key in keys}

    def _repeated(self, request: Mapping[str, Any]) -> bool:
        token, now = request.get("clientToken"), self._clock()
        if token is None:
            return False
        self._updates = {
            known: update
            for known, update in self._updates.items()
            if now - update[0] < _TOKEN_SECONDS
        }
        earlier = self._updates.get(token)
        self._updates[token] = (now, dict(request))
        return earlier is not None and earlier[1] == dict(request)

    def delete(self, request: Mapping[str, Any]) -> Document:
        """Answer DeleteConsumableResource."""
        self.registry.remove(request["consumableResource"])
        return {}

    def needed(self, submission: Mapping[str, Any]) -> Quantities:
        """Read what a submission needs.

        Raises:
            ServiceError: a resource does not exist.
        """
        properties = submission.get("consumableResourceProperties", {})
        names = {
            item["consumableResource"]: item.get("quantity", 1)
            for item in properties.get("consumableResourceList", ())
        }
        return tuple(
            (self.registry.get(name)["consumableResourceName"], quantity)
            for name, quantity in names.items()
        )

    def available(self, needed: Quantities) -> bool:
        """Tell whether there is enough of everything; a deleted resource is not there."""
        for name, quantity in needed:
            document = self.registry.find(name)
            total = 0 if document is None else document["totalQuantity"]
            if self._in_use.get(name, 0) + quantity > total:
                return False
        return True

    def take(self, needed: Quantities) -> None:
        """Lock what a job needs while it runs; what cannot be replenished is spent."""
        for name, quantity in needed:
            document = self.registry.get(name)
            if document["resourceType"] == NON_REPLENISHABLE:
                document["totalQuantity"] -= quantity
                self.registry.save(name)
            else:
                self._in_use[name] = self._in_use.get(name, 0) + quantity

    def release(self, needed: Quantities) -> None:
        """Unlock what a job had."""
        for name, quantity in needed:
            if name in self._in_use:
                self._in_use[name] -= quantity
                if self._in_use[name] <= 0:
                    del self._in_use[name]


def _name_filter(filters: Iterable[Mapping[str, Any]]) -> Callable[[str], bool]:
    patterns: list[str] = []
    for item in filters:
        if item.get("name") != "CONSUMABLE_RESOURCE_NAME":
            raise client_error(f"unknown filter {item.get('name')}: use CONSUMABLE_RESOURCE_NAME")
        patterns += item.get("values", [])

    def matches(name: str) -> bool:
        return not patterns or any(
            name.lower().startswith(pattern[:-1].lower())
            if pattern.endswith("*")
            else name.lower() == pattern.lower()
            for pattern in patterns
        )

    return matches


def _new_total(total: int, request: Mapping[str, Any]) -> int:
    operation = request.get("operation", "SET")
    quantity: int = request.get("quantity", 0)
    if operation not in _OPERATIONS:
        raise client_error(f"operation must be one of {', '.join(_OPERATIONS)}, got {operation}")
    if quantity < 0:
        raise client_error(f"quantity must not be negative, got {quantity}")
    new = {"SET": quantity, "ADD": total + quantity, "REMOVE": total - quantity}[operation]
    if new < 0:
        raise client_error(f"cannot remove {quantity} of {total}")
    return new
