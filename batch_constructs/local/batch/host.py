"""The host that jobs run on: a process of its own, which starts their processes and ends them.

It is a program (``python host.py FD``) and imports nothing of ours. The service talks to it over a
socket, one JSON object a line:

- ``{"run": token, "argv": […], "env": {…}, "cwd": …}``, with a file descriptor for the output, and
  perhaps with ``root``, the root file system to run in, ``work``, the directory within, and
  ``mounts``, what is mounted there (folder of this machine, folder there, read only or not), is
  answered with ``{"started": token, "pid": …, "time": …}`` or ``{"failed": token, "error": …}``,
  and later with ``{"exited": token, "code": …}``.
- ``{"stop": token, "grace": seconds}`` sends SIGTERM to the process, as Amazon ECS
  does to the first process of a container, and SIGKILL to all after that time.

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
import json
import os
import selectors
import signal
import socket
import subprocess
import sys
import time
from collections import deque
from pathlib import Path
from typing import Any

_ON_LINUX = sys.platform == "linux"
_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36
_LAST_GRACE_SECONDS = 1.0
_CLONE_NEWNS, _CLONE_NEWUSER, _CLONE_NEWPID = 0x20000, 0x10000000, 0x20000000
_MS_BIND, _MS_REC, _MS_PRIVATE = 0x1000, 0x4000, 0x40000
_MS_RDONLY, _MS_REMOUNT, _MS_RELATIME, _ST_RELATIME = 0x1, 0x20, 0x200000, 0x1000
_MS_KEPT = os.ST_NOSUID | 0x4 | 0x8 | 0x400 | 0x800  # nosuid, nodev, noexec, noatime, nodiratime
_SHARED = ("dev", "sys", "proc", "etc/resolv.conf", "etc/hosts")
"""What a root file system has of this machine's."""

_PASSWD = Path("/etc/passwd")


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
        self.kill_at: float | None = None
        self.family: set[int] = set()


