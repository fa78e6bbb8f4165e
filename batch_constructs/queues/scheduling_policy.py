"""What every scheduling policy has: an ARN, a name, and a place in other people's wiring.

https://docs.aws.amazon.com/batch/latest/userguide/scheduling-policies.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import jsii
from aws_cdk import aws_batch as batch
from aws_cdk.interfaces import aws_batch as batch_interfaces

from batch_constructs.arguments import checked
from batch_constructs.aws import resource_kinds as kinds
from batch_constructs.batch_resource import BatchResource
from batch_constructs.construct import made_here
from batch_constructs.jsii_objects import has_member
from batch_constructs.place import elsewhere
from batch_constructs.reference import Reference

if TYPE_CHECKING:
    from constructs import Construct

    from batch_constructs.arguments import Arguments


_REFERENCE = Reference(
    noun="scheduling policy", resource=kinds.SCHEDULING_POLICY, attribute="scheduling_policy"
)


@jsii.implements(batch.ISchedulingPolicy)
class SchedulingPolicy(BatchResource):
    """A scheduling policy, ours or imported: its ARN and its name.

    Scheduling policies are created with ``FairSharePolicy`` and ``QuotaSharePolicy``; this class
    imports existing ones.
    """

    _resource: batch.CfnSchedulingPolicy | None = None

    _instead = (
        "create a FairSharePolicy or a QuotaSharePolicy, or import one with "
        "SchedulingPolicy.from_scheduling_policy_arn or from_scheduling_policy_name"
    )

    @property
    def scheduling_policy_arn(self) -> str:
        """The ARN."""
        if self._arn is None:
            self._arn = made_here(self, self._resource).attr_arn
        return self._arn

    @property
    def scheduling_policy_name(self) -> str:
        """The name."""
        return _REFERENCE.name(self.scheduling_policy_arn)

    @property
    def scheduling_policy_ref(self) -> batch_interfaces.SchedulingPolicyReference:
        """The reference that the CDK uses wherever it needs an ``ISchedulingPolicyRef``."""
        return batch_interfaces.SchedulingPolicyReference(
            scheduling_policy_arn=self.scheduling_policy_arn
        )

    @classmethod
    def from_scheduling_policy_arn(
        cls, scope: Construct, id: str, scheduling_policy_arn: str
    ) -> SchedulingPolicy:
        """Import a scheduling policy by its ARN.

        Raises:
            ValueError: the text is not the ARN of a scheduling policy.
        """
        arn = _REFERENCE.arn(scope, id, scheduling_policy_arn)
        return _ImportedSchedulingPolicy(scope, id, arn)

    @classmethod
    def from_scheduling_policy_name(
        cls, scope: Construct, id: str, scheduling_policy_name: str
    ) -> SchedulingPolicy:
        """Import a scheduling policy of the stack's account and Region by its name.

        Raises:
            ValueError: the text is not the name of a scheduling policy.
        """
        arn = _REFERENCE.arn_of_name(scope, id, scheduling_policy_name)
        return _ImportedSchedulingPolicy(scope, id, arn)


class _ImportedSchedulingPolicy(SchedulingPolicy):
    def __init__(self, scope: Construct, id: str, arn: str) -> None:
        super().__init__(scope, id)
        self._arn = arn


AnySchedulingPolicy: TypeAlias = (
    SchedulingPolicy | batch.ISchedulingPolicy | batch_interfaces.ISchedulingPolicyRef
)
"""Ours, an ``aws_batch`` L2 or an L1."""


_USED_HERE = "a queue can only use a policy in its own Region and account: name one of these"


def read_scheduling_policy(arguments: Arguments, policy: Any) -> Any:
    """Return the ARN of a scheduling policy: ours, an L2 or an L1."""
    if policy is None:
        return None
    if _REFERENCE.fits(policy):
        arn = _REFERENCE.arn_of(policy)
        problem = elsewhere(arguments.construct, arn, _USED_HERE, resource=policy)
        if problem is not None:
            arguments.wrong_value(f"scheduling_policy: {problem}")
        return arn
    return arguments.wrong_type(
        "scheduling_policy", policy, "a scheduling policy such as FairSharePolicy(…)"
    )


POLICY_BESIDE = "of the queue"
"""What the rules know a queue's scheduling policy by, while the queue is checked."""


def policy_beside(policy: Any, arn: Any) -> tuple[Any, dict[str, dict[str, object]]]:
    """Return what stands for a policy in a queue, and what the rules know of it."""
    seen = checked(policy)
    return (arn, {}) if seen is None else ({"Ref": POLICY_BESIDE}, {POLICY_BESIDE: seen.resource})


def is_fair_share(queue: object) -> bool | None:
    """Whether jobs of a queue name a share identifier; None where nobody here knows.

    They do where the queue has a scheduling policy, and elsewhere AWS Batch refuses one.
    """
    known: Any = queue
    seen = checked(queue)
    if seen is not None:
        return "SchedulingPolicyArn" in seen.properties
    if has_member(known, "scheduling_policy_arn"):  # an L1
        return known.scheduling_policy_arn is not None
    if has_member(known, "scheduling_policy"):  # an L2; imported ones do not know theirs
        return True if known.scheduling_policy is not None else None
    return None
