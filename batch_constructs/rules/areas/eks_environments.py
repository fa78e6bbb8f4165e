"""Rules about compute environments on Amazon EKS."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from batch_constructs.aws.pods import namespace
from batch_constructs.aws.source import api, guide
from batch_constructs.rules.findings import Severity
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


@_environment_rule(
    "eks-namespace",
    title="Kubernetes namespace that Batch refuses",
    fix="make a namespace for Batch, and name it",
    source=api(
        "EksConfiguration.kubernetesNamespace",
        "\"can't left empty or null. It must be fewer than 64 characters long, can't be set to"
        ' default, can\'t start with "kube-," and must match this regular expression:'
        ' ^[a-z0-9]([-a-z0-9]*[a-z0-9])?$"',
    ),
)
def eks_namespace(environment: ComputeEnvironment) -> Iterator[Fault]:
    """Batch manages the pods of a namespace, so it takes one that is not used otherwise."""
    configuration = mapping(environment.properties, "EksConfiguration")
    got = text(configuration, "KubernetesNamespace")
    wrong = None if got is None else namespace("kube-").wrong(got)
    if wrong:
        yield "EksConfiguration/KubernetesNamespace", f"KubernetesNamespace {wrong}"


@_environment_rule(
    "eks-cluster-name",
    title="cluster given by its name",
    fix="use Fn::GetAtt with Arn",
    source=api(
        "EksConfiguration.eksClusterArn",
        '"The Amazon Resource Name (ARN) of the Amazon EKS cluster."',
    ),
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
    source=api(
        "ComputeResource.allocationStrategy",
        '"This parameter is required for Amazon EKS compute environments."',
    ),
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
    source=guide(
        "eks",
        "Amazon EKS: Batch on Amazon EKS runs on EC2 On-Demand and Spot nodes;"
        " CreateComputeEnvironmentRequest.eksConfiguration",
    ),
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
    source=api(
        "CreateComputeEnvironmentRequest.ecsSettings",
        '"The Amazon ECS settings for the compute environment."',
    ),
)
def eks_ecs_settings(environment: ComputeEnvironment) -> Iterator[Fault]:
    """There is no ECS cluster to collect metrics of."""
    if environment.is_eks and given(environment.properties, "EcsSettings"):
        yield "EcsSettings", "EcsSettings is given for an EKS environment"
