"""An argument that would change nothing beside the others is refused."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from aws_cdk import App, Duration, Size, Stack, TimeZone
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_scheduler as scheduler
from aws_cdk import aws_sns as sns

import batch_constructs as bc

BEFORE = datetime(2037, 1, 1, tzinfo=UTC)
GIB = Size.gibibytes(2)


def queue(stack: Stack) -> bc.JobQueue:
    return bc.JobQueue.from_job_queue_name(stack, "Queue", "main")


def job(stack: Stack, **more: Any) -> bc.FargateJobDefinition:
    return bc.FargateJobDefinition(stack, "Job", image="busybox", vcpus=1, memory=GIB, **more)


def environment(stack: Stack) -> bc.FargateComputeEnvironment:
    return bc.FargateComputeEnvironment(stack, "Fargate", vpc=ec2.Vpc(stack, "Vpc"))


def without_shares(stack: Stack) -> bc.JobQueue:
    return bc.JobQueue(stack, "Queue", compute_environments=[environment(stack)])


def scheduled(stack: Stack, **more: Any) -> bc.ScheduleTrigger:
    given: dict[str, Any] = {"schedule": "rate(1 day)", **more}
    of = given.pop("queue", None) or queue(stack)
    return bc.ScheduleTrigger(stack, "Nightly", queue=of, job_definition=job(stack), **given)


def flow(stack: Stack, of: bc.JobQueue, **more: Any) -> bc.Workflow:
    one = bc.WorkflowJob(name="one", job_definition=job(stack), **more)
    return bc.Workflow(stack, "Flow", queue=of, jobs=[one])


def nodes(stack: Stack, **more: Any) -> bc.MultiNodeJobDefinition:
    pod = bc.Pod(containers=[bc.PodContainer(image="busybox", vcpus=1, memory=GIB)])
    one = bc.NodeRange(target_nodes=2, pod=pod, **more)
    return bc.MultiNodeJobDefinition(stack, "Nodes", node_ranges=[one])


def watched(stack: Stack, **more: Any) -> bc.BatchMonitoring:
    return bc.BatchMonitoring(
        stack, "Monitoring", queues=[queue(stack)], thresholds=bc.AlarmThresholds(**more)
    )


def counted(stack: Stack, told: sns.ITopic, other: sns.ITopic) -> bc.JobCounters:
    settings = bc.FunctionSettings(alarm_topic=other)
    return bc.JobCounters(
        stack, "Counters", queues=[queue(stack)], alarm_topic=told, function_settings=settings
    )


ONCE = "at(2036-01-01T00:00:00)"
AGAIN = (bc.RetryRule(action="RETRY", on_exit_code="75"),)
CASES: dict[str, tuple[Callable[[Stack], object], str]] = {
    "start of what runs once": (
        lambda stack: scheduled(stack, schedule=ONCE, start=BEFORE),
        'Nightly: start is given with the one moment of "at',
    ),
    "end of what runs once": (
        lambda stack: scheduled(stack, schedule=ONCE, end=BEFORE),
        'Nightly: end is given with the one moment of "at',
    ),
    "a time zone for a rate": (
        lambda stack: scheduled(stack, time_zone="Europe/Berlin"),
        "Nightly: time_zone is given with a rate, which has no time of day: leave it out, or write",
    ),
    "a time zone in a rate": (
        lambda stack: scheduled(
            stack,
            schedule=scheduler.ScheduleExpression.expression("rate(1 day)", TimeZone.ASIA_TOKYO),
        ),
        "Nightly: schedule has a time zone with a rate, which has no time of day",
    ),
    "how long to try again, but not to": (
        lambda stack: scheduled(stack, retry_attempts=0, max_event_age=Duration.hours(1)),
        "Nightly: max_event_age is given with retry_attempts=0: .* leave max_event_age out",
    ),
    "priority without shares": (
        lambda stack: scheduled(stack, queue=without_shares(stack), scheduling_priority=5),
        "Nightly: scheduling_priority is given, but the queue has no scheduling policy",
    ),
    "priority of a job without shares": (
        lambda stack: flow(stack, without_shares(stack), scheduling_priority=5),
        'job "one": scheduling_priority is given, but the queue has no scheduling policy',
    ),
    "what follows no catch": (
        lambda stack: flow(stack, queue(stack), after_catch="continue"),
        "after_catch is given without catch",
    ),
    "a shell in a pod": (
        lambda stack: nodes(stack, enable_execute_command=True),
        "node_ranges\\[0\\].enable_execute_command is given with a pod",
    ),
    "a least number of jobs for no rate": (
        lambda stack: watched(stack, failure_rate_percent=None, failure_rate_min_jobs=9),
        "thresholds.failure_rate_min_jobs is given, and failure_rate_percent is None",
    ),
    "environments that nothing is known of": (
        lambda stack: bc.BatchDashboard(
            stack, "Board", queues=[queue(stack)], compute_environments=[environment(stack)]
        ),
        "Board: compute_environments is given without gauges",
    ),
    "rules of one attempt": (
        lambda stack: job(stack, retry_policy=bc.RetryPolicy(attempts=1, rules=AGAIN)),
        "retry_policy.attempts is 1, the first run, so no rule can retry",
    ),
    "rules of one attempt of a submission": (
        lambda stack: scheduled(
            stack,
            overrides=bc.SubmissionOverrides(retry=bc.RetryPolicy(attempts=1, rules=AGAIN)),
        ),
        "overrides.retry.attempts is 1, the first run, so no rule can retry",
    ),
    "two topics for alarms": (
        lambda stack: counted(stack, sns.Topic(stack, "A"), sns.Topic(stack, "B")),
        "alarm_topic is given with function_settings.alarm_topic: leave one of them out",
    ),
}


@pytest.mark.parametrize(("declare", "problem"), CASES.values(), ids=CASES)
def test_what_changes_nothing_is_refused(declare: Callable[[Stack], object], problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        declare(Stack(App(), "Stack"))


def test_one_topic_that_is_said_twice_is_no_mistake() -> None:
    stack = Stack(App(), "Stack")
    topic = sns.Topic(stack, "Topic")

    assert counted(stack, topic, topic).node.try_find_child("Alarms") is not None


def test_a_policy_of_one_attempt_with_the_rules_that_nobody_wrote_is_taken() -> None:
    once = bc.RetryPolicy(attempts=1)

    assert job(Stack(App(), "Stack"), retry_policy=once).resource.retry_strategy is not None


def test_a_topic_of_the_app_gives_way_to_that_of_a_construct() -> None:
    stack = Stack(App(), "Stack")
    topic, other = sns.Topic(stack, "Topic"), sns.Topic(stack, "Other")
    settings = bc.FunctionSettings(alarm_topic=other)
    bc.DefaultSettings.of(stack).apply(function_settings=settings)

    guard = bc.CostGuard(
        stack,
        "Guard",
        queues=[queue(stack)],
        budget=bc.VcpuBudget.of_vcpu_hours(5),
        alarm_topic=topic,
    )

    every = guard.node.find_all()
    alarms = [one for one in every if isinstance(one, cloudwatch.CfnAlarm)]
    told = {str(action) for one in alarms for action in stack.resolve(one.alarm_actions)}
    assert told == {str(stack.resolve(topic.topic_arn))}
