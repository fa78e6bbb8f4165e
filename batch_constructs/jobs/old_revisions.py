"""How many revisions of a definition stay active: a number, which CloudFormation cannot say.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-batch-jobdefinition-resourceretentionpolicy.html
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final
from weakref import WeakKeyDictionary

from batch_constructs.acknowledgements import note_rights
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
from batch_constructs.construct import arn_prefix, once_made
from batch_constructs.reference import JOB_DEFINITION
from batch_constructs.tokens import is_token

if TYPE_CHECKING:
    from aws_cdk import aws_batch as batch
    from aws_cdk import aws_iam as iam
    from constructs import Construct, IDependable

    from batch_constructs.arguments import Arguments
    from batch_constructs.function_alarms import WatchedFunction
    from batch_constructs.shipped_function import ShippedFunction

_FUNCTION = "BatchConstructsOldRevisions"
_AT_LEAST_ONE = Whole(1)
_NAMES_A_POLICY: Final = 30
"""So many of the longest ARNs have room in a managed policy, and inline beside what else the role
may do. A stack's 500 resources are no more than 250 definitions: nine policies of a role's ten."""
_EXPECTED = "True, False or a whole number from 1"


def read_kept(arguments: Arguments, kept: object) -> int | None:
    """Return how many stay active; None where it is all of them or none."""
    number = isinstance(kept, int | float) and not isinstance(kept, bool)
    if isinstance(kept, bool) or (is_token(kept) and not number):
        return None
    if is_token(kept):
        expected = f"{_EXPECTED} that is known when the app is synthesized"
        arguments.wrong_type("keep_old_revisions", kept, expected)
        return None
    if not isinstance(kept, int):
        arguments.wrong_type("keep_old_revisions", kept, _EXPECTED)
        return None
    arguments.number("keep_old_revisions", kept, bound=_AT_LEAST_ONE)
    return kept


def retire_others(scope: Construct, resource: batch.CfnJobDefinition, kept: int) -> WatchedFunction:
    """Have the other old revisions retired as the next one is deployed; return what does it."""
    from batch_constructs.function_alarms import WatchedFunction  # noqa: PLC0415  # for few

    function = _function(scope)
    once_made(partial(_retire_others, function, scope, resource, kept))
    return WatchedFunction(handler=function.handler)


def _retire_others(
    function: ShippedFunction, scope: Construct, resource: batch.CfnJobDefinition, kept: int
) -> None:
    from aws_cdk import CustomResource  # noqa: PLC0415  # for few definitions

    # below the function: whatever waits for the definition, such as another definition that the
    # role names, does not wait for this
    own = f"Of{scope.node.addr}"
    function.node.try_remove_child(own)  # of a definition that was taken out of the tree again
    custom = CustomResource(
        function,
        own,
        resource_type="Custom::BatchOldRevisions",
        service_token=function.handler.function_arn,
        properties={"JobDefinition": resource.ref, "Keep": str(kept)},
    )
    custom.node.add_dependency(_let_retire(function, resource))


@dataclass
class _Named:
    """The definitions that a function's role names: the last policy, and how many in all."""

    policy: iam.Policy | iam.ManagedPolicy
    statement: iam.PolicyStatement
    definitions: int = 0


_NAMED: Final[WeakKeyDictionary[ShippedFunction, _Named]] = WeakKeyDictionary()


def _let_retire(function: ShippedFunction, resource: batch.CfnJobDefinition) -> IDependable:
    """Let the function retire revisions of one definition; return the policy that says so."""
    arn = f"{JOB_DEFINITION.arn_without_revision(resource)}:*"
    named = _NAMED.get(function)
    if named is None or named.definitions % _NAMES_A_POLICY == 0 or named.statement.frozen:
        named = _NAMED[function] = _another_policy(function, named)
    named.statement.add_resources(arn)
    named.definitions += 1
    note_rights(function.role, BATCH_DEREGISTER_JOB_DEFINITION, arn)
    return named.policy


def _another_policy(function: ShippedFunction, before: _Named | None) -> _Named:
    """Make the next policy: the first one is the role's own, which has room for no second one."""
    from aws_cdk import aws_iam as iam  # noqa: PLC0415  # for few definitions

    statement = iam.PolicyStatement(actions=[BATCH_DEREGISTER_JOB_DEFINITION])
    kind = iam.Policy if before is None else iam.ManagedPolicy
    so_far = 0 if before is None else before.definitions
    policy = kind(
        function.role, f"Definitions{so_far}", roles=[function.role], statements=[statement]
    )
    return _Named(policy=policy, statement=statement, definitions=so_far)


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
        description="Retires old revisions of AWS Batch job definitions that nothing uses",
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
