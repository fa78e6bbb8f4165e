"""Rules about the names of resources, of which an account has each once in a Region."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from batch_constructs.aws.source import cloudformation
from batch_constructs.rules.access.arn_patterns import EVENT_RULE, LOG_GROUP, QUEUE, ROLE, TOPIC
from batch_constructs.rules.rule import Fault, rule
from batch_constructs.rules.template.resource_graph import (
    COMPUTE_ENVIRONMENT,
    CONSUMABLE_RESOURCE,
    JOB_QUEUE,
    SCHEDULING_POLICY,
    SERVICE_ENVIRONMENT,
    Resource,
)
from batch_constructs.rules.template.submitted_jobs import FUNCTION, SCHEDULE, STATE_MACHINE
from batch_constructs.rules.template.values import show

if TYPE_CHECKING:
    from collections.abc import Iterator

_NAMES: Final = {
    COMPUTE_ENVIRONMENT: "ComputeEnvironmentName",
    CONSUMABLE_RESOURCE: "ConsumableResourceName",
    JOB_QUEUE: "JobQueueName",
    SCHEDULING_POLICY: "Name",
    SERVICE_ENVIRONMENT: "ServiceEnvironmentName",
    "AWS::CloudWatch::Alarm": "AlarmName",
    "AWS::CloudWatch::CompositeAlarm": "AlarmName",
    "AWS::CloudWatch::Dashboard": "DashboardName",
    EVENT_RULE: "Name",
    FUNCTION: "FunctionName",
    LOG_GROUP: "LogGroupName",
    QUEUE: "QueueName",
    ROLE: "RoleName",
    SCHEDULE: "Name",
    STATE_MACHINE: "StateMachineName",
    TOPIC: "TopicName",
}
"""Type → the property that its ARN ends with."""

_AMONG: Final = {EVENT_RULE: "EventBusName", SCHEDULE: "GroupName"}
"""Type → what has each name once: ``default`` where none is given."""


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
    """The second is refused: one of that name exists already.

    Alarms of both kinds share their names. A rule has its name on its bus, a schedule in its group.
    """
    key = _NAMES[resource.type]
    if key not in resource.properties:
        return
    name, among = (_known(resource, one) for one in (key, _AMONG.get(resource.type, "")))
    if "Fn::Transform" in name + among:  # a macro may give something else each time
        return
    kind = resource.type.replace("Composite", "")
    known = resource.template.memory.setdefault("names", {})
    assert isinstance(known, dict)  # noqa: S101  # as it was made
    first, written = known.setdefault((kind, name, among), (resource.id, _written(resource, key)))
    if first == resource.id:
        return
    if isinstance(written, str) or written != _written(resource, key):
        yield key, f'{first} is called "{show(resource.properties[key])}" too'
    else:
        yield key, f"{first} has the same {key} too"


def _known(resource: Resource, key: str) -> str:
    """Give a property as it is known, or else as it is written, which comes to the same twice."""
    value = resource.properties.get(key, "default")
    if isinstance(value, str):
        return value.lower() if resource.type == ROLE else value
    return json.dumps([_written(resource, key)], default=str)


def _written(resource: Resource, key: str) -> object:
    properties = resource.template.raw(resource.id).get("Properties")
    return properties.get(key) if isinstance(properties, dict) else None
