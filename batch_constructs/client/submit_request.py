"""What to submit, as the request AWS Batch wants."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from batch_constructs.aws.container_facts import SizeType
from batch_constructs.aws.overridden_containers import (
    as_members,
    not_sayable,
    overridden_containers,
)
from batch_constructs.submission_overrides import in_api_case

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from batch_constructs.submission_overrides import Requirements


def submit_job_request(
    name: str,
    *,
    queue: str,
    job_definition: str,
    array_size: int | None = None,
    parameters: Mapping[str, str] | None = None,
    environment: Mapping[str, str] | None = None,
    command: Sequence[str] | None = None,
    share_identifier: str | None = None,
    scheduling_priority: int | None = None,
    timeout_seconds: int | None = None,
    tags: Mapping[str, str] | None = None,
    depends_on: Sequence[Mapping[str, str]] = (),
    requirements: Requirements,
) -> dict[str, Any]:
    """Build a ``SubmitJob`` request; what is left out keeps the definition's value.

    Args:
        name: name of the job; letters, digits, ``-`` and ``_``, at most 128.
        queue: name or ARN of the queue.
        job_definition: name, ``name:revision`` or ARN of the definition.
        array_size: children of an array job, 2 to 10,000.
        parameters: values for ``Ref::`` placeholders.
        environment: environment variables, added to the definition's.
        command: replaces the definition's command.
        share_identifier: a fair-share queue demands one.
        scheduling_priority: priority within the share, 0 to 9999.
        timeout_seconds: limit of one attempt, 60 or more.
        tags: tags of the job.
        depends_on: jobs to wait for, as ``{"jobId": …, "type": "N_TO_N"}``.
        requirements: sizes and retries.
    """
    overrides = _given(
        command=list(command) if command is not None else None,
        environment=[{"name": name, "value": value} for name, value in (environment or {}).items()],
        resourceRequirements=in_api_case(requirements.resources),
    )
    return {
        "jobName": name,
        "jobQueue": queue,
        "jobDefinition": job_definition,
        **_given(
            arrayProperties=None if array_size is None else {"size": array_size},
            parameters=dict(parameters or {}),
            containerOverrides=overrides,
            shareIdentifier=share_identifier,
            schedulingPriorityOverride=scheduling_priority,
            timeout=None
            if timeout_seconds is None
            else {"attemptDurationSeconds": timeout_seconds},
            retryStrategy=in_api_case(requirements.retry),
            tags=dict(tags or {}),
            dependsOn=[dict(each) for each in depends_on],
        ),
    }


def for_containers(overrides: Mapping[str, Any], described: Mapping[str, Any]) -> dict[str, Any]:
    """Say what changes in the containers in the member that a job, or its definition, takes.

    Args:
        overrides: the changes, as ``containerOverrides`` says them.
        described: the job or the definition, as AWS Batch describes it.

    Raises:
        ValueError: there are several containers, and nobody says which is meant.
    """
    containers = overridden_containers(described, str)
    if containers is None:
        return {"containerOverrides": dict(overrides)}
    problems = [
        f"{parameter} is given, but {why}: leave it out, or give another definition"
        for member in overrides
        if (why := not_sayable(member, containers)) is not None
        for parameter in _parameters(member, overrides[member])
    ]
    if problems:
        raise ValueError("\n".join(problems))
    return as_members(overrides, containers)


_CALLED = {
    SizeType.VCPU: "vcpus",
    SizeType.MEMORY: "memory_mebibytes",
    SizeType.GPU: "gpus",
}


def _parameters(member: str, value: Any) -> list[str]:
    """Name the parameters that say a member."""
    if member != "resourceRequirements":
        return [member]
    return [_CALLED[each["type"]] for each in value]


def _given(**members: Any) -> dict[str, Any]:
    return {
        name: value
        for name, value in members.items()
        if value is not None and value not in ({}, [])
    }
