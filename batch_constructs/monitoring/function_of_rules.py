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
from batch_constructs.loaded_late import aws_lambda as lambda_
from batch_constructs.one_call import new
from batch_constructs.queue_senders import admit_rules

if TYPE_CHECKING:
    from constructs import Construct

    from batch_constructs.one_call import InJavaScript
    from batch_constructs.shipped_function import ShippedFunction

_NAMED: Final = 15
"""So many rules are admitted by name; SQS takes twenty statements a queue, Lambda 20,480 bytes."""


def function_target(
    scope: Construct,
    shipped: ShippedFunction,
    dead_letter_queue: sqs.Queue,
    *,
    rules: int,
    retry_attempts: int,
) -> InJavaScript:
    """Return the function as the target of so many rules of one stack.

    The CDK writes a statement a rule into the policies of the function and of the queue. Where
    there is no room for all of them, both admit any rule of this account and Region; rules are
    named by CloudFormation, so that no pattern says which they are.
    """
    if rules <= _NAMED:
        return _target(shipped.unseen_handler, dead_letter_queue, retry_attempts)
    admit_rules(dead_letter_queue)
    function = shipped.handler
    function.add_permission(
        "Rules",
        principal=iam.ServicePrincipal(EVENTS),
        source_account=own_account_id(),
        source_arn=f"{arn_prefix('events')}{every('rule')}",
    )
    arn = Stack.of(scope).format_arn(service="sqs", resource=dead_letter_queue.queue_name)
    return _target(
        lambda_.Function.from_function_attributes(
            scope, "FunctionOfRules", function_arn=function.function_arn, skip_permissions=True
        ),
        sqs.Queue.from_queue_arn(scope, "LettersOfRules", arn),
        retry_attempts,
    )


def _target(function: object, dead_letter_queue: sqs.IQueue, retry_attempts: int) -> InJavaScript:
    settings = {"deadLetterQueue": dead_letter_queue, "retryAttempts": retry_attempts}
    return new("aws_events_targets.LambdaFunction", function, settings)
