"""What compute environments on EC2 instances share, on-demand and Spot.

https://docs.aws.amazon.com/batch/latest/userguide/compute_environment_parameters.html
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, TypedDict, cast

import jsii
from aws_cdk import ITaggableV2
from aws_cdk import aws_batch as batch
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam

from batch_constructs.aws.bound import as_text
from batch_constructs.aws.compute_environment_facts import (
    AllocationStrategy,
    ContainerInsights,
    EnvironmentType,
    ImageType,
    ResourceType,
)
from batch_constructs.aws.managed_policies import ECS_INSTANCE, SESSION_ACTIONS
from batch_constructs.compute.capacity_reservation import refuse_on_spot, reservation_properties
from batch_constructs.compute.environment_network import Network
from batch_constructs.compute.environment_roles import (
    instance_role_and_profile,
    make_spot_fleet_role,
)
from batch_constructs.compute.instance_image import Images
from batch_constructs.compute.instance_tags import TaggedInstances
from batch_constructs.compute.instance_type_names import instance_type_name
from batch_constructs.compute.launch_template import (
    LaunchTemplate,
    make_default_launch_template,
    use,
)
from batch_constructs.compute.launch_template_overrides import (
    launch_template_properties,
    mounted_volumes,
    refuse_reserved,
    used_templates,
)
from batch_constructs.compute.managed_compute_environment import (
    EnvironmentAndRoleOptions,
    EnvironmentArguments,
    EnvironmentOptions,
    ManagedComputeEnvironment,
    environment_properties,
    make_environment,
    read_replaced,
)
from batch_constructs.compute.update_policy import UpdatePolicy, read_update_policy
from batch_constructs.construct import given, once_made
from batch_constructs.instance_volumes import S3MountVolume, admit
from batch_constructs.jsii_objects import has_member
from batch_constructs.known_argument import known_flag
from batch_constructs.place import OF_ONE_REGION, PROFILE_OF_HERE
from batch_constructs.roles_of_other_stacks import as_grantee
from batch_constructs.rules import UNKNOWN
from batch_constructs.shared_arguments import only

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from aws_cdk import Duration

    from batch_constructs.arguments import Arguments
    from batch_constructs.aws.compute_environment_facts import UserdataType
    from batch_constructs.compute.capacity_reservation import AnyCapacityReservation
    from batch_constructs.compute.instance_image import AnyImage
    from batch_constructs.compute.launch_template import AnyLaunchTemplate
    from batch_constructs.compute.launch_template_overrides import LaunchTemplateOverride
    from batch_constructs.subnet_selection import SubnetSelectionKeywords
    from batch_constructs.tokens import WholeNumber


DEFAULT_INSTANCE_TYPES = ("default_x86_64",)
"""What AWS Batch chooses from when nothing is said: current x86 families."""


class InstanceOptions(TypedDict, total=False):
    """The arguments that environments on instances take.

    Args:
        vpc_subnets: Its subnets. Default: the private ones with internet access, otherwise the
            isolated ones, otherwise the public ones.
        security_groups: Security groups of the instances. Default: a new one.
        max_vcpus: The most vCPUs of all instances together. Some strategies may exceed it by one
            instance.
        instance_types: Families (``"c7g"``) and types (``"m7i.large"``, ``ec2.InstanceType``), all
            x86 or all Arm. Default: the current x86 families that AWS Batch chooses from.
        min_vcpus: vCPUs that keep running, and are paid for, while there are no jobs.
        allocation_strategy: How to choose among the types. Default: ``BEST_FIT_PROGRESSIVE``.
        images: Machine images, one for each kind of instance. Default: the newest Amazon Linux 2023
            for ECS.
        launch_template: A launch template for the instances, a ``LaunchTemplate`` or one of the
            CDK's; its newest version is used. Default: one that hides the instance's credentials
            from containers with their own network.
        launch_template_overrides: Other launch templates for some of the instance types, at most
            ten. Default: none.
        key_pair: A key pair to log in with; ``session_access`` needs none. Default: none.
        instance_role: The role of the instances, or an instance profile with that role. Containers
            in the instances' network get its credentials, too. Default: a new one that can join the
            cluster and pull images.
        session_access: Whether that role also lets Session Manager open sessions on the instances.
            Default: no.
        placement_group: A placement group for the instances. Default: none.
        instance_tags: Tags of the instances and their volumes. A change replaces the instances; it
            replaces the environment only if that has a service role or ``BEST_FIT``. Default: the
            tags that ``Tags.of(…)`` sets on ``AWS::EC2::Instance``.
        scale_down_delay: How long an idle instance is kept for the next job, 20 minutes to 7 days.
            Default: it is terminated at once.
        update_policy: What happens to running jobs during an update. Default: they have 30 minutes
            to finish.
        update_to_latest_image: Whether an update also moves to AWS's newest machine image. Default:
            yes.
    """

    vpc_subnets: ec2.SubnetSelection | SubnetSelectionKeywords | None
    security_groups: Sequence[ec2.ISecurityGroup] | None
    max_vcpus: WholeNumber
    instance_types: (
        Sequence[str | ec2.InstanceType | ec2.InstanceClass | batch.DefaultInstanceClass] | None
    )
    min_vcpus: WholeNumber
    allocation_strategy: AllocationStrategy | batch.AllocationStrategy | str | None
    images: Sequence[AnyImage] | None
    launch_template: AnyLaunchTemplate | None
    launch_template_overrides: Sequence[LaunchTemplateOverride] | None
    key_pair: ec2.IKeyPair | None
    instance_role: iam.IRole | iam.IInstanceProfile | None
    session_access: bool
    placement_group: ec2.IPlacementGroup | None
    instance_tags: Mapping[str, str] | None
    scale_down_delay: Duration | None
    update_policy: UpdatePolicy | None
    update_to_latest_image: bool | None


class EcsInstanceOptions(TypedDict, total=False):
    """What environments on instances of Amazon ECS take beside these.

    Args:
        capacity_reservation: The reserved capacity in which instances start:
            ``CapacityReservation``, an ``ec2.CfnCapacityReservation``, the ID of one, or a
            ``CapacityReservationPreference``. It creates a launch template
            (``LaunchTemplate/Resource``); if you already have one, set it there. Default: EC2's,
            open reservations that fit.
        container_insights: How much detail CloudWatch Container Insights records about the cluster:
            ``ContainerInsights.ENABLED`` or ``ENHANCED``. Default: ``DISABLED``.
    """

    capacity_reservation: AnyCapacityReservation | None
    container_insights: ContainerInsights | str | None


class NodeEnvironmentOptions(EnvironmentOptions, InstanceOptions):
    """What environments on Amazon EKS take as those on EC2 and on Spot do."""


class InstanceEnvironmentOptions(EnvironmentAndRoleOptions, InstanceOptions, EcsInstanceOptions):
    """The arguments that environments on EC2 and on Spot share."""


@dataclass(frozen=True, kw_only=True)
class Purchase:
    """How the instances are bought, and what only that way of buying has."""

    kind: str
    default_strategy: AllocationStrategy
    bid_percentage: Any = None
    spot_fleet_role: iam.IRole | None = None


@dataclass(frozen=True, kw_only=True)
class Cluster:
    """What the instances join: an ECS cluster of AWS Batch's own, or an Amazon EKS cluster.

    Attributes:
        default_image: The kind of machine image of an image that does not say.
        properties: CloudFormation's, beside those of the instances.
        userdata_type: How a node joins an Amazon EKS cluster. Default: AWS's.
        instance_policies: AWS's policies for the role of instances, where none is given.
    """

    default_image: ImageType = ImageType.ECS_AL2023
    properties: Mapping[str, Any] = field(default_factory=dict)
    userdata_type: UserdataType | str | None = None
    instance_policies: Sequence[str] = (ECS_INSTANCE,)


@jsii.implements(ITaggableV2)
class InstanceComputeEnvironment(TaggedInstances, ManagedComputeEnvironment):
    """A compute environment on EC2 instances.

    Attributes:
        instance_role: The role of the instances; None where an instance profile was given that does
            not tell its role.
    """

    resource: batch.CfnComputeEnvironment
    security_groups: list[ec2.ISecurityGroup]
    instance_role: iam.IRole | None

    def _own_template(
        self, arguments: Arguments, template: AnyLaunchTemplate | None, reservation: Any
    ) -> AnyLaunchTemplate | None:
        """Return the launch template, made (``LaunchTemplate``) where a reservation needs one."""
        if reservation is None:
            return template
        if template is not None:
            arguments.wrong_value(
                "capacity_reservation is given with launch_template: leave it out, and give "
                "LaunchTemplate(capacity_reservation=…)"
            )
        reservation_properties(arguments, reservation)
        if template is not None or arguments.is_wrong("capacity_reservation"):
            return template
        return LaunchTemplate(self, "LaunchTemplate", capacity_reservation=reservation)

    def _define_on_ecs(
        self,
        arguments: Arguments,
        vpc: ec2.IVpc,
        shared: InstanceEnvironmentOptions,
        purchase: Purchase,
    ) -> None:
        """Define an environment whose instances join a cluster of Amazon ECS."""
        if purchase.kind == ResourceType.SPOT:
            refuse_on_spot(arguments, "capacity_reservation", shared["capacity_reservation"])
        template = self._own_template(
            arguments, shared["launch_template"], shared["capacity_reservation"]
        )
        self._define(
            arguments,
            EnvironmentArguments(**only(EnvironmentAndRoleOptions, shared)),
            cast("InstanceOptions", {**only(InstanceOptions, shared), "launch_template": template}),
            purchase,
            vpc=vpc,
            container_insights=shared["container_insights"],
        )

    def _define(
        self,
        arguments: Arguments,
        own: EnvironmentArguments,
        instances: InstanceOptions,
        purchase: Purchase,
        *,
        vpc: ec2.IVpc,
        cluster: Cluster | None = None,
        container_insights: ContainerInsights | str | None = None,
    ) -> None:
        """Turn the arguments into properties, have them checked, and make the resources."""
        cluster = Cluster() if cluster is None else cluster
        if purchase.kind == ResourceType.SPOT:
            refuse_reserved(
                arguments, instances["launch_template"], instances["launch_template_overrides"]
            )
        network = Network(
            arguments,
            vpc=vpc,
            vpc_subnets=instances["vpc_subnets"],
            security_groups=instances["security_groups"],
            in_template=instances["launch_template"] is not None,
        )
        images = Images(arguments, instances["images"], default=cluster.default_image)
        update_policy = read_update_policy(arguments, instances["update_policy"])
        strategy = arguments.choice(
            "allocation_strategy", instances["allocation_strategy"], "an AllocationStrategy"
        )
        if strategy is None:
            strategy = str(purchase.default_strategy)
        replaced = read_replaced(arguments, own, kind=purchase.kind, strategy=strategy)
        resources = _compute_resources(arguments, instances, purchase, strategy)
        resources |= given(
            LaunchTemplate=launch_template_properties(
                arguments,
                instances["launch_template"],
                instances["launch_template_overrides"],
                cluster.userdata_type,
                on_eks="EksConfiguration" in cluster.properties,
            ),
            Ec2KeyPair=_key_pair(arguments, instances["key_pair"]),
        )
        if replaced is not True:
            resources["UpdateToLatestImageVersion"] = _latest_image(arguments, instances)
        else:
            _expect_no_updates(arguments, instances)
        _expect_roles(arguments, instances, purchase)
        _expect_own_role(arguments, instances)
        properties = {
            **environment_properties(
                arguments, own, kind=EnvironmentType.MANAGED, replaced=replaced
            ),
            **cluster.properties,
            **given(
                UpdatePolicy=update_policy,
                EcsSettings=read_ecs_settings(arguments, container_insights),
            ),
        }
        fleet = given(SpotIamFleetRole=_fleet_role_as_known(strategy, purchase))
        arguments.check(
            "AWS::Batch::ComputeEnvironment",
            {
                **properties,
                "ComputeResources": {
                    **resources,
                    **network.known(),
                    **fleet,
                    **given(Ec2Configuration=images.known()),
                    "InstanceRole": UNKNOWN,
                },
            },
        )
        _expect_role_for_buckets(arguments, instances)
        arguments.refuse()

        call = own.one_call(self)
        group_ids = network.add_security_groups(call, self)
        self._place_in(network)
        given_role: Any = instances["instance_role"]
        self.instance_role, profile_arn = instance_role_and_profile(
            self, given_role, cluster.instance_policies, session_access=instances["session_access"]
        )
        for volume in mounted_volumes(
            instances["launch_template"], instances["launch_template_overrides"]
        ):
            role = self.instance_role
            once_made(partial(admit, self, volume, environment=self, instance_role=role))
        agents = images.have_ecs_agent
        for template in used_templates(
            instances["launch_template"], instances["launch_template_overrides"]
        ):
            once_made(partial(use, template, has_ecs_agent=agents))
        spot_fleet_role = purchase.spot_fleet_role
        if fleet and spot_fleet_role is None:
            spot_fleet_role = make_spot_fleet_role(self)
        if instances["launch_template"] is None:
            resources["LaunchTemplate"] = make_default_launch_template(
                self, blocks=images.have_ecs_agent
            )
        resources |= given(
            Subnets=network.subnet_ids,
            SecurityGroupIds=group_ids,
            InstanceRole=profile_arn,
            SpotIamFleetRole=None if spot_fleet_role is None else spot_fleet_role.role_arn,
            Ec2Configuration=images.make(self),
        )
        self.resource = make_environment(
            self, {**properties, "ComputeResources": resources}, own, call
        )
        self.security_groups = network.security_groups
        tags = resources.get("Tags", {})
        self._tag_instances(self.resource, tags, {"ComputeResources.Tags": dict})
        # A role that went before the environment would leave the environment undeletable.
        roles = [self.instance_role, spot_fleet_role]
        waits_for = [
            as_grantee(self, role) if given_role is not None or role is spot_fleet_role else role
            for role in roles
            if role is not None
        ]
        call.call(self.resource, "node.addDependency", *waits_for)
        call.make(at_once=True)


def _latest_image(arguments: Arguments, instances: InstanceOptions) -> Any:
    latest = arguments.flag("update_to_latest_image", instances["update_to_latest_image"])
    return True if latest is None else latest


def _expect_no_updates(arguments: Arguments, instances: InstanceOptions) -> None:
    """Refuse what says how an environment is updated that never is."""
    given = {
        "update_policy": instances["update_policy"],
        "update_to_latest_image": instances["update_to_latest_image"],
    }
    for parameter, value in given.items():
        if value is not None:
            arguments.wrong_value(
                f"{parameter} is given, but an environment with a service role of its own, with "
                "the strategy BEST_FIT or with replace_compute_environment is replaced and never "
                f"updated: leave {parameter} out"
            )


def _compute_resources(
    arguments: Arguments, instances: InstanceOptions, purchase: Purchase, strategy: Any
) -> dict[str, Any]:
    delay = arguments.minutes("scale_down_delay", instances["scale_down_delay"])
    return given(
        Type=purchase.kind,
        MinvCpus=arguments.number("min_vcpus", instances["min_vcpus"], required=True),
        MaxvCpus=arguments.number("max_vcpus", instances["max_vcpus"], required=True),
        InstanceTypes=_instance_types(arguments, instances["instance_types"]),
        AllocationStrategy=strategy,
        BidPercentage=purchase.bid_percentage,
        PlacementGroup=_placement_group(arguments, instances["placement_group"]),
        ScalingPolicy=given(MinScaleDownDelayMinutes=delay),
        Tags=arguments.mapping("instance_tags", instances["instance_tags"]),
    )


_AN_INSTANCE_TYPE = 'a string such as "c7g" or "m7i.large", or an ec2.InstanceType'


def _instance_types(arguments: Arguments, instance_types: Sequence[object] | None) -> list[Any]:
    if instance_types is None:
        return list(DEFAULT_INSTANCE_TYPES)
    expected = 'strings such as "c7g" or "m7i.large", or ec2.InstanceType'
    types = arguments.items("instance_types", instance_types, expected, some=True)
    return [
        as_text(item)
        if isinstance(item, str)
        else arguments.wrong_type(f"instance_types[{place}]", item, _AN_INSTANCE_TYPE)
        for place, item in enumerate(map(instance_type_name, types))
    ]


def _key_pair(arguments: Arguments, key_pair: ec2.IKeyPair | None) -> Any:
    if key_pair is None:
        return None
    if not has_member(key_pair, "key_pair_name"):
        return arguments.wrong_type("key_pair", key_pair, "an ec2.IKeyPair")
    arguments.started_here("key_pair", key_pair)
    return key_pair.key_pair_name


def _placement_group(arguments: Arguments, group: ec2.IPlacementGroup | None) -> Any:
    if group is None:
        return None
    if not has_member(group, "placement_group_name"):
        return arguments.wrong_type("placement_group", group, "an ec2.IPlacementGroup")
    arguments.of_this_region("placement_group", group, "", OF_ONE_REGION)
    return group.placement_group_name


def read_ecs_settings(
    arguments: Arguments, container_insights: ContainerInsights | str | None
) -> dict[str, Any]:
    """Return CloudFormation's ``EcsSettings``."""
    return given(
        ContainerInsights=arguments.choice(
            "container_insights", container_insights, "a ContainerInsights such as ENHANCED"
        )
    )


