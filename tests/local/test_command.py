"""``batch-constructs local``: what it prints, and what it says when something is wrong."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
import time
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner, Result

from batch_constructs.cli import main
from batch_constructs.local.clients import Clients
from batch_constructs.local.server import ServerRecord

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["local", *arguments])


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty current directory; what is started there is stopped."""
    monkeypatch.chdir(tmp_path)
    yield tmp_path
    run("down")


@pytest.mark.parametrize("command", [["deploy"], ["status"], ["logs", "x"], ["reclaim", "x"]])
def test_without_a_server_a_command_says_how_to_start_one(place: Path, command: list[str]) -> None:
    result = run(*command)

    assert (result.exit_code, place.exists()) == (2, True)
    assert "no embedded AWS is running here" in result.output
    assert "batch-constructs local up" in result.output


def test_down_without_a_server_does_no_harm(place: Path) -> None:
    assert run("down").output == "nothing was running\n"
    assert list(place.iterdir()) == []


@pytest.mark.local_aws
def test_up_prints_an_environment_that_a_shell_can_evaluate(place: Path) -> None:
    result = run("up")

    shell = f"{result.stdout}\n{sys.executable} -c '{_WHO_AM_I}'"
    said = subprocess.run(["sh", "-c", shell], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "arn:aws:iam::123456789012:root"
    assert (place / ".batch-constructs" / ".gitignore").read_text() == "*\n"


@pytest.mark.local_aws
def test_up_in_a_second_terminal_prints_the_same_and_unsets_what_outranks_it(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = run("up")
    monkeypatch.setenv("AWS_PROFILE", "work")
    monkeypatch.setenv("AWS_ENDPOINT_URL_BATCH", "https://elsewhere.example")

    second = run("up")

    assert second.exit_code == 0
    exports = [line for line in second.stdout.splitlines() if line.startswith("export ")]
    assert exports == [line for line in first.stdout.splitlines() if line.startswith("export ")]
    assert "unset AWS_PROFILE" in second.stdout
    assert "unset AWS_ENDPOINT_URL_BATCH" in second.stdout


@pytest.mark.local_aws
def test_up_in_two_terminals_at_once_starts_one_server(place: Path) -> None:
    command = [sys.executable, "-m", "batch_constructs", "local", "up"]
    both = [
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        for _ in range(2)
    ]
    printed = {one.communicate()[0] for one in both}

    assert [one.returncode for one in both] == [0, 0]
    assert len(printed) == 1
    assert "AWS_ENDPOINT_URL" in printed.pop()


@pytest.mark.local_aws
def test_what_only_a_start_takes_is_refused_where_it_runs_already(place: Path) -> None:
    run("up")

    result = run("up", "--image", f"*={place}", "--no-iam")

    assert result.exit_code == 2
    assert "--iam, --image can only be set when it starts; stop it first" in result.output


def test_an_account_has_twelve_digits(place: Path) -> None:
    result = run("up", "--account", "12")

    assert result.exit_code == 2
    assert "allowed: 12 digits" in result.output


@pytest.mark.parametrize("given", ["*=nowhere", "no-place", "*=ftp://host/image"])
def test_an_image_needs_a_pattern_and_a_place_that_is_there(place: Path, given: str) -> None:
    result = run("up", "--image", given)

    assert result.exit_code == 2
    assert "docker://, docker-daemon:, containers-storage:" in " ".join(result.output.split())


_WHO_AM_I = 'import boto3; print(boto3.client("sts").get_caller_identity()["Arn"])'


@pytest.mark.local_aws
def test_a_server_that_was_killed_is_said_and_the_next_one_starts(place: Path) -> None:
    import psutil

    run("up")
    record = ServerRecord.load(place / ".batch-constructs")
    assert record is not None
    keeper = psutil.Process(record.pid)
    processes = [*keeper.children(recursive=True), keeper]
    for process in processes:
        process.kill()
    psutil.wait_procs(processes, timeout=60)

    said = run("status")
    again = run("up")

    assert "has ended unexpectedly" in said.output
    assert "start a new one: batch-constructs local up" in said.output
    assert again.exit_code == 0


@pytest.mark.local_aws
def test_status_logs_and_reclaim_show_and_move_a_job(place: Path) -> None:
    from tests.local.api_job import submit

    run("up")
    record = ServerRecord.load(place / ".batch-constructs")
    assert record is not None
    clients = Clients(record.access)
    retry = {
        "attempts": 2,
        "evaluateOnExit": [
            {"onStatusReason": "Host EC2*", "action": "RETRY"},
            {"onReason": "*", "action": "EXIT"},
        ],
    }
    job_id = submit(
        clients.client,
        [
            "sh",
            "-c",
            "echo attempt $AWS_BATCH_JOB_ATTEMPT; test $AWS_BATCH_JOB_ATTEMPT = 2 || sleep 1000",
        ],
        retryStrategy=retry,
    )
    batch = clients.client("batch")
    wait_for_log(job_id, "attempt 1")
    shown = run("status", "--once")
    faulty = run("fault", "fargate", "invalid", "--reason", "of the test")
    (environment,) = batch.describe_compute_environments()["computeEnvironments"]
    healed = run("fault", "fargate", "none")
    reclaimed = run("reclaim", job_id)
    wait_for_log(job_id, "attempt 2")
    deadline = time.monotonic() + 60
    while (job := batch.describe_jobs(jobs=[job_id])["jobs"][0])["status"] != "SUCCEEDED":
        assert time.monotonic() < deadline, json.dumps(job, default=str)
        time.sleep(0.1)
    refused = run("reclaim", job_id)

    assert job_id in shown.output
    told = json.loads(run("status", "--json").output)
    assert [job["jobId"] for job in told["jobs"]] == [job_id]
    assert told["jobQueues"][0]["jobQueueName"] == "queue"
    assert "RUNNING" in shown.output
    assert (faulty.exit_code, healed.exit_code) == (0, 0)
    assert (environment["status"], environment["statusReason"]) == ("INVALID", "of the test")
    assert run("fault", "unknown", "none").exit_code == 2
    assert reclaimed.output == f"the host of job {job_id} was reclaimed\n"
    assert "Host EC2" in job["attempts"][0]["statusReason"]
    assert run("logs", job_id).output == "attempt 1\nattempt 2\n"
    assert refused.exit_code == 2


_SLEEPS_ONCE = """
echo attempt $AWS_BATCH_JOB_ATTEMPT
test $AWS_BATCH_JOB_ATTEMPT = 2 || sleep 1000
"""


def wait_for_log(job_id: str, line: str) -> None:
    deadline = time.monotonic() + 60
    while line not in run("logs", job_id).output:
        assert time.monotonic() < deadline, f"{line} was not printed"
        time.sleep(0.1)


@pytest.mark.local_aws
def test_a_directory_without_an_app_is_said(place: Path) -> None:
    run("up")

    result = run("deploy")

    assert result.exit_code == 2
    assert f"there is no CDK app in {place}" in result.output


def test_a_full_disk_is_said(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from batch_constructs.local import server

    def full(*_: object, **__: object) -> None:
        raise OSError(28, os.strerror(28), str(place / "cdk.out"))

    monkeypatch.setattr(server, "stop_recorded", full)

    result = run("down")

    assert result.exit_code == 2
    assert f"the disk that holds {place / 'cdk.out'} is full" in result.output


def test_without_the_extra_the_fix_is_said(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from batch_constructs.local import extra

    monkeypatch.setattr(extra, "find_spec", lambda _: None)

    for command in (
        *(["up"], ["deploy"], ["status"], ["status", "--json"], ["logs", "x"]),
        *(["reclaim", "x"], ["down"]),
    ):
        result = run(*command)

        assert result.exit_code == 2
        (line,) = result.output.splitlines()
        assert "pip install 'batch-constructs[local]'" in line
    assert list(place.iterdir()) == []


def test_no_command_needs_the_extra_to_say_what_it_does(place: Path) -> None:
    program = textwrap.dedent(
        """
        import sys
        for name in ("psutil", "ministack", "hypercorn"):
            sys.modules[name] = None
        import batch_constructs.local.local_commands
        import batch_constructs.local.server
        import batch_constructs.testing.local_aws
        """
    )
    subprocess.run([sys.executable, "-c", program], check=True)
