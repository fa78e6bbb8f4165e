"""Rules about the tags of every Batch resource."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from batch_constructs.rules.rule import Fault, rule
from batch_constructs.rules.template.resources import (
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

AREA: Final = "tags"
_TAGGED: Final = (
    COMPUTE_ENVIRONMENT,
    CONSUMABLE_RESOURCE,
    JOB_DEFINITION,
    JOB_QUEUE,
    QUOTA_SHARE,
    SCHEDULING_POLICY,
    SERVICE_ENVIRONMENT,
)
_rule = partial(rule, subject=_TAGGED, area=AREA)
_MOST: Final = 50
_LONGEST_KEY: Final = 128
_LONGEST_VALUE: Final = 256


def _tags(resource: Resource) -> Iterator[tuple[str, Properties]]:
    yield "Tags", mapping(resource.properties, "Tags")
    if resource.type == COMPUTE_ENVIRONMENT:
        resources = mapping(resource.properties, "ComputeResources")
        for key in ("Tags", "CapacityTags"):
            yield f"ComputeResources/{key}", mapping(resources, key)


@_rule(
    "tag-count",
    title="too many tags",
    fix="keep at most 50 tags",
    source="CreateComputeEnvironmentRequest.tags, CreateJobQueueRequest.tags,"
    " RegisterJobDefinitionRequest.tags, CreateSchedulingPolicyRequest.tags,"
    " CreateQuotaShareRequest.tags,"
    " CreateConsumableResourceRequest.tags, CreateServiceEnvironmentRequest.tags: 1 to 50 entries;"
    " ComputeResource.tags",
)
def tag_count(resource: Resource) -> Iterator[Fault]:
    """Fifty tags are the limit of a resource."""
    for path, tags in _tags(resource):
        if len(tags) > _MOST:
            yield path, f"there are {len(tags)} tags; allowed are 50"


@_rule(
    "tag-shape",
    title="tag that AWS does not allow",
    fix="use a key of 1 to 128 characters that does not begin with aws:, and a value of at most"
    " 256",
    source="the API model of AWS Batch: tag keys of 1 to 128 characters, tag values of at most 256;"
    " keys that begin with aws: are reserved",
)
def tag_shape(resource: Resource) -> Iterator[Fault]:
    """What begins with ``aws:`` belongs to AWS."""
    for path, tags in _tags(resource):
        for key, value in tags.items():
            if key.lower().startswith("aws:"):
                yield (
                    f"{path}/{key}",
                    f'the tag key "{show(key)}" begins with aws:, which is reserved',
                )
            elif not 1 <= len(key) <= _LONGEST_KEY:
                yield (
                    f"{path}/{show(key)}",
                    f"a tag key has {len(key)} characters; allowed are 1 to 128",
                )
            if isinstance(value, str) and len(value) > _LONGEST_VALUE:
                yield (
                    f"{path}/{show(key)}",
                    f"a tag value has {len(value)} characters; allowed are 256",
                )
