"""What a container's processes use, as Docker's statistics tell it to the container itself.

https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-metadata-endpoint-v4.html
"""

from __future__ import annotations

import os
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from batch_constructs.aws import container_variables as variables

if TYPE_CHECKING:
    from collections.abc import Mapping

_NANOSECONDS = 1_000_000_000
_NEVER = "0001-01-01T00:00:00Z"


def container_stats(container: Mapping[str, Any], reference: str) -> dict[str, Any]:
    """Return a container's statistics, as of now.

    Args:
        container: its metadata.
        reference: what its own address has of it, by which its processes are found.
    """
    user, system, memory, count = _used(f"/{quote(reference, safe='')}/")
    now = datetime.now(UTC).isoformat().replace("+00:00", "Z")
    return {
        "id": container["DockerId"],
        "name": f"/{container['DockerName']}",
        "read": now,
        "preread": _NEVER,
        "num_procs": 0,
        "pids_stats": {"current": count},
        "cpu_stats": {
            "cpu_usage": {
                "total_usage": int((user + system) * _NANOSECONDS),
                "usage_in_kernelmode": int(system * _NANOSECONDS),
                "usage_in_usermode": int(user * _NANOSECONDS),
            },
            "system_cpu_usage": int(time.monotonic() * _NANOSECONDS),
            "online_cpus": os.cpu_count(),
        },
        "precpu_stats": {"cpu_usage": {"total_usage": 0}},
        "memory_stats": {"usage": memory, "limit": container["Limits"]["Memory"] << 20},
    }


def _used(mark: str) -> tuple[float, float, int, int]:
    """Add up seconds of CPU in user and in kernel mode, bytes of memory, and processes."""
    import psutil

    user = system = 0.0
    memory = count = 0
    for process in psutil.process_iter():
        try:
            if mark in process.environ().get(variables.METADATA_URI, ""):
                times = process.cpu_times()
                user, system = user + times.user, system + times.system
                memory += process.memory_info().rss
                count += 1
        except (psutil.Error, OSError):  # ended meanwhile, or another user's
            continue
    return user, system, memory, count
