"""Where an event may go that a queue tells of."""

from __future__ import annotations

from typing import TypeAlias

from aws_cdk import aws_events as events
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs

RuleTarget: TypeAlias = events.IRuleTarget | lambda_.IFunction | sns.ITopic | sqs.IQueue
"""A Lambda function, an SNS topic, an SQS queue, or any target of ``aws_events_targets``."""
