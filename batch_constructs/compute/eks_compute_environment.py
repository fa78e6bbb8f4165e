"""Compute environments on an Amazon EKS cluster.

https://docs.aws.amazon.com/batch/latest/userguide/eks.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Unpack, cast

from aws_cdk import Acknowledgment, Validations

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
    (AWS::IAM::InstanceProfile) and, if you pass none, ``SecurityGroup/Resource``
    (AWS::EC2::SecurityGroup, all outbound and no inbound traffic), ``InstanceRole/Resource``
    (AWS::IAM::Role with AWS's policies for nodes) and ``LaunchTemplate``
    (AWS::EC2::LaunchTemplate).

    Args:
        scope: The parent construct, usually the stack.
        id: Its ID, unique in the scope.
        cluster: The cluster: of ``aws_eks``, ``aws_eks_v2``, an L1, or its ARN.
        kubernetes_namespace: The namespace that AWS Batch runs pods in; not ``default``, not
            ``kube-…``.
        vpc: The VPC that nodes start in.
        security_groups: Security groups of the nodes; these usually include the cluster's own.
            Default: a new one.
        access_entry_state: Whether AWS Batch manages its access entry on the cluster. Default: as
            the cluster authenticates.
        spot: Whether to use Spot Instances. Default: On-Demand Instances.
        max_vcpus: The most vCPUs of all nodes together.
        replace_compute_environment: Whether CloudFormation replaces the environment even if it
            could be updated in place. Its queues move to the new one, and jobs that still run in
            the old one are terminated. Default: only with the strategy ``BEST_FIT``, which AWS
            Batch cannot change in place.
        allocation_strategy: How to choose among the types. Default: ``BEST_FIT_PROGRESSIVE``, on
            Spot ``SPOT_PRICE_CAPACITY_OPTIMIZED``.
        images: Machine images, one for each kind of instance. Default: the newest Amazon Linux 2023
            for EKS.
        launch_template: A launch template for the nodes; its newest version is used. Default: one
            that hides the node's credentials from pods with their own network.
        userdata_type: With a custom image, ``EKS_NODEADM`` or ``EKS_BOOTSTRAP_SH``. Default:
            AWS's.
        bid_percentage: On Spot, at most this percentage of the on-demand price, 1 to 100. Default:
            the on-demand price.

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
        if access_entry_state is not None:
            Validations.of(self.resource).acknowledge(
                Acknowledgment(
                    id="CloudFormation-Validate::F3002",
                    reason=(
                        "The CDK's own copy of the schema does not know access entries yet. A rule "
                        "is acknowledged for a whole resource, so the CDK does not report another "
                        "unknown property here either, such as a misspelled override."
                    ),
                )
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
        "its nodes are in the cluster's own VPC: put the environment into a stack in that Region",
    )
    return arn
