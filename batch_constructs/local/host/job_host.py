"""The host's program. The service talks to it over a socket, one JSON object a line.

- ``{"run": token, "argv": […], "env": {…}, "cwd": …}``, perhaps with ``root``, the root file system
  to run in, ``work``, the directory within, and ``mounts``, what is mounted there (folder of this
  machine, folder there, read only or not), is answered with ``{"started": token, "pid": …,
  "time": …}`` or ``{"failed": token, "error": …}``, then with ``{"output": token, "size": …}`` and
  that many bytes behind the line as often as it prints something, and at last with
  ``{"exited": token, "code": …}``.
- ``{"took": token, "size": …}`` says that so much of the output is where it belongs. What is ahead
  of that has a limit, where the host reads no more of the process, and of no other: so a job that
  prints much waits itself, and what is said of the others does not wait behind it.
- ``{"stop": token, "grace": seconds}`` sends SIGTERM to the process, as Amazon ECS
  does to the first process of a container, and SIGKILL to all after that time.
- ``{"end": true}`` does so with all; the host ends once what they printed has been taken.

When a job's process ends, everything it started ends with it, as in a container. On Linux that
holds for processes that left its process group, too: the host is their "subreaper", so they become
its children, and their environment tells whose they were. When the socket closes, because the
service ended or was killed, the host kills all jobs and ends.

Where Linux lets it, the host lives in a PID namespace of its own, so that jobs see each other's
processes at most: not the user's shell, not the server, not their secrets in ``/proc``.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import fcntl
import json
import os
import resource
import selectors
import signal
import socket
import subprocess
import sys
import termios
import time
from pathlib import Path
from typing import Any

from batch_constructs.aws.container_variables import JOB_ATTEMPT, JOB_ID
from batch_constructs.local.host.job_namespaces import Accounts, enter, move_into_namespace
from batch_constructs.local.host.process_tree import (
    children,
    descendants,
    has_marks,
    signal_group,
    signal_process,
    start_time,
)

_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36
_LAST_GRACE_SECONDS = 1.0
_LEFT_OPEN_SECONDS = 5.0
"""How long after a process has ended others may keep its output open."""

_CHUNK = 1 << 16
_AHEAD = 1 << 17
"""How much of a process's output may be on its way."""

_COMMANDS = 1 << 13
"""How much of what the service says is done before it is answered."""

_FILES = 1 << 16
"""How many files are open at most: one for each process. Jobs inherit it, and some close all."""


