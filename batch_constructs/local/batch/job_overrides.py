"""SubmitJob: a job definition with the overrides and parameters of the request that names it."""

from __future__ import annotations

import json
import math
from copy import deepcopy
from typing import TYPE_CHECKING, Any

from batch_constructs.aws.job_definition_facts import PLACEHOLDER
from batch_constructs.aws.platforms import PlatformCapability
from batch_constructs.aws.resource_states import State, Status
from batch_constructs.aws.submit_job import (
    JOB_BYTES,
    OVERRIDES_BYTES,
    ArrayDependency,
    overrides_length,
)
from batch_constructs.local.batch.job_containers import merged_environment, merged_requirements
from batch_constructs.local.batch.job_definition_operations import check_retry_strategy, check_sizes
from batch_constructs.local.batch.job_nodes import submitted_nodes
from batch_constructs.local.batch.pod_jobs import submitted_pod
from batch_constructs.local.batch.service_errors import client_error, refuse

if TYPE_CHECKING:
    from collections.abc import Mapping

    from batch_constructs.local.batch.job_queue_operations import JobQueue
    from batch_constructs.local.batch.store import Document


def check_submission(request: Mapping[str, Any], queue: JobQueue) -> None:
    """Refuse what AWS Batch refuses of a submission by itself.

    Raises:
        ServiceError: with every mistake that was found.
    """
    problems = [
        *check_retry_strategy({"attempts": 1, **request.get("retryStrategy", {})}),
        *_check_dependencies(request),
        *_check_share(request, queue),
    ]
    if queue.detail["state"] != State.ENABLED or queue.detail["status"] != Status.VALID:
        problems.append(
            f"{queue.arn} accepts no jobs: it is {queue.detail['state']} and "
            f"{queue.detail['status']}"
        )
    if queue.takes_service_jobs:
        problems.append(f"{queue.arn} is for service jobs")
    size = len(json.dumps(request, separators=(",", ":")).encode())
    if size > JOB_BYTES:
        problems.append(
            f"Job size must be less than {JOB_BYTES // 1024} KiB, got {math.ceil(size / 1024)} KiB"
        )
    refuse(problems)


def submission_document(
    request: Mapping[str, Any], *, definition: Document, queue: JobQueue
) -> Document:
    """Apply a request to a job definition.

    Raises:
        ServiceError: the request and the definition do not go together.
    """
    parameters = {**definition["parameters"], **request.get("parameters", {})}
    document: Document = {
        "jobName": request["jobName"],
        "jobQueue": queue.arn,
        "jobDefinition": definition["jobDefinitionArn"],
        "parameters": parameters,
        "dependsOn": deepcopy(request.get("dependsOn", [])),
        "retryStrategy": _retry_strategy(request, definition),
        "tags": {**request.get("tags", {})},
        "propagateTags": request.get("propagateTags", definition.get("propagateTags", False)),
        "platformCapabilities": definition.get("platformCapabilities", []),
        **_body(request, definition, parameters),
    }
    timeout = request.get("timeout", definition.get("timeout"))
    if timeout:
        document["timeout"] = dict(timeout)
    if "shareIdentifier" in request:
        document["shareIdentifier"] = request["shareIdentifier"]
    priority = request.get("schedulingPriorityOverride", definition.get("schedulingPriority"))
    if priority is not None:
        document["schedulingPriority"] = priority
    if "arrayProperties" in request:
        document["arraySize"] = request["arrayProperties"]["size"]
    consumables = request.get(
        "consumableResourcePropertiesOverride", definition.get("consumableResourceProperties")
    )
    if consumables:
        document["consumableResourceProperties"] = deepcopy(consumables)
    return document


def _body(
    request: Mapping[str, Any], definition: Document, parameters: Mapping[str, str]
) -> Document:
    _refuse_other_kinds(request, definition)
    if "eksProperties" in definition:
        return {"eksProperties": _pod(request, definition["eksProperties"], parameters)}
    if "nodeProperties" in definition:
        nodes = submitted_nodes(
            definition["nodeProperties"],
            request.get("nodeOverrides", {}),
            lambda group, override: _node_group(override, group, parameters),
        )
        return {"nodeProperties": nodes}
    if "containerProperties" in definition:
        override = request.get("containerOverrides", {})
        properties = definition["containerProperties"]
        container = _overridden(properties, override, parameters)
        refuse(
            check_sizes(
                container, fargate=PlatformCapability.FARGATE in definition["platformCapabilities"]
            )
        )
        return {"container": container, **_too_long(properties, container, override)}
    return {"ecsProperties": _task(request, definition["ecsProperties"], parameters)}


def _node_group(
    override: Mapping[str, Any], group: Document, parameters: Mapping[str, str]
) -> Document:
    kind = next(name for name in _OF_NODES if name in group)
    for of, taken in _OF_NODES.items():
        if taken in override and of != kind:
            raise client_error(f"{taken} of nodes {group['targetNodes']} needs a range with {of}")
    if kind == "eksProperties":
        return {kind: _pod(override, group[kind], parameters)}
    if kind == "ecsProperties":
        return {kind: _task(override, group[kind], parameters)}
    return {kind: _overridden(group[kind], override.get("containerOverrides", {}), parameters)}


