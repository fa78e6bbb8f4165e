"""``batch-constructs submit | watch | logs | redrive``."""

from __future__ import annotations

import errno
import io
import json
import os
import shlex
import sys
import time
from types import ModuleType
from typing import TYPE_CHECKING, Any, NoReturn

import boto3
import pytest
from click.testing import CliRunner

from batch_constructs import cli
from batch_constructs.__main__ import main as program
from batch_constructs.cli import main
from batch_constructs.client import deadline, plain_errors
from tests.client.test_batch_client import describe, detail
from tests.client.test_redrive import fail_what_is_listed
from tests.functions.aws_in_process import answer

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from click.testing import Result

    from batch_constructs.client import BatchClient
    from tests.functions.aws_in_process import Aws

    Run = Callable[..., Result]
    Told = Callable[[str, io.StringIO | None, io.StringIO | None], tuple[object, str, str]]


@pytest.fixture
def run(client: BatchClient, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setattr("batch_constructs.client.client_commands._client", lambda: client)
    return lambda *words: CliRunner().invoke(main, list(words), catch_exceptions=False)


def objects(result: Result) -> list[dict[str, Any]]:
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_submit_prints_the_id(aws: Aws, run: Run) -> None:
    result = run(
        *("submit", "job", "--queue", "q", "--definition", "d", "--array-size", "3"),
        *("-p", "day=mon", "-e", "MODE=a=b"),
    )

    (job,) = aws.batch.jobs
    assert result.stdout == f"{job['jobId']}\n"
    assert job["parameters"] == {"day": "mon"}
    assert job["containerOverrides"] == {"environment": [{"name": "MODE", "value": "a=b"}]}
    assert job["arrayProperties"] == {"size": 3}


def test_what_follows_two_dashes_is_the_command_of_the_job(aws: Aws, run: Run) -> None:
    of_one = ("submit", "job", "--queue", "q", "--definition", "d")
    run(*of_one, "--", "python", "job.py", "--day", "--", "x")

    (job,) = aws.batch.jobs
    assert job["containerOverrides"] == {"command": ["python", "job.py", "--day", "--", "x"]}
    assert "extra argument" in run(*of_one, "python").stderr  # a slip is no command
    assert "after --" in run(*of_one, "--").stderr
    assert len(aws.batch.jobs) == 1


def test_submit_speaks_json(aws: Aws, run: Run) -> None:
    result = run("submit", "job", "--queue", "q", "--definition", "d", "--json")

    assert objects(result) == [{"jobName": "job", "jobId": aws.batch.jobs[0]["jobId"]}]


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (["job"], "give NAME, --queue and --job-definition, or --graph"),
        (["job", "--queue", "q", "--definition", "d", "-p", "day"], "day: write NAME=VALUE"),
    ],
)
def test_submit_says_what_is_missing(run: Run, words: list[str], problem: str) -> None:
    result = run("submit", *words)

    assert result.exit_code == 2
    assert problem in result.stderr


def test_submit_refuses_options_that_a_graph_says_itself(
    aws: Aws, run: Run, tmp_path: Path
) -> None:
    graph = tmp_path / "graph.json"
    graph.write_text('{"jobs": {"a": {"jobDefinition": "d"}}}')
    more = ["--array-size", "3", "-p", "day=mon", "--timeout-seconds", "60", "--depends-on", "x"]
    more += ["--", "true"]

    result = run("submit", "--graph", str(graph), "--queue", "q", *more)

    assert (result.exit_code, aws.batch.jobs) == (2, [])
    for option in ("--array-size", "--parameter", "--timeout-seconds", "--depends-on", "--:"):
        assert option in result.stderr
    assert "leave it out, the file of --graph sets this for each job" in result.stderr


@pytest.mark.parametrize("option", ["--input", "--run"])
def test_submit_of_one_job_refuses_what_is_of_a_graph(aws: Aws, run: Run, option: str) -> None:
    result = run("submit", "job", "--queue", "q", "--definition", "d", option, "{}")

    assert (result.exit_code, aws.batch.jobs) == (2, [])
    assert f"{option}: leave it out, it needs --graph" in result.stderr


