"""A local AWS Batch with recording ports, and boto3 clients that talk to it over loopback HTTP."""

from __future__ import annotations

import contextlib
import threading
import time
from collections import defaultdict
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.config import Config

from batch_constructs.local.batch import (
    BatchService,
    LogEvent,
    PortError,
    SecretReference,
    ServiceError,
    respond,
)
from batch_constructs.local.batch.api_model import SERVICE_MODEL
from batch_constructs.local.batch.request_checks import shape_problems

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

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
        self.metrics: list[Mapping[str, Any]] = []
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

    def put_metrics(self, data: Sequence[Mapping[str, Any]]) -> None:
        self.metrics += data

    def create_cluster(self, name: str) -> str:
        arn = f"arn:aws:ecs:{REGION}:{ACCOUNT}:cluster/{name}"
        self.clusters.append(arn)
        return arn

    def delete_cluster(self, arn: str) -> None:
        self.clusters.remove(arn)

    def job_environment(self, *, container: str, job_role_arn: str | None) -> Mapping[str, str]:
        return {**self.environment, "ROLE": str(job_role_arn), "CONTAINER": container}

    def started(self) -> list[str]:
        """Return the names of the jobs in the order they came to STARTING in."""
        return [e["detail"]["jobName"] for e in self.events if e["detail"]["status"] == "STARTING"]

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


def checked(service: BatchService, operation: str, request: Mapping[str, Any]) -> dict[str, Any]:
    """Answer a request, and insist that the answer has the shape botocore's model gives it."""
    response = service.handle(operation, request)
    shape = SERVICE_MODEL.operation_model(operation).output_shape
    problems = shape_problems(shape, _with_started_at(response))
    if problems:
        raise ServiceError("BadResponse", 500, f"{operation}: {problems}")
    return response


def _with_started_at(response: dict[str, Any]) -> dict[str, Any]:
    """The model calls startedAt required; AWS's own samples of jobs that wait do not have it."""
    if not any("jobDefinition" in job for job in response.get("jobs", ())):
        return response
    return response | {"jobs": [{"startedAt": 0, **job} for job in response["jobs"]]}


def serve(service: BatchService) -> ThreadingHTTPServer:
    """Serve a local AWS Batch on a free loopback port."""

    def handle(operation: str, request: Mapping[str, Any]) -> dict[str, Any]:
        return checked(service, operation, request)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = 1 << 16  # one packet an answer

        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            response = respond(handle, self.command, self.path, body)
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
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
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


