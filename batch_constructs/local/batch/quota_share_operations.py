"""Quota shares: service jobs name one, and they take turns by them; limits have no effect."""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING, Any

from batch_constructs.aws import resource_kinds as kinds
from batch_constructs.aws.names import quota_share
from batch_constructs.aws.resource_states import State, Status
from batch_constructs.local.batch.paging import page
from batch_constructs.local.batch.registry import Registry
from batch_constructs.local.batch.service_errors import NOT_DISABLED, client_error

if TYPE_CHECKING:
    from collections.abc import Mapping

    from batch_constructs.local.batch.arns import Arns
    from batch_constructs.local.batch.job_queue_operations import JobQueue, JobQueues
    from batch_constructs.local.batch.store import Document, Store

_SETTINGS = (
    "capacityLimits",
    "resourceSharingConfiguration",
    "preemptionConfiguration",
    "state",
)


class QuotaShares:
    """The operations on quota shares.

    Args:
        arns: names them.
        store: keeps them.
        queues: the job queues that they belong to.
    """

    def __init__(self, *, arns: Arns, store: Store, queues: JobQueues) -> None:
        self.registry = Registry(
            kinds.QUOTA_SHARE, arns=arns, store=store, arn_kind=kinds.JOB_QUEUE
        )
        self._queues = queues

    def create(self, request: Mapping[str, Any]) -> Document:
        """Answer CreateQuotaShare."""
        name = request["quotaShareName"]
        queue = self._queues.get(request["jobQueue"])
        key = quota_share(queue.name, name)
        document: Document = {
            "quotaShareName": name,
            "quotaShareArn": self.registry.arn(key),
            "jobQueueArn": queue.arn,
            "state": State.ENABLED,
            "status": Status.VALID,
            "tags": dict(request.get("tags", {})),
        }
        document.update({key: deepcopy(request[key]) for key in _SETTINGS if key in request})
        self.registry.add(key, document)
        return _names(document)

    def find(self, queue: JobQueue, name: str) -> Document | None:
        """Return a queue's share by its name."""
        return self.registry.find(quota_share(queue.name, name))

    def describe(self, request: Mapping[str, Any]) -> Document:
        """Answer DescribeQuotaShare."""
        return deepcopy(self.registry.get(request["quotaShareArn"]))

    def list(self, request: Mapping[str, Any]) -> Document:
        """Answer ListQuotaShares."""
        queue = self._queues.get(request["jobQueue"])
        shares = (
            {key: value for key, value in document.items() if key != "tags"}
            for document in self.registry
            if document["jobQueueArn"] == queue.arn
        )
        found, token = page(shares, request)
        return {"quotaShares": deepcopy(found), **token}

    def update(self, request: Mapping[str, Any]) -> Document:
        """Answer UpdateQuotaShare."""
        document = self.registry.get(request["quotaShareArn"])
        document.update({key: deepcopy(request[key]) for key in _SETTINGS if key in request})
        self.registry.save(document["quotaShareArn"])
        return _names(document)

    def delete(self, request: Mapping[str, Any]) -> Document:
        """Answer DeleteQuotaShare."""
        document = self.registry.find(request["quotaShareArn"])
        if document is None:
            return {}
        if document["state"] != State.DISABLED:
            raise client_error(NOT_DISABLED)
        self.registry.remove(document["quotaShareArn"])
        return {}


def _names(document: Mapping[str, Any]) -> Document:
    return {key: document[key] for key in ("quotaShareName", "quotaShareArn")}
