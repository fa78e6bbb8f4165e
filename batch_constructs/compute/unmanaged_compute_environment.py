"""Compute environments whose instances the user brings.

https://docs.aws.amazon.com/batch/latest/userguide/unmanaged-compute-environments.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import jsii
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam

from batch_constructs.arguments import Arguments
from batch_constructs.aws import container_variables as variables
from batch_constructs.aws.compute_environment_facts import EnvironmentType
from batch_constructs.aws.managed_policies import ECS_INSTANCE
from batch_constructs.compute.cluster_membership import joining_instances
from batch_constructs.compute.compute_environment import ComputeEnvironment
from batch_constructs.compute.ecs_cluster import EcsCluster
from batch_constructs.compute.environment_roles import make_service_role
from batch_constructs.compute.managed_compute_environment import (
    EnvironmentArguments,
    environment_properties,
    make_environment,
)
from batch_constructs.compute.user_data import agent_settings
from batch_constructs.construct import given, made_here
from batch_constructs.function_settings import FunctionSettings, read_function_settings
from batch_constructs.jsii_objects import described, has_member
from batch_constructs.rules import UNKNOWN
from batch_constructs.tag_arguments import read_tags

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aws_cdk import aws_autoscaling as autoscaling
    from aws_cdk import aws_batch as batch
    from constructs import Construct

    from batch_constructs.tokens import WholeNumber


@jsii.implements(ec2.IConnectable)
class UnmanagedComputeEnvironment(ComputeEnvironment):
    """A compute environment of your own instances, which join its ECS cluster.

    Creates, below its own ID: ``Resource`` (AWS::Batch::ComputeEnvironment) and, if no role is
    given, ``ServiceRole/Resource`` (AWS::IAM::Role with AWS's policy for AWS Batch), which is
    deleted after the environment; and, once the cluster is used, ``EcsCluster/Lookup`` (a custom
    resource) with one Lambda function for all such environments of the stack.

    Attributes:
        resource: The L1 resource, for escape hatches and wherever the CDK needs an
            ``IComputeEnvironmentRef``.
        service_role: The role of AWS Batch.

    Args:
        scope: The parent construct, usually the stack.
        id: Its ID, unique in the scope.
        unmanaged_vcpus: How many vCPUs the instances have together, which is the basis of fair
            shares. Default: unknown to AWS Batch.
        compute_environment_name: A readable prefix of the name. The rest changes only when the
            environment has to be replaced. Default: a name that CloudFormation generates.
        exact_name: The whole name, instead of a prefix. A change that requires a new environment
            then fails to deploy until you change this name too, because the old environment still
            has it. Default: none.
        enabled: Whether it accepts jobs from its queues. Default: yes.
        service_role: The role of AWS Batch, which an unmanaged environment requires. Default: a new
            one.
        tags: Tags of the environment; changing them replaces it. Default: those of the stack.
        cluster_tags: Tags of its ECS cluster, because AWS Batch does not pass its own on; the
            cluster is then looked up. Default: ``tags``, if anything else uses the cluster.
        function_settings: ``FunctionSettings``: network, key, concurrency, log and permissions
            boundary of the function. Default: none.

    Raises:
        ValueError: arguments that AWS Batch would refuse; all of them are listed.
        TypeError: arguments of the wrong type; all of them are listed.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-batch-computeenvironment.html
    """

    resource: batch.CfnComputeEnvironment

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        unmanaged_vcpus: WholeNumber | None = None,
        compute_environment_name: str | None = None,
        exact_name: str | None = None,
        enabled: bool = True,
        service_role: iam.IRole | None = None,
        tags: Mapping[str, str] | None = None,
        cluster_tags: Mapping[str, str] | None = None,
        function_settings: FunctionSettings | None = None,
    ) -> None:
        super().__init__(scope, id)
        arguments = Arguments(self)
        own = EnvironmentArguments(
            compute_environment_name=compute_environment_name,
            exact_name=exact_name,
            enabled=enabled,
            service_role=service_role,
            tags=tags,
        )
        properties = {
            **environment_properties(arguments, own, kind=EnvironmentType.UNMANAGED, replaced=None),
            **given(UnmanagedvCpus=arguments.number("unmanaged_vcpus", unmanaged_vcpus)),
        }
        arguments.check(
            "AWS::Batch::ComputeEnvironment",
            {"ServiceRole": UNKNOWN, **properties},
        )
        own_tags = read_tags(arguments, cluster_tags, "cluster_tags")
        self._cluster_tags = arguments.mapping("tags", tags) if cluster_tags is None else own_tags
        self._function_settings = read_function_settings(arguments, function_settings)
        arguments.refuse()

        self._cluster: EcsCluster | None = None
        self._connections = ec2.Connections()
        self._service_role = make_service_role(self) if service_role is None else service_role
        self.resource = make_environment(
            self, {**properties, "ServiceRole": self.service_role.role_arn}, own, own.one_call(self)
        )
        if service_role is None:  # a given one make_environment has seen to
            self.resource.node.add_dependency(self.service_role)
        if cluster_tags is not None:
            self._find_cluster()

    @property
    def service_role(self) -> iam.IRole:
        """The role that AWS Batch uses."""
        return made_here(self, self._service_role, "service_role")

    @property
    def unmanagedv_cp_us(self) -> float | None:
        """How many vCPUs its instances have together, for fair shares; None if not set."""
        return self.resource.unmanagedv_cpus

    @property
    def ecs_cluster_arn(self) -> str:
        """The ARN of the ECS cluster that AWS Batch creates for this environment.

        CloudFormation does not return it: the first use adds a custom resource that looks it up.
        """
        return self._find_cluster().arn

    @property
    def ecs_cluster_name(self) -> str:
        """The name of that cluster, for the ECS agent of an instance."""
        return self._find_cluster().name

    @property
    def connections(self) -> ec2.Connections:
        """The network connections of the added instances, and so of their jobs."""
        return self._connections

    def add_auto_scaling_group(self, auto_scaling_group: autoscaling.AutoScalingGroup) -> None:
        """Make the instances of an Auto Scaling group join the cluster and run jobs.

        They need a Linux image that is optimized for ECS, not Bottlerocket, and network access to
        ECS. Their user data sets the cluster and lets Spot Instances drain. Their role gets AWS's
        policy for ECS instances. Access granted to this environment's ``connections`` also applies
        to them. It is not checked whether an image given by its ID has the ECS agent.

        Raises:
            TypeError: it is not an L2 Auto Scaling group of the CDK.
            ValueError: its instances are of another Region or account, run Windows, Bottlerocket or
                an image without the ECS agent, join a cluster already, or come from a template that
                hides what joining needs.
        """
        group: Any = auto_scaling_group
        if not (has_member(group, "add_user_data") and has_member(group, "role")):
            raise TypeError(
                f"{self.node.path}: auto_scaling_group is {described(group)}; expected an "
                "autoscaling.AutoScalingGroup, which is not imported"
            )
        instances = joining_instances(self, group)
        group.add_user_data(
            *agent_settings(
                {variables.AGENT_CLUSTER: self.ecs_cluster_name, variables.AGENT_DRAINING: "true"}
            )
        )
        instances.role.add_managed_policy(
            iam.ManagedPolicy.from_aws_managed_policy_name(ECS_INSTANCE)
        )
        self._connections.add_security_group(*instances.security_groups)

    def _find_cluster(self) -> EcsCluster:
        if self._cluster is None:
            self._cluster = EcsCluster(
                self,
                "EcsCluster",
                compute_environment_arn=self.compute_environment_arn,
                cluster_tags=self._cluster_tags,
                function_settings=self._function_settings,
            )
        return self._cluster
