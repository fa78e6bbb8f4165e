"""End processes so that none is left, however they were started."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from batch_constructs.local.environment_variables import MARKER

if TYPE_CHECKING:
    import psutil

_ROUNDS = 10


def marked_processes(marker: str) -> list[psutil.Process]:
    """Return the processes that inherited a server's marker: its Lambda workers, jobs and theirs.

    The marker is an environment variable, so a job that forks, changes its session or loses its
    parent is still found.
    """
    import psutil

    found = []
    for process in psutil.process_iter():
        try:
            if process.pid != os.getpid() and process.environ().get(MARKER) == marker:
                found.append(process)
        except (psutil.Error, OSError):  # ended meanwhile, or another user's
            continue
    return found


def end_marked_processes(marker: str) -> int:
    """Kill every process that carries the marker; return how many there were.

    A process that forks while it is hunted is met in the next round.
    """
    import psutil

    ended = 0
    for _ in range(_ROUNDS):
        processes = [
            process
            for process in marked_processes(marker)
            if process.status() != psutil.STATUS_ZOMBIE
        ]
        if not processes:
            break
        for process in processes:
            try:
                process.kill()
            except psutil.Error:
                continue
        ended += len(processes)
        psutil.wait_procs(processes, timeout=5)
    return ended
