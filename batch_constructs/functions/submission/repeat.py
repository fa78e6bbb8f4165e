"""A job again, with all it was given; and the convention by which a child knows its index.

A job that repeats children of an array has ``ARRAY_INDICES`` in its environment (``3,17-20``):
its child *i* works on the *i*-th of them.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from batch_constructs.aws.submit_job import RESERVED_VARIABLES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_REVISION = re.compile(r":\d+$")


def repeat(detail: Mapping[str, Any]) -> dict[str, Any]:
    """Build the request that submits a described job again, with all it was given."""
    request: dict[str, Any] = {
        "jobName": detail["jobName"],
        "jobQueue": detail["jobQueue"],
        "jobDefinition": detail["jobDefinition"],
    }
    for name in ("parameters", "retryStrategy", "timeout", "shareIdentifier", "propagateTags"):
        if detail.get(name):
            request[name] = detail[name]
    if "schedulingPriority" in detail and "shareIdentifier" in detail:
        request["schedulingPriorityOverride"] = detail["schedulingPriority"]
    tags = {k: v for k, v in detail.get("tags", {}).items() if not k.startswith("aws:")}
    if tags:
        request["tags"] = tags
    if "container" in detail:
        request["containerOverrides"] = _overrides(detail["container"])
    elif "ecsProperties" in detail:
        request["ecsPropertiesOverride"] = {
            "taskProperties": [
                {
                    "containers": [
                        {"name": container["name"], **_overrides(container)}
                        for container in task["containers"]
                    ]
                }
                for task in detail["ecsProperties"]["taskProperties"]
            ]
        }
    return request


def newest_revision(definition: str) -> str:
    """Give what names the newest active revision of a definition, of an ARN or a name with one."""
    return _REVISION.sub("", definition)


def _overrides(container: Mapping[str, Any]) -> dict[str, Any]:
    overrides: dict[str, Any] = {}
    for name in ("command", "resourceRequirements"):
        if container.get(name):
            overrides[name] = container[name]
    environment = [
        pair
        for pair in container.get("environment", [])
        if not pair["name"].startswith(RESERVED_VARIABLES) and pair["name"] != "ARRAY_INDICES"
    ]
    if environment:
        overrides["environment"] = environment
    return overrides


def numbers_of(listed: str) -> list[int]:
    """Read indices written as ``3,17-20``."""
    found: list[int] = []
    for part in listed.split(","):
        first, _, last = part.partition("-")
        found += range(int(first), int(last or first) + 1)
    return found


def ranges_of(numbers: Sequence[int]) -> str:
    """Write indices as ``3,17-20``."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and runs[-1][1] == number - 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    return ",".join(str(a) if a == b else f"{a}-{b}" for a, b in runs)
