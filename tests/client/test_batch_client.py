"""Submitting, waiting and stopping, also when AWS or the user interferes."""

from __future__ import annotations

import subprocess
import sys
import tracemalloc
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.exceptions import (
    ClientError,
    EndpointConnectionError,
    NoCredentialsError,
    ReadTimeoutError,
)

from batch_constructs import RetryPolicy
from batch_constructs.client import BatchClient, JobState, SubmissionUnclearError, deadline
from batch_constructs.client.batch_client import NotSubmittedError
from batch_constructs.client.job_log import read_logs
from batch_constructs.client.jobs_not_found import JobsNotFoundError
from tests.functions.aws_in_process import BatchInProcess, answer

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.functions.aws_in_process import Aws


ARN = "arn:aws:batch:eu-west-1:111122223333"


def detail(job_id: str, status: str, **more: Any) -> dict[str, Any]:
    return {
        "jobId": job_id,
        "jobName": "name",
        "jobQueue": "queue",
        "jobDefinition": "definition:3",
        "status": status,
        "startedAt": 0,
        **more,
    }


def describe(aws: Aws, *looks: list[dict[str, Any]]) -> None:
    """Answer DescribeJobs with one look after the other, the last one for ever."""
    left = list(looks)

    def tell(body: dict[str, Any]) -> Any:
        look = left.pop(0) if len(left) > 1 else left[0]
        return answer(200, {"jobs": [job for job in look if job["jobId"] in body["jobs"]]})

    aws.batch.script["DescribeJobs"] = tell


def list_a_minute_late(aws: Aws) -> None:
    submitted_at: list[float] = []

    def submit(body: dict[str, Any]) -> Any:
        submitted_at.append(aws.clock())
        return aws.batch.SubmitJob(body)

    def listed(body: dict[str, Any]) -> Any:
        seen = [
            job
            for job, at in zip(aws.batch.jobs, submitted_at, strict=True)
            if aws.clock() >= at + 60
        ]
        return BatchInProcess(jobs=seen).ListJobs(body)

    aws.batch.script |= {"SubmitJob": submit, "ListJobs": listed}


def test_importing_the_client_loads_neither_boto3_nor_the_cdk() -> None:
    code = (
        "import sys; from batch_constructs.client import BatchClient; BatchClient();"
        "print(sorted({'aws_cdk', 'jsii', 'boto3', 'botocore', 'rich'} & set(sys.modules)))"
    )

    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )

    assert loaded.stdout.strip() == "[]"


def test_a_job_is_submitted_with_what_is_given_and_nothing_else(
    aws: Aws, client: BatchClient
) -> None:
    job_id = client.submit("nightly", queue="main", job_definition="report:4")
    client.submit(
        "big",
        queue="main",
        job_definition="report",
        array_size=100,
        parameters={"day": "2026-11-21"},
        environment={"MODE": "fast"},
        command=["run", "Ref::day"],
        vcpus=1.0,
        memory_mebibytes=2048,
        share_identifier="blue",
        timeout=timedelta(minutes=10),
        retry=RetryPolicy(attempts=2, rules=()),
        depends_on=[{"jobId": job_id}],
    )

    plain, full = aws.batch.jobs
    assert plain == {
        "jobName": "nightly",
        "jobQueue": "main",
        "jobDefinition": "report:4",
        "jobId": job_id,
    }
    assert full == {
        "jobName": "big",
        "jobQueue": "main",
        "jobDefinition": "report",
        "arrayProperties": {"size": 100},
        "parameters": {"day": "2026-11-21"},
        "containerOverrides": {
            "command": ["run", "Ref::day"],
            "environment": [{"name": "MODE", "value": "fast"}],
            "resourceRequirements": [
                {"type": "VCPU", "value": "1"},
                {"type": "MEMORY", "value": "2048"},
            ],
        },
        "shareIdentifier": "blue",
        "timeout": {"attemptDurationSeconds": 600},
        "retryStrategy": {"attempts": 2},
        "dependsOn": [{"jobId": job_id}],
        "jobId": full["jobId"],
    }


