"""Processes of this machine: when they began, what they started, whose they are."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_ON_LINUX = sys.platform == "linux"


def read_file(path: str) -> bytes:
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
            stat = read_file(f"/proc/{pid}/stat")
        except OSError:
            return ""
        return stat.rpartition(b")")[2].split()[19].decode()
    command = ["/bin/ps", "-o", "lstart=", "-p", str(pid)]
    answer = subprocess.run(command, capture_output=True, check=False)  # noqa: S603 - a fixed path
    return answer.stdout.decode().strip()


def children(pid: int, threads: Iterable[int] | None = None) -> set[int]:
    """Return the processes that a process has started, by whichever of its threads."""
    found: set[int] = set()
    if _ON_LINUX:
        with contextlib.suppress(OSError):
            if threads is None:
                threads = map(int, os.listdir(f"/proc/{pid}/task"))  # noqa: PTH208 - as in read_file
            for task in threads:
                found.update(map(int, read_file(f"/proc/{pid}/task/{task}/children").split()))
    return found


def descendants(pid: int) -> set[int]:
    """Return the children of a process, and theirs."""
    found: set[int] = set()
    ahead = [pid]
    while ahead:
        for child in children(ahead.pop()) - found:
            found.add(child)
            ahead.append(child)
    return found


def has_marks(pid: int, marks: frozenset[bytes]) -> bool:
    """Tell whether a process has these parts in its environment."""
    try:
        environment = read_file(f"/proc/{pid}/environ").split(b"\0")
    except OSError:
        return False
    return marks <= set(environment)


def signal_process(pid: int, number: int) -> None:
    """Send a signal to a process that may be gone."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.kill(pid, number)


def signal_group(pid: int, number: int) -> None:
    """Send a signal to a process group that may be gone."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, number)
