"""Rules of EventBridge that may send to a queue of SQS: all in one statement of its policy.

A policy has room for twenty statements, and for some sixty rules by name. Where there is no room
for another name, or where the rule is of another stack, which its name would make this one wait
for, the statement admits all rules of this account and Region.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final
from weakref import WeakKeyDictionary

from aws_cdk import aws_iam as iam
from aws_cdk import aws_sqs as sqs

from batch_constructs.asked_once import service_principal
from batch_constructs.aws.actions import SOURCE_ARN, SQS_SEND_MESSAGE
from batch_constructs.aws.names import (
    ACCOUNT_ID_LENGTH,
    LONGEST_PARTITION,
    LONGEST_REGION,
    every,
)
from batch_constructs.aws.quotas import (
    EVENT_BUS_NAME_CHARACTERS,
    QUEUE_POLICY_BYTES,
    RULE_NAME_CHARACTERS,
)
from batch_constructs.aws.role_actions import SEND_ENCRYPTED_ACTIONS
from batch_constructs.aws.service_principals import EVENTS
from batch_constructs.construct import arn_prefix, once_made
from batch_constructs.known_scope import are_in_one_stack, known_scope
from batch_constructs.one_call import OneCall
from batch_constructs.tokens import is_token

if TYPE_CHECKING:
    from aws_cdk import aws_kms as kms
    from constructs import Construct

_LEFT_FOR_OTHERS: Final = 1000
"""Bytes of a policy that are left for what else it says: TLS, roles, topics."""

_LONGEST_RULE: Final = (
    len('"arn::events:::rule/",')
    + LONGEST_PARTITION
    + LONGEST_REGION
    + ACCOUNT_ID_LENGTH
    + RULE_NAME_CHARACTERS
)
"""Bytes in a policy of the longest ARN of a rule of the default event bus."""


@dataclass
class _Admitted:
    """The rules that a queue admits by name, and the statement that does."""

    statement: iam.PolicyStatement | None = None
    rules: list[str] = field(default_factory=list)
    bytes: int = _LEFT_FOR_OTHERS


_ADMITTED: WeakKeyDictionary[sqs.IQueue, _Admitted] = WeakKeyDictionary()


def admit_rule(scope: Construct, queue: sqs.IQueue, rule_arn: str, bus: str | None = None) -> None:
    """Let a rule of the scope's, of the default event bus or of this one, send to a queue.

    ArnEquals takes an asterisk as ArnLike does:
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
    """
    admitted = _ADMITTED.get(queue)
    if admitted is None or (admitted.statement is not None and admitted.statement.frozen):
        admitted = _ADMITTED[queue] = _Admitted()  # one that was rendered can be no other
    if is_of_another_stack(scope, queue):
        rule_arn = all_rules_of(scope)
        if rule_arn in admitted.rules:
            return
    admitted.rules.append(rule_arn)
    admitted.bytes += _LONGEST_RULE + (0 if bus is None else _longest(bus) + len("/"))
    names: list[str] | str = admitted.rules[0] if len(admitted.rules) == 1 else admitted.rules
    if admitted.bytes > QUEUE_POLICY_BYTES:
        names = _all_rules()
    if admitted.statement is not None:
        admitted.statement.add_condition("ArnEquals", {SOURCE_ARN: names})
        return
    admitted.statement = _statement(queue, {"ArnEquals": {SOURCE_ARN: names}})
    _add(queue, admitted.statement)


def is_of_another_stack(scope: Construct, queue: sqs.IQueue) -> bool:
    """Whether a queue is made by another stack, which has its policy as well."""
    return isinstance(queue, sqs.Queue) and not are_in_one_stack(queue, scope)


def all_rules_of(scope: Construct) -> str:
    """Return the ARN of all rules of the account and Region of a construct's stack."""
    return known_scope(scope).arn("events", every("rule"))


def admit_rules(queue: sqs.IQueue) -> None:
    """Let the rules of this account leave in a queue what they could not hand over."""
    _add(queue, _statement(queue, {"ArnLike": {SOURCE_ARN: _all_rules()}}))


def _add(queue: sqs.IQueue, statement: iam.PolicyStatement) -> None:
    call = OneCall(queue)
    call.call(queue, "addToResourcePolicy", statement)
    call.make(at_once=True)


def admit_event_bridge(key: kms.IKey | None) -> None:
    """Let EventBridge use the key of a queue that it sends to; an imported key's owner does so."""
    if key is not None:
        statement = iam.PolicyStatement(
            actions=[*SEND_ENCRYPTED_ACTIONS],
            principals=[iam.ServicePrincipal(EVENTS)],
            resources=["*"],  # in a key's policy: the key itself
        )
        once_made(lambda: key.add_to_resource_policy(statement))


def _longest(bus: str) -> int:
    return EVENT_BUS_NAME_CHARACTERS if is_token(bus) else len(bus)


def _all_rules() -> str:
    return f"{arn_prefix('events')}{every('rule')}"


def _statement(queue: sqs.IQueue, conditions: dict[str, Any]) -> iam.PolicyStatement:
    return iam.PolicyStatement(
        actions=[SQS_SEND_MESSAGE],
        principals=[service_principal(EVENTS)],
        resources=[queue.queue_arn],
        conditions=conditions,
    )
