"""Rules about compute environments on Fargate."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from batch_constructs.aws import compute_environments as aws
from batch_constructs.aws.source import api
from batch_constructs.rules.rule import Fault, rule
from batch_constructs.rules.template.resources import (
    COMPUTE_ENVIRONMENT,
    ComputeEnvironment,
)
from batch_constructs.rules.template.values import (
    absent,
    count,
    given,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

AREA: Final = "fargate_environments"
_rule = partial(rule, subject=COMPUTE_ENVIRONMENT, area=AREA)


@_rule(
    "fargate-environment-parameters",
    title="parameter that Fargate environments refuse",
    fix="leave it out: it belongs to EC2 environments",
    source=aws.NOT_ON_FARGATE_SOURCE,
)
def fargate_environment_parameters(environment: ComputeEnvironment) -> Iterator[Fault]:
    """On Fargate there are no instances to choose, tag or keep; even ``MinvCpus: 0`` is refused."""
    if environment.is_fargate:
        for key in aws.NOT_ON_FARGATE:
            if given(environment.resources, key):
                fix = (
                    "use the Tags of the compute environment itself"
                    if key == "Tags"
                    else f"leave {key} out: it belongs to EC2 environments"
                )
                yield (
                    f"ComputeResources/{key}",
                    f"{key} is given, which a {environment.kind} compute environment does not take",
                    fix,
                )


@_rule(
    "fargate-environment-network",
    title="too many or too few subnets or security groups on Fargate",
    fix="give at least one subnet and one security group, and no more than Fargate takes",
    source=api(
        "ComputeResource.subnets",
        '"Fargate compute resources can contain up to 16 subnets";'
        ' ComputeResource.securityGroupIds: "must contain at least one security group"; an update'
        " allows up to 5",
    ),
)
def fargate_environment_network(environment: ComputeEnvironment) -> Iterator[Fault]:
    """Fargate attaches its network interfaces itself, within limits of its own."""
    if not environment.is_fargate:
        return
    for key, most, noun in (
        ("Subnets", aws.FARGATE_SUBNETS, "subnets"),
        ("SecurityGroupIds", aws.FARGATE_SECURITY_GROUPS, "security groups"),
    ):
        if absent(environment.resources, key):
            yield (
                f"ComputeResources/{key}",
                f"{key} is missing; a {environment.kind} compute environment needs 1 to {most}",
                f"give {key} 1 to {most} {noun}",
            )
        elif (got := count(environment.resources, key) or 0) > most:
            yield (
                f"ComputeResources/{key}",
                f"there are {got} {noun}; on Fargate 1 to {most} are allowed",
                f"keep at most {most} {noun}",
            )


@_rule(
    "fargate-unmanaged",
    title="Fargate in an unmanaged compute environment",
    fix="set Type to MANAGED",
    source=api(
        "CreateComputeEnvironmentRequest.type",
        '"UNMANAGED compute environments can only use EC2 resources."',
    ),
)
def fargate_unmanaged(environment: ComputeEnvironment) -> Iterator[Fault]:
    """Fargate, and Managed Instances, capacity is always managed."""
    managed_only = environment.is_fargate or environment.is_managed_instances
    if environment.is_unmanaged and managed_only:
        yield "Type", f"the type is UNMANAGED with {environment.kind} resources; allowed is MANAGED"
