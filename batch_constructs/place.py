"""Where a resource is: the Region and the account that its ARN names."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from batch_constructs.tokens import is_token

if TYPE_CHECKING:
    from constructs import Construct

_PARTS = 6


@dataclass(frozen=True, slots=True)
class Place:
    """A Region and an account; None for what only CloudFormation knows."""

    region: str | None
    account: str | None

    @classmethod
    def of_arn(cls, arn: str) -> Place:
        """Read the place out of an ARN."""
        parts = arn.split(":")
        if len(parts) < _PARTS or parts[0] != "arn":
            return cls(None, None)
        return cls(*(None if is_token(part) else part or None for part in parts[3:5]))

    @classmethod
    def of_stack(cls, scope: Construct) -> Place:
        """Return the place of the stack that a construct is in."""
        from aws_cdk import Stack  # noqa: PLC0415  # the CDK is loaded when a construct is made

        stack = Stack.of(scope)
        return cls(*(None if is_token(one) else one for one in (stack.region, stack.account)))


def elsewhere(scope: Construct, arn: str, because: str) -> str | None:
    """Say that a resource is in another Region or account than the scope's stack, if so.

    Args:
        scope: What needs the resource in its own place.
        arn: The resource's ARN.
        because: What does not work across, and what to do.
    """
    its = Place.of_arn(arn)
    if its == Place(None, None):
        return None
    ours = Place.of_stack(scope)
    for what, there, here in (
        ("Region", its.region, ours.region),
        ("account", its.account, ours.account),
    ):
        if there is not None and here is not None and there != here:
            return f"{arn} is in {what} {there}, and the stack in {here}; {because}"
    return None
