"""Topics that AWS's own services publish to: read as an argument, and opened to a service.

A topic under the AWS-managed key ``alias/aws/sns`` takes what a role publishes and drops, without a
word, what EventBridge or a CloudWatch alarm sends: that key's policy cannot admit a service.
https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html#compatibility-with-aws-services
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from batch_constructs.aws.actions import SNS_PUBLISH, SOURCE_ARN
from batch_constructs.aws.names import MANAGED_TOPIC_KEY
from batch_constructs.aws.role_actions import SEND_ENCRYPTED_ACTIONS
from batch_constructs.aws.service_principals import EVENTS
from batch_constructs.construct import arn_prefix, once_made, own_account
from batch_constructs.jsii_objects import has_member
from batch_constructs.known_scope import made_in
from batch_constructs.one_call import OneCall, service_statement

if TYPE_CHECKING:
    from aws_cdk import aws_sns as sns

    from batch_constructs.arguments import Arguments

_TOLD_HERE = (
    "alarms and rules only send to topics in their own Region: give one in this Region, such as "
    "AlertTopic(…)"
)


_ARNS: WeakKeyDictionary[Any, str] = WeakKeyDictionary()


def arn_of(topic: sns.ITopic) -> str:
    """Return the ARN of a topic, which is asked for once."""
    if topic not in _ARNS:
        _ARNS[topic] = topic.topic_arn
    return _ARNS[topic]


def admit(topic: sns.ITopic, service: str) -> None:
    """Let a service of this account publish to a topic, and use the topic's key.

    Policies of imported topics and keys are not ours: nothing is done to them.
    """
    once_made(lambda: _admit(topic, service))


def _admit(topic: sns.ITopic, service: str) -> None:
    # EventBridge sends no aws:SourceArn or aws:SourceAccount along to KMS, and AWS's samples put no
    # condition on it: one that does not hold would drop every message.
    unconditional = service == EVENTS
    alarms = {"ArnLike": {SOURCE_ARN: f"{arn_prefix('cloudwatch')}alarm:*"}}
    account = own_account()
    publish = [SNS_PUBLISH]
    call, key = OneCall(topic), topic.master_key
    statement = service_statement(service, publish, arn_of(topic), {} if unconditional else alarms)
    call.call(topic, "addToResourcePolicy", statement)
    if key is not None:
        # In a key's policy, `*` is the key itself.
        use = service_statement(
            service, SEND_ENCRYPTED_ACTIONS, "*", {} if unconditional else account
        )
        call.call(key, "addToResourcePolicy", use)
    call.make(at_once=True)


def topic_argument(arguments: Arguments, parameter: str, value: Any) -> Any:
    """Read a topic; refuse one whose encryption would drop what AWS's services send."""
    if value is None:
        return None
    if not has_member(value, "topic_arn"):
        return arguments.wrong_type(parameter, value, "an sns.ITopic, such as AlertTopic(…)")
    ours = made_in(value) is not None
    arn = "" if ours else str(value.topic_arn)
    if not arguments.of_this_region(parameter, value, arn, _TOLD_HERE) or ours:
        return value
    if is_fifo(value):
        return arguments.wrong_value(
            f"{parameter} is a FIFO topic, which accepts neither messages of CloudWatch alarms "
            "nor messages without a group; allowed: a standard topic: use AlertTopic(…)"
        )
    key: Any = getattr(value, "master_key", None)
    if key is not None and str(getattr(key, "key_id", "")).endswith(MANAGED_TOPIC_KEY):
        return arguments.wrong_value(
            f"{parameter} is encrypted with {MANAGED_TOPIC_KEY}, whose policy allows neither "
            "EventBridge nor CloudWatch alarms: their messages would be dropped silently; "
            "allowed: a topic with a key of your own or with none: use AlertTopic(…)"
        )
    return value


def is_fifo(topic: Any) -> bool:
    """Whether a topic is known to be FIFO: by its attribute, or by its name, imported."""
    made = getattr(topic, "fifo", None)
    return made is True or str(topic.topic_arn).endswith(".fifo")
