"""The AWS Batch service, as a Python object."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from batch_constructs.local.batch.arns import Arns
from batch_constructs.local.batch.compute_environments import ComputeEnvironments
from batch_constructs.local.batch.consumable_resources import ConsumableResources
from batch_constructs.local.batch.errors import not_modelled
from batch_constructs.local.batch.job_definitions import JobDefinitions
from batch_constructs.local.batch.job_queues import JobQueues
from batch_constructs.local.batch.operations import OPERATIONS
from batch_constructs.local.batch.ports import Ports
from batch_constructs.local.batch.quota_shares import QuotaShares
from batch_constructs.local.batch.scheduling_policies import SchedulingPolicies
from batch_constructs.local.batch.service_environments import ServiceEnvironments
from batch_constructs.local.batch.store import Document, Store
from batch_constructs.local.batch.tagging import Tagging
from batch_constructs.local.batch.validation import check_request

Handler = Callable[[Mapping[str, Any]], Document]


class BatchService:
    """AWS Batch for one account in one Region.

    Args:
        account_id: twelve digits.
        region: such as ``us-east-1``.
        ports: the services around it.
        state_directory: where its state is kept, and its jobs work; is created.
        clock: seconds since the epoch.
    """

    def __init__(
        self,
        *,
        account_id: str,
        region: str,
        ports: Ports,
        state_directory: Path,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._lock = threading.RLock()
        self._store = Store(state_directory)
        arns = Arns(account_id=account_id, region=region)
        store = self._store

        def queues_of(arn: str) -> list[str]:
            return queues.users_of(arn)

        environments = ComputeEnvironments(
            arns=arns, store=store, ports=ports, queues_of=queues_of, changed=self._changed
        )
        policies = SchedulingPolicies(
            arns=arns, store=store, queues_of=queues_of, changed=self._changed
        )
        services = ServiceEnvironments(arns=arns, store=store, queues_of=queues_of)
        queues = JobQueues(
            arns=arns,
            store=store,
            environments=environments,
            service_environments=services,
            policies=policies,
            changed=self._changed,
            empty=lambda _: True,
        )
        definitions = JobDefinitions(arns=arns, store=store)
        consumables = ConsumableResources(
            arns=arns, store=store, changed=self._changed, clock=clock
        )
        shares = QuotaShares(arns=arns, store=store, queues=queues)
        tagging = Tagging(
            environments,
            queues,
            definitions,
            policies.registry,
            consumables.registry,
            services.registry,
            shares.registry,
        )
        self._handlers: dict[str, Handler] = {
            "CreateComputeEnvironment": environments.create,
            "CreateConsumableResource": consumables.create,
            "CreateJobQueue": queues.create,
            "CreateQuotaShare": shares.create,
            "CreateSchedulingPolicy": policies.create,
            "CreateServiceEnvironment": services.create,
            "DeleteComputeEnvironment": environments.delete,
            "DeleteConsumableResource": consumables.delete,
            "DeleteJobQueue": queues.delete,
            "DeleteQuotaShare": shares.delete,
            "DeleteSchedulingPolicy": policies.delete,
            "DeleteServiceEnvironment": services.delete,
            "DeregisterJobDefinition": definitions.deregister,
            "DescribeComputeEnvironments": environments.describe,
            "DescribeConsumableResource": consumables.describe,
            "DescribeJobDefinitions": definitions.describe,
            "DescribeJobQueues": queues.describe,
            "DescribeQuotaShare": shares.describe,
            "DescribeSchedulingPolicies": policies.describe,
            "DescribeServiceEnvironments": services.describe,
            "ListConsumableResources": consumables.list,
            "ListQuotaShares": shares.list,
            "ListSchedulingPolicies": policies.list,
            "ListTagsForResource": tagging.list,
            "RegisterJobDefinition": definitions.register,
            "TagResource": tagging.tag,
            "UntagResource": tagging.untag,
            "UpdateComputeEnvironment": environments.update,
            "UpdateConsumableResource": consumables.update,
            "UpdateJobQueue": queues.update,
            "UpdateQuotaShare": shares.update,
            "UpdateSchedulingPolicy": policies.update,
            "UpdateServiceEnvironment": services.update,
        }

    def handle(self, operation: str, request: Mapping[str, Any]) -> dict[str, Any]:
        """Answer a request.

        Args:
            operation: its API name, such as ``SubmitJob``.
            request: its parameters, as the API spells them.

        Raises:
            ServiceError: AWS Batch would refuse it, or it is not modelled.
        """
        if operation not in OPERATIONS:
            raise not_modelled(operation)
        check_request(operation, request)
        handler = self._handlers.get(operation)
        if handler is None:
            raise not_modelled(operation)
        with self._lock:
            try:
                return handler(request)
            finally:
                self._store.commit()

    def start(self) -> None:
        """Start placing and running jobs."""

    def stop(self) -> None:
        """End every running job with its children, then the service."""

    def reclaim(self, job_id: str) -> None:
        """Take the Spot instance away from under a running job; its retry rules apply.

        Raises:
            ServiceError: the job does not run.
        """
        raise not_modelled(f"reclaim {job_id}")

    def _changed(self) -> None:
        """Capacity, order or quantities have changed."""
