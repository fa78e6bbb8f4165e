"""Rules about compute environments: what each kind takes, refuses and needs."""

from __future__ import annotations

from batch_constructs.aws import compute_environment_facts as aws
from batch_constructs.aws.bound import Whole, one_of, refused
from batch_constructs.aws.source import api
from batch_constructs.aws.typing_names import TYPE_CHECKING, Final
from batch_constructs.rules.areas import environment_rule
from batch_constructs.rules.limit_rules import register
from batch_constructs.rules.template.values import absent, given, number, text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from batch_constructs.rules.rule import Fault
    from batch_constructs.rules.template.resource_graph import ComputeEnvironment


register("compute_environments", area="compute_environment")

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
                f"{key} is set, but the type {environment.kind} does not support it",
                f"leave {key} out{_INSTEAD.get(key, '')}",
            )


@environment_rule(
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
    """They can come from the environment or from its launch template."""
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
            "SecurityGroupIds is missing, and no launch template could provide them",
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


@environment_rule(
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
    """Batch scales between the minimum and the maximum, so they must be in order."""
    if environment.is_fargate:
        return
    low, desired = (number(environment.resources, key) for key in ("MinvCpus", "DesiredvCpus"))
    high = environment.max_vcpus
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


@environment_rule(
    "allocation-strategy-capacity",
    title="allocation strategy for the other kind of capacity",
    fix="choose a strategy that this type of compute resources supports",
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
        wrong = refused(strategy, one_of(has))
        yield (
            "ComputeResources/AllocationStrategy",
            f"AllocationStrategy {wrong} in environments of the type {environment.kind}",
            f"set AllocationStrategy to {one_of(has)}",
        )
