"""Rules about compute environments: what each kind takes, refuses and needs."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from batch_constructs.aws import compute_environments as aws
from batch_constructs.aws.source import api
from batch_constructs.rules.findings import Severity
from batch_constructs.rules.limits import register
from batch_constructs.rules.rule import Fault, rule
from batch_constructs.rules.template.resources import COMPUTE_ENVIRONMENT, ComputeEnvironment
from batch_constructs.rules.template.values import (
    Unknown,
    absent,
    given,
    listing,
    mapping,
    number,
    one_of,
    show,
    text,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

AREA: Final = "compute_environments"
_rule = partial(rule, subject=COMPUTE_ENVIRONMENT, area=AREA)

register(aws.LIMITS, area=AREA)


@_rule(
    "managed-resources",
    title="managed environment without compute resources",
    fix="give ComputeResources, or set Type to UNMANAGED",
    source=api(
        "CreateComputeEnvironmentRequest.computeResources",
        '"This parameter is required for managed compute environments."',
    ),
)
def managed_resources(environment: ComputeEnvironment) -> Iterator[Fault]:
    """Batch cannot manage capacity that is not described."""
    managed = (text(environment.properties, "Type") or "").upper() == "MANAGED"
    if managed and absent(environment.properties, "ComputeResources"):
        yield "ComputeResources", "ComputeResources is missing; a MANAGED environment needs it"


@_rule(
    "unmanaged-resources",
    title="unmanaged environment with compute resources",
    fix="leave ComputeResources out, and say UnmanagedvCpus instead",
    source=api(
        "CreateComputeEnvironmentRequest.computeResources",
        '"the compute resources managed by the compute environment"',
    ),
    severity=Severity.WARNING,
)
def unmanaged_resources(environment: ComputeEnvironment) -> Iterator[Fault]:
    """The instances of an unmanaged environment are the user's own."""
    if environment.is_unmanaged and environment.resources:
        yield "ComputeResources", "ComputeResources is given for an UNMANAGED compute environment"


@_rule(
    "unmanaged-vcpus",
    title="unmanaged vCPUs in a managed environment",
    fix="leave UnmanagedvCpus out, or set Type to UNMANAGED",
    source=api(
        "CreateComputeEnvironmentRequest.unmanagedvCpus",
        '"This parameter is only supported when the type parameter is set to UNMANAGED."',
    ),
)
def unmanaged_vcpus(environment: ComputeEnvironment) -> Iterator[Fault]:
    """Batch counts the vCPUs of managed environments itself."""
    managed = (text(environment.properties, "Type") or "").upper() == "MANAGED"
    if managed and given(environment.properties, "UnmanagedvCpus"):
        yield "UnmanagedvCpus", "UnmanagedvCpus is given for a MANAGED compute environment"
    got = number(environment.properties, "UnmanagedvCpus")
    if environment.is_unmanaged and got is not None and got < 0:
        yield "UnmanagedvCpus", f"UnmanagedvCpus is {got}; allowed are 0 or more"


@_rule(
    "unmanaged-service-role",
    title="unmanaged environment without a service role",
    fix="give ServiceRole the ARN of a role that batch.amazonaws.com may assume",
    source=api(
        "CreateComputeEnvironmentRequest.serviceRole",
        '"For UNMANAGED compute environments, you must explicitly specify a serviceRole."',
    ),
)
def unmanaged_service_role(environment: ComputeEnvironment) -> Iterator[Fault]:
    """The service-linked role is taken for managed environments only."""
    if environment.is_unmanaged and absent(environment.properties, "ServiceRole"):
        yield "ServiceRole", "ServiceRole is missing; an UNMANAGED compute environment needs it"


@_rule(
    "ec2-environment-needs",
    title="EC2 environment without what its instances need",
    fix="give the missing parameter",
    source=api(
        "ComputeResource.instanceRole",
        '"This parameter is required for Amazon EC2 instances types."; ComputeResource.subnets:'
        ' "required for compute environments using EC2, SPOT, FARGATE, or FARGATE_SPOT";'
        " ComputeResource.instanceTypes: marked required for EC2 in the User Guide",
    ),
)
def ec2_environment_needs(environment: ComputeEnvironment) -> Iterator[Fault]:
    """Instances need a subnet, an instance profile to join the cluster, and a type."""
    if not environment.is_ec2 or environment.is_unmanaged:
        return
    for key, what in (
        ("Subnets", "the VPC subnets to launch instances in"),
        ("InstanceRole", "the instance profile of the instances"),
        ("InstanceTypes", "instance types or families, or default_x86_64 or default_arm64"),
    ):
        if absent(environment.resources, key):
            yield (
                f"ComputeResources/{key}",
                f"{key} is missing; compute resources of the type {environment.kind} need it",
                f"give {key}: {what}",
            )


