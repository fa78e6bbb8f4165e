"""Which rights a request to AWS Batch takes, as IAM policies name them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from batch_constructs.aws import operations
from batch_constructs.aws import resource_kinds as kinds
from batch_constructs.aws.authorization import (
    ACTIONS,
    AUTHORIZED_AS,
    EVERYTHING,
    submit_job_resources,
)
from batch_constructs.aws.names import is_arn, quota_share
from batch_constructs.aws.resource_states import DefinitionStatus

if TYPE_CHECKING:
    from collections.abc import Mapping

    from batch_constructs.local.batch.arns import Arns
    from batch_constructs.local.batch.rest import Handle

_NAMED_BY: Final = {
    kinds.COMPUTE_ENVIRONMENT: ("computeEnvironment", "computeEnvironmentName"),
    kinds.CONSUMABLE_RESOURCE: ("consumableResource", "consumableResourceName"),
    kinds.JOB: ("jobId", "jobs"),
    kinds.JOB_DEFINITION: ("jobDefinitionName",),
    kinds.JOB_DEFINITION_REVISION: ("jobDefinition",),
    kinds.JOB_QUEUE: ("jobQueue", "jobQueueName"),
    kinds.QUOTA_SHARE: ("quotaShareArn",),
    kinds.SCHEDULING_POLICY: ("arn", "name"),
    kinds.SERVICE_ENVIRONMENT: ("serviceEnvironment", "serviceEnvironmentName"),
    kinds.SERVICE_JOB: ("jobId", "jobs"),
}
"""Kind of resource → the members of a request that name one, by name or by ARN."""

_TAGGING: Final = (
    operations.LIST_TAGS_FOR_RESOURCE,
    operations.TAG_RESOURCE,
    operations.UNTAG_RESOURCE,
)


def rights_for(
    operation: str, request: Mapping[str, Any], arns: Arns, handle: Handle
) -> list[tuple[str, str]]:
    """Return the actions that a caller needs for a request, each with its resource.

    Where AWS's pages do not say which of several resources ``SubmitJob`` is checked against, all
    are asked for.
    """
    action = AUTHORIZED_AS.get(operation, operation)
    if not ACTIONS[action].kinds:
        return [(action, EVERYTHING)]
    if action == operations.SUBMIT_JOB:
        resources, tagged = _submission(request, arns, handle)
    else:
        resources = tagged = _named(action, request, arns)
    rights = [(action, resource) for resource in resources or [EVERYTHING]]
    if request.get("tags") and action not in _TAGGING:
        rights += [(operations.TAG_RESOURCE, resource) for resource in tagged]
    return rights


def _submission(
    request: Mapping[str, Any], arns: Arns, handle: Handle
) -> tuple[list[str], list[str]]:
    queue, definition = str(request.get("jobQueue")), str(request.get("jobDefinition"))
    name, _, revision = arns.name(kinds.JOB_DEFINITION, definition).partition(":")
    revision = revision or str(_newest(name, handle) or "")
    bare, jobs = arns.of(kinds.JOB_DEFINITION, name), arns.of(kinds.JOB, "*")  # a job has no ID yet
    asked = submit_job_resources(
        queue=_arn(kinds.JOB_QUEUE, queue, arns), definition=bare, jobs=jobs
    )
    exact = f"{bare}:{revision}" if revision else bare
    return list(dict.fromkeys(exact if one == f"{bare}:*" else one for one in asked)), [jobs]


def _named(action: str, request: Mapping[str, Any], arns: Arns) -> list[str]:
    """Return what a request names of the kinds that its action is authorized against."""
    if action in _TAGGING:
        return [str(request.get("resourceArn"))]
    resources = [
        _arn(kind, str(one), arns)
        for kind in ACTIONS[action].required
        for member in _NAMED_BY[kind]
        if member in request
        for one in (request[member] if isinstance(request[member], list) else [request[member]])
    ]
    if action == operations.CREATE_QUOTA_SHARE:
        resources += [quota_share(one, str(request.get("quotaShareName"))) for one in resources]
    return resources


def _arn(kind: str, name_or_arn: str, arns: Arns) -> str:
    if is_arn(name_or_arn):
        return name_or_arn
    return arns.of(kind.removesuffix("-revision"), name_or_arn)


def _newest(name: str, handle: Handle) -> int | None:
    """Return the revision that a name without one means."""
    described = handle(
        operations.DESCRIBE_JOB_DEFINITIONS,
        {"jobDefinitionName": name, "status": DefinitionStatus.ACTIVE},
    )
    return max((one["revision"] for one in described["jobDefinitions"]), default=None)
