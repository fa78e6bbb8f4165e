"""What the managed compute environments share: network, name, updates, one L1 resource."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypedDict, cast

import jsii
from aws_cdk import Duration, Stack
from aws_cdk import aws_batch as batch
from aws_cdk import aws_ec2 as ec2

from batch_constructs.arguments import checked
from batch_constructs.aws.compute_environment_facts import ON_SPOT, CapacityOption
from batch_constructs.aws.updates import (
    INSTANCES,
    family,
    has_role_of_its_own,
    is_best_fit,
    is_replaced,
)
from batch_constructs.compute.compute_environment import ComputeEnvironment
from batch_constructs.compute.instance_tags import with_all_tags
from batch_constructs.construct import given, l1_properties, make_l1, put_tags
from batch_constructs.one_call import Made, OneCall
from batch_constructs.replaceable_name import RemembersOverrides, read_name, replaceable_name

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aws_cdk import TagManager
    from aws_cdk import aws_iam as iam

    from batch_constructs.arguments import Arguments
    from batch_constructs.compute.environment_network import Network


class EnvironmentOptions(TypedDict, total=False):
    """The arguments that managed compute environments of every kind take.

    Args:
        compute_environment_name: A readable prefix of the name. The rest changes only when the
            environment has to be replaced. Default: a name that CloudFormation generates.
        exact_name: The whole name, instead of a prefix. A change that requires a new environment
            then fails to deploy until you change this name too, because the old environment still
            has it. Default: none.
        enabled: Whether it accepts jobs from its queues. Default: yes.
        tags: Tags of the environment; changing them replaces it. Default: those of the stack.
        replace_compute_environment: Whether CloudFormation replaces the environment even if it
            could be updated in place. Its queues move to the new one, and jobs that still run in
            the old one are terminated. Default: only if AWS Batch cannot update it in place: with
            the strategy ``BEST_FIT``, or with a service role of its own.
    """

    compute_environment_name: str | None
    exact_name: str | None
    enabled: bool
    tags: Mapping[str, str] | None
    replace_compute_environment: bool | None


class ServiceRoleOption(TypedDict, total=False):
    """What environments take whose service role may be another than the service-linked one.

    Args:
        service_role: A role for AWS Batch itself. With such a role, updates replace the
            environment. Default: the service-linked role.
    """

    service_role: iam.IRole | None


class EnvironmentAndRoleOptions(EnvironmentOptions, ServiceRoleOption):
    """The arguments that environments on Fargate, EC2 and Spot share."""


DEFAULTS: Final = {"enabled": True, "max_vcpus": 256, "min_vcpus": 0, "session_access": False}
"""What the shared arguments of compute environments are by default, where that is not None."""


@dataclass(frozen=True, kw_only=True)
class EnvironmentArguments:
    """The arguments that compute environments of every kind share, as they were given."""

    compute_environment_name: str | None
    enabled: bool
    tags: Mapping[str, str] | None
    service_role: iam.IRole | None = None
    exact_name: str | None = None
    replace_compute_environment: bool | None = None

    @property
    def is_renamed(self) -> bool:
        """Whether the name changes with it: its L1 is one of ours then, which Python makes."""
        return self.compute_environment_name is not None

    def one_call(self, environment: ComputeEnvironment) -> OneCall:
        """Return what makes an environment, in one call with what it needs before that."""
        return OneCall(environment, one_by_one=self.is_renamed)

    @property
    def role_of_its_own(self) -> bool:
        """Whether the service role is another one than the service-linked one."""
        return has_role_of_its_own(getattr(self.service_role, "role_arn", None))


@jsii.implements(ec2.IConnectable)
class ManagedComputeEnvironment(ComputeEnvironment):
    """A compute environment whose capacity AWS Batch manages.

    Attributes:
        resource: The L1 resource, for escape hatches and wherever the CDK needs an
            ``IComputeEnvironmentRef``.
        security_groups: The security groups that jobs run in.
    """

    _instead = (
        "create a FargateComputeEnvironment, an Ec2ComputeEnvironment, a SpotComputeEnvironment, "
        "an EksComputeEnvironment or a ManagedInstancesComputeEnvironment"
    )

    resource: batch.CfnComputeEnvironment
    security_groups: list[ec2.ISecurityGroup]
    _vpc: ec2.IVpc
    _vpc_subnets: ec2.SubnetSelection | None
    _connections: ec2.Connections | None = None

    def _place_in(self, network: Network) -> None:
        self._vpc = network.vpc
        self._vpc_subnets = network.selection

    def _compute_resources(self) -> batch.CfnComputeEnvironment.ComputeResourcesProperty:
        return cast(
            "batch.CfnComputeEnvironment.ComputeResourcesProperty", self.resource.compute_resources
        )

    def _update_policy(self) -> batch.CfnComputeEnvironment.UpdatePolicyProperty | None:
        return cast(
            "batch.CfnComputeEnvironment.UpdatePolicyProperty | None", self.resource.update_policy
        )

    @property
    def maxv_cpus(self) -> float:
        """The most vCPUs that all running jobs can have together."""
        return self._compute_resources().maxv_cpus

    @property
    def spot(self) -> bool:
        """Whether its capacity is Spot."""
        seen = checked(self)
        resources: Any = {} if seen is None else seen.properties.get("ComputeResources", {})
        provider = resources.get("ManagedInstancesProvider", {})
        option = provider.get("InstanceLaunchTemplate", {}).get("CapacityOptionType")
        return resources.get("Type") in ON_SPOT or option == CapacityOption.SPOT

    @property
    def replace_compute_environment(self) -> bool | None:
        """Whether CloudFormation replaces it when its instances change."""
        return cast("bool | None", self.resource.replace_compute_environment)

    @property
    def terminate_on_update(self) -> bool | None:
        """Whether an update ends running jobs; None if not set."""
        policy = self._update_policy()
        return None if policy is None else cast("bool | None", policy.terminate_jobs_on_update)

    @property
    def update_timeout(self) -> Duration | None:
        """How long running jobs can continue when it is updated; None if not set."""
        policy = self._update_policy()
        minutes = None if policy is None else policy.job_execution_timeout_minutes
        return None if minutes is None else Duration.minutes(minutes)

    @property
    def update_to_latest_image_version(self) -> bool | None:
        """Whether an update also takes the newest machine image; None if not set."""
        latest = self._compute_resources().update_to_latest_image_version
        return cast("bool | None", latest)

    @property
    def tags(self) -> TagManager:
        """The tags of the environment itself, as the CDK keeps them."""
        return self.resource.tags

    @property
    def vpc_subnets(self) -> ec2.SubnetSelection | None:
        """How its subnets were chosen; None if not set."""
        return self._vpc_subnets

    @property
    def connections(self) -> ec2.Connections:
        """The network connections of the jobs: what can reach them, and what they can reach."""
        if self._connections is None:  # the CDK asks twice, and notes something on the first
            self._connections = ec2.Connections(security_groups=self.security_groups)
        return self._connections


_ARN: Final = "attrComputeEnvironmentArn"


class NamedEnvironment(RemembersOverrides, batch.CfnComputeEnvironment):
    """The L1 of an environment whose name changes with it."""


def environment_properties(
    arguments: Arguments, own: EnvironmentArguments, *, kind: str, replaced: bool | None
) -> dict[str, Any]:
    """Return the properties beside ``ComputeResources``.

    ``replaced`` says whether a change that needs other instances replaces the environment.
    """
    name = read_name(
        arguments, "compute_environment_name", own.compute_environment_name, own.exact_name
    )
    role = own.service_role
    arguments.role("service_role", role)
    return given(
        Type=kind,
        ComputeEnvironmentName=name,
        State=arguments.state("enabled", own.enabled),
        ServiceRole=getattr(role, "role_arn", None),
        ReplaceComputeEnvironment=replaced,
        Tags=arguments.mapping("tags", own.tags),
    )


def read_replaced(
    arguments: Arguments, own: EnvironmentArguments, *, kind: str, strategy: Any = None
) -> Any:
    """Return whether CloudFormation replaces the environment where its instances are to be others.

    Where nothing is said: only where AWS Batch cannot change them in place.
    """
    told = arguments.flag("replace_compute_environment", own.replace_compute_environment)
    if told is not None:
        return told
    return is_replaced(kind, strategy, role_of_its_own=own.role_of_its_own)


def make_environment(
    environment: ComputeEnvironment,
    properties: Mapping[str, Any],
    own: EnvironmentArguments,
    call: OneCall,
) -> batch.CfnComputeEnvironment:
    """Make the L1 resource, after the service role with all its policies, so that it goes first.

    The call is that of `EnvironmentArguments.one_call`, with what was added to it.
    """
    untagged = {name: value for name, value in properties.items() if name != "Tags"}
    if not own.is_renamed:
        made: Made[batch.CfnComputeEnvironment] = call.add(
            "aws_batch.CfnComputeEnvironment", "Resource", l1_properties(untagged), tell=[_ARN]
        )
        resource = made.resource
        environment._arn = made.attribute(_ARN)  # noqa: SLF001  # of what is made here
    else:
        name = replaceable_name(
            str(properties["ComputeEnvironmentName"]),
            lambda: _create_only(with_all_tags(environment, properties), renamed),
        )
        named = {**untagged, "ComputeEnvironmentName": name}
        renamed = make_l1(NamedEnvironment, environment, "Resource", l1_properties(named))
        resource = renamed
    environment._resource = resource  # noqa: SLF001  # as above
    put_tags(resource, properties.get("Tags"))
    if own.service_role is not None:
        environment._service_role = own.service_role  # noqa: SLF001  # of what is made here
        resource.node.add_dependency(own.service_role)
    if own.is_renamed and properties.get("ReplaceComputeEnvironment") is True:
        _acknowledge_name(resource)
    return resource


def _acknowledge_name(resource: batch.CfnComputeEnvironment) -> None:
    """Tell the rules that this name does not stand in the way of a replacement."""
    from aws_cdk import Acknowledgment, Validations  # noqa: PLC0415  # for few environments

    Validations.of(resource).acknowledge(
        Acknowledgment(
            id="batch-constructs::named-replacement",
            reason="The name ends with a hash of everything that requires a replacement.",
        )
    )


def _as_written_now(properties: Mapping[str, Any], resource: NamedEnvironment) -> dict[str, Any]:
    """Return the properties as the template will have them, whoever changed them since."""
    resources: Mapping[str, Any] = properties.get("ComputeResources", {})
    written: Any = resource.compute_resources
    kind = written.get("type") if isinstance(written, dict) else getattr(written, "type", None)
    now = {
        **properties,
        "ComputeResources": resources if kind is None else {**resources, "Type": kind},
        "ReplaceComputeEnvironment": resource.replace_compute_environment,
        "ServiceRole": resource.service_role,
        "Tags": resource.tags.render_tags(),
        "Type": resource.type,
    }
    return resource.with_overrides(now)


_UPDATED_IN_PLACE = frozenset({"MaxvCpus", "MinvCpus", "DesiredvCpus"})
"""The compute resources that change in place even where an environment is replaced."""


def _create_only(properties: Mapping[str, Any], resource: NamedEnvironment) -> dict[str, Any]:
    """Return what changes where another environment has to be made.

    These are the properties that CloudFormation makes another one for, and what AWS Batch refuses
    to change in an environment: from one kind of capacity to another, from ``BEST_FIT`` to another
    strategy or back, and between the service-linked role and a role of its own.
    """
    now = _as_written_now(properties, resource)
    resources: Mapping[str, Any] = now.get("ComputeResources", {})
    type_ = str(resources.get("Type")).upper()
    kind, strategy = family(type_), resources.get("AllocationStrategy")
    in_place = str(now.get("ReplaceComputeEnvironment")).lower() == "false"
    apart = {
        "BestFit": in_place and bool(resources) and is_best_fit(type_, strategy),
        "Kind": kind if kind != INSTANCES else None,
        "RoleOfItsOwn": bool(resources) and has_role_of_its_own(now.get("ServiceRole")),
        "StackTags": Stack.of(resource).tags.tag_values(),
    }
    replacing = {"SpotIamFleetRole"} if in_place else set(resources) - _UPDATED_IN_PLACE
    eks: Mapping[str, Any] = now.get("EksConfiguration", {})
    provider: Mapping[str, Any] = resources.get("ManagedInstancesProvider", {})
    launch: Mapping[str, Any] = provider.get("InstanceLaunchTemplate", {})
    return {
        "Path": resource.node.path,
        "Type": now.get("Type"),
        "Tags": now.get("Tags"),
        **{name: resources[name] for name in sorted(replacing) if name in resources},
        **{name: eks[name] for name in ("EksClusterArn", "KubernetesNamespace") if name in eks},
        **{name: launch[name] for name in ("CapacityOptionType", "FipsEnabled") if name in launch},
        **{name: value for name, value in apart.items() if value},
    }
