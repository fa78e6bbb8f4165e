"""The address of the console in whatever partition a stack is deployed to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import CfnMapping
from aws_cdk.region_info import RegionInfo

from batch_constructs.asked_once import own_partition, own_region
from batch_constructs.aws.consoles import CONSOLES, WITHOUT_CONSOLE, console
from batch_constructs.known_scope import known_scope
from batch_constructs.tokens import is_token

if TYPE_CHECKING:
    from constructs import Construct


def console_address(scope: Construct) -> str | None:
    """Return the console's address, which CloudFormation looks up where the Region is not known.

    None stands for a Region without one that is known. Where CloudFormation looks, a partition has
    to have some, for the stack to be deployed there.
    """
    region = known_scope(scope).region
    partition = None if is_token(region) else RegionInfo.get(region).partition
    if partition is not None:
        return console(partition, own_region())
    mapping = CfnMapping(
        scope,
        "Console",
        mapping={
            partition: {"domain": domain}
            for partition, domain in (
                dict.fromkeys(WITHOUT_CONSOLE, CONSOLES["aws"]) | CONSOLES
            ).items()
        },
    )
    return f"https://{own_region()}.{mapping.find_in_map(own_partition(), 'domain')}"
