"""Volumes of jobs that run in root file systems: folders of the embedded AWS, not of the user's."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from batch_constructs.local.batch.host_link import Mount


def mounts(properties: Mapping[str, Any], *, of_task: Path, kept: Path) -> Iterator[Mount]:
    """Yield what is mounted in a container, and make its folders.

    A file system (EFS) and a path of an instance are the same for all jobs; what has neither lives
    as long as its task.

    Args:
        properties: the container's.
        of_task: where the task works.
        kept: where the volumes are that live longer.
    """
    volumes = {volume["name"]: volume for volume in properties.get("volumes", ())}
    for point in properties.get("mountPoints", ()):
        if "containerPath" not in point:
            continue
        volume = volumes.get(point.get("sourceVolume"), {})
        what = {key: value for key, value in volume.items() if key != "name" and value != {}}
        digest = hashlib.sha256(json.dumps(what, sort_keys=True).encode()).hexdigest()
        name = str(volume.get("name", point["containerPath"])).replace("/", "-")
        folder = kept / digest[:32] if what else of_task / f".volume-{name}"
        folder.mkdir(parents=True, exist_ok=True)
        yield str(folder), point["containerPath"], bool(point.get("readOnly", False))