def wait_for(condition: Callable[[], object], *, seconds: float = 300) -> None:
    """Wait for something that is bound to come; the limit only ends a test that has failed."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.01)


def processes_of(job_id: str) -> set[int]:
    """Return the processes of a job that are there and more than zombies.

    A job tells no process ID that means anything here: it may live in a namespace of its own.
    """
    found = set()
    for entry in Path("/proc").iterdir():
        with contextlib.suppress(OSError):
            if entry.name.isdecimal() and (
                f"AWS_BATCH_JOB_ID={job_id}".encode()
                in (entry / "environ").read_bytes().split(b"\0")
            ):
                state = (entry / "stat").read_text().rpartition(")")[2].split()[0]
                found |= {int(entry.name)} if state not in {"Z", "X"} else set()
    return found


TOO_LARGE = "MISCONFIGURATION:COMPUTE_ENVIRONMENT_MAX_RESOURCE"
"""Why a job blocks its queue that no instance is large enough for."""


class Account:
    """An account with what most tests need, over the API.

    Args:
        batch: a boto3 client.
        ports: the world around the service.
    """

    def __init__(self, batch: Any, ports: RecordingPorts) -> None:
        self.batch = batch
        self.ports = ports

    wait_for = staticmethod(wait_for)

    def environment(self, name: str = "ce", *, vcpus: int = 2, **resources: Any) -> str:
        """Create a compute environment and return its ARN."""
        answer = self.batch.create_compute_environment(
            computeEnvironmentName=name,
            type="MANAGED",
            computeResources={
                "type": "FARGATE",
                "maxvCpus": vcpus,
                "subnets": ["subnet-1"],
                "securityGroupIds": ["sg-1"],
            }
            | resources,
        )
        return str(answer["computeEnvironmentArn"])

    def queue(
        self, name: str = "queue", *, environments: Sequence[str] = ("ce",), **options: Any
    ) -> str:
        """Create a job queue and return its ARN."""
        options.setdefault("priority", 1)
        answer = self.batch.create_job_queue(
            jobQueueName=name,
            computeEnvironmentOrder=[
                {"order": order, "computeEnvironment": environment}
                for order, environment in enumerate(environments, 1)
            ],
            **options,
        )
        return str(answer["jobQueueArn"])

    def definition(
        self,
        *command: str,
        name: str = "job",
        vcpus: float = 1,
        memory: int = 2048,
        container: Mapping[str, Any] | None = None,
        **options: Any,
    ) -> str:
        """Register a job definition and return its ARN."""
        answer = self.batch.register_job_definition(
            jobDefinitionName=name,
            type="container",
            containerProperties={
                "image": "public.ecr.aws/docker/library/busybox",
                "command": list(command),
                "resourceRequirements": [
                    {"type": "VCPU", "value": f"{vcpus:g}"},
                    {"type": "MEMORY", "value": str(memory)},
                ],
                "executionRoleArn": f"arn:aws:iam::{ACCOUNT}:role/execution",
            }
            | dict(container if container is not None else {}),
            **options,
        )
        return str(answer["jobDefinitionArn"])

    def submit(self, **request: Any) -> str:
        """Submit a job and return its ID."""
        defaults = {"jobName": "job", "jobQueue": "queue", "jobDefinition": "job"}
        return str(self.batch.submit_job(**defaults | request)["jobId"])

    def run(self, *command: str, **options: Any) -> dict[str, Any]:
        """Register a definition, submit a job, wait for its end and describe it."""
        self.definition(*command, **options)
        return self.ended(self.submit())

    def job(self, job_id: str) -> dict[str, Any]:
        """Describe a job."""
        (job,) = self.batch.describe_jobs(jobs=[job_id])["jobs"]
        return dict(job)

    def blocking_job(self, *, limit_seconds: int) -> str:
        """Submit a job that no instance is large enough for; its queue ends it after a while."""
        self.environment(vcpus=1)
        limit = {"reason": TOO_LARGE, "state": "RUNNABLE", "action": "CANCEL"}
        self.queue(jobStateTimeLimitActions=[{**limit, "maxTimeSeconds": limit_seconds}])
        self.definition("true", vcpus=2)
        job = self.submit()
        self.wait_for(lambda: self.job(job).get("statusReason"))
        return job

    def ended_state(self, job_id: str) -> dict[str, Any]:
        """Wait for the end of a job whose event may have gone out before a restart."""
        self.wait_for(lambda: self.job(job_id)["status"] in ("SUCCEEDED", "FAILED"))
        return self.job(job_id)

    def ended(self, job_id: str) -> dict[str, Any]:
        """Wait for the end of a job, and for the event that tells of it, and describe it."""
        return self.until(job_id, "SUCCEEDED", "FAILED")

    def until(self, job_id: str, *statuses: str) -> dict[str, Any]:
        """Wait until a job has come to one of some states, and its event is out."""
        wait_for(lambda: self.job(job_id)["status"] in statuses)
        wait_for(lambda: self.ports.states(job_id)[-1:] == [self.job(job_id)["status"]])
        return self.job(job_id)

    def log(self, job: Mapping[str, Any]) -> list[str]:
        """Return what a job has printed."""
        return self.ports.logs["/aws/batch/job", job["container"]["logStreamName"]]


@pytest.fixture
def account(batch: Any, ports: RecordingPorts) -> Account:
    return Account(batch, ports)


@pytest.fixture
def ready(account: Account) -> Account:
    """An account with a compute environment of two vCPUs and a queue."""
    account.environment()
    account.queue()
    return account


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
def serving() -> Iterator[Callable[[BatchService], Any]]:
    """Serve a service and return a client for it."""
    servers: list[ThreadingHTTPServer] = []

    def start(service: BatchService) -> Any:
        servers.append(serve(service))
        return client_of(servers[-1])

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.fixture
def batch(service: BatchService, serving: Callable[[BatchService], Any]) -> Any:
    return serving(service)


@pytest.fixture
def make_account(
    make_service: Callable[..., BatchService],
    serving: Callable[[BatchService], Any],
    ports: RecordingPorts,
) -> Callable[..., tuple[Account, BatchService]]:
    """Start a service with options of its own, and return an account in it."""

    def make(*, started: bool = True, **options: Any) -> tuple[Account, BatchService]:
        service = make_service(**options)
        if started:
            service.start()
        return Account(serving(service), ports), service

    return make


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()
