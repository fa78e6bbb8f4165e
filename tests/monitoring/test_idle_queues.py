"""One message when a queue is idle: what it says, when it comes, and what the construct makes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from aws_cdk import CfnParameter, Duration, Stack
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_sqs as sqs
from botocore.exceptions import EndpointConnectionError

from batch_constructs import JobNotifications, JobQueue
from batch_constructs.aws.role_actions import READ_QUEUE_ACTIONS
from batch_constructs.functions.claims.effect import UnsureError
from batch_constructs.functions.claims.invocation import Invocation
from batch_constructs.functions.claims.rows import Claims
from batch_constructs.functions.job_events import idle_queue
from batch_constructs.functions.job_events.idle_queue import IdleQueues, look_at_all
from batch_constructs.functions.job_events.notification_text import Message
from tests.functions.small_dynamodb import SmallDynamoDb
from tests.monitoring.conftest import Resources

if TYPE_CHECKING:
    from collections.abc import Callable

QUEUE = "arn:aws:batch:us-east-1:123456789012:job-queue/reports"
START = 1_800_000_000
DAY = 24 * 60
"""In minutes, as this file tells the time."""


class Batch:
    """Jobs of a queue, the newest last; two of them on a page."""

    def __init__(self) -> None:
        self.jobs: list[dict[str, Any]] = []
        self.children: dict[str, dict[str, int]] = {}
        self.asked = 0

    def add(
        self, name: str, status: str, *, minute: float, ended: float | None = None, **more: Any
    ) -> None:
        made = {
            "jobId": f"id-{name}",
            "jobName": name,
            "status": status,
            "createdAt": int(1000 * (START + 60 * minute)),
            **more,
        }
        if ended is not None:
            made["stoppedAt"] = int(1000 * (START + 60 * ended))
        self.jobs.append(made)

    def list_jobs(self, **request: Any) -> dict[str, Any]:
        self.asked += 1
        assert request["jobQueue"] == QUEUE
        if "filters" not in request:
            of_state = [job for job in self.jobs if job["status"] == request["jobStatus"]]
            return {"jobSummaryList": of_state[: request["maxResults"]]}
        [since] = request["filters"][0]["values"]
        found = [job for job in reversed(self.jobs) if job["createdAt"] > int(since)]
        start = int(request.get("nextToken", 0))
        more = {"nextToken": str(start + 2)} if len(found) > start + 2 else {}
        return {"jobSummaryList": found[start : start + 2], **more}

    def describe_jobs(self, jobs: list[str]) -> dict[str, Any]:
        return {
            "jobs": [
                {"jobId": id_, "arrayProperties": {"statusSummary": self.children[id_]}}
                for id_ in jobs
                if id_ in self.children
            ]
        }


class Desk:
    """The function, with a clock, and what it publishes."""

    def __init__(self) -> None:
        self.batch, self.published, self.minute = Batch(), list[Message](), 0.0
        self.function = IdleQueues(
            batch=self.batch,
            sns=self,
            topic_arn="topic",
            claims=Claims(
                dynamodb=SmallDynamoDb(late=lambda: False), table="claims", clock=self.clock
            ),
            idle_seconds=600,
        )

    def clock(self) -> float:
        return START + 60 * self.minute

    def publish(self, **request: Any) -> None:
        self.sent = request

    def look(self, minute: float) -> Message | None:
        self.minute = minute
        invocation = Invocation(deadline=self.clock() + 100, clock=self.clock)
        return self.function.look_at(QUEUE, invocation)

    def look_without_an_answer(self, minute: float) -> None:
        """Look, and never learn whether the message went."""
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(self, "publish", _fails)
            with pytest.raises(UnsureError):
                self.look(minute)


@pytest.fixture
def desk() -> Desk:
    made = Desk()
    assert made.look(0) is None
    return made


def test_a_drop_of_files_is_one_message_when_all_of_it_is_done(desk: Desk) -> None:
    for number in range(3):
        desk.batch.add(f"report-{number}", "SUCCEEDED", minute=1 + number, ended=5)
    desk.batch.add("report-3", "FAILED", minute=4, ended=9, statusReason="Task failed to start")
    assert desk.look(15) is None

    message = desk.look(20)

    assert message is not None
    assert message.subject == "Queue reports is idle: 3 jobs succeeded, 1 failed"
    assert message.text.splitlines() == [
        "Queue reports is idle: 3 jobs succeeded, 1 failed",
        "",
        "Queue        reports",
        "Succeeded    3",
        "Failed       1",
        "First job    submitted 2027-01-15 08:01:00 UTC",
        "Last job     ended 2027-01-15 08:09:00 UTC",
        "Took         8 min",
        "Jobs page    https://us-east-1.console.aws.amazon.com/batch/home?region=us-east-1#jobs",
        "",
        "report-3 (id-report-3) failed: Task failed to start",
    ]
    assert message.attributes == {"status": "IDLE", "queue": "reports"}
    assert json.loads(desk.sent["Message"])["default"] == message.text
    assert desk.look(25) is None


def test_the_next_message_counts_what_was_begun_since(desk: Desk) -> None:
    desk.batch.add("first", "SUCCEEDED", minute=1, ended=2)
    assert desk.look(13) is not None
    desk.batch.add("second", "SUCCEEDED", minute=14, ended=15)
    assert desk.look(20) is None

    message = desk.look(30)

    assert message is not None
    assert message.subject == "Queue reports is idle: 1 job succeeded, none failed"


def test_it_is_idle_when_the_last_end_is_longer_ago_than_that(desk: Desk) -> None:
    desk.batch.add("a", "SUCCEEDED", minute=1, ended=9)
    assert desk.look(19) is None

    assert desk.look(19.1) is not None


def test_where_a_period_begins_is_not_forgotten_however_long_it_takes(desk: Desk) -> None:
    desk.batch.add("long", "RUNNING", minute=1)
    for day in range(0, 60, 10):
        assert desk.look(1440 * day + 2) is None
    desk.batch.jobs[0] |= {"status": "SUCCEEDED", "stoppedAt": 1000 * (START + 86_400 * 51)}

    assert desk.look(1440 * 52) is not None


def test_a_job_that_changes_its_state_while_states_are_listed_keeps_it_busy(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.batch.add("a", "STARTING", minute=1)
    listing = desk.batch.list_jobs
    monkeypatch.setattr(
        desk.batch,
        "list_jobs",
        lambda **asked: listing(**asked) if "filters" in asked else {"jobSummaryList": []},
    )

    assert desk.look(30) is None


def test_an_end_that_is_not_written_down_is_not_told(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Or the next look may end the period elsewhere, and tell some jobs twice."""
    desk.batch.add("a", "SUCCEEDED", minute=1, ended=2)
    with monkeypatch.context() as patch:
        patch.setattr(Claims, "_settle", lambda *_: None)
        assert desk.look(30) is None
    desk.batch.add("b", "SUCCEEDED", minute=31, ended=32)

    message = desk.look(60)

    assert message is not None
    assert "2 jobs succeeded" in message.subject


