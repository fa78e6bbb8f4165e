"""The function that tells people when a queue is idle, and its schedule."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aws_cdk import Duration

from batch_constructs.aws.actions import BATCH_DESCRIBE_JOBS, BATCH_LIST_JOBS
from batch_constructs.aws.bound import Whole
from batch_constructs.by_way_of import let_publish
from batch_constructs.construct import BatchConstruct
from batch_constructs.dead_letter_queue import dead_letter_queue
from batch_constructs.function_alarms import WatchedFunction, watch
from batch_constructs.monitoring.own_schedule import run_every
from batch_constructs.shipped_function import ShippedFunction

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aws_cdk import aws_sns as sns
    from constructs import Construct

    from batch_constructs.claims_table import ClaimsTable
    from batch_constructs.function_settings import FunctionSettings

_A_DAY_MINUTES = 24 * 60
_EVERY_MINUTES = 5
IDLE_MINUTES = Whole(_EVERY_MINUTES, _A_DAY_MINUTES, unit="minutes")
"""How long a queue may have nothing to do before somebody is told: between two looks, or more."""

READ_JOBS: dict[str, Any] = {
    "Effect": "Allow",
    "Action": [BATCH_LIST_JOBS, BATCH_DESCRIBE_JOBS],
    # Neither action takes a resource: AWS demands `*`.
    "Resource": "*",
}


class IdleNotices(BatchConstruct):
    """Looks at queues every five minutes.

    Creates, below its own ID: ``Function`` (Lambda, its role and log group), ``Schedule``
    (AWS::Events::Rule) and ``DeadLetterQueue`` (AWS::SQS::Queue).
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        queue_arns: Sequence[str],
        idle_seconds: int,
        topic: sns.ITopic,
        claims: ClaimsTable,
        alarm_topic: sns.ITopic | None,
        settings: FunctionSettings,
    ) -> None:
        super().__init__(scope, id)
        dead_letters, pause = dead_letter_queue(self), Duration.minutes(_EVERY_MINUTES)
        shipped = ShippedFunction(
            self,
            "Function",
            folder="job_events",
            module="idle_queue",
            description="Reports AWS Batch queues that are idle",
            environment={
                "TOPIC_ARN": topic.topic_arn,
                "QUEUES": list(queue_arns),
                "IDLE_SECONDS": str(idle_seconds),
                **claims.environment(),
            },
            statements=[*claims.statements(), READ_JOBS],
            timeout=Duration.minutes(2),
            settings=settings,
            dead_letter_queue=dead_letters,
            event_age=pause,
            retry_attempts=0,  # the next look makes up for it
        )
        let_publish(shipped.role, topic)
        schedule = run_every(
            self,
            pause,
            shipped.handler,
            dead_letters,
            description="Checks whether AWS Batch queues are idle",
        )
        self.watched_function = WatchedFunction(
            handler=shipped.handler,
            dead_letter_queue=dead_letters,
            runs_every_seconds=int(pause.to_seconds()),
            rules=[schedule],
        )
        watch(self, self.watched_function, alarm_topic, settings)
