"""Rules about compute environments on Fargate."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from batch_constructs.aws import compute_environments as aws
from batch_constructs.aws.source import api
from batch_constructs.rules.areas.compute_environments import not_taken
from batch_constructs.rules.rule import Fault, rule
from batch_constructs.rules.template.resources import COMPUTE_ENVIRONMENT, ComputeEnvironment
from batch_constructs.rules.template.values import absent, count, listing

if TYPE_CHECKING:
    from collections.abc import Iterator

AREA: Final = "fargate_environments"
_rule = partial(rule, subject=COMPUTE_ENVIRONMENT, area=AREA)


@_rule(
    "fargate-environment-parameters",
    title="parameter that Fargate environments refuse",
    fix="leave it out: it belongs to EC2 environments",
    source=api(
        "ComputeResource.minvCpus",
        'also ComputeResource.desiredvCpus, ComputeResource.ec2KeyPair and others: "This parameter'
        " isn't applicable to jobs that are running on Fargate resources. Don't specify it.\"",
    ),
)
def fargate_environment_parameters(environment: ComputeEnvironment) -> Iterator[Fault]:
    """On Fargate there are no instances to choose, tag or keep; even ``MinvCpus: 0`` is refused."""
    if environment.is_fargate:
        yield from not_taken(environment, aws.ON_INSTANCES)


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
    for key, bound in aws.FARGATE_NETWORK.items():
        wrong: str | None = None
        if absent(environment.resources, key):
            wrong = f"is missing; allowed are {bound.allowed} {bound.things}"
        elif count(environment.resources, key) is not None:
            wrong = bound.wrong(listing(environment.resources, key) or ())
        if wrong:
            yield f"ComputeResources/{key}", f"{key} {wrong}", bound.fix(key)


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
    """The capacity of Fargate, and of Managed Instances, is always managed."""
    if environment.is_unmanaged and (environment.is_fargate or environment.is_managed_instances):
        yield "Type", f"Type is UNMANAGED with {environment.kind} resources; allowed is MANAGED"
