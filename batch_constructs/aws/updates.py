"""What a change of a property does: CloudFormation makes it in place, or replaces the resource.

The table `create_only.json` is made by `scripts/make_create_only.py` from CloudFormation's registry
schemas. What it calls conditional for compute environments is decided by the sentences here.
"""

from __future__ import annotations

from functools import cache

from batch_constructs.aws.compute_environment_facts import (
    BEST_FIT,
    ON_FARGATE,
    ON_MANAGED_INSTANCES,
)
from batch_constructs.aws.eks_facts import SERVICE_ROLE
from batch_constructs.aws.record import Record
from batch_constructs.aws.source import Source, api, cloudformation, docs, guide, seen
from batch_constructs.aws.table import read
from batch_constructs.aws.typing_names import Final

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

NOT_FROM_BEST_FIT: Final[Source] = seen(
    "https://repost.aws/knowledge-center/batch-update-ec2-environment",
    "UpdateComputeEnvironment refuses, of an environment with BEST_FIT, what needs an "
    "infrastructure update, allocationStrategy too: it has to be created again.",
)

SERVICE_LINKED_ROLE: Final = SERVICE_ROLE
"""The role that AWS Batch has when none is given."""

ROLE_STAYS: Final[Source] = api(
    "UpdateComputeEnvironmentRequest.serviceRole",
    "\"If the compute environment has a service-linked role, it can't be changed to use a regular"
    " IAM role. Likewise, if the compute environment has a regular IAM role, it can't be changed to"
    ' use a service-linked role."',
)

FARGATE_REFUSES: Final[Source] = seen(
    "https://github.com/aws/aws-cdk/issues/27054",
    "UpdateComputeEnvironment refuses, for Fargate: allocationStrategy, bidPercentage, "
    "ec2Configuration, ec2KeyPair, imageId, instanceRole, instanceTypes, launchTemplate, "
    "placementGroup, tags, type, updatePolicy, updateToLatestImageVersion.",
)

SCALING: Final[Source] = guide(
    "scaling-updates",
    '"For Fargate compute environments, you can also modify these settings for scaling updates:'
    ' securityGroupIds … subnets".',
)

READ_ANEW: Final[Source] = api(
    "LaunchTemplateSpecification.version",
    '"During an infrastructure update, if either $Default or $Latest is specified, Batch'
    ' re-evaluates the launch template version"',
)

DEFAULT_VERSION: Final[Source] = cloudformation(
    "aws-resource-ec2-launchtemplate",
    'DefaultVersionNumber: "The default version of a launch template cannot be specified in AWS'
    ' CloudFormation."',
)

POLICY_STAYS: Final[Source] = api(
    "UpdateJobQueueRequest.schedulingPolicyArn",
    '"Once a job queue is created, the fair-share scheduling policy can be replaced but not'
    ' removed."',
)

TYPE_OF_QUEUE: Final[Source] = api(
    "CreateJobQueueRequest.jobQueueType",
    '"For regular container jobs, this value is EKS, ECS, or ECS_FARGATE depending on the compute'
    ' environment."; UpdateJobQueue has no such member.',
)

KIND_OF_ORDER_STAYS: Final[Source] = api(
    "CreateJobQueueRequest.serviceEnvironmentOrder",
    '"A job queue can\'t have both a serviceEnvironmentOrder and a computeEnvironmentOrder field.";'
    " UpdateJobQueue leaves what it is not given, and has no jobQueueType.",
)

KIND_OF_POLICY_STAYS: Final[Source] = api(
    "UpdateSchedulingPolicyRequest.fairsharePolicy",
    '"Once set during creation, a fairsharePolicy cannot be removed or changed to a'
    ' quotaSharePolicy."; of a quotaSharePolicy it says the same the other way round.',
)

NO_POLICY_LATER: Final[Source] = api(
    "CreateJobQueueRequest.schedulingPolicyArn",
    '"A job queue without a fair-share scheduling policy is scheduled as a FIFO job queue and'
    " can't have a fair-share scheduling policy added.\"",
)

STACK_TAGS: Final[Source] = docs(
    "AWSCloudFormation/latest/TemplateReference/aws-properties-resource-tags.html",
    "Stack-level tags are propagated to resources that CloudFormation supports. Of a compute "
    "environment, whose tags the registry calls create-only, they replace it, as seen in "
    "https://github.com/aws-cloudformation/cloudformation-coverage-roadmap/issues/2270.",
)

