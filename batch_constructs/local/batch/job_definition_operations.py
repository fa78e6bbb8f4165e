"""Job definitions and their revisions."""

from __future__ import annotations

import json
import re
from copy import deepcopy
from typing import TYPE_CHECKING, Any

from batch_constructs.aws.job_definitions import BYTES
from batch_constructs.aws.submit_job import RESERVED_VARIABLES
from batch_constructs.local.batch.paging import page
from batch_constructs.local.batch.service_errors import client_error, refuse

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from batch_constructs.local.batch.arns import Arns
    from batch_constructs.local.batch.store import Document, Store

KIND = "job-definition"

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
_WHOLE = re.compile(r"^[1-9][0-9]*$")
_FRACTION = re.compile(r"^([0-9]*[.])?[0-9]+$")
_MOST_RULES = 5
_RULE_PATTERNS = {
    "onStatusReason": re.compile(r"^[A-Za-z0-9.:\s]*\*?$"),
    "onReason": re.compile(r"^[A-Za-z0-9.:\s]*\*?$"),
    "onExitCode": re.compile(r"^[0-9]*\*?$"),
}


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
            "status": "ACTIVE",
            "type": request["type"],
            "parameters": dict(request.get("parameters", {})),
            "tags": dict(request.get("tags", {})),
            "containerOrchestrationType": "EKS" if "eksProperties" in request else "ECS",
        }
        definition.update({key: deepcopy(request[key]) for key in _OPTIONAL if key in request})
        if "retryStrategy" in request:
            definition["retryStrategy"] = {
                "evaluateOnExit": [],
                **deepcopy(request["retryStrategy"]),
            }
        if request["type"] == "container" and "eksProperties" not in request:
            definition["platformCapabilities"] = request.get("platformCapabilities", ["EC2"])
        for container in _containers(definition):
            for name in _EMPTY_LISTS:
                container.setdefault(name, [])
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
        definition["status"] = "INACTIVE"
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
        found, token = page(matching, request, limit=100)
        return {"jobDefinitions": deepcopy(found), **token}

    def find(self, name_or_arn: str) -> Document | None:
        """Return a revision, or the newest active one where none is named."""
        name, _, revision = self._arns.name(KIND, name_or_arn).partition(":")
        revisions = self._revisions.get(name, {})
        if revision:
            return revisions.get(int(revision)) if revision.isdecimal() else None
        active = [number for number, d in revisions.items() if d["status"] == "ACTIVE"]
        return revisions[max(active)] if active else None

    def to_run(self, name_or_arn: str) -> Document:
        """Return the revision that a submission names.

        Raises:
            ServiceError: there is none, or it is not active.
        """
        definition = self.find(name_or_arn)
        if definition is None:
            raise client_error(f"JobDefinition with name or ARN {name_or_arn} does not exist")
        if definition["status"] != "ACTIVE":
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
    """List what is wrong with a retry strategy."""
    problems = []
    attempts = strategy.get("attempts")
    rules = strategy.get("evaluateOnExit", ())
    if rules and attempts is None:
        problems.append("retryStrategy.attempts must be specified with evaluateOnExit")
    if len(rules) > _MOST_RULES:
        problems.append(f"retryStrategy.evaluateOnExit takes at most 5 rules, got {len(rules)}")
    for rule in rules:
        given = [key for key in _RULE_PATTERNS if key in rule]
        if not given:
            problems.append(f"a rule of evaluateOnExit needs one of {', '.join(_RULE_PATTERNS)}")
        problems += [
            f"evaluateOnExit.{key} has characters that are not allowed: {rule[key]!r}"
            for key in given
            if not _RULE_PATTERNS[key].match(rule[key])
        ]
    return problems


def _containers(definition: Document) -> Iterator[Document]:
    if "containerProperties" in definition:
        yield definition["containerProperties"]
    for task in definition.get("ecsProperties", {}).get("taskProperties", ()):
        yield from task["containers"]
    for group in definition.get("nodeProperties", {}).get("nodeRangeProperties", ()):
        if "container" in group:
            yield group["container"]


def _check(request: Mapping[str, Any]) -> None:
    problems = check_retry_strategy(request.get("retryStrategy", {}))
    given = [body for body in _BODIES if body in request]
    multinode = request["type"] == "multinode"
    if len(given) != 1 or multinode != (given == ["nodeProperties"]):
        wanted = "nodeProperties" if multinode else "one of " + ", ".join(_BODIES[:3])
        problems.append(
            f"a definition of type {request['type']} needs {wanted}, got {', '.join(given) or '-'}"
        )
    problems += [
        f"environment variables must not start with {RESERVED_VARIABLES}: {variable['name']}"
        for container in _containers(dict(request))
        for variable in container.get("environment", ())
        if variable.get("name", "").startswith(RESERVED_VARIABLES)
    ]
    fargate = "FARGATE" in request.get("platformCapabilities", ())
    for container in _containers(dict(request)):
        problems += _check_resources(container, fargate=fargate)
    size = len(json.dumps(request, separators=(",", ":")).encode())
    if size > BYTES:
        problems.append(f"the job definition has {size} bytes; allowed are at most {BYTES}")
    refuse(problems)


def _check_resources(container: Document, *, fargate: bool) -> list[str]:
    required = {item["type"]: item["value"] for item in container.get("resourceRequirements", ())}
    problems = [
        f"the container needs {kind} among its resourceRequirements"
        for kind, legacy in (("VCPU", "vcpus"), ("MEMORY", "memory"))
        if kind not in required and legacy not in container
    ]
    numbers = {"VCPU": _FRACTION if fargate else _WHOLE, "MEMORY": _WHOLE, "GPU": _WHOLE}
    problems += [
        f"Value {value} for type {kind} is not valid"
        for kind, value in required.items()
        if not numbers[kind].match(value)
    ]
    return problems
