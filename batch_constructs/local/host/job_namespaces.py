"""What jobs see of this machine, where Linux lets it: processes, users, a root file system.

See https://man7.org/linux/man-pages/man7/namespaces.7.html
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import select
import signal
import sys
from pathlib import Path

_PR_SET_PDEATHSIG = 1
_CLONE_NEWNS, _CLONE_NEWUSER, _CLONE_NEWPID = 0x20000, 0x10000000, 0x20000000
_MS_BIND, _MS_REC, _MS_PRIVATE = 0x1000, 0x4000, 0x40000
_MS_RDONLY, _MS_REMOUNT, _MS_RELATIME, _ST_RELATIME = 0x1, 0x20, 0x200000, 0x1000
_MS_KEPT = os.ST_NOSUID | 0x4 | 0x8 | 0x400 | 0x800  # nosuid, nodev, noexec, noatime, nodiratime
_SHARED = ("dev", "sys", "proc", "etc/resolv.conf", "etc/hosts")
"""What a root file system has of this machine's."""

_PASSWD = Path("/etc/passwd")
_MOST_KEPT = 256
"""How many jobs may begin at once without a namespace that is made for each."""


class Accounts:
    """This machine's list of users, in which whoever runs jobs has another home for each."""

    def __init__(self) -> None:
        self._own = own = str(os.getuid())
        listed = _PASSWD.read_text(encoding="utf-8", errors="surrogateescape").splitlines()
        lines = [line.split(":") for line in listed]
        if not any(fields[2:3] == [own] for fields in lines):
            lines.append(["job", "x", own, str(os.getgid()), "", "", "/bin/sh"])
        self._others = "".join(f"{':'.join(one)}\n" for one in lines if one[2:3] != [own])
        self._before, self._after = next(
            (":".join(one[:5]), ":".join(one[6:])) for one in lines if one[2:3] == [own]
        )
        self._at_first: int | None = None
        self._kept: dict[str, _Kept] = {}
        self._libc = ctypes.CDLL(None, use_errno=True)

    def show(self, home: str) -> None:
        """Let this process see a home as its own from now on, and what it starts until the next.

        In a namespace of mounts for each: what was started before keeps its own. It is kept for
        those who work in the same home later, unless one has mounted in it, as root can. This
        process starts nothing else in it.
        """
        if home in self._kept:
            kept = self._kept[home]
            _called(self._libc.setns(kept.namespace, _CLONE_NEWNS))
            if self._own != "0" or kept.unchanged():
                return
            self._kept.pop(home).close()
        self._make(home)
        if len(self._kept) < _MOST_KEPT:
            self._kept[home] = _Kept()

    def _make(self, home: str) -> None:
        libc = self._libc
        place = os.fsencode(f"{home}.passwd")
        entry = f"{self._before}:{home}:{self._after}\n{self._others}"
        file = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o644)
        try:
            with os.fdopen(file, "w", encoding="utf-8", errors="surrogateescape") as opened:
                opened.write(entry)
            if self._at_first is None:
                self._at_first = _namespace()
            _called(libc.setns(self._at_first, _CLONE_NEWNS))
            _called(libc.unshare(_CLONE_NEWNS))
            _called(libc.mount(place, bytes(_PASSWD), None, _MS_BIND, None))
        finally:
            os.unlink(place)  # noqa: PTH108 - each start of a job waits for it


class _Kept:
    """The namespace of mounts that this process is in."""

    def __init__(self) -> None:
        self.namespace = _namespace()
        self._mounts = os.open("/proc/self/mounts", os.O_RDONLY | os.O_CLOEXEC)
        self._poll = select.poll()
        self._poll.register(self._mounts, select.POLLPRI)

    def unchanged(self) -> bool:
        """Tell whether nobody has mounted anything in it; Linux notes that on the open file."""
        return not self._poll.poll(0)

    def close(self) -> None:
        os.close(self.namespace)
        os.close(self._mounts)


def _namespace() -> int:
    return os.open("/proc/self/ns/mnt", os.O_RDONLY | os.O_CLOEXEC)


def move_into_namespace() -> bool:
    """Go on as the first process of a PID namespace; say whether that is possible.

    What was this process waits for it, and ends when it does; if it is killed, so are all in the
    namespace.
    """
    if sys.platform != "linux":
        return False
    flags = next((flags for flags in _ways() if _tried(flags)), None)
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


def enter(root: Path, own: Path, work: str, mounts: list[tuple[str, str, bool]]) -> None:
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
