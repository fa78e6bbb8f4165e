"""Compute environments on on-demand EC2 instances.

https://docs.aws.amazon.com/batch/latest/userguide/managed_compute_environments.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from batch_constructs.arguments import Arguments
from batch_constructs.aws.compute_environments import AllocationStrategy, ContainerInsights
from batch_constructs.compute.instance_compute_environment import (
    InstanceArguments,
    InstanceComputeEnvironment,
    Purchase,
)
from batch_constructs.compute.managed_compute_environment import EnvironmentArguments

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from aws_cdk import Duration
    from aws_cdk import aws_batch as batch
    from aws_cdk import aws_ec2 as ec2
    from aws_cdk import aws_iam as iam
    from constructs import Construct

    from batch_constructs.compute.capacity_reservation import AnyCapacityReservation
    from batch_constructs.compute.instance_image import AnyImage
    from batch_constructs.compute.launch_template import AnyLaunchTemplate
    from batch_constructs.compute.launch_template_overrides import LaunchTemplateOverride
    from batch_constructs.compute.update_policy import UpdatePolicy


class Ec2ComputeEnvironment(InstanceComputeEnvironment):
    """A compute environment on on-demand EC2 instances, none of them while there are no jobs.

    Creates, below its own ID: ``Resource`` (AWS::Batch::ComputeEnvironment), ``InstanceProfile``
    (AWS::IAM::InstanceProfile) and, where none are given, ``SecurityGroup/Resource``
    (AWS::EC2::SecurityGroup, everything out, nothing in), ``InstanceRole/Resource`` (AWS::IAM::Role
    with AWS's policy for ECS instances) and ``LaunchTemplate``
    (AWS::EC2::LaunchTemplate). The roles are deleted after the environment, which needs them to
    shut down.

    Args:
        scope: The construct that this one belongs to, usually the stack.
        id: Its ID, unique in the scope.
        vpc: The VPC that instances start in.
        vpc_subnets: Its subnets. Default: the private ones with a way out, or else the isolated
            ones, or else the public ones.
        security_groups: Security groups of the instances. Default: one of its own.
        max_vcpus: vCPUs of all instances together, at most; a strategy may exceed it by the size of
            one instance.
        compute_environment_name: A readable prefix of the name; what follows it changes only when
            the environment has to be replaced. Default: a name that CloudFormation generates.
        exact_name: The whole name, instead of a prefix. A change that needs another environment
            then fails to deploy until this is changed too, since the old one still has the name.
            Default: none.
        enabled: Whether it takes jobs from its queues. Default: yes.
        service_role: A role for AWS Batch itself; an environment with one is replaced where it
            could be updated. Default: the service-linked role.
        tags: Tags of the environment; changing them replaces it. Default: those of the stack.
        replace_compute_environment: Whether CloudFormation makes another environment where it
            could change this one: its queues move over, and it ends what still runs in it.
            Default: only where AWS Batch cannot change it: with the strategy ``BEST_FIT``, or a
            service role of its own.
        instance_types: Families (``"c7g"``) and types (``"m7i.large"``, ``ec2.InstanceType``), all
            x86 or all Arm. Default: the current x86 families that AWS Batch chooses from.
        min_vcpus: vCPUs that are kept, and paid for, while there are no jobs.
        allocation_strategy: How to choose among the types. Default: ``BEST_FIT_PROGRESSIVE``.
        images: Machine images, each for its kind of instance. Default: the newest of Amazon Linux
            2023 for ECS.
        launch_template: A launch template for the instances, a ``LaunchTemplate`` or one of the
            CDK; its newest version is taken. Default: one that keeps the instance's credentials
            from containers with a network of their own.
        launch_template_overrides: Other launch templates for some of the instance types, at most
            ten. Default: none.
        capacity_reservation: The reserved capacity that instances start in:
            ``CapacityReservation``, an ``ec2.CfnCapacityReservation``, or the ID of one. It makes a
            launch template of its own (``LaunchTemplate/Resource``); where there is one already,
            give it to that. Default: EC2's, open reservations that fit.
        key_pair: A key pair to log in with; ``session_access`` needs none. Default: none.
        instance_role: The role of the instances, or an instance profile that has it; containers in
            their network get its credentials, too. Default: one of its own, which may join the
            cluster and pull images.
        session_access: Whether that role also lets Session Manager open sessions on the instances.
            Default: no.
        placement_group: A placement group for the instances. Default: none.
        instance_tags: Tags of the instances and their volumes. A change replaces instances, and the
            environment only where that has a service role or ``BEST_FIT``. Default: those that
            ``Tags.of(…)`` gives to ``AWS::EC2::Instance``.
        scale_down_delay: How long an idle instance is kept for the next job, 20 minutes to 7 days.
            Default: it goes at once.
        container_insights: How closely CloudWatch Container Insights watches the cluster:
            ``ContainerInsights.ENABLED`` or ``ENHANCED``. Default: ``DISABLED``.
        update_policy: What an update does to running jobs. Default: they have 30 minutes to finish.
        update_to_latest_image: Whether an update also takes the newest machine image of AWS.
            Default: yes.

    Raises:
        ValueError: arguments that AWS Batch would refuse, or that leave jobs stuck; all at once.
        TypeError: arguments of a wrong type; all at once.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-batch-computeenvironment.html
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        vpc: ec2.IVpc,
        vpc_subnets: ec2.SubnetSelection | None = None,
        security_groups: Sequence[ec2.ISecurityGroup] | None = None,
        max_vcpus: int = 256,
        compute_environment_name: str | None = None,
        exact_name: str | None = None,
        enabled: bool = True,
        service_role: iam.IRole | None = None,
        tags: Mapping[str, str] | None = None,
        replace_compute_environment: bool | None = None,
        instance_types: Sequence[str | ec2.InstanceType] | None = None,
        min_vcpus: int = 0,
        allocation_strategy: AllocationStrategy | batch.AllocationStrategy | str | None = None,
        images: Sequence[AnyImage] | None = None,
        launch_template: AnyLaunchTemplate | None = None,
        launch_template_overrides: Sequence[LaunchTemplateOverride] | None = None,
        capacity_reservation: AnyCapacityReservation | None = None,
        key_pair: ec2.IKeyPair | None = None,
        instance_role: iam.IRole | iam.IInstanceProfile | None = None,
        session_access: bool = False,
        placement_group: ec2.IPlacementGroup | None = None,
        instance_tags: Mapping[str, str] | None = None,
        scale_down_delay: Duration | None = None,
        container_insights: ContainerInsights | str | None = None,
        update_policy: UpdatePolicy | None = None,
        update_to_latest_image: bool | None = None,
    ) -> None:
        super().__init__(scope, id)
        arguments = Arguments(self)
        self._define(
            arguments,
            EnvironmentArguments(
                compute_environment_name=compute_environment_name,
                exact_name=exact_name,
                replace_compute_environment=replace_compute_environment,
                enabled=enabled,
                service_role=service_role,
                tags=tags,
            ),
            InstanceArguments(
                vpc=vpc,
                vpc_subnets=vpc_subnets,
                security_groups=security_groups,
                max_vcpus=max_vcpus,
                min_vcpus=min_vcpus,
                instance_types=instance_types,
                allocation_strategy=allocation_strategy,
                images=images,
                launch_template=self._own_template(
                    arguments, launch_template, capacity_reservation
                ),
                launch_template_overrides=launch_template_overrides,
                key_pair=key_pair,
                instance_role=instance_role,
                session_access=session_access,
                placement_group=placement_group,
                instance_tags=instance_tags,
                scale_down_delay=scale_down_delay,
                container_insights=container_insights,
                update_policy=update_policy,
                update_to_latest_image=update_to_latest_image,
            ),
            Purchase(
                kind="EC2",
                default_strategy=AllocationStrategy.BEST_FIT_PROGRESSIVE,
            ),
        )
