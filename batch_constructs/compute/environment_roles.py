"""The roles of a compute environment: of its instances, of Spot Fleet, of AWS Batch itself.

https://docs.aws.amazon.com/batch/latest/userguide/using-service-linked-roles.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from aws_cdk import aws_iam as iam

from batch_constructs.aws import managed_policies as policies
from batch_constructs.aws.actions import IAM_PASS_ROLE, PASSED_TO_SERVICE
from batch_constructs.aws.service_principals import BATCH, EC2, ECS, SPOT_FLEET
from batch_constructs.construct import arn_prefix, once_made, own_account
from batch_constructs.jsii_objects import has_member
from batch_constructs.one_call import OneCall, new, of
from batch_constructs.role_policies import as_document
from batch_constructs.roles_of_other_stacks import as_grantee

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from constructs import Construct

    from batch_constructs.one_call import InJavaScript, Made


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
    return _add_instance_role(OneCall(scope), managed, session_access=session_access).resource


def instance_role_and_profile(
    scope: Construct, given: Any, managed: Sequence[str], *, session_access: bool
) -> tuple[Any, str]:
    """Return the role of instances, given or made, and the ARN of what carries it to them."""
    if has_member(given, "instance_profile_arn"):
        return given.role, given.instance_profile_arn
    if given is not None:
        return given, make_instance_profile(scope, given)
    call = OneCall(scope)
    role = _add_instance_role(call, managed, session_access=session_access)
    profile = _add_instance_profile(call, role.attribute("roleName"))
    call.make(at_once=True)
    return role.resource, profile.attribute("attrArn")


def _add_instance_role(
    call: OneCall, managed: Sequence[str], *, session_access: bool
) -> Made[iam.Role]:
    inline = {"SessionManager": _sessions()} if session_access else {}
    return _add_role(call, INSTANCE_ROLE, EC2, managed, inlinePolicies=inline)


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
    managed = [policies.MANAGED_INSTANCE]
    return _add_role(OneCall(scope), INSTANCE_ROLE, EC2, managed).resource


def make_infrastructure_role(scope: Construct) -> iam.Role:
    """Make the role by which Amazon ECS starts and ends Managed Instances.

    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/infrastructure_IAM_role.html
    """
    managed = [policies.MANAGED_INFRASTRUCTURE]
    return _add_role(OneCall(scope), "InfrastructureRole", ECS, managed).resource


def let_pass(scope: Construct, infrastructure_role: iam.IRole, instance_role: iam.IRole) -> None:
    """Let the infrastructure role give instances their role, whatever its name.

    AWS's own policy allows that only for roles whose name begins with ``ecsInstanceRole``.
    """
    statement = iam.PolicyStatement(
        actions=[IAM_PASS_ROLE],
        resources=[instance_role.role_arn],
        conditions={"StringEquals": {PASSED_TO_SERVICE: EC2}},
    )
    once_made(lambda: as_grantee(scope, infrastructure_role).add_to_principal_policy(statement))


def make_instance_profile(scope: Construct, role: iam.IRole) -> str:
    """Make what carries a role to an instance, and return its ARN."""
    call = OneCall(scope)
    profile = _add_instance_profile(call, role.role_name)
    call.make(at_once=True)
    return profile.attribute("attrArn")


def _add_instance_profile(call: OneCall, role_name: str) -> Made[iam.CfnInstanceProfile]:
    return call.add(
        "aws_iam.CfnInstanceProfile", "InstanceProfile", {"roles": [role_name]}, tell=["attrArn"]
    )


def make_spot_fleet_role(scope: Construct) -> iam.Role:
    """Make the role of Spot Fleet, which only the strategy BEST_FIT uses.

    https://docs.aws.amazon.com/batch/latest/userguide/spot_fleet_IAM_role.html
    """
    return _add_role(OneCall(scope), "SpotFleetRole", SPOT_FLEET, [policies.SPOT_FLEET]).resource


def make_service_role(scope: Construct) -> iam.Role:
    """Make a service role, which an unmanaged compute environment has to be given.

    https://docs.aws.amazon.com/batch/latest/userguide/service_IAM_role.html
    """
    managed, for_us = [policies.BATCH_SERVICE], {"conditions": own_account()}
    return _add_role(OneCall(scope), "ServiceRole", BATCH, managed, principal=for_us).resource


def _add_role(
    call: OneCall,
    id: str,
    service: str,
    managed: Sequence[str],
    *,
    principal: Mapping[str, Any] | None = None,
    **properties: Any,
) -> Made[iam.Role]:
    """Have a role made that a service takes, with policies of AWS's."""
    policy = "aws_iam.ManagedPolicy.fromAwsManagedPolicyName"
    return call.add(
        "aws_iam.Role",
        id,
        {
            "assumedBy": new("aws_iam.ServicePrincipal", service, principal),
            "managedPolicies": [of(policy, name) for name in managed],
            **properties,
        },
    )
