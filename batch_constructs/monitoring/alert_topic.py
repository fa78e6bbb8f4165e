"""Topics that AWS's own services may publish to, encrypted.

A topic under the AWS-managed key ``alias/aws/sns`` takes what a role publishes and drops, without a
word, what EventBridge or a CloudWatch alarm sends: that key's policy cannot admit a service.
https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html#compatibility-with-aws-services
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aws_cdk import Aws, RemovalPolicy
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sns as sns

from batch_constructs.arguments import Arguments
from batch_constructs.aws.service_principals import ALARMS, EVENTS
from batch_constructs.construct import BatchConstruct, arn_prefix, once_made
from batch_constructs.jsii_objects import has_member

if TYPE_CHECKING:
    from collections.abc import Mapping

    from constructs import Construct


_AWS_MANAGED = "alias/aws/sns"
_USE = ("kms:Decrypt", "kms:GenerateDataKey*")


class AlertTopic(BatchConstruct):
    """An SNS topic for alarms and notifications, encrypted with a key those services may use.

    Creates, below its own ID: ``Key`` (AWS::KMS::Key) and ``Topic`` (AWS::SNS::Topic with its
    policy). The key costs 1 USD a month; give one topic to everything that alerts.

    Attributes:
        topic: The topic; takes publishers over TLS only.
        key: The key, rotated every year.

    Args:
        scope: The construct that this one belongs to, usually the stack.
        id: Its ID, unique in the scope.
        display_name: What mails are sent as. Default: the topic's name.
        topic_name: A physical name. Default: one that CloudFormation generates.

    Raises:
        TypeError: arguments of a wrong type; all at once.

    https://docs.aws.amazon.com/sns/latest/dg/sns-server-side-encryption.html
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        display_name: str | None = None,
        topic_name: str | None = None,
    ) -> None:
        super().__init__(scope, id)
        arguments = Arguments(self)
        arguments.text("display_name", display_name)
        arguments.text("topic_name", topic_name)
        arguments.refuse()

        self.key = kms.Key(
            self,
            "Key",
            description="Alerts of AWS Batch",
            enable_key_rotation=True,
            removal_policy=RemovalPolicy.DESTROY,  # what it encrypted is delivered or gone
        )
        self.topic = sns.Topic(
            self,
            "Topic",
            display_name=display_name,
            topic_name=topic_name,
            master_key=self.key,
            enforce_ssl=True,
        )
        admit(self.topic, EVENTS)
        admit(self.topic, ALARMS)


def admit(topic: sns.ITopic, service: str) -> None:
    """Let a service of this account publish to a topic, and use the topic's key.

    Policies of imported topics and keys are not ours: nothing is done to them.
    """
    # EventBridge sends no aws:SourceArn or aws:SourceAccount along to KMS, and AWS's samples put no
    # condition on it: one that does not hold would drop every message.
    unconditional = service == EVENTS
    alarms = {"ArnLike": {"aws:SourceArn": f"{arn_prefix('cloudwatch')}alarm:*"}}
    account = {"StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID}}
    publish = _statement(service, ["sns:Publish"], topic.topic_arn, {} if unconditional else alarms)
    once_made(lambda: topic.add_to_resource_policy(publish))
    key = topic.master_key
    if key is not None:
        # In a key's policy, `*` is the key itself.
        use = _statement(service, _USE, "*", {} if unconditional else account)
        once_made(lambda: key.add_to_resource_policy(use))


def topic_argument(arguments: Arguments, parameter: str, value: object) -> Any:
    """Read a topic; refuse one whose encryption would drop what AWS's services send."""
    if value is None:
        return None
    if isinstance(value, AlertTopic):
        return value.topic
    if not has_member(value, "topic_arn"):
        return arguments.wrong_type(parameter, value, "an sns.ITopic or an AlertTopic")
    if _is_fifo(value):
        return arguments.wrong_value(
            f"{parameter} is a FIFO topic, which takes neither what CloudWatch alarms send nor a "
            "message without a group; allowed is a standard topic: use AlertTopic(…)"
        )
    key: Any = getattr(value, "master_key", None)
    if key is not None and str(getattr(key, "key_id", "")).endswith(_AWS_MANAGED):
        return arguments.wrong_value(
            f"{parameter} is encrypted with {_AWS_MANAGED}, whose policy admits neither "
            "EventBridge nor CloudWatch alarms: their messages would be dropped silently; allowed "
            "is a topic with a key of your own or with none: use AlertTopic(…)"
        )
    return value


def _is_fifo(topic: Any) -> bool:
    """Whether a topic is known to be FIFO: by its attribute, or by its name, imported."""
    made = getattr(topic, "fifo", None)
    return made is True or str(topic.topic_arn).endswith(".fifo")


def _statement(
    service: str, actions: list[str] | tuple[str, ...], resource: str, conditions: Mapping[str, Any]
) -> iam.PolicyStatement:
    return iam.PolicyStatement(
        principals=[iam.ServicePrincipal(service)],
        actions=list(actions),
        resources=[resource],
        conditions=dict(conditions),
    )