def _pod(
    request: Mapping[str, Any], properties: Document, parameters: Mapping[str, str]
) -> Document:
    return submitted_pod(
        properties,
        request.get("eksPropertiesOverride", {}),
        lambda command: _filled_in(command, parameters),
    )


_OF_NODES = {
    "container": "containerOverrides",
    "ecsProperties": "ecsPropertiesOverride",
    "eksProperties": "eksPropertiesOverride",
}
"""What a node range has, and what overrides it."""

_TAKEN = {
    "eksProperties": "eksPropertiesOverride",
    "nodeProperties": "nodeOverrides",
    "containerProperties": "containerOverrides",
    "ecsProperties": "ecsPropertiesOverride",
}
_ANSWERS = {
    "eksProperties": (
        "Container overrides or node overrides should not be set for Batch on EKS jobs."
    ),
    "ecsProperties": "Container overrides should not be set for ecsProperties jobs.",
}
"""What AWS Batch says to overrides of a container."""


def _refuse_other_kinds(request: Mapping[str, Any], definition: Document) -> None:
    kind = next(name for name in _TAKEN if name in definition)
    if kind == "nodeProperties" and "arrayProperties" in request:
        raise client_error("Multinode Array Job not supported")
    for of, override in _TAKEN.items():
        if override in request and of != kind:
            needs = f"{override} needs a definition with {of}"
            raise client_error(
                _ANSWERS.get(kind, needs) if override == "containerOverrides" else needs
            )


def _too_long(
    properties: Document, container: Document, override: Mapping[str, Any]
) -> dict[str, str]:
    """Note why ECS will refuse to run the job: what the request changes is too long for it."""
    asked = dict(override)
    if container["command"] != properties["command"]:
        asked["command"] = container["command"]
    if overrides_length(asked) <= OVERRIDES_BYTES:
        return {}
    return {"refusedByEcs": f"Container Overrides length must be at most {OVERRIDES_BYTES}"}


def _task(
    request: Mapping[str, Any], properties: Document, parameters: Mapping[str, str]
) -> Document:
    (task,) = properties["taskProperties"]
    overrides = {
        container["name"]: container
        for each in request.get("ecsPropertiesOverride", {}).get("taskProperties", ())
        for container in each.get("containers", ())
    }
    unknown = set(overrides) - {container.get("name") for container in task["containers"]}
    if unknown:
        raise client_error(f"ecsPropertiesOverride names unknown containers: {sorted(unknown)}")
    containers = [
        _overridden(container, overrides.get(container.get("name"), {}), parameters)
        for container in task["containers"]
    ]
    return {"taskProperties": [{**deepcopy(task), "containers": containers}]}


def _overridden(
    properties: Document, override: Mapping[str, Any], parameters: Mapping[str, str]
) -> Document:
    container: Document = json.loads(json.dumps(properties))  # a tenth of what deepcopy takes
    container["command"] = _filled_in(override.get("command", container["command"]), parameters)
    container["environment"] = merged_environment(
        container["environment"], override.get("environment", ())
    )
    container["resourceRequirements"] = merged_requirements(
        container["resourceRequirements"], override.get("resourceRequirements", ())
    )
    for key in ("vcpus", "memory", "instanceType"):
        if key in override:
            container[key] = override[key]
    return container


def _filled_in(command: list[str], parameters: Mapping[str, str]) -> list[str]:
    return [
        PLACEHOLDER.sub(lambda found: parameters.get(found[1], found[0]), word) for word in command
    ]


def _retry_strategy(request: Mapping[str, Any], definition: Document) -> Document:
    strategy = request.get("retryStrategy", definition.get("retryStrategy", {}))
    return {"attempts": 1, "evaluateOnExit": [], **strategy}


def _check_dependencies(request: Mapping[str, Any]) -> list[str]:
    problems = []
    for dependency in request.get("dependsOn", ()):
        kind = dependency.get("type")
        if kind is not None and "arrayProperties" not in request:
            problems.append(f"only array jobs can have a dependency of type {kind}")
        if "jobId" not in dependency and kind != ArrayDependency.SEQUENTIAL:
            problems.append("a dependency needs a jobId, unless its type is SEQUENTIAL")
    return problems


def _check_share(request: Mapping[str, Any], queue: JobQueue) -> list[str]:
    problems = []
    share = request.get("shareIdentifier")
    if queue.policy_arn is None and share is not None:
        problems.append(f"{queue.arn} has no fair-share scheduling policy: no shareIdentifier")
    if queue.policy_arn is not None and share is None:
        problems.append(f"{queue.arn} has a fair-share scheduling policy: needs a shareIdentifier")
    return problems
