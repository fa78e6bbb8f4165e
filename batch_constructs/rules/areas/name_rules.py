"""Rules about the names of resources, of which an account has each once in a Region."""

from __future__ import annotations

import json

from batch_constructs.aws.source import api, cloudformation
from batch_constructs.aws.typing_names import TYPE_CHECKING
from batch_constructs.rules.access.arn_patterns import ROLE
from batch_constructs.rules.findings import Severity
from batch_constructs.rules.names_once import AMONG, DEFINITION_NAME, NAMES
from batch_constructs.rules.rule import Fault, rule
from batch_constructs.rules.template.resource_graph import JOB_DEFINITION, Resource
from batch_constructs.rules.template.values import show

if TYPE_CHECKING:
    from collections.abc import Iterator


@rule(
    "duplicate-name",
    tuple(NAMES),
    title="two resources of one kind with one name",
    fix="give each its own name, or leave the name out so that CloudFormation generates one",
    source=cloudformation(
        "aws-properties-name",
        '"Resource names must be unique across all your active stacks."',
    ),
)
def duplicate_name(resource: Resource) -> Iterator[Fault]:
    """The second one is refused because the name is taken.

    Both kinds of alarms share their names. A rule's name must be unique on its event bus, a
    schedule's in its group.
    """
    key = NAMES[resource.type]
    if key not in resource.properties:
        return
    name, among = (_known(resource, one) for one in (key, AMONG.get(resource.type, "")))
    if "Fn::Transform" in name + among:  # a macro may give something else each time
        return
    kind = resource.type.replace("Composite", "")
    known = resource.template.memory.setdefault("names", {})
    assert isinstance(known, dict)  # noqa: S101  # as it was made
    first, written = known.setdefault((kind, name, among), (resource.id, _written(resource, key)))
    if first == resource.id:
        return
    if isinstance(written, str) or written != _written(resource, key):
        yield key, f'{first} is also called "{show(resource.properties[key])}"'
    else:
        yield key, f"{first} has the same {key}"


@rule(
    "duplicate-definition-name",
    JOB_DEFINITION,
    severity=Severity.WARNING,
    title="two job definitions with one name",
    fix="give each its own name, or leave the name out so that CloudFormation generates one",
    source=api(
        "RegisterJobDefinitionResponse.revision",
        "If a definition of that name exists, a new one becomes its next revision.",
    ),
)
def duplicate_definition_name(job: Resource) -> Iterator[Fault]:
    """A job submitted by that name runs whichever was deployed last."""
    name = job.properties.get(DEFINITION_NAME)
    if not isinstance(name, str):
        return
    known = job.template.memory.setdefault("names of definitions", {})
    assert isinstance(known, dict)  # noqa: S101  # as it was made
    first = known.setdefault(name, job.id)
    if first != job.id:
        yield DEFINITION_NAME, f'{first} is also called "{show(name)}", and is its first revision'


def _known(resource: Resource, key: str) -> str:
    """Give a property as it is known, or else as it is written, which comes to the same twice."""
    value = resource.properties.get(key, "default")
    if isinstance(value, str):
        return value.lower() if resource.type == ROLE else value
    return json.dumps([_written(resource, key)], default=str)


def _written(resource: Resource, key: str) -> object:
    properties = resource.template.raw(resource.id).get("Properties")
    return properties.get(key) if isinstance(properties, dict) else None
