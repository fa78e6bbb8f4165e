"""Where an event may go that a queue tells of."""

from __future__ import annotations

from typing import Any, Protocol, TypeAlias

from aws_cdk import aws_events as events
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs


class BoundTarget(Protocol):
    """A target of ``aws_events_targets``, whatever jsii calls the parameters of its class."""

    def bind(self, rule: Any, id: str | None = ..., /) -> events.RuleTargetConfig:
        """Bind it to a rule."""


RuleTarget: TypeAlias = (
    events.IRuleTarget
    | BoundTarget
    | lambda_.IFunction
    | lambda_.Function
    | sns.ITopic
    | sns.Topic
    | sqs.IQueue
    | sqs.Queue
)
"""A Lambda function, an SNS topic, an SQS queue, or any target of ``aws_events_targets``."""