def test_a_queue_that_does_not_exist_is_one_line(aws: Aws, run: Run) -> None:
    aws.faults.refuse = lambda _: "JobQueue nowhere not found"

    result = run("submit", "job", "--queue", "nowhere", "--definition", "d")

    assert result.exit_code == 2
    assert result.stderr.endswith("JobQueue nowhere not found\n"), "what would run it again"
    assert len(result.stderr.splitlines()) == 1


@pytest.mark.parametrize("by", ["Ctrl-C", "expired credentials"])
def test_an_interrupted_graph_says_how_to_go_on_and_does(
    aws: Aws, run: Run, tmp_path: Path, by: str
) -> None:
    graph = tmp_path / "graph.json"
    graph.write_text(
        json.dumps(
            {
                "jobs": {
                    "a": {"jobDefinition": "d", "parameters": {"day": "$.day"}},
                    "b": {"jobDefinition": "d", "dependsOn": ["a"]},
                }
            }
        )
    )

    def interrupt(call: str) -> None:
        if call == "batch:SubmitJob" and aws.batch.jobs:
            if by == "Ctrl-C":
                raise KeyboardInterrupt
            expired = answer(403, {"message": "expired"}, error="ExpiredTokenException")
            aws.batch.script["SubmitJob"] = lambda _: expired

    aws.before.append(interrupt)
    stopped = run("submit", "--graph", str(graph), "--queue", "q", "--input", '{"day": "a b"}')
    aws.before.clear()
    aws.batch.script.clear()
    assert "batch-constructs " in stopped.stderr, stopped
    again = shlex.split(stopped.stderr.split("batch-constructs ", 1)[1])
    result = run(*again, "--json")

    assert stopped.exit_code == (130 if by == "Ctrl-C" else 2)
    assert "wait a minute, until AWS Batch lists what was submitted, then:" in stopped.stderr
    assert result.exit_code == 0
    assert [line["name"] for line in objects(result)] == ["a", "b"]
    assert len(aws.batch.jobs) == 2


def test_an_interrupted_submission_is_not_told_to_submit_again(aws: Aws, run: Run) -> None:
    def interrupt(_: str) -> None:
        raise KeyboardInterrupt

    aws.before.append(interrupt)
    stopped = run("submit", "a", "--queue", "my-q", "--definition", "d")
    aws.before.clear()

    assert stopped.exit_code == 130
    assert stopped.stderr.endswith(
        "look whether the job is there before you submit it again: "
        "batch-constructs watch a --queue my-q\n"
    )


def test_an_interrupted_redrive_repeats_what_was_changed(aws: Aws, run: Run) -> None:
    def interrupt(_: dict[str, Any]) -> Any:
        raise KeyboardInterrupt

    aws.batch.script["DescribeJobs"] = interrupt
    words = ["redrive", "a", "b", "--to-queue", "q", "--parameter", "day=a b", "--vcpus", "2.0"]
    words += ["--whole-array", "--json"]

    stopped = run(*words)

    assert "wait a minute, until AWS Batch lists what was submitted, then:" in stopped.stderr
    again = shlex.split(stopped.stderr.split("batch-constructs ", 1)[1])
    assert sorted(again) == sorted(words)


def test_a_graph_that_is_wrong_is_refused_before_anything_is_submitted(
    aws: Aws, run: Run, tmp_path: Path
) -> None:
    graph = tmp_path / "graph.json"
    graph.write_text('{"jobs": {"a": {"jobDefinition": "d", "dependsOn": ["b"]}}}')

    result = run("submit", "--graph", str(graph), "--queue", "q")

    assert result.exit_code == 2
    assert 'job "a": depends_on[0] is "b"; allowed: names of jobs' in result.stderr
    assert aws.batch.jobs == []


def test_watch_shows_the_children_and_succeeds(aws: Aws, run: Run) -> None:
    array = {"size": 3, "statusSummary": {"SUCCEEDED": 3}}
    describe(
        aws,
        [detail("a", "PENDING", arrayProperties={"size": 3, "statusSummary": {"RUNNING": 3}})],
        [detail("a", "SUCCEEDED", arrayProperties=array)],
    )

    result = run("watch", "a")

    assert result.exit_code == 0
    assert result.stdout == "a\tname\tSUCCEEDED 3\n"
    assert "3/3" in result.stderr


