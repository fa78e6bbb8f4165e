"""Rules about compute environments on Amazon EKS."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from batch_constructs.rules.areas.job_definitions import job_limit, job_rule
from batch_constructs.rules.areas.pods import namespace_fault
from batch_constructs.rules.findings import Severity
from batch_constructs.rules.old_limits import Limit, at
from batch_constructs.rules.rule import Fault, rule
from batch_constructs.rules.template.resources import (
    COMPUTE_ENVIRONMENT,
    ComputeEnvironment,
)
from batch_constructs.rules.template.values import (
    given,
    mapping,
    text,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

AREA: Final = "eks_environments"
_environment_rule = partial(rule, subject=COMPUTE_ENVIRONMENT, area=AREA)
_environment_limit = partial(Limit, subject=COMPUTE_ENVIRONMENT, area=AREA)
_rule = partial(job_rule, area=AREA)
_limit = partial(job_limit, area=AREA)


@_environment_rule(
    "eks-namespace",
    title="Kubernetes namespace that Batch refuses",
    fix="make a namespace for Batch, and name it",
    source="EksConfiguration.kubernetesNamespace: \"can't left empty or null. It must be fewer"
    " than 64"
    " characters long, can't be set to default, can't start with \"kube-,\" and must match this"
    " regular"
    ' expression: ^[a-z0-9]([-a-z0-9]*[a-z0-9])?$"',
)
def eks_namespace(environment: ComputeEnvironment) -> Iterator[Fault]:
    """Batch manages the pods of a namespace, so it takes one that is not used otherwise."""
    configuration = mapping(environment.properties, "EksConfiguration")
    got = text(configuration, "KubernetesNamespace")
    if got is not None and (message := namespace_fault(got, "kube-")):
        yield "EksConfiguration/KubernetesNamespace", message


_environment_limit(
    id="eks-cluster-arn",
    where=at("EksConfiguration"),
    key="EksClusterArn",
    noun="the cluster",
    title="cluster given by something else than its ARN",
    source='EksConfiguration.eksClusterArn: "The Amazon Resource Name (ARN) of the Amazon EKS'
    ' cluster."',
    why="Not its name.",
).matching(r"arn:[\w-]+:eks:[\w-]*:\d*:cluster/.+", "an ARN such as arn:aws:eks:…:cluster/name")

_environment_limit(
    id="eks-access-entry",
    where=at("EksConfiguration/AccessEntry"),
    key="DesiredState",
    noun="the desired state of the access entry",
    title="unknown state of the access entry",
    source="EksAccessEntry.desiredState, EksConfiguration.accessEntry: ENABLED, DISABLED or"
    " INHERIT_FROM_CLUSTER",
    why="Whether Batch manages an access entry on the cluster.",
).one_of(("ENABLED", "DISABLED", "INHERIT_FROM_CLUSTER"))


@_environment_rule(
    "eks-cluster-name",
    title="cluster given by its name",
    fix="use Fn::GetAtt with Arn",
    source='EksConfiguration.eksClusterArn: "The Amazon Resource Name (ARN) of the Amazon EKS'
    ' cluster."',
)
def eks_cluster_name(environment: ComputeEnvironment) -> Iterator[Fault]:
    """``Ref`` of a cluster gives its name, where Batch wants the ARN."""
    value = mapping(environment.properties, "EksConfiguration").get("EksClusterArn")
    cluster = environment.neighbour(value, "AWS::EKS::Cluster")
    if cluster is not None and getattr(value, "attribute", "") is None:
        yield (
            "EksConfiguration/EksClusterArn",
            f"the cluster is Ref of {cluster.id}, which is its name; the ARN is allowed",
        )


@_environment_rule(
    "eks-allocation-strategy",
    title="EKS environment with BEST_FIT, or without a strategy",
    fix="set AllocationStrategy to BEST_FIT_PROGRESSIVE, on Spot to SPOT_PRICE_CAPACITY_OPTIMIZED",
    source='ComputeResource.allocationStrategy: "This parameter is required for Amazon EKS compute'
    ' environments."',
)
def eks_allocation_strategy(environment: ComputeEnvironment) -> Iterator[Fault]:
    """The default of ECS, BEST_FIT, does not exist on EKS."""
    if not environment.is_eks or not environment.resources:
        return
    if "AllocationStrategy" not in environment.resources:
        yield "ComputeResources/AllocationStrategy", "AllocationStrategy is missing; EKS needs it"
    elif text(environment.resources, "AllocationStrategy") == "BEST_FIT":
        yield (
            "ComputeResources/AllocationStrategy",
            "the allocation strategy is BEST_FIT, which EKS environments do not have",
        )


@_environment_rule(
    "eks-resources",
    title="EKS environment with resources it does not have",
    fix="set the type of the compute resources to EC2 or SPOT",
    source="User Guide, Amazon EKS: Batch on Amazon EKS runs on EC2 On-Demand and Spot nodes;"
    " CreateComputeEnvironmentRequest.eksConfiguration",
)
def eks_resources(environment: ComputeEnvironment) -> Iterator[Fault]:
    """No Fargate, no Managed Instances, and Batch manages the nodes."""
    if not environment.is_eks:
        return
    if environment.is_fargate or environment.is_managed_instances:
        yield (
            "ComputeResources/Type",
            f"the type is {environment.kind} on EKS; allowed are EC2 and SPOT",
        )


@_environment_rule(
    "eks-ecs-settings",
    severity=Severity.WARNING,
    title="ECS settings on an EKS environment",
    fix="leave EcsSettings out",
    source='CreateComputeEnvironmentRequest.ecsSettings: "The Amazon ECS settings for the compute'
    ' environment."',
)
def eks_ecs_settings(environment: ComputeEnvironment) -> Iterator[Fault]:
    """There is no ECS cluster to collect metrics of."""
    if environment.is_eks and given(environment.properties, "EcsSettings"):
        yield "EcsSettings", "EcsSettings is given for an EKS environment"
