"""How subnets are chosen in a VPC, as the CDK's own constructs take it: in a dict as well.

https://docs.aws.amazon.com/cdk/api/v2/python/aws_cdk.aws_ec2/SubnetSelection.html
"""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any, TypedDict

from aws_cdk import aws_ec2 as ec2

from batch_constructs.aws.bound import meant, shown
from batch_constructs.rules import UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Sequence

    from batch_constructs.arguments import Arguments


class SubnetSelectionKeywords(TypedDict, total=False):
    """What an ``ec2.SubnetSelection`` is made of, as a dict: ``{"subnet_group_name": "Jobs"}``."""

    availability_zones: Sequence[str]
    one_per_az: bool
    subnet_filters: Sequence[ec2.SubnetFilter]
    subnet_group_name: str
    subnets: Sequence[ec2.ISubnet]
    subnet_type: ec2.SubnetType


def as_selection(arguments: Arguments, selection: Any) -> Any:
    """Return a selection of subnets, made of a dict; what is none is noted."""
    if selection is None or selection is UNKNOWN:  # noted already
        return selection
    if isinstance(selection, ec2.SubnetSelection):
        return selection
    if not isinstance(selection, dict):
        return arguments.wrong_type("vpc_subnets", selection, "an ec2.SubnetSelection")
    allowed = [*inspect.signature(ec2.SubnetSelection).parameters]
    for name in selection:
        if name not in allowed:
            instead = meant(str(name), allowed)
            return arguments.wrong_value(
                f"vpc_subnets has {shown(name)}; allowed: {', '.join(allowed)}{instead}"
            )
    try:
        return ec2.SubnetSelection(**selection)
    except TypeError as error:
        return arguments.wrong_value(f"vpc_subnets: {error}")
