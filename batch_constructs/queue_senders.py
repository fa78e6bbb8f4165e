"""Rules and topics that may send to a queue of SQS: those of a service in one statement.

A queue's policy has room for twenty statements, and for the names of some sixty rules or twenty
topics. Where there is no room for another name, or where a rule is of another stack, which its name
would make this one wait for, a statement admits all of this account and Region.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple
from weakref import WeakKeyDictionary

from aws_cdk import Aws, Stack
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
    TOPIC_NAME_CHARACTERS,
)
from batch_constructs.aws.role_actions import SEND_ENCRYPTED_ACTIONS, SEND_QUEUE_KEY_ACTIONS
from batch_constructs.aws.service_principals import EVENTS, SNS
from batch_constructs.construct import arn_prefix, once_made
from batch_constructs.known_queue import arn_of
from batch_constructs.known_scope import are_in_one_stack, known_scope
from batch_constructs.one_call import OneCall, service_statement
from batch_constructs.tokens import is_token

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from aws_cdk import aws_kms as kms
    from aws_cdk import aws_sns as sns
    from constructs import Construct, IDependable

_LEFT_FOR_OTHERS: Final = 1000
"""Bytes of a policy that are left for what else it says: TLS, roles."""

_OF_A_PLACE: Final = LONGEST_PARTITION + LONGEST_REGION + ACCOUNT_ID_LENGTH

_LONGEST_RULE: Final = len('"arn::events:::rule/",') + _OF_A_PLACE + RULE_NAME_CHARACTERS
"""Bytes in a policy of the longest ARN of a rule of the default event bus."""

_LONGEST_TOPIC: Final = len('"arn::sns:::",') + _OF_A_PLACE + TOPIC_NAME_CHARACTERS
"""Bytes in a policy of the longest ARN of a topic."""

_AROUND_TOPICS: Final = 400
"""Bytes in a policy of a statement that admits topics, without their ARNs."""


class _Sender(NamedTuple):
    """What one that may send takes of a policy.

    Attributes:
        bytes: of its ARN, at most.
        all_of: what admits it with all the others of its place; None if that may not be.
        has_key: whether it is encrypted with the queue's key, whose policy cannot name it: each
            would wait for the other.
    """

    bytes: int
    all_of: str | None
    has_key: bool = False


class _Statements(NamedTuple):
    """What admits the senders of one service, in a queue's policy and in that of its key.

    Attributes:
        policy: the queue's, which subscriptions wait for; None of one that was taken in.
        parts: the statements.
    """

    policy: IDependable | None
    parts: list[iam.PolicyStatement]


class _Admitted:
    """All that one queue admits: of each service one statement."""

    def __init__(self, queue: sqs.IQueue) -> None:
        self._queue = queue
        self._senders: dict[str, dict[str, _Sender]] = {}
        self._statements: dict[str, _Statements] = {}

    def is_rendered(self) -> bool:
        """Whether nothing can be added to these statements any more."""
        return any(part.frozen for one in self._statements.values() for part in one.parts)

    def admit(self, service: str, arn: str, sender: _Sender, key: kms.IKey | None = None) -> bool:
        """Admit one more, if there is room; say whether there is."""
        senders = {**self._senders, service: {**self._senders.get(service, {}), arn: sender}}
        named = _fitting(senders)
        if named is None:
            return False
        self._senders = senders
        if service not in self._statements:
            self._statements[service] = self._begun(service, key)
        for each, arns in named.items():
            sends, *uses = self._statements[each].parts
            _name(sends, arns)
            for one in uses:
                _name(one, _in_policy_of_key(senders[each], arns))
        return True

    def policy(self, service: str) -> IDependable | None:
        return self._statements[service].policy

    def _begun(self, service: str, key: kms.IKey | None) -> _Statements:
        sends = _statement(service, [SQS_SEND_MESSAGE], arn_of(self._queue))
        policy = self._queue.add_to_resource_policy(sends).policy_dependable
        if key is None:
            return _Statements(policy, [sends])
        uses = _statement(service, SEND_QUEUE_KEY_ACTIONS, "*")  # in a key's policy: the key itself
        key.add_to_resource_policy(uses)
        return _Statements(policy, [sends, uses])


def _name(statement: iam.PolicyStatement, arns: Sequence[str]) -> None:
    # ArnEquals takes an asterisk as ArnLike does:
    # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
    statement.add_condition("ArnEquals", {SOURCE_ARN: arns[0] if len(arns) == 1 else [*arns]})


def _in_policy_of_key(senders: Mapping[str, _Sender], named: Sequence[str]) -> list[str]:
    """Name senders as the queue's policy does, but for those that are made after the key."""
    arns = (
        one.all_of if one.all_of and (one.has_key or arn not in named) else arn
        for arn, one in senders.items()
    )
    return [*dict.fromkeys(arns)]


