"""Quota shares: capacity of a service job queue that a team has for itself, and lends when idle.

https://docs.aws.amazon.com/batch/latest/userguide/quota-management.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import jsii
from aws_cdk import Fn, Token
from aws_cdk import aws_batch as batch
from aws_cdk.interfaces import aws_batch as batch_interfaces

from batch_constructs.arguments import Arguments, checked
from batch_constructs.aws import names
from batch_constructs.aws import resource_kinds as kinds
from batch_constructs.aws.resource_states import State
from batch_constructs.aws.scheduling import IDLE_RESOURCE_STRATEGY, SharingStrategy
from batch_constructs.batch_resource import BatchResource
from batch_constructs.construct import BatchConstruct, given, l1_properties, made_here
from batch_constructs.known_argument import known_flag
from batch_constructs.place import elsewhere
from batch_constructs.queues.capacity_limit import capacity_limits as read_capacity_limits
from batch_constructs.queues.scheduling_policy import SchedulingPolicy
from batch_constructs.queues.service_job_queue import SERVICE_JOB_QUEUE
from batch_constructs.reference import read_arn
from batch_constructs.rules import UNKNOWN
from batch_constructs.tokens import WholeNumber, is_made_up

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from constructs import Construct

    from batch_constructs.queues.capacity_limit import CapacityLimit
    from batch_constructs.queues.service_job_queue import AnyServiceJobQueue


_ARN = names.form("batch", names.quota_share(names.every(kinds.JOB_QUEUE, "[^/]+"), "[^/]+"))


_OF_ITS_PLACE = "a share is created where its queue is: put it into a stack there"


class QuotaSharePolicy(SchedulingPolicy):
    """A scheduling policy that divides the queue's capacity by ``QuotaShare``.

    Idle capacity goes to the shares that borrow, first come, first served, which is the only
    strategy.

    Creates, below its own ID: ``Resource`` (AWS::Batch::SchedulingPolicy).

    Attributes:
        resource: The L1 resource, for escape hatches and wherever the CDK needs an
            ``ISchedulingPolicyRef``.

    Args:
        scope: The parent construct, usually the stack.
        id: Its ID, unique in the scope.
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
        scheduling_policy_name: str | None = None,
        tags: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(scope, id)
        arguments = Arguments(self)
        policy = {"IdleResourceAssignmentStrategy": IDLE_RESOURCE_STRATEGY}
        rest = given(
            Name=arguments.text("scheduling_policy_name", scheduling_policy_name),
            Tags=arguments.mapping("tags", tags),
        )
        arguments.check("AWS::Batch::SchedulingPolicy", {**rest, "QuotaSharePolicy": policy})
        arguments.refuse()

        self.resource = self._resource = batch.CfnSchedulingPolicy(
            self,
            "Resource",
            name=rest.get("Name"),
            quota_share_policy=l1_properties(policy),
            tags=rest.get("Tags"),
        )


