"""Rules about how a compute environment is updated."""

from __future__ import annotations

from typing import TYPE_CHECKING

from batch_constructs.aws.updates import IN_PLACE, REPLACES_BY_DEFAULT
from batch_constructs.rules.areas import environment_rule
from batch_constructs.rules.findings import Severity
from batch_constructs.rules.template.values import UNKNOWN, flag, show

if TYPE_CHECKING:
    from collections.abc import Iterator

    from batch_constructs.rules.rule import Fault
    from batch_constructs.rules.template.resource_graph import ComputeEnvironment


@environment_rule(
    "in-place-update-service-role",
    severity=Severity.WARNING,
    title="updates in place with a custom service role",
    fix="leave ServiceRole out: Batch then uses AWSServiceRoleForBatch",
    source=IN_PLACE,
)
def in_place_update_service_role(environment: ComputeEnvironment) -> Iterator[Fault]:
    """Only the service-linked role allows changes of instances in place."""
    if environment.is_fargate or environment.is_unmanaged or not environment.resources:
        return
    role = environment.properties.get("ServiceRole")
    in_place = flag(environment.properties, "ReplaceComputeEnvironment") is False
    if in_place and environment.neighbour(role, "AWS::IAM::Role") is not None:
        yield (
            "ServiceRole",
            (
                "ReplaceComputeEnvironment is false with a custom ServiceRole, with which"
                " Batch cannot update instances in place"
            ),
        )


@environment_rule(
    "named-replacement",
    severity=Severity.WARNING,
    title="fixed name on an environment that updates by replacement",
    fix="leave ComputeEnvironmentName out, or set ReplaceComputeEnvironment to false",
    source=REPLACES_BY_DEFAULT,
)
def named_replacement(environment: ComputeEnvironment) -> Iterator[Fault]:
    """CloudFormation makes the new environment under the name that the old one still has."""
    name = environment.properties.get("ComputeEnvironmentName")
    if not isinstance(name, str) or environment.is_unmanaged:
        return
    replace = environment.properties.get("ReplaceComputeEnvironment", True)
    if replace is UNKNOWN or flag(environment.properties, "ReplaceComputeEnvironment") is False:
        return
    yield (
        "ComputeEnvironmentName",
        (
            f'ComputeEnvironmentName is "{show(name)}", a fixed name, while updates replace the'
            " environment"
        ),
    )