def test_watch_fails_when_a_job_failed(aws: Aws, run: Run) -> None:
    describe(aws, [detail("a", "FAILED", statusReason="out of memory")])

    result = run("watch", "a", "--json")

    assert result.exit_code == 1
    assert objects(result) == [
        {
            "jobId": "a",
            "jobName": "name",
            "jobQueue": "queue",
            "status": "FAILED",
            "statusReason": "out of memory",
        }
    ]


def test_watch_finds_a_job_by_its_name(aws: Aws, run: Run) -> None:
    aws.batch.script["ListJobs"] = lambda _: answer(
        200,
        {
            "jobSummaryList": [
                {"jobId": "new", "jobName": "nightly", "createdAt": 2},
                {"jobId": "old", "jobName": "nightly", "createdAt": 1},
            ]
        },
    )
    describe(aws, [detail("new", "SUCCEEDED"), detail("old", "FAILED")])

    assert run("watch", "nightly", "--queue", "q").exit_code == 0
    missing = run("watch", "daily", "--queue", "q")
    assert missing.exit_code == 2
    assert "no job is called 'daily' in queue q" in missing.stderr


def test_an_interrupted_watch_says_how_to_go_on(aws: Aws, run: Run) -> None:
    def interrupt(_: dict[str, Any]) -> Any:
        raise KeyboardInterrupt

    aws.batch.script["DescribeJobs"] = interrupt

    result = run("watch", "a", "b")

    assert result.exit_code == 130
    assert "the jobs continue. To continue here: batch-constructs watch a b" in result.stderr


def test_expired_credentials_say_what_to_do(aws: Aws, run: Run) -> None:
    aws.batch.script["DescribeJobs"] = lambda _: answer(
        403, {"message": "The security token is expired"}, error="ExpiredTokenException"
    )

    result = run("watch", "a")

    assert result.exit_code == 2
    assert (
        "renew your credentials, or set the clock if it is wrong, then: batch-constructs watch a"
        in result.stderr
    )
    assert result.stderr.count("batch-constructs watch a") == 1


@pytest.mark.parametrize(
    ("trouble", "words"),
    [
        ("denied", "watch a"),
        ("denied", "logs a --follow"),
        ("denied", "redrive a --vcpus 2.0"),
        ("denied", "cost --queue q"),
        ("unknown", "watch a"),
        ("unknown", "logs n --queue q"),
        ("unknown", "redrive a"),
        ("unknown", "why a"),
    ],
)
def test_who_is_denied_or_asks_for_an_unknown_job_is_told_the_command_that_goes_on(
    aws: Aws, run: Run, trouble: str, words: str
) -> None:
    said = answer(403, {"message": "not authorized"}, error="AccessDeniedException")
    if trouble == "unknown":
        said = answer(200, {"jobs": [], "jobSummaryList": []})
    aws.batch.script |= {"DescribeJobs": lambda _: said, "ListJobs": lambda _: said}

    result = run(*words.split())

    *_, last = result.stderr.splitlines()
    assert result.exit_code == 2
    assert {"denied": "not authorized", "unknown": "no job"}[trouble] in last
    assert "; to continue here once that is fixed: " in last
    assert last.endswith(f": batch-constructs {words}")


