"""Queues and environments of another account or Region than the stack that watches them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from batch_constructs.tokens import is_token

if TYPE_CHECKING:
    from constructs import Construct

_PARTS = 6


def place_of(arn: str) -> tuple[str | None, str | None]:
    """Return the Region and the account in an ARN; None for what only CloudFormation knows."""
    parts = arn.split(":")
    if len(parts) < _PARTS or parts[0] != "arn":
        return None, None
    region, account = ("" if is_token(part) else part for part in parts[3:5])
    return region or None, account or None


def elsewhere(scope: Construct, arn: str) -> str | None:
    """Say that an ARN is of another Region or account than the scope's stack, if that is known."""
    known = place_of(arn)
    if known == (None, None):
        return None
    from aws_cdk import Stack  # noqa: PLC0415  # the CDK is loaded when a construct is made

    stack = Stack.of(scope)
    for what, its, ours in zip(
        ("Region", "account"), known, (stack.region, stack.account), strict=True
    ):
        if its is not None and not is_token(ours) and its != ours:
            return (
                f"{arn} is in {what} {its}, and the stack in {ours}; AWS Batch tells of it only "
                f"there: watch it from a stack in {what} {its}"
            )
    return None
