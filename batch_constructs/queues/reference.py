"""Other people's job queues: the ARN and the name of ours, an L2 or an L1."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from batch_constructs.offers import offers

if TYPE_CHECKING:
    from aws_cdk import aws_batch as batch
    from aws_cdk.interfaces import aws_batch as batch_interfaces

    from batch_constructs.queues.job_queue import JobQueueBase

    AnyJobQueue: TypeAlias = "JobQueueBase | batch.IJobQueue | batch_interfaces.IJobQueueRef"
    """Ours, an ``aws_batch`` L2 or an L1."""


def is_job_queue(value: object) -> bool:
    """Whether a value is a job queue: ours, an L2 or an L1."""
    return offers(value, "job_queue_arn") or offers(value, "job_queue_ref")


def job_queue_arn(queue: AnyJobQueue) -> str:
    """Return the ARN of a job queue: ours, an L2 or an L1.

    Raises:
        TypeError: it is none of these.
    """
    known: Any = queue
    if offers(known, "job_queue_arn"):
        return str(known.job_queue_arn)
    if offers(known, "job_queue_ref"):
        return str(known.job_queue_ref.job_queue_arn)
    raise TypeError(
        f"queue is {type(queue).__name__}; expected a job queue of batch_constructs or "
        "aws_cdk.aws_batch, or JobQueue.from_job_queue_arn(…)"
    )


def job_queue_name(arn: str) -> str:
    """Read the name out of a job queue's ARN; of a token, CloudFormation reads it."""
    if ":job-queue/" in arn:
        return arn.split(":job-queue/", 1)[1]
    from aws_cdk import Fn  # noqa: PLC0415  # the CDK is loaded when a construct is made

    return Fn.select(1, Fn.split("/", arn))
