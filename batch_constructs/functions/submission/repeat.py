"""A job again, with all it was given: the one request of Spot rescue and of ``redrive``.

A job that repeats children of an array has ``ARRAY_INDICES`` in its environment (``3,17-20``):
its child *i* works on the *i*-th of them.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from batch_constructs.aws.overridden_containers import copied
from batch_constructs.aws.submit_job import (
    ARRAY_INDICES,
    MOST_CHILDREN,
    RESCUES,
    RESERVED_VARIABLES,
    overrides_length,
)
from batch_constructs.functions.claims.ranges import ranges_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

MOST_RESCUES = 3
"""So often a job is rescued: from one Spot queue to the next, and to one on demand."""

WHOSE = "batch-constructs:claim"
"""The tag that says whose submission a job is."""

_ALIKE = ("parameters", "retryStrategy", "timeout", "shareIdentifier", "propagateTags")
"""What a description and a submission call alike."""

_ECS, _EKS = ("command", "resourceRequirements"), ("image", "command", "args", "resources")

_REVISION = re.compile(r":\d+$")
_RUN = re.compile(r"([0-9]{1,5})(?:-([0-9]{1,5}))?")


def repeat(detail: Mapping[str, Any]) -> dict[str, Any]:
    """Build the request that submits a described job again, with all it was given."""
    request: dict[str, Any] = {
        "jobName": detail["jobName"],
        "jobQueue": detail["jobQueue"],
        "jobDefinition": detail["jobDefinition"],
    }
    for name in _ALIKE:
        if detail.get(name):
            request[name] = detail[name]
    if "schedulingPriority" in detail and "shareIdentifier" in detail:
        request["schedulingPriorityOverride"] = detail["schedulingPriority"]
    tags = {
        name: value
        for name, value in detail.get("tags", {}).items()
        if not name.startswith("aws:") and name != WHOSE
    }
    if tags:
        request["tags"] = tags
    request |= _overrides(detail)
    groups = _node_groups(detail)
    if groups:
        request["nodeOverrides"] = groups
    return request


def newest_revision(definition: str) -> str:
    """Drop the revision of an ARN or a name, so that it means the newest active one."""
    return _REVISION.sub("", definition)


def indices_of(detail: Mapping[str, Any]) -> list[int] | None:
    """Return the indices that a job works on in turn; None where they are its own.

    A job may have a variable of that name that means something else.
    """
    listed = _variable(detail, ARRAY_INDICES)
    numbers = None if listed is None else _written_here(listed)
    array = detail.get("arrayProperties", {})
    if numbers is None or "index" in array or "size" not in array:
        return numbers
    return numbers if len(numbers) == array["size"] else None


def original(detail: Mapping[str, Any], index: int) -> int:
    """Translate the index of a child of an array that repeats others into that of the first one."""
    numbers = indices_of(detail)
    return index if numbers is None or index >= len(numbers) else numbers[index]


def _written_here(listed: str) -> list[int] | None:
    """Read indices as they are written here, ascending, of an array that there may be."""
    found: list[int] = []
    before = -1
    for part in listed.split(","):
        run = _RUN.fullmatch(part)
        if run is None:
            return None
        first, last = int(run[1]), int(run[2] or run[1])
        if not before < first <= last < MOST_CHILDREN:
            return None
        found += range(first, last + 1)
        before = last
    return found


def rescues_of(detail: Mapping[str, Any]) -> int:
    """Return how often a job was rescued before."""
    return _times_written_here(_variable(detail, RESCUES))


def _times_written_here(said: str | None) -> int:
    return next((times for times in range(1, MOST_RESCUES + 1) if said == str(times)), 0)


def _variable(detail: Mapping[str, Any], name: str) -> str | None:
    overrides = {
        **_overrides(detail, whole=True),
        "nodeOverrides": _node_groups(detail, whole=True),
    }
    for _, pairs in _environments(overrides):
        for pair in pairs:
            if pair["name"] == name:
                return str(pair["value"])
    return None


def with_indices(request: Mapping[str, Any], numbers: Sequence[int]) -> dict[str, Any]:
    """Tell every container of a job which indices it works on."""
    return with_variable(request, ARRAY_INDICES, ranges_of(numbers))


def with_variable(request: Mapping[str, Any], name: str, value: str) -> dict[str, Any]:
    """Give every container of a job an environment variable."""
    full: dict[str, Any] = copied(request)
    for part in full.get("nodeOverrides", {}).get("nodePropertyOverrides", [full]):
        if not any(True for _ in _environments(part)):
            part["containerOverrides"] = {}
    for _, pairs in _environments(full):
        pairs[:] = [pair for pair in pairs if pair["name"] != name]
        pairs.append({"name": name, "value": value})
    return full


def longest_overrides(request: Mapping[str, Any]) -> int:
    """Count the characters of the longest overrides that a container of ECS gets."""
    containers = [request["containerOverrides"]] if "containerOverrides" in request else []
    for task in request.get("ecsPropertiesOverride", {}).get("taskProperties", ()):
        containers += task["containers"]
    return max((overrides_length(each) for each in containers), default=overrides_length({}))


def fit_share(
    request: dict[str, Any], queue: Mapping[str, Any], *, share_identifier: str | None = None
) -> None:
    """Make a job of one queue fit another, which may know shares or not.

    Raises:
        ValueError: the queue demands a share identifier and there is none, or refuses the given.
    """
    name = request["jobQueue"]
    if queue.get("schedulingPolicyArn"):
        if "shareIdentifier" not in request:
            raise ValueError(
                f"queue {name} has a scheduling policy and the job has no share identifier; give "
                "one: share_identifier, --share-identifier"
            )
    elif share_identifier is not None:
        raise ValueError(f"queue {name} has no scheduling policy; leave the share identifier out")
    else:
        request.pop("shareIdentifier", None)
        request.pop("schedulingPriorityOverride", None)


def _overrides(detail: Mapping[str, Any], *, whole: bool = False) -> dict[str, Any]:
    """Return the overrides that give containers what a job, or a group of nodes, gave them."""
    found: dict[str, Any] = {}
    container = detail.get("container")
    tasks = (detail.get("ecsProperties") or {}).get("taskProperties")
    pod = (detail.get("eksProperties") or {}).get("podProperties")
    if container and not tasks and not pod:
        found["containerOverrides"] = _ecs_container(container, whole=whole)
    if tasks:
        found["ecsPropertiesOverride"] = {
            "taskProperties": [
                {
                    "containers": [
                        {"name": each["name"], **_ecs_container(each, whole=whole)}
                        for each in task["containers"]
                    ]
                }
                for task in tasks
            ]
        }
    if pod:
        found["eksPropertiesOverride"] = {
            "podProperties": {
                kind: [_pod_container(each, whole=whole) for each in pod[kind]]
                for kind in ("containers", "initContainers")
                if pod.get(kind)
            }
        }
        if pod.get("metadata"):
            found["eksPropertiesOverride"]["podProperties"]["metadata"] = pod["metadata"]
    if detail.get("consumableResourceProperties"):
        found["consumableResourcePropertiesOverride"] = detail["consumableResourceProperties"]
    return {name: value for name, value in found.items() if value}


def _node_groups(detail: Mapping[str, Any], *, whole: bool = False) -> dict[str, Any]:
    nodes = detail.get("nodeProperties")
    if not nodes:
        return {}
    return {
        "numNodes": nodes["numNodes"],
        "nodePropertyOverrides": [
            {
                "targetNodes": group["targetNodes"],
                **_overrides(group, whole=whole),
                **({"instanceTypes": group["instanceTypes"]} if group.get("instanceTypes") else {}),
            }
            for group in nodes["nodeRangeProperties"]
        ],
    }


def _ecs_container(container: Mapping[str, Any], *, whole: bool) -> dict[str, Any]:
    overrides = {name: container[name] for name in _ECS if container.get(name)}
    pairs = _kept(container.get("environment"), whole=whole)
    return {**overrides, **({"environment": pairs} if pairs else {})}


def _pod_container(container: Mapping[str, Any], *, whole: bool) -> dict[str, Any]:
    overrides = {name: container[name] for name in ("name", *_EKS) if container.get(name)}
    pairs = _kept(container.get("env"), whole=whole)
    return {**overrides, **({"env": pairs} if pairs else {})}


def _kept(pairs: Sequence[Mapping[str, str]] | None, *, whole: bool) -> list[Any]:
    """Leave out the variables that AWS Batch sets, and those of another repetition."""
    return [
        dict(pair)
        for pair in pairs or ()
        if not pair["name"].startswith(RESERVED_VARIABLES)
        and (whole or not _is_of_one_repetition(pair))
    ]


def _is_of_one_repetition(pair: Mapping[str, str]) -> bool:
    if pair["name"] == ARRAY_INDICES:
        return _written_here(pair["value"]) is not None
    return pair["name"] == RESCUES and _times_written_here(pair["value"]) > 0


def _environments(request: Mapping[str, Any]) -> Iterator[tuple[dict[str, Any], list[Any]]]:
    """Yield each container of a request's overrides, and its environment, made if it has none."""
    if "containerOverrides" in request:
        container = request["containerOverrides"]
        yield container, container.setdefault("environment", [])
    for task in request.get("ecsPropertiesOverride", {}).get("taskProperties", ()):
        for container in task["containers"]:
            yield container, container.setdefault("environment", [])
    pod = request.get("eksPropertiesOverride", {}).get("podProperties", {})
    for container in (*pod.get("containers", ()), *pod.get("initContainers", ())):
        yield container, container.setdefault("env", [])
    for group in request.get("nodeOverrides", {}).get("nodePropertyOverrides", ()):
        yield from _environments(group)
