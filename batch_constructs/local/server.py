"""Start and stop the embedded AWS, from Python."""

from __future__ import annotations

import json
import os
import select
import shutil
import subprocess
import sys
import tempfile
import time
import uuid
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from batch_constructs.local.access import Access
from batch_constructs.local.clients import Clients
from batch_constructs.local.environment_variables import (
    ACCOUNT_ID,
    REGION,
    without_aws,
)
from batch_constructs.local.errors import LocalAwsError
from batch_constructs.local.extra import require_extra
from batch_constructs.local.image_sources import is_source
from batch_constructs.local.marked_processes import end_marked_processes

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from types import TracebackType

    import psutil

START_TIMEOUT_SECONDS = 120
STOP_TIMEOUT_SECONDS = 30
RECORD_NAME = "server.json"
LOG_NAME = "server.log"
_NOT_RUNNING = "the embedded AWS is not running; start it first"


@dataclass(frozen=True, kw_only=True)
class ServerRecord:
    """What is known of a running server: stands in its state directory while it runs."""

    pid: int
    started_at: float
    access: Access
    account_id: str
    marker: str

    @property
    def endpoint_url(self) -> str:
        """Where the server answers."""
        return self.access.endpoint_url

    def process(self) -> psutil.Process | None:
        """Return the server's process, or None where it has ended (its number may be another's)."""
        import psutil

        try:
            process = psutil.Process(self.pid)
            same = abs(process.create_time() - self.started_at) < 1
        except psutil.Error:
            return None
        return process if same and process.status() != psutil.STATUS_ZOMBIE else None

    def save(self, state_directory: Path) -> None:
        """Write the record, whole or not at all, for nobody else to read: it has the keys."""
        draft = state_directory / f"{RECORD_NAME}.draft"
        draft.touch(mode=0o600)
        draft.write_text(json.dumps(asdict(self)))
        draft.replace(state_directory / RECORD_NAME)

    @classmethod
    def load(cls, state_directory: Path) -> ServerRecord | None:
        """Read the record, or return None where there is none that can be read."""
        try:
            found = json.loads((state_directory / RECORD_NAME).read_text())
            return cls(**{**found, "access": Access(**found["access"])})
        except (OSError, ValueError, TypeError, KeyError):
            return None


class AlreadyRunningError(LocalAwsError):
    """Another embedded AWS runs in the state directory.

    Args:
        record: what is known of it.
    """

    def __init__(self, record: ServerRecord) -> None:
        super().__init__(
            f"an embedded AWS is already running at {record.endpoint_url}, process {record.pid}; "
            "stop it first: batch-constructs local down"
        )
        self.record = record