def _expect_roles(arguments: Arguments, instances: InstanceOptions, purchase: Purchase) -> None:
    roles = {
        "instance_role": (instances["instance_role"], "an iam.IRole or an iam.IInstanceProfile"),
        "spot_fleet_role": (purchase.spot_fleet_role, "an iam.IRole"),
    }
    for parameter, (role, expected) in roles.items():
        if parameter == "instance_role" and has_member(role, "instance_profile_arn"):
            arguments.of_this_account(parameter, role, "instanceProfileArn", PROFILE_OF_HERE)
        else:
            arguments.role(parameter, role, expected)


def _expect_role_for_buckets(arguments: Arguments, instances: InstanceOptions) -> None:
    """Refuse a bucket to mount where nobody knows the role that has to read it."""
    profile: Any = instances["instance_role"]
    if not has_member(profile, "instance_profile_arn") or profile.role is not None:
        return
    volumes = mounted_volumes(instances["launch_template"], instances["launch_template_overrides"])
    if any(isinstance(one, S3MountVolume) for one in volumes):
        arguments.wrong_value(
            "instance_role is an instance profile that does not say which role it has, and "
            "that role needs access to the bucket of an S3MountVolume: give the role"
        )


def _expect_own_role(arguments: Arguments, instances: InstanceOptions) -> None:
    """Refuse to widen a role that was given."""
    session = known_flag(arguments, "session_access", instances["session_access"])
    if session is True and instances["instance_role"] is not None:
        arguments.wrong_value(
            "session_access is given with instance_role, which is not changed: leave session_access"
            f" out, and allow the role {', '.join(SESSION_ACTIONS)}"
        )


def _fleet_role_as_known(strategy: Any, purchase: Purchase) -> Any:
    """Say whether there will be a Spot Fleet role: one that was given, or that BEST_FIT needs."""
    needed = purchase.kind == ResourceType.SPOT and strategy == AllocationStrategy.BEST_FIT
    return UNKNOWN if needed or purchase.spot_fleet_role is not None else None
