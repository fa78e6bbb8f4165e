"""Spot rescue: what lost its last Spot host runs again on demand.

https://docs.aws.amazon.com/batch/latest/userguide/job_retries.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aws_cdk import Duration
from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sqs as sqs

from batch_constructs.aws import batch_events
from batch_constructs.aws.delivery import SQS_RETENTION_DAYS
from batch_constructs.aws.job_states import HOST_LOST
from batch_constructs.construct import BatchConstruct, arn_prefix
from batch_constructs.queues.queue_shares import is_fair_share
from batch_constructs.queues.reference import is_job_queue, job_queue_arn
from batch_constructs.shipped_function import ShippedFunction

if TYPE_CHECKING:
    from constructs import Construct

    from batch_constructs.queues.reference import AnyJobQueue


class SpotRescue(BatchConstruct):
    """Submits a job that lost its Spot host again, to a queue on demand, and only for that cause.

    A retry policy repeats a job on the same queue, where Spot capacity may be gone for long. When
    its last attempt failed with ``Host EC2 (instance …) terminated``, this submits the job to the
    rescue queue with all it was given; its own failures stay failures. It is named
    ``NAME-rescue-ID`` after the lost job, so that an event that is delivered twice makes one job.
    A lost child of an array becomes a job of its own, whose environment variable ``ARRAY_INDICES``
    names its index (``batch_constructs.client.message.array_index()`` reads it).

    A ``Workflow`` with a ``spot_rescue_queue`` rescues its jobs itself; use one of the two for the
    same jobs, or they run twice.

    Creates, below its own ID: ``Resource`` (AWS::Events::Rule), ``Function`` (``Handler``,
    ``Role``, ``LogGroup``), ``Permission`` and ``DeadLetterQueue``.

    Attributes:
        resource: The L1 rule.
        function: The ``lambda_.Function`` that submits.
        dead_letter_queue: Where events lie whose job could not be submitted again.

    Args:
        scope: The construct that this one belongs to, usually the stack.
        id: Its ID, unique in the scope.
        queue: The queue on Spot: ours, an ``aws_batch`` L2 or an L1.
        rescue_queue: The queue on demand: ours, an ``aws_batch`` L2 or an L1.
        job_definitions: Definitions of the jobs that may be rescued, as ARNs without a revision.
            Default: any of this account and Region, since any may be submitted to the queue.

    Raises:
        TypeError: a queue is none.
        ValueError: both queues are the same, or one has a scheduling policy and the other has none,
            so that it refuses the other's jobs.

    https://docs.aws.amazon.com/batch/latest/userguide/job_retries.html
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        queue: AnyJobQueue,
        rescue_queue: AnyJobQueue,
        job_definitions: list[str] | None = None,
    ) -> None:
        super().__init__(scope, id)
        for parameter, value in (("queue", queue), ("rescue_queue", rescue_queue)):
            if not is_job_queue(value):
                self._refuse(
                    TypeError,
                    scope,
                    f"{parameter} is {type(value).__name__}; expected a job queue of "
                    "batch_constructs or aws_cdk.aws_batch",
                )
        lost, rescued = job_queue_arn(queue), job_queue_arn(rescue_queue)
        if lost == rescued:
            self._refuse(
                ValueError,
                scope,
                "rescue_queue is the queue itself; name another, whose first environment is on "
                "demand",
            )
        if {is_fair_share(queue), is_fair_share(rescue_queue)} == {True, False}:
            self._refuse(
                ValueError,
                scope,
                "one of queue and rescue_queue has a scheduling policy and the other has none; AWS "
                "Batch demands a share identifier of every job of the first and refuses one in the "
                "second, so that no job could be rescued: give both a scheduling policy, or none",
            )
        self.dead_letter_queue = sqs.Queue(
            self,
            "DeadLetterQueue",
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=True,
            retention_period=Duration.days(SQS_RETENTION_DAYS),
        )
        self.function = ShippedFunction(
            self,
            "Function",
            folder="submission",
            module="rescue",
            description="Submits jobs that lost their Spot host again, on demand",
            environment={"RESCUE_QUEUE": rescued},
            statements=_statements(rescued, job_definitions),
            timeout=Duration.minutes(1),
        ).handler
        self.resource = events.CfnRule(
            self,
            "Resource",
            event_pattern=lost_host_pattern(lost),
            targets=[
                {
                    "id": "Rescue",
                    "arn": self.function.function_arn,
                    "deadLetterConfig": {"arn": self.dead_letter_queue.queue_arn},
                }
            ],
        )
        lambda_.CfnPermission(
            self,
            "Permission",
            action="lambda:InvokeFunction",
            function_name=self.function.function_arn,
            principal="events.amazonaws.com",
            source_arn=self.resource.attr_arn,
        )
        # what EventBridge could not hand over, and what the function could not submit
        lambda_.CfnEventInvokeConfig(
            self,
            "OnFailure",
            function_name=self.function.function_name,
            qualifier="$LATEST",
            maximum_retry_attempts=2,
            destination_config={"onFailure": {"destination": self.dead_letter_queue.queue_arn}},
        )
        self.dead_letter_queue.grant_send_messages(self.function)
        self.dead_letter_queue.add_to_resource_policy(
            iam.PolicyStatement(
                actions=["sqs:SendMessage"],
                principals=[iam.ServicePrincipal("events.amazonaws.com")],
                resources=[self.dead_letter_queue.queue_arn],
                conditions={"ArnEquals": {"aws:SourceArn": self.resource.attr_arn}},
            )
        )

    def _refuse(self, kind: type[Exception], scope: Construct, problem: str) -> None:
        path = self.node.path
        scope.node.try_remove_child(self.node.id)
        raise kind(f"{path}: {problem}")


def lost_host_pattern(queue_arn: str) -> dict[str, Any]:
    """Match the event of a job of a queue that failed because its host went away."""
    return {
        "source": [batch_events.SOURCE],
        "detail-type": [batch_events.JOB_STATE_CHANGE],
        "detail": {
            "jobQueue": [queue_arn],
            "status": ["FAILED"],
            "statusReason": [{"prefix": HOST_LOST}],
        },
    }


def _statements(queue_arn: str, definitions: list[str] | None) -> list[dict[str, Any]]:
    if definitions is None:
        allowed = [f"{arn_prefix('batch')}job-definition/*"]
    else:
        allowed = [arn for each in definitions for arn in (each, f"{each}:*")]
    return [
        {"Effect": "Allow", "Action": "batch:SubmitJob", "Resource": [queue_arn, *allowed]},
        # the job that is tagged as it is submitted has no ID yet
        {
            "Effect": "Allow",
            "Action": "batch:TagResource",
            "Resource": f"{arn_prefix('batch')}job/*",
        },
        # AWS knows no resources for ListJobs
        {"Effect": "Allow", "Action": "batch:ListJobs", "Resource": "*"},
    ]
