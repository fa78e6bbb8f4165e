"""What a change of a property does: CloudFormation makes it in place, or replaces the resource.

The table `create_only.json` is made by `scripts/make_create_only.py` from CloudFormation's registry
schemas. What it calls conditional for compute environments is decided by the sentences here.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Final

from batch_constructs.aws.source import Source, api, cloudformation, guide
from batch_constructs.aws.table import read

REGISTRY: Final[Source] = cloudformation(
    "aws-resource-batch-computeenvironment",
    "The registry schema: createOnlyProperties and conditionalCreateOnlyProperties.",
)

REPLACES_BY_DEFAULT: Final[Source] = cloudformation(
    "aws-resource-batch-computeenvironment",
    'ReplaceComputeEnvironment: "Specifies whether the compute environment is replaced if an'
    " update is made that requires replacing the instances in the compute environment. The default"
    ' value is true."',
)

IN_PLACE: Final[Source] = guide(
    "infrastructure-updates",
    '"Infrastructure updates require the AWSServiceRoleForBatch service-linked role and an'
    " allocation strategy of BEST_FIT_PROGRESSIVE, SPOT_CAPACITY_OPTIMIZED, or"
    ' SPOT_PRICE_CAPACITY_OPTIMIZED."',
)

SERVICE_LINKED_ROLE: Final = "AWSServiceRoleForBatch"
"""The role that AWS Batch has when none is given."""

SCALING: Final[Source] = guide(
    "scaling-updates",
    '"For Fargate compute environments, you can also modify these settings for scaling updates:'
    ' securityGroupIds … subnets".',
)

FARGATE_SCALES: Final = frozenset({"ComputeResources/SecurityGroupIds", "ComputeResources/Subnets"})
"""What is changed on Fargate without replacing anything."""

SCALES: Final = frozenset({"ComputeResources/ScalingPolicy"})
"""What is changed on any environment without replacing instances, though the registry calls it
conditional."""

POLICY_STAYS: Final[Source] = api(
    "UpdateJobQueueRequest.schedulingPolicyArn",
    '"Once a job queue is created, the fair-share scheduling policy can be replaced but not'
    ' removed."',
)


UPDATE_MINUTES: Final = 30
"""How long an infrastructure update waits for jobs when the update policy does not say."""

UPDATE_MINUTES_SOURCE: Final[Source] = api(
    "UpdatePolicy.jobExecutionTimeoutMinutes", '"The default value is 30."'
)


@dataclass(frozen=True, slots=True)
class CreateOnly:
    """The properties of a type that cannot be changed, or only under conditions, in place.

    Attributes:
        always: their change replaces the resource.
        perhaps: their change may replace it.
    """

    always: frozenset[str]
    perhaps: frozenset[str]


@cache
def create_only(type: str) -> CreateOnly:
    """Give the properties of a CloudFormation type whose change replaces it, or may."""
    row = _table().get(type, {})
    return CreateOnly(frozenset(row.get("always", ())), frozenset(row.get("perhaps", ())))


@cache
def _table() -> dict[str, dict[str, list[str]]]:
    properties: dict[str, dict[str, list[str]]] = read("create_only")
    return properties
