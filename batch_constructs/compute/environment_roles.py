"""The roles of a compute environment: of its instances, of Spot Fleet, of AWS Batch itself.

https://docs.aws.amazon.com/batch/latest/userguide/using-service-linked-roles.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from aws_cdk import aws_iam as iam

from batch_constructs.aws import managed_policies as policies
from batch_constructs.aws.actions import IAM_PASS_ROLE
from batch_constructs.aws.service_principals import BATCH, EC2, ECS, SPOT_FLEET
from batch_constructs.construct import arn_prefix, once_made, own_account
from batch_constructs.one_call import OneCall, new, of
from batch_constructs.role_policies import as_document
from batch_constructs.roles_of_other_stacks import as_grantee

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from constructs import Construct

    from batch_constructs.one_call import InJavaScript


INSTANCE_ROLE: Final = "InstanceRole"
"""The ID of the role of an environment's instances."""


def make_instance_role(
    scope: Construct, managed: Sequence[str], *, session_access: bool
) -> iam.Role:
    """Make the role of instances: they join their cluster and, where wanted, open sessions.

    Containers in the instance's network get its credentials, so that it may nothing else.
    https://docs.aws.amazon.com/batch/latest/userguide/instance_IAM_role.html
    https://docs.aws.amazon.com/eks/latest/userguide/create-node-role.html
    """
    inline = {"SessionManager": _sessions()} if session_access else {}
    return _make_role(scope, INSTANCE_ROLE, EC2, managed, inline)


def _sessions() -> InJavaScript:
    """Allow what Session Manager needs of an instance, and no parameter of the account."""
    return as_document(
        [
            {
                "Effect": "Allow",
                "Action": policies.REPORT_INSTANCE,
                "Resource": f"{arn_prefix('ec2')}instance/*",  # none of them has an ID yet
            },
            {
                "Effect": "Allow",
                "Action": list(policies.SESSION_CHANNELS),
                "Resource": "*",  # the channels of a session take no resource
            },
        ]
    )


def make_managed_instance_role(scope: Construct) -> iam.Role:
    """Make the role of ECS Managed Instances.

    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/managed-instances-instance-profile.html
    """
    return _make_role(scope, INSTANCE_ROLE, EC2, [policies.MANAGED_INSTANCE])


def make_infrastructure_role(scope: Construct) -> iam.Role:
    """Make the role by which Amazon ECS starts and ends Managed Instances.

    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/infrastructure_IAM_role.html
    """
    return _make_role(scope, "InfrastructureRole", ECS, [policies.MANAGED_INFRASTRUCTURE])


def let_pass(scope: Construct, infrastructure_role: iam.IRole, instance_role: iam.IRole) -> None:
    """Let the infrastructure role give instances their role, whatever its name.

    AWS's own policy allows that only for roles whose name begins with ``ecsInstanceRole``.
    """
    statement = iam.PolicyStatement(
        actions=[IAM_PASS_ROLE],
        resources=[instance_role.role_arn],
        conditions={"StringEquals": {"iam:PassedToService": EC2}},
    )
    once_made(lambda: as_grantee(scope, infrastructure_role).add_to_principal_policy(statement))


def make_instance_profile(scope: Construct, role: iam.IRole) -> str:
    """Make what carries a role to an instance, and return its ARN."""
    call = OneCall(scope)
    profile = call.add(
        iam.CfnInstanceProfile, "InstanceProfile", {"roles": [role.role_name]}, tell=["attrArn"]
    )
    call.make(at_once=True)
    return profile.attribute("attrArn")


def make_spot_fleet_role(scope: Construct) -> iam.Role:
    """Make the role of Spot Fleet, which only the strategy BEST_FIT uses.

    https://docs.aws.amazon.com/batch/latest/userguide/spot_fleet_IAM_role.html
    """
    return _make_role(scope, "SpotFleetRole", SPOT_FLEET, [policies.SPOT_FLEET])


def make_service_role(scope: Construct) -> iam.Role:
    """Make a service role, which an unmanaged compute environment has to be given.

    https://docs.aws.amazon.com/batch/latest/userguide/service_IAM_role.html
    """
    for_us = {"conditions": own_account()}
    return _make_role(scope, "ServiceRole", BATCH, [policies.BATCH_SERVICE], principal=for_us)


def _make_role(
    scope: Construct,
    id: str,
    service: str,
    managed: Sequence[str],
    inline: Mapping[str, InJavaScript] | None = None,
    *,
    principal: Mapping[str, Any] | None = None,
) -> iam.Role:
    """Make a role that a service takes, with policies of AWS's."""
    call = OneCall(scope)
    role = call.add(
        iam.Role,
        id,
        {
            "assumedBy": new("aws_iam.ServicePrincipal", service, principal),
            "managedPolicies": [
                of("aws_iam.ManagedPolicy.fromAwsManagedPolicyName", name) for name in managed
            ],
            "inlinePolicies": inline,
        },
    )
    return role.resource