class Accounts:
    """This machine's list of users, in which whoever runs jobs has another home for each."""

    def __init__(self) -> None:
        own = str(os.getuid())
        listed = _PASSWD.read_text(encoding="utf-8", errors="surrogateescape").splitlines()
        lines = [line.split(":") for line in listed]
        if not any(fields[2:3] == [own] for fields in lines):
            lines.append(["job", "x", own, str(os.getgid()), "", "", "/bin/sh"])
        self._others = "".join(f"{':'.join(one)}\n" for one in lines if one[2:3] != [own])
        self._before, self._after = next(
            (":".join(one[:5]), ":".join(one[6:])) for one in lines if one[2:3] == [own]
        )
        self._at_first: int | None = None
        self._libc = ctypes.CDLL(None, use_errno=True)

    def show(self, home: str) -> None:
        """Let this process see a home as its own from now on, and what it starts until the next.

        In a namespace of mounts that is new each time: what was started before keeps its own.
        This process starts nothing else in it.
        """
        libc = self._libc
        place = os.fsencode(f"{home}.passwd")
        entry = f"{self._before}:{home}:{self._after}\n{self._others}"
        file = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o644)
        try:
            with os.fdopen(file, "w", encoding="utf-8", errors="surrogateescape") as opened:
                opened.write(entry)
            if self._at_first is None:
                self._at_first = os.open("/proc/self/ns/mnt", os.O_RDONLY | os.O_CLOEXEC)
            _called(libc.setns(self._at_first, _CLONE_NEWNS))
            _called(libc.unshare(_CLONE_NEWNS))
            _called(libc.mount(place, bytes(_PASSWD), None, _MS_BIND, None))
        finally:
            os.unlink(place)  # noqa: PTH108 - each start of a job waits for it


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
        self._selector = selectors.DefaultSelector()
        self._by_pid: dict[int, Process] = {}
        self._by_token: dict[int, Process] = {}
        self._input = b""
        self._descriptors: deque[int] = deque()
        self._output = b""
        self._closed = False
        self._libc = ctypes.CDLL(None) if _ON_LINUX else None
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
        self._selector.register(self._service, selectors.EVENT_READ)
        self._selector.register(woken, selectors.EVENT_READ)
        while not self._closed or self._by_pid:
            for key, events in self._selector.select(self._next_in()):
                if key.fileobj is woken:
                    with contextlib.suppress(BlockingIOError):
                        woken.recv(4096)
                elif events & selectors.EVENT_READ:
                    self._read()
                if key.fileobj is self._service and events & selectors.EVENT_WRITE:
                    self._write()
            self._reap()
            self._kill_late()
        self._end_strays()

    def _read(self) -> None:
        try:
            data, descriptors, _, _ = socket.recv_fds(self._service, 1 << 16, 64)
        except BlockingIOError:
            return
        except OSError:
            data, descriptors = b"", []
        for descriptor in descriptors:
            os.set_inheritable(descriptor, False)  # noqa: FBT003 - the name says what it is
            self._descriptors.append(descriptor)
        if not data:
            self._close()
            return
        *lines, self._input = (self._input + data).split(b"\n")
        for line in lines:
            message = json.loads(line)
            if "run" in message:
                self._start(message, self._descriptors.popleft())
            else:
                self._stop(message["stop"], message["grace"])

    def _close(self) -> None:
        """The service has gone: end everything."""
        self._closed = True
        self._selector.unregister(self._service)
        for token in list(self._by_token):
            self._stop(token, _LAST_GRACE_SECONDS)

    def _start(self, message: dict[str, Any], output: int) -> None:
        token = message["run"]
        env = message["env"]
        root = message.get("root")

        def prepare() -> None:
            self._die_with_host()
            try:
                if root is not None:
                    mounts = message["mounts"]
                    _enter(Path(root), Path(message["cwd"]), message["work"], mounts)
            except OSError as problem:  # who started it learns no more than that there was one
                os.write(2, f"its file system cannot be made: {problem}\n".encode())
                raise

        if root is not None and not self._in_namespace:
            os.close(output)
            self._send({"failed": token, "error": "this machine has no namespaces for its image"})
            return
        try:
            if root is None and self._in_namespace:
                self._accounts.show(message["cwd"])
                pid = _spawned(message["argv"], env, message["cwd"], output)
            else:
                process = subprocess.Popen(  # noqa: S603 - running commands is what a host is for
                    message["argv"],
                    env=env,
                    cwd=message["cwd"],
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=output,
                    start_new_session=True,
                    preexec_fn=prepare,  # noqa: PLW1509 - there is one thread
                )
                process.returncode = 0  # it is waited for here, not by the object
                pid = process.pid
        except (OSError, ValueError, subprocess.SubprocessError) as error:
            self._send({"failed": token, "error": _spawn_error(error, message["argv"])})
            return
        finally:
            os.close(output)
        marks = frozenset(
            f"{name}={env[name]}".encode()
            for name in ("AWS_BATCH_JOB_ID", "AWS_BATCH_JOB_ATTEMPT")
            if name in env
        )
        self._by_pid[pid] = self._by_token[token] = Process(token, pid, marks)
        self._send({"started": token, "pid": pid, "time": start_time(pid)})

    def _die_with_host(self) -> None:
        if self._libc is not None:
            self._libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
            if os.getppid() != self._pid:
                os._exit(1)

    def _stop(self, token: int, grace: float) -> None:
        process = self._by_token.get(token)
        if process is None:
            return
        process.family |= _descendants(process.pid)
        _signal(process.pid, signal.SIGTERM)
        due = time.monotonic() + grace
        process.kill_at = due if process.kill_at is None else min(due, process.kill_at)

    def _kill_late(self) -> None:
        now = time.monotonic()
        for process in list(self._by_pid.values()):
            if process.kill_at is not None and process.kill_at <= now:
                process.kill_at = now + _LAST_GRACE_SECONDS
                process.family |= _descendants(process.pid)
                self._kill(process)

    def _kill(self, process: Process) -> None:
        """Kill a process's group, and of what it has started as far as that is known."""
        for pid in process.family:
            if _has_marks(pid, process.marks):
                _signal(pid, signal.SIGKILL)
        _signal_group(process.pid, signal.SIGKILL)

    def _reap(self) -> None:
        reaped = False
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                break
            if pid == 0:
                break
            reaped = True
            process = self._by_pid.get(pid)
            if process is not None:
                self._kill(process)
                del self._by_pid[pid]
                del self._by_token[process.token]
                code = os.waitstatus_to_exitcode(status)
                self._send({"exited": process.token, "code": code})
        if reaped:
            self._end_strays()

    def _end_strays(self) -> None:
        """Kill what outlived the job that started it.

        A process without a parent whose environment names no running job is nobody's.
        """
        alive = [process.marks for process in self._by_pid.values() if process.marks]
        for pid in _children(self._pid) - set(self._by_pid):
            if not alive or not any(_has_marks(pid, marks) for marks in alive):
                _signal(pid, signal.SIGKILL)

    def _next_in(self) -> float | None:
        due = [process.kill_at for process in self._by_pid.values() if process.kill_at is not None]
        return max(0.0, min(due) - time.monotonic()) if due else None

    def _send(self, message: dict[str, Any]) -> None:
        self._output += json.dumps(message).encode() + b"\n"
        self._write()

    def _write(self) -> None:
        if self._closed:
            return
        try:
            sent = self._service.send(self._output)
        except BlockingIOError:
            sent = 0
        except OSError:
            self._close()
            return
        self._output = self._output[sent:]
        wanted = selectors.EVENT_READ | (selectors.EVENT_WRITE if self._output else 0)
        self._selector.modify(self._service, wanted)


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


