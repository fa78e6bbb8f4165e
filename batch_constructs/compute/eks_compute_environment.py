"""Compute environments on an Amazon EKS cluster.

https://docs.aws.amazon.com/batch/latest/userguide/eks.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Unpack, cast

from batch_constructs.arguments import Arguments
from batch_constructs.aws.compute_environment_facts import (
    AllocationStrategy,
    ImageType,
    ResourceType,
)
from batch_constructs.aws.managed_policies import EKS_NODE
from batch_constructs.compute.instance_compute_environment import (
    Cluster,
    InstanceComputeEnvironment,
    InstanceOptions,
    Purchase,
)
from batch_constructs.compute.managed_compute_environment import (
    DEFAULTS,
    EnvironmentArguments,
    EnvironmentOptions,
)
from batch_constructs.construct import given
from batch_constructs.jsii_objects import has_member
from batch_constructs.known_argument import known_flag
from batch_constructs.shared_arguments import only, spells_out

if TYPE_CHECKING:
    from aws_cdk import aws_ec2 as ec2
    from aws_cdk import aws_eks as eks
    from aws_cdk.interfaces import aws_eks as eks_interfaces
    from constructs import Construct

    from batch_constructs.aws.compute_environment_facts import AccessEntryState, UserdataType
    from batch_constructs.compute.instance_compute_environment import NodeEnvironmentOptions
    from batch_constructs.tokens import WholeNumber


@spells_out(EnvironmentOptions, InstanceOptions, defaults=DEFAULTS)
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
        security_groups: Security groups of the nodes; the cluster's own is among them as a rule.
            Default: one of its own.
        access_entry_state: Whether AWS Batch manages its access entry on the cluster. Default: as
            the cluster authenticates.
        spot: Whether on Spot instances. Default: on demand.
        max_vcpus: vCPUs of all nodes together, at most.
        replace_compute_environment: Whether CloudFormation makes another environment where it
            could change this one: its queues move over, and it ends what still runs in it.
            Default: only with the strategy ``BEST_FIT``, which AWS Batch cannot change in place.
        allocation_strategy: How to choose among the types. Default: ``BEST_FIT_PROGRESSIVE``, on
            Spot ``SPOT_PRICE_CAPACITY_OPTIMIZED``.
        images: Machine images, each for its kind of instance. Default: the newest of Amazon Linux
            2023 for EKS.
        launch_template: A launch template for the nodes; its newest version is taken. Default: one
            that keeps the node's credentials from pods with a network of their own.
        userdata_type: With a custom image, ``EKS_NODEADM`` or ``EKS_BOOTSTRAP_SH``. Default:
            AWS's.
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
        access_entry_state: AccessEntryState | str | None = None,
        spot: bool = False,
        userdata_type: UserdataType | str | None = None,
        bid_percentage: WholeNumber | None = None,
        **shared: Unpack[NodeEnvironmentOptions],
    ) -> None:
        super().__init__(scope, id)
        arguments = Arguments(self)
        on_spot = known_flag(arguments, "spot", spot) is True
        if bid_percentage is not None and not on_spot:
            arguments.wrong_value(
                "bid_percentage is given without spot: leave it out, or give spot=True"
            )
        self._define(
            arguments,
            EnvironmentArguments(**only(EnvironmentOptions, shared)),
            cast("InstanceOptions", only(InstanceOptions, shared)),
            Purchase(
                kind=ResourceType.SPOT if on_spot else ResourceType.EC2,
                default_strategy=AllocationStrategy.SPOT_PRICE_CAPACITY_OPTIMIZED
                if on_spot
                else AllocationStrategy.BEST_FIT_PROGRESSIVE,
                bid_percentage=arguments.number("bid_percentage", bid_percentage),
            ),
            vpc=vpc,
            cluster=Cluster(
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
        arn: Any = cluster
    elif has_member(cluster, "cluster_arn"):
        arn = cluster.cluster_arn
    elif has_member(cluster, "attr_arn"):
        arn = cluster.attr_arn
    else:
        return arguments.wrong_type("cluster", cluster, "a cluster of aws_eks, or its ARN")
    arguments.of_this_region(
        "cluster",
        cluster,
        str(arn),
        "its nodes are in the cluster's own VPC: put the environment into a stack of that Region",
    )
    return arn
