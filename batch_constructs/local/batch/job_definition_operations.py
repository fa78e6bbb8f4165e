"""Job definitions and their revisions."""

from __future__ import annotations

import json
import re
from copy import deepcopy
from typing import TYPE_CHECKING, Any

from batch_constructs.aws import resource_kinds as kinds
from batch_constructs.aws.container_facts import AMOUNTS, LEGACY_SIZES, SizeType
from batch_constructs.aws.fargate_sizes import wrong_memory, wrong_vcpus
from batch_constructs.aws.job_definition_facts import BYTES, JobDefinitionType
from batch_constructs.aws.names import as_member
from batch_constructs.aws.platforms import DEFAULT_VERSION, Orchestration, PlatformCapability
from batch_constructs.aws.resource_states import DefinitionStatus
from batch_constructs.local.batch.paging import page
from batch_constructs.local.batch.service_errors import client_error, refuse

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from batch_constructs.local.batch.arns import Arns
    from batch_constructs.local.batch.store import Document, Store

KIND = kinds.JOB_DEFINITION

_OPTIONAL = (
    "schedulingPriority",
    "containerProperties",
    "nodeProperties",
    "ecsProperties",
    "eksProperties",
    "timeout",
    "propagateTags",
    "consumableResourceProperties",
)
_BODIES = ("containerProperties", "ecsProperties", "eksProperties", "nodeProperties")
_EMPTY_LISTS = (
    "command",
    "environment",
    "mountPoints",
    "ulimits",
    "resourceRequirements",
    "secrets",
)
_DECIMAL = re.compile(r"[0-9]*\.?[0-9]+")
_CONDITIONS = ("onStatusReason", "onReason", "onExitCode")


class JobDefinitions:
    """The operations on job definitions.

    Args:
        arns: names them.
        store: keeps them.
    """

    def __init__(self, *, arns: Arns, store: Store) -> None:
        self._arns = arns
        self._store = store
        self._revisions: dict[str, dict[int, Document]] = {}
        for _, document in store.load(KIND):
            self._keep(document)

    def register(self, request: Mapping[str, Any]) -> Document:
        """Answer RegisterJobDefinition."""
        name = request["jobDefinitionName"]
        _check(request)
        revision = max(self._revisions.get(name, {0: {}})) + 1
        key = f"{name}:{revision}"
        definition: Document = {
            "jobDefinitionName": name,
            "jobDefinitionArn": self._arns.of(KIND, key),
            "revision": revision,
            "status": DefinitionStatus.ACTIVE,
            "type": request["type"],
            "parameters": dict(request.get("parameters", {})),
            "tags": dict(request.get("tags", {})),
            "containerOrchestrationType": Orchestration.EKS
            if "eksProperties" in request
            else Orchestration.ECS,
        }
        definition.update({key: deepcopy(request[key]) for key in _OPTIONAL if key in request})
        if "retryStrategy" in request:
            definition["retryStrategy"] = {
                "evaluateOnExit": [],
                **deepcopy(request["retryStrategy"]),
            }
        if request["type"] == JobDefinitionType.CONTAINER and "eksProperties" not in request:
            definition["platformCapabilities"] = request.get(
                "platformCapabilities", [PlatformCapability.EC2]
            )
        for container in _containers(definition):
            for name in _EMPTY_LISTS:
                container.setdefault(name, [])
        if PlatformCapability.FARGATE in definition.get("platformCapabilities", ()):
            _default_platform_version(definition)
        if "containerProperties" in definition:
            definition["containerProperties"].setdefault("volumes", [])
        self._keep(definition)
        self._store.save(KIND, key, definition)
        names = ("jobDefinitionName", "jobDefinitionArn", "revision")
        return {key: definition[key] for key in names}

    def deregister(self, request: Mapping[str, Any]) -> Document:
        """Answer DeregisterJobDefinition."""
        definition = self.find(request["jobDefinition"])
        if definition is None or ":" not in self._arns.name(KIND, request["jobDefinition"]):
            raise client_error(
                f"jobDefinition must name a revision that exists, got {request['jobDefinition']}"
            )
        definition["status"] = DefinitionStatus.INACTIVE
        self.save(definition["jobDefinitionArn"])
        return {}

    def describe(self, request: Mapping[str, Any]) -> Document:
        """Answer DescribeJobDefinitions."""
        others = [key for key in request if key != "jobDefinitions"]
        wanted = request.get("jobDefinitions")
        if wanted:
            if others:
                raise client_error("jobDefinitions cannot be used with other parameters")
            found = [d for name in wanted for d in self._described(name)]
            return {"jobDefinitions": deepcopy(found)}
        status = request.get("status")
        matching = (
            definition
            for definition in self._all(request.get("jobDefinitionName"))
            if status is None or definition["status"] == status
        )
        found, token = page(matching, request)
        return {"jobDefinitions": deepcopy(found), **token}

    def find(self, name_or_arn: str) -> Document | None:
        """Return a revision, or the newest active one where none is named."""
        name, _, revision = self._arns.name(KIND, name_or_arn).partition(":")
        revisions = self._revisions.get(name, {})
        if revision:
            return revisions.get(int(revision)) if revision.isdecimal() else None
        active = [
            number for number, d in revisions.items() if d["status"] == DefinitionStatus.ACTIVE
        ]
        return revisions[max(active)] if active else None

    def to_run(self, name_or_arn: str) -> Document:
        """Return the revision that a submission names.

        Raises:
            ServiceError: there is none, or it is not active.
        """
        definition = self.find(name_or_arn)
        if definition is None:
            raise client_error(f"JobDefinition with name or ARN {name_or_arn} does not exist")
        if definition["status"] != DefinitionStatus.ACTIVE:
            raise client_error(f"JobDefinition {definition['jobDefinitionArn']} is not ACTIVE")
        return definition

    def tags_of(self, arn: str) -> dict[str, str] | None:
        """Return the tags of a revision, to be changed in place; None where there is none."""
        definition = self.find(arn)
        return None if definition is None else definition["tags"]

    def save(self, arn: str) -> None:
        """Write a revision down after a change."""
        definition = self.find(arn)
        if definition is not None:
            self._store.save(KIND, self._arns.name(KIND, arn), definition)

    def _keep(self, definition: Document) -> None:
        revisions = self._revisions.setdefault(definition["jobDefinitionName"], {})
        revisions[definition["revision"]] = definition

    def _described(self, name_or_arn: str) -> Iterator[Document]:
        name = self._arns.name(KIND, name_or_arn)
        if ":" in name:
            definition = self.find(name)
            if definition is not None:
                yield definition
        else:
            yield from self._all(name)

    def _all(self, name: str | None) -> Iterator[Document]:
        for each in sorted(self._revisions) if name is None else [name]:
            revisions = self._revisions.get(each, {})
            yield from (revisions[number] for number in sorted(revisions, reverse=True))