def _read(path: str) -> bytes:
    """Read a file of /proc; every start and end of a job waits for some of them."""
    file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        parts = []
        while part := os.read(file, 1 << 16):
            parts.append(part)
        return b"".join(parts)
    finally:
        os.close(file)


def start_time(pid: int) -> str:
    """Return when a process started, in whatever unit the system has; empty where it is gone."""
    if _ON_LINUX:
        try:
            stat = _read(f"/proc/{pid}/stat")
        except OSError:
            return ""
        return stat.rpartition(b")")[2].split()[19].decode()
    command = ["/bin/ps", "-o", "lstart=", "-p", str(pid)]
    answer = subprocess.run(command, capture_output=True, check=False)  # noqa: S603 - a fixed path
    return answer.stdout.decode().strip()


def _spawn_error(error: Exception, argv: list[str]) -> str:
    if isinstance(error, FileNotFoundError) and error.filename == argv[0]:
        return f"{argv[0]!r} was not found on this machine"
    if isinstance(error, PermissionError) and error.filename == argv[0]:
        return f"{argv[0]!r} may not be executed on this machine"
    return str(error)


def _children(pid: int) -> set[int]:
    found: set[int] = set()
    if _ON_LINUX:
        with contextlib.suppress(OSError):
            for task in os.listdir(f"/proc/{pid}/task"):  # noqa: PTH208 - as in _read
                found.update(map(int, _read(f"/proc/{pid}/task/{task}/children").split()))
    return found


def _descendants(pid: int) -> set[int]:
    found: set[int] = set()
    ahead = [pid]
    while ahead:
        for child in _children(ahead.pop()) - found:
            found.add(child)
            ahead.append(child)
    return found


def _has_marks(pid: int, marks: frozenset[bytes]) -> bool:
    try:
        environment = _read(f"/proc/{pid}/environ").split(b"\0")
    except OSError:
        return False
    return marks <= set(environment)


def _signal(pid: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.kill(pid, number)


def _signal_group(pid: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, number)


def move_into_namespace() -> bool:
    """Go on as the first process of a PID namespace; say whether that is possible.

    What was this process waits for it, and ends when it does; if it is killed, so are all in the
    namespace.
    """
    flags = next((flags for flags in _ways() if _tried(flags)), None) if _ON_LINUX else None
    if flags is None:
        return False
    _unshare(flags)
    child = os.fork()
    if child:
        for descriptor in range(3, 64):
            with contextlib.suppress(OSError):
                os.close(descriptor)
        os._exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) & 255)
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    _mount_proc()
    return True


