"""What the CDK is asked once a process, since its answer never changes: each time is a call."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from batch_constructs.one_call import values

if TYPE_CHECKING:
    from aws_cdk import aws_iam as iam


@cache
def _constants() -> list[str]:
    names = ("Aws.ACCOUNT_ID", "Aws.PARTITION", "Aws.REGION", "PhysicalName.GENERATE_IF_NEEDED")
    return values(*([name] for name in names))


def own_account_id() -> str:
    """Return the account of the stack that a text lands in."""
    return _constants()[0]


def own_partition() -> str:
    """Return the partition of the stack that a text lands in."""
    return _constants()[1]


def own_region() -> str:
    """Return the Region of the stack that a text lands in."""
    return _constants()[2]


def made_up_if_needed() -> str:
    """Return the name that an L2 of the CDK makes up where another place needs it."""
    return _constants()[3]


@cache
def service_principal(service: str) -> iam.ServicePrincipal:
    """Return a service as a principal."""
    from aws_cdk import aws_iam as iam  # noqa: PLC0415  # where there are policies

    return iam.ServicePrincipal(service)


@cache
def base64(text: str) -> str:
    """Return what CloudFormation encodes a text to."""
    return str(values(["Fn.base64", text])[0])


@cache
def part_of(text: str, separator: str, number: int) -> str:
    """Return what CloudFormation reads out of a text: a part, counted from 0."""
    return str(values(["Fn.select", number, ["Fn.split", separator, text]])[0])
