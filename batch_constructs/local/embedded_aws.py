"""The embedded AWS, put together: ministack, AWS Batch, and the wires between them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

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
    """

    def __init__(self, *, access: Access, account_id: str, state_directory: Path) -> None:
        clients, region = Clients(access), access.region
        roles = RoleSessions(clients.client, sessions.open_session)
        ended = EndedJobs(self._job)

        def put_event(event: Mapping[str, Any]) -> None:
            ended.see(event)
            targets.put_event(event)

        self._ports = AwsPorts(
            access=access,
            client=clients.client,
            roles=roles,
            put_event=put_event,
        )
        self._service = BatchService(
            account_id=account_id,
            region=region,
            ports=self._ports,
            state_directory=state_directory,
        )
        adapter.install(
            self._service.handle,
            arns=Arns(account_id=account_id, region=region),
            resource_types=[
                *batch_types(self._service.handle),
                *network_types(clients.client),
                *monitoring_types(clients.client),
                *custom_types(clients.client),
            ],
            roles=roles,
            client=clients.client,
            ended=ended.wait_for,
        )
        self.application = adapter.application(self._control, access.access_key_id)

    def start(self) -> None:
        """Start running jobs."""
        self._service.start()

    def stop(self) -> None:
        """End every job with its children."""
        self._service.stop()
        self._ports.close()

    def _job(self, job_id: str) -> Mapping[str, Any]:
        job: Mapping[str, Any] = self._service.handle("DescribeJobs", {"jobs": [job_id]})["jobs"][0]
        return job

    def _control(self, path: str, body: bytes) -> tuple[int, bytes]:
        """Answer what AWS has no API for: ``reclaim`` takes the Spot instance from under a job."""
        if path != "reclaim":
            return 404, json.dumps({"message": f"there is no {path}"}).encode()
        try:
            self._service.reclaim(json.loads(body)["jobId"])
        except ServiceError as refusal:
            return 400, json.dumps({"message": refusal.message}).encode()
        return 200, b"{}"
