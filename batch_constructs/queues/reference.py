"""Other people's job queues: the ARN and the name of ours, an L2 or an L1."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from batch_constructs.reference import Reference

if TYPE_CHECKING:
    from aws_cdk import aws_batch as batch
    from aws_cdk.interfaces import aws_batch as batch_interfaces
    from constructs import Construct

    from batch_constructs.queues.job_queue import JobQueueBase

    AnyJobQueue: TypeAlias = "JobQueueBase | batch.IJobQueue | batch_interfaces.IJobQueueRef"
    """Ours, an ``aws_batch`` L2 or an L1."""


_REFERENCE = Reference(noun="job queue", resource="job-queue", attribute="job_queue")


def is_job_queue(value: object) -> bool:
    """Whether a value is a job queue: ours, an L2 or an L1."""
    return _REFERENCE.fits(value)


def job_queue_arn(queue: AnyJobQueue) -> str:
    """Return the ARN of a job queue: ours, an L2 or an L1.

    Raises:
        TypeError: it is none of these.
    """
    return _REFERENCE.arn_of(queue)


def job_queue_name(arn: str) -> str:
    """Read the name out of a job queue's ARN; of a token, CloudFormation reads it."""
    return _REFERENCE.name(arn)


def jobs_of(queue: AnyJobQueue) -> str:
    """Return the ARN of all jobs in the account and the Region of a queue."""
    return _REFERENCE.beside(queue, "job", "*")


def imported_queue_arn(scope: Construct, id: str, arn: object) -> str:
    """Look at an ARN that a queue is taken in by.

    Raises:
        ValueError: it is no job queue's ARN.
    """
    return _REFERENCE.arn(scope, id, arn)


def named_queue_arn(scope: Construct, id: str, name: object) -> str:
    """Return the ARN of a queue of the scope's stack by its name.

    Raises:
        ValueError: it is no job queue's name.
    """
    return _REFERENCE.arn_of_name(scope, id, name)
