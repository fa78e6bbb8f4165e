"""The topic that alerts go to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import RemovalPolicy
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sns as sns

from batch_constructs.arguments import Arguments
from batch_constructs.aws.quotas import TOPIC_DISPLAY_NAME, TOPIC_NAME
from batch_constructs.aws.service_principals import ALARMS, EVENTS
from batch_constructs.construct import BatchConstruct
from batch_constructs.one_call import members
from batch_constructs.topic import admit

if TYPE_CHECKING:
    from constructs import Construct


if TYPE_CHECKING:  # jsii names parameters of protocols otherwise: pyright wants it said

    class _Topic(sns.Topic, sns.ITopic):
        pass
else:
    _Topic = sns.Topic


class AlertTopic(BatchConstruct, _Topic):
    """An SNS topic for alarms and notifications, encrypted with a key those services may use.

    It is an ``sns.Topic`` (``add_subscription``, ``topic_arn``, ``grant_publish``, …) that can only
    be used over TLS.

    Creates, below its own ID: ``Resource`` (AWS::SNS::Topic), ``Policy`` (AWS::SNS::TopicPolicy)
    and ``Key`` (AWS::KMS::Key). The key costs 1 USD a month; use one topic for all alerts.

    Attributes:
        master_key: The key, rotated every year.

    Args:
        scope: The parent construct, usually the stack.
        id: Its ID, unique in the scope.
        display_name: The sender name of e-mails, up to 100 characters. Default: the topic's name.
        topic_name: A physical name: up to 256 letters, digits, ``-`` and ``_``. Default: one
            that CloudFormation generates.

    Raises:
        ValueError: SNS would refuse the name.
        TypeError: arguments of the wrong type; all of them are listed.

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
        arguments = Arguments(self)
        named = {
            "display_name": arguments.text("display_name", display_name, bound=TOPIC_DISPLAY_NAME),
            "topic_name": arguments.text("topic_name", topic_name, bound=TOPIC_NAME),
        }
        options = {} if any(map(arguments.is_wrong, named)) else named
        super().__init__(scope, id, enforce_ssl=True, **options)
        arguments.refuse()

        self._key = kms.Key(
            self,
            "Key",
            description="Alerts of AWS Batch",
            enable_key_rotation=True,
            removal_policy=RemovalPolicy.DESTROY,  # what it encrypted is delivered or gone
        )
        [topic] = members(self, "node.defaultChild")
        topic.kms_master_key_id = self._key.key_arn
        admit(self, EVENTS)
        admit(self, ALARMS)

    @property
    def master_key(self) -> kms.Key:
        """The key, rotated every year."""
        return self._key
