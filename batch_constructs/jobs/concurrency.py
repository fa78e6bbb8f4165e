"""How many jobs run at once: one at a time, or n, of a definition, of a queue, of any key.

AWS Batch knows no such limit; what it has is a consumable resource, of which each job takes one and
gives it back as it ends. Jobs without wait in RUNNABLE.
https://docs.aws.amazon.com/batch/latest/userguide/resource-aware-scheduling.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from aws_cdk import aws_batch as batch

from batch_constructs.arguments import checked
from batch_constructs.aws.bound import Whole
from batch_constructs.aws.scheduling import NON_REPLENISHABLE, REPLENISHABLE
from batch_constructs.construct import make_l1
from batch_constructs.jobs.consumed_resources import consumable_arn, expect_here
from batch_constructs.jsii_objects import has_member
from batch_constructs.tokens import WholeNumber, is_token

if TYPE_CHECKING:
    from batch_constructs.arguments import Arguments
    from batch_constructs.jobs.consumed_resources import (
        Consumable,
        ConsumedQuantities,
        LimitedQueue,
    )

_EXPECTED = (
    "a whole number such as 1, a JobQueue with max_concurrent_jobs, or a ConsumableResource that "
    "several definitions share"
)
_AT_LEAST_ONE = Whole(1)


class _Slots:
    """What the jobs of one definition take one of."""

    def __init__(self, made: batch.CfnConsumableResource) -> None:
        self._arn = made.attr_consumable_resource_arn

    @property
    def consumable_resource_arn(self) -> str:
        return self._arn


def with_limit(
    arguments: Arguments,
    quantities: ConsumedQuantities | None,
    limit: WholeNumber | Consumable | LimitedQueue | None,
) -> Any:
    """Return what a job consumes, with one of the limit, which is made where it is a number."""
    if limit is None:
        return quantities
    consumed = quantities if isinstance(quantities, Mapping) else {}
    given: Any = limit
    if has_member(given, "concurrent_jobs"):  # a queue
        given = given.concurrent_jobs
        if given is None:
            arguments.wrong_value(
                "max_concurrent_jobs is a queue without a limit: give that queue "
                "max_concurrent_jobs=1, or more"
            )
            return quantities
    arn = consumable_arn(given)
    if arn is not None:
        seen = checked(given)
        if seen is not None and seen.properties.get("ResourceType") == NON_REPLENISHABLE:
            arguments.wrong_value(
                "max_concurrent_jobs is a resource that no job returns, so none would start once "
                "it is used up: create it with replenishable=True, or name it in "
                "consumable_resources"
            )
        here = expect_here(arguments, "max_concurrent_jobs", given, arn)
        if given in consumed:
            arguments.wrong_value(
                "max_concurrent_jobs is given with the same resource in consumable_resources: "
                "leave one of them out"
            )
        return {**consumed, given: 1} if here and given not in consumed else quantities
    if isinstance(given, bool) or not (isinstance(given, int) or is_token(given)):
        arguments.wrong_type("max_concurrent_jobs", given, _EXPECTED)
        return quantities
    most = arguments.number("max_concurrent_jobs", given, bound=_AT_LEAST_ONE)
    if arguments.is_wrong("max_concurrent_jobs"):
        return quantities
    made = make_l1(
        batch.CfnConsumableResource,
        arguments.construct,
        "ConcurrentJobs",
        {"resourceType": REPLENISHABLE, "totalQuantity": most},
    )
    return {**consumed, _Slots(made): 1}
