"""Rules about compute environments: what each kind takes, refuses and needs."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from batch_constructs.aws import compute_environments as aws
from batch_constructs.aws.bound import Whole
from batch_constructs.aws.source import api
from batch_constructs.rules.findings import Severity
from batch_constructs.rules.limits import register
from batch_constructs.rules.rule import Fault, rule
from batch_constructs.rules.template.resources import COMPUTE_ENVIRONMENT, ComputeEnvironment
from batch_constructs.rules.template.values import (
    absent,
    given,
    listing,
    number,
    one_of,
    repeated,
    text,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

AREA: Final = "compute_environments"
_rule = partial(rule, subject=COMPUTE_ENVIRONMENT, area=AREA)

register("compute_environments", area=AREA)

_INSTEAD: Final = {
    "CapacityTags": ", and give Tags",
    "Tags": ", and give the compute environment itself Tags",
}
"""What to do where a property is not taken, and another one is."""


def not_taken(environment: ComputeEnvironment, others: tuple[str, ...]) -> Iterator[Fault]:
    """Find compute resources that other types take, and the type of the environment does not."""
    for key, types in aws.TAKEN_BY.items():
        if (
            environment.kind not in types
            and not set(types).isdisjoint(others)
            and given(environment.resources, key)
        ):
            yield (
                f"ComputeResources/{key}",
                f"{key} is given, which the type {environment.kind} does not take",
                f"leave {key} out{_INSTEAD.get(key, '')}",
            )


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
    if environment.is_managed and absent(environment.properties, "ComputeResources"):
        yield (
            "ComputeResources",
            "ComputeResources is missing; the type MANAGED needs it",
        )


@_rule(
    "unmanaged-resources",
    title="unmanaged environment with compute resources",
    fix="leave ComputeResources out, and give UnmanagedvCpus instead",
    source=api(
        "CreateComputeEnvironmentRequest.computeResources",
        '"the compute resources managed by the compute environment"',
    ),
    severity=Severity.WARNING,
)
def unmanaged_resources(environment: ComputeEnvironment) -> Iterator[Fault]:
    """The instances of an unmanaged environment are the user's own."""
    if environment.is_unmanaged and environment.resources:
        yield (
            "ComputeResources",
            "ComputeResources is given, which the type UNMANAGED does not take",
        )


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
    if environment.is_managed and given(environment.properties, "UnmanagedvCpus"):
        yield (
            "UnmanagedvCpus",
            "UnmanagedvCpus is given, which the type MANAGED does not take",
        )
    got = number(environment.properties, "UnmanagedvCpus")
    if environment.is_unmanaged and got is not None and (wrong := aws.VCPUS.wrong(got)):
        yield "UnmanagedvCpus", f"UnmanagedvCpus {wrong}", aws.VCPUS.fix("UnmanagedvCpus")


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
        yield "ServiceRole", "ServiceRole is missing; the type UNMANAGED needs it"


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
                f"{key} is missing; the type {environment.kind} needs it",
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
    resources = environment.resources
    if (
        not environment.is_ec2
        or environment.is_unmanaged
        or not absent(resources, "SecurityGroupIds")
    ):
        return
    if absent(resources, "LaunchTemplate"):
        yield (
            "ComputeResources/SecurityGroupIds",
            "SecurityGroupIds is missing, and there is no launch template that could have them",
        )
    for _, reference in environment.launch_templates[:1]:
        launch = environment.launch_template(reference)
        data = None if launch is None else launch.properties.get("LaunchTemplateData")
        if isinstance(data, dict) and not any(
            key in data for key in ("SecurityGroupIds", "SecurityGroups", "NetworkInterfaces")
        ):
            yield (
                "ComputeResources/SecurityGroupIds",
                "SecurityGroupIds is missing, and the launch template has no security groups",
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
    low, high, desired = (
        number(environment.resources, key) for key in ("MinvCpus", "MaxvCpus", "DesiredvCpus")
    )
    if low is not None and (wrong := aws.VCPUS.wrong(low)):
        yield "ComputeResources/MinvCpus", f"MinvCpus {wrong}", aws.VCPUS.fix("MinvCpus")
    elif low is not None and high is not None and low > high:
        yield (
            "ComputeResources/MinvCpus",
            f"MinvCpus is {low}, which is more than MaxvCpus ({high})",
            f"set MinvCpus to {high} or less, or raise MaxvCpus",
        )
    elif desired is not None:
        allowed = Whole(int(low or 0), None if high is None else int(high))
        if wrong := allowed.wrong(desired):
            yield (
                "ComputeResources/DesiredvCpus",
                f"DesiredvCpus {wrong}",
                "leave DesiredvCpus out: Batch sets it",
            )


@_rule(
    "desired-vcpus",
    severity=Severity.INFO,
    title="desired vCPUs in a template",
    fix="leave DesiredvCpus out: Batch sets it",
    source=api(
        "ComputeResource.desiredvCpus",
        '"Batch modifies this value between the minimum and maximum values based on job queue'
        ' demand."',
    ),
)
def desired_vcpus(environment: ComputeEnvironment) -> Iterator[Fault]:
    """Batch changes the value all the time, so an update of the stack may fail or lose jobs."""
    if environment.is_ec2 and given(environment.resources, "DesiredvCpus"):
        yield "ComputeResources/DesiredvCpus", "DesiredvCpus is given, which Batch sets itself"


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
    has = aws.STRATEGIES.get(environment.kind or "")
    if has and strategy in aws.ALLOCATION_STRATEGIES and strategy not in has:
        yield (
            "ComputeResources/AllocationStrategy",
            (
                f"AllocationStrategy is {strategy}, which the type {environment.kind} does not"
                f" have; allowed are {one_of(has)}"
            ),
            f"set AllocationStrategy to {one_of(has)}, or change the type",
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
    strategy = environment.resources.get("AllocationStrategy", aws.BEST_FIT)
    if strategy == aws.BEST_FIT and absent(environment.resources, "SpotIamFleetRole"):
        yield (
            "ComputeResources/SpotIamFleetRole",
            "SpotIamFleetRole is missing; the type SPOT with the strategy BEST_FIT needs it",
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
        yield from not_taken(environment, ("SPOT",))


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
            f"MinvCpus is {low}: the environment is DISABLED, and keeps its instances running",
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
        yield "State", "State is DISABLED; an environment must be created ENABLED"


@_rule(
    "duplicate-network",
    severity=Severity.WARNING,
    title="subnet or security group given twice",
    fix="name each subnet and each security group once",
    source=api(
        "ComputeResource.subnets",
        "also ComputeResource.securityGroupIds: lists of distinct resources",
    ),
)
def duplicate_network(environment: ComputeEnvironment) -> Iterator[Fault]:
    """The second one changes nothing, so another one was probably meant."""
    for key in ("Subnets", "SecurityGroupIds"):
        for position in repeated(listing(environment.resources, key) or ()):
            yield f"ComputeResources/{key}/{position}", f"{key} names the same one twice"
