"""What an IAM role of the template allows, and to whom, as far as the template says."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Final

from batch_constructs.rules.template.values import (
    UNKNOWN,
    Reference,
    Text,
    entries,
    listing,
    mapping,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from batch_constructs.rules.template.resources import Resource, Template

ROLE: Final = "AWS::IAM::Role"
_ATTACHED: Final = ("AWS::IAM::Policy", "AWS::IAM::ManagedPolicy", "AWS::IAM::RolePolicy")

_LOGS: Final = ("logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents")
_PULL: Final = (
    "ecr:GetAuthorizationToken",
    "ecr:BatchCheckLayerAvailability",
    "ecr:GetDownloadUrlForLayer",
    "ecr:BatchGetImage",
)
KNOWN_POLICIES: Final[dict[str, tuple[str, ...]]] = {
    "AmazonECSTaskExecutionRolePolicy": (*_PULL, *_LOGS[1:]),
    "AWSLambdaBasicExecutionRole": _LOGS,
    "AWSLambdaSQSQueueExecutionRole": (
        *_LOGS,
        "sqs:ReceiveMessage",
        "sqs:DeleteMessage",
        "sqs:GetQueueAttributes",
    ),
    "AWSLambdaVPCAccessExecutionRole": (*_LOGS, "ec2:*NetworkInterface*"),
    "AWSBatchServiceEventTargetRole": ("batch:SubmitJob",),
    "AmazonEC2ContainerServiceforEC2Role": ("ecs:*", *_PULL, *_LOGS[1:]),
    "AmazonEC2SpotFleetTaggingRole": ("ec2:*", "iam:PassRole"),
    "AmazonEC2SpotFleetRole": ("ec2:RequestSpotInstances", "iam:PassRole"),
    "AmazonSSMManagedInstanceCore": ("ssm:UpdateInstanceInformation", "ssmmessages:*"),
    "CloudWatchAgentServerPolicy": ("cloudwatch:PutMetricData", *_LOGS),
    "AmazonS3ReadOnlyAccess": ("s3:Get*", "s3:List*"),
    "AmazonS3FullAccess": ("s3:*",),
    "AWSXRayDaemonWriteAccess": ("xray:Put*",),
}
"""What the AWS managed policies that go with Batch allow; of others nothing is known."""


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement of a policy.

    Attributes:
        allows: whether its effect is Allow.
        actions: the action patterns.
        resources: the resources, as they are in the template.
        conditional: whether it has a condition.
    """

    allows: bool
    actions: tuple[str, ...]
    resources: tuple[object, ...]
    conditional: bool

    def covers(self, action: str) -> bool:
        """Tell whether an action is one of those the statement is about."""
        wanted = action.lower()
        return any(fnmatchcase(wanted, pattern.lower()) for pattern in self.actions)

    @property
    def on_everything(self) -> bool:
        """Tell whether it is about every resource."""
        return "*" in self.resources


@dataclass(frozen=True, slots=True)
class Permissions:
    """What a role allows.

    Attributes:
        statements: the statements that are known.
        complete: whether there are no others.
        managed: the names of its AWS managed policies.
    """

    statements: tuple[Statement, ...]
    complete: bool
    managed: tuple[str, ...]

    def may(self, action: str) -> bool:
        """Tell whether the role allows an action on anything, or may allow it."""
        return not self.complete or any(
            one.allows and one.covers(action) for one in self.statements
        )


def _several(value: object) -> list[object]:
    return value if isinstance(value, list) else [value]


def statements(document: object) -> Iterator[Statement | None]:
    """Give the statements of a policy document, None for one that is not known."""
    if not isinstance(document, dict):
        yield None
        return
    for one in _several(document.get("Statement", [])):
        if not isinstance(one, dict) or "NotAction" in one or "NotResource" in one:
            yield None
            continue
        actions = _several(one.get("Action", []))
        if any(not isinstance(action, str) for action in actions):
            yield None
            continue
        yield Statement(
            allows=one.get("Effect") == "Allow",
            actions=tuple(str(action) for action in actions),
            resources=tuple(_several(one.get("Resource", []))),
            conditional="Condition" in one,
        )


