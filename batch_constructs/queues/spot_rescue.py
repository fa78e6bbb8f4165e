"""Spot rescue: what lost its last Spot host runs again on demand.

https://docs.aws.amazon.com/batch/latest/userguide/job_retries.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aws_cdk import Duration
from aws_cdk import aws_events as events
from aws_cdk import aws_lambda as lambda_

from batch_constructs.aws import batch_events
from batch_constructs.aws.actions import (
    BATCH_DESCRIBE_JOB_QUEUES,
    BATCH_DESCRIBE_JOBS,
    BATCH_LIST_JOBS,
    LAMBDA_INVOKE_FUNCTION,
)
from batch_constructs.aws.delivery import LAMBDA_EVENT_AGE_SECONDS, LAMBDA_RETRIES
from batch_constructs.aws.event_pattern import OR
from batch_constructs.aws.job_states import CAPACITY_LOST, DEPENDENCY_FAILED, JobState
from batch_constructs.aws.names import LATEST_VERSION
from batch_constructs.aws.service_principals import EVENTS
from batch_constructs.by_way_of import let_put_aside_and_take_back
from batch_constructs.claims_table import ClaimsTable
from batch_constructs.construct import BatchConstruct
from batch_constructs.dead_letter_queue import dead_letter_queue
from batch_constructs.function_alarms import WatchedFunction, watch
from batch_constructs.jobs.submit_rights import jobs_of, submit_statements
from batch_constructs.queue_senders import admit_rule
from batch_constructs.reference import JOB_QUEUE
from batch_constructs.shipped_function import ShippedFunction

if TYPE_CHECKING:
    from collections.abc import Sequence

    from constructs import Construct

    from batch_constructs.function_settings import FunctionSettings
    from batch_constructs.queues.any_job_queue import AnyJobQueue


class SpotRescue(BatchConstruct):
    """Submits a job that lost its Spot host again, to a queue on demand, and only for that cause.

    ``JobQueue(spot_rescue_queue=…)`` makes it, and has it as ``spot_rescue``.

    A retry policy repeats a job on the same queue, where Spot capacity may be gone for long. When
    its last attempt failed with ``Host EC2 (instance …) terminated``, or on Fargate Spot with
    ``Your Spot Task was interrupted.``, this submits the job to the rescue queue with all it was
    given, whoever submitted it with whatever attempts; its own failures stay failures. It is named
    ``NAME-rescue-ID`` after the lost job, and an event that is delivered twice makes one job. A job
    is rescued three times at most, so that two queues that rescue each other's jobs come to an end:
    ``BATCH_RESCUES`` in its environment counts.
    A job that failed since one it waited for was lost is submitted again too, to wait for what
    runs instead, an array as an array and a child (``N_TO_N``) as a job: one of this queue to the
    rescue queue, one of another queue to its own. There the function needs to be allowed:
    ``other.grant_submit(queue.spot_rescue.function, definition)``; where it is not, or where AWS
    Batch cannot be told what to wait for, it lies in the dead-letter queue with what to do.
    A lost child of an array becomes a job of its own, whose environment variable ``ARRAY_INDICES``
    names its index (``batch_constructs.client.message.array_index()`` reads it).

    Creates, below its own ID: ``Resource`` (AWS::Events::Rule), ``Function`` (``Handler``,
    ``Role``, ``LogGroup``), ``Claims`` (AWS::DynamoDB::Table), ``Permission``, ``OnFailure`` and
    ``DeadLetterQueue``; ``Alarms`` where ``function_settings`` names a topic.

    Attributes:
        rescue_queue: The queue where lost jobs run again.
        resource: The L1 rule.
        function: The ``lambda_.Function`` that submits.
        dead_letter_queue: Where events lie whose job could not be submitted again.
        watched_function: What ``BatchMonitoring(functions=…)`` watches.

    Args:
        scope: The queue on Spot.
        id: Its ID, unique in the scope.
        queue_arn: The ARN of that queue.
        rescue_queue: The queue on demand.
        submit_resources: What the submissions are authorized against.
        function_settings: How the function runs.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        queue_arn: str,
        rescue_queue: AnyJobQueue,
        submit_resources: Sequence[str],
        function_settings: FunctionSettings,
    ) -> None:
        super().__init__(scope, id)
        self.rescue_queue = rescue_queue
        rescue_queue_arn = JOB_QUEUE.arn_of(rescue_queue)
        self.dead_letter_queue = dead_letter_queue(self, removal_policy=None)
        claims = ClaimsTable(self, function_settings)
        shipped = ShippedFunction(
            self,
            "Function",
            folder="submission",
            module="rescue",
            description="Submits jobs that lost their Spot host again, on demand",
            environment={
                "SPOT_QUEUE": queue_arn,
                "RESCUE_QUEUE": rescue_queue_arn,
                **claims.environment(),
            },
            statements=[
                *submit_statements(submit_resources, jobs_of(rescue_queue)),
                # AWS knows no resources for any of them
                {
                    "Effect": "Allow",
                    "Action": [BATCH_DESCRIBE_JOB_QUEUES, BATCH_DESCRIBE_JOBS, BATCH_LIST_JOBS],
                    "Resource": "*",
                },
                *claims.statements(),
            ],
            timeout=Duration.minutes(1),
            settings=function_settings,
            way_out="name fewer definitions in spot_rescue_job_definitions, or let several jobs "
            "share one",
        )
        self.function = shipped.handler
        self.resource = events.CfnRule(
            self,
            "Resource",
            event_pattern=lost_host_pattern(queue_arn),
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
            action=LAMBDA_INVOKE_FUNCTION,
            function_name=self.function.function_arn,
            principal=EVENTS,
            source_arn=self.resource.attr_arn,
        )
        # what EventBridge could not hand over, and what the function could not submit
        lambda_.CfnEventInvokeConfig(
            self,
            "OnFailure",
            function_name=self.function.function_name,
            qualifier=LATEST_VERSION,
            maximum_retry_attempts=LAMBDA_RETRIES,
            maximum_event_age_in_seconds=LAMBDA_EVENT_AGE_SECONDS,
            destination_config={"onFailure": {"destination": self.dead_letter_queue.queue_arn}},
        )
        self.watched_function = WatchedFunction(
            handler=self.function,
            dead_letter_queue=self.dead_letter_queue,
            rules=[self.resource],
        )
        watch(self, self.watched_function, None, function_settings)
        # back, too: so that the queue can be mapped to the function
        let_put_aside_and_take_back(shipped.role, self.dead_letter_queue)
        admit_rule(self, self.dead_letter_queue, self.resource.attr_arn)


def lost_host_pattern(queue_arn: str) -> dict[str, Any]:
    """Match a job of a queue that lost its host, and one of any queue that failed with another."""
    return {
        "source": [batch_events.SOURCE],
        "detail-type": [batch_events.JOB_STATE_CHANGE],
        "detail": {
            "status": [JobState.FAILED],
            OR: [
                {
                    "jobQueue": [queue_arn],
                    "statusReason": [{"prefix": reason} for reason in CAPACITY_LOST],
                },
                {"statusReason": [{"prefix": DEPENDENCY_FAILED}]},
            ],
        },
    }