@jsii.implements(batch_interfaces.IQuotaShareRef)
class QuotaShare(BatchResource):
    """One team's share of a queue's capacity; submissions name it.

    Creates, below its own ID: ``Resource`` (AWS::Batch::QuotaShare).

    Args:
        scope: The parent construct, usually the stack.
        id: Its ID, unique in the scope.
        queue: A ``ServiceJobQueue`` whose scheduling policy is a ``QuotaSharePolicy``.
        capacity_limits: The share's capacity without borrowing, by instance type.
        sharing_strategy: Whether idle capacity is reserved, lent, or lent and borrowed. Default:
            lent and borrowed.
        borrow_limit_percentage: How much can be borrowed, as a percentage of the share's own
            capacity; -1 is unlimited. Default: unlimited.
        in_share_preemption: Whether a job can preempt one of lower priority within the share.
            Default: no.
        quota_share_name: The name that submissions give: up to 128 letters, digits, ``-`` and
            ``_``.
        enabled: Whether it accepts submissions. Default: yes.
        tags: Tags of the share. Default: those of the stack.

    Raises:
        ValueError: arguments that AWS Batch would refuse; all of them are listed.
        TypeError: arguments of the wrong type; all of them are listed.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-batch-quotashare.html
    """

    _resource: batch.CfnQuotaShare | None = None
    _name: str

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        queue: AnyServiceJobQueue,
        capacity_limits: Sequence[CapacityLimit],
        quota_share_name: str,
        sharing_strategy: SharingStrategy | str = SharingStrategy.LEND_AND_BORROW,
        borrow_limit_percentage: WholeNumber | None = None,
        in_share_preemption: bool = False,
        enabled: bool = True,
        tags: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(scope, id)
        arguments = Arguments(self)
        arn: Any = (
            SERVICE_JOB_QUEUE.arn_of(queue)
            if SERVICE_JOB_QUEUE.fits(queue)
            else arguments.wrong_type("queue", queue, "a ServiceJobQueue, whose jobs have quotas")
        )
        problem = None if arn is UNKNOWN else elsewhere(self, arn, _OF_ITS_PLACE, resource=queue)
        if problem is not None:
            arguments.wrong_value(f"queue: {problem}")
        preemption = known_flag(arguments, "in_share_preemption", in_share_preemption)
        properties = given(
            QuotaShareName=arguments.text("quota_share_name", quota_share_name, required=True),
            CapacityLimits=read_capacity_limits(arguments, capacity_limits),
            PreemptionConfiguration={
                "InSharePreemption": State.ENABLED if preemption else State.DISABLED
            },
            ResourceSharingConfiguration=given(
                Strategy=arguments.choice(
                    "sharing_strategy", sharing_strategy, "a SharingStrategy"
                ),
                BorrowLimit=arguments.number("borrow_limit_percentage", borrow_limit_percentage),
            ),
            State=arguments.state("enabled", enabled),
            Tags=arguments.mapping("tags", tags),
        )
        reference, beside = _queue_beside(queue, arn)
        arguments.check(
            "AWS::Batch::QuotaShare",
            {**properties, "JobQueue": reference},
            beside=beside,
        )
        arguments.refuse()

        self._name = quota_share_name
        self._resource = batch.CfnQuotaShare(
            self,
            "Resource",
            job_queue=arn,
            quota_share_name=properties["QuotaShareName"],
            capacity_limits=[l1_properties(limit) for limit in properties["CapacityLimits"]],
            preemption_configuration=l1_properties(properties["PreemptionConfiguration"]),
            resource_sharing_configuration=l1_properties(
                properties["ResourceSharingConfiguration"]
            ),
            state=properties["State"],
            tags=properties.get("Tags"),
        )

    @property
    def resource(self) -> batch.CfnQuotaShare:
        """The L1 resource, for escape hatches.

        Raises:
            ValueError: the share was imported.
        """
        return made_here(self, self._resource)

    @property
    def quota_share_arn(self) -> str:
        """The ARN."""
        if self._arn is None:
            self._arn = self.resource.attr_quota_share_arn
        return self._arn

    @property
    def quota_share_name(self) -> str:
        """The name that submissions give."""
        return self._name

    @property
    def quota_share_ref(self) -> batch_interfaces.QuotaShareReference:
        """The reference that the CDK uses wherever it needs an ``IQuotaShareRef``."""
        return batch_interfaces.QuotaShareReference(quota_share_arn=self.quota_share_arn)

    @classmethod
    def from_quota_share_arn(cls, scope: Construct, id: str, quota_share_arn: str) -> QuotaShare:
        """Import a quota share by its ARN.

        Raises:
            ValueError: the text is not the ARN of a quota share.
        """
        return _ImportedQuotaShare(scope, id, quota_share_arn)


class _ImportedQuotaShare(QuotaShare):
    def __init__(self, scope: Construct, id: str, arn: str) -> None:
        such = names.arn(
            kinds.JOB_QUEUE, names.quota_share("QUEUE", "NAME"), region="REGION", account="ACCOUNT"
        )
        arn = read_arn(scope, id, "quota_share_arn", arn, form=_ARN, such=such)
        BatchConstruct.__init__(self, scope, id)
        self._arn = arn
        # of a token CloudFormation reads it: job-queue/QUEUE/quota-share/NAME
        split = Fn.select(3, Fn.split("/", arn)) if Token.is_unresolved(arn) else None
        self._name = split or (arn if is_made_up(arn) else arn.split("/")[3])


def _queue_beside(queue: Any, arn: Any) -> tuple[Any, dict[str, Mapping[str, object]]]:
    """Return what stands for the queue, and what the rules know of it and its policy."""
    seen = checked(queue)
    if seen is None:
        return arn, {}
    name = queue.node.id
    return {"Ref": name}, {**seen.beside, name: seen.resource}
