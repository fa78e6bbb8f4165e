"""Compute environments on on-demand EC2 instances.

https://docs.aws.amazon.com/batch/latest/userguide/managed_compute_environments.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from batch_constructs.arguments import Arguments
from batch_constructs.aws.compute_environment_facts import AllocationStrategy, ResourceType
from batch_constructs.compute.instance_compute_environment import (
    EcsInstanceOptions,
    InstanceComputeEnvironment,
    InstanceOptions,
    Purchase,
)
from batch_constructs.compute.managed_compute_environment import (
    DEFAULTS,
    EnvironmentOptions,
    ServiceRoleOption,
)
from batch_constructs.shared_arguments import spells_out

if TYPE_CHECKING:
    from typing import Unpack

    from aws_cdk import aws_ec2 as ec2
    from constructs import Construct

    from batch_constructs.compute.instance_compute_environment import InstanceEnvironmentOptions


@spells_out(
    EnvironmentOptions, ServiceRoleOption, InstanceOptions, EcsInstanceOptions, defaults=DEFAULTS
)
class Ec2ComputeEnvironment(InstanceComputeEnvironment):
    """A compute environment of On-Demand EC2 instances, with none running while there are no jobs.

    Creates, below its own ID: ``Resource`` (AWS::Batch::ComputeEnvironment), ``InstanceProfile``
    (AWS::IAM::InstanceProfile) and, if you pass none, ``SecurityGroup/Resource``
    (AWS::EC2::SecurityGroup, all outbound and no inbound traffic), ``InstanceRole/Resource``
    (AWS::IAM::Role with AWS's policy for ECS instances) and ``LaunchTemplate``
    (AWS::EC2::LaunchTemplate). The roles are deleted after the environment, which needs them to
    shut down.

    Args:
        scope: The parent construct, usually the stack.
        id: Its ID, unique in the scope.
        vpc: The VPC that instances start in.
        allocation_strategy: How to choose among the types. Default: ``BEST_FIT_PROGRESSIVE``.
        capacity_reservation: The reserved capacity in which instances start:
            ``CapacityReservation``, an ``ec2.CfnCapacityReservation``, or the ID of one. It creates
            a launch template (``LaunchTemplate/Resource``); if you already have one, set it there.
            Default: EC2's, open reservations that fit.

    Raises:
        ValueError: arguments that AWS Batch would refuse, or that would leave jobs stuck; all of
            them are listed.
        TypeError: arguments of the wrong type; all of them are listed.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-batch-computeenvironment.html
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        vpc: ec2.IVpc,
        **shared: Unpack[InstanceEnvironmentOptions],
    ) -> None:
        super().__init__(scope, id)
        arguments = Arguments(self)
        self._define_on_ecs(
            arguments,
            vpc,
            shared,
            Purchase(
                kind=ResourceType.EC2,
                default_strategy=AllocationStrategy.BEST_FIT_PROGRESSIVE,
            ),
        )
