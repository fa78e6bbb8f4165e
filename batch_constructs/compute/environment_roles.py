"""The roles of a compute environment: of its instances, of Spot Fleet, of AWS Batch itself.

https://docs.aws.amazon.com/batch/latest/userguide/using-service-linked-roles.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import aws_iam as iam

from batch_constructs.construct import once_made

if TYPE_CHECKING:
    from constructs import Construct


def make_instance_role(scope: Construct) -> iam.Role:
    """Make the role of instances: they join the ECS cluster, and Session Manager reaches them.

    https://docs.aws.amazon.com/batch/latest/userguide/instance_IAM_role.html
    """
    return iam.Role(
        scope,
        "InstanceRole",
        assumed_by=iam.ServicePrincipal("ec2.amazonaws.com"),
        managed_policies=[
            _aws_managed("service-role/AmazonEC2ContainerServiceforEC2Role"),
            _aws_managed("AmazonSSMManagedInstanceCore"),
        ],
    )


def make_node_role(scope: Construct) -> iam.Role:
    """Make the role of Amazon EKS nodes: they join the cluster, pull images, network their pods.

    https://docs.aws.amazon.com/eks/latest/userguide/create-node-role.html
    """
    return iam.Role(
        scope,
        "InstanceRole",
        assumed_by=iam.ServicePrincipal("ec2.amazonaws.com"),
        managed_policies=[
            _aws_managed("AmazonEKSWorkerNodePolicy"),
            _aws_managed("AmazonEC2ContainerRegistryPullOnly"),
            _aws_managed("AmazonEKS_CNI_Policy"),
            _aws_managed("AmazonSSMManagedInstanceCore"),
        ],
    )


def make_managed_instance_role(scope: Construct) -> iam.Role:
    """Make the role of ECS Managed Instances.

    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/managed-instances-instance-profile.html
    """
    return iam.Role(
        scope,
        "InstanceRole",
        assumed_by=iam.ServicePrincipal("ec2.amazonaws.com"),
        managed_policies=[_aws_managed("AmazonECSInstanceRolePolicyForManagedInstances")],
    )


def make_infrastructure_role(scope: Construct) -> iam.Role:
    """Make the role by which Amazon ECS starts and ends Managed Instances.

    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/infrastructure_IAM_role.html
    """
    return iam.Role(
        scope,
        "InfrastructureRole",
        assumed_by=iam.ServicePrincipal("ecs.amazonaws.com"),
        managed_policies=[_aws_managed("AmazonECSInfrastructureRolePolicyForManagedInstances")],
    )


def let_pass(infrastructure_role: iam.IRole, instance_role: iam.IRole) -> None:
    """Let the infrastructure role give instances their role, whatever its name.

    AWS's own policy allows that only for roles whose name begins with ``ecsInstanceRole``.
    """
    statement = iam.PolicyStatement(
        actions=["iam:PassRole"],
        resources=[instance_role.role_arn],
        conditions={"StringEquals": {"iam:PassedToService": "ec2.amazonaws.com"}},
    )
    once_made(lambda: infrastructure_role.add_to_principal_policy(statement))


def make_instance_profile(scope: Construct, role: iam.IRole) -> iam.CfnInstanceProfile:
    """Make what carries a role to an instance."""
    return iam.CfnInstanceProfile(scope, "InstanceProfile", roles=[role.role_name])


def make_spot_fleet_role(scope: Construct) -> iam.Role:
    """Make the role of Spot Fleet, which only the strategy BEST_FIT uses.

    https://docs.aws.amazon.com/batch/latest/userguide/spot_fleet_IAM_role.html
    """
    return iam.Role(
        scope,
        "SpotFleetRole",
        assumed_by=iam.ServicePrincipal("spotfleet.amazonaws.com"),
        managed_policies=[_aws_managed("service-role/AmazonEC2SpotFleetTaggingRole")],
    )


def make_service_role(scope: Construct) -> iam.Role:
    """Make a service role, which an unmanaged compute environment has to be given.

    https://docs.aws.amazon.com/batch/latest/userguide/service_IAM_role.html
    """
    return iam.Role(
        scope,
        "ServiceRole",
        assumed_by=iam.ServicePrincipal("batch.amazonaws.com"),
        managed_policies=[_aws_managed("service-role/AWSBatchServiceRole")],
    )


def _aws_managed(name: str) -> iam.IManagedPolicy:
    return iam.ManagedPolicy.from_aws_managed_policy_name(name)
