"""Rules about the tags of every Batch resource."""

from __future__ import annotations

from functools import partial

from batch_constructs.aws import tags as aws
from batch_constructs.aws.credentials import credential_in
from batch_constructs.aws.typing_names import TYPE_CHECKING, Final
from batch_constructs.rules.areas.secret_rules import label_value
from batch_constructs.rules.findings import Severity
from batch_constructs.rules.rule import Fault, rule
from batch_constructs.rules.template.resource_graph import (
    COMPUTE_ENVIRONMENT,
    CONSUMABLE_RESOURCE,
    JOB_DEFINITION,
    JOB_QUEUE,
    QUOTA_SHARE,
    SCHEDULING_POLICY,
    SERVICE_ENVIRONMENT,
    Resource,
)
from batch_constructs.rules.template.values import Properties, mapping, show

if TYPE_CHECKING:
    from collections.abc import Iterator

_TAGGED: Final = (
    COMPUTE_ENVIRONMENT,
    CONSUMABLE_RESOURCE,
    JOB_DEFINITION,
    JOB_QUEUE,
    QUOTA_SHARE,
    SCHEDULING_POLICY,
    SERVICE_ENVIRONMENT,
)
_BESIDE_JOBS: Final = tuple(kind for kind in _TAGGED if kind != JOB_DEFINITION)
_rule = partial(rule, subject=_TAGGED)


def _tags(resource: Resource) -> Iterator[tuple[str, Properties]]:
    yield "Tags", mapping(resource.properties, "Tags")
    launched = mapping(resource.properties, "ComputeResources")
    for key in ("Tags", "CapacityTags"):
        yield f"ComputeResources/{key}", mapping(launched, key)


@rule(
    "tag-secret",
    severity=Severity.WARNING,
    title="sensitive value in plain text in a tag",
    fix="keep it in Secrets Manager or Parameter Store, and name it in the job definition",
    source=aws.PLAIN_SOURCE,
    subject=_BESIDE_JOBS,
)
def tag_secret(resource: Resource) -> Iterator[Fault]:
    """Anyone who can describe the resource or its instances, or read the bill, can read it.

    For tags of job definitions, see ``plaintext-secret``.
    """
    for path, tags in _tags(resource):
        for key, value in tags.items():
            fault = label_value(key, value)
            kind = credential_in(value) if isinstance(value, str) else None
            if fault is not None or kind is not None:
                yield f"{path}/{show(key)}", fault or f"{kind} is in the template"
            if (kind := credential_in(key)) is not None:
                yield path, f"{kind} is in the template, as the key of a tag"


@_rule(
    "tag-shape",
    title="tag that AWS does not allow",
    fix=f"use {aws.KEY.allowed}, and {aws.VALUE.allowed}",
    source=aws.SOURCE,
)
def tag_shape(resource: Resource) -> Iterator[Fault]:
    """Keys that begin with ``aws:`` are reserved for AWS."""
    for path, tags in _tags(resource):
        for key, value in tags.items():
            if wrong := aws.KEY.wrong(key):
                yield f"{path}/{show(key)}", f"the key of a tag {wrong}"
            if isinstance(value, str) and (wrong := aws.VALUE.wrong(value)):
                yield f"{path}/{show(key)}", f'the value of the tag "{show(key)}" {wrong}'