def test_a_job_of_the_last_millisecond_counts_though_it_is_listed_late(desk: Desk) -> None:
    desk.batch.add("a", "SUCCEEDED", minute=1, ended=2)
    desk.look_without_an_answer(30)
    desk.batch.add("late", "SUCCEEDED", minute=20, ended=21)

    message = desk.look(60)

    assert message is not None
    assert "2 jobs succeeded" in message.subject
    assert desk.look(80) is None


@pytest.mark.parametrize("status", ["SUBMITTED", "PENDING", "RUNNABLE", "STARTING", "RUNNING"])
def test_a_queue_with_a_job_to_do_is_not_idle(desk: Desk, status: str) -> None:
    desk.batch.add("done", "SUCCEEDED", minute=1, ended=2)
    desk.batch.add("old", status, minute=-500)

    assert desk.look(30) is None


def test_nothing_is_told_of_what_was_there_before(desk: Desk) -> None:
    desk.batch.add("old", "SUCCEEDED", minute=-1, ended=0)

    assert desk.look(30) is None


def test_a_job_that_never_started_ended_when_it_was_submitted_at_the_earliest(desk: Desk) -> None:
    desk.batch.add("refused", "FAILED", minute=10)
    assert desk.look(19) is None

    assert desk.look(21) is not None


def test_each_child_of_an_array_counts_and_the_array_does_not(desk: Desk) -> None:
    of_ten = {"arrayProperties": {"size": 10}}
    desk.batch.add("good", "SUCCEEDED", minute=1, ended=2, **of_ten)
    desk.batch.add("bad", "FAILED", minute=1, ended=2, **of_ten)
    desk.batch.add("silent", "FAILED", minute=1, ended=2, **of_ten)
    desk.batch.children = {"id-bad": {"SUCCEEDED": 6, "FAILED": 3}, "id-good": {"SUCCEEDED": 9}}

    message = desk.look(30)

    assert message is not None
    assert message.subject == "Queue reports is idle: 16 jobs succeeded, 14 failed"