def main(descriptor: int) -> None:
    """Run jobs for the service at the other end of a socket, until it has gone."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = _FILES if hard == resource.RLIM_INFINITY else min(hard, _FILES)
    if soft != resource.RLIM_INFINITY and soft < most:
        with contextlib.suppress(ValueError, OSError):  # macOS has a limit of its own
            resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
    service = socket.socket(fileno=descriptor)
    Host(service, in_namespace=move_into_namespace()).run()


class Process:
    """A job's process.

    Args:
        token: what the service calls it.
        pid: its process ID, and that of its process group.
        marks: the parts of its environment that its descendants inherit.
    """

    def __init__(self, token: int, pid: int, marks: frozenset[bytes]) -> None:
        self.token = token
        self.pid = pid
        self.marks = marks
        self.family: set[int] = set()
        self.code: int | None = None
        self.output: int | None = None
        self.ahead = 0


class Host:
    """Starts, watches and ends processes.

    Args:
        service: the socket to the service.
        in_namespace: whether jobs can have root file systems of their own.
    """

    def __init__(self, service: socket.socket, *, in_namespace: bool = False) -> None:
        self._service = service
        service.set_inheritable(False)
        self._in_namespace = in_namespace
        self._everything = selectors.DefaultSelector()
        self._only_service = selectors.DefaultSelector()  # while it does not take what there is
        self._by_pid: dict[int, Process] = {}
        self._by_token: dict[int, Process] = {}
        self._reading: dict[int, Process] = {}
        self._open: dict[Process, float] = {}
        self._kill_at: dict[Process, float] = {}
        self._input = b""
        self._output = bytearray()
        self._closed = False
        self._gone = False
        self._libc = ctypes.CDLL(None) if sys.platform == "linux" else None
        self._pid = os.getpid()
        self._accounts = Accounts()

    def run(self) -> None:
        """Work until the service has gone and no process is left."""
        if self._libc is not None:
            self._libc.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
        wake, woken = socket.socketpair()
        for end in (wake, woken, self._service):
            end.setblocking(False)  # noqa: FBT003 - the name says what it is
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(wake.fileno(), warn_on_full_buffer=False)
        for selector in (self._everything, self._only_service):
            selector.register(self._service, selectors.EVENT_READ)
            selector.register(woken, selectors.EVENT_READ)
        both = selectors.EVENT_READ | selectors.EVENT_WRITE
        self._only_service.modify(self._service, both)
        while not self._closed or self._by_pid or self._open or self._output:
            selector = self._only_service if self._output else self._everything
            for key, events in selector.select(self._next_in()):
                if key.data is not None:
                    self._pass_on(key.data)
                elif key.fileobj is woken:
                    with contextlib.suppress(BlockingIOError):
                        woken.recv(4096)
                elif events & selectors.EVENT_READ:
                    self._read()
            self._reap()
            self._do_what_is_due()
            self._write()
        self._end_strays()

    def _read(self) -> None:
        try:
            data = self._service.recv(_COMMANDS)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self._close()
            return
        *lines, self._input = (self._input + data).split(b"\n")
        for line in lines:
            message = json.loads(line)
            if "took" in message:
                self._took(message["took"], message["size"])
            elif "end" in message:
                self._end()
            elif "stop" in message:
                self._stop(message["stop"], message["grace"])
            elif not self._closed:
                self._start(message)

    def _end(self) -> None:
        """End every process, and then this one."""
        self._closed = True
        for token in list(self._by_token):
            self._stop(token, _LAST_GRACE_SECONDS)

    def _close(self) -> None:
        """The service has gone: end everything."""
        if self._gone:
            return
        self._gone = True
        self._everything.unregister(self._service)
        self._only_service.modify(self._service, selectors.EVENT_WRITE)
        self._end()

    def _start(self, message: dict[str, Any]) -> None:
        token = message["run"]
        env = message["env"]
        root = message.get("root")

        def prepare() -> None:
            self._die_with_host()
            try:
                if root is not None:
                    mounts = message["mounts"]
                    enter(Path(root), Path(message["cwd"]), message["work"], mounts)
            except OSError as problem:  # who started it learns no more than that there was one
                os.write(2, f"its file system cannot be created: {problem}\n".encode())
                raise

        if root is not None and not self._in_namespace:
            error = "this machine does not support the namespaces that its image needs"
            self._send({"failed": token, "error": error})
            return
        reading = output = None
        try:
            reading, output = os.pipe()
            if root is None and self._in_namespace:
                self._accounts.show(message["cwd"])
                pid = _spawned(message["argv"], env, message["cwd"], output)
            else:
                started = subprocess.Popen(  # noqa: S603 - running commands is what a host is for
                    message["argv"],
                    env=env,
                    cwd=message["cwd"],
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=output,
                    start_new_session=True,
                    preexec_fn=prepare,  # noqa: PLW1509 - there is one thread
                )
                started.returncode = 0  # it is waited for here, not by the object
                pid = started.pid
        except (OSError, ValueError, subprocess.SubprocessError) as error:
            if output is not None and reading is not None:
                os.close(output)
                self._send_output(token, os.read(reading, _CHUNK))
                os.close(reading)
            self._send({"failed": token, "error": _spawn_error(error, message["argv"])})
            return
        os.close(output)
        os.set_blocking(reading, False)
        marks = frozenset(
            f"{name}={env[name]}".encode() for name in (JOB_ID, JOB_ATTEMPT) if name in env
        )
        self._by_pid[pid] = self._by_token[token] = process = Process(token, pid, marks)
        process.output, self._reading[token] = reading, process
        self._everything.register(reading, selectors.EVENT_READ, process)
        # In a namespace it has another number outside; there it is found by its environment.
        began = "" if self._in_namespace else start_time(pid)
        self._send({"started": token, "pid": pid, "time": began})

    def _die_with_host(self) -> None:
        if self._libc is not None:
            self._libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
            if os.getppid() != self._pid:
                os._exit(1)

    def _stop(self, token: int, grace: float) -> None:
        process = self._by_token.get(token)
        if process is None:
            return
        process.family |= descendants(process.pid)
        signal_process(process.pid, signal.SIGTERM)
        due = time.monotonic() + grace
        self._kill_at[process] = min(due, self._kill_at.get(process, due))

    def _pass_on(self, process: Process) -> None:
        """Send what a process has printed; at its end, or where nothing follows, say that."""
        if process.output is None:
            return
        try:
            data = os.read(process.output, min(_CHUNK, _AHEAD - process.ahead))
        except BlockingIOError:
            return
        if not data:
            self._close_output(process)
            return
        self._send_output(process.token, data)
        process.ahead += len(data)
        if process.ahead == _AHEAD:
            self._everything.unregister(process.output)

    def _took(self, token: int, size: int) -> None:
        process = self._reading.get(token)
        if process is None or process.output is None:
            return
        if process.ahead == _AHEAD:
            self._everything.register(process.output, selectors.EVENT_READ, process)
        process.ahead -= size

    def _close_output(self, process: Process) -> None:
        """Read no more of a process than there is; where it has ended, say so."""
        if process.output is not None:
            there = fcntl.ioctl(process.output, termios.FIONREAD, bytes(4))
            self._send_output(
                process.token, os.read(process.output, int.from_bytes(there, sys.byteorder))
            )
            if process.ahead < _AHEAD:
                self._everything.unregister(process.output)
            os.close(process.output)
            process.output = None
            del self._reading[process.token]
        if self._open.pop(process, None) is not None:
            self._send({"exited": process.token, "code": process.code})

    def _do_what_is_due(self) -> None:
        now = time.monotonic()
        for process, due in list(self._open.items()):
            if due <= now:
                self._close_output(process)
        for process, due in list(self._kill_at.items()):
            if due <= now:
                self._kill_at[process] = now + _LAST_GRACE_SECONDS
                process.family |= descendants(process.pid)
                self._kill(process)

    def _kill(self, process: Process) -> None:
        """Kill a process's group, and of what it has started as far as that is known."""
        for pid in process.family:
            if has_marks(pid, process.marks):
                signal_process(pid, signal.SIGKILL)
        signal_group(process.pid, signal.SIGKILL)

    def _reap(self) -> None:
        reaped = False
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return  # nothing is left that could have outlived a job
            if pid == 0:
                break
            reaped = True
            process = self._by_pid.get(pid)
            if process is not None:
                self._kill(process)
                del self._by_pid[pid]
                del self._by_token[process.token]
                self._kill_at.pop(process, None)
                process.code = os.waitstatus_to_exitcode(status)
                patience = _LAST_GRACE_SECONDS if self._closed else _LEFT_OPEN_SECONDS
                self._open[process] = time.monotonic() + patience
                if process.output is None:
                    self._close_output(process)
        if reaped:
            self._end_strays()

    def _end_strays(self) -> None:
        """Kill what outlived the job that started it.

        A process without a parent whose environment names no running job is nobody's.
        """
        alive = [process.marks for process in self._by_pid.values() if process.marks]
        for pid in children(self._pid, threads=[self._pid]) - set(self._by_pid):
            if not alive or not any(has_marks(pid, marks) for marks in alive):
                signal_process(pid, signal.SIGKILL)

    def _next_in(self) -> float | None:
        due = [*self._kill_at.values(), *self._open.values()]
        return max(0.0, min(due) - time.monotonic()) if due else None

    def _send(self, message: dict[str, Any]) -> None:
        self._output += json.dumps(message).encode() + b"\n"

    def _send_output(self, token: int, data: bytes) -> None:
        if data:
            self._send({"output": token, "size": len(data)})
            self._output += data

    def _write(self) -> None:
        if not self._output:
            return
        try:
            sent = self._service.send(self._output)
        except BlockingIOError:
            return
        except OSError:  # nobody listens any more
            self._close()
            sent = len(self._output)
        del self._output[:sent]


