"""What the CDK is asked once a process, since its answer never changes: each time is a call."""

from __future__ import annotations

from functools import cache

from aws_cdk import Aws, Fn


@cache
def own_account_id() -> str:
    """Return the account of the stack that a text lands in."""
    return Aws.ACCOUNT_ID


@cache
def own_partition() -> str:
    """Return the partition of the stack that a text lands in."""
    return Aws.PARTITION


@cache
def own_region() -> str:
    """Return the Region of the stack that a text lands in."""
    return Aws.REGION


@cache
def part_of(text: str, separator: str, number: int) -> str:
    """Return what CloudFormation reads out of a text: a part, counted from 0."""
    return Fn.select(number, Fn.split(separator, text))
