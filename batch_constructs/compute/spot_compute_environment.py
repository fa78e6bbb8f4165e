"""Compute environments on EC2 Spot instances.

https://docs.aws.amazon.com/batch/latest/userguide/bestpractices6.html
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
    from aws_cdk import aws_iam as iam
    from constructs import Construct

    from batch_constructs.compute.instance_compute_environment import InstanceEnvironmentOptions
    from batch_constructs.tokens import WholeNumber


@spells_out(
    EnvironmentOptions, ServiceRoleOption, InstanceOptions, EcsInstanceOptions, defaults=DEFAULTS
)
class SpotComputeEnvironment(InstanceComputeEnvironment):
    """A compute environment of EC2 Spot Instances, with none running while there are no jobs.

    Creates, below its own ID: ``Resource`` (AWS::Batch::ComputeEnvironment), ``InstanceProfile``
    (AWS::IAM::InstanceProfile) and, if you pass none, ``SecurityGroup/Resource``
    (AWS::EC2::SecurityGroup, all outbound and no inbound traffic), ``InstanceRole/Resource``
    (AWS::IAM::Role with AWS's policy for ECS instances), ``LaunchTemplate``
    (AWS::EC2::LaunchTemplate) and, for the strategy ``BEST_FIT`` only, ``SpotFleetRole/Resource``
    (AWS::IAM::Role). The roles are deleted after the environment, which needs them to shut down.

    Args:
        scope: The parent construct, usually the stack.
        id: Its ID, unique in the scope.
        vpc: The VPC that instances start in.
        allocation_strategy: How to choose among the types. Default:
            ``SPOT_PRICE_CAPACITY_OPTIMIZED``.
        capacity_reservation: A ``CapacityReservation`` whose preference is ``OPEN`` or ``NONE``,
            and which names none: Spot Instances cannot use reserved capacity. It creates a launch
            template (``LaunchTemplate/Resource``); if you already have one, set it there. Default:
            EC2's.
        bid_percentage: Start an instance only if its price is below this percentage of its
            On-Demand price, 1 to 100. You always pay the market price. Default: up to 100, which
            AWS recommends.
        spot_fleet_role: The role of Spot Fleet, which only the strategy ``BEST_FIT`` uses. Default:
            a new one if that strategy is chosen.

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
        bid_percentage: WholeNumber | None = None,
        spot_fleet_role: iam.IRole | None = None,
        **shared: Unpack[InstanceEnvironmentOptions],
    ) -> None:
        super().__init__(scope, id)
        arguments = Arguments(self)
        self._define_on_ecs(
            arguments,
            vpc,
            shared,
            Purchase(
                kind=ResourceType.SPOT,
                default_strategy=AllocationStrategy.SPOT_PRICE_CAPACITY_OPTIMIZED,
                bid_percentage=arguments.number("bid_percentage", bid_percentage),
                spot_fleet_role=spot_fleet_role,
            ),
        )
