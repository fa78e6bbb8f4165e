"""Ending processes that an earlier run of the service left behind."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from batch_constructs.local.batch.host import start_time

if TYPE_CHECKING:
    from collections.abc import Iterable


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
        _end_by_job_ids({f"AWS_BATCH_JOB_ID={job_id}".encode() for _, _, job_id in recorded})


def _end_by_job_ids(marks: set[bytes]) -> None:
    for entry in Path("/proc").iterdir():
        if not entry.name.isdecimal():
            continue
        with contextlib.suppress(OSError):
            if marks.intersection((entry / "environ").read_bytes().split(b"\0")):
                os.kill(int(entry.name), signal.SIGKILL)
