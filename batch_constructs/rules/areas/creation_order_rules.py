"""Rules about the order in which CloudFormation creates: a right has to be there before its use."""

from __future__ import annotations

from batch_constructs.aws.actions import ECS_DESCRIBE_CLUSTERS, SQS_RECEIVE_MESSAGE
from batch_constructs.aws.authorization import STATE_MACHINE_RULE, STATE_MACHINE_RULE_ACTIONS
from batch_constructs.aws.bound import one_of
from batch_constructs.aws.record import Record
from batch_constructs.aws.source import cloudformation
from batch_constructs.aws.typing_names import TYPE_CHECKING
from batch_constructs.rules.access.arn_patterns import arn, spelled
from batch_constructs.rules.access.creation_order import waits_for
from batch_constructs.rules.access.rights import Rights, rights, rights_of
from batch_constructs.rules.areas.submit_permission_rules import waits_for_jobs
from batch_constructs.rules.findings import Severity
from batch_constructs.rules.rule import Fault, rule
from batch_constructs.rules.template.iam_roles import role_of
from batch_constructs.rules.template.resource_graph import (
    COMPUTE_ENVIRONMENT,
    ComputeEnvironment,
    Resource,
)
from batch_constructs.rules.template.state_machine_view import STATE_MACHINE
from batch_constructs.rules.template.submitted_jobs import EVENT_SOURCE_MAPPING
from batch_constructs.rules.template.values import Reference

if TYPE_CHECKING:
    from collections.abc import Iterator


class _Use(Record):
    """What AWS looks at as it creates a resource."""

    path: str
    role: Resource
    rights: Rights
    action: str
    resource: str


def _uses(resource: Resource) -> Iterator[_Use]:
    if isinstance(resource, ComputeEnvironment) and resource.is_eks is False:
        role = role_of(resource, resource.properties.get("ServiceRole"))
        if role is not None:
            yield _Use("ServiceRole", role, rights(role), ECS_DESCRIBE_CLUSTERS, "*")
    elif resource.type == STATE_MACHINE and waits_for_jobs(resource):
        owner = rights_of(resource)
        if owner is not None:
            managed = arn("events", STATE_MACHINE_RULE)
            yield _Use("RoleArn", *owner, STATE_MACHINE_RULE_ACTIONS[0], managed)
    elif resource.type == EVENT_SOURCE_MAPPING:
        from batch_constructs.rules.areas.message_queue_rules import mapped_queue  # noqa: PLC0415  # seldom needed

        mapped = mapped_queue(resource)
        owner = None if mapped is None else rights_of(mapped[1])
        if mapped is not None and owner is not None:
            source = spelled(Reference(mapped[0].id, "Arn"), mapped[0].template)
            yield _Use("FunctionName", *owner, SQS_RECEIVE_MESSAGE, source)


@rule(
    "policy-created-later",
    (COMPUTE_ENVIRONMENT, STATE_MACHINE, EVENT_SOURCE_MAPPING),
    severity=Severity.WARNING,
    title="policy that may be created after the resource that needs it",
    fix="add DependsOn with the policy",
    source=cloudformation(
        "aws-resource-iam-role",
        "If an external policy (such as AWS::IAM::Policy or AWS::IAM::ManagedPolicy) has a Ref to a"
        " role and if a resource also has a Ref to the same role, add a DependsOn attribute to the"
        " resource, so that the role's policy is available throughout the resource's lifecycle;"
        " CreateComputeEnvironmentRequest.serviceRole.",
    ),
)
def policy_created_later(resource: Resource) -> Iterator[Fault]:
    """CloudFormation creates and deletes resources in any order if none depends on the other.

    Without the policy, an environment becomes INVALID or cannot be deleted, and a state machine or
    an event source mapping is refused.
    """
    for use in _uses(resource):
        if not use.rights.mention(use.action) or use.rights.deny(use.action, use.resource):
            continue
        if not use.rights.before(resource).deny(use.action, use.resource):
            continue
        policies = sorted(
            {
                one.origin
                for one in use.rights.statements
                if one.origin and one.allows and one.covers(use.action) is not False
            }
        )
        message = f"{use.role.id} gets {use.action} from {one_of(policies)}, which"
        yield use.path, f"{message} {resource.id} does not depend on", _fix(resource, policies[0])


def _fix(resource: Resource, policy: str) -> str:
    found = resource.template.get(policy)
    if found is not None and waits_for(found, resource.id):
        return f"move what {policy} allows without {resource.id} into Policies of the role"
    return f"add DependsOn: {policy} to {resource.id}"
