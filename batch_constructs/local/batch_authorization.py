"""Which resources a request to AWS Batch touches, as IAM policies name them.

See https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsbatch.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from batch_constructs.local.batch.arns import Arns
    from batch_constructs.local.batch.rest import Handle

_NAMED_BY = {
    "computeEnvironment": "compute-environment",
    "computeEnvironmentName": "compute-environment",
    "consumableResource": "consumable-resource",
    "consumableResourceName": "consumable-resource",
    "jobDefinition": "job-definition",
    "jobDefinitionName": "job-definition",
    "jobId": "job",
    "jobQueue": "job-queue",
    "jobQueueName": "job-queue",
    "quotaShareArn": "quota-share",
    "resourceArn": "",
    "serviceEnvironment": "service-environment",
    "serviceEnvironmentName": "service-environment",
}
"""Member of a request → the kind of resource it names, by name or by ARN."""

_WITHOUT_RESOURCES = ("Describe", "List")
_WITH_RESOURCES = ("ListTagsForResource",)


def resources_of(
    operation: str, request: Mapping[str, Any], arns: Arns, handle: Handle
) -> list[str]:
    """Return the ARNs that the caller needs the right to ``batch:<operation>`` on.

    Operations that only describe and list have no resources in IAM and need ``*``.
    """
    if operation.startswith(_WITHOUT_RESOURCES) and operation not in _WITH_RESOURCES:
        return ["*"]
    resources = [
        _arn(_NAMED_BY[member], value, arns, handle)
        for member, value in request.items()
        if member in _NAMED_BY and isinstance(value, str)
    ]
    return resources or ["*"]


def _arn(kind: str, name_or_arn: str, arns: Arns, handle: Handle) -> str:
    if kind == "job-definition":
        return arns.of(kind, _revision(arns.name(kind, name_or_arn), handle))
    return name_or_arn if name_or_arn.startswith("arn:") else arns.of(kind, name_or_arn)


def _revision(name: str, handle: Handle) -> str:
    """Return the revision that a name without one means: policies are matched against that."""
    if ":" in name:
        return name
    described = handle("DescribeJobDefinitions", {"jobDefinitionName": name, "status": "ACTIVE"})
    revisions = [definition["revision"] for definition in described["jobDefinitions"]]
    return f"{name}:{max(revisions)}" if revisions else name
