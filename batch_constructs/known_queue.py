"""What is known of an SQS queue: asked once, and of one that was made here not at all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from batch_constructs.one_call import members

if TYPE_CHECKING:
    from aws_cdk import aws_kms as kms
    from aws_cdk import aws_sqs as sqs

_KNOWN: WeakKeyDictionary[Any, tuple[str, Any]] = WeakKeyDictionary()
"""Queue → its ARN, and its key or None."""


def know(queue: sqs.IQueue, arn: str) -> None:
    """Note the ARN of a queue that has no key."""
    _KNOWN[queue] = arn, None


def arn_of(queue: sqs.IQueue) -> str:
    """Return the ARN of a queue."""
    return _seen(queue)[0]


def key_of(queue: sqs.IQueue) -> kms.IKey | None:
    """Return the key of a queue, if it has one."""
    key: kms.IKey | None = _seen(queue)[1]
    return key


def _seen(queue: Any) -> tuple[str, Any]:
    if queue not in _KNOWN:
        arn, key = members(queue, "queueArn", "encryptionMasterKey")
        _KNOWN[queue] = arn, key
    return _KNOWN[queue]
