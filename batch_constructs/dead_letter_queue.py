"""Where what could not be delivered waits for a person."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from aws_cdk import RemovalPolicy

from batch_constructs.acknowledgements import tell_checkov
from batch_constructs.aws.delivery import SQS_RETENTION_DAYS
from batch_constructs.known_queue import know
from batch_constructs.one_call import OneCall, of

if TYPE_CHECKING:
    from aws_cdk import aws_sqs as sqs
    from constructs import Construct

_HIDDEN_SECONDS: Final = 360
"""How long a message that was received is hidden: six times as long as a function has that takes it
from there, as AWS advises for a mapping; the four minutes of a cost guard are fewer, too.

https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
"""


def dead_letter_queue(
    scope: Construct, *, removal_policy: RemovalPolicy | None = RemovalPolicy.DESTROY
) -> sqs.Queue:
    """Make the queue (ID ``DeadLetterQueue``): encrypted, over TLS only, kept for two weeks.

    Args:
        scope: Whose it is.
        removal_policy: What becomes of it with the stack; None says nothing in the template, and
            CloudFormation deletes it, too.
    """
    call = OneCall(scope)
    queue = call.add(
        "aws_sqs.Queue",
        "DeadLetterQueue",
        {
            "encryption": of("aws_sqs.QueueEncryption.SQS_MANAGED"),
            "enforceSSL": True,
            "retentionPeriod": of("Duration.days", SQS_RETENTION_DAYS),
            "visibilityTimeout": of("Duration.seconds", _HIDDEN_SECONDS),
            "removalPolicy": removal_policy,
        },
        tell=["queueArn"],
    )
    tell_checkov(queue, "AWS::SQS::Queue")
    made: sqs.Queue = queue.resource
    know(made, queue.attribute("queueArn"))
    return made


def redrive_command(letters: str, destination: str) -> str:
    """Return the command that sends dead letters to a queue, which are given by their ARNs.

    Without a destination, as in the console's "Redrive to source queue(s)", SQS knows none of what
    was sent to a dead-letter queue, by a function or by EventBridge, and the whole task fails with
    CouldNotDetermineMessageSource.

    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/troubleshooting-dlq-redrive.html
    """
    return f"aws sqs start-message-move-task --source-arn {letters} --destination-arn {destination}"