def _ways() -> list[int]:
    """Return the namespaces to ask for: as a user, one of users is needed to have the others."""
    own = _CLONE_NEWPID | _CLONE_NEWNS
    return [own, own | _CLONE_NEWUSER]


def _tried(flags: int) -> bool:
    """Try in a process that ends at once, since half of a namespace would be worse than none."""
    child = os.fork()
    if child == 0:
        code = 1
        with contextlib.suppress(OSError):
            _unshare(flags)
            inner = os.fork()
            if inner == 0:
                _mount_proc()
                os._exit(0)
            code = os.waitstatus_to_exitcode(os.waitpid(inner, 0)[1])
        os._exit(code & 255)
    return os.waitpid(child, 0)[1] == 0


def _unshare(flags: int, *, inside: int | None = None) -> None:
    """Leave namespaces; in a new one of users, be the same user, or the one that is given."""
    user, group = os.getuid(), os.getgid()
    _called(ctypes.CDLL(None, use_errno=True).unshare(flags))
    if flags & _CLONE_NEWUSER:
        Path("/proc/self/setgroups").write_text("deny", encoding="ascii")
        Path("/proc/self/uid_map").write_text(_only(user, inside), encoding="ascii")
        Path("/proc/self/gid_map").write_text(_only(group, inside), encoding="ascii")


def _only(outside: int, inside: int | None) -> str:
    return f"{outside if inside is None else inside} {outside} 1"


def _mount_proc() -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    _called(libc.mount(b"none", b"/", None, _MS_REC | _MS_PRIVATE, None))
    _called(libc.mount(b"proc", b"/proc", b"proc", 0, None))


def _enter(root: Path, own: Path, work: str, mounts: list[tuple[str, str, bool]]) -> None:
    """Change to another root file system; what is written there is the job's own, if it can be.

    As in a container, the user there is root.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    _unshare(_CLONE_NEWNS | (_CLONE_NEWUSER if os.getuid() else 0), inside=0)
    new, upper, inner = (own / f".{os.getpid()}" / name for name in ("root", "upper", "inner"))
    for path in (new, upper, inner):
        path.mkdir(parents=True)
    layers = f"lowerdir={root},upperdir={upper},workdir={inner}".encode()
    if libc.mount(b"overlay", bytes(new), b"overlay", 0, layers) != 0:
        _called(libc.mount(bytes(root), bytes(new), None, _MS_BIND | _MS_REC, None))
    for name in _SHARED:
        source, target = Path("/", name), new / name
        if source.is_dir():
            target.mkdir(parents=True, exist_ok=True)
        else:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.touch()
        _called(libc.mount(bytes(source), bytes(target), None, _MS_BIND | _MS_REC, None))
    opened = [os.open(folder, os.O_RDONLY | os.O_DIRECTORY) for folder, _, _ in mounts]
    os.chroot(new)
    os.chdir("/")
    for folder, (_, place, read_only) in zip(opened, mounts, strict=True):
        _mount(folder, Path(place).resolve(), read_only=read_only)  # links lead within by now
    Path(work).mkdir(parents=True, exist_ok=True)
    os.chdir(work)


def _mount(source: int, target: Path, *, read_only: bool) -> None:
    """Let an open folder be seen at another place."""
    libc = ctypes.CDLL(None, use_errno=True)
    target.mkdir(parents=True, exist_ok=True)
    place = bytes(target)
    _called(libc.mount(f"/proc/self/fd/{source}".encode(), place, None, _MS_BIND, None))
    if read_only:
        found = os.statvfs(target).f_flag  # what it has besides, it has to keep
        kept = found & _MS_KEPT | (_MS_RELATIME if found & _ST_RELATIME else 0)
        flags = _MS_BIND | _MS_REMOUNT | _MS_RDONLY | kept
        _called(libc.mount(None, place, None, flags, None))


def _called(result: int) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


if __name__ == "__main__":
    service_socket = socket.socket(fileno=int(sys.argv[1]))
    Host(service_socket, in_namespace=move_into_namespace()).run()
