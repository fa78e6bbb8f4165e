"""Keys that a role may use by way of one service of AWS, and for nothing else.

https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html#conditions-kms-via-service
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from batch_constructs.asked_once import own_region
from batch_constructs.aws.actions import SNS_PUBLISH, SQS_SEND_MESSAGE, VIA_SERVICE
from batch_constructs.aws.role_actions import (
    KEY_OF_TABLES_ACTIONS,
    READ_QUEUE_ACTIONS,
    SEND_ENCRYPTED_ACTIONS,
    SEND_QUEUE_KEY_ACTIONS,
)
from batch_constructs.aws.service_principals import DOMAIN
from batch_constructs.known_queue import arn_of, key_of
from batch_constructs.one_call import OneCall, policy_statement
from batch_constructs.topic import arn_of as arn_of_topic

if TYPE_CHECKING:
    from aws_cdk import aws_iam as iam
    from aws_cdk import aws_kms as kms
    from aws_cdk import aws_sns as sns
    from aws_cdk import aws_sqs as sqs

_DYNAMODB: Final = "dynamodb"
_SQS: Final = "sqs"
_SNS: Final = "sns"


def via(*services: str) -> dict[str, Any]:
    """Return the condition that a key is used by way of services of this Region."""
    named = [f"{one}.{own_region()}.{DOMAIN}" for one in services]
    return {"StringEquals": {VIA_SERVICE: named[0] if len(named) == 1 else named}}


def by_way_of(granted: iam.Grant, *services: str) -> None:
    """Let a key that was granted be used by way of services, and of nothing else."""
    [(operator, condition)] = via(*services).items()
    for statement in (*granted.principal_statements, *granted.resource_statements):
        statement.add_condition(operator, condition)


def put_aside_statements(queue: sqs.IQueue) -> list[dict[str, Any]]:
    """Return what lets somebody send to a queue, with its key."""
    send = {"Effect": "Allow", "Action": SQS_SEND_MESSAGE, "Resource": arn_of(queue)}
    key = key_of(queue)
    if key is None:
        return [send]
    use = {"Effect": "Allow", "Action": [*SEND_ENCRYPTED_ACTIONS], "Resource": key.key_arn}
    return [send, {**use, "Condition": via(_SQS)}]


def table_key_statements(key: kms.IKey | None) -> list[dict[str, Any]]:
    """Return what lets somebody read and write a table that has a key."""
    if key is None:
        return []
    use = {"Effect": "Allow", "Action": [*KEY_OF_TABLES_ACTIONS], "Resource": key.key_arn}
    return [{**use, "Condition": via(_DYNAMODB)}]


def let_send_with_key(sender: iam.IGrantable, key: kms.IKey | None) -> None:
    """Let a sender use the key of a queue, by way of SQS.

    A service is left with what says for whom it sends: which of them reach the key by way of SQS,
    AWS does not say.
    """
    if key is None:
        return
    granted = key.grant(sender, *SEND_QUEUE_KEY_ACTIONS)
    if "Service" not in sender.grant_principal.policy_fragment.principal_json:
        by_way_of(granted, _SQS)


def let_put_aside_and_take_back(role: iam.IRole, queue: sqs.IQueue) -> None:
    """Let a function leave in a queue what it failed at, and take it from there again."""
    actions = [SQS_SEND_MESSAGE, *READ_QUEUE_ACTIONS]
    _allow(role, actions, arn_of(queue))
    _let_use(role, key_of(queue), _SQS)


def let_publish(role: iam.IRole, topic: sns.ITopic) -> None:
    """Let a function publish to a topic."""
    _allow(role, [SNS_PUBLISH], arn_of_topic(topic))
    _let_use(role, topic.master_key, _SNS)


def _allow(role: iam.IRole, actions: list[str], resource: str) -> None:
    statement = {"Effect": "Allow", "Action": actions, "Resource": resource}
    call = OneCall(role)
    call.call(role, "addToPrincipalPolicy", policy_statement(statement))
    call.make(at_once=True)


def _let_use(role: iam.IRole, key: kms.IKey | None, service: str) -> None:
    if key is not None:
        by_way_of(key.grant(role, *SEND_ENCRYPTED_ACTIONS), service)
