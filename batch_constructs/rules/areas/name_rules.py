"""Rules about the names of resources, of which AWS Batch has each once in an account and Region."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from batch_constructs.aws.source import cloudformation
from batch_constructs.rules.rule import Fault, rule
from batch_constructs.rules.template.resource_graph import (
    COMPUTE_ENVIRONMENT,
    CONSUMABLE_RESOURCE,
    JOB_QUEUE,
    SCHEDULING_POLICY,
    SERVICE_ENVIRONMENT,
    Resource,
)
from batch_constructs.rules.template.values import show, text

if TYPE_CHECKING:
    from collections.abc import Iterator

_NAMES: Final = {
    COMPUTE_ENVIRONMENT: "ComputeEnvironmentName",
    CONSUMABLE_RESOURCE: "ConsumableResourceName",
    JOB_QUEUE: "JobQueueName",
    SCHEDULING_POLICY: "Name",
    SERVICE_ENVIRONMENT: "ServiceEnvironmentName",
}
"""Type → the property that its ARN ends with."""


@rule(
    "duplicate-name",
    tuple(_NAMES),
    title="two resources of one kind with one name",
    fix="give each a name of its own, or leave the name out for one that CloudFormation makes",
    source=cloudformation(
        "aws-properties-name",
        '"Resource names must be unique across all your active stacks."',
    ),
)
def duplicate_name(resource: Resource) -> Iterator[Fault]:
    """The second is refused: one of that name exists already."""
    key = _NAMES[resource.type]
    name = text(resource.properties, key)
    if name is None:
        return
    known = resource.template.memory.setdefault("names", {})
    assert isinstance(known, dict)  # noqa: S101  # as it was made
    first = known.setdefault((resource.type, name), resource.id)
    if first != resource.id:
        yield key, f'{first} is called "{show(name)}" too'