def permissions(role: Resource) -> Permissions:
    """Collect what a role of the template allows."""
    memory = role.template.memory
    known = memory.get(f"permissions of {role.id}")
    if isinstance(known, Permissions):
        return known
    found: list[Statement | None] = []
    managed: list[str] = []
    if "Policies" in role.properties and listing(role.properties, "Policies") is None:
        found.append(None)
    for policy in listing(role.properties, "Policies") or ():
        found += statements(policy.get("PolicyDocument") if isinstance(policy, dict) else UNKNOWN)
    arns = role.properties.get("ManagedPolicyArns", [])
    for arn in arns if isinstance(arns, list) else [UNKNOWN]:
        name = policy_name(arn)
        own = role.template.target(arn, "AWS::IAM::ManagedPolicy")
        if own is not None:
            found += statements(own.properties.get("PolicyDocument"))
        elif name in KNOWN_POLICIES:
            managed.append(name)
            found.append(
                Statement(
                    allows=True, actions=KNOWN_POLICIES[name], resources=("*",), conditional=False
                )
            )
        else:
            managed += [name] if name else []
            found.append(None)
    for policy in _policies_for(role.template, role):
        found += statements(policy.properties.get("PolicyDocument"))
    result = Permissions(
        tuple(one for one in found if one is not None),
        None not in found,
        tuple(managed),
    )
    memory[f"permissions of {role.id}"] = result
    return result


def _policies_for(template: Template, role: Resource) -> Iterator[Resource]:
    for type_ in _ATTACHED:
        for policy in template.all(type_):
            roles = policy.properties.get("Roles", [policy.properties.get("RoleName")])
            name = role.properties.get("RoleName")
            for one in roles if isinstance(roles, list) else [UNKNOWN]:
                if one is UNKNOWN or template.target(one) is role or (name and one == name):
                    yield policy


def policy_name(arn: object) -> str:
    """Give the name of an AWS managed policy, empty if it is none."""
    literal = arn.pattern if isinstance(arn, Text) else arn
    if isinstance(literal, str) and ":iam::aws:policy/" in literal.replace("\0", ""):
        return literal.rpartition("/")[2]
    return ""


def trusts(role: Resource, service: str) -> bool:
    """Tell whether a service may assume a role, or whether that is not known."""
    document = role.properties.get("AssumeRolePolicyDocument")
    if not isinstance(document, dict):
        return True
    for one in _several(document.get("Statement", [])):
        if not isinstance(one, dict):
            return True
        principal = one.get("Principal", UNKNOWN)
        if principal == "*" or not isinstance(principal, dict):
            return True
        for name in _several(principal.get("Service", [])):
            literal = name.pattern if isinstance(name, Text) else name
            if not isinstance(literal, str) or literal.startswith("\0"):
                return True
            if literal.partition(".")[0] == service:
                return True
    return False


def principals(role: Resource) -> list[str]:
    """Give the services that may assume a role."""
    found: list[str] = []
    for one in entries(mapping(role.properties, "AssumeRolePolicyDocument"), "Statement"):
        principal = mapping(one[1], "Principal")
        found += [
            (name.pattern.replace("\0", "amazonaws.com") if isinstance(name, Text) else str(name))
            for name in _several(principal.get("Service", []))
        ]
    return found


def role_of(resource: Resource, value: object) -> Resource | None:
    """Find the role that a value refers to."""
    return resource.neighbour(value, ROLE)


def literal(value: object) -> str | None:
    """Give a string with a NUL for each unknown part, None if it is none."""
    if isinstance(value, str):
        return value
    return value.pattern if isinstance(value, Text) else None


def refers_to(value: object, template: Template, type: str, noun: str) -> bool | None:
    """Tell whether a resource of a statement is of a type; None if that is not known."""
    if value == "*":
        return True
    if isinstance(value, Reference):
        found = template.get(value.target)
        return None if found is None else found.type == type
    written = literal(value)
    if written is None:
        return None
    if f":{noun}/" in written:
        return True
    if isinstance(value, Text) and any(
        (found := template.get(one.target)) is not None and found.type == type
        for one in value.references
    ):
        return True
    return None if written.startswith("\0") or written.endswith(("batch:*", "\0")) else False
