"""The cost guard over days and deploys, on a Batch that remembers what was done to it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from batch_constructs.functions.cost_guard.budget import Budget, Level, Usage
from batch_constructs.functions.cost_guard.guard import NOTE, Guard
from tests.monitoring import fake_batch

QUEUE = "arn:aws:batch:us-east-1:123456789012:job-queue/nightly"
ENVIRONMENT = "arn:aws:batch:us-east-1:123456789012:compute-environment/spot"
MORNING = datetime(2026, 11, 20, 8, tzinfo=UTC)


class World:
    """A queue, its environment, what it used, and what was said about it."""

    def __init__(self) -> None:
        self.queue: dict[str, Any] = {
            "jobQueueName": "nightly",
            "jobQueueArn": QUEUE,
            "state": "ENABLED",
            "tags": {"team": "data"},
        }
        self.environment: dict[str, Any] = {
            "computeEnvironmentArn": ENVIRONMENT,
            "computeResources": {"maxvCpus": 256},
            "tags": {},
        }
        self.used: dict[datetime, float] = {}
        self.subjects: list[str] = []
        self.messages: list[str] = []

    def guard(self, action: str = "NOTIFY", *, period: str = "DAY") -> Guard:
        batch = fake_batch.client(
            "batch",
            DescribeJobQueues=lambda jobQueues: {  # noqa: ARG005, N803 - AWS's names
                "jobQueues": [self.queue]
            },
            DescribeComputeEnvironments=lambda computeEnvironments: {  # noqa: ARG005, N803
                "computeEnvironments": [self.environment]
            },
            UpdateJobQueue=self._update_job_queue,
            UpdateComputeEnvironment=self._update_compute_environment,
            TagResource=self._tag_resource,
            UntagResource=self._untag_resource,
        )
        cloudwatch = fake_batch.client("cloudwatch", GetMetricData=self._get_metric_data)
        return Guard(
            batch=batch,
            sns=fake_batch.client("sns", Publish=self._publish),
            usage=Usage(cloudwatch=cloudwatch, namespace="BatchConstructs"),
            budget=Budget(vcpu_hours=100, period=period, warn_at_percent=80),
            called="100 vCPU-hours a day",
            topic_arn="arn:aws:sns:us-east-1:123456789012:money",
            queues=[QUEUE],
            environments=[ENVIRONMENT] if action == "LOWER_MAX_VCPUS" else [],
            action=action,
            lowered_max_vcpus=4,
        )

    def uses(self, vcpus: float, *, hours: int, since: datetime = MORNING) -> datetime:
        """Use so many vCPUs for so many hours; return when that is over."""
        for hour in range(hours):
            self.used[since + timedelta(hours=hour)] = vcpus
        return since + timedelta(hours=hours)

    def _tagged(self, arn: str) -> dict[str, str]:
        tags: dict[str, str] = (self.queue if arn == QUEUE else self.environment)["tags"]
        return tags

    def _tag_resource(self, resourceArn: str, tags: dict[str, str]) -> fake_batch.Answer:  # noqa: N803
        self._tagged(resourceArn).update(tags)
        return {}

    def _untag_resource(self, resourceArn: str, tagKeys: list[str]) -> fake_batch.Answer:  # noqa: N803
        for key in tagKeys:
            del self._tagged(resourceArn)[key]
        return {}

    def _update_job_queue(self, jobQueue: str, state: str) -> fake_batch.Answer:  # noqa: N803
        assert jobQueue == QUEUE
        self.queue["state"] = state
        return {}

    def _update_compute_environment(
        self,
        computeEnvironment: str,  # noqa: N803
        computeResources: dict[str, int],  # noqa: N803
    ) -> fake_batch.Answer:
        assert computeEnvironment == ENVIRONMENT
        self.environment["computeResources"].update(computeResources)
        return {}

    def _get_metric_data(
        self,
        MetricDataQueries: list[dict[str, Any]],  # noqa: N803
        StartTime: datetime,  # noqa: N803
        EndTime: datetime,  # noqa: N803
        NextToken: str = "0",  # noqa: N803
    ) -> fake_batch.Answer:
        """Answer three hours a page, as AWS pages too."""
        [query] = MetricDataQueries
        assert query["MetricStat"]["Metric"] == {
            "Namespace": "BatchConstructs",
            "MetricName": "VcpusInUse",
            "Dimensions": [{"Name": "JobQueueName", "Value": "nightly"}],
        }
        hours = sorted(hour for hour in self.used if StartTime <= hour < EndTime)
        page = hours[int(NextToken) : int(NextToken) + 3]
        result = {"Timestamps": page, "Values": [self.used[hour] for hour in page]}
        answer: fake_batch.Answer = {"MetricDataResults": [result]}
        if int(NextToken) + 3 < len(hours):
            answer["NextToken"] = str(int(NextToken) + 3)
        return answer

    def _publish(self, TopicArn: str, Subject: str, Message: str) -> fake_batch.Answer:  # noqa: N803
        assert TopicArn.endswith(":money")
        self.subjects.append(Subject)
        self.messages.append(Message)
        return {"MessageId": "1"}


@pytest.fixture
def world() -> World:
    return World()


def test_within_the_budget_nothing_happens(world: World) -> None:
    now = world.uses(10, hours=7)

    assert world.guard("DISABLE_QUEUES").run(now) is Level.FINE
    assert (world.subjects, world.queue["state"]) == ([], "ENABLED")
    assert world.queue["tags"] == {"team": "data"}


def test_the_hour_that_runs_counts_for_what_has_passed_of_it(world: World) -> None:
    world.uses(40, hours=3)

    half_past_ten = MORNING + timedelta(hours=2, minutes=30)
    usage = world.guard().usage

    assert usage.vcpu_hours(["nightly"], start=MORNING, now=half_past_ten) == 100


def test_people_hear_at_the_warning_and_at_the_end_once_each(world: World) -> None:
    guard = world.guard()

    for hours in (8, 9, 10, 11, 12):
        guard.run(world.uses(10, hours=hours))

    assert world.subjects == [
        "Batch budget of 100 vCPU-hours a day is 80 % spent",
        "Batch budget of 100 vCPU-hours a day is spent",
    ]
    assert "100.0 of 100 vCPU-hours used in 2026-11-20 (UTC)." in world.messages[-1]
    assert world.queue["state"] == "ENABLED"


def test_a_spent_budget_disables_the_queue_until_the_next_day(world: World) -> None:
    guard = world.guard("DISABLE_QUEUES")
    evening = world.uses(20, hours=6)

    guard.run(evening)
    guard.run(evening + timedelta(minutes=15))
    assert world.queue["state"] == "DISABLED"
    assert world.queue["tags"][NOTE] == "2026-11-20 OVER disabled"
    assert "take no new jobs until the next period" in world.messages[0]

    assert guard.run(evening + timedelta(days=1)) is Level.FINE
    assert world.queue["state"] == "ENABLED"
    assert world.queue["tags"] == {"team": "data"}
    assert len(world.subjects) == 1


def test_a_queue_that_a_person_disabled_stays_disabled(world: World) -> None:
    world.queue["state"] = "DISABLED"
    guard = world.guard("DISABLE_QUEUES")
    evening = world.uses(20, hours=6)

    guard.run(evening)
    guard.run(evening + timedelta(days=1))

    assert world.queue["state"] == "DISABLED"


def test_a_deploy_that_enables_the_queue_again_does_not_undo_the_guard(world: World) -> None:
    guard = world.guard("DISABLE_QUEUES")
    evening = world.uses(20, hours=6)
    guard.run(evening)

    world.queue["state"] = "ENABLED"
    guard.run(evening + timedelta(minutes=15))

    assert world.queue["state"] == "DISABLED"


def test_a_spent_budget_lowers_the_environment_and_the_next_day_restores_it(world: World) -> None:
    guard = world.guard("LOWER_MAX_VCPUS")
    evening = world.uses(20, hours=6)

    guard.run(evening)
    guard.run(evening + timedelta(minutes=15))
    assert world.environment["computeResources"]["maxvCpus"] == 4
    assert world.environment["tags"][NOTE] == "maxvCpus was 256"
    assert world.queue["state"] == "ENABLED"

    guard.run(evening + timedelta(days=1))
    assert world.environment["computeResources"]["maxvCpus"] == 256
    assert world.environment["tags"] == {}


def test_a_deploy_with_another_maximum_is_lowered_and_restored_to_that(world: World) -> None:
    guard = world.guard("LOWER_MAX_VCPUS")
    evening = world.uses(20, hours=6)
    guard.run(evening)

    world.environment["computeResources"]["maxvCpus"] = 512
    guard.run(evening + timedelta(minutes=15))
    assert world.environment["computeResources"]["maxvCpus"] == 4

    guard.run(evening + timedelta(days=1))
    assert world.environment["computeResources"]["maxvCpus"] == 512


def test_a_maximum_set_by_hand_meanwhile_is_kept(world: World) -> None:
    guard = world.guard("LOWER_MAX_VCPUS")
    evening = world.uses(20, hours=6)
    guard.run(evening)

    world.environment["computeResources"]["maxvCpus"] = 2
    guard.run(evening + timedelta(days=1))

    assert world.environment["computeResources"]["maxvCpus"] == 2


def test_metrics_that_go_missing_do_not_lift_the_guard(world: World) -> None:
    guard = world.guard("DISABLE_QUEUES")
    evening = world.uses(20, hours=6)
    guard.run(evening)

    world.used.clear()

    assert guard.run(evening + timedelta(hours=1)) is Level.OVER
    assert world.queue["state"] == "DISABLED"
    assert len(world.subjects) == 1


def test_a_month_runs_from_its_first_day(world: World) -> None:
    guard = world.guard(period="MONTH")
    guard.run(world.uses(50, hours=2, since=datetime(2026, 11, 1, tzinfo=UTC)))

    assert world.queue["tags"][NOTE] == "2026-11 OVER"
    assert guard.run(datetime(2026, 11, 30, 23, tzinfo=UTC)) is Level.OVER
    assert guard.run(datetime(2026, 12, 1, 1, tzinfo=UTC)) is Level.FINE
    assert NOTE not in world.queue["tags"]