def test_throttled_submissions_are_repeated_until_they_succeed(
    aws: Aws, client: BatchClient
) -> None:
    aws.faults.throttle = 0.5

    for number in range(50):
        client.submit(f"job-{number}", queue="q", job_definition="d")

    assert [job["jobName"] for job in aws.batch.jobs] == [f"job-{n}" for n in range(50)]
    assert aws.calls["batch:SubmitJob"] > 60


def test_a_submission_whose_answer_got_lost_is_not_repeated(aws: Aws, client: BatchClient) -> None:
    aws.faults.lose_answer = 1.0

    with pytest.raises(SubmissionUnclearError, match=r"'once' was lost .* the job may exist"):
        client.submit("once", queue="q", job_definition="d")

    assert aws.calls["batch:SubmitJob"] == 1


@pytest.mark.parametrize(
    "error",
    [
        EndpointConnectionError(endpoint_url="https://batch.us-eest-1.amazonaws.com"),
        NoCredentialsError(),
    ],
)
def test_a_request_that_never_left_is_no_submission_and_said_so_at_once(
    aws: Aws, client: BatchClient, error: Exception
) -> None:
    def refuse(_: dict[str, Any]) -> Any:
        raise error

    aws.batch.script["SubmitJob"] = refuse
    began = aws.clock.now

    with pytest.raises(NotSubmittedError, match="'once' was not submitted, because the request"):
        client.submit("once", queue="main", job_definition="report")
    assert aws.clock.now - began < 2


def test_a_submission_that_is_throttled_all_the_time_ends(aws: Aws, client: BatchClient) -> None:
    aws.faults.throttle = 1.0

    with pytest.raises(NotSubmittedError, match="throttled it for 300 s; submit it again later"):
        client.submit("once", queue="main", job_definition="report")
    assert aws.clock.slept < 300


def test_a_queue_that_does_not_exist_is_said_in_the_words_of_aws(
    aws: Aws, client: BatchClient
) -> None:
    aws.faults.refuse = lambda _: "JobQueue nowhere not found"

    with pytest.raises(ClientError, match="JobQueue nowhere not found"):
        client.submit("job", queue="nowhere", job_definition="d")


def test_waiting_reports_every_change_once(aws: Aws, client: BatchClient) -> None:
    describe(
        aws,
        [detail("a", "RUNNABLE")],
        [detail("a", "RUNNABLE")],
        [detail("a", "RUNNING")],
        [detail("a", "FAILED", statusReason="Essential container in task exited")],
    )
    seen: list[tuple[str, str]] = []

    (last,) = client.wait(["a"], on_change=lambda s: seen.append((str(s.state), s.reason)))

    assert seen == [
        ("RUNNABLE", ""),
        ("RUNNING", ""),
        ("FAILED", "Essential container in task exited"),
    ]
    assert last.state is JobState.FAILED


def test_waiting_counts_the_children_of_an_array(aws: Aws, client: BatchClient) -> None:
    array = {"size": 4, "statusSummary": {"RUNNING": 1, "SUCCEEDED": 2, "FAILED": 1, "PENDING": 0}}
    done = {"size": 4, "statusSummary": {"SUCCEEDED": 3, "FAILED": 1}}
    describe(
        aws,
        [detail("a", "PENDING", arrayProperties=array)],
        [detail("a", "FAILED", arrayProperties=done)],
    )
    seen: list[tuple[int, int]] = []

    client.wait(["a"], on_change=lambda s: seen.append((s.finished, s.total)))

    assert seen == [(3, 4), (4, 4)]


def test_waiting_asks_only_for_jobs_that_are_not_done(aws: Aws, client: BatchClient) -> None:
    asked: list[list[str]] = []

    def tell(body: dict[str, Any]) -> Any:
        asked.append(body["jobs"])
        states = {"a": "SUCCEEDED", "b": "RUNNING" if len(asked) < 2 else "SUCCEEDED"}
        return answer(200, {"jobs": [detail(job, states[job]) for job in body["jobs"]]})

    aws.batch.script["DescribeJobs"] = tell

    client.wait(["a", "b"])

    assert asked == [["a", "b"], ["b"]]


