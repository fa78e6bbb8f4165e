"""Compute environments on Amazon ECS Managed Instances: EC2 that AWS patches and replaces.

https://docs.aws.amazon.com/batch/latest/userguide/managed-instances.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Unpack

import jsii
from aws_cdk import ITaggableV2
from aws_cdk import aws_ec2 as ec2

from batch_constructs.arguments import Arguments
from batch_constructs.aws.bound import Whole
from batch_constructs.aws.compute_environment_facts import (
    DETAILED,
    TAGS_OF_THE_PROVIDER,
    CapacityOption,
    EnvironmentType,
    ResourceType,
)
from batch_constructs.aws.limits import bound_of
from batch_constructs.compute.capacity_reservation import resource_group
from batch_constructs.compute.environment_network import Network
from batch_constructs.compute.environment_roles import (
    let_pass,
    make_infrastructure_role,
    make_instance_profile,
    make_managed_instance_role,
)
from batch_constructs.compute.instance_compute_environment import (
    read_ecs_settings,
)
from batch_constructs.compute.instance_tags import TaggedInstances
from batch_constructs.compute.instance_type_names import instance_type_name
from batch_constructs.compute.managed_compute_environment import (
    DEFAULTS,
    EnvironmentArguments,
    EnvironmentOptions,
    ManagedComputeEnvironment,
    environment_properties,
    make_environment,
    read_replaced,
)
from batch_constructs.construct import given
from batch_constructs.known_argument import known_flag
from batch_constructs.roles_of_other_stacks import as_grantee
from batch_constructs.rules import UNKNOWN
from batch_constructs.shared_arguments import only, spells_out

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from aws_cdk import Duration, Size
    from aws_cdk import aws_batch as batch
    from aws_cdk import aws_iam as iam
    from constructs import Construct

    from batch_constructs.aws.compute_environment_facts import (
        ContainerInsights,
        ReservationPreference,
    )
    from batch_constructs.subnet_selection import SubnetSelectionKeywords
    from batch_constructs.tokens import WholeNumber


@spells_out(EnvironmentOptions, defaults=DEFAULTS)
@jsii.implements(ITaggableV2)
class ManagedInstancesComputeEnvironment(TaggedInstances, ManagedComputeEnvironment):
    """A compute environment on ECS Managed Instances; its jobs are ``MultiContainerJobDefinition``.

    Creates, below its own ID: ``Resource`` (AWS::Batch::ComputeEnvironment), ``InstanceProfile``
    (AWS::IAM::InstanceProfile) and, if you pass none, ``SecurityGroup/Resource``
    (AWS::EC2::SecurityGroup, all outbound and no inbound traffic), ``InstanceRole/Resource`` and
    ``InfrastructureRole/Resource`` (AWS::IAM::Role with AWS's policies for Managed Instances; the
    latter can pass only the former). The roles are deleted after the environment.

    Attributes:
        instance_role: The role of the instances.
        infrastructure_role: The role with which Amazon ECS starts and stops them.

    Args:
        scope: The parent construct, usually the stack.
        id: Its ID, unique in the scope.
        vpc: The VPC that instances start in.
        vpc_subnets: Its subnets. Default: the private ones with internet access, otherwise the
            isolated ones, otherwise the public ones.
        security_groups: Security groups of the instances. Default: a new one.
        max_vcpus: The most vCPUs of all instances together.
        spot: Whether to use Spot Instances. Default: On-Demand Instances.
        instance_types: Families (``"g5"``, ``"c7*"``) and types that can be started. Default: all.
        instance_role: The role of the instances. Default: a new one.
        infrastructure_role: The role of Amazon ECS, which can pass the instances' role. Default: a
            new one.
        storage_size: The size of the data volume. Default: AWS's.
        use_local_storage: Whether the instance's own NVMe disks are used. Default: no.
        scale_in_after: How long an idle instance is kept, up to an hour. Default: AWS's.
        keep_idle_instances: Whether idle instances are kept forever, and paid for. Default: no.
        detailed_monitoring: Whether CloudWatch gets metrics every minute. Default: every five
            minutes.
        fips_enabled: Whether the instances use FIPS 140-2 validated modules. Default: no.
        tags_in_metadata: Whether instances see their tags in their metadata. Default: no.
        reservation_preference: Whether capacity reservations are used. Default: AWS's.
        reservation_group_arn: The resource group of these reservations. Default: any.
        container_insights: How much detail CloudWatch Container Insights records about the cluster:
            ``ContainerInsights.ENABLED`` or ``ENHANCED``. Default: ``DISABLED``.
        capacity_tags: Tags of the capacity provider and of its instances; they can be updated in
            place. Default: the tags that ``Tags.of(…)`` sets on ``AWS::EC2::Instance``.
        replace_compute_environment: Whether CloudFormation replaces the environment even if it
            could be updated in place. Its queues move to the new one, and jobs that still run in
            the old one are terminated. Default: no.

    Raises:
        ValueError: arguments that AWS Batch would refuse, or that would leave jobs stuck; all of
            them are listed.
        TypeError: arguments of the wrong type; all of them are listed.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-batch-computeenvironment.html
    """

    infrastructure_role: iam.IRole
    instance_role: iam.IRole
    resource: batch.CfnComputeEnvironment
    security_groups: list[ec2.ISecurityGroup]

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        vpc: ec2.IVpc,
        vpc_subnets: ec2.SubnetSelection | SubnetSelectionKeywords | None = None,
        security_groups: Sequence[ec2.ISecurityGroup] | None = None,
        max_vcpus: WholeNumber = 256,
        spot: bool = False,
        instance_types: Sequence[str | ec2.InstanceType | ec2.InstanceClass] | None = None,
        instance_role: iam.IRole | None = None,
        infrastructure_role: iam.IRole | None = None,
        storage_size: Size | None = None,
        use_local_storage: bool = False,
        scale_in_after: Duration | None = None,
        keep_idle_instances: bool = False,
        detailed_monitoring: bool = False,
        fips_enabled: bool = False,
        tags_in_metadata: bool = False,
        reservation_preference: ReservationPreference | str | None = None,
        reservation_group_arn: str | None = None,
        container_insights: ContainerInsights | str | None = None,
        capacity_tags: Mapping[str, str] | None = None,
        **shared: Unpack[EnvironmentOptions],
    ) -> None:
        super().__init__(scope, id)
        arguments = Arguments(self)
        own = EnvironmentArguments(**only(EnvironmentOptions, shared))
        network = Network(
            arguments, vpc=vpc, vpc_subnets=vpc_subnets, security_groups=security_groups
        )
        for parameter, role in (
            ("instance_role", instance_role),
            ("infrastructure_role", infrastructure_role),
        ):
            arguments.role(parameter, role)
        monitored = known_flag(
            arguments, "detailed_monitoring", detailed_monitoring, required=False
        )
        launch = given(
            CapacityOptionType=CapacityOption.SPOT
            if known_flag(arguments, "spot", spot) is True
            else CapacityOption.ON_DEMAND,
            CapacityReservations=given(
                ReservationGroupArn=resource_group(
                    arguments, "reservation_group_arn", reservation_group_arn
                ),
                ReservationPreference=arguments.choice(
                    "reservation_preference", reservation_preference, "a ReservationPreference"
                ),
            ),
            FipsEnabled=arguments.switch("fips_enabled", fips_enabled),
            InstanceMetadataTagsPropagation=arguments.switch("tags_in_metadata", tags_in_metadata),
            InstanceRequirements=given(
                AllowedInstanceTypes=_instance_types(arguments, instance_types)
            ),
            LocalStorageConfiguration=given(
                UseLocalStorage=arguments.switch("use_local_storage", use_local_storage)
            ),
            Monitoring=DETAILED if monitored is True else None,
            StorageConfiguration=given(
                StorageSizeGiB=arguments.gibibytes("storage_size", storage_size)
            ),
        )
        listed = arguments.mapping("capacity_tags", capacity_tags)
        scale_in = _scale_in_after(arguments, scale_in_after, keep_idle=keep_idle_instances)
        rest = {
            **environment_properties(
                arguments,
                own,
                kind=EnvironmentType.MANAGED,
                replaced=read_replaced(arguments, own, kind=ResourceType.ECS_MANAGED_INSTANCES),
            ),
            **given(EcsSettings=read_ecs_settings(arguments, container_insights)),
        }
        most = arguments.number("max_vcpus", max_vcpus, required=True)

        def properties(roles: dict[str, Any], in_network: dict[str, Any]) -> dict[str, Any]:
            provider = given(
                InfrastructureRoleArn=roles["infrastructure"],
                InfrastructureOptimization=given(ScaleInAfter=scale_in),
                PropagateTags=TAGS_OF_THE_PROVIDER if listed else None,
                InstanceLaunchTemplate={
                    **launch,
                    "Ec2InstanceProfileArn": roles["profile"],
                    "NetworkConfiguration": in_network,
                },
            )
            resources = given(
                Type=ResourceType.ECS_MANAGED_INSTANCES,
                MaxvCpus=most,
                CapacityTags=listed,
                ManagedInstancesProvider=provider,
            )
            return {**rest, "ComputeResources": resources}

        known = network.known()
        arguments.check(
            "AWS::Batch::ComputeEnvironment",
            properties(
                {"infrastructure": UNKNOWN, "profile": UNKNOWN},
                {"Subnets": known["Subnets"], "SecurityGroups": known["SecurityGroupIds"]},
            ),
        )
        arguments.refuse()

        call = own.one_call(self)
        group_ids = network.add_security_groups(call, self)
        self._place_in(network)
        self.instance_role = (
            make_managed_instance_role(self) if instance_role is None else instance_role
        )
        self.infrastructure_role = (
            make_infrastructure_role(self) if infrastructure_role is None else infrastructure_role
        )
        let_pass(self, self.infrastructure_role, self.instance_role)
        profile = make_instance_profile(self, self.instance_role)
        self.resource = make_environment(
            self,
            properties(
                {"infrastructure": self.infrastructure_role.role_arn, "profile": profile},
                {"Subnets": network.subnet_ids, "SecurityGroups": group_ids},
            ),
            own,
            call,
        )
        self.security_groups = network.security_groups
        self._tag_instances(
            self.resource,
            listed,
            {
                "ComputeResources.CapacityTags": dict,
                "ComputeResources.ManagedInstancesProvider.PropagateTags": lambda _: (
                    TAGS_OF_THE_PROVIDER
                ),
            },
        )
        self.resource.node.add_dependency(
            self.instance_role, as_grantee(self, self.infrastructure_role)
        )


def _instance_types(arguments: Arguments, instance_types: Sequence[object] | None) -> list[Any]:
    expected = 'strings such as "g5" or "m7i.large", or ec2.InstanceType'
    return [
        arguments.text(f"instance_types[{place}]", instance_type_name(item), required=True)
        for place, item in enumerate(arguments.items("instance_types", instance_types, expected))
    ]


_NEVER = -1
_ANY = bound_of("scale-in-after")
_KEPT_IDLE = Whole(0, _ANY.high if isinstance(_ANY, Whole) else None, unit="seconds")
"""What a time may be; -1, which is no time, is ``keep_idle_instances``."""


def _scale_in_after(arguments: Arguments, after: Duration | None, *, keep_idle: bool) -> Any:
    """Return CloudFormation's ``ScaleInAfter``, where -1 stands for never."""
    seconds = arguments.seconds("scale_in_after", after)
    arguments.bounded("scale_in_after", seconds, _KEPT_IDLE)
    if known_flag(arguments, "keep_idle_instances", keep_idle) is not True:
        return seconds
    if seconds is not None:
        arguments.only_one("keep_idle_instances", "scale_in_after")
    return _NEVER
