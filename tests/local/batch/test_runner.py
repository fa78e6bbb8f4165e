"""Processes: what a job starts ends with it, whatever it does."""

from __future__ import annotations

import os
import signal
import stat
import sys
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.local.batch.conftest import processes_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from batch_constructs.local.batch import BatchService
    from tests.local.batch.conftest import Account, ManualClock, RecordingPorts

on_linux = pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")


def alive(pid: int) -> bool:
    """Tell whether a process is there, and is more than a zombie."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state not in ("Z", "X")


@on_linux
def test_children_end_with_their_job(ready: Account) -> None:
    ready.definition("sh", "-c", "sleep 600 & echo $!; echo $$; wait")
    running = ready.until(ready.submit(), "RUNNING")
    ready.wait_for(lambda: len(ready.log(running)) == 2)
    assert len(processes_of(running["jobId"])) == 2

    ready.batch.terminate_job(jobId=running["jobId"], reason="enough")

    ready.ended(running["jobId"])
    assert processes_of(running["jobId"]) == set()


@on_linux
def test_children_that_a_job_leaves_behind_end_too(ready: Account) -> None:
    job = ready.run("sh", "-c", "sleep 600 & echo $!")

    assert job["status"] == "SUCCEEDED"
    assert len(ready.log(job)) == 1
    ready.wait_for(lambda: not processes_of(job["jobId"]))


@on_linux
def test_a_daemon_in_a_session_of_its_own_ends_too(ready: Account) -> None:
    program = textwrap.dedent(
        """
        import os, time
        read, write = os.pipe()
        if os.fork() == 0:
            os.setsid()
            if os.fork() == 0:
                print(os.getpid(), flush=True)
                os.write(write, b"up")
                os.closerange(0, 100)
                time.sleep(600)
            os._exit(0)
        os.wait()
        os.read(read, 2)
        """
    )
    job = ready.run(sys.executable, "-c", program)

    assert job["status"] == "SUCCEEDED"
    assert len(ready.log(job)) == 1
    ready.wait_for(lambda: not processes_of(job["jobId"]))


@on_linux
def test_a_daemon_of_one_job_is_left_alone_when_another_ends(ready: Account) -> None:
    program = "setsid sh -c 'echo $$; exec sleep 600' & wait"
    ready.definition("sh", "-c", program)
    running = ready.until(ready.submit(), "RUNNING")
    ready.wait_for(lambda: ready.log(running))

    ready.definition("sh", "-c", "sleep 0 & exit 0", name="other")
    ready.ended(ready.submit(jobDefinition="other"))

    assert processes_of(running["jobId"])
    ready.batch.terminate_job(jobId=running["jobId"], reason="enough")
    ready.ended(running["jobId"])
    ready.wait_for(lambda: not processes_of(running["jobId"]))


@on_linux
def test_a_job_that_ignores_sigterm_is_killed_with_its_children(ready: Account) -> None:
    ready.definition(
        "sh",
        "-c",
        "trap '' TERM; sh -c 'trap \"\" TERM; echo $$; while :; do sleep 1; done' & "
        "echo $$; while :; do sleep 1; done",
    )
    running = ready.until(ready.submit(), "RUNNING")
    ready.wait_for(lambda: len(ready.log(running)) == 2)
    assert len(processes_of(running["jobId"])) >= 2

    ready.batch.terminate_job(jobId=running["jobId"], reason="enough")

    job = ready.ended(running["jobId"])
    assert job["container"]["exitCode"] == 128 + signal.SIGKILL
    ready.wait_for(lambda: not processes_of(running["jobId"]))


def test_a_job_may_clean_up_when_it_is_told_to_end(ready: Account) -> None:
    ready.definition(
        "sh", "-c", "trap 'echo bye; exit 0' TERM; echo up; while :; do sleep 0.01; done"
    )
    running = ready.until(ready.submit(), "RUNNING")
    ready.wait_for(lambda: ready.log(running))

    ready.batch.terminate_job(jobId=running["jobId"], reason="enough")

    job = ready.ended(running["jobId"])
    assert (job["status"], job["statusReason"]) == ("FAILED", "enough")
    assert ready.log(job) == ["up", "bye"]
    assert job["container"]["exitCode"] == 0


def test_a_timeout_ends_the_attempt_for_good(
    make_account: Callable[..., tuple[Account, BatchService]], clock: ManualClock
) -> None:
    account, service = make_account(clock=clock)
    account.environment()
    account.queue()
    account.definition(
        "sleep", "600", timeout={"attemptDurationSeconds": 60}, retryStrategy={"attempts": 3}
    )
    job = account.submit()
    account.until(job, "RUNNING")

    clock.seconds += 59
    service.wake()
    assert account.job(job)["status"] == "RUNNING"
    clock.seconds += 1
    service.wake()

    ended = account.ended(job)
    assert (ended["status"], ended["statusReason"]) == (
        "FAILED",
        "Job attempt duration exceeded timeout",
    )
    assert len(ended["attempts"]) == 1


def test_a_hundred_megabytes_of_output_do_not_fill_the_memory(
    ready: Account, ports: RecordingPorts
) -> None:
    ports.keep_logs = False
    before = resident_mib()

    job = ready.run("sh", "-c", "yes 0123456789012345678901234567890123456789 | head -n 2500000")

    assert job["status"] == "SUCCEEDED"
    assert ports.log_bytes == 2_500_000 * 41
    assert resident_mib() - before < 50


def resident_mib() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def test_a_line_without_an_end_is_cut(ready: Account, ports: RecordingPorts) -> None:
    job = ready.run("sh", "-c", "head -c 1000000 /dev/zero | tr '\\0' x")

    lines = ready.log(job)
    assert sum(map(len, lines)) == 1_000_000
    assert max(map(len, lines)) < 400_000
    assert ports.log_bytes > 0


def test_output_that_is_not_text_does_no_harm(ready: Account) -> None:
    job = ready.run("printf", "a\\377b\\r\\n\\nc")

    assert ready.log(job) == ["a�b", "c"]


def test_a_log_group_that_refuses_does_not_stop_the_job(
    ready: Account, ports: RecordingPorts, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(**_: Any) -> None:
        raise RuntimeError("no such group")

    monkeypatch.setattr(ports, "put_log_events", refuse)

    assert ready.run("echo", "hello")["status"] == "SUCCEEDED"


def test_an_event_bus_that_refuses_does_not_stop_the_job(
    ready: Account, ports: RecordingPorts, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: Any) -> None:
        raise RuntimeError("no bus")

    monkeypatch.setattr(ports, "put_event", refuse)
    ready.definition("true")
    job = ready.submit()

    ready.wait_for(lambda: ready.job(job)["status"] == "SUCCEEDED")


@on_linux
def test_when_the_host_is_killed_its_jobs_end_and_the_next_ones_run(
    ready: Account, service: Any
) -> None:
    ready.definition("sh", "-c", "sleep 600 & echo $!; echo $$; wait")
    running = ready.until(ready.submit(), "RUNNING")
    ready.wait_for(lambda: len(ready.log(running)) == 2)
    assert len(processes_of(running["jobId"])) >= 2

    os.kill(service._runner._host.pid, signal.SIGKILL)

    job = ready.ended(running["jobId"])
    assert job["status"] == "FAILED"
    assert job["statusReason"].startswith("Host EC2")
    ready.wait_for(lambda: not processes_of(running["jobId"]))
    assert ready.run("true")["status"] == "SUCCEEDED"


@on_linux
def test_stopping_leaves_nothing_behind(
    make_account: Callable[..., tuple[Account, BatchService]], tmp_path: Path
) -> None:
    account, service = make_account(state_directory=tmp_path / "other", grace_seconds=30)
    account.environment()
    account.queue()
    account.definition("sh", "-c", "trap '' TERM; echo $$; while :; do sleep 1; done")
    running = account.until(account.submit(), "RUNNING")
    account.wait_for(lambda: account.log(running))
    assert service._runner._host is not None
    host = service._runner._host.pid
    assert processes_of(running["jobId"])

    service.stop()

    assert host is not None
    assert not alive(host)
    assert processes_of(running["jobId"]) == set()
    assert not (tmp_path / "other" / "jobs").exists()


def test_a_full_disk_fails_the_job_with_a_clear_reason(
    ready: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(self: Path, *_: Any, **__: Any) -> None:
        raise OSError(28, "No space left on device", str(self))

    monkeypatch.setattr(Path, "mkdir", full)

    job = ready.run("true")

    assert job["status"] == "FAILED"
    assert "No space left on device" in job["statusReason"]


def test_where_an_engine_is_chosen_the_job_runs_in_its_image(
    make_account: Callable[..., tuple[Account, BatchService]], tmp_path: Path
) -> None:
    engine = tmp_path / "docker"
    engine.write_text('#!/bin/sh\necho "$@"\necho "secret is ${#PASSWORD} long"\n')
    engine.chmod(engine.stat().st_mode | stat.S_IXUSR)
    account, _ = make_account(container_engine=str(engine))
    account.environment()
    account.queue()

    job = account.run(
        "echo",
        "hello",
        container={"environment": [{"name": "PASSWORD", "value": "hush"}], "user": "nobody"},
    )

    command, secret = account.log(job)
    words = command.split()
    assert words[:3] == ["run", "--rm", "--init"]
    assert words[-3:] == ["public.ecr.aws/docker/library/busybox", "echo", "hello"]
    assert "--env PASSWORD" in command
    assert "--memory 2048m" in command
    assert "--user nobody" in command
    assert "hush" not in command
    assert secret == "secret is 4 long"


def test_a_command_is_looked_for_as_a_shell_looks_for_it(
    ready: Account, ports: RecordingPorts, tmp_path: Path
) -> None:
    for folder, content, mode in (
        ("one", None, 0o755),
        ("two", "exit 1", 0o644),
        ("three", "", 0o755),
    ):
        place = tmp_path / folder / "own-command"
        if content is None:
            place.mkdir(parents=True)
        else:
            place.parent.mkdir()
            place.write_text(f"#!/bin/sh\necho of {folder}\n{content}\n")
            place.chmod(mode)
    ports.environment["PATH"] = ":".join(str(tmp_path / name) for name in ("one", "two", "three"))
    found = ready.run("own-command")
    ports.environment["PATH"] = str(tmp_path / "two")
    refused = ready.run("own-command")

    assert ready.log(found) == ["of three"]
    assert "'own-command' cannot be executed on this machine" in refused["container"]["reason"]


@on_linux
def test_a_job_has_no_more_open_than_its_output_and_ignores_no_signal_that_python_does(
    ready: Account,
) -> None:
    opened = ready.run("sh", "-c", "ls /proc/$$/fd")
    shell = ready.run("sh", "-c", "grep SigIgn /proc/self/status")

    assert ready.log(opened) == ["0", "1", "2"]
    (ignored,) = ready.log(shell)
    by_python = 1 << signal.SIGPIPE - 1 | 1 << signal.SIGXFSZ - 1
    assert int(ignored.split()[1], 16) & by_python == 0
