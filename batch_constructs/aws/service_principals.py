"""Which service assumes which role on the way of a job."""

from __future__ import annotations

from batch_constructs.aws.actions import STS_ASSUME_ROLE
from batch_constructs.aws.record import Record
from batch_constructs.aws.source import Source, api, docs, guide
from batch_constructs.aws.typing_names import TYPE_CHECKING, Any, Final
from batch_constructs.aws.updates import SERVICE_LINKED_ROLE

if TYPE_CHECKING:
    from collections.abc import Mapping

DOMAIN: Final = "amazonaws.com"
"""What the name of a service ends with, its principal's and its endpoint's."""

ALARMS: Final = "cloudwatch.amazonaws.com"
BATCH: Final = "batch.amazonaws.com"
CLOUDFORMATION: Final = "cloudformation.amazonaws.com"
CLOUDTRAIL: Final = "cloudtrail.amazonaws.com"
LOG_DELIVERY: Final = "delivery.logs.amazonaws.com"
SNS: Final = "sns.amazonaws.com"
EC2: Final = "ec2.amazonaws.com"
ECS: Final = "ecs.amazonaws.com"
ECS_TASKS: Final = "ecs-tasks.amazonaws.com"
EVENTS: Final = "events.amazonaws.com"
LOGS: Final = "logs.amazonaws.com"
LAMBDA: Final = "lambda.amazonaws.com"
PIPES: Final = "pipes.amazonaws.com"
SCHEDULER: Final = "scheduler.amazonaws.com"
SPOT_FLEET: Final = "spotfleet.amazonaws.com"
STATES: Final = "states.amazonaws.com"


class Trust(Record):
    """Who has to be trusted by a role.

    Attributes:
        service: the principal.
        source: AWS's page.
    """

    service: str
    source: Source


LAUNCHING_ROLES: Final = (
    ("autoscaling.amazonaws.com", "AWSServiceRoleForAutoScaling"),
    ("spotfleet.amazonaws.com", "AWSServiceRoleForEC2SpotFleet"),
    ("spot.amazonaws.com", "AWSServiceRoleForEC2Spot"),
    ("ec2fleet.amazonaws.com", "AWSServiceRoleForEC2Fleet"),
    ("batch.amazonaws.com", SERVICE_LINKED_ROLE),
)
"""The service-linked roles with which instances of an environment may be launched."""


def linked_role(service: str, name: str) -> str:
    """Write what the ARN of a service-linked role ends with."""
    return f"role/aws-service-role/{service}/{name}"


EVERYONE: Final = "*"

EVERYONE_SOURCE: Final[Source] = docs(
    "IAM/latest/UserGuide/reference_policies_elements_principal.html",
    '"You can use a wildcard (*) to specify all principals" … "the following elements are'
    ' equivalent:" "Principal": "*" and "Principal": {"AWS": "*"}',
)


def trusts(policy: Mapping[str, Any], service: str) -> bool:
    """Say whether a role's trust policy lets a service assume the role, or may do so.

    The domain of a service differs by partition. What a statement says by ``NotPrincipal`` or
    ``NotAction`` is not worked out.
    """
    return any(
        statement.get("Effect") == "Allow"
        and ("NotAction" in statement or _covers_assuming(statement.get("Action")))
        and ("NotPrincipal" in statement or _names(statement.get("Principal", {}), service))
        for statement in _several(policy.get("Statement"))
    )


def _several(value: Any) -> list[Any]:
    """Give what may be missing, or stand alone or in a list, as a list."""
    return value if isinstance(value, list) else [] if value is None else [value]


def _covers_assuming(actions: Any) -> bool:
    from fnmatch import fnmatchcase  # noqa: PLC0415  # a check asks otherwise

    wanted = STS_ASSUME_ROLE.lower()
    return any(fnmatchcase(wanted, action.lower()) for action in _several(actions))


def _names(principal: Any, service: str) -> bool:
    if isinstance(principal, str):
        return principal == EVERYONE
    labels = {name.partition(".")[0] for name in _several(principal.get("Service"))}
    return EVERYONE in _several(principal.get("AWS")) or service.partition(".")[0] in labels


PASSED_ROLES_SOURCE: Final[Source] = docs(
    "IAM/latest/UserGuide/id_roles_use_passrole.html",
    '"You can only use the PassRole permission to pass an IAM role to a service that shares the'
    ' same AWS account."',
)

BOUNDARIES_SOURCE: Final[Source] = docs(
    "IAM/latest/UserGuide/access_policies_create.html",
    '"Customer managed policies are standalone policies that you manage in your own AWS account.'
    " You can then attach the policies to identities (users, groups, and roles) in your AWS"
    ' account."',
)

_PROVIDER: Final = "ManagedInstancesProvider"

ENVIRONMENT_ROLES: Final = {
    "ServiceRole": Trust(
        BATCH,
        guide("service_IAM_role", "The trust policy names batch.amazonaws.com."),
    ),
    "ComputeResources/SpotIamFleetRole": Trust(
        SPOT_FLEET,
        guide("spot_fleet_IAM_role", "The trust policy names spotfleet.amazonaws.com."),
    ),
    "ComputeResources/InstanceRole": Trust(
        EC2,
        guide("instance_IAM_role", "The trust policy names ec2.amazonaws.com."),
    ),
    f"ComputeResources/{_PROVIDER}/InfrastructureRoleArn": Trust(
        ECS,
        api(
            f"{_PROVIDER}.infrastructureRoleArn",
            '"This role must have a trust policy for ecs.amazonaws.com"',
        ),
    ),
    f"ComputeResources/{_PROVIDER}/InstanceLaunchTemplate/Ec2InstanceProfileArn": Trust(
        EC2,
        api(
            "InstanceLaunchTemplate.ec2InstanceProfileArn",
            '"with a trust policy for ec2.amazonaws.com"',
        ),
    ),
}
"""Property of a compute environment → who assumes its role."""

JOB_ROLES: Final = Trust(
    ECS_TASKS,
    docs(
        "AmazonECS/latest/developerguide/task-iam-roles.html",
        "The trust policy of a task's role and of its execution role names ecs-tasks.amazonaws.com",
    ),
)
"""Who assumes the roles of a job."""

SUBMITTER_ROLES: Final = {
    "AWS::Events::Rule": Trust(
        EVENTS,
        guide(
            "CWE_IAM_role",
            '"The trust relationship for your EventBridge IAM role must provide the'
            ' events.amazonaws.com service principal the ability to assume the role."',
        ),
    ),
    "AWS::Scheduler::Schedule": Trust(
        SCHEDULER,
        docs(
            "scheduler/latest/UserGuide/setting-up.html",
            "The trust policy of the execution role names scheduler.amazonaws.com.",
        ),
    ),
    "AWS::Pipes::Pipe": Trust(
        PIPES,
        docs(
            "eventbridge/latest/userguide/eb-pipes-permissions.html",
            "The trust policy of the execution role names pipes.amazonaws.com.",
        ),
    ),
    "AWS::StepFunctions::StateMachine": Trust(
        STATES,
        docs(
            "step-functions/latest/dg/procedure-create-iam-role.html",
            "The trust policy of a state machine's role names states.amazonaws.com.",
        ),
    ),
}
"""Type of what submits jobs → who assumes its role."""
