"""How many revisions of a definition stay active: a number, which CloudFormation cannot say.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-batch-jobdefinition-resourceretentionpolicy.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from batch_constructs.aws import resource_kinds as kinds
from batch_constructs.aws.actions import (
    BATCH_DEREGISTER_JOB_DEFINITION,
    BATCH_DESCRIBE_JOB_DEFINITIONS,
    BATCH_DESCRIBE_JOB_QUEUES,
    BATCH_LIST_JOBS,
    EVENTS_LIST_EVENT_BUSES,
    EVENTS_LIST_RULES,
    SCHEDULER_LIST_SCHEDULES,
)
from batch_constructs.aws.bound import Whole
from batch_constructs.aws.delivery import LONGEST_FUNCTION_SECONDS
from batch_constructs.aws.names import every
from batch_constructs.construct import arn_prefix
from batch_constructs.tokens import is_token

if TYPE_CHECKING:
    from aws_cdk import aws_batch as batch
    from constructs import Construct

    from batch_constructs.arguments import Arguments
    from batch_constructs.function_alarms import WatchedFunction
    from batch_constructs.shipped_function import ShippedFunction

OLD_REVISIONS = "OldRevisions"
"""The ID of what retires them, below the definition."""

_FUNCTION = "BatchConstructsOldRevisions"
_AT_LEAST_ONE = Whole(1)
_EXPECTED = "True, False or a whole number from 1"


def read_kept(arguments: Arguments, kept: object) -> int | None:
    """Return how many stay active; None where it is all of them or none."""
    number = isinstance(kept, int | float) and not isinstance(kept, bool)
    if isinstance(kept, bool) or (is_token(kept) and not number):
        return None
    if is_token(kept):
        expected = f"{_EXPECTED} that is known as the app is synthesised"
        arguments.wrong_type("keep_old_revisions", kept, expected)
        return None
    if not isinstance(kept, int):
        arguments.wrong_type("keep_old_revisions", kept, _EXPECTED)
        return None
    arguments.number("keep_old_revisions", kept, bound=_AT_LEAST_ONE)
    return kept


def retire_others(scope: Construct, resource: batch.CfnJobDefinition, kept: int) -> WatchedFunction:
    """Have the other old revisions retired as the next one is deployed; return what does it."""
    from aws_cdk import CustomResource  # noqa: PLC0415  # for few definitions

    from batch_constructs.function_alarms import WatchedFunction  # noqa: PLC0415

    handler = _function(scope).handler
    CustomResource(
        scope,
        OLD_REVISIONS,
        resource_type="Custom::BatchOldRevisions",
        service_token=handler.function_arn,
        properties={"JobDefinition": resource.ref, "Keep": str(kept)},
    )
    return WatchedFunction(handler=handler)


def _function(scope: Construct) -> ShippedFunction:
    """Return the stack's one function, made where it is not there yet."""
    from aws_cdk import Duration  # noqa: PLC0415  # for few definitions

    from batch_constructs.function_settings import settings_of_the_app  # noqa: PLC0415
    from batch_constructs.shipped_function import the_only  # noqa: PLC0415

    return the_only(
        scope,
        _FUNCTION,
        folder="revisions",
        module="retire",
        description="Retires old revisions of AWS Batch job definitions that nothing names",
        environment={},
        statements=[
            {
                "Effect": "Allow",
                "Action": [
                    BATCH_DESCRIBE_JOB_DEFINITIONS,
                    BATCH_DESCRIBE_JOB_QUEUES,
                    BATCH_LIST_JOBS,
                    EVENTS_LIST_EVENT_BUSES,
                    EVENTS_LIST_RULES,
                    SCHEDULER_LIST_SCHEDULES,
                ],
                "Resource": "*",  # AWS takes no resource here
            },
            {
                "Effect": "Allow",
                "Action": BATCH_DEREGISTER_JOB_DEFINITION,
                # The name is known when the definition is made, after this.
                "Resource": f"{arn_prefix('batch')}{every(kinds.JOB_DEFINITION)}",
            },
            {
                "Effect": "Allow",
                "Action": "events:ListTargetsByRule",
                "Resource": f"{arn_prefix('events')}{every('rule')}",
            },
            {
                "Effect": "Allow",
                "Action": "scheduler:GetSchedule",
                "Resource": f"{arn_prefix('scheduler')}{every('schedule')}",
            },
        ],
        timeout=Duration.seconds(LONGEST_FUNCTION_SECONDS),
        settings=settings_of_the_app(scope),
    )
