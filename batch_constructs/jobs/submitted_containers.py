"""What a submission may say of the containers of a job definition, ours or of the CDK.

https://docs.aws.amazon.com/batch/latest/APIReference/API_SubmitJob.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from aws_cdk import aws_batch as batch

from batch_constructs.aws.names import as_property
from batch_constructs.aws.overridden_containers import (
    Containers,
    as_members,
    not_sayable,
    overridden_containers,
)
from batch_constructs.jobs.job_definition import JobDefinition

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from batch_constructs.arguments import Arguments

_OTHERS = ("ecs_properties", "eks_properties", "node_properties")
NO_ARRAY = "and AWS Batch refuses an array of multi-node jobs"

_KNOWN: WeakKeyDictionary[Any, Containers | None] = WeakKeyDictionary()


def know_containers(definition: JobDefinition, properties: Mapping[str, Any]) -> None:
    """Remember the containers of a definition of ours, by its properties."""
    _KNOWN[definition] = overridden_containers(properties)


def containers_of(definition: object) -> Containers | None:
    """Give the containers of a definition that does not take ``ContainerOverrides``.

    None of one that does, and of one that was imported by its ARN: nobody knows. Of one of the CDK
    that does not take them, the containers are not known; then there are none.
    """
    if isinstance(definition, JobDefinition):
        return _KNOWN.get(definition)
    if isinstance(definition, batch.MultiNodeJobDefinition | batch.EksJobDefinition):
        return ()
    return () if any(_has(definition, name) for name in _OTHERS) else None


def is_multi_node(definition: object) -> bool:
    """Tell whether a definition is known to be one of a multi-node job."""
    if isinstance(definition, JobDefinition):
        return any(one.nodes is not None for one in containers_of(definition) or ())
    return isinstance(definition, batch.MultiNodeJobDefinition) or _has(
        definition, "node_properties"
    )


def _has(definition: object, name: str) -> bool:
    """Tell whether an L1 has a property."""
    return isinstance(definition, batch.CfnJobDefinition) and getattr(definition, name) is not None


def check_array(arguments: Arguments, definition: object, array_size: object) -> None:
    """Note an array of multi-node jobs."""
    if array_size is not None and is_multi_node(definition):
        arguments.wrong_value(
            f"array_size is given, but the job is multi-node, {NO_ARRAY}: leave it out, and submit "
            "a job for each"
        )


def check_said(definition: object, said: Sequence[tuple[Arguments, str, str]]) -> None:
    """Note what is said of containers, and cannot be.

    Args:
        definition: the job definition.
        said: of each parameter who read it, and which member of ``containerOverrides`` it is.
    """
    containers = containers_of(definition)
    if containers is None:
        return
    for reader, parameter, member in said:
        why = not_sayable(member, containers)
        if why is not None:
            reader.wrong_value(
                f"{parameter} is given, but {why}: set it in the job definition, and leave it out"
            )


def said_of_containers(definition: object, overrides: Mapping[str, Any]) -> dict[str, Any]:
    """Give the members of a request that say what ``ContainerOverrides`` would say."""
    containers = containers_of(definition)
    if not overrides:
        return {}
    if containers is None:
        return {"ContainerOverrides": overrides}
    return as_members(overrides, containers, as_property)
