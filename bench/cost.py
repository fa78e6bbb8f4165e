"""What a program and the Node process behind jsii have cost so far, read from the kernel."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

_TICKS = os.sysconf("SC_CLK_TCK")


def count_calls() -> Callable[[], int]:
    """Count the messages that go to the jsii kernel from now on; call the result for the count."""
    from jsii._kernel.providers import process

    node: Any = process._NodeProcess
    send, sent = node.send, [0]

    def counted(self: object, *args: object, **kwargs: object) -> object:
        sent[0] += 1
        return send(self, *args, **kwargs)

    node.send = counted
    return lambda: sent[0]


def cost_so_far(started: float) -> dict[str, float]:
    """Return wall and CPU seconds, and peak megabytes, of this process and those below it."""
    family = _family(os.getpid())
    python, *others = ((_cpu_seconds(pid), _peak_megabytes(pid)) for pid in family)
    return {
        "wall_s": round(time.perf_counter() - started, 3),
        "cpu_s": round(python[0] + sum(cpu for cpu, _ in others), 3),
        "python_cpu_s": round(python[0], 3),
        "python_mb": round(python[1]),
        "node_mb": round(sum(megabytes for _, megabytes in others)),
    }


def _family(root: int) -> list[int]:
    parents = {
        int(entry.name): _stat(int(entry.name))
        for entry in Path("/proc").iterdir()
        if entry.name.isdigit()
    }
    family = [root]
    for pid in family:
        family += [child for child, stat in parents.items() if stat and int(stat[1]) == pid]
    return family


def _stat(pid: int) -> list[str]:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    except OSError:
        return []


def _cpu_seconds(pid: int) -> float:
    stat = _stat(pid)
    return (int(stat[11]) + int(stat[12])) / _TICKS if stat else 0.0


def _peak_megabytes(pid: int) -> float:
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM")), 0.0)
