"""Fair shares: how users or teams divide the capacity of one queue.

https://docs.aws.amazon.com/batch/latest/userguide/fair-share-scheduling-policies.html
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from aws_cdk import aws_batch as batch

from batch_constructs.arguments import Arguments
from batch_constructs.construct import given, l1_properties
from batch_constructs.queues.scheduling_policy import SchedulingPolicy

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from aws_cdk import Duration
    from constructs import Construct

    from batch_constructs.tokens import WholeNumber


@dataclass(frozen=True, kw_only=True)
class Share:
    """One share of a fair-share policy: who it is for, and how much it weighs.

    Attributes:
        share_identifier: The share identifier that submissions name: up to 255 letters and digits.
            An asterisk at the end matches every identifier with that prefix.
        weight_factor: 0.0001 to 999.9999. A lower weight gets more: a share with 0.5 gets twice as
            much as one with 1. Default: 1.
    """

    share_identifier: str
    weight_factor: float = 1.0


class FairSharePolicy(SchedulingPolicy):
    """A scheduling policy that divides a queue's capacity among share identifiers, by weight.

    Every submission to a queue with this policy has to name a share identifier.

    Creates, below its own ID: ``Resource`` (AWS::Batch::SchedulingPolicy).

    Attributes:
        resource: The L1 resource, for escape hatches and wherever the CDK needs an
            ``ISchedulingPolicyRef``.

    Args:
        scope: The parent construct, usually the stack.
        id: Its ID, unique in the scope.
        shares: The shares, at most 500, none of which overlap. Default: none; an identifier that is
            not listed weighs 1.
        share_decay: How long a finished job still counts against its share, up to 7 days. Default:
            10 minutes.
        compute_reservation_percentage: How much capacity is reserved for shares without jobs, 0 to
            99: this percentage with one active share, its square with two, and so on. Default: 0.
        scheduling_policy_name: A name of up to 128 letters, digits, ``-`` and ``_``. Default: one
            that CloudFormation generates.
        tags: Tags of the policy. Default: those of the stack.

    Raises:
        ValueError: arguments that AWS Batch would refuse; all of them are listed.
        TypeError: arguments of the wrong type; all of them are listed.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-batch-schedulingpolicy.html
    """

    resource: batch.CfnSchedulingPolicy

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        shares: Sequence[Share | batch.Share] | None = None,
        share_decay: Duration | None = None,
        compute_reservation_percentage: WholeNumber | None = None,
        scheduling_policy_name: str | None = None,
        tags: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(scope, id)
        arguments = Arguments(self)
        listed = arguments.items("shares", shares, _SUCH)
        self._shares: list[Share | batch.Share] = list(listed)
        self._decides = given(
            ComputeReservation=arguments.number(
                "compute_reservation_percentage", compute_reservation_percentage
            ),
            ShareDecaySeconds=arguments.seconds("share_decay", share_decay),
        )
        self._rest = given(
            Name=arguments.text("scheduling_policy_name", scheduling_policy_name),
            Tags=arguments.mapping("tags", tags),
        )
        fair_share = self._checked(arguments, self._shares)

        self.resource = self._resource = batch.CfnSchedulingPolicy(
            self,
            "Resource",
            name=self._rest.get("Name"),
            fairshare_policy=l1_properties(fair_share),
            tags=self._rest.get("Tags"),
        )

    def add_share(self, share: Share | batch.Share) -> None:
        """Add a share, which is checked in the same way as in the constructor.

        Args:
            share: The share, which must not overlap any share of the policy.

        Raises:
            ValueError: AWS Batch would refuse the policy with this share.
            TypeError: it is not a ``Share``.

        https://docs.aws.amazon.com/batch/latest/APIReference/API_ShareAttributes.html
        """
        shares = [*self._shares, share]
        last = f"shares[{len(self._shares)}]"
        fair_share = self._checked(Arguments(self), shares, added=(last, "share"))
        self._shares = shares
        rendered: Any = l1_properties(fair_share)
        self.resource.fairshare_policy = rendered

    def _checked(
        self,
        arguments: Arguments,
        shares: Sequence[Share | batch.Share],
        added: tuple[str, str] | None = None,
    ) -> dict[str, Any]:
        """Return CloudFormation's ``FairsharePolicy``, or refuse it."""
        listed = [_share(arguments, place, share) for place, share in enumerate(shares)]
        fair_share = {**self._decides, **given(ShareDistribution=listed)}
        properties = {**self._rest, "FairsharePolicy": fair_share}
        arguments.check("AWS::Batch::SchedulingPolicy", properties)
        arguments.refuse(added=added)
        return fair_share


_SUCH = 'Share(share_identifier="teamA", weight_factor=0.5)'


def _share(arguments: Arguments, place: int, share: Share | batch.Share) -> Any:
    if not isinstance(share, Share | batch.Share):
        return arguments.wrong_type(f"shares[{place}]", share, _SUCH)
    fields = arguments.within(f"shares[{place}]")
    return given(
        ShareIdentifier=fields.text("share_identifier", share.share_identifier, required=True),
        WeightFactor=fields.number("weight_factor", share.weight_factor),
    )
