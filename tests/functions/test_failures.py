"""What the page on failures says of pieces that no other test shows."""

from __future__ import annotations

import json
from importlib import import_module
from typing import Any

import aws_cdk as cdk
import pytest

from batch_constructs import JobGauges, JobQueue
from batch_constructs.functions.gauges import publish
from batch_constructs.functions.gauges.reading import QueueReading


class Context:
    aws_request_id = "5a1f"

    def get_remaining_time_in_millis(self) -> int:
        return 60_000


@pytest.mark.parametrize(
    "module", ["job_events.notify", "job_events.count", "submission.submit", "submission.rescue"]
)
def test_an_event_that_cannot_be_read_fails_alone(module: str) -> None:
    """Lambda keeps it, or SQS where it comes from there, and its neighbours are not told of."""
    handler: Any = import_module(f"batch_constructs.functions.{module}").handler
    batch = {"Records": [{"messageId": "odd", "body": "{"}]}

    assert handler(batch, Context()) == {"batchItemFailures": [{"itemIdentifier": "odd"}]}
    with pytest.raises(Exception, match=r".+"):
        handler({"detail": "odd", "parameters": 1}, Context())


def test_a_reading_that_stands_is_not_taken_again() -> None:
    """A run that could not read one queue fails, and the vCPUs of the others are a sum."""
    app = cdk.App(builtin_cloud_formation_validation=False)
    stack = cdk.Stack(app, "Stack")
    arn = "arn:aws:batch:us-east-1:123456789012:job-queue/nightly"
    JobGauges(stack, "Gauges", queues=[JobQueue.from_job_queue_arn(stack, "Queue", arn)])

    resources = app.synth().get_stack_by_name("Stack").template["Resources"].values()

    (config,) = [one for one in resources if one["Type"] == "AWS::Lambda::EventInvokeConfig"]
    assert config["Properties"]["MaximumRetryAttempts"] == 0
    (rule,) = [one for one in resources if one["Type"] == "AWS::Events::Rule"]
    (target,) = rule["Properties"]["Targets"]
    assert target["RetryPolicy"]["MaximumRetryAttempts"] == 0


def test_a_reading_carries_the_time_at_which_it_was_taken() -> None:
    """A metric counts for its own time, in whatever order the log is read."""
    reading = QueueReading(
        name="nightly",
        jobs={"RUNNING": 1},
        counted_all=True,
        head_age_seconds=0,
        vcpus=4,
        max_vcpus=None,
        shares={"blue": 4},
    )

    lines = list(publish.queue_lines(reading, namespace="Ours", now=1000.5, per_share=True))

    assert [json.loads(line)["_aws"]["Timestamp"] for line in lines] == [1_000_500, 1_000_500]