def test_waiting_survives_throttling(
    aws: Aws, client: BatchClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("time.sleep", aws.clock.sleep)
    looks = iter([429, 429, 200])

    def tell(_: dict[str, Any]) -> Any:
        if next(looks) == 429:
            return answer(429, {"message": "slow down"}, error="TooManyRequestsException")
        return answer(200, {"jobs": [detail("a", "SUCCEEDED")]})

    aws.batch.script["DescribeJobs"] = tell

    (last,) = client.wait(["a"])

    assert last.state is JobState.SUCCEEDED


@pytest.mark.parametrize("limit", [1, 60])
def test_waiting_ends_at_its_limit(aws: Aws, limit: int) -> None:
    """And not after it, where no call takes any time."""

    def sleep(seconds: float) -> None:
        assert seconds > 0
        aws.clock.sleep(seconds)

    aws.clock.call_seconds = 0
    describe(aws, [detail("a", "RUNNABLE")])
    client = BatchClient(boto3.DEFAULT_SESSION, clock=aws.clock, sleep=sleep)
    began = aws.clock()

    with pytest.raises(TimeoutError, match=f"not done after {limit} s: a"):
        client.wait(["a"], timeout=timedelta(seconds=limit))

    assert aws.clock() - began == limit


def test_waiting_asks_four_times_a_minute_while_nothing_changes(
    aws: Aws, client: BatchClient
) -> None:
    describe(aws, [detail("a", "RUNNABLE")])

    with pytest.raises(TimeoutError):
        client.wait(["a"], timeout=timedelta(hours=1))

    assert 240 <= aws.calls["batch:DescribeJobs"] < 250


def test_a_job_that_changed_is_looked_at_again_a_second_later(
    aws: Aws, client: BatchClient
) -> None:
    states = iter(["RUNNABLE"] * 12 + ["RUNNING", "SUCCEEDED"])
    looks: list[float] = []
    aws.clock.call_seconds = 0

    def tell(_: dict[str, Any]) -> Any:
        looks.append(aws.clock())
        return answer(200, {"jobs": [detail("a", next(states))]})

    aws.batch.script["DescribeJobs"] = tell
    client.wait(["a"])

    began, *first = looks[:4]
    assert [look - began for look in first] == [1, 2.5, 4.75]
    assert looks[-2] - looks[-3] > 10
    assert looks[-1] - looks[-2] == 1


@pytest.mark.parametrize(
    "wait",
    [
        lambda client: client.wait(["a"]),
        lambda client: list(read_logs(client, "a", follow=True)),
    ],
    ids=["wait", "read_logs"],
)
def test_waiting_ends_after_seven_days_unless_it_is_told_otherwise(
    wait: Callable[[BatchClient], object], aws: Aws
) -> None:
    describe(aws, [detail("a", "RUNNABLE", container={})])
    client = BatchClient(  # looks every hour, not every two seconds
        boto3.DEFAULT_SESSION, clock=aws.clock, sleep=lambda _: aws.clock.sleep(3600)
    )
    began = aws.clock()

    with pytest.raises(TimeoutError, match="not done after 604800 s: a"):
        wait(client)

    assert aws.clock() - began == pytest.approx(timedelta(days=7).total_seconds(), abs=60)


@pytest.mark.parametrize("read", ["wait", "read_logs"])
@pytest.mark.parametrize(
    "trouble",
    [
        (429, "TooManyRequestsException"),
        (503, "ServiceUnavailable"),
        (502, "ServerException"),
    ],
)
def test_who_was_answered_once_is_patient(
    aws: Aws,
    client: BatchClient,
    read: str,
    trouble: tuple[int, str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(deadline, "ATTEMPTS", 1)
    running = {**detail("a", "RUNNING"), "container": {}}
    looks = [running, *[None] * 3, {**running, "status": "SUCCEEDED"}]

    def tell(_: dict[str, Any]) -> Any:
        look = looks.pop(0)
        status, error = trouble
        return (
            answer(status, {"message": "x"}, error=error)
            if look is None
            else answer(200, {"jobs": [look]})
        )

    aws.batch.script["DescribeJobs"] = tell
    if read == "wait":
        (status,) = client.wait(["a"])
        assert status.state is JobState.SUCCEEDED
    else:
        assert list(read_logs(client, "a", follow=True)) == []
    assert looks == []


def test_who_was_never_answered_ends_at_once_and_who_may_not_ask_too(
    aws: Aws, client: BatchClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deadline, "ATTEMPTS", 1)
    down = answer(503, {"message": "x"}, error="ServiceUnavailable")
    denied = answer(403, {"message": "x"}, error="AccessDeniedException")
    running = answer(200, {"jobs": [{**detail("a", "RUNNING"), "container": {}}]})
    for first, second in ((down, running), (running, denied)):
        looks = iter([first, *[second] * 50])
        aws.batch.script["DescribeJobs"] = partial(lambda those, _: next(those), looks)
        with pytest.raises(ClientError):
            client.wait(["a"])
    aws.batch.script["DescribeJobs"] = lambda _: down
    with pytest.raises(ClientError):
        list(read_logs(client, "a", follow=True))


def test_a_job_that_aws_does_not_know_is_named(aws: Aws, client: BatchClient) -> None:
    describe(aws, [detail("a", "RUNNING")])

    with pytest.raises(JobsNotFoundError, match=r"knows no job b; .*us-east-1"):
        client.wait(["a", "b"])


@pytest.mark.parametrize("read", ["wait", "read_logs"])
def test_a_job_that_an_answer_leaves_out_is_asked_for_again(
    aws: Aws, client: BatchClient, read: str
) -> None:
    running, done = (detail("a", state, container={}) for state in ("RUNNING", "SUCCEEDED"))
    others = [detail("b", state) for state in ("RUNNING", "FAILED")]
    describe(aws, [running, others[0]], [others[1]], [], [done])

    if read == "wait":
        last = client.wait(["a", "b"])
        assert [status.state for status in last] == [JobState.SUCCEEDED, JobState.FAILED]
    else:
        assert list(read_logs(client, "a", follow=True)) == []


def test_a_job_that_answers_leave_out_for_five_minutes_is_named(aws: Aws) -> None:
    running = [detail("a", "RUNNING", container={})]
    client = BatchClient(  # looks every half minute
        boto3.DEFAULT_SESSION, clock=aws.clock, sleep=lambda _: aws.clock.sleep(30)
    )
    for read in (
        lambda: client.wait(["a"]),
        lambda: list(read_logs(client, "a", follow=True)),
    ):
        describe(aws, running, *[[]] * 8, running, [])
        began = aws.clock()
        with pytest.raises(JobsNotFoundError, match="knows no job a"):
            read()
        assert 10 * 30 + 300 <= aws.clock() - began < 10 * 30 + 360


def test_many_jobs_are_described_a_hundred_a_call(aws: Aws, client: BatchClient) -> None:
    describe(aws, [detail(str(n), "SUCCEEDED") for n in range(250)])

    client.wait([str(n) for n in range(250)])

    assert aws.calls["batch:DescribeJobs"] == 3


def test_a_hundred_thousand_children_are_listed_in_flat_memory(
    aws: Aws, client: BatchClient
) -> None:
    def tell(body: dict[str, Any]) -> Any:
        at = int(body.get("nextToken", 0))
        page = [
            {"jobId": f"a:{n}", "jobName": "name", "arrayProperties": {"index": n}}
            for n in range(at, at + 1000)
        ]
        more = {"nextToken": str(at + 1000)} if at + 1000 < 100_000 else {}
        return answer(200, {"jobSummaryList": page, **more})

    aws.batch.script["ListJobs"] = tell
    children = client.children("a", state=JobState.FAILED)
    for _ in range(2000):
        next(children)
    tracemalloc.start()

    count = 2000 + sum(1 for _ in children)

    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert count == 100_000
    assert aws.calls["batch:ListJobs"] == 100
    assert peak < 10_000_000  # a page is about 1 MB, all pages would be about 100 MB


@pytest.mark.parametrize("verb", ["cancel", "terminate"])
def test_jobs_are_stopped_fifty_a_call(aws: Aws, client: BatchClient, verb: str) -> None:
    operation = f"{verb.capitalize()}Jobs"
    aws.batch.script[operation] = lambda body: answer(
        200,
        {
            "successful": [j for j in body["jobs"] if j != "7"],
            "errors": [
                {"job": j, "code": "ClientException", "message": "no"}
                for j in body["jobs"]
                if j == "7"
            ],
        },
    )

    failed = getattr(client, verb)([str(n) for n in range(120)], reason="wrong input")

    assert failed == {"7": "no"}
    assert aws.calls[f"batch:{operation}"] == 3


@pytest.mark.parametrize(
    ("status", "code"), [(404, None), (400, "UnknownOperationException"), (400, "InvalidAction")]
)
def test_an_older_service_is_asked_job_by_job(
    aws: Aws, client: BatchClient, status: int, code: str | None
) -> None:
    aws.batch.script["TerminateJobs"] = lambda _: answer(
        status, {"message": "no such operation"}, error=code
    )
    stopped: list[str] = []

    def terminate(body: dict[str, Any]) -> Any:
        stopped.append(body["jobId"])
        return answer(200, {})

    aws.batch.script["TerminateJob"] = terminate

    assert client.terminate([str(n) for n in range(60)], reason="over") == {}

    assert len(stopped) == 60
    assert aws.calls["batch:TerminateJobs"] == 1


def test_who_may_not_stop_jobs_is_told_at_once(aws: Aws, client: BatchClient) -> None:
    aws.batch.script["TerminateJobs"] = lambda _: answer(
        403, {"message": "not authorized"}, error="AccessDeniedException"
    )

    with pytest.raises(ClientError, match="not authorized"):
        client.terminate(["a"], reason="over")
    assert aws.calls["batch:TerminateJob"] == 0


def test_of_an_older_service_only_what_it_says_of_a_job_is_that_jobs(
    aws: Aws, client: BatchClient
) -> None:
    aws.batch.script["TerminateJobs"] = lambda _: answer(404, {"message": "no such operation"})
    said = {"a": (400, "ClientException", "it has ended"), "b": (403, "AccessDenied", "never")}

    def terminate(body: dict[str, Any]) -> Any:
        status, code, message = said[body["jobId"]]
        return answer(status, {"message": message}, error=code)

    aws.batch.script["TerminateJob"] = terminate

    assert client.terminate(["a"], reason="over") == {"a": "it has ended"}
    with pytest.raises(ClientError, match="never"):
        client.terminate(["b"], reason="over")


@pytest.mark.parametrize(("rate", "taken"), [(0.5, True), (0, False), (-1, False)])
def test_a_client_submits_at_some_pace(rate: float, taken: bool) -> None:  # noqa: FBT001 - a case
    if taken:
        BatchClient(max_submissions_per_second=rate)
    else:
        with pytest.raises(ValueError, match="allowed: numbers above 0"):
            BatchClient(max_submissions_per_second=rate)


def test_an_older_sdk_is_enough_to_stop_jobs(aws: Aws, client: BatchClient) -> None:
    aws.batch.script["CancelJob"] = lambda _: answer(200, {})
    old = client._batch._client
    type(old).cancel_jobs = property(lambda _: (_ for _ in ()).throw(AttributeError()))

    client.cancel(["a", "b"], reason="over")

    assert aws.calls["batch:CancelJob"] == 2


def test_expired_credentials_stop_the_wait_with_the_words_of_aws(
    aws: Aws, client: BatchClient
) -> None:
    aws.batch.script["DescribeJobs"] = lambda _: answer(
        403, {"message": "The security token is expired"}, error="ExpiredTokenException"
    )

    with pytest.raises(ClientError, match="ExpiredTokenException"):
        client.wait(["a"])


def test_each_region_has_one_client_of_logs(aws: Aws) -> None:
    client = BatchClient()
    here, there = client._logs(None), client._logs("eu-west-1")

    assert [each.meta.region_name for each in (here, there)] == ["us-east-1", "eu-west-1"]
    assert client._logs(None) is here
    assert client._logs("eu-west-1") is there


def test_a_rate_of_nothing_is_refused() -> None:
    from batch_constructs.client import BatchClient

    with pytest.raises(ValueError, match=r"is 0; allowed: numbers above 0"):
        BatchClient(max_submissions_per_second=0)


def test_all_arguments_of_the_client_are_told_in_the_words_of_constructors() -> None:
    slow: Any = "a"
    with pytest.raises(
        ValueError, match='^max_.* is str "a"; expected a number\n.* is -1; allowed'
    ):
        BatchClient(max_submissions_per_second=slow, submission_timeout_seconds=-1)
    nothing: Any = None
    with pytest.raises(TypeError, match="^submission_timeout_seconds is None; expected a number"):
        BatchClient(submission_timeout_seconds=nothing)


def test_all_that_is_wrong_with_a_submission_is_told_at_once(client: BatchClient) -> None:
    with pytest.raises(ValueError, match="name is empty") as refused:
        client.submit(
            "",
            queue="a b",
            job_definition="x:y:z",
            array_size=1,
            parameters=["day"],  # type: ignore[arg-type]
            vcpus=-1,
        )
    assert [line.split()[0] for line in str(refused.value).splitlines()] == [
        "parameters",
        "name",
        "queue",
        "job_definition",
        "array_size",
        "vcpus",
    ]


@pytest.mark.parametrize("definition", ["x", "x:7", f"{ARN}:job-definition/x:7"])
@pytest.mark.parametrize("queue", ["q", f"{ARN}:job-queue/q"])
def test_a_queue_and_a_definition_are_named_or_given_by_their_arns(
    aws: Aws, client: BatchClient, queue: str, definition: str
) -> None:
    client.submit("name", queue=queue, job_definition=definition)

    assert aws.calls["batch:SubmitJob"] == 1


def test_a_request_without_what_every_submission_needs_never_leaves(client: BatchClient) -> None:
    with pytest.raises(TypeError, match="jobName.*\n.*jobQueue.*\n.*jobDefinition"):
        client.submit_request({})
    nothing: Any = None
    with pytest.raises(TypeError, match="^request is None; expected a mapping"):
        client.submit_request(nothing)
    with pytest.raises(TypeError, match="^name is None.*\nqueue is None.*\njob_definition is None"):
        client.submit(nothing, queue=nothing, job_definition=nothing)


def test_a_timeout_is_a_timedelta(client: BatchClient) -> None:
    minutes: Any = 5
    with pytest.raises(TypeError, match="^timeout is int 5; expected a timedelta"):
        client.wait(["job"], timeout=minutes)


@pytest.mark.parametrize("name", ["ARRAY_INDICES", "BATCH_RESCUES"])
def test_a_variable_that_says_what_is_repeated_is_not_the_caller_s(
    client: BatchClient, name: str
) -> None:
    longer = {f"MY_{name}": "1", f"{name}_2": "1"}
    client.submit("name", queue="q", job_definition="d", environment=longer)
    with pytest.raises(ValueError, match=rf'a key of environment is "{name}"; allowed: names'):
        client.submit("name", queue="q", job_definition="d", environment={name: "1"})


def test_a_definition_that_cannot_be_read_hides_no_refusal(aws: Aws, client: BatchClient) -> None:
    def too_slow(_: dict[str, Any]) -> Any:
        raise ReadTimeoutError(endpoint_url="https://batch")

    aws.faults.refuse = lambda _: "Container overrides should not be set for ecsProperties jobs."
    aws.batch.script["DescribeJobDefinitions"] = too_slow

    with pytest.raises(ClientError, match="overrides should not be set"):
        client.submit("a", queue="q", job_definition="d", command=["x"])


def test_only_a_refusal_of_overrides_is_a_reason_to_read_the_definition(
    aws: Aws, client: BatchClient
) -> None:
    aws.faults.refuse = lambda _: "JobQueue q not found."

    with pytest.raises(ClientError, match="JobQueue q not found"):
        client.submit("a", queue="q", job_definition="d", command=["x"])

    assert aws.calls["batch:DescribeJobDefinitions"] == 0


def test_overrides_that_are_refused_are_said_in_the_member_that_the_definition_takes(
    aws: Aws, client: BatchClient
) -> None:
    refusal = "Container overrides should not be set for ecsProperties jobs."
    aws.faults.refuse = lambda body: refusal if "containerOverrides" in body else None
    task = {"containers": [{"name": "main", "image": "i"}]}
    definition = {"jobDefinitionName": "d", "jobDefinitionArn": "d:1", "revision": 1}
    definition |= {"type": "container", "ecsProperties": {"taskProperties": [task]}}
    aws.batch.script["DescribeJobDefinitions"] = lambda _: answer(
        200, {"jobDefinitions": [definition]}
    )

    client.submit("a", queue="q", job_definition="d", command=["x"])

    told = [{"containers": [{"name": "main", "command": ["x"]}]}]
    assert aws.batch.jobs[0]["ecsPropertiesOverride"] == {"taskProperties": told}