class LocalServer:
    """An embedded AWS in processes of its own, on the loopback interface only.

    It holds everything in memory: a stopped server leaves nothing behind, and a started one is
    empty. Real credentials, profiles and endpoints of the caller never reach it.

    Args:
        state_directory: where its log and the jobs' working directories stand while it runs.
            Default: a temporary directory.
        port: TCP port on 127.0.0.1. Default: a free one.
        account_id: the account it plays.
        region: the Region it plays.
        enforce_iam: whether every request needs the rights IAM policies give; as in AWS.
        outlives_caller: whether the server goes on when the process that started it ends.
        images: pattern of an image, such as ``*/python:*`` → what stands for it: a virtual
            environment, a conda prefix, an OCI layout (folder or tar archive), the folder of a
            root file system, or, as a string, where skopeo copies it from: ``docker://`` (its
            registry), ``docker-daemon:``, ``containers-storage:``, alone or with another name.
            Jobs of other images run as processes on this machine.
        engine: ``docker``, ``podman`` or ``finch``, which then runs jobs of other images.
    """

    def __init__(
        self,
        state_directory: Path | None = None,
        *,
        port: int | None = None,
        account_id: str = ACCOUNT_ID,
        region: str = REGION,
        enforce_iam: bool = True,
        outlives_caller: bool = False,
        images: Mapping[str, Path | str] | None = None,
        engine: str | None = None,
    ) -> None:
        self._wanted_directory = state_directory
        self._port = port
        self._account_id = account_id
        self._region = region
        self._enforce_iam = enforce_iam
        self._outlives_caller = outlives_caller
        self._images = {} if images is None else dict(images)
        self._engine = engine
        self._keeper: subprocess.Popen[bytes] | None = None
        self._record: ServerRecord | None = None
        self._directory: Path | None = None
        self._clients: Clients | None = None

    @property
    def record(self) -> ServerRecord:
        """What is known of the running server.

        Raises:
            LocalAwsError: if it does not run.
        """
        if self._record is None:
            raise LocalAwsError(_NOT_RUNNING)
        return self._record

    @property
    def directory(self) -> Path:
        """Where its log stands and jobs work, while it runs.

        Raises:
            LocalAwsError: if it does not run.
        """
        if self._directory is None or self._record is None:
            raise LocalAwsError(_NOT_RUNNING)
        return self._directory

    @property
    def clients(self) -> Clients:
        """boto3 clients of this AWS."""
        if self._clients is None:
            self._clients = Clients(self.record.access)
        return self._clients

    @property
    def endpoint_url(self) -> str:
        """Where every service of the embedded AWS answers, such as ``http://127.0.0.1:49321``."""
        return self.record.endpoint_url

    @property
    def environment(self) -> dict[str, str]:
        """Environment for a child process that is to use this AWS and no other."""
        return self.record.access.environment(self.record.marker)

    @property
    def variables(self) -> dict[str, str]:
        """The variables to export in a shell."""
        return self.record.access.variables()

    def client(self, service: str) -> Any:
        """Return a boto3 client of one service of this AWS, as the account's administrator."""
        return self.clients.client(service)

    def start(self) -> Self:
        """Start the server and return when it answers.

        Raises:
            AlreadyRunningError: one runs in the state directory.
            LocalAwsError: if it cannot start: the port is taken, a package is missing, the disk
                is full.
        """
        require_extra()
        with _alone(self._wanted_directory):
            return self._start()

    def _start(self) -> Self:
        import psutil

        directory = self._prepare_directory()
        ready_reader, ready_writer = os.pipe()
        marker = uuid.uuid4().hex
        settings = {
            "state_directory": str(directory),
            "port": 0 if self._port is None else self._port,
            "account_id": self._account_id,
            "region": self._region,
            "enforce_iam": self._enforce_iam,
            "marker": marker,
            "images": {one: _absolute(place) for one, place in self._images.items()},
            "engine": self._engine,
            "ready_fd": ready_writer,
            "lifeline": not self._outlives_caller,
        }
        try:
            with (directory / LOG_NAME).open("ab") as log:
                self._keeper = subprocess.Popen(  # noqa: S603 - our own module
                    [sys.executable, "-m", "batch_constructs.local.keeper", json.dumps(settings)],
                    stdin=subprocess.DEVNULL if self._outlives_caller else subprocess.PIPE,
                    stdout=log,
                    stderr=log,
                    env=without_aws(),
                    pass_fds=(ready_writer,),
                    start_new_session=True,
                )
            os.close(ready_writer)
            ready_writer = -1
            answer = _read_answer(ready_reader, directory / LOG_NAME)
            self._record = ServerRecord(
                pid=self._keeper.pid,
                started_at=psutil.Process(self._keeper.pid).create_time(),
                access=Access(**answer),
                account_id=self._account_id,
                marker=marker,
            )
            self._record.save(directory)
        except BaseException as problem:
            self.stop()
            if isinstance(problem, OSError):
                raise LocalAwsError(f"cannot start the embedded AWS: {problem}") from problem
            raise
        finally:
            os.close(ready_reader)
            if ready_writer != -1:
                os.close(ready_writer)
        return self

    def _prepare_directory(self) -> Path:
        if self._wanted_directory is None:
            # Known before it is there: whoever is interrupted in between removes it all the same.
            name = f"batch-constructs-{uuid.uuid4().hex}"
            try:
                self._directory = Path(tempfile.gettempdir(), name)
                self._directory.mkdir(mode=0o700)
            except OSError as problem:
                raise LocalAwsError(f"cannot create a temporary directory: {problem}") from problem
            return self._directory
        directory = self._wanted_directory
        existing = ServerRecord.load(directory)
        if existing is not None and existing.process() is not None:
            raise AlreadyRunningError(existing)
        try:
            remove_remains(directory)
            directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            (directory / ".gitignore").write_text("*\n")
        except OSError as problem:
            raise LocalAwsError(f"cannot prepare {directory}: {problem}") from problem
        self._directory = directory
        return directory

    def stop(self) -> None:
        """Stop the server with every process it started, and remove its state directory."""
        keeper, self._keeper, self._record = self._keeper, None, None
        self._clients = None
        if keeper is not None:
            if keeper.stdin is not None:
                keeper.stdin.close()
            keeper.terminate()
            try:
                keeper.wait(STOP_TIMEOUT_SECONDS)
            except subprocess.TimeoutExpired:
                keeper.kill()
                keeper.wait()
        if self._directory is not None:
            remove_remains(self._directory)

    def __enter__(self) -> Self:
        """Start the server."""
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Stop the server."""
        self.stop()


@contextmanager
def _alone(directory: Path | None) -> Iterator[None]:
    """Let one process at a time start a server in a directory, where the disk has locks."""
    if directory is None:  # it gets one of its own
        yield
        return
    import fcntl  # Windows has none

    try:
        directory.parent.mkdir(parents=True, exist_ok=True)
        beside = os.open(directory.parent, os.O_RDONLY)
    except OSError as problem:
        raise LocalAwsError(f"cannot prepare {directory}: {problem}") from problem
    try:
        with suppress(OSError):
            fcntl.flock(beside, fcntl.LOCK_EX)
        yield
    finally:
        os.close(beside)


def stop_recorded(state_directory: Path) -> ServerRecord | None:
    """Stop the server whose record stands in the directory; return its record, None without one."""
    import psutil

    record = ServerRecord.load(state_directory)
    if record is not None and (process := record.process()) is not None:
        process.terminate()
        try:
            process.wait(STOP_TIMEOUT_SECONDS)
        except psutil.TimeoutExpired:
            process.kill()
            process.wait()
    remove_remains(state_directory)
    return record


def remove_remains(state_directory: Path) -> None:
    """Remove a state directory, and end what its server left running when it was killed."""
    record = ServerRecord.load(state_directory)
    if record is not None:
        end_marked_processes(record.marker)
    shutil.rmtree(state_directory, ignore_errors=True)


def _absolute(place: Path | str) -> str:
    return str(place) if is_source(str(place)) else str(Path(place).absolute())


def _read_answer(reader: int, log: Path) -> dict[str, str]:
    """Wait for the server to say that it is ready, or why it cannot be."""
    deadline = time.monotonic() + START_TIMEOUT_SECONDS
    received = b""
    while not received.endswith(b"\n"):
        left = deadline - time.monotonic()
        readable = select.select([reader], [], [], max(left, 0))[0]
        chunk = os.read(reader, 65536) if readable else b""
        if not chunk:
            what = "ended before it answered" if readable else "did not answer in time"
            raise LocalAwsError(f"the embedded AWS {what}; the end of its log:\n{_tail(log)}")
        received += chunk
    answer: dict[str, str] = json.loads(received)
    if "error" in answer:
        raise LocalAwsError(answer["error"])
    return answer


def _tail(log: Path, lines: int = 15) -> str:
    try:
        return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])
    except OSError as problem:
        return f"({problem})"
