"""Where a resource is: the Region and the account of its ARN, or of the stack that makes it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from batch_constructs.aws.names import ARN_PARTS
from batch_constructs.jsii_objects import has_member
from batch_constructs.tokens import is_token

if TYPE_CHECKING:
    from constructs import Construct


SUBMIT_THERE = (
    "a submission finds only what is in its own Region and account, so that every one would fail: "
    "put it into a stack of that place, and let an event bus there take events of here"
)
"""Why nothing is submitted to another Region or account, and what to do."""


OF_ONE_REGION = (
    "instances and network interfaces start with what is of their own Region: give one of this "
    "Region, or make this in a stack of that one"
)
"""Why a network, or what instances start with, is of one Region, and what to do."""


MOUNTED_IN_ITS_REGION = (
    "a job finds only file systems of its own Region: give one of this Region, such as a replica, "
    "or mount it on the instances as they start, and give HostVolume(host_path=…)"
)
"""Why a file system is of one Region, and what to do."""


_PASSED_HERE = (
    "a service is passed roles of its own account alone, so that it would refuse this one: "
    "make a role there, which may assume this one"
)


@dataclass(frozen=True, slots=True)
class Place:
    """A Region and an account; None for what only CloudFormation knows."""

    region: str | None
    account: str | None

    @classmethod
    def of_arn(cls, arn: str) -> Place:
        """Read the place out of an ARN."""
        return cls(*(None if is_token(one) else one or None for one in region_and_account(arn)))

    @classmethod
    def of_stack(cls, scope: Construct) -> Place:
        """Return the place of the stack that a construct is in."""
        from aws_cdk import Stack  # noqa: PLC0415  # the CDK is loaded when a construct is made

        stack = Stack.of(scope)
        return cls(*(None if is_token(one) else one for one in (stack.region, stack.account)))

    @classmethod
    def of(cls, resource: Any, arn: str) -> Place:
        """Return the place of a resource: by its ARN, else by the construct that makes it.

        One that was taken in by a token for its ARN says that it is in the stack it was taken into,
        which nobody knows; one that was taken in by its ID is there.
        """
        from constructs import Construct  # noqa: PLC0415  # the CDK is loaded when a construct is made

        by_arn = cls.of_arn(arn)
        ours = isinstance(resource, Construct) or (not arn and has_member(resource, "env"))
        if by_arn != cls(None, None) or not ours:
            return by_arn
        if not has_member(resource, "env"):
            return cls.of_stack(resource)
        env = resource.env
        return cls(*(None if is_token(one) else one for one in (env.region, env.account)))

    def beside(self, other: Place) -> tuple[str, str, str] | None:
        """Say in what two places differ for sure: the noun, this one's and the other's."""
        for noun, one, two in (
            ("Region", self.region, other.region),
            ("account", self.account, other.account),
        ):
            if one is not None and two is not None and one != two:
                return noun, one, two
        return None


def region_and_account(arn: str) -> list[str]:
    """Divide an ARN, whose Region and account may be tokens, or empty."""
    parts = arn.split(":")
    return parts[3:5] if len(parts) > ARN_PARTS and parts[0] == "arn" else ["", ""]


def elsewhere(scope: Construct, arn: str, because: str, *, resource: Any = None) -> str | None:
    """Say that a resource is in another Region or account than the scope's stack, if so.

    Args:
        scope: What needs the resource in its own place.
        arn: The resource's ARN.
        because: What does not work across, and what to do.
        resource: The resource, whose stack may say what its ARN does not.
    """
    its = Place.of(resource, arn)
    if its == Place(None, None):
        return None
    differ = its.beside(Place.of_stack(scope))
    return (
        None
        if differ is None
        else _told(arn, resource, differ, f"the stack in {differ[2]}; {because}")
    )


def in_another_region(scope: Construct | None, resource: Any, arn: str, because: str) -> str | None:
    """Say that a resource is in another Region than the scope's stack, if so; its account may be.

    Nothing is said of a value that no construct has yet.
    """
    if scope is None:
        return None
    there, here = Place.of(resource, arn).region, Place.of_stack(scope).region
    differ = Place(there, None).beside(Place(here, None))
    return (
        None
        if differ is None
        else _told(arn, resource, differ, f"the stack in {differ[2]}; {because}")
    )


def apart(one: tuple[Any, str], two: tuple[Any, str]) -> str | None:
    """Say that two resources, each with its ARN, are in different Regions or accounts, if so."""
    its = Place.of(*one)
    if its == Place(None, None):
        return None
    differ = its.beside(Place.of(*two))
    if differ is None:
        return None
    return _told(one[1], one[0], differ, f"{_called(*two)} in {differ[2]}")


def _told(arn: str, resource: Any, differ: tuple[str, str, str], rest: str) -> str:
    noun, there, _ = differ
    return f"{_called(resource, arn)} is in {noun} {there}, and {rest}"


def _called(resource: Any, arn: str) -> str:
    known = arn and not is_token(arn)
    return arn if known or not has_member(resource, "node") else str(resource.node.path)


def role_from_elsewhere(scope: Construct, role: Any) -> str | None:
    """Say that a role was taken in from another account, if so, and why that does not work.

    Of one that an app makes the CDK itself says where it is.
    """
    if type(role).__name__ == "Role":
        return None
    return elsewhere(scope, role.role_arn, _PASSED_HERE)