def test_logs_follow_a_job_over_its_attempts_to_its_end(aws: Aws, run: Run) -> None:
    logs = boto3.client("logs")
    logs.create_log_group(logGroupName="/jobs")

    def write(stream: str, *texts: str, at: int) -> None:
        now = int(time.time() * 1000)
        logs.put_log_events(
            logGroupName="/jobs",
            logStreamName=stream,
            logEvents=[
                {"timestamp": now + at + n, "message": text} for n, text in enumerate(texts)
            ],
        )

    for stream in ("job/1", "job/2"):
        logs.create_log_stream(logGroupName="/jobs", logStreamName=stream)
    write("job/1", "first attempt", at=0)
    configuration = {"logDriver": "awslogs", "options": {"awslogs-group": "/jobs"}}
    looks = 0

    def tell(_: dict[str, Any]) -> Any:
        nonlocal looks
        looks += 1
        attempts = [{"container": {"logStreamName": "job/1"}}]
        container: dict[str, Any] = {"logConfiguration": configuration}
        if looks > 1:
            container["logStreamName"] = "job/2"
        if looks == 2:
            write("job/2", "second attempt", at=1)
        if looks == 3:
            write("job/2", "the last word", at=5)
        status = "SUCCEEDED" if looks >= 3 else "RUNNING"
        job = detail("a", status, attempts=attempts, container=container)
        return answer(200, {"jobs": [job]})

    aws.batch.script["DescribeJobs"] = tell

    result = run("logs", "a", "--follow")

    assert result.stdout.splitlines() == ["first attempt", "second attempt", "the last word"]


