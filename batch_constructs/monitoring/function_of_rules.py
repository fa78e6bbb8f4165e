"""A function of ours as the target of rules: of a few by name, of many by one permission."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from aws_cdk import Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sqs as sqs

from batch_constructs.asked_once import own_account_id
from batch_constructs.aws.names import every
from batch_constructs.aws.service_principals import EVENTS
from batch_constructs.construct import arn_prefix
from batch_constructs.loaded_late import aws_events_targets as targets
from batch_constructs.loaded_late import aws_lambda as lambda_
from batch_constructs.queue_senders import admit_rules

if TYPE_CHECKING:
    from constructs import Construct

_NAMED: Final = 15
"""So many rules are admitted by name; SQS takes twenty statements a queue, Lambda 20,480 bytes."""


def function_target(
    scope: Construct,
    function: lambda_.IFunction,
    dead_letter_queue: sqs.Queue,
    *,
    rules: int,
    retry_attempts: int,
) -> targets.LambdaFunction:
    """Return the function as the target of so many rules of one stack.

    The CDK writes a statement a rule into the policies of the function and of the queue. Where
    there is no room for all of them, both admit any rule of this account and Region; rules are
    named by CloudFormation, so that no pattern says which they are.
    """
    if rules <= _NAMED:
        return targets.LambdaFunction(
            function, dead_letter_queue=dead_letter_queue, retry_attempts=retry_attempts
        )
    admit_rules(dead_letter_queue)
    function.add_permission(
        "Rules",
        principal=iam.ServicePrincipal(EVENTS),
        source_account=own_account_id(),
        source_arn=f"{arn_prefix('events')}{every('rule')}",
    )
    arn = Stack.of(scope).format_arn(service="sqs", resource=dead_letter_queue.queue_name)
    return targets.LambdaFunction(
        lambda_.Function.from_function_attributes(
            scope, "FunctionOfRules", function_arn=function.function_arn, skip_permissions=True
        ),
        dead_letter_queue=sqs.Queue.from_queue_arn(scope, "LettersOfRules", arn),
        retry_attempts=retry_attempts,
    )
