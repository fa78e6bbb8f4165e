"""Where what could not be delivered waits for a person."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_sqs as sqs

from batch_constructs.aws.delivery import SQS_RETENTION_DAYS

if TYPE_CHECKING:
    from constructs import Construct


def dead_letter_queue(scope: Construct) -> sqs.Queue:
    """Make the queue (ID ``DeadLetterQueue``): encrypted, over TLS only, kept for two weeks."""
    return sqs.Queue(
        scope,
        "DeadLetterQueue",
        encryption=sqs.QueueEncryption.SQS_MANAGED,
        enforce_ssl=True,
        retention_period=Duration.days(SQS_RETENTION_DAYS),
        removal_policy=RemovalPolicy.DESTROY,
    )