@_rule(
    "ec2-environment-security-groups",
    title="EC2 environment without security groups",
    fix="give SecurityGroupIds, or a launch template that has security groups",
    source=api(
        "ComputeResource.securityGroupIds",
        '"One or more security groups must be specified, either in securityGroupIds or using a'
        ' launch template referenced in launchTemplate."',
    ),
)
def ec2_environment_security_groups(environment: ComputeEnvironment) -> Iterator[Fault]:
    """They come from the environment or from its launch template."""
    if not environment.is_ec2 or environment.is_unmanaged:
        return
    resources = environment.resources
    if absent(resources, "SecurityGroupIds") and absent(resources, "LaunchTemplate"):
        yield (
            "ComputeResources/SecurityGroupIds",
            "there are neither security groups nor a launch template that could have them",
        )
        return
    template = mapping(resources, "LaunchTemplate")
    launch = environment.neighbour(
        template.get("LaunchTemplateId"), "AWS::EC2::LaunchTemplate"
    ) or environment.neighbour(template.get("LaunchTemplateName"), "AWS::EC2::LaunchTemplate")
    if not absent(resources, "SecurityGroupIds") or launch is None:
        return
    data = launch.properties.get("LaunchTemplateData")
    if isinstance(data, dict) and not any(
        key in data for key in ("SecurityGroupIds", "SecurityGroups", "NetworkInterfaces")
    ):
        yield (
            "ComputeResources/SecurityGroupIds",
            "neither the environment nor its launch template has security groups",
        )


@_rule(
    "max-vcpus",
    title="maximum of vCPUs that lets nothing start",
    fix="set MaxvCpus to at least 1, and to what the largest job needs",
    source=api(
        "ComputeResource.maxvCpus",
        '"The maximum number of vCPUs that a compute environment can support."',
    ),
)
def max_vcpus(environment: ComputeEnvironment) -> Iterator[Fault]:
    """Every job needs vCPUs, so with none of them no job ever starts."""
    if not environment.resources or environment.is_unmanaged:
        return
    if "MaxvCpus" not in environment.resources:
        yield "ComputeResources/MaxvCpus", "MaxvCpus is missing; compute resources need it"
    got = environment.max_vcpus
    if got is not None and (got < 1 or got != int(got)):
        yield (
            "ComputeResources/MaxvCpus",
            f"the maximum of vCPUs is {show(got)}; allowed are whole numbers from 1",
        )


@_rule(
    "min-max-vcpus",
    title="minimum, desired and maximum vCPUs out of order",
    fix="keep 0 <= MinvCpus <= DesiredvCpus <= MaxvCpus",
    source=api(
        "ComputeResource.minvCpus",
        "also ComputeResource.desiredvCpus: the value must be between the minvCpus and maxvCpus"
        " values",
    ),
)
def min_max_vcpus(environment: ComputeEnvironment) -> Iterator[Fault]:
    """Batch scales between the two, so neither may lie on the wrong side of the other."""
    if environment.is_fargate:
        return
    resources = environment.resources
    low, high = number(resources, "MinvCpus"), number(resources, "MaxvCpus")
    desired = number(resources, "DesiredvCpus")
    if low is not None and (low < 0 or low != int(low)):
        yield (
            "ComputeResources/MinvCpus",
            f"the minimum of vCPUs is {show(low)}; allowed are whole numbers from 0",
        )
    if low is not None and high is not None and low > high:
        yield (
            "ComputeResources/MinvCpus",
            f"the minimum of vCPUs is {low}, more than the maximum of {high}",
            f"set MinvCpus to at most {high}",
        )
    if desired is not None and (
        desired < (low or 0) or (high is not None and desired > high) or desired != int(desired)
    ):
        yield (
            "ComputeResources/DesiredvCpus",
            f"the desired vCPUs are {show(desired)}; allowed are {low or 0} to {high or '…'}",
            "leave DesiredvCpus out: Batch sets it",
        )


@_rule(
    "allocation-strategy-capacity",
    title="allocation strategy for the other kind of capacity",
    fix="choose a strategy that the type of the compute resources has",
    source=api(
        "ComputeResource.allocationStrategy",
        '"This allocation strategy is only available for Spot Instance compute resources."; "only'
        ' available for On-Demand Instance (EC2) compute resources"',
    ),
)
def allocation_strategy_capacity(environment: ComputeEnvironment) -> Iterator[Fault]:
    """Batch answers *Invalid compute resource allocation strategy … for type …*."""
    strategy = text(environment.resources, "AllocationStrategy")
    if environment.kind == "EC2" and strategy in aws.SPOT_STRATEGIES:
        allowed = one_of(
            [one for one in aws.ALLOCATION_STRATEGIES if one not in aws.SPOT_STRATEGIES]
        )
    elif environment.kind == "SPOT" and strategy in aws.ON_DEMAND_STRATEGIES:
        allowed = one_of(
            [one for one in aws.ALLOCATION_STRATEGIES if one not in aws.ON_DEMAND_STRATEGIES]
        )
    else:
        return
    yield (
        "ComputeResources/AllocationStrategy",
        (
            f"the allocation strategy is {strategy}, which a compute environment of type"
            f" {environment.kind} does not have; allowed are {allowed}"
        ),
        f"set AllocationStrategy to {allowed}, or change the type",
    )


