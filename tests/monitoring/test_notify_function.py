"""What people are told, on the events of whole lives of jobs."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import pytest

from batch_constructs.functions.claims.effect import RefusedError, UnsureError
from batch_constructs.functions.claims.lease import AFTERMATH_SECONDS, RESERVE_SECONDS
from batch_constructs.functions.claims.rows import DAYS_KEPT, Claims, HeldError
from batch_constructs.functions.job_events import notify
from batch_constructs.functions.job_events.cause import Cause, cause_of
from batch_constructs.functions.job_events.job_event import Job
from batch_constructs.functions.job_events.notification_text import about_job, log_url
from batch_constructs.functions.job_events.notify import Notifier
from batch_constructs.monitoring import job_notifications
from tests.monitoring import job_story as story
from tests.monitoring.conftest import INVOCATION, NOW

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from batch_constructs.testing.local_aws import LocalAws

CONSOLE = "https://us-east-1.console.aws.amazon.com"


class NoChildren:
    """AWS Batch that lists none."""

    def list_jobs(self, **_: object) -> dict[str, Any]:
        return {"jobSummaryList": []}


class Inbox:
    """A queue subscribed to a topic, and the notifier that publishes to it."""

    def __init__(self, local_aws: LocalAws, claims: Claims, batch: object | None = None) -> None:
        sns, self.sqs = local_aws.client("sns"), local_aws.client("sqs")
        topic = sns.create_topic(Name="jobs")["TopicArn"]
        allow = {"Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}}
        statement = {**allow, "Action": "sqs:SendMessage", "Resource": "*"}
        policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        self.url = self.sqs.create_queue(QueueName="inbox", Attributes={"Policy": policy})[
            "QueueUrl"
        ]
        self.sqs.purge_queue(QueueUrl=self.url)
        arn = "arn:aws:sqs:us-east-1:123456789012:inbox"
        sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
        self.notifier = Notifier(
            sns=sns, topic_arn=topic, claims=claims, batch=NoChildren() if batch is None else batch
        )

    def after(self, events: Sequence[story.Event]) -> list[dict[str, Any]]:
        """Return what lies in the queue after the notifier handled what a FAILED rule lets by."""
        for event in events:
            self.notifier.handle(event, INVOCATION)
        received = self.sqs.receive_message(QueueUrl=self.url, MaxNumberOfMessages=10)
        return [json.loads(message["Body"]) for message in received.get("Messages", [])]


@pytest.fixture
def inbox(local_aws: LocalAws, claims: Claims) -> Inbox:
    return Inbox(local_aws, claims)


def ends(events: Sequence[story.Event]) -> list[story.Event]:
    """Keep what a rule on FAILED and SUCCEEDED without array children lets by."""
    return [
        event
        for event in events
        if event["detail"]["status"] in ("SUCCEEDED", "FAILED")
        and ":" not in event["detail"]["jobId"]
    ]


def job_at_the_end_of(events: Sequence[story.Event]) -> Job:
    return Job.of(events[-1]["detail"], region="us-east-1")


@pytest.mark.parametrize(
    ("life", "cause"),
    [
        (story.exhausted_job, Cause.EXITED_NON_ZERO),
        (story.reclaimed_spot_job, Cause.SPOT_RECLAIMED),
        (story.interrupted_fargate_spot_job, Cause.SPOT_RECLAIMED),
        (story.timed_out_job, Cause.TIMED_OUT),
        (story.out_of_memory_job, Cause.OUT_OF_MEMORY),
        (story.never_started_job, Cause.NEVER_STARTED),
        (story.command_not_found_job, Cause.NEVER_STARTED),
        (story.stuck_job, Cause.STUCK_IN_QUEUE),
        (story.cancelled_job, Cause.CANCELLED),
        (story.terminated_job, Cause.TERMINATED),
        (story.orphaned_job, Cause.DEPENDENCY_FAILED),
        (story.array_job, Cause.CHILDREN_FAILED),
    ],
)
def test_the_cause_of_a_failure_is_told_from_its_event(
    life: Callable[[], list[story.Event]], cause: Cause
) -> None:
    assert cause_of(job_at_the_end_of(life())) is cause


def test_a_failed_job_is_one_message_with_all_a_person_needs(inbox: Inbox) -> None:
    job_id = "4c7599ae-0a82-49aa-ba5a-4727fcce14a8"
    stream = (
        "log-group/$252Fbatch$252Fimport-orders"
        "/log-events/import-orders$252Fdefault$252F00000000000000000000000000000002"
    )

    [message] = inbox.after(ends(story.exhausted_job()))

    assert message["Subject"] == "Job import-orders failed: exited with code 3"
    assert message["Message"].splitlines() == [
        "Job import-orders failed: exited with code 3",
        "",
        f"Job          import-orders ({job_id})",
        "Queue        nightly",
        "Definition   import-orders:7",
        "Reason       Essential container in task exited",
        "Exit code    3",
        "Attempt      2 of 2",
        "Ran          5 min; all attempts 10 min",
        f"Job page     {CONSOLE}/batch/home?region=us-east-1#jobs/detail/{job_id}",
        f"Log stream   {CONSOLE}/cloudwatch/home?region=us-east-1#logsV2:log-groups/{stream}",
    ]
    assert {k: v["Value"] for k, v in message["MessageAttributes"].items()} == {
        "status": "FAILED",
        "cause": "ExitedNonZero",
        "queue": "nightly",
        "definition": "import-orders",
    }


def test_attempts_that_are_retried_are_no_message(inbox: Inbox) -> None:
    events = story.retried_job()
    assert [e["detail"]["status"] for e in events].count("RUNNABLE") == 3

    messages = inbox.after(ends(events))

    assert [message["Subject"] for message in messages] == ["Job import-orders succeeded"]
    assert "Attempt      3 of 3" in messages[0]["Message"]


def test_of_a_node_of_a_multi_node_job_nobody_is_told(inbox: Inbox) -> None:
    node = story.exhausted_job()[-1]
    node["detail"]["jobId"] += "#1"

    assert inbox.after([node]) == []


def test_an_array_is_one_message_that_counts_its_children(inbox: Inbox) -> None:
    [message] = inbox.after(ends(story.array_job(10, failing=(2, 5, 7))))

    assert message["Subject"] == "Array job import-orders failed: 3 of 10 children failed"
    assert "Children     10: 7 SUCCEEDED, 3 FAILED" in message["Message"]


def test_the_failed_children_of_an_array_are_named_with_their_logs(
    local_aws: LocalAws, claims: Claims
) -> None:
    events = story.array_job(10, failing=(2, 5))
    failed = [e["detail"] for e in events if e["detail"]["status"] == "FAILED"][:-1]

    class Batch:
        def list_jobs(self, **asked: object) -> dict[str, Any]:
            assert asked == {
                "arrayJobId": "4c7599ae-0a82-49aa-ba5a-4727fcce14a8",
                "jobStatus": "FAILED",
                "maxResults": 5,
            }
            return {"jobSummaryList": [{"jobId": child["jobId"]} for child in failed]}

        def describe_jobs(self, *, jobs: list[str]) -> dict[str, Any]:
            return {"jobs": [child for child in reversed(failed) if child["jobId"] in jobs]}

    [message] = Inbox(local_aws, claims, Batch()).after(ends(events))

    told = message["Message"].split("\n\n")[2:]
    assert [part.splitlines()[0] for part in told] == [
        "Child 2 failed: exited with code 1",
        "Child 5 failed: exited with code 1",
    ]
    assert all("/log-events/import-orders$252Fdefault$252F" in part for part in told)


def test_an_array_is_told_of_even_if_its_children_cannot_be_listed(
    local_aws: LocalAws, claims: Claims
) -> None:
    batch = local_aws.client("batch")  # the session's own, so it is left as it was found
    batch.meta.events.register("before-call.batch.ListJobs", _refuse)
    try:
        [message] = Inbox(local_aws, claims, batch).after(ends(story.array_job()))
    finally:
        batch.meta.events.unregister("before-call.batch.ListJobs", _refuse)

    assert message["Subject"] == "Array job import-orders failed: 1 of 3 children failed"


def _refuse(**_: object) -> tuple[object, dict[str, Any]]:
    class Refusal:
        status_code = 403
        headers: dict[str, str] = {}  # noqa: RUF012 - what botocore reads

    error = {"Code": "AccessDeniedException", "Message": "no"}
    return Refusal(), {"Error": error, "ResponseMetadata": {}}


@pytest.mark.parametrize(
    ("life", "subject", "said", "unsaid"),
    [
        (
            story.reclaimed_spot_job,
            "Job import-orders lost its instance (Spot reclaim)",
            "Reason       Host EC2 (instance i-0282b396e52b4c95d) terminated.",
            "Exit code",
        ),
        (
            story.timed_out_job,
            "Job import-orders timed out",
            "Attempt      1 of 3",
            "Waited",
        ),
        (
            story.never_started_job,
            "Job import-orders never started",
            "CannotPullContainerError",
            "Log stream",
        ),
        (
            story.stuck_job,
            "Job import-orders never started: stuck in RUNNABLE",
            "Waited       1 min",
            "Attempt",
        ),
        (
            story.orphaned_job,
            "Job import-orders never started: a job it depends on failed",
            "Reason       Dependent Job failed",
            "Ran",
        ),
    ],
)
def test_each_way_to_fail_reads_differently(
    inbox: Inbox, life: Callable[[], list[story.Event]], subject: str, said: str, unsaid: str
) -> None:
    [message] = inbox.after(ends(life()))

    assert message["Subject"] == subject
    assert said in message["Message"]
    assert unsaid not in message["Message"]


def test_events_that_come_twice_are_told_once(inbox: Inbox) -> None:
    end = ends(story.exhausted_job())

    assert len(inbox.after([*end, *end, {**end[0], "id": "another"}])) == 1


def test_an_event_that_comes_late_is_not_told(inbox: Inbox) -> None:
    events = story.exhausted_job()
    running, end = events[2], events[-1]

    messages = inbox.after([end, running])

    assert [message["Subject"] for message in messages] == [
        "Job import-orders failed: exited with code 3"
    ]


def test_each_state_asked_for_is_told_once_a_job_not_once_an_attempt(inbox: Inbox) -> None:
    running = [e for e in story.retried_job() if e["detail"]["status"] == "RUNNING"]
    assert len(running) == 3

    assert [m["Subject"] for m in inbox.after(running)] == ["Job import-orders is RUNNING"]


def test_a_message_that_was_refused_is_sent_by_whoever_comes_next(inbox: Inbox) -> None:
    [end] = ends(story.exhausted_job())
    refusing = Notifier(
        sns=inbox.notifier.sns,
        topic_arn="arn:aws:sns:us-east-1:123456789012:gone",
        claims=inbox.notifier.claims,
        batch=None,
    )
    with pytest.raises(RefusedError, match="NotFound"):
        refusing.handle(end, INVOCATION)

    assert inbox.notifier.handle(end, INVOCATION) is not None
    assert inbox.notifier.handle(end, INVOCATION) is None


def test_a_message_that_was_perhaps_sent_is_sent_again_after_the_lease(inbox: Inbox) -> None:
    [end] = ends(story.exhausted_job())
    claims = inbox.notifier.claims
    with pytest.raises(UnsureError):
        Notifier(sns=None, topic_arn="", claims=claims, batch=None).handle(end, INVOCATION)

    with pytest.raises(HeldError):
        inbox.notifier.handle(end, INVOCATION)
    later = INVOCATION.deadline + AFTERMATH_SECONDS + 1
    notifier = replace(inbox.notifier, claims=replace(claims, clock=lambda: later))
    assert notifier.handle(end, INVOCATION) is not None


def test_a_row_expires_after_the_last_time_its_event_can_come(claims: Claims) -> None:
    claims.once("job", work=lambda _: "told", deadline=NOW + 25)

    [row] = claims.dynamodb.scan(TableName="claims")["Items"]

    assert float(row["expires"]["N"]) == NOW + DAYS_KEPT * 86_400


@pytest.mark.parametrize("name", ["job_queue_blocked", "service_job_queue_blocked"])
def test_a_blocked_queue_is_told_of_once(inbox: Inbox, name: str) -> None:
    event = story.sample(name)
    event["detail"]["statusReason"] = (
        "CAPACITY:INSUFFICIENT_INSTANCE_CAPACITY - Service cannot fulfill the capacity requested "
        "for instance type [p4d.24xlarge]"
    )

    [message] = inbox.after([event, event])

    queue = event["detail"]["jobQueue"].rpartition("/")[2]
    assert message["Subject"] == f"Queue {queue} is blocked by job event-test"
    assert "What helps   AWS has no such instances free" in message["Message"]
    assert "[p4d.24xlarge]" in message["Message"]


def test_a_queue_that_is_blocked_for_another_reason_is_told_of_again(inbox: Inbox) -> None:
    events = []
    for reason in ("CAPACITY:A - of [m5]", "CAPACITY:A - of [c5]", "MISCONFIGURATION:B - too big"):
        event = story.sample("job_queue_blocked")
        event["detail"]["statusReason"] = reason
        events.append(event)

    told = [message["Message"] for message in inbox.after(events)]

    assert sorted("CAPACITY" in text for text in told) == [False, True]


def test_a_silent_batch_leaves_time_to_tell_of_the_array(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("TOPIC_ARN", "topic")
    monkeypatch.setenv("STATES", "FAILED")
    monkeypatch.setenv("CLAIMS_TABLE", "claims")

    config = notify._notifier.__wrapped__().batch.meta.config

    attempts = config.retries["total_max_attempts"]
    both_calls = 2 * attempts * (config.connect_timeout + config.read_timeout)
    assert both_calls < job_notifications._TIMEOUT_SECONDS - RESERVE_SECONDS


def test_chat_gets_what_its_service_shows() -> None:
    job = job_at_the_end_of(story.exhausted_job())

    message = about_job(job)

    shown = json.loads(json.loads(message.by_protocol())["https"])
    assert (shown["version"], shown["source"]) == ("1.0", "custom")
    assert shown["content"]["title"] == message.subject


def test_a_subject_is_what_sns_takes() -> None:
    life = story.Story(name="täglich-" + "x" * 200)
    life.starts()
    life.attempt_ends(exitCode=1)

    subject = about_job(Job.of(life.ends("FAILED")["detail"], region="us-east-1")).subject

    assert len(subject) == 99
    assert subject.isascii()
    assert subject.endswith("...")


def test_links_lead_to_the_console_of_the_partition() -> None:
    detail = json.loads(
        json.dumps(story.exhausted_job()[-1]["detail"]).replace(":aws:", ":aws-cn:")
    )
    job = Job.of(detail, region="cn-north-1")

    text = about_job(job).text

    assert "https://cn-north-1.console.amazonaws.cn/batch/home?region=cn-north-1" in text


def test_the_console_decodes_the_log_link_to_group_and_stream() -> None:
    log = job_at_the_end_of(story.exhausted_job()).log
    assert log is not None

    group, stream = str(log_url(log, "aws")).partition("log-group/")[2].split("/log-events/")

    assert unquote(unquote(group.replace("$", "%"))) == log.group
    assert unquote(unquote(stream.replace("$", "%"))) == log.stream


def test_a_child_is_no_array_even_if_its_event_tells_the_arrays_size() -> None:
    child = story.array_job(3, failing=(0,))[4]["detail"]
    child["arrayProperties"]["size"] = 3

    job = Job.of(child, region="us-east-1")

    assert (job.is_array, cause_of(job)) == (False, Cause.EXITED_NON_ZERO)


def test_a_job_of_several_containers_is_told_by_the_one_that_failed() -> None:
    life = story.Story()
    life.starts()
    event = life.moves_to("FAILED", statusReason="Essential container in task exited")
    detail = event["detail"]
    del detail["container"]
    app = {
        "name": "app",
        "resourceRequirements": [{"type": "VCPU", "value": "1.5"}],
        "logConfiguration": {"logDriver": "awslogs", "options": {"awslogs-group": "/g"}},
    }
    side = {"name": "side", "resourceRequirements": [{"type": "VCPU", "value": "0.5"}]}
    detail["ecsProperties"] = {"taskProperties": [{"containers": [side, app]}]}
    exits = [
        {"name": "side", "exitCode": 0, "logStreamName": "side/1"},
        {"name": "app", "exitCode": 9, "logStreamName": "app/1"},
    ]
    detail["attempts"] = [
        {"startedAt": 0, "stoppedAt": 3_600_000, "taskProperties": [{"containers": exits}]}
    ]

    job = Job.of(detail, region="us-east-1")

    assert job.exit_code == 9
    assert job.log is not None
    assert (job.log.group, job.log.stream) == ("/g", "app/1")
    assert job.vcpu_hours == 2.0


def test_the_nodes_of_a_multi_node_job_all_count() -> None:
    detail = story.exhausted_job()[-1]["detail"]
    container = detail.pop("container")
    detail["nodeProperties"] = {
        "numNodes": 5,
        "nodeRangeProperties": [
            {"targetNodes": "0", "container": container},
            {"targetNodes": "1:", "container": container},
        ],
    }

    assert Job.of(detail, region="us-east-1").size.vcpus == 10


def test_a_kubernetes_job_has_vcpus_and_no_log_stream() -> None:
    detail = story.exhausted_job()[-1]["detail"]
    del detail["container"]
    containers = [
        {"resources": {"limits": {"cpu": "500m"}}},
        {"resources": {"limits": {"cpu": "1"}}},
    ]
    detail["eksProperties"] = {"podProperties": {"containers": containers}}
    detail["eksAttempts"] = [{"containers": [{"exitCode": 4}]}]
    del detail["attempts"]

    job = Job.of(detail, region="us-east-1")

    assert (job.size.vcpus, job.exit_code, job.log) == (1.5, 4, None)
