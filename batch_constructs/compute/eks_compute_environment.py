"""Compute environments on an Amazon EKS cluster.

https://docs.aws.amazon.com/batch/latest/userguide/eks.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from batch_constructs.arguments import Arguments
from batch_constructs.aws.compute_environments import AllocationStrategy
from batch_constructs.aws.managed_policies import EKS_NODE
from batch_constructs.compute.instance_compute_environment import (
    Cluster,
    InstanceArguments,
    InstanceComputeEnvironment,
    Purchase,
)
from batch_constructs.compute.instance_image import ImageType
from batch_constructs.compute.managed_compute_environment import EnvironmentArguments
from batch_constructs.construct import given
from batch_constructs.jsii_objects import has_member

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from aws_cdk import Duration
    from aws_cdk import aws_batch as batch
    from aws_cdk import aws_ec2 as ec2
    from aws_cdk import aws_eks as eks
    from aws_cdk import aws_iam as iam
    from aws_cdk.interfaces import aws_eks as eks_interfaces
    from constructs import Construct

    from batch_constructs.aws.compute_environments import AccessEntryState, UserdataType
    from batch_constructs.compute.instance_image import AnyImage
    from batch_constructs.compute.launch_template import AnyLaunchTemplate
    from batch_constructs.compute.launch_template_overrides import LaunchTemplateOverride
    from batch_constructs.compute.update_policy import UpdatePolicy
    from batch_constructs.tokens import WholeNumber


class EksComputeEnvironment(InstanceComputeEnvironment):
    """A compute environment whose instances are nodes of an Amazon EKS cluster.

    The cluster needs the namespace and, for it, AWS Batch's role and role binding, before the
    environment is created.

    Creates, below its own ID: ``Resource`` (AWS::Batch::ComputeEnvironment), ``InstanceProfile``
    (AWS::IAM::InstanceProfile) and, where none are given, ``SecurityGroup/Resource``
    (AWS::EC2::SecurityGroup, everything out, nothing in), ``InstanceRole/Resource`` (AWS::IAM::Role
    with AWS's policies for nodes) and ``LaunchTemplate`` (AWS::EC2::LaunchTemplate).

    Args:
        scope: The construct that this one belongs to, usually the stack.
        id: Its ID, unique in the scope.
        cluster: The cluster: of ``aws_eks``, ``aws_eks_v2``, an L1, or its ARN.
        kubernetes_namespace: The namespace that AWS Batch runs pods in; not ``default``, not
            ``kube-…``.
        vpc: The VPC that nodes start in.
        vpc_subnets: Its subnets. Default: the private ones with a way out, or else the isolated
            ones, or else the public ones.
        security_groups: Security groups of the nodes; the cluster's own is among them as a rule.
            Default: one of its own.
        access_entry_state: Whether AWS Batch manages its access entry on the cluster. Default: as
            the cluster authenticates.
        spot: Whether on Spot instances. Default: on demand.
        max_vcpus: vCPUs of all nodes together, at most.
        compute_environment_name: A readable prefix of the name. Default: a name that CloudFormation
            generates.
        exact_name: The whole name, instead of a prefix. A change that needs another environment
            then fails to deploy until this is changed too, since the old one still has the name.
            Default: none.
        enabled: Whether it takes jobs from its queues. Default: yes.
        tags: Tags of the environment; changing them replaces it. Default: those of the stack.
        replace_compute_environment: Whether CloudFormation makes another environment where it
            could change this one: its queues move over, and it ends what still runs in it.
            Default: only with the strategy ``BEST_FIT``, which AWS Batch cannot change in place.
        instance_types: Families and types, all x86 or all Arm. Default: the current x86 families
            that AWS Batch chooses from.
        min_vcpus: vCPUs that are kept, and paid for, while there are no jobs.
        allocation_strategy: How to choose among the types. Default: ``BEST_FIT_PROGRESSIVE``, on
            Spot ``SPOT_PRICE_CAPACITY_OPTIMIZED``.
        images: Machine images, each for its kind of instance. Default: the newest of Amazon Linux
            2023 for EKS.
        launch_template: A launch template for the nodes; its newest version is taken. Default: one
            that keeps the node's credentials from pods with a network of their own.
        launch_template_overrides: Other launch templates for some of the instance types, at most
            ten. Default: none.
        userdata_type: With an image of one's own, ``EKS_NODEADM`` or ``EKS_BOOTSTRAP_SH``. Default:
            AWS's.
        key_pair: A key pair to log in with; ``session_access`` needs none. Default: none.
        instance_role: The role of the nodes, or an instance profile that has it; containers in
            their network get its credentials, too. Default: one of its own, which may join the
            cluster and pull images.
        session_access: Whether that role also lets Session Manager open sessions on the nodes.
            Default: no.
        placement_group: A placement group for the nodes. Default: none.
        instance_tags: Tags of the nodes and their volumes; changing them replaces nodes, and the
            environment only where it has a service role or ``BEST_FIT``. Default: those that
            ``Tags.of(…)`` gives to ``AWS::EC2::Instance``.
        scale_down_delay: How long an idle node is kept for the next job, 20 minutes to 7 days.
            Default: it goes at once.
        update_policy: What an update does to running jobs. Default: they have 30 minutes to finish.
        update_to_latest_image: Whether an update also takes the newest machine image of AWS.
            Default: yes.
        bid_percentage: On Spot, at most this percentage of the on-demand price, 1 to 100. Default:
            the on-demand price.

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
        cluster: eks.ICluster | eks_interfaces.IClusterRef | str,
        kubernetes_namespace: str,
        vpc: ec2.IVpc,
        vpc_subnets: ec2.SubnetSelection | None = None,
        security_groups: Sequence[ec2.ISecurityGroup] | None = None,
        access_entry_state: AccessEntryState | str | None = None,
        spot: bool = False,
        max_vcpus: WholeNumber = 256,
        compute_environment_name: str | None = None,
        exact_name: str | None = None,
        enabled: bool = True,
        tags: Mapping[str, str] | None = None,
        replace_compute_environment: bool | None = None,
        instance_types: Sequence[str | ec2.InstanceType] | None = None,
        min_vcpus: WholeNumber = 0,
        allocation_strategy: AllocationStrategy | batch.AllocationStrategy | str | None = None,
        images: Sequence[AnyImage] | None = None,
        launch_template: AnyLaunchTemplate | None = None,
        launch_template_overrides: Sequence[LaunchTemplateOverride] | None = None,
        userdata_type: UserdataType | str | None = None,
        key_pair: ec2.IKeyPair | None = None,
        instance_role: iam.IRole | iam.IInstanceProfile | None = None,
        session_access: bool = False,
        placement_group: ec2.IPlacementGroup | None = None,
        instance_tags: Mapping[str, str] | None = None,
        scale_down_delay: Duration | None = None,
        update_policy: UpdatePolicy | None = None,
        update_to_latest_image: bool | None = None,
        bid_percentage: WholeNumber | None = None,
    ) -> None:
        super().__init__(scope, id)
        arguments = Arguments(self)
        on_spot = arguments.flag("spot", spot, required=True) is True
        if bid_percentage is not None and not on_spot:
            arguments.wrong_value(
                "bid_percentage is given without spot: leave it out, or give spot=True"
            )
        self._define(
            arguments,
            EnvironmentArguments(
                compute_environment_name=compute_environment_name,
                exact_name=exact_name,
                replace_compute_environment=replace_compute_environment,
                enabled=enabled,
                service_role=None,
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
                launch_template=launch_template,
                launch_template_overrides=launch_template_overrides,
                key_pair=key_pair,
                instance_role=instance_role,
                session_access=session_access,
                placement_group=placement_group,
                instance_tags=instance_tags,
                scale_down_delay=scale_down_delay,
                container_insights=None,
                update_policy=update_policy,
                update_to_latest_image=update_to_latest_image,
            ),
            Purchase(
                kind="SPOT" if on_spot else "EC2",
                default_strategy=AllocationStrategy.SPOT_PRICE_CAPACITY_OPTIMIZED
                if on_spot
                else AllocationStrategy.BEST_FIT_PROGRESSIVE,
                bid_percentage=arguments.number("bid_percentage", bid_percentage),
            ),
            Cluster(
                default_image=ImageType.EKS_AL2023,
                properties={
                    "EksConfiguration": given(
                        EksClusterArn=_cluster_arn(arguments, cluster),
                        KubernetesNamespace=arguments.text(
                            "kubernetes_namespace", kubernetes_namespace, required=True
                        ),
                        AccessEntry=given(
                            DesiredState=arguments.choice(
                                "access_entry_state", access_entry_state, "an AccessEntryState"
                            )
                        ),
                    )
                },
                userdata_type=userdata_type,
                instance_policies=EKS_NODE,
            ),
        )


def _cluster_arn(arguments: Arguments, cluster: Any) -> Any:
    if isinstance(cluster, str):
        return cluster
    if has_member(cluster, "cluster_arn"):
        return cluster.cluster_arn
    if has_member(cluster, "attr_arn"):
        return cluster.attr_arn
    return arguments.wrong_type("cluster", cluster, "a cluster of aws_eks, or its ARN")
