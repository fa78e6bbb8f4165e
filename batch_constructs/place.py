"""Where a resource is: the Region and the account of its ARN, or of the stack that makes it."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any, TypeAlias
from weakref import WeakKeyDictionary

from batch_constructs.aws.names import ARN_PARTS
from batch_constructs.jsii_objects import has_member
from batch_constructs.known_scope import known_scope, made_in
from batch_constructs.tokens import is_made_up, is_token

if TYPE_CHECKING:
    from constructs import Construct


SUBMIT_THERE = (
    "a submission only finds what is in its own Region and account, so every one would fail: put "
    "it into a stack there, and let an event bus there receive the events of this one"
)
"""Why nothing is submitted to another Region or account, and what to do."""


OF_ONE_REGION = (
    "instances and network interfaces can only use what is in their own Region: give one in this "
    "Region, or create this in a stack there"
)
"""Why a network, or what instances start with, is of one Region, and what to do."""


STARTED_FROM_HERE = (
    "it cannot be shared with another account, so no instance would start with it: create one in "
    "a stack of that account"
)
"""Why a launch template and a key pair are of one account, and what to do (`SHARED_SOURCE`)."""


SEEN_HERE = (
    "an alarm only sees metrics of its own Region, and a dashboard only logs of its own account: "
    "watch it from a stack there"
)
"""Why what is watched is where it is watched from, and what to do."""


JOINED_FROM_HERE = (
    "instances can only join a cluster in their own Region and account, so these would never run "
    "a job: create the group in the Region and account of the environment"
)
"""Why instances are where their ECS cluster is, and what to do (`CLUSTER_PLACE_SOURCES`)."""


MOUNTED_IN_ITS_REGION = (
    "a job only finds file systems in its own Region: give one in this Region, such as a "
    "replica, or mount it on the instances when they start, and give HostVolume(host_path=…)"
)
"""Why a file system is of one Region, and what to do."""


PASSED_HERE = (
    "a service can only be passed roles of its own account, so it would refuse this one: create "
    "a role there that can assume this one"
)
"""Why a role is of one account, and what to do (`PASSED_ROLES_SOURCE`)."""


PROFILE_OF_HERE = (
    "a service can only be passed roles of its own account, so it would refuse this one: give an "
    "instance profile of that account, whose role can assume the role in this one"
)
"""Why an instance profile is of one account, and what to do."""


BOUNDARY_OF_HERE = (
    "a permissions boundary is a policy of the role's own account, or one of AWS's: "
    "create a managed policy with the same statements there, or give one of AWS's"
)
"""Why a permissions boundary is of one account, and what to do (`BOUNDARIES_SOURCE`)."""


_AWS = "aws"
"""Whose the managed policies are that every account has, where an account would stand."""


_PARTITION = "partition"

_OF_ONE_PARTITION = "partitions of AWS cannot reach each other: give one of {partition}"


@dataclass(frozen=True, slots=True)
class Place:
    """A Region and an account; None for what only CloudFormation knows.

    Attributes:
        region: The Region.
        account: The account.
        partition: The partition of the ARN, if it was read out of one: what has neither Region nor
            account has one.
    """

    region: str | None
    account: str | None
    partition: str | None = field(default=None, compare=False)

    @classmethod
    def of_arn(cls, arn: str) -> Place:
        """Read the place out of an ARN."""
        parts = arn.split(":")
        if len(parts) <= ARN_PARTS or parts[0] != "arn" or is_made_up(arn):
            return cls(None, None)
        return cls.known(parts[3], parts[4], parts[1])

    @classmethod
    def known(cls, region: str | None, account: str | None, partition: str | None = None) -> Place:
        """Return the place of texts that may be tokens, or empty."""
        texts = (region, account, partition)
        return cls(*(None if not one or is_token(one) else one for one in texts))

    @classmethod
    def of_stack(cls, scope: Construct) -> Place:
        """Return the place of the stack that a construct is in."""
        stack = known_scope(scope)
        return cls.known(stack.region, stack.account)

    @classmethod
    def of(cls, resource: Any, arn: str) -> Place:
        """Return the place of a resource: by its ARN, else by the construct that makes it.

        One that was imported by a token for its ARN says that it is in the stack that imports it,
        which nobody knows; one that was imported by its ID is there.
        """
        from constructs import Construct  # noqa: PLC0415  # the CDK is loaded when a construct is made

        by_arn = cls.of_arn(arn)
        ours = isinstance(resource, Construct) or (not arn and has_member(resource, "env"))
        if by_arn != cls(None, None) or not ours:
            return by_arn
        if made_in(resource) is None:
            its = _seen(resource, "", known=True)[1]
        elif getattr(type(resource), "_may_be_elsewhere", False):  # taken in, asked in Python
            its = cls.known(resource.env.region, resource.env.account)
        else:
            its = cls.of_stack(resource)
        return cls(its.region, its.account, by_arn.partition)

    def beside(self, other: Place) -> tuple[str, str, str] | None:
        """Say in what two places differ for sure: the noun, this one's and the other's."""
        if self.partition is not None or other.partition is not None:
            its, others = self._partition(), other._partition()
            if its is not None and others is not None and its != others:
                return _PARTITION, its, others
        for noun, one, two in (
            ("Region", self.region, other.region),
            ("account", self.account, other.account),
        ):
            if one is not None and two is not None and one != two:
                return noun, one, two
        return None

    def _partition(self) -> str | None:
        return self.partition or _partition_of(self.region)

    @property
    def is_known(self) -> bool:
        """Whether anything is known of it."""
        return self != Place(None, None) or self.partition is not None


@cache
def _partition_of(region: str | None) -> str | None:
    if region is None:
        return None
    from aws_cdk.region_info import RegionInfo  # noqa: PLC0415  # the CDK is loaded when a construct is made

    return RegionInfo.get(region).partition


_Seen: TypeAlias = tuple[str, Place]
"""The ARN of a resource, or "", and where it is."""

_KNOWN: WeakKeyDictionary[Any, dict[tuple[str, bool], _Seen]] = WeakKeyDictionary()
"""Resource → what was seen of it, by what was asked."""


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
    if not its.is_known:
        return None
    return _unlike_the_stack(arn, resource, its.beside(Place.of_stack(scope)), because)


def in_another_region(scope: Construct | None, resource: Any, arn: str, because: str) -> str | None:
    """Say that a resource is in another Region than the scope's stack, if so; its account may be.

    Nothing is said of a value that no construct has yet.
    """
    if scope is None:
        return None
    there, here = Place.of(resource, arn), Place.of_stack(scope).region
    differ = Place(there.region, None, there.partition).beside(Place(here, None))
    return _unlike_the_stack(arn, resource, differ, because)


def in_another_partition(scope: Construct | None, arn: str) -> str | None:
    """Say that an ARN, whose Region and account may be others, is of another partition, if so."""
    there = Place(None, None, Place.of_arn(arn).partition)
    if scope is None or there.partition is None:
        return None
    return _unlike_the_stack(arn, None, there.beside(Place.of_stack(scope)), "")


def apart(one: tuple[Any, str], two: tuple[Any, str]) -> str | None:
    """Say that two resources, each with its ARN, are in different Regions or accounts, if so."""
    its = Place.of(*one)
    if not its.is_known:
        return None
    differ = its.beside(Place.of(*two))
    if differ is None:
        return None
    return _told(one[1], one[0], differ, f"{_called(*two)} in {differ[2]}")


def in_another_vpc(resource: Any, its: Any, vpc: Any) -> str | None:
    """Say that a resource is in another VPC, if it is for sure.

    That is: both have an ID that is known, or both are made by apps.
    """
    if its is None or its is vpc:
        return None
    (kind, there), (other, here) = _known_vpc(its), _known_vpc(vpc)
    if kind is None or kind != other or there == here:
        return None
    return f"{resource.node.path} is in the VPC {there}, not in {here}"


def _known_vpc(vpc: Any) -> tuple[str | None, str]:
    if not is_token(vpc.vpc_id):
        return "ID", vpc.vpc_id
    made = vpc.node.default_child
    return "made" if has_member(made, "cfn_resource_type") else None, str(vpc.node.path)


def _unlike_the_stack(
    arn: str, resource: Any, differ: tuple[str, str, str] | None, because: str
) -> str | None:
    if differ is None:
        return None
    because = because_of(differ, because)
    return _told(arn, resource, differ, f"the stack in {differ[2]}; {because}")


def because_of(differ: tuple[str, str, str], because: str) -> str:
    """Say why two places may not differ: nothing reaches another partition, whatever else does."""
    return _OF_ONE_PARTITION.format(partition=differ[2]) if differ[0] == _PARTITION else because


def _told(arn: str, resource: Any, differ: tuple[str, str, str], rest: str) -> str:
    noun, there, _ = differ
    return f"{_called(resource, arn)} is in {noun} {there}, and {rest}"


def _called(resource: Any, arn: str) -> str:
    known = arn and not is_token(arn)
    return arn if known or not has_member(resource, "node") else str(resource.node.path)


def in_another_account(scope: Construct, resource: Any, member: str, because: str) -> str | None:
    """Say that a resource of IAM is of another account than the scope's stack, if so.

    Args:
        scope: What needs the resource.
        resource: The resource: made by an app, or taken in.
        member: What its ARN is called in JavaScript.
        because: What does not work across, and what to do.
    """
    from constructs import Construct  # noqa: PLC0415  # the CDK is loaded when a construct is made

    arn, its = _seen(resource, member, known=isinstance(resource, Construct))
    by_arn, here = Place.of_arn(arn), Place.of_stack(scope)
    there = Place(None, its.account if by_arn.account is None else by_arn.account, by_arn.partition)
    partition = None if by_arn.partition is None else _partition_of(here.region)
    differ = there.beside(Place(None, here.account, partition))
    if differ is None or (there.account == _AWS and differ[0] != _PARTITION):
        return None
    return _unlike_the_stack(arn, resource, differ, because)


def arn_of_role(role: Any) -> str:
    """Return the ARN of a role, which is known already where its account was looked at."""
    arns = (arn for arn, _ in _KNOWN.get(role, {}).values() if arn)
    return next(arns, None) or str(role.role_arn)


def is_in(resource: Any, region: str | None, account: str | None) -> None:
    """Keep where a resource says that it is, as something else that was asked has told."""
    _KNOWN.setdefault(resource, {})["", True] = "", Place.known(region, account)


def _seen(resource: Any, member: str, *, known: bool) -> _Seen:
    """Ask JavaScript once for an ARN, where it has a name, and for the place of a resource.

    ``known`` says that it is where it says; otherwise only what an app makes is.
    """
    asked = _KNOWN.setdefault(resource, {})
    if (member, known) not in asked:
        from batch_constructs.one_call import arn_and_place  # noqa: PLC0415  # loads jsii

        arn, *place = arn_and_place(resource, member, known=known)
        asked[member, known] = arn, Place(None, None) if is_made_up(arn) else Place.known(*place)
    return asked[member, known]