def _spawned(argv: list[str], env: dict[str, str], cwd: str, output: int) -> int:
    """Start a process in a session of its own; in a third of the time that `Popen` takes.

    Raises:
        OSError: it cannot be started.
    """
    os.chdir(cwd)  # it has what this process has
    try:
        return os.posix_spawn(
            _found(argv[0], env),
            argv,
            env,
            file_actions=(
                (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
                (os.POSIX_SPAWN_DUP2, output, 1),
                (os.POSIX_SPAWN_DUP2, output, 2),
            ),
            setsid=True,
            setsigdef=(signal.SIGPIPE, signal.SIGXFSZ),  # Python ignores them, jobs do not
        )
    finally:
        os.chdir("/")


def _found(program: str, env: dict[str, str]) -> str:
    """Return where a program is, looked for as a shell looks for it.

    Raises:
        OSError: it is nowhere, or may not be executed, with the name that was given.
    """
    if "/" in program:
        places = [program]
    else:
        places = [f"{folder}/{program}" for folder in env.get("PATH", os.defpath).split(":")]
    refused = errno.ENOENT
    for place in places:
        there = os.path.isfile(place)  # noqa: PTH113 - each start of a job waits for it
        if there and os.access(place, os.X_OK):
            return place
        if there:
            refused = errno.EACCES
    raise OSError(refused, os.strerror(refused), program)


def _spawn_error(error: Exception, argv: list[str]) -> str:
    if isinstance(error, FileNotFoundError) and error.filename == argv[0]:
        return f"{argv[0]!r} was not found on this machine"
    if isinstance(error, PermissionError) and error.filename == argv[0]:
        return f"{argv[0]!r} cannot be executed on this machine"
    return str(error)