def _fitting(senders: Mapping[str, Mapping[str, _Sender]]) -> dict[str, list[str]] | None:
    """Name all one by one; without room, all rules as one; then topics, too; or give it up."""
    for widely in ((), (EVENTS,), senders):
        named: dict[str, list[str]] = {}
        size = _LEFT_FOR_OTHERS + _AROUND_TOPICS * (len(senders) - 1)
        for service, some in senders.items():
            lengths = {
                (one.all_of if service in widely else None) or arn: one.bytes
                for arn, one in some.items()
            }
            named[service] = [*lengths]
            size += sum(lengths.values())
        if size <= QUEUE_POLICY_BYTES:
            return named
    return None


_ADMITTED: WeakKeyDictionary[sqs.IQueue, _Admitted] = WeakKeyDictionary()


def admit_rule(scope: Construct, queue: sqs.IQueue, rule_arn: str, bus: str | None = None) -> None:
    """Let a rule of the scope's, of the default event bus or of this one, send to a queue.

    Raises:
        ValueError: there is no room for it, nor for all rules.
    """
    if is_of_another_stack(scope, queue):
        rule_arn = all_rules_of(scope)
    length = _LONGEST_RULE + (0 if bus is None else _longest(bus) + len("/"))
    if not _admitted(queue).admit(EVENTS, rule_arn, _Sender(length, _all_rules())):
        raise _without_room(queue, "rules, in addition to the topics of other accounts")


def admit_topic(queue: sqs.IQueue, topic: sns.ITopic, service: str) -> IDependable | None:
    """Let a topic send to a queue, with its key; return the queue's policy.

    However many they are, topics of another account are admitted by name: who makes one there,
    this account does not decide.

    Raises:
        ValueError: there is no room for its name.
    """
    arn, place = topic.topic_arn, topic.env
    all_of = None
    if place.account in (queue.env.account, Aws.ACCOUNT_ID):
        all_of = Stack.of(queue).format_arn(
            service="sns", account=place.account, region=place.region, resource="*"
        )
    key = queue.encryption_master_key
    has_key = key is not None and getattr(topic, "master_key", None) is key
    sender = _Sender(_LONGEST_TOPIC if is_token(arn) else len(f'"{arn}",'), all_of, has_key)
    admitted = _admitted(queue)
    if not admitted.admit(service, arn, sender, key):
        raise _without_room(queue, "the name of another topic")
    return admitted.policy(service)


def _without_room(queue: sqs.IQueue, senders: str) -> ValueError:
    return ValueError(
        f"{queue.node.path}: its policy has no room for {senders}; SQS allows "
        f"{QUEUE_POLICY_BYTES} bytes: create a second gateway"
    )


def _admitted(queue: sqs.IQueue) -> _Admitted:
    known = _ADMITTED.get(queue)
    if known is None or known.is_rendered():
        known = _ADMITTED[queue] = _Admitted(queue)
    return known


def is_of_another_stack(scope: Construct, queue: sqs.IQueue) -> bool:
    """Whether a queue is made by another stack, which has its policy as well."""
    return isinstance(queue, sqs.Queue) and not are_in_one_stack(queue, scope)


def all_rules_of(scope: Construct) -> str:
    """Return the ARN of all rules of the account and Region of a construct's stack."""
    return known_scope(scope).arn("events", every("rule"))


def admit_rules(queue: sqs.IQueue) -> None:
    """Let the rules of this account leave in a queue what they could not hand over."""
    those = {"ArnLike": {SOURCE_ARN: _all_rules()}}
    call = OneCall(queue)
    statement = service_statement(EVENTS, [SQS_SEND_MESSAGE], arn_of(queue), those)
    call.call(queue, "addToResourcePolicy", statement)
    call.make(at_once=True)


def admit_event_bridge(key: kms.IKey | None) -> None:
    """Let EventBridge use the key of a queue that it sends to; an imported key's owner does so."""
    if key is not None:
        statement = _statement(EVENTS, SEND_ENCRYPTED_ACTIONS, "*")  # the key itself
        once_made(lambda: key.add_to_resource_policy(statement))


def _longest(bus: str) -> int:
    return EVENT_BUS_NAME_CHARACTERS if is_token(bus) else len(bus)


def _all_rules() -> str:
    return f"{arn_prefix('events')}{every('rule')}"


def _statement(
    service: str, actions: Sequence[str], resource: str, conditions: Mapping[str, Any] | None = None
) -> iam.PolicyStatement:
    is_of_a_region = service.count(".") > SNS.count(".")
    principal = (
        iam.ServicePrincipal.from_static_service_principle_name(service)
        if is_of_a_region
        else service_principal(service)
    )
    return iam.PolicyStatement(
        actions=[*actions], principals=[principal], resources=[resource], conditions=conditions
    )