def test_logs_follow_a_job_until_nothing_new_came_for_ten_seconds_after_its_end(
    aws: Aws, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A log driver sends, and CloudWatch shows, some seconds late; a failed look is no look."""
    logs, began = boto3.client("logs"), aws.clock()
    logs.create_log_group(logGroupName="/aws/batch/job")
    logs.create_log_stream(logGroupName="/aws/batch/job", logStreamName="s")
    left = {1: "first", 9: "last words", 18: "and the very last", 60: "of nobody"}
    monkeypatch.setattr(deadline, "ATTEMPTS", 1)

    def tell(_: dict[str, Any]) -> Any:
        age = int(aws.clock() - began)
        for at in [at for at in left if at <= age]:
            event = {"timestamp": int(time.time() * 1000) + at, "message": left.pop(at)}
            logs.put_log_events(logGroupName="/aws/batch/job", logStreamName="s", logEvents=[event])
        if 20 <= age < 28:
            return answer(400, {"message": "slowly"}, error="ThrottlingException")
        container = {"logStreamName": "s"}
        return answer(200, {"jobs": [detail("a", "SUCCEEDED", container=container)]})

    aws.batch.script["DescribeJobs"] = tell

    result = run("logs", "a", "--follow")

    assert result.stdout.splitlines() == ["first", "last words", "and the very last"]
    assert 28 + 10 <= aws.clock() - began < 50


def test_logs_of_a_job_that_wrote_nothing_are_empty_and_who_knows_why_is_said(
    aws: Aws, run: Run
) -> None:
    boto3.client("logs").create_log_group(logGroupName="/aws/batch/job")
    describe(aws, [detail("a", "RUNNING", container={"logStreamName": "not/yet"})])

    result = run("logs", "a", "--json")

    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr == "a has written nothing so far; to see why: batch-constructs why a\n"


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (
            {"arrayProperties": {"size": 3, "statusSummary": {"FAILED": 1, "SUCCEEDED": 2}}},
            "its 3 children have: a:0 to a:2 (2 SUCCEEDED, 1 FAILED)",
        ),
        ({"nodeProperties": {"numNodes": 2, "mainNode": 0}}, "its 2 nodes have: a#0 to a#1"),
    ],
)
def test_logs_of_an_array_and_of_nodes_name_where_they_are(
    aws: Aws, run: Run, more: dict[str, Any], said: str
) -> None:
    describe(aws, [detail("a", "FAILED", **more)])

    result = run("logs", "a")

    assert result.stderr == f"a has no log of its own; {said}\n"


def test_redrive_prints_the_new_jobs(aws: Aws, run: Run) -> None:
    describe(aws, [detail("a", "FAILED", container={"command": ["run"]})])

    result = run("redrive", "a", "-e", "MODE=fast", "--memory-mebibytes", "4096", "--json")

    (job,) = aws.batch.jobs
    assert objects(result) == [{"jobId": job["jobId"], "redriven": "a"}]
    assert job["containerOverrides"]["environment"] == [{"name": "MODE", "value": "fast"}]


def test_redrive_of_what_failed_again_says_so_and_goes_on_with_the_rest(aws: Aws, run: Run) -> None:
    describe(aws, [detail("0a1b2c3d-e", "FAILED"), detail("4f5a6b7c-e", "FAILED")])
    first = run("redrive", "0a1b2c3d-e").stdout.strip()
    fail_what_is_listed(aws)

    ended = run("redrive", "0a1b2c3d-e", "4f5a6b7c-e")

    assert ended.exit_code == 2
    assert f"batch-constructs redrive {first}" in ended.stderr
    assert ended.stdout.split() == [aws.batch.jobs[1]["jobId"]]


def test_redrive_of_a_job_that_runs_is_refused(aws: Aws, run: Run) -> None:
    describe(aws, [detail("a", "RUNNING")])

    result = run("redrive", "a")

    assert result.exit_code == 2
    assert "job a is RUNNING; only FAILED jobs can be redriven" in result.stderr


@pytest.mark.parametrize(
    ("listed", "counted", "said"),
    [
        ([], 0, "lists no child of it as FAILED, for example because it failed before they began"),
        ([1], 2, "lists 1 of its 2 failed children"),
        ([1], 1, "lists 1 of its 2 failed children"),  # the summary is of a while ago
    ],
)
def test_a_failed_array_whose_failed_children_are_not_listed_is_said_with_the_fix(
    aws: Aws, run: Run, listed: list[int], counted: int, said: str
) -> None:
    """What is redriven of it now is all that is found by its name later."""
    array = {"size": 3, "statusSummary": {"FAILED": counted, "SUCCEEDED": 1}}
    describe(aws, [detail("a", "FAILED", arrayProperties=array, container={})])
    children = [{"jobId": f"a:{n}", "arrayProperties": {"index": n}} for n in listed]
    aws.batch.script["ListJobs"] = lambda body: answer(
        200, {"jobSummaryList": children if "arrayJobId" in body else []}
    )

    refused = run("redrive", "a")

    assert (refused.exit_code, refused.stdout, aws.batch.jobs) == (2, "", [])
    assert f"array a is FAILED, but AWS Batch {said}; nothing was submitted" in refused.stderr
    fix = shlex.split(refused.stderr.split("batch-constructs ", 1)[1])
    assert run(*fix).exit_code == 0
    assert [job["arrayProperties"] for job in aws.batch.jobs] == [{"size": 3}]


# -- interrupted before anything is done


def interrupted(*_: object, **__: object) -> NoReturn:
    raise KeyboardInterrupt


def test_an_interruption_while_a_command_loads_says_how_to_go_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(cli, "import_module", interrupted)

    ended = CliRunner().invoke(main, ["watch", "a b", "--queue", "q"])

    assert ended.exit_code == 130
    assert ended.stderr == (
        "interrupted before anything was done. "
        "To continue here: batch-constructs watch 'a b' --queue q\n"
    )


def test_an_interruption_while_the_program_loads_says_how_to_go_on(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["batch-constructs", "watch", "a b"])
    monkeypatch.setitem(sys.modules, "batch_constructs.cli", Interrupting("cli"))

    with pytest.raises(SystemExit) as ended:
        program()

    assert ended.value.code == 130
    assert (
        "anything was done. To continue here: batch-constructs watch 'a b'"
        in capsys.readouterr()[1]
    )


def test_an_interrupted_check_ends_with_130(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["batch-constructs", "check", "a.yaml"])
    monkeypatch.setattr("batch_constructs.check.all_files.run", interrupted)

    with pytest.raises(SystemExit) as ended:
        program()

    assert (ended.value.code, capsys.readouterr().err) == (130, "interrupted\n")


class Interrupting(ModuleType):
    def __getattr__(self, _: str) -> NoReturn:
        raise KeyboardInterrupt


def test_an_interruption_at_any_other_moment_ends_with_130(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plain_errors, "same_command", interrupted)

    ended = CliRunner().invoke(main, ["watch", "a"])

    assert (ended.exit_code, ended.stderr) == (130, "interrupted\n")


def test_an_interruption_while_a_command_loads_what_it_needs_says_how_to_go_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("batch_constructs.client.client_commands._client", interrupted)

    ended = CliRunner().invoke(main, ["watch", "a"])

    assert (ended.exit_code, ended.stdout) == (130, "")
    assert "To continue here: batch-constructs watch a\n" in ended.stderr


# -- nobody can be told


class Broken(io.StringIO):
    """Takes no text, as a full disk and a pipe whose reader is gone."""

    def __init__(self, error: type[OSError], number: int) -> None:
        super().__init__()
        self.error = error(number, os.strerror(number))

    def write(self, text: str) -> int:
        if text:
            raise self.error
        return 0

    def flush(self) -> None:
        raise self.error


FULL, GONE = (OSError, errno.ENOSPC), (BrokenPipeError, errno.EPIPE)


@pytest.fixture
def told(client: BatchClient, monkeypatch: pytest.MonkeyPatch) -> Told:
    """Run a command with these streams; return what it ends with and what each got."""
    monkeypatch.setattr("batch_constructs.client.client_commands._client", lambda: client)

    def run(
        words: str, stdout: io.StringIO | None, stderr: io.StringIO | None
    ) -> tuple[object, str, str]:
        with monkeypatch.context() as streams:
            streams.setattr(sys, "stdout", stdout)
            streams.setattr(sys, "stderr", stderr)
            with pytest.raises(SystemExit) as ended:
                main.main(words.split(), "batch-constructs")
        said, other = (each.getvalue() if each else "" for each in (stdout, stderr))
        return ended.value.code, said, other

    return run


@pytest.mark.parametrize("broken", [FULL, GONE])
@pytest.mark.parametrize("how", ["", " --json"])
def test_the_id_of_a_job_is_said_on_stderr_where_stdout_cannot_be_written_to(
    aws: Aws, told: Told, broken: tuple[type[OSError], int], how: str
) -> None:
    code, _, said = told(
        f"submit job --queue q --definition d{how}", Broken(*broken), io.StringIO()
    )

    assert code == 2
    assert aws.batch.jobs[0]["jobId"] in said
    assert said.startswith("Error: stdout cannot be written to (")
    assert len(said.splitlines()) == 1


def test_the_ids_of_a_graph_are_said_on_stderr_where_stdout_cannot_be_written_to(
    aws: Aws, told: Told, tmp_path: Path
) -> None:
    graph = tmp_path / "graph.json"
    graph.write_text('{"jobs": {"a": {"jobDefinition": "d"}, "b": {"jobDefinition": "d"}}}')

    code, _, said = told(f"submit --graph {graph} --queue q", Broken(*FULL), io.StringIO())

    assert code == 2
    assert [each["jobId"] in said for each in aws.batch.jobs] == [True, True]


@pytest.mark.parametrize("broken", [FULL, GONE])
@pytest.mark.parametrize("words", ["watch job", "watch job --json", "logs job"])
def test_a_command_that_cannot_say_its_answer_ends_with_2(
    aws: Aws, told: Told, words: str, broken: tuple[type[OSError], int]
) -> None:
    """And not with 1, which says that a job failed."""
    describe(aws, [detail("job", "SUCCEEDED", arrayProperties={"size": 2})])

    streams = [Broken(*broken), io.StringIO()]
    if words == "logs job":  # an array's, which says on stderr who has one
        streams.reverse()
    assert told(words, *streams)[0] == 2


@pytest.mark.parametrize("broken", [FULL, GONE])
def test_a_watch_whose_bars_cannot_be_shown_ends_with_2(
    aws: Aws, told: Told, broken: tuple[type[OSError], int]
) -> None:
    describe(aws, [detail("job", "SUCCEEDED")])

    assert told("watch job", io.StringIO(), Broken(*broken))[0] == 2


def test_a_submission_needs_no_stderr(aws: Aws, told: Told) -> None:
    code, said, _ = told("submit job --queue q --definition d", io.StringIO(), Broken(*FULL))

    assert code == 0
    assert said == f"{aws.batch.jobs[0]['jobId']}\n"


@pytest.mark.parametrize("stderr", [io.StringIO(), None])
def test_a_command_without_stdout_does_nothing(
    aws: Aws, told: Told, stderr: io.StringIO | None
) -> None:
    code, _, said = told("submit job --queue q --definition d", None, stderr)

    assert code == 2
    assert aws.batch.jobs == []
    assert stderr is None or "stdout is closed, so nothing was done" in said
