"""Rules about compute environments on Amazon EKS."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from batch_constructs.aws.compute_environments import BEST_FIT, ON_INSTANCES
from batch_constructs.aws.pods import namespace
from batch_constructs.aws.source import api, guide
from batch_constructs.rules.findings import Severity
from batch_constructs.rules.rule import Fault, rule
from batch_constructs.rules.template.resources import COMPUTE_ENVIRONMENT, ComputeEnvironment
from batch_constructs.rules.template.values import given, mapping, one_of, text

if TYPE_CHECKING:
    from collections.abc import Iterator

AREA: Final = "eks_environments"
_rule = partial(rule, subject=COMPUTE_ENVIRONMENT, area=AREA)


@_rule(
    "eks-namespace",
    title="Kubernetes namespace that Batch refuses",
    fix="make a namespace for Batch, and give it as KubernetesNamespace",
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


@_rule(
    "eks-cluster-name",
    title="cluster given by its name",
    fix="give EksClusterArn the ARN: Fn::GetAtt with Arn",
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
            f"EksClusterArn is Ref of {cluster.id}, which is its name; allowed is its ARN",
        )


@_rule(
    "eks-allocation-strategy",
    title="BEST_FIT, or no strategy, on Amazon EKS",
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
    path, strategy = "ComputeResources/AllocationStrategy", "AllocationStrategy"
    if environment.resources.get(strategy) is None:
        yield path, "AllocationStrategy is missing; Amazon EKS needs it"
    elif text(environment.resources, strategy) == BEST_FIT:
        yield path, "AllocationStrategy is BEST_FIT, which Amazon EKS does not have"


@_rule(
    "eks-resources",
    title="Fargate or Managed Instances on Amazon EKS",
    fix="set Type to EC2 or SPOT",
    source=guide(
        "fargate",
        '"Fargate is not supported for AWS Batch on Amazon EKS compute environments."; nor are'
        " Managed Instances, which belong to Amazon ECS;"
        " CreateComputeEnvironmentRequest.eksConfiguration.",
    ),
)
def eks_resources(environment: ComputeEnvironment) -> Iterator[Fault]:
    """No Fargate, no Managed Instances, and Batch manages the nodes."""
    if environment.is_eks and (environment.is_fargate or environment.is_managed_instances):
        yield (
            "ComputeResources/Type",
            f"Type is {environment.kind} on Amazon EKS; allowed are {one_of(ON_INSTANCES)}",
        )


@_rule(
    "eks-ecs-settings",
    severity=Severity.WARNING,
    title="ECS settings on Amazon EKS",
    fix="leave EcsSettings out",
    source=api(
        "CreateComputeEnvironmentRequest.ecsSettings",
        '"The Amazon ECS settings for the compute environment."',
    ),
)
def eks_ecs_settings(environment: ComputeEnvironment) -> Iterator[Fault]:
    """There is no ECS cluster to collect metrics of."""
    if environment.is_eks and given(environment.properties, "EcsSettings"):
        yield (
            "EcsSettings",
            "EcsSettings is given, which an environment on Amazon EKS does not take",
        )