def check_retry_strategy(strategy: Mapping[str, Any]) -> list[str]:
    """List what is wrong with a retry strategy, beyond its limits."""
    rules = strategy.get("evaluateOnExit", ())
    problems = [
        f"a rule of evaluateOnExit needs one of {', '.join(_CONDITIONS)}"
        for rule in rules
        if not any(key in rule for key in _CONDITIONS)
    ]
    if rules and "attempts" not in strategy:
        problems.append("retryStrategy.attempts must be specified with evaluateOnExit")
    return problems


def _containers(definition: Document) -> Iterator[Document]:
    if "containerProperties" in definition:
        yield definition["containerProperties"]
    for task in definition.get("ecsProperties", {}).get("taskProperties", ()):
        yield from task["containers"]
    for group in definition.get("nodeProperties", {}).get("nodeRangeProperties", ()):
        if "container" in group:
            yield group["container"]
        for task in group.get("ecsProperties", {}).get("taskProperties", ()):
            yield from task["containers"]


def _default_platform_version(definition: Document) -> None:
    """Write the version of Fargate where it stands: at a container by itself, or at a task."""
    if "containerProperties" in definition:
        container = definition["containerProperties"]
        found = container.setdefault("fargatePlatformConfiguration", {})
        found.setdefault("platformVersion", DEFAULT_VERSION)
    for task in definition.get("ecsProperties", {}).get("taskProperties", ()):
        task.setdefault("platformVersion", DEFAULT_VERSION)


def _check(request: Mapping[str, Any]) -> None:
    problems = check_retry_strategy(request.get("retryStrategy", {}))
    given = [body for body in _BODIES if body in request]
    multinode = request["type"] == JobDefinitionType.MULTINODE
    if len(given) != 1 or multinode != (given == ["nodeProperties"]):
        wanted = "nodeProperties" if multinode else "one of " + ", ".join(_BODIES[:3])
        problems.append(
            f"a definition of type {request['type']} needs {wanted}, got {', '.join(given) or '-'}"
        )
    fargate = PlatformCapability.FARGATE in request.get("platformCapabilities", ())
    for container in _containers(dict(request)):
        problems += check_sizes(container, fargate=fargate, alone="ecsProperties" not in request)
    size = len(json.dumps(request, separators=(",", ":")).encode())
    if size > BYTES:
        problems.append(f"the job definition has {size} bytes; allowed: at most {BYTES}")
    refuse(problems)


def check_sizes(container: Mapping[str, Any], *, fargate: bool, alone: bool = True) -> list[str]:
    """List what is wrong with the vCPUs, the memory and the GPUs of a container.

    Args:
        container: its properties.
        fargate: whether it runs on Fargate.
        alone: whether it is the only container of its task.
    """
    required = {item["type"]: item["value"] for item in container.get("resourceRequirements", ())}
    problems = [
        f"the container needs {kind} among its resourceRequirements"
        for kind, legacy in LEGACY_SIZES.items()
        if kind not in required and as_member(legacy) not in container
    ]
    bounds = {} if fargate else AMOUNTS
    for kind, value in required.items():
        decimal = _DECIMAL.fullmatch(value) is not None
        if fargate and kind == SizeType.GPU:
            problems.append(f"jobs on Fargate cannot have {kind}")
        elif not (value.isdigit() or (fargate and kind == SizeType.VCPU and decimal)):
            problems.append(f"Value {value} for type {kind} is not valid")
        elif kind in bounds and (wrong := bounds[kind].wrong(float(value))):
            problems.append(f"{kind} {wrong}")
    if (
        not (fargate and alone)
        or problems
        or not {SizeType.VCPU, SizeType.MEMORY} <= required.keys()
    ):
        return problems
    vcpus, mib = float(required[SizeType.VCPU]), float(required[SizeType.MEMORY])
    if wrong := wrong_vcpus(vcpus):
        return [f"VCPU {wrong}"]
    wrong = wrong_memory(mib, vcpus)
    return [f"MEMORY {wrong}"] if wrong else []
