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

_AT_ONCE = 1 << 18

Message = dict[str, Any]

Mount = tuple[str, str, bool]
"""A folder of this machine, where it is seen, and whether it can only be read."""


class HostLink:
    """Starts a host and talks to it.

    Args:
        receive: is called with messages of the host, and with ``{"lost": True}`` when it is gone,
            from a thread of the link; ``{"output": token, "data": …}`` has the bytes themselves. It
            may take the lock of the service, so whoever holds that lock may not wait for this
            thread: ``lost`` is posted to the loop.
    """

    def __init__(self, receive: Callable[[list[Message]], None]) -> None:
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
        self._waiting: list[str] = []
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
        root: tuple[Path, str] | None = None,
        mounts: Sequence[Mount] = (),
    ) -> None:
        """Start a process, once `flush` is called.

        Args:
            token: what it is called.
            argv: its command.
            env: its environment.
            cwd: its own directory.
            root: the root file system to run it in, and the directory within.
            mounts: what is mounted in the root file system.
        """
        message = {"run": token, "argv": list(argv), "env": dict(env), "cwd": str(cwd)}
        if root is not None:
            message |= {"root": str(root[0]), "work": root[1], "mounts": list(mounts)}
        self._waiting.append(json.dumps(message))

    def flush(self) -> None:
        """Let what is to run begin: together it wakes the host but once."""
        if self._waiting:
            waiting, self._waiting = self._waiting, []
            self._send(*waiting)

    def stop(self, token: int, *, grace_seconds: float) -> None:
        """End a process: SIGTERM, and SIGKILL to it and its children after the grace time."""
        self.flush()
        self._send(json.dumps({"stop": token, "grace": grace_seconds}))

    def took(self, token: int, size: int) -> None:
        """Say that this much of what a process has printed is where it belongs."""
        self._send(json.dumps({"took": token, "size": size}))

    def close(self) -> None:
        """Let the host end every process, and wait until it has, and what they printed is taken."""
        self._send(json.dumps({"end": True}))
        self._process.wait()
        self._thread.join()
        with self._lock:
            self._socket.close()

    def _send(self, *lines: str) -> None:
        data = "".join(f"{line}\n" for line in lines).encode()
        with self._lock, contextlib.suppress(OSError):
            self._socket.sendall(data)

    def _read(self) -> None:
        received = b""
        with contextlib.suppress(OSError):
            while data := self._socket.recv(_AT_ONCE):
                messages, received = _messages(received + data)
                if messages:
                    self._receive(messages)
        self._receive([{"lost": True}])


def _messages(received: bytes) -> tuple[list[Message], bytes]:
    """Return the messages that are there as a whole, and what is there of the next."""
    messages: list[Message] = []
    start = 0
    while (end := received.find(b"\n", start) + 1) > 0:
        message = json.loads(received[start:end])
        if "output" in message:
            begin, end = end, end + message.pop("size")
            if end > len(received):
                break
            message["data"] = received[begin:end]
        messages.append(message)
        start = end
    return messages, received[start:]


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
