"""The cost guard over days and deploys, on a Batch that remembers what was done to it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from batch_constructs.aws.submit_job import DESCRIBED_AT_ONCE
from batch_constructs.functions.claims.effect import UnsureError
from batch_constructs.functions.claims.invocation import Invocation
from batch_constructs.functions.claims.rows import Claims
from batch_constructs.functions.cost_guard.budget import Budget, Level, Usage
from batch_constructs.functions.cost_guard.guard import Guard
from batch_constructs.functions.cost_guard.note import NOTE as ANY_NOTE
from tests.functions.small_dynamodb import SmallDynamoDb
from tests.monitoring import fake_batch

QUEUE = "arn:aws:batch:us-east-1:123456789012:job-queue/nightly"
ENVIRONMENT = "arn:aws:batch:us-east-1:123456789012:compute-environment/spot"
NOTE = f"{ANY_NOTE}:Day"
MORNING = datetime(2026, 11, 20, 8, tzinfo=UTC)


@dataclass
class Guarded:
    """A guard whose runs have time enough."""

    guard: Guard

    def run(self, now: datetime) -> Level:
        invocation = Invocation(deadline=50, clock=lambda: 1, sleep=lambda _: None)
        return self.guard.run(now, invocation)


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
            "computeEnvironmentName": "spot",
            "computeEnvironmentArn": ENVIRONMENT,
            "state": "ENABLED",
            "computeResources": {"maxvCpus": 256, "minvCpus": 0, "desiredvCpus": 0},
            "tags": {},
        }
        self.used: dict[datetime, float] = {}
        """Hour → vCPUs; 0 in every other."""
        self.silent: list[tuple[datetime, datetime]] = []
        """When the gauges said nothing."""
        self.silent_queues: dict[str, list[tuple[datetime, datetime]]] = {}
        """When those of a queue alone did."""
        self.set_to: list[int] = []
        """The maxima that the environment was given."""
        self.more_queues: list[dict[str, Any]] = []
        self.asked: list[str] = []
        """The ARNs that were described."""
        self.pages = 0
        self.tagged = 0
        self.dynamodb = SmallDynamoDb()
        self.subjects: list[str] = []
        self.fault: Exception = ClientError({"Error": {"Code": "AccessDenied"}}, "UpdateJobQueue")
        self.forbidden = False
        self.dies_before_it_updates = False
        self.action = "NOTIFY"
        self.messages: list[str] = []
        self.status: dict[str, str] = {}
        """What GetMetricData says of its data, if it says anything."""

    def guard(
        self,
        action: str = "NOTIFY",
        *,
        period: str = "DAY",
        note: str = "Day",
        vcpu_hours: float = 100,
        lowered_max_vcpus: int = 4,
        holds_without_data: bool = False,
    ) -> Guarded:
        self.action = action
        batch = fake_batch.client(
            "batch",
            DescribeJobQueues=lambda jobQueues: {  # noqa: N803 - AWS's names
                "jobQueues": self._described(jobQueues, [self.queue, *self.more_queues])
            },
            DescribeComputeEnvironments=lambda computeEnvironments: {  # noqa: N803
                "computeEnvironments": self._described(computeEnvironments, [self.environment])
            },
            UpdateJobQueue=self._update_job_queue,
            UpdateComputeEnvironment=self._update_compute_environment,
            TagResource=self._tag_resource,
            UntagResource=self._untag_resource,
        )
        cloudwatch = fake_batch.client("cloudwatch", GetMetricData=self._get_metric_data)
        guard = Guard(
            batch=batch,
            sns=fake_batch.client("sns", Publish=self._publish),
            usage=Usage(cloudwatch=cloudwatch, namespace="BatchConstructs"),
            budget=Budget(vcpu_hours=vcpu_hours, period=period, warn_at_percent=80),
            called="100 vCPU-hours a day",
            topic_arn="arn:aws:sns:us-east-1:123456789012:money",
            queues=[QUEUE],
            environments=[ENVIRONMENT] if action == "LOWER_MAX_VCPUS" else [],
            action=action,
            lowered_max_vcpus=lowered_max_vcpus,
            note=f"{ANY_NOTE}:{note}",
            claims=Claims(dynamodb=self.dynamodb, table="claims", clock=lambda: 1),
            holds_without_data=holds_without_data,
        )
        return Guarded(guard)

    def _described(self, arns: list[str], there: list[dict[str, Any]]) -> list[dict[str, Any]]:
        assert 0 < len(arns) <= DESCRIBED_AT_ONCE
        self.asked += arns
        return [one for one in there if {one.get("jobQueueArn"), ENVIRONMENT}.intersection(arns)]

    def stands(self) -> tuple[str, int]:
        return self.queue["state"], self.environment["computeResources"]["maxvCpus"]

    def uses(self, vcpus: float, *, hours: int, since: datetime = MORNING) -> datetime:
        """Use so many vCPUs for so many hours; return when that is over."""
        for hour in range(hours):
            self.used[since + timedelta(hours=hour)] = vcpus
        return since + timedelta(hours=hours)

    def _tagged(self, arn: str) -> dict[str, str]:
        there = [self.queue, *self.more_queues, self.environment]
        (found,) = [
            one
            for one in there
            if arn in (one.get("jobQueueArn"), one.get("computeEnvironmentArn"))
        ]
        tags: dict[str, str] = found["tags"]
        return tags

    def _tag_resource(self, resourceArn: str, tags: dict[str, str]) -> fake_batch.Answer:  # noqa: N803
        self.tagged += 1
        self._tagged(resourceArn).update(tags)
        return {}

    def _untag_resource(self, resourceArn: str, tagKeys: list[str]) -> fake_batch.Answer:  # noqa: N803
        for key in tagKeys:
            del self._tagged(resourceArn)[key]
        return {}

    def _update_job_queue(self, jobQueue: str, state: str) -> fake_batch.Answer:  # noqa: N803
        (queue,) = [
            one for one in (self.queue, *self.more_queues) if one["jobQueueArn"] == jobQueue
        ]
        # the role of another action admits what this guard disabled itself
        own = queue["tags"].get(NOTE, "").endswith((" disabled", " lets go"))
        if self.forbidden or not (self.action == "DISABLE_QUEUES" or own):
            raise self.fault
        queue["state"] = state
        return {}

    def _update_compute_environment(
        self,
        computeEnvironment: str,  # noqa: N803
        computeResources: dict[str, int] | None = None,  # noqa: N803
        state: str = "",
    ) -> fake_batch.Answer:
        assert computeEnvironment == ENVIRONMENT
        if self.dies_before_it_updates:
            raise KeyboardInterrupt
        if computeResources is not None:
            there = self.environment["computeResources"]
            assert computeResources["maxvCpus"] >= there["desiredvCpus"], "AWS refuses it"
            there.update(computeResources)
            self.set_to.append(computeResources["maxvCpus"])
        if state:
            self.environment["state"] = state
        return {}

    def _get_metric_data(
        self,
        MetricDataQueries: list[dict[str, Any]],  # noqa: N803
        StartTime: datetime,  # noqa: N803
        EndTime: datetime,  # noqa: N803
        ScanBy: str,  # noqa: N803
        NextToken: str = "0",  # noqa: N803
    ) -> fake_batch.Answer:
        """Answer five hundred values a page, the newest first, as AWS pages too."""
        assert ScanBy == "TimestampDescending"
        self.pages += 1
        results, more = [], False
        for query in MetricDataQueries:
            metric = query["MetricStat"]["Metric"]
            assert (metric["Namespace"], metric["MetricName"]) == ("BatchConstructs", "VcpusInUse")
            [dimension] = metric["Dimensions"]
            step = timedelta(seconds=query["MetricStat"]["Period"])
            steps = [StartTime + n * step for n in range(-(-(EndTime - StartTime) // step))]
            silent = self.silent + self.silent_queues.get(dimension["Value"], [])
            known = [at for at in steps if any(self._speaks(at, step, silent))][::-1]
            page = known[int(NextToken) : int(NextToken) + 500]
            values = [self.used.get(at.replace(minute=0), 0.0) for at in page]
            results.append({"Id": query["Id"], "Timestamps": page, "Values": values, **self.status})
            more |= int(NextToken) + 500 < len(known)
        answer: fake_batch.Answer = {"MetricDataResults": results}
        if more:
            answer["NextToken"] = str(int(NextToken) + 500)
        return answer

    def _speaks(
        self, at: datetime, step: timedelta, silent: list[tuple[datetime, datetime]]
    ) -> Iterator[bool]:
        """Say of each five minutes of a step whether there is a reading."""
        five = timedelta(minutes=5)
        for n in range(step // five):
            yield not any(a <= at + n * five < b for a, b in silent)

    def _publish(self, TopicArn: str, Subject: str, Message: str) -> fake_batch.Answer:  # noqa: N803
        assert TopicArn.endswith(":money")
        self.subjects.append(Subject)
        self.messages.append(Message)
        return {"MessageId": "1"}


@pytest.fixture
def world() -> World:
    return World()


@pytest.mark.parametrize("status", ["InternalError", "Forbidden", "PartialData"])
def test_an_answer_that_is_not_whole_is_no_silence_and_an_error(world: World, status: str) -> None:
    now = world.uses(60, hours=4)
    world.status = {"StatusCode": status}

    with pytest.raises(RuntimeError, match=f"does not return all data of nightly .{status}."):
        world.guard("DISABLE_QUEUES").run(now)

    assert world.subjects == []


def test_within_the_budget_nothing_happens(world: World) -> None:
    now = world.uses(10, hours=7)

    assert world.guard("DISABLE_QUEUES").run(now) is Level.FINE
    assert (world.subjects, world.queue["state"]) == ([], "ENABLED")
    assert world.queue["tags"] == {"team": "data"}


def test_the_hour_that_runs_counts_for_what_has_passed_of_it(world: World) -> None:
    world.uses(40, hours=3)

    half_past_ten = MORNING + timedelta(hours=2, minutes=30)
    usage = world.guard().guard.usage

    used = usage.used(["nightly"], start=MORNING, now=half_past_ten)
    assert used.vcpu_hours == pytest.approx(100)
    assert used.silent == {}


def test_the_warning_comes_at_its_percentage_and_says_what_is_spent(world: World) -> None:
    guard = world.guard()

    assert guard.run(world.uses(9.9875, hours=8)) is Level.FINE
    guard.run(world.uses(9.96, hours=10))

    assert world.subjects == ["Batch budget of 100 vCPU-hours a day is 99 % spent"]


def test_a_subject_has_as_many_characters_as_sns_takes(world: World) -> None:
    guard = world.guard()
    guard.guard = replace(guard.guard, called="x" * 100)

    guard.run(world.uses(10, hours=12))

    assert [len(subject) for subject in world.subjects] == [99]


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
    assert world.queue["tags"][NOTE] == "2026-11-20 of 100 OVER disabled"
    assert "accept no new jobs until the next period" in world.messages[0]

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
    assert world.environment["tags"][NOTE] == "maxvCpus was 256 until 2026-11-20T14:00 lowered to 4"
    assert world.queue["state"] == "ENABLED"

    guard.run(evening + timedelta(days=1))
    assert world.environment["computeResources"]["maxvCpus"] == 256
    assert world.environment["tags"] == {}


def test_an_environment_in_use_is_disabled_until_it_can_be_lowered_and_people_are_told(
    world: World,
) -> None:
    world.environment["computeResources"]["desiredvCpus"] = 20
    guard = world.guard("LOWER_MAX_VCPUS")
    evening = world.uses(20, hours=6)

    guard.run(evening)
    assert (world.environment["state"], world.set_to) == ("DISABLED", [])
    assert "one that currently has more is disabled until it does not" in world.messages[0]

    world.environment["computeResources"]["desiredvCpus"] = 3
    guard.run(evening + timedelta(minutes=15))
    assert (world.environment["state"], world.set_to) == ("ENABLED", [4])


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


@pytest.mark.parametrize("hours", [1, 3, 6, 24])
def test_no_data_is_not_nothing_spent(world: World, hours: int) -> None:
    """The gauges fall silent while 10 vCPUs are in use, which go on."""
    noon = world.uses(10, hours=4)
    world.silent.append((noon, noon + timedelta(days=2)))
    now = noon + timedelta(hours=hours)
    midnight = now.replace(hour=0)

    used = world.guard().guard.usage.used(["nightly"], start=midnight, now=now)

    spent = 10 * min((now - midnight) / timedelta(hours=1), 4 + hours)
    assert used.vcpu_hours == pytest.approx(spent)
    assert used.silent == {"nightly": noon}
    assert used.guessed_vcpu_hours > 0


def test_a_silence_is_told_once_and_says_what_the_guard_reckons_with(world: World) -> None:
    noon = world.uses(10, hours=4)
    world.silent.append((noon, noon + timedelta(hours=3)))
    guard = world.guard("DISABLE_QUEUES")

    for quarters in range(1, 9):
        guard.run(noon + timedelta(minutes=15 * quarters))

    assert world.subjects == ["Batch budget of 100 vCPU-hours a day: no data of nightly"]
    assert (
        "The gauges of nightly have reported nothing since 2026-11-20 12:00 UTC"
        in world.messages[0]
    )
    assert "assumed to use what it used last" in world.messages[0]
    assert world.queue["state"] == "ENABLED"


@pytest.mark.parametrize("period", ["DAY", "MONTH"])
def test_a_silence_is_told_once_over_midnight_and_weeks(world: World, period: str) -> None:
    """Whose last reading is looked up in steps of five minutes first, and by the hour later."""
    at = world.uses(10, hours=4) + timedelta(minutes=35)
    world.used[at.replace(minute=0)] = 10
    world.silent.append((at, at + timedelta(days=100)))
    guard = world.guard(period=period, vcpu_hours=1e6)

    for hours in (1, 5, 9, 11.5, 12, 24, 24 * 14, 24 * 16, 24 * 40):
        guard.run(at + timedelta(hours=hours))

    assert world.subjects == ["Batch budget of 100 vCPU-hours a day: no data of nightly"]


def test_each_queue_that_falls_silent_is_told_and_each_once(world: World) -> None:
    noon = world.uses(10, hours=4)
    for name in ("second", "third"):
        world.more_queues.append(
            {"jobQueueName": name, "jobQueueArn": QUEUE, "state": "ENABLED", "tags": {}}
        )
    ends = noon + timedelta(days=2)
    world.silent.append((noon, ends))
    world.silent_queues["second"] = [(noon - timedelta(minutes=20), ends)]
    guard = world.guard(vcpu_hours=1e6)

    for minutes in (0, 15, 30, 45, 60):
        guard.run(noon + timedelta(minutes=minutes))

    assert world.subjects == [
        "Batch budget of 100 vCPU-hours a day: no data of second",
        "Batch budget of 100 vCPU-hours a day: no data of nightly",
        "Batch budget of 100 vCPU-hours a day: no data of third",
    ]


def test_a_queue_that_speaks_and_falls_silent_again_is_told_again(world: World) -> None:
    noon = world.uses(10, hours=8)
    hour = timedelta(hours=1)
    world.silent += [(noon - 6 * hour, noon - 5 * hour), (noon - 2 * hour, noon)]
    guard = world.guard(vcpu_hours=1e6)

    for hours in (5.5, 4, 1):
        guard.run(noon - hours * hour)

    assert len(world.subjects) == 2


@pytest.mark.parametrize("first", [MORNING.replace(hour=10), MORNING.replace(hour=23)])
def test_a_second_silence_that_begins_in_the_same_hour_is_told(
    world: World, first: datetime
) -> None:
    """Each holds new work back: whoever was told of the first does not know of the second."""
    minutes = timedelta(minutes=1)
    world.silent += [
        (first + 5 * minutes, first + 30 * minutes),
        (first + 40 * minutes, first + timedelta(hours=9)),
    ]
    guard = world.guard("DISABLE_QUEUES", holds_without_data=True, vcpu_hours=1e6)

    states = []
    for after in (25, 35, 65, 300):
        guard.run(first + after * minutes)
        states.append(world.queue["state"])

    assert states == ["DISABLED", "ENABLED", "DISABLED", "DISABLED"]
    assert len(world.subjects) == 2


@pytest.mark.parametrize("days", [14, 16, 60, 400])
def test_a_silence_of_months_is_not_nothing_spent(world: World, days: int) -> None:
    noon = world.uses(10, hours=4)
    now = noon + timedelta(days=days)
    world.silent.append((noon, now))

    used = world.guard().guard.usage.used(["nightly"], start=now.replace(hour=0), now=now)

    assert used.vcpu_hours == pytest.approx(120)
    assert used.silent == {"nightly": noon}


def test_gauges_that_never_said_anything_are_told_once(world: World) -> None:
    world.silent.append((MORNING - timedelta(days=1000), MORNING + timedelta(days=1000)))
    guard = world.guard()

    for days in range(5):
        guard.run(MORNING + timedelta(days=days))

    assert len(world.subjects) == 1
    assert "The gauges of nightly have never reported anything." in world.messages[0]


def test_the_last_reading_is_looked_for_no_further_than_needed(world: World) -> None:
    noon = world.uses(10, hours=4)
    world.silent.append((noon + timedelta(hours=11), noon + timedelta(hours=13)))
    now = noon + timedelta(hours=12, minutes=5)

    world.guard().guard.usage.used(["nightly"], start=now.replace(hour=0, minute=0), now=now)

    assert world.pages == 3


def test_a_guard_that_holds_without_data_lets_go_when_there_is_data_again(world: World) -> None:
    noon = world.uses(10, hours=4)
    world.silent.append((noon, noon + timedelta(hours=1)))
    guard = world.guard("DISABLE_QUEUES", holds_without_data=True)

    guard.run(noon + timedelta(minutes=30))
    assert world.queue["state"] == "DISABLED"
    assert "new work is held back, as if the budget were spent" in world.messages[0]

    guard.run(noon + timedelta(hours=2))
    assert world.queue["state"] == "ENABLED"
    assert world.queue["tags"] == {"team": "data"}


def test_a_guard_that_only_tells_says_nothing_of_work_held_back(world: World) -> None:
    noon = world.uses(10, hours=4)
    world.silent.append((noon, noon + timedelta(hours=1)))

    world.guard("NOTIFY", holds_without_data=True).run(noon + timedelta(minutes=30))
    world.guard("DISABLE_QUEUES", note="Other").run(noon + timedelta(minutes=30))

    assert [text.count("held back") for text in world.messages] == [0, 0]


@pytest.mark.parametrize("hours", [0, 3])
def test_a_message_tells_what_of_it_is_reckoned_if_any_is(world: World, hours: int) -> None:
    noon = world.uses(20, hours=4)
    world.uses(20, hours=6)
    world.silent.append((noon, noon + timedelta(hours=hours)))

    world.guard().run(noon + timedelta(hours=2))

    spent = [text for text in world.messages if "vCPU-hours used" in text]
    assert ["estimated from the last known vCPUs" in text for text in spent] == [hours > 0]


def test_one_reading_that_is_missing_is_no_silence(world: World) -> None:
    noon = world.uses(10, hours=4)
    world.silent.append((noon - timedelta(minutes=10), noon))

    used = world.guard().guard.usage.used(["nightly"], start=MORNING, now=noon)

    assert (used.silent, used.guessed_vcpu_hours) == ({}, 0)
    assert used.vcpu_hours == pytest.approx(40)


def test_two_runs_at_once_tell_people_once(world: World) -> None:
    evening = world.uses(20, hours=6)
    one, other = world.guard(), world.guard()
    other.guard = replace(other.guard, batch=one.guard.batch)
    world.queue["tags"] = Untold(world.queue["tags"])

    one.run(evening)
    other.run(evening)

    assert world.subjects == ["Batch budget of 100 vCPU-hours a day is spent"]


def test_more_queues_and_environments_than_one_call_describes_are_all_looked_at() -> None:
    world = World()
    now = world.uses(60, hours=4)
    guard = world.guard("LOWER_MAX_VCPUS").guard
    queues = [*(f"{QUEUE}{number}" for number in range(DESCRIBED_AT_ONCE)), QUEUE]
    environments = [*(f"{ENVIRONMENT}{number}" for number in range(DESCRIBED_AT_ONCE)), ENVIRONMENT]

    many = Guarded(replace(guard, queues=queues, environments=environments))
    with pytest.raises(RuntimeError, match="compute environments"):  # there is one of each here
        many.run(now)

    # the one that was lowered is looked at once more: another guard may have set it, too
    assert world.asked == [*queues, *environments, ENVIRONMENT]
    assert world.environment["computeResources"]["maxvCpus"] == 4


class Untold(dict[str, str]):
    """Tags that a run does not see yet."""

    def update(self, *_: object) -> None:  # type: ignore[override]  # as if late
        """Note nothing."""


def test_a_month_runs_from_its_first_day(world: World) -> None:
    guard = world.guard(period="MONTH")
    guard.run(world.uses(50, hours=2, since=datetime(2026, 11, 1, tzinfo=UTC)))

    assert world.queue["tags"][NOTE] == "2026-11 of 100 OVER"
    assert guard.run(datetime(2026, 11, 30, 23, tzinfo=UTC)) is Level.OVER
    assert guard.run(datetime(2026, 12, 1, 1, tzinfo=UTC)) is Level.FINE
    assert NOTE not in world.queue["tags"]


def test_a_queue_stays_disabled_while_another_guard_holds_it(world: World) -> None:
    day = world.guard("DISABLE_QUEUES")
    month = world.guard("DISABLE_QUEUES", period="MONTH", note="Month")
    evening = world.uses(20, hours=6)
    day.run(evening)
    month.run(evening)

    day.run(evening + timedelta(days=1))
    assert world.queue["state"] == "DISABLED"
    assert set(world.queue["tags"]) == {"team", f"{ANY_NOTE}:Month"}

    month.run(evening + timedelta(days=20))
    assert world.queue["state"] == "ENABLED"
    assert world.queue["tags"] == {"team": "data"}


def test_an_environment_goes_to_what_the_other_guard_wants_and_then_to_what_it_was(
    world: World,
) -> None:
    day = world.guard("LOWER_MAX_VCPUS")
    month = world.guard("LOWER_MAX_VCPUS", period="MONTH", note="Month", lowered_max_vcpus=8)
    evening = world.uses(20, hours=6)
    day.run(evening)
    month.run(evening)
    assert world.environment["computeResources"]["maxvCpus"] == 4

    day.run(evening + timedelta(days=1))
    assert world.environment["computeResources"]["maxvCpus"] == 8

    month.run(evening + timedelta(days=20))
    assert world.environment["computeResources"]["maxvCpus"] == 256
    assert world.environment["tags"] == {}


def test_an_environment_that_is_as_small_as_wanted_is_left_as_it_is(world: World) -> None:
    world.environment["computeResources"]["maxvCpus"] = 4

    world.guard("LOWER_MAX_VCPUS").run(world.uses(20, hours=6))

    assert (world.environment["tags"], world.set_to) == ({}, [])


def test_a_guard_that_comes_later_remembers_what_the_environment_was_last(world: World) -> None:
    evening = world.uses(20, hours=6)
    world.guard("LOWER_MAX_VCPUS").run(evening)
    world.environment["computeResources"]["maxvCpus"] = 512
    world.guard("LOWER_MAX_VCPUS", note="Week").run(evening + timedelta(minutes=15))
    assert world.set_to == [4, 4]

    world.guard("LOWER_MAX_VCPUS", note="Month").run(evening + timedelta(minutes=30))

    assert world.environment["tags"][f"{ANY_NOTE}:Month"].startswith("maxvCpus was 512 until")
    assert world.set_to == [4, 4], "it is as small as it should be"


@pytest.mark.parametrize("action", ["NOTIFY", "LOWER_MAX_VCPUS"])
def test_another_action_enables_what_the_guard_disabled(world: World, action: str) -> None:
    evening = world.uses(20, hours=6)
    world.guard("DISABLE_QUEUES").run(evening)

    world.guard(action).run(evening + timedelta(minutes=15))

    assert world.queue["state"] == "ENABLED"
    end = " lowered" if action == "LOWER_MAX_VCPUS" else ""
    assert world.queue["tags"][NOTE] == f"2026-11-20 of 100 OVER{end}"


def test_people_are_told_what_could_not_be_held_back(world: World) -> None:
    evening = world.uses(20, hours=6)
    world.forbidden = True

    with pytest.raises(RuntimeError, match="nightly"):
        world.guard("DISABLE_QUEUES").run(evening)

    assert "This has failed so far for nightly; the log says why." in world.messages[0]


HELD = {"DISABLE_QUEUES": ("DISABLED", 256), "LOWER_MAX_VCPUS": ("ENABLED", 4)}
FREE = ("ENABLED", 256)


@pytest.mark.parametrize("action", HELD)
def test_what_is_held_back_a_second_time_in_a_period_is_told_again(
    world: World, action: str
) -> None:
    evening = world.uses(20, hours=6)
    for _ in range(3):
        assert world.guard(action).run(evening) is Level.OVER
        assert world.guard(action).run(evening) is Level.OVER
        assert world.stands() == HELD[action]
        assert world.guard(action, vcpu_hours=1000).run(evening) is Level.FINE
        assert world.stands() == FREE

    assert world.subjects == ["Batch budget of 100 vCPU-hours a day is spent"] * 3


@pytest.mark.parametrize("action", ["NOTIFY", "LOWER_MAX_VCPUS"])
def test_another_action_and_back_is_told_each_time(world: World, action: str) -> None:
    """Also the first that holds something back after one that only told."""
    evening = world.uses(20, hours=6)
    for _ in range(3):
        world.guard(action).run(evening)
        assert world.queue["state"] == "ENABLED"
        for _ in range(2):
            world.guard("DISABLE_QUEUES").run(evening)
            assert world.queue["state"] == "DISABLED"

    told = Counter(text.splitlines()[-1].partition(" until")[0] for text in world.messages)
    assert told.pop("The queues accept no new jobs") == 3
    assert sum(told.values()) == (1 if action == "NOTIFY" else 3)


def test_what_a_silence_holds_back_after_another_action_is_told(world: World) -> None:
    noon = world.uses(10, hours=4)
    world.silent.append((noon, noon + timedelta(hours=3)))
    now = noon + timedelta(hours=1)
    for action in ("NOTIFY", "DISABLE_QUEUES", "NOTIFY", "DISABLE_QUEUES"):
        for _ in range(2):
            world.guard(action, holds_without_data=True).run(now)

    assert ["is held back" in text for text in world.messages] == [False, True, True]


def test_what_is_held_back_again_weeks_later_is_told_again(world: World) -> None:
    """When what was noted of the first times is over."""
    start = datetime(2026, 11, 1, tzinfo=UTC)
    world.uses(20, hours=6, since=start)
    states = []
    for days, vcpu_hours in ((1, 100), (2, 1000), (3, 100), (18.5, 1000), (18.6, 100)):
        now = start + timedelta(days=days)
        guard = world.guard("DISABLE_QUEUES", period="MONTH", vcpu_hours=vcpu_hours)
        claims = replace(guard.guard.claims, clock=now.timestamp)
        guard.guard = replace(guard.guard, claims=claims)
        invocation = Invocation(
            deadline=now.timestamp() + 50, clock=now.timestamp, sleep=lambda _: None
        )
        guard.guard.run(now, invocation)
        states.append(world.queue["state"])

    assert states == ["DISABLED", "ENABLED", "DISABLED", "ENABLED", "DISABLED"]
    assert len(world.subjects) == 3


def test_what_people_disabled_is_no_reason_to_tell_or_to_note_again(world: World) -> None:
    world.queue["state"] = "DISABLED"
    evening = world.uses(20, hours=6)
    world.guard("DISABLE_QUEUES").run(evening)
    written = world.tagged

    world.guard("DISABLE_QUEUES").run(evening)

    assert (world.tagged, len(world.subjects)) == (written, 1)


def test_a_hundred_queues_that_are_let_go_are_noted_once(world: World) -> None:
    """A run has four minutes, and a month of silences many times to let go.

    Of each queue its note is read, in the table as well, and nothing of what was let go before.
    """
    evening = world.uses(20, hours=6)
    more = [
        {"jobQueueName": f"q{number}", "jobQueueArn": f"{QUEUE}{number}", "state": "ENABLED"}
        for number in range(99)
    ]
    world.more_queues = [{**queue, "tags": {}} for queue in more]
    guard = world.guard("DISABLE_QUEUES").guard
    many = replace(guard, queues=[QUEUE, *(str(queue["jobQueueArn"]) for queue in more)])
    reads = []
    for _ in range(3):
        Guarded(many).run(evening)
        before = world.dynamodb.items_read
        Guarded(replace(many, budget=replace(many.budget, vcpu_hours=1e6))).run(evening)
        reads.append(world.dynamodb.items_read - before)
        assert {queue["state"] for queue in world.more_queues} == {"ENABLED"}

    assert reads == [2 * len(many.queues)] * 3


@pytest.mark.parametrize("lowest", [8, 2])
@pytest.mark.parametrize("killed", [False, True])
def test_a_deploy_that_lowers_to_another_number_is_followed_and_given_back(
    world: World,
    lowest: int,
    killed: bool,  # noqa: FBT001 - a case
) -> None:
    evening = world.uses(20, hours=6)
    world.guard("LOWER_MAX_VCPUS", lowered_max_vcpus=4).run(evening)
    if killed:
        world.dies_before_it_updates = True
        with pytest.raises(KeyboardInterrupt):
            world.guard("LOWER_MAX_VCPUS", lowered_max_vcpus=lowest).run(evening)
        world.dies_before_it_updates = False
        assert world.environment["computeResources"]["maxvCpus"] == 4
        world.dynamodb = SmallDynamoDb()

    for _ in range(2):
        world.guard("LOWER_MAX_VCPUS", lowered_max_vcpus=lowest).run(evening)
        assert world.environment["computeResources"]["maxvCpus"] == lowest

    world.guard("LOWER_MAX_VCPUS", lowered_max_vcpus=lowest).run(evening + timedelta(days=1))
    assert world.environment["computeResources"]["maxvCpus"] == 256
    assert world.environment["tags"] == {}


def test_what_another_guard_died_letting_go_is_given_back_whole(world: World) -> None:
    evening = world.uses(20, hours=6)
    world.guard("LOWER_MAX_VCPUS", note="Month").run(evening)
    world.dies_before_it_updates = True
    with pytest.raises(KeyboardInterrupt):
        world.guard("LOWER_MAX_VCPUS", note="Month").run(evening + timedelta(days=1))
    world.dies_before_it_updates = False
    world.dynamodb = SmallDynamoDb()
    again = world.uses(20, hours=6, since=evening + timedelta(days=1))

    for now, lowered in ((again, 1), (again + timedelta(days=1), 256)):
        world.guard("LOWER_MAX_VCPUS", lowered_max_vcpus=1).run(now)
        assert world.environment["computeResources"]["maxvCpus"] == lowered


def test_a_raised_budget_lets_go_and_a_spent_one_tells_again(world: World) -> None:
    evening = world.uses(20, hours=6)
    world.guard("DISABLE_QUEUES").run(evening)

    raised = world.guard("DISABLE_QUEUES", vcpu_hours=1000)
    assert raised.run(evening) is Level.FINE
    assert world.queue["state"] == "ENABLED"
    assert world.queue["tags"] == {"team": "data"}

    lowered = world.guard("DISABLE_QUEUES", vcpu_hours=50)
    assert lowered.run(evening) is Level.OVER
    assert len(world.subjects) == 2


def test_an_answer_that_is_none_of_aws_s_does_not_stop_the_rest_and_is_an_error(
    world: World,
) -> None:
    evening = world.uses(20, hours=6)
    world.guard("DISABLE_QUEUES").run(evening)
    world.forbidden, world.fault = True, TypeError("null is no answer")

    with pytest.raises(UnsureError, match="failed at nightly"):
        world.guard("LOWER_MAX_VCPUS").run(evening + timedelta(minutes=15))

    assert world.environment["computeResources"]["maxvCpus"] == 4


def test_what_aws_refuses_does_not_stop_the_rest_and_is_an_error(world: World) -> None:
    evening = world.uses(20, hours=6)
    world.guard("DISABLE_QUEUES").run(evening)
    world.forbidden = True

    with pytest.raises(RuntimeError, match="failed at nightly"):
        world.guard("LOWER_MAX_VCPUS").run(evening + timedelta(minutes=15))

    assert world.environment["computeResources"]["maxvCpus"] == 4


def test_no_number_is_told_with_an_exponent(world: World) -> None:
    world.guard(vcpu_hours=1e7).run(world.uses(9e6, hours=2))

    assert "of 10000000 vCPU-hours used" in world.messages[0]