@_rule(
    "spot-fleet-role",
    title="Spot with BEST_FIT but no Spot Fleet role",
    fix="set AllocationStrategy to SPOT_PRICE_CAPACITY_OPTIMIZED, or give SpotIamFleetRole",
    source=api(
        "ComputeResource.spotIamFleetRole",
        '"This role is required if the allocation strategy set to BEST_FIT or if the allocation'
        " strategy isn't specified.\"",
    ),
)
def spot_fleet_role(environment: ComputeEnvironment) -> Iterator[Fault]:
    """Without a strategy it is BEST_FIT, which launches a Spot Fleet, which needs a role."""
    if environment.kind != "SPOT" or environment.is_eks is not False:
        return
    strategy = environment.resources.get("AllocationStrategy", aws.DEFAULT_STRATEGY)
    if strategy == aws.DEFAULT_STRATEGY and absent(environment.resources, "SpotIamFleetRole"):
        yield (
            "ComputeResources/SpotIamFleetRole",
            "SpotIamFleetRole is missing; a SPOT compute environment with BEST_FIT needs it",
        )


@_rule(
    "spot-parameters-on-demand",
    severity=Severity.WARNING,
    title="Spot parameter in an On-Demand environment",
    fix="leave it out, or set the type to SPOT",
    source=api(
        "ComputeResource.bidPercentage",
        '"The maximum percentage that a Spot Instance price can be when compared with the'
        ' On-Demand price"; ComputeResource.spotIamFleetRole: "applied to a SPOT compute'
        ' environment"',
    ),
)
def spot_parameters_on_demand(environment: ComputeEnvironment) -> Iterator[Fault]:
    """Nothing is capped, and no fleet is launched, where instances are On-Demand."""
    if environment.kind == "EC2":
        for key in ("BidPercentage", "SpotIamFleetRole"):
            if given(environment.resources, key):
                yield (
                    f"ComputeResources/{key}",
                    f"{key} is given for On-Demand instances (type EC2)",
                    f"leave {key} out, or set the type to SPOT",
                )


@_rule(
    "disabled-with-instances",
    severity=Severity.WARNING,
    title="disabled environment that keeps instances",
    fix="set MinvCpus to 0, or State to ENABLED",
    source=api(
        "CreateComputeEnvironmentRequest.state",
        '"Compute environments in a DISABLED state may continue to incur billing charges, for'
        ' example, if they have … a non-zero minvCpus setting."',
    ),
)
def disabled_with_instances(environment: ComputeEnvironment) -> Iterator[Fault]:
    """It takes no jobs, but its minimum of instances goes on running."""
    low = number(environment.resources, "MinvCpus")
    if text(environment.properties, "State") == "DISABLED" and low:
        yield (
            "ComputeResources/MinvCpus",
            f"the environment is DISABLED and keeps {low} vCPUs running",
        )


@_rule(
    "created-disabled",
    severity=Severity.INFO,
    title="environment that is created disabled",
    fix="set State to ENABLED, and disable the queue instead",
    source=api(
        "CreateComputeEnvironmentRequest.state",
        '"A compute environment must be created in the ENABLED state."',
    ),
)
def created_disabled(environment: ComputeEnvironment) -> Iterator[Fault]:
    """It can be disabled later; a template that creates it so may be refused."""
    if text(environment.properties, "State") == "DISABLED":
        yield "State", "the state is DISABLED; an environment must be created ENABLED"


@_rule(
    "duplicate-network",
    severity=Severity.WARNING,
    title="subnet or security group given twice",
    fix="name each once",
    source=api(
        "ComputeResource.subnets",
        "also ComputeResource.securityGroupIds: lists of distinct resources",
    ),
)
def duplicate_network(environment: ComputeEnvironment) -> Iterator[Fault]:
    """A list that names one thing twice was not meant so."""
    for key in ("Subnets", "SecurityGroupIds"):
        seen: list[object] = []
        for position, value in enumerate(listing(environment.resources, key) or ()):
            if not isinstance(value, Unknown) and value in seen:
                yield f"ComputeResources/{key}/{position}", f"{key} names the same resource twice"
            seen.append(value)
