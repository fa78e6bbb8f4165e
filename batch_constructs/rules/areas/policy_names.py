"""Rules about names in policies: AWS managed policies and actions of Batch that do not exist."""

from __future__ import annotations

from difflib import get_close_matches
from functools import partial
from typing import TYPE_CHECKING, Final

from batch_constructs.rules.findings import Severity
from batch_constructs.rules.rule import Fault, rule
from batch_constructs.rules.template.role_policies import ROLE, statements
from batch_constructs.rules.template.values import Text, listing, show

if TYPE_CHECKING:
    from collections.abc import Iterator

    from batch_constructs.rules.template.resources import Resource

AREA: Final = "policy_names"
_rule = partial(rule, area=AREA)

MANAGED_POLICIES: Final = (
    "service-role/AWSBatchServiceEventTargetRole",
    "service-role/AWSBatchServiceRole",
    "service-role/AWSLambdaBasicExecutionRole",
    "service-role/AWSLambdaSQSQueueExecutionRole",
    "service-role/AWSLambdaVPCAccessExecutionRole",
    "service-role/AmazonEC2ContainerServiceforEC2Role",
    "service-role/AmazonEC2SpotFleetTaggingRole",
    "service-role/AmazonECSTaskExecutionRolePolicy",
)
"""AWS managed policies that go with Batch, with their paths."""

_NO_POLICIES: Final = {
    "amazonecstaskexecutionrole": "service-role/AmazonECSTaskExecutionRolePolicy"
}
_RIGHT: Final = _NO_POLICIES | {one.rpartition("/")[2].lower(): one for one in MANAGED_POLICIES}


@_rule(
    "managed-policy-name",
    ROLE,
    title="AWS managed policy that does not exist",
    fix="write the policy with its path and in its own case",
    source="AWS Managed Policy Reference: service-role/AmazonECSTaskExecutionRolePolicy,"
    " service-role/AmazonEC2ContainerServiceforEC2Role and the others; their ARNs are"
    " case-sensitive",
)
def managed_policy_name(role: Resource) -> Iterator[Fault]:
    """IAM answers that the policy *does not exist or is not attachable*."""
    for position, arn in enumerate(listing(role.properties, "ManagedPolicyArns") or ()):
        written = arn.pattern if isinstance(arn, Text) else arn
        if not isinstance(written, str) or ":iam::aws:policy/" not in written:
            continue
        got = written.partition(":policy/")[2]
        right = _RIGHT.get(got.rpartition("/")[2].lower())
        if right is not None and got != right and "\0" not in got:
            message = f"there is no AWS managed policy {show(got)}; there is {right}"
            yield f"ManagedPolicyArns/{position}", message, f"write {right}"


ACTIONS: Final = (
    "CancelJob",
    "CancelJobs",
    "CreateComputeEnvironment",
    "CreateConsumableResource",
    "CreateJobQueue",
    "CreateQuotaShare",
    "CreateSchedulingPolicy",
    "CreateServiceEnvironment",
    "DeleteComputeEnvironment",
    "DeleteConsumableResource",
    "DeleteJobQueue",
    "DeleteQuotaShare",
    "DeleteSchedulingPolicy",
    "DeleteServiceEnvironment",
    "DeregisterJobDefinition",
    "DescribeComputeEnvironments",
    "DescribeConsumableResource",
    "DescribeJobDefinitions",
    "DescribeJobQueues",
    "DescribeJobs",
    "DescribeQuotaShare",
    "DescribeSchedulingPolicies",
    "DescribeServiceEnvironments",
    "DescribeServiceJob",
    "GetJobQueueSnapshot",
    "ListConsumableResources",
    "ListJobs",
    "ListJobsByConsumableResource",
    "ListQuotaShares",
    "ListSchedulingPolicies",
    "ListServiceJobs",
    "ListTagsForResource",
    "RegisterJobDefinition",
    "SubmitJob",
    "SubmitServiceJob",
    "TagResource",
    "TerminateJob",
    "TerminateJobs",
    "TerminateServiceJob",
    "TerminateServiceJobs",
    "UntagResource",
    "UpdateComputeEnvironment",
    "UpdateConsumableResource",
    "UpdateJobQueue",
    "UpdateQuotaShare",
    "UpdateSchedulingPolicy",
    "UpdateServiceEnvironment",
    "UpdateServiceJob",
)
"""The actions of AWS Batch: the operations of its API."""

_KNOWN: Final = {action.lower(): action for action in ACTIONS}
_CLOSE: Final = 0.85


@_rule(
    "batch-action",
    (ROLE, "AWS::IAM::ManagedPolicy", "AWS::IAM::Policy", "AWS::IAM::RolePolicy"),
    severity=Severity.WARNING,
    title="action of Batch that does not exist",
    fix="name the action as the API does",
    source="Service Authorization Reference, Actions defined by AWS Batch: the operations of the"
    " API",
)
def batch_action(owner: Resource) -> Iterator[Fault]:
    """IAM takes any word, and allows nothing by it. Case does not matter."""
    documents = [("PolicyDocument", owner.properties.get("PolicyDocument"))]
    documents += [
        (f"Policies/{position}/PolicyDocument", policy.get("PolicyDocument"))
        for position, policy in enumerate(listing(owner.properties, "Policies") or ())
        if isinstance(policy, dict)
    ]
    for path, document in documents:
        for statement in statements(document):
            for action in statement.actions if statement is not None else ():
                service, _, name = action.partition(":")
                if service.lower() != "batch" or name.lower() in _KNOWN:
                    continue
                close = get_close_matches(name.lower(), _KNOWN, 1, _CLOSE)
                if close and "*" not in name and "?" not in name:
                    right = f"batch:{_KNOWN[close[0]]}"
                    message = f"there is no action {show(action)}; its nearest is {right}"
                    yield path, message, f"write {right}"
