"""The embedded AWS, put together: ministack, AWS Batch, and the wires between them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from batch_constructs.aws import operations
from batch_constructs.local import adapter
from batch_constructs.local.adapter import sessions, targets
from batch_constructs.local.aws_ports import AwsPorts
from batch_constructs.local.batch import BatchService, ServiceError
from batch_constructs.local.batch.arns import Arns
from batch_constructs.local.clients import Clients
from batch_constructs.local.cloudformation.batch_types import batch_types
from batch_constructs.local.cloudformation.custom_types import custom_types
from batch_constructs.local.cloudformation.monitoring_types import monitoring_types
from batch_constructs.local.cloudformation.network_types import network_types
from batch_constructs.local.cloudformation.recorded_type import RecordedType
from batch_constructs.local.cloudformation.service_linked_role_type import ServiceLinkedRoleType
from batch_constructs.local.container_endpoints import ContainerEndpoints
from batch_constructs.local.container_stats import container_stats
from batch_constructs.local.ended_jobs import EndedJobs
from batch_constructs.local.role_sessions import RoleSessions

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from batch_constructs.local.access import Access


class EmbeddedAws:
    """One account in one Region, in this process.

    Args:
        access: where it will answer, in which Region, and with which keys.
        account_id: the account it plays.
        state_directory: where jobs work.
        images: pattern of an image → what stands for it.
        engine: the container engine that runs jobs of other images; None for processes.
        environment: what the engine runs with: the user's environment.
    """

    def __init__(
        self,
        *,
        access: Access,
        account_id: str,
        state_directory: Path,
        images: Mapping[str, str],
        engine: str | None,
        environment: Mapping[str, str],
    ) -> None:
        clients, region = Clients(access), access.region
        self._arns = Arns(account_id=account_id, region=region)
        roles = RoleSessions(clients.client, sessions.open_session)
        endpoints = ContainerEndpoints(access.endpoint_url, roles, self._container_metadata)
        ended = EndedJobs(self._job)

        def put_event(event: Mapping[str, Any]) -> None:
            ended.see(event)
            targets.put_event(event)

        self._ports = AwsPorts(
            access=access,
            client=clients.client,
            roles=roles,
            endpoints=endpoints,
            put_event=put_event,
        )
        self._service = BatchService(
            account_id=account_id,
            region=region,
            ports=self._ports,
            state_directory=state_directory,
            images=images,
            container_engine=engine,
            environment=environment,
        )
        adapter.install(
            self._service.handle,
            arns=self._arns,
            resource_types=[
                *batch_types(self._service.handle),
                *network_types(clients.client),
                *monitoring_types(clients.client),
                *custom_types(clients.client),
                ServiceLinkedRoleType(client=clients.client),
            ],
            roles=roles,
            client=clients.client,
            ended=ended.wait_for,
        )
        self.application = adapter.application(
            self._control, administrator=access.access_key_id, containers=endpoints.answer
        )

    def start(self) -> None:
        """Start running jobs."""
        self._service.start()

    def stop(self) -> None:
        """End every job with its children."""
        self._ports.close()
        self._service.stop()

    def _job(self, job_id: str) -> Mapping[str, Any]:
        job: Mapping[str, Any] = self._service.handle(operations.DESCRIBE_JOBS, {"jobs": [job_id]})[
            "jobs"
        ][0]
        return job

    def _container_metadata(self, reference: str, part: str) -> Mapping[str, Any] | None:
        """Answer what a container asks about itself or its task, the statistics of either, too."""
        if not part.endswith("stats"):
            return self._service.container_metadata(reference, part)
        found = self._service.container_metadata(reference, part.rpartition("/")[0])
        if found is None:
            return None
        if "Containers" not in found:
            return container_stats(found, reference)
        job_id = reference.rpartition("/")[0]
        return {
            one["DockerId"]: container_stats(one, f"{job_id}/{one['Name']}")
            for one in found["Containers"]
        }

    def _control(self, path: str, body: bytes) -> tuple[int, bytes]:
        """Answer what AWS has no API for.

        ``reclaim`` takes the Spot instance from under a job, ``restart`` from under all; ``fault``
        lets a compute environment have trouble; ``types`` lists what CloudFormation knows;
        ``record`` lets it know types of which stacks alone keep a record; ``images`` tells which
        images nothing stands for, and ``stand`` what stands for one.
        """
        request = json.loads(body)
        answer: dict[str, Any] = {}
        try:
            if path == "reclaim":
                self._service.reclaim(request["jobId"])
            elif path == "fault":
                self._service.fault(request["environment"], request["kind"], request.get("reason"))
            elif path == "restart":
                self._service.lose_hosts()
            elif path == "types":
                answer["types"] = adapter.resource_types()
            elif path == "images":
                answer["engine"] = self._service.engine
                answer["unmapped"] = found = self._service.unmapped(request["images"])
                answer["processes"] = found if self._service.engine is None else []
            elif path == "stand":
                self._service.stand_for(request["image"], request["place"])
            elif path == "record":
                account_id, region = self._arns.account_id, self._arns.region
                adapter.add_resource_types(
                    [
                        RecordedType(type_name=name, account_id=account_id, region=region)
                        for name in request["types"]
                    ]
                )
            else:
                return 404, json.dumps({"message": f"there is no {path}"}).encode()
        except ServiceError as refusal:
            return 400, json.dumps({"message": refusal.message}).encode()
        return 200, json.dumps(answer).encode()
