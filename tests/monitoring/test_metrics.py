"""AWS Batch's own metrics: their official names, on queues of every kind."""

from __future__ import annotations

import re

import pytest
from aws_cdk import Duration, Stack
from aws_cdk import aws_batch as batch

from batch_constructs import JobQueue, metrics_of
from batch_constructs.aws.metrics import NATIVE_METRICS
from batch_constructs.queues.job_queue_metrics import QueueMetrics
from tests.monitoring.conftest import l1_queue_in, queue_in

# The three tables of the user guide, "Using CloudWatch metrics with AWS Batch", 2026-10.
COUNTS = """
    JobsSubmitted JobsMovedToPending JobsMovedToRunnable JobsMovedToStarting JobsMovedToRunning
    JobsMovedToSucceeded JobsMovedToFailed JobsCancelled JobsTerminated JobsRetried
    JobsMovedToScheduled JobsPreempted
"""
DURATIONS = """
    JobSubmittedToRunnableDuration JobAttemptStartingToRunningDuration JobAttemptExecutionDuration
    JobAttemptDuration JobSubmittedToFirstStartingDuration JobAttemptRunnableToStartingDuration
    JobSubmittedToFirstScheduledDuration JobAttemptRunnableToScheduledDuration
    JobAttemptScheduledToStartingDuration
"""


def method_of(metric_name: str) -> str:
    return "metric_" + re.sub(r"(?<!^)(?=[A-Z])", "_", metric_name).lower()


def test_every_metric_of_the_user_guide_is_there_with_its_unit() -> None:
    assert {name: metric.unit for name, metric in NATIVE_METRICS.items()} == {
        **dict.fromkeys(COUNTS.split(), "COUNT"),
        **dict.fromkeys(DURATIONS.split(), "MILLISECONDS"),
    }


@pytest.mark.parametrize("name", [*COUNTS.split(), *DURATIONS.split()])
def test_every_metric_has_a_method_that_says_how_it_is_reported(
    stack: Stack, queue: JobQueue, name: str
) -> None:
    metric = getattr(queue, method_of(name))()

    assert (metric.namespace, metric.metric_name) == ("AWS/Batch", name)
    assert stack.resolve(metric.dimensions) == {"JobQueueName": stack.resolve(queue.job_queue_name)}
    assert metric.statistic == ("Sum" if name in COUNTS.split() else "Average")
    assert metric.period.to_minutes() == 5
    native = NATIVE_METRICS[name]
    text = getattr(QueueMetrics, method_of(name)).__doc__
    assert text.startswith(f"{native.tells}.")
    assert f"Published {native.published}." in text


def test_there_is_no_method_for_a_metric_that_does_not_exist() -> None:
    methods = {name for name in vars(QueueMetrics) if name.startswith("metric_")}

    assert methods == {method_of(name) for name in NATIVE_METRICS}


def test_no_metric_asks_for_a_unit(queue: JobQueue) -> None:
    """A unit that AWS publishes under another name would make the metric empty."""
    assert queue.metric_jobs_submitted().unit is None


def test_a_metric_can_be_read_otherwise(queue: JobQueue) -> None:
    metric = queue.metric_job_attempt_execution_duration(
        statistic="p90", period=Duration.hours(1), label="slow ones", color="#ff0000"
    )

    assert (metric.statistic, metric.period.to_hours()) == ("p90", 1)
    assert (metric.label, metric.color) == ("slow ones", "#ff0000")


@pytest.mark.parametrize("invented", ["RunningJobs", "FailedJobs", "JobQueueDepth"])
def test_a_metric_that_never_existed_is_refused_with_what_exists(
    queue: JobQueue, invented: str
) -> None:
    with pytest.raises(ValueError, match=f'metric_name is "{invented}"; allowed') as refusal:
        queue.metric(invented)

    assert "JobsMovedToFailed" in str(refusal.value)
    assert "JobGauges" in str(refusal.value)


def test_a_misspelt_option_is_refused(queue: JobQueue) -> None:
    with pytest.raises(TypeError, match="statistik"):
        queue.metric_jobs_retried(statistik="Sum")  # type: ignore[call-arg]


def test_metrics_work_on_imported_l2_and_l1_queues(stack: Stack) -> None:
    arn = "arn:aws:batch:us-east-1:123456789012:job-queue/there"
    imported = JobQueue.from_job_queue_arn(stack, "Imported", arn)
    l2 = batch.JobQueue.from_job_queue_arn(stack, "L2", arn)
    l1 = l1_queue_in(stack)
    ours = queue_in(stack)

    for queue in (imported, l2):
        metric = metrics_of(queue).metric_jobs_submitted()
        assert metric.dimensions == {"JobQueueName": "there"}
    name = metrics_of(l1).metric_jobs_submitted().dimensions or {}
    assert stack.resolve(name["JobQueueName"]) == {
        "Fn::Select": [1, {"Fn::Split": ["/", {"Ref": "L1"}]}]
    }
    assert metrics_of(ours) is ours


def test_what_is_no_queue_has_no_metrics(stack: Stack) -> None:
    with pytest.raises(TypeError, match="expected a job queue"):
        metrics_of(stack)  # type: ignore[arg-type]
