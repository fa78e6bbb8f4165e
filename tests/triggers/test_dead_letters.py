"""What could not be delivered is kept as long as SQS keeps anything."""

from __future__ import annotations

from typing import Any

from aws_cdk import Stack

from batch_constructs import (
    ComputeEnvironment,
    EventTrigger,
    JobNotifications,
    JobQueue,
    ScheduleTrigger,
    SubmissionGateway,
)
from tests.triggers.conftest import QUEUE, resources

TWO_WEEKS = 14 * 24 * 3600


def test_every_message_that_waits_for_a_person_waits_two_weeks(
    stack: Stack, queue: Any, definition: Any
) -> None:
    submit: dict[str, Any] = {"queue": queue, "job_definition": definition}
    other = JobQueue.from_job_queue_arn(stack, "Other", f"{QUEUE}-on-demand")
    EventTrigger(stack, "Event", event_pattern={"source": ["mine"]}, **submit)
    ScheduleTrigger(stack, "Schedule", schedule="rate(1 hour)", **submit)
    SubmissionGateway(stack, "Gateway", **submit)
    environment = ComputeEnvironment.from_compute_environment_name(stack, "Environment", "spot")
    JobQueue(stack, "Spot", compute_environments=[environment], spot_rescue_queue=other)
    JobNotifications(stack, "Notify", queues=[queue])

    kept = {
        name[:-8]: queue.get("MessageRetentionPeriod")
        for name, queue in resources(stack, "AWS::SQS::Queue").items()
    }

    assert kept == dict.fromkeys(
        [
            "EventDeadLetterQueue",
            "ScheduleDeadLetterQueue",
            "GatewayDeadLetterQueue",
            "GatewaySourceQueue",
            "SpotSpotRescueDeadLetterQueue",
            "NotifyDeadLetterQueue",
        ],
        TWO_WEEKS,
    )
