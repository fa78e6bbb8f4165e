"""Rules about logical IDs, attributes and types: what a Batch resource refers to must exist."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from functools import partial
from typing import TYPE_CHECKING, Final

from batch_constructs.rules.areas.shapes import model
from batch_constructs.rules.findings import Severity
from batch_constructs.rules.rule import UNKNOWN_BATCH_TYPE, Fault, rule
from batch_constructs.rules.template.values import one_of, show

if TYPE_CHECKING:
    from batch_constructs.rules.template.resources import Resource

AREA: Final = "logical_ids"
_rule = partial(rule, area=AREA)
_BATCH: Final = "AWS::Batch::"
_TYPES: Final = tuple(model())
_CLOSE: Final = 0.85
"""How alike two names are when one is taken for a slip of the pen."""

ATTRIBUTES: Final = {
    "AWS::Batch::ComputeEnvironment": ("ComputeEnvironmentArn",),
    "AWS::Batch::ConsumableResource": (
        "AvailableQuantity",
        "ConsumableResourceArn",
        "CreatedAt",
        "InUseQuantity",
    ),
    "AWS::Batch::JobDefinition": ("JobDefinitionArn",),
    "AWS::Batch::JobQueue": ("JobQueueArn",),
    "AWS::Batch::QuotaShare": ("QuotaShareArn",),
    "AWS::Batch::SchedulingPolicy": ("Arn",),
    "AWS::Batch::ServiceEnvironment": ("ServiceEnvironmentArn",),
}
"""The attributes of Fn::GetAtt, from CloudFormation's resource schemas (readOnlyProperties)."""

_PSEUDO_PARAMETERS: Final = frozenset(
    f"AWS::{name}"
    for name in (
        "AccountId",
        "NoValue",
        "NotificationARNs",
        "Partition",
        "Region",
        "StackId",
        "StackName",
        "URLSuffix",
    )
)
_PLACEHOLDER: Final = re.compile(r"\$\{([^!}][^}]*)\}")


def _references(value: object, path: str) -> Iterator[tuple[str, str, str | None]]:
    """Give every path, logical ID and attribute that a raw value refers to."""
    match value:
        case {"Ref": str(name), **rest} if not rest:
            yield path, name, None
        case {"Fn::GetAtt": [str(name), str(attribute)], **rest} if not rest:
            yield path, name, attribute
        case {"Fn::GetAtt": str(written), **rest} if not rest:
            name, _, attribute = written.partition(".")
            yield path, name, attribute
        case {"Fn::Sub": str(written), **rest} if not rest:
            yield from _placeholders(written, frozenset(), path)
        case {"Fn::Sub": [str(written), Mapping() as variables], **rest} if not rest:
            yield from _placeholders(written, frozenset(variables), path)
            yield from _references(variables, path)
        case Mapping():
            for key, entry in value.items():
                inner = f"{path}/{key}" if path else str(key)
                yield from _references(entry, path if str(key).startswith("Fn::") else inner)
        case list():
            for position, entry in enumerate(value):
                yield from _references(entry, f"{path}/{position}")


def _placeholders(
    written: str, variables: frozenset[str], path: str
) -> Iterator[tuple[str, str, str | None]]:
    for found in _PLACEHOLDER.findall(written):
        name, _, attribute = found.strip().partition(".")
        if found.strip() not in variables:
            yield path, name, attribute or None


def _referred(subject: Resource) -> list[tuple[str, str, str | None]]:
    if subject.template.names is None:
        return []
    try:
        return list(_references(subject.template.raw(subject.id).get("Properties"), ""))
    except RecursionError:
        return []


@_rule(
    "unknown-reference",
    _TYPES,
    title="reference to what the template does not have",
    fix="refer to a resource or parameter of the template, or to a pseudo parameter",
    source="CloudFormation, Ref and Fn::GetAtt: the logical name of a resource or parameter of the"
    " template",
)
def unknown_reference(subject: Resource) -> Iterator[Fault]:
    """CloudFormation answers *Unresolved resource dependencies* before it makes anything.

    Templates with a transform, a module or Fn::ForEach may get more names, and are left alone.
    """
    names = subject.template.names
    for path, name, _ in _referred(subject):
        if names is None or name in names or name in _PSEUDO_PARAMETERS:
            continue
        close = get_close_matches(name, names, 1)
        nearest = f"; its nearest is {close[0]}" if close else ""
        yield path, f'there is no resource or parameter "{show(name)}"{nearest}'


@_rule(
    "attribute-name",
    _TYPES,
    title="attribute that a Batch resource does not have",
    fix="use Ref, or the attribute that the resource has",
    source="CloudFormation, the return values of the AWS::Batch types: for example"
    " ComputeEnvironmentArn",
)
def attribute_name(subject: Resource) -> Iterator[Fault]:
    """Most are not called Arn. Ref gives the ARN too."""
    for path, name, attribute in _referred(subject):
        type_ = subject.template.raw(name).get("Type")
        known = ATTRIBUTES.get(type_) if isinstance(type_, str) else None
        if known is not None and attribute is not None and attribute not in known:
            yield (
                path,
                f'{name} has no attribute "{show(attribute)}"; {type_} has {one_of(known)}',
                f"use {one_of(known)}, or Ref",
            )


def _nearest(type_: str) -> str | None:
    same = [known for known in _TYPES if known.lower() == type_.lower()]
    ends = {known.removeprefix(_BATCH): known for known in _TYPES}
    close = get_close_matches(type_.removeprefix(_BATCH), ends, 1, _CLOSE)
    return same[0] if same else ends[close[0]] if close else None


@_rule(
    "resource-type-name",
    UNKNOWN_BATCH_TYPE,
    title="type of a resource that is spelt differently",
    fix="spell the type as CloudFormation does",
    source="CloudFormation, AWS Batch resource types",
)
def resource_type_name(subject: Resource) -> Iterator[Fault]:
    """CloudFormation refuses the whole template."""
    nearest = _nearest(subject.type)
    if nearest is not None:
        message = f"there is no type {show(subject.type)}; its nearest is {nearest}"
        yield "", message, f"write {nearest}"


@_rule(
    "resource-type-unknown",
    UNKNOWN_BATCH_TYPE,
    severity=Severity.WARNING,
    title="type of a resource that is not known here",
    fix="use a type that AWS Batch has, or upgrade batch-constructs if AWS has added it",
    source="CloudFormation, AWS Batch resource types",
)
def resource_type_unknown(subject: Resource) -> Iterator[Fault]:
    """CloudFormation refuses the whole template, unless AWS has added the type since."""
    if _nearest(subject.type) is None:
        yield "", f"there is no type {show(subject.type)}; there are {one_of(_TYPES)}"
