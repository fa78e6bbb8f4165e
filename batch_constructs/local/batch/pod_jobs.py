"""Jobs on Amazon EKS: pods, whose containers run as those of Amazon ECS do here.

A pod's init containers run one after another, then its containers all at once; it has ended when
they all have, and has succeeded when they all did.
"""

from __future__ import annotations

import re
from copy import deepcopy
from typing import TYPE_CHECKING, Any

from batch_constructs.aws.container_facts import SizeType
from batch_constructs.aws.eks_facts import USER
from batch_constructs.aws.pod_facts import GPU
from batch_constructs.local.batch.service_errors import client_error

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from batch_constructs.local.batch.jobs import Attempt, ContainerOutcome
    from batch_constructs.local.batch.store import Document

_KINDS = ("initContainers", "containers")
_NAME = "Default"
"""What a container is called that is given no name."""

_VARIABLE = re.compile(r"\$\(([A-Za-z_][A-Za-z0-9_]*)\)")
_HALVES, _ALIKE = ("limits", "requests"), ("memory", GPU)
"""Where the resources of a container are, and which of them are alike in both."""

_REQUIREMENTS = {"cpu": SizeType.VCPU, "memory": SizeType.MEMORY, GPU: SizeType.GPU}


def submitted_pod(
    properties: Document, override: Mapping[str, Any], filled_in: Callable[[list[str]], list[str]]
) -> Document:
    """Apply ``eksPropertiesOverride`` to ``eksProperties``.

    Args:
        properties: of the job definition.
        override: of the submission.
        filled_in: puts the parameters into a command.

    Raises:
        ServiceError: it overrides a container that there is not, or limits more than it
            requests.
    """
    pod = deepcopy(properties["podProperties"])
    changes = override.get("podProperties", {})
    for kind in _KINDS:
        containers = pod.get(kind, [])
        for change in changes.get(kind, ()):
            name = change.get("name", containers[0].get("name") if len(containers) == 1 else None)
            found = [one for one in containers if name in (one.get("name"), one.get("name", _NAME))]
            if not found:
                raise client_error(f"eksPropertiesOverride names an unknown container: {name}")
            _override(found[0], change)
        for container in containers:
            for key in ("command", "args"):
                if key in container:
                    container[key] = filled_in(container[key])
    if "metadata" in changes:
        pod["metadata"] = {**pod.get("metadata", {}), **changes["metadata"]}
    return {"podProperties": pod}


def _override(container: Document, change: Mapping[str, Any]) -> None:
    for key in ("image", "command", "args"):
        if key in change:
            container[key] = deepcopy(change[key])
    if "env" in change:
        by_name = {one["name"]: one for one in [*container.get("env", ()), *change["env"]]}
        container["env"] = list(by_name.values())
    for kind, amounts in change.get("resources", {}).items():
        container.setdefault("resources", {}).setdefault(kind, {}).update(amounts)
    limits, requests = (container.get("resources", {}).get(half, {}) for half in _HALVES)
    for key in _ALIKE:
        if limits.get(key) != requests.get(key) and key in limits and key in requests:
            raise client_error(f"{key}: limits and requests must be equal in eksPropertiesOverride")


def pod_containers(properties: Document) -> Iterator[tuple[str, Document, tuple[str, ...]]]:
    """Yield the containers of a pod: name, properties as ECS writes them, what goes before."""
    pod = properties["podProperties"]
    before: tuple[str, ...] = ()
    for kind in _KINDS:
        for number, container in enumerate(pod.get(kind, ())):
            name = container.get("name", _NAME if number == 0 else f"{kind}-{number}")
            yield name, _as_ecs_writes(container), before
            if kind == "initContainers":
                before = (name,)


def _as_ecs_writes(container: Document) -> Document:
    variables = {one["name"]: one.get("value", "") for one in container.get("env", ())}
    command = [*container.get("command", ()), *container.get("args", ())]
    amounts = {**container.get("resources", {}).get("requests", {})}
    amounts |= container.get("resources", {}).get("limits", {})
    return {
        "image": container["image"],
        "command": [_VARIABLE.sub(lambda m: variables.get(m[1], m[0]), word) for word in command],
        "environment": [{"name": name, "value": value} for name, value in variables.items()],
        "resourceRequirements": [
            {"type": kind, "value": str(amounts[key]).removesuffix("Mi")}
            for key, kind in _REQUIREMENTS.items()
            if key in amounts
        ],
    }


def pod_detail(
    defined: Document, latest: Attempt | None, outcomes: Sequence[ContainerOutcome]
) -> Document:
    """Describe a pod as it stands.

    Args:
        defined: its ``eksProperties``.
        latest: the latest attempt of its job; None before the first.
        outcomes: those of its containers in that attempt, in their order.
    """
    properties: Document = deepcopy(defined)
    if latest is None:
        return properties
    pod = properties["podProperties"]
    pod |= {"podName": _pod_name(latest), "nodeName": "localhost"}
    each = [one for kind in _KINDS for one in pod.get(kind, ())]
    for outcome, container in zip(outcomes, each, strict=True):
        container.update(_ended(outcome.exit_code, outcome.reason))
    return properties


def pod_attempt(
    defined: Document, attempt: Attempt, outcomes: Sequence[ContainerOutcome]
) -> Document:
    """Describe one attempt at a pod."""
    pod = defined["podProperties"]
    first = len(pod.get("initContainers", ()))
    told = [{"name": one.own_name, **_ended(one.exit_code, one.reason)} for one in outcomes]
    times = {
        "startedAt": attempt.started_at,
        "stoppedAt": attempt.stopped_at,
        "statusReason": attempt.status_reason,
    }
    return {
        "podName": _pod_name(attempt),
        "podNamespace": pod.get("metadata", {}).get("namespace", "default"),
        "nodeName": "localhost",
        "initContainers": told[:first],
        "containers": told[first:],
        **{key: value for key, value in times.items() if value is not None},
    }


def _pod_name(attempt: Attempt) -> str:
    return f"{USER}.{attempt.task_arn.rpartition('/')[2]}"


def _ended(exit_code: int | None, reason: str | None) -> Document:
    values: dict[str, Any] = {"exitCode": exit_code, "reason": reason}
    return {key: value for key, value in values.items() if value is not None}