DEFAULT_IS_NOT_READ: Final[Source] = docs(
    "cdk/v2/guide/ref-cli-cmd-deploy.html",
    "--previous-parameters, which is the default, uses the values that parameters have, as the AWS "
    "CLI's deploy does; CloudFormation calls it UsePreviousValue.",
)

EXPORT_IN_USE: Final[Source] = docs(
    "AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-importvalue.html",
    "A stack cannot be deleted, and an output value not be modified or removed, while another "
    "stack references it.",
)

OUTPUT_IS_READ: Final[Source] = docs(
    "AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-getstackoutput.html",
    "A weak reference: the value is resolved when the stack that reads it is created or updated; "
    "a later change or deletion does not reach that stack by itself.",
)

STACK_STAYS: Final[Source] = seen(
    "https://github.com/aws/aws-cdk/issues/14911",
    "cdk deploy deletes no stack: one that the app no longer has, or has under another name or in "
    "another account or Region, stays deployed beside the new one.",
)

DELETION_PAGE: Final = (
    "https://docs.aws.amazon.com/batch/latest/APIReference/API_DeleteComputeEnvironment.html"
)
"""Where AWS says that active jobs on Fargate have to end before their environment is deleted, which
becomes invalid otherwise."""

TAKES_NEW_INSTANCES: Final = frozenset({"ComputeResources/UpdateToLatestImageVersion"})
"""What takes new instances too, though the registry does not call it conditional
(ComputeResourceUpdate.updateToLatestImageVersion)."""

FARGATE_SCALES: Final = frozenset({"ComputeResources/SecurityGroupIds", "ComputeResources/Subnets"})
"""What is changed on Fargate without replacing anything."""

SCALES: Final = frozenset({"ComputeResources/ScalingPolicy"})
"""What is changed on any environment without replacing instances, though the registry calls it
conditional."""

UPDATE_MINUTES: Final = 30
"""How long an infrastructure update waits for jobs when the update policy does not say."""

UPDATE_MINUTES_SOURCE: Final[Source] = api(
    "UpdatePolicy.jobExecutionTimeoutMinutes", '"The default value is 30."'
)


def registry(type: str) -> Source:
    """Name the page on which CloudFormation says of each property what its update requires."""
    noun = type.removeprefix("AWS::").replace("::", "-").lower()
    return cloudformation(f"aws-resource-{noun}", '"Update requires"')


def is_in_registry(type: str) -> bool:
    """Whether the table tells of a CloudFormation type."""
    return type in _table()


def reference_is(type: str) -> str | None:
    """Name the attribute of a CloudFormation type that ``Ref`` gives too; None where none is known.

    "Ref returns the … ARN", or the ID, says the page of each, and the registry has it as its
    primaryIdentifier, which nobody sets. A security group is not there: without a VPC, ``Ref``
    gives its name.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-batch-jobqueue.html
    """
    return _references().get(type)


def has_role_of_its_own(role: object) -> bool:
    """Whether an environment's service role is another one than AWS Batch's service-linked one."""
    return role is not None and SERVICE_LINKED_ROLE not in str(role)


INSTANCES: Final = "instances"
"""The family of EC2 and Spot."""


def family(kind: str) -> str:
    """Give what kinds of compute resources have in common that turn into each other in place.

    On instances, on demand and Spot are one; each other kind is one of its own.
    """
    return kind if kind in {*ON_FARGATE, *ON_MANAGED_INSTANCES} else INSTANCES


def is_best_fit(kind: str, strategy: object) -> bool:
    """Whether an environment has the strategy ``BEST_FIT``, as instances have for which none is."""
    return family(kind) == INSTANCES and strategy in (None, BEST_FIT)


def is_replaced(kind: str, strategy: object, *, role_of_its_own: bool) -> bool:
    """Whether an environment has to be replaced where its instances are to be others."""
    return role_of_its_own or is_best_fit(kind, strategy)


class CreateOnly(Record):
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


@cache
def _references() -> dict[str, str]:
    attributes: dict[str, str] = read("references")
    return attributes
