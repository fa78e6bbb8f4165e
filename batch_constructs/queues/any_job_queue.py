"""Any job queue, ours, an ``aws_batch`` L2 or an L1: its ARN, its name, its metrics and its events.

https://docs.aws.amazon.com/batch/latest/userguide/job_queues.html
"""

from __future__ import annotations

from typing import Any, TypeAlias, cast

from aws_cdk import aws_batch as batch
from aws_cdk.interfaces import aws_batch as batch_interfaces
from constructs import Construct, Node

from batch_constructs.queues.job_queue import JobQueue
from batch_constructs.queues.job_queue_events import QueueEvents
from batch_constructs.queues.job_queue_metrics import QueueMetrics
from batch_constructs.reference import JOB_QUEUE

AnyJobQueue: TypeAlias = JobQueue | batch.IJobQueue | batch_interfaces.IJobQueueRef
"""Ours, an ``aws_batch`` L2 or an L1."""


def is_job_queue(value: object) -> bool:
    """Whether a value is a job queue: ours, an L2 or an L1."""
    return JOB_QUEUE.fits(value)


def job_queue_arn(queue: AnyJobQueue) -> str:
    """Return the ARN of a job queue: ours, an L2 or an L1.

    Raises:
        TypeError: it is none of these.
    """
    return JOB_QUEUE.arn_of(queue)


def job_queue_name(arn: str) -> str:
    """Read the name out of a job queue's ARN; of a token, CloudFormation reads it."""
    return JOB_QUEUE.name(arn)


class _OtherQueue(QueueMetrics, QueueEvents):
    """An L2 or an L1 queue: its rules are made below it, or beside one that is imported."""

    def __init__(self, queue: AnyJobQueue) -> None:
        self._queue: Any = queue
        self._arn = job_queue_arn(queue)

    @property
    def job_queue_arn(self) -> str:
        return self._arn

    @property
    def job_queue_name(self) -> str:
        return job_queue_name(self._arn)

    @property
    def node(self) -> Node:
        """The queue's place in the tree."""
        node: Node = self._queue.node
        return node

    def _whose(self) -> object:
        return self._queue

    def _scope(self) -> Construct:
        if isinstance(self._queue, Construct):
            return self._queue
        beside, name = self._queue.node.scope, f"{self._queue.node.id}Rules"
        known = cast("Construct | None", beside.node.try_find_child(name))
        return Construct(beside, name) if known is None else known


def events_of(queue: AnyJobQueue) -> QueueEvents:
    """Return the ``on_*`` methods for any job queue: ours, an ``aws_batch`` L2 or an L1.

    The rules are created below the queue or, for an imported L2, below ``QUEUERules`` next to it.

    Raises:
        TypeError: it is not a job queue.
    """
    return queue if isinstance(queue, QueueEvents) else _OtherQueue(queue)


def metrics_of(queue: AnyJobQueue | QueueMetrics) -> QueueMetrics:
    """Return the metrics of any job queue: ours, an ``aws_batch`` L2 or an L1.

    Raises:
        TypeError: it is not a job queue.
    """
    return queue if isinstance(queue, QueueMetrics) else _OtherQueue(queue)
