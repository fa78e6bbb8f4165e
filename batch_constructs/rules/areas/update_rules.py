"""Rules about how a compute environment is updated."""

from __future__ import annotations

from batch_constructs.aws.typing_names import TYPE_CHECKING
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
    title="in-place updates with a custom service role",
    fix="remove ServiceRole: Batch then uses AWSServiceRoleForBatch",
    source=IN_PLACE,
)
def in_place_update_service_role(environment: ComputeEnvironment) -> Iterator[Fault]:
    """Only the service-linked role allows changes to instances in place."""
    if environment.is_fargate or environment.is_unmanaged or not environment.resources:
        return
    role = environment.properties.get("ServiceRole")
    in_place = flag(environment.properties, "ReplaceComputeEnvironment") is False
    if in_place and environment.neighbour(role, "AWS::IAM::Role") is not None:
        yield (
            "ServiceRole",
            (
                "ReplaceComputeEnvironment is false with a custom ServiceRole, with which "
                "Batch cannot update instances in place"
            ),
        )


@environment_rule(
    "named-replacement",
    severity=Severity.WARNING,
    title="fixed name on an environment that is updated by replacement",
    fix="remove ComputeEnvironmentName, or set ReplaceComputeEnvironment to false",
    source=REPLACES_BY_DEFAULT,
)
def named_replacement(environment: ComputeEnvironment) -> Iterator[Fault]:
    """CloudFormation creates the new environment while the old one still has the name."""
    name = environment.properties.get("ComputeEnvironmentName")
    if not isinstance(name, str) or environment.is_unmanaged:
        return
    replace = environment.properties.get("ReplaceComputeEnvironment", True)
    if replace is UNKNOWN or flag(environment.properties, "ReplaceComputeEnvironment") is False:
        return
    yield (
        "ComputeEnvironmentName",
        (
            f'ComputeEnvironmentName is "{show(name)}", a fixed name, but updates replace the '
            "environment"
        ),
    )