def test_of_more_than_are_counted_it_says_at_least(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(idle_queue, "_MOST_JOBS", 3)
    for number in range(4):
        desk.batch.add(f"job-{number}", "SUCCEEDED", minute=1, ended=2)
    first = desk.look(30)
    for number in range(3):
        desk.batch.add(f"later-{number}", "SUCCEEDED", minute=31, ended=32)

    second = desk.look(60)

    assert first is not None
    assert first.subject == "Queue reports is idle: at least 3 jobs succeeded, none failed"
    assert second is not None
    assert second.subject == "Queue reports is idle: 3 jobs succeeded, none failed"


def test_the_newest_five_that_failed_are_named(desk: Desk) -> None:
    for number in range(7):
        desk.batch.add(f"job-{number}", "FAILED", minute=1, ended=2)

    message = desk.look(30)

    assert message is not None
    assert message.text.splitlines()[-5:] == [
        f"job-{number} (id-job-{number}) failed" for number in (6, 5, 4, 3, 2)
    ]


def test_a_job_that_two_pages_list_counts_once(desk: Desk) -> None:
    desk.batch.add("a", "SUCCEEDED", minute=1, ended=2)
    desk.batch.jobs *= 2

    message = desk.look(30)

    assert message is not None
    assert "1 job succeeded" in message.subject


def test_a_message_that_is_sent_again_says_the_same_whatever_came_since(desk: Desk) -> None:
    desk.batch.add("a", "SUCCEEDED", minute=1, ended=2)
    desk.look_without_an_answer(30)
    desk.batch.add("b", "RUNNING", minute=31)

    message = desk.look(60)

    assert message is not None
    assert "1 job succeeded" in message.subject
    assert desk.look(65) is None


def test_a_period_whose_jobs_are_forgotten_before_it_could_be_told_is_over(desk: Desk) -> None:
    """As when the topic was not there for a week: what comes after it is told."""
    desk.batch.add("a", "SUCCEEDED", minute=1, ended=2)
    desk.look_without_an_answer(30)
    desk.batch.jobs.clear()
    week = 7 * DAY
    assert desk.look(week) is None
    desk.batch.add("b", "SUCCEEDED", minute=week + 1, ended=week + 2)

    message = desk.look(week + 30)

    assert message is not None
    assert message.subject == "Queue reports is idle: 1 job succeeded, none failed"


@pytest.mark.parametrize(
    ("days", "said"), [(5.9, "1 job succeeded"), (6.1, "at least 1 job succeeded")]
)
def test_of_a_period_whose_first_jobs_may_be_forgotten_it_says_at_least(
    desk: Desk, days: float, said: str
) -> None:
    desk.batch.add("a", "SUCCEEDED", minute=1, ended=days * DAY - 20)

    message = desk.look(days * DAY)

    assert message is not None
    assert message.subject == f"Queue reports is idle: {said}, none failed"


def _fails(**_: object) -> None:
    raise TimeoutError


def test_a_queue_that_cannot_be_looked_at_keeps_no_other_from_it(desk: Desk) -> None:
    desk.batch.add("a", "SUCCEEDED", minute=1, ended=2)
    look_at = IdleQueues.look_at
    seen: list[str] = []

    def looking(by: IdleQueues, queue: str, invocation: Invocation) -> Message | None:
        if queue == "denied":
            raise EndpointConnectionError(endpoint_url="batch")
        seen.append(queue)
        return look_at(by, queue, invocation)

    desk.minute = 30
    invocation = Invocation(deadline=desk.clock() + 100, clock=desk.clock)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(IdleQueues, "look_at", looking)
        with pytest.raises(RuntimeError, match=r"could not report denied; the log says why"):
            look_at_all(desk.function, ["denied", QUEUE], invocation)

    assert seen == [QUEUE]
    assert desk.sent["Subject"] == "Queue reports is idle: 1 job succeeded, none failed"


def test_nothing_is_begun_when_the_time_is_over(desk: Desk) -> None:
    desk.batch.add("a", "SUCCEEDED", minute=1, ended=2)
    desk.minute, desk.batch.asked = 30, 0
    over = Invocation(deadline=desk.clock(), clock=desk.clock)

    with pytest.raises(RuntimeError, match="job-queue/reports; the log says why"):
        look_at_all(desk.function, [QUEUE], over)

    assert desk.batch.asked == 0


# -- the construct


def test_it_looks_every_five_minutes_with_what_it_needs_and_nothing_else(
    stack: Stack, queue: JobQueue, resources: Callable[[str], Resources]
) -> None:
    made = JobNotifications(stack, "Notify", queues=[queue], idle_after=Duration.minutes(30))

    rules = resources("AWS::Events::Rule").values()
    assert [rule["ScheduleExpression"] for rule in rules if "ScheduleExpression" in rule] == [
        "rate(5 minutes)"
    ]
    functions = resources("AWS::Lambda::Function")
    [told] = [
        function["Environment"]["Variables"]
        for name, function in functions.items()
        if name.startswith("NotifyIdle")
    ]
    assert told["IDLE_SECONDS"] == "1800"
    assert told["QUEUES"] == stack.resolve(queue.job_queue_arn)
    documents = [
        policy["PolicyDocument"]
        for name, role in resources("AWS::IAM::Role").items()
        for policy in role.get("Policies", [])
        if name.startswith("NotifyIdle")
    ]
    documents += [
        policy["PolicyDocument"]
        for name, policy in resources("AWS::IAM::Policy").items()
        if name.startswith("NotifyIdle")
    ]
    allowed = {
        action
        for document in documents
        for statement in document["Statement"]
        for action in _actions(statement)
    }
    assert allowed == {
        "batch:ListJobs",
        "batch:DescribeJobs",
        "dynamodb:GetItem",
        "dynamodb:UpdateItem",
        "kms:Decrypt",
        "kms:GenerateDataKey*",
        "logs:CreateLogStream",
        "logs:PutLogEvents",
        "sns:Publish",
        *READ_QUEUE_ACTIONS,  # its dead letters
        "sqs:SendMessage",
    }
    assert made.watched_idle_function is not None
    assert made.watched_idle_function.runs_every_seconds == 300


def _actions(statement: dict[str, Any]) -> list[str]:
    said = statement["Action"]
    return [said] if isinstance(said, str) else said


def test_without_it_nothing_looks(stack: Stack, queue: JobQueue) -> None:
    assert JobNotifications(stack, "Notify", queues=[queue]).watched_idle_function is None


@pytest.mark.parametrize(
    ("idle_after", "said"),
    [
        (Duration.minutes(4), "idle_after is 4 minutes; allowed: 5 to 1440 minutes"),
        (Duration.days(2), "idle_after is 2 days (2880 minutes); allowed: 5 to 1440 minutes"),
        (10, "idle_after is int 10; expected a Duration such as Duration.minutes(30)"),
        (Duration.seconds(330), "idle_after is 5.5 minutes; allowed: a whole number of minutes"),
    ],
)
def test_a_time_that_it_cannot_keep_is_refused(
    stack: Stack, queue: JobQueue, idle_after: Any, said: str
) -> None:
    with pytest.raises((TypeError, ValueError), match="Platform/Notify") as refused:
        JobNotifications(stack, "Notify", queues=[queue], idle_after=idle_after)

    assert said in str(refused.value)


@pytest.mark.parametrize("minutes", [5, 1440])
def test_the_shortest_and_the_longest_are_taken(
    stack: Stack, queue: JobQueue, minutes: int
) -> None:
    JobNotifications(stack, "Notify", queues=[queue], idle_after=Duration.minutes(minutes))


def test_what_it_cannot_heed_is_refused_beside_it(stack: Stack, queue: JobQueue) -> None:
    token = Duration.minutes(CfnParameter(stack, "Minutes", type="Number").value_as_number)
    with pytest.raises(ValueError, match="idle_after is a token, whose value is not known"):
        JobNotifications(stack, "Token", queues=[queue], idle_after=token)
    hour = Duration.hours(1)
    bus = events.EventBus(stack, "Bus")
    with pytest.raises(ValueError, match="idle_after is given with event_bus"):
        JobNotifications(stack, "Bused", queues=[queue], idle_after=hour, event_bus=bus)
    with pytest.raises(ValueError, match="idle_after is given with job_definitions"):
        JobNotifications(stack, "Some", queues=[queue], idle_after=hour, job_definitions=[])
    inbox = targets.SqsQueue(sqs.Queue(stack, "Inbox"))
    with pytest.raises(ValueError, match="idle_after is given with targets and without a topic"):
        JobNotifications(stack, "Bare", queues=[queue], idle_after=hour, targets=[inbox])
