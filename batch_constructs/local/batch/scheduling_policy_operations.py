"""Scheduling policies: how a job queue shares its capacity between share identifiers."""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING, Any

from batch_constructs.aws import resource_kinds as kinds
from batch_constructs.local.batch.paging import page
from batch_constructs.local.batch.registry import Registry
from batch_constructs.local.batch.service_errors import IN_USE, client_error

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from batch_constructs.local.batch.arns import Arns
    from batch_constructs.local.batch.store import Document, Store

_POLICIES = ("fairsharePolicy", "quotaSharePolicy")


class SchedulingPolicies:
    """The operations on scheduling policies.

    Args:
        arns: names them.
        store: keeps them.
        queues_of: the names of the job queues that use a policy, by its ARN.
        changed: is told that the order of jobs may have changed.
    """

    def __init__(
        self,
        *,
        arns: Arns,
        store: Store,
        queues_of: Callable[[str], list[str]],
        changed: Callable[[], None],
    ) -> None:
        self.registry = Registry(kinds.SCHEDULING_POLICY, arns=arns, store=store)
        self._queues_of = queues_of
        self._changed = changed

    def create(self, request: Mapping[str, Any]) -> Document:
        """Answer CreateSchedulingPolicy."""
        name = request["name"]
        _check(request)
        policy: Document = {
            "name": name,
            "arn": self.registry.arn(name),
            "tags": dict(request.get("tags", {})),
        }
        policy.update({key: deepcopy(request[key]) for key in _POLICIES if key in request})
        self.registry.add(name, policy)
        return {"name": name, "arn": policy["arn"]}

    def describe(self, request: Mapping[str, Any]) -> Document:
        """Answer DescribeSchedulingPolicies."""
        found = [policy for arn in request["arns"] if (policy := self.registry.find(arn))]
        return {"schedulingPolicies": deepcopy(found)}

    def list(self, request: Mapping[str, Any]) -> Document:
        """Answer ListSchedulingPolicies."""
        arns = ({"arn": policy["arn"]} for policy in self.registry)
        found, token = page(arns, request)
        return {"schedulingPolicies": found, **token}

    def update(self, request: Mapping[str, Any]) -> Document:
        """Answer UpdateSchedulingPolicy."""
        policy = self.registry.get(request["arn"])
        _check(request)
        for had, other in (_POLICIES, _POLICIES[::-1]):
            if had in policy and other in request:
                raise client_error(f"a {had} cannot be changed to a {other}")
        policy.update({key: deepcopy(request[key]) for key in _POLICIES if key in request})
        self.registry.save(policy["arn"])
        self._changed()
        return {}

    def delete(self, request: Mapping[str, Any]) -> Document:
        """Answer DeleteSchedulingPolicy."""
        policy = self.registry.find(request["arn"])
        if policy is None:
            return {}
        if self._queues_of(policy["arn"]):
            raise client_error(IN_USE)
        self.registry.remove(policy["arn"])
        return {}


def _check(request: Mapping[str, Any]) -> None:
    if all(key in request for key in _POLICIES):
        raise client_error("only one of fairsharePolicy and quotaSharePolicy may be specified")
