"""Whatever watches other queues than it was asked about is refused: it would stay silent."""

from __future__ import annotations

from typing import Any

import pytest
from aws_cdk import App, Environment, Stack
from aws_cdk import aws_batch as batch
from aws_cdk import aws_sns as sns

from batch_constructs import (
    BatchDashboard,
    BatchMonitoring,
    ComputeEnvironment,
    JobCounters,
    JobEventLog,
    JobGauges,
    JobNotifications,
    JobQueue,
)
from batch_constructs.queues.any_job_queue import metrics_of
from tests.monitoring.conftest import queue_in

FAR = "arn:aws:batch:eu-west-1:210987654321:job-queue/far"


@pytest.fixture
def other(stack: Stack) -> JobQueue:
    return queue_in(stack, "Daily", "daily")


def test_gauges_of_other_queues_carry_no_alarms(
    stack: Stack, queue: JobQueue, other: JobQueue
) -> None:
    gauges = JobGauges(stack, "Gauges", queues=[other])

    with pytest.raises(ValueError, match="gauges does not cover Nightly"):
        BatchMonitoring(stack, "Monitoring", queues=[queue], gauges=gauges)
    with pytest.raises(ValueError, match="gauges does not cover Nightly"):
        BatchDashboard(stack, "Dashboard", queues=[queue], gauges=gauges)


def test_counters_of_other_queues_are_not_drawn(
    stack: Stack, queue: JobQueue, other: JobQueue
) -> None:
    counters = JobCounters(stack, "Counters", queues=[other])

    with pytest.raises(ValueError, match="counters does not cover Nightly"):
        BatchDashboard(stack, "Dashboard", queues=[queue], counters=counters)
    with pytest.raises(ValueError, match="queue is Platform/Nightly, which is not counted here"):
        counters.metric_jobs_failed(queue)


def test_a_gauge_of_what_is_not_read_is_refused(
    stack: Stack, queue: JobQueue, other: JobQueue, environment: ComputeEnvironment
) -> None:
    gauges = JobGauges(stack, "Gauges", queues=[other])

    with pytest.raises(ValueError, match="queue is Platform/Nightly, which is not read"):
        gauges.metric(queue, "VcpusInUse")
    with pytest.raises(
        ValueError,
        match="compute_environment is Platform/Spot, which is not",
    ):
        gauges.metric_compute_environment(environment, "MaxVcpus")


def test_environments_without_gauges_are_refused(
    stack: Stack, queue: JobQueue, environment: ComputeEnvironment
) -> None:
    with pytest.raises(ValueError, match="compute_environments is given without gauges"):
        BatchMonitoring(stack, "Monitoring", queues=[queue], compute_environments=[environment])


def test_a_fifo_topic_is_refused(stack: Stack, queue: JobQueue) -> None:
    made = sns.Topic(stack, "Made", fifo=True)
    arn = "arn:aws:sns:us-east-1:123456789012:order.fifo"
    imported = sns.Topic.from_topic_arn(stack, "Imported", arn)

    with pytest.raises(ValueError, match="Platform/Notify: topic is a FIFO topic"):
        JobNotifications(stack, "Notify", queues=[queue], topic=made)
    with pytest.raises(ValueError, match="alarm_topic is a FIFO topic"):
        BatchMonitoring(stack, "Monitoring", queues=[queue], alarm_topic=imported)


@pytest.mark.parametrize(
    "kind", [JobEventLog, JobGauges, JobCounters, JobNotifications, BatchMonitoring]
)
def test_a_queue_of_another_region_cannot_be_watched_from_here(kind: Any) -> None:
    here = Environment(region="us-east-1", account="210987654321")
    stack = Stack(App(), "Platform", env=here)
    far = JobQueue.from_job_queue_arn(stack, "Far", FAR)

    with pytest.raises(ValueError, match="is in Region eu-west-1, and the stack in us-east-1"):
        kind(stack, "Watch", queues=[far])
    with pytest.raises(ValueError, match="Platform/Far/Failed: .* is in Region eu-west-1"):
        far.on_job_failed("Failed")


def test_metrics_are_read_where_an_imported_queue_is(stack: Stack) -> None:
    ours = JobQueue.from_job_queue_arn(stack, "Ours", FAR)
    l2 = batch.JobQueue.from_job_queue_arn(stack, "L2", FAR)

    for metric in (ours.metric("JobsSubmitted"), metrics_of(l2).metric("JobsSubmitted")):
        assert (metric.region, metric.account) == ("eu-west-1", "210987654321")


def test_a_metric_that_is_none_is_refused_with_the_path(queue: JobQueue) -> None:
    wrong: Any = None

    with pytest.raises(TypeError, match="Platform/Nightly: metric_name is None"):
        queue.metric(wrong)
    with pytest.raises(ValueError, match='Platform/Nightly: statistic is "sums"'):
        queue.metric("JobsSubmitted", statistic="sums")


def test_many_queues_are_divided_among_rules_that_eventbridge_takes(
    stack: Stack, resources: Any
) -> None:
    queues = [queue_in(stack, f"Q{number}", f"q{number}") for number in range(25)]

    JobNotifications(stack, "Notify", queues=queues)
    JobCounters(stack, "Counters", queues=queues)
    JobEventLog(stack, "Log", queues=queues)

    for prefix in ("NotifyJobRule", "NotifyBlockedRule", "CountersRule", "LogFailedRule"):
        named = [
            rule["EventPattern"]["detail"]["jobQueue"]
            for name, rule in resources("AWS::Events::Rule").items()
            if name.startswith(prefix)
        ]
        assert sum(map(len, named)) == 25
        assert max(map(len, named)) * 193 < 2048
