"""The service's end of the line to the host that jobs run on, and what an earlier host left."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import batch_constructs
from batch_constructs.aws import container_variables as variables
from batch_constructs.local.host.process_tree import start_time

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

_PACKAGES = Path(batch_constructs.__file__).parents[1]
_PROGRAM = (
    "import sys; sys.path.append(sys.argv[1]); "
    "from batch_constructs.local.host.job_host import main; main(int(sys.argv[2]))"
)

Message = dict[str, Any]

Mount = tuple[str, str, bool]
"""A folder of this machine, where it is seen, and whether it can only be read."""


class HostLink:
    """Starts a host and talks to it.

    Args:
        receive: is called with each message of the host, and with ``{"lost": True}`` when it is
            gone, from a thread of the link. It may take the lock of the service, so whoever holds
            that lock may not wait for this thread: ``lost`` is posted to the loop.
    """

    def __init__(self, receive: Callable[[Message], None]) -> None:
        self._receive = receive
        self._socket, theirs = socket.socketpair()
        self._process = subprocess.Popen(  # noqa: S603 - our own program
            [sys.executable, "-I", "-S", "-c", _PROGRAM, str(_PACKAGES), str(theirs.fileno())],
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            cwd="/",
            env=_kept(os.environ),
        )
        theirs.close()
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._read, name="batch-host", daemon=True)
        self._thread.start()

    @property
    def pid(self) -> int:
        """The host's process ID."""
        return self._process.pid

    def run(
        self,
        token: int,
        *,
        argv: Sequence[str],
        env: Mapping[str, str],
        cwd: Path,
        output: int,
        root: tuple[Path, str] | None = None,
        mounts: Sequence[Mount] = (),
    ) -> None:
        """Start a process whose output goes to a file descriptor, which is closed here.

        Args:
            token: what it is called.
            argv: its command.
            env: its environment.
            cwd: its own directory.
            output: the file descriptor.
            root: the root file system to run it in, and the directory within.
            mounts: what is mounted in the root file system.
        """
        message = {"run": token, "argv": list(argv), "env": dict(env), "cwd": str(cwd)}
        if root is not None:
            message |= {"root": str(root[0]), "work": root[1], "mounts": list(mounts)}
        try:
            self._send(message, [output])
        finally:
            os.close(output)

    def stop(self, token: int, *, grace_seconds: float) -> None:
        """End a process: SIGTERM, and SIGKILL to it and its children after the grace time."""
        self._send({"stop": token, "grace": grace_seconds}, [])

    def close(self) -> None:
        """Let the host end every process, and wait until it has."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._process.wait()
        self._thread.join()
        self._socket.close()

    def _send(self, message: Message, descriptors: list[int]) -> None:
        data = json.dumps(message).encode() + b"\n"
        with self._lock, contextlib.suppress(BrokenPipeError, ConnectionResetError):
            sent = (
                socket.send_fds(self._socket, [data], descriptors)
                if descriptors
                else self._socket.send(data)
            )
            self._socket.sendall(data[sent:])

    def _read(self) -> None:
        with contextlib.suppress(OSError), self._socket.makefile("rb") as lines:
            for line in lines:
                self._receive(json.loads(line))
        self._receive({"lost": True})


def _kept(environment: Mapping[str, str]) -> dict[str, str]:
    """Return what a host may know, since its jobs may see it: no key, nothing of the user's."""
    return {name: value for name, value in environment.items() if name.endswith("_LOCAL_SERVER")}


def end_processes(recorded: Iterable[tuple[int, str, str]]) -> None:
    """Kill what is left of recorded processes: their groups, and on Linux all they started.

    A process ID that belongs to another process by now is left alone.

    Args:
        recorded: (process ID, start time, job ID).
    """
    recorded = list(recorded)
    for pid, started, _ in recorded:
        if started and start_time(pid) == started:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(pid, signal.SIGKILL)
    if recorded and sys.platform == "linux":
        _end_by_job_ids({f"{variables.JOB_ID}={job_id}".encode() for _, _, job_id in recorded})


def _end_by_job_ids(marks: set[bytes]) -> None:
    for entry in Path("/proc").iterdir():
        if not entry.name.isdecimal():
            continue
        with contextlib.suppress(OSError):
            if marks.intersection((entry / "environ").read_bytes().split(b"\0")):
                os.kill(int(entry.name), signal.SIGKILL)
