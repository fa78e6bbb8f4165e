"""A local AWS Batch with recording ports, and boto3 clients that talk to it over loopback HTTP."""

from __future__ import annotations

import threading
from collections import defaultdict
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.config import Config

from batch_constructs.local.batch import BatchService, LogEvent, PortError, SecretReference, respond

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

ACCOUNT = "123456789012"
REGION = "us-east-1"


class RecordingPorts:
    """The world around the service, remembered."""

    def __init__(self) -> None:
        self.events: list[dict[str, Any]] = []
        self.logs: dict[tuple[str, str], list[str]] = defaultdict(list)
        self.secrets: dict[SecretReference, str] = {}
        self.parameters: dict[str, str] = {}
        self.clusters: list[str] = []
        self.roles: list[str | None] = []
        self.environment = {"PATH": "/usr/local/bin:/usr/bin:/bin"}
        self.log_bytes = 0
        self.keep_logs = True

    def secret_value(self, secret: SecretReference, *, execution_role_arn: str | None) -> str:
        self.roles.append(execution_role_arn)
        if secret not in self.secrets:
            raise PortError(f"no secret {secret.secret_id}")
        return self.secrets[secret]

    def parameter_value(self, name_or_arn: str, *, execution_role_arn: str | None) -> str:
        self.roles.append(execution_role_arn)
        return self.parameters[name_or_arn]

    def put_log_events(
        self, *, log_group: str, log_stream: str, events: Sequence[LogEvent], create_group: bool
    ) -> None:
        del create_group
        self.log_bytes += sum(len(event.message) + 1 for event in events)
        if self.keep_logs:
            self.logs[log_group, log_stream] += [event.message for event in events]

    def put_event(self, event: Mapping[str, Any]) -> None:
        self.events.append(dict(event))

    def create_cluster(self, name: str) -> str:
        arn = f"arn:aws:ecs:{REGION}:{ACCOUNT}:cluster/{name}"
        self.clusters.append(arn)
        return arn

    def delete_cluster(self, arn: str) -> None:
        self.clusters.remove(arn)

    def job_environment(self, *, job_role_arn: str | None) -> Mapping[str, str]:
        return {**self.environment, "ROLE": str(job_role_arn)}

    def states(self, job_id: str) -> list[str]:
        """Return the states that a job's events told of."""
        return [
            event["detail"]["status"]
            for event in self.events
            if event["detail"]["jobId"] == job_id
            and event["detail-type"] == "Batch Job State Change"
        ]


class ManualClock:
    """A clock that is moved by hand."""

    def __init__(self) -> None:
        self.seconds = 1_790_000_000.0

    def __call__(self) -> float:
        return self.seconds


def serve(service: BatchService) -> ThreadingHTTPServer:
    """Serve a local AWS Batch on a free loopback port."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            response = respond(service.handle, self.command, self.path, body)
            self.send_response(response.status)
            for name, value in response.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(response.body)))
            self.end_headers()
            self.wfile.write(response.body)

        do_POST = do_GET = do_DELETE = answer  # noqa: N815 - names of the base class

        def log_message(self, format: str, *args: object) -> None:
            """Print nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def client_of(server: ThreadingHTTPServer) -> Any:
    """Return a boto3 client for a server."""
    return boto3.client(
        "batch",
        endpoint_url=f"http://127.0.0.1:{server.server_address[1]}",
        region_name=REGION,
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=Config(retries={"total_max_attempts": 1}),
    )


@pytest.fixture
def ports() -> RecordingPorts:
    return RecordingPorts()


@pytest.fixture
def make_service(ports: RecordingPorts, tmp_path: Path) -> Iterator[Callable[..., BatchService]]:
    made: list[BatchService] = []

    def make(**options: Any) -> BatchService:
        options.setdefault("grace_seconds", 0.5)
        options.setdefault("state_directory", tmp_path / "state")
        service = BatchService(account_id=ACCOUNT, region=REGION, ports=ports, **options)
        made.append(service)
        return service

    yield make
    for service in made:
        service.stop()


@pytest.fixture
def service(make_service: Callable[..., BatchService]) -> BatchService:
    service = make_service()
    service.start()
    return service


@pytest.fixture
def batch(service: BatchService) -> Iterator[Any]:
    server = serve(service)
    yield client_of(server)
    server.shutdown()
    server.server_close()
