"""The server's processes: they start, they end, and they leave nothing behind."""

from __future__ import annotations

import errno
import json
import os
import signal
import socket
import subprocess
import sys
import textwrap
import time
import uuid
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
import pytest

from batch_constructs.local.errors import LocalAwsError
from batch_constructs.local.marked_processes import marked_processes
from batch_constructs.local.server import LocalServer, ServerRecord, stop_recorded

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.local_aws
DEADLINE_SECONDS = 120


def wait_until(true: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + DEADLINE_SECONDS
    while not true():
        assert time.monotonic() < deadline, what
        time.sleep(0.05)


def answers(endpoint_url: str) -> bool:
    port = int(endpoint_url.rsplit(":", 1)[1])
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def running_job(server: LocalServer, command: list[str]) -> psutil.Process:
    """Start a job of the embedded AWS, and return its process once it runs."""
    from tests.local.api_job import submit

    submit(server.client, command)
    marker = server.record.marker

    def jobs() -> list[psutil.Process]:
        return [one for one in marked_processes(marker) if "of-the-test" in " ".join(one.cmdline())]

    wait_until(lambda: bool(jobs()), "the job did not start")
    return jobs()[0]


def test_a_stopped_server_leaves_neither_port_nor_process_nor_file(tmp_path: Path) -> None:
    server = LocalServer(tmp_path / "state").start()
    record = server.record
    job = running_job(server, ["sh", "-c", "sleep 1000 & sleep 1000 # of-the-test"])

    server.stop()

    assert not answers(record.endpoint_url)
    assert marked_processes(record.marker) == []
    assert not psutil.pid_exists(job.pid)
    assert list(tmp_path.iterdir()) == []


def test_the_caller_s_credentials_and_endpoints_never_reach_the_server(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAREALREALREALREAL")
    monkeypatch.setenv("AWS_PROFILE", "production")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "https://elsewhere.example")
    with LocalServer(tmp_path / "state") as server:
        identity = server.client("sts").get_caller_identity()
        seen = [one.environ() for one in marked_processes(server.record.marker)]

    assert identity["Account"] == "123456789012"
    assert seen
    assert "AKIAREALREALREALREAL" not in str(seen)
    assert "production" not in str(seen)
    assert "elsewhere" not in str(seen)


def test_a_port_that_is_taken_is_said() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]

        with pytest.raises(LocalAwsError, match=f"port {port} on 127.0.0.1 cannot be used"):
            LocalServer(port=port).start()


def test_a_second_server_in_the_same_place_is_refused(tmp_path: Path) -> None:
    with (
        LocalServer(tmp_path / "state"),
        pytest.raises(LocalAwsError, match="already running at .* local down"),
    ):
        LocalServer(tmp_path / "state").start()


def test_a_killed_server_takes_its_jobs_along(tmp_path: Path) -> None:
    server = LocalServer(tmp_path / "state").start()
    record = server.record
    job = running_job(server, ["sh", "-c", "sleep 1000 # of-the-test"])
    (process,) = psutil.Process(record.pid).children()

    process.kill()

    wait_until(lambda: not psutil.pid_exists(record.pid) or not job.is_running(), "job lives")
    wait_until(lambda: marked_processes(record.marker) == [], "something is left")
    server.stop()


def test_after_everything_was_killed_a_new_server_starts_clean(tmp_path: Path) -> None:
    server = LocalServer(tmp_path / "state", outlives_caller=True).start()
    record = server.record
    server.client("sqs").create_queue(QueueName="from-before")
    job = running_job(server, ["sh", "-c", "sleep 1000 # of-the-test"])
    keeper = psutil.Process(record.pid)
    (process,) = keeper.children()
    for one in (keeper, process):
        one.kill()
    psutil.wait_procs([keeper, process], timeout=DEADLINE_SECONDS)

    with LocalServer(tmp_path / "state") as fresh:
        queues = fresh.client("sqs").list_queues().get("QueueUrls", [])

    assert queues == []
    assert not job.is_running() or job.status() == psutil.STATUS_ZOMBIE
    assert marked_processes(record.marker) == []


def test_a_keeper_told_to_end_as_it_has_started_its_server_leaves_neither(tmp_path: Path) -> None:
    state = tmp_path / "state"
    state.mkdir()
    reader, writer = os.pipe()
    marker = uuid.uuid4().hex
    settings = {
        "state_directory": str(state),
        "port": 0,
        "account_id": "123456789012",
        "region": "eu-west-1",
        "enforce_iam": True,
        "marker": marker,
        "images": {},
        "engine": None,
        "ready_fd": writer,
        "lifeline": False,
    }
    interrupted = textwrap.dedent(
        """
        import os, signal, subprocess
        from batch_constructs.local import keeper

        class Interrupting(subprocess.Popen):
            def __init__(self, *arguments, **named):
                super().__init__(*arguments, **named)
                os.kill(os.getpid(), signal.SIGTERM)

        subprocess.Popen = Interrupting
        raise SystemExit(keeper.main())
        """
    )

    done = subprocess.run(
        [sys.executable, "-c", interrupted, json.dumps(settings)],
        pass_fds=(writer,),
        timeout=DEADLINE_SECONDS,
        check=False,
    )
    for end in (reader, writer):
        os.close(end)

    assert done.returncode == 0
    assert marked_processes(marker) == []
    assert list(tmp_path.iterdir()) == []


def test_a_server_outlives_its_caller_only_when_it_is_told_to(tmp_path: Path) -> None:
    state = tmp_path / "state"
    starter = textwrap.dedent(
        f"""
        from pathlib import Path
        from batch_constructs.local.server import LocalServer
        LocalServer(Path({str(state)!r}), outlives_caller=True).start()
        """
    )
    subprocess.run([sys.executable, "-c", starter], check=True)
    record = ServerRecord.load(state)

    assert record is not None
    assert answers(record.endpoint_url)
    stop_recorded(state)
    assert not answers(record.endpoint_url)
    assert not state.exists()


def test_a_server_ends_with_a_caller_that_is_killed(tmp_path: Path) -> None:
    state = tmp_path / "state"
    starter = textwrap.dedent(
        f"""
        import time
        from pathlib import Path
        from batch_constructs.local.server import LocalServer
        LocalServer(Path({str(state)!r})).start()
        print("up", flush=True)
        time.sleep(1000)
        """
    )
    with subprocess.Popen([sys.executable, "-c", starter], stdout=subprocess.PIPE) as caller:
        assert caller.stdout is not None
        caller.stdout.readline()
        record = ServerRecord.load(state)
        assert record is not None
        os.kill(caller.pid, signal.SIGKILL)

    wait_until(lambda: not answers(record.endpoint_url), "the server still answers")
    wait_until(lambda: not state.exists(), "its state is still there")
    assert marked_processes(record.marker) == []


def test_a_place_that_cannot_be_used_is_said(tmp_path: Path) -> None:
    state = tmp_path / "state"
    state.write_text("a file where the directory should be")

    with pytest.raises(LocalAwsError, match=f"cannot prepare {state}"):
        LocalServer(state).start()


def test_a_disk_that_is_full_from_the_start_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(Path, "mkdir", full)

    with pytest.raises(LocalAwsError, match="temporary directory: .*No space left on device"):
        LocalServer().start()


def test_a_job_that_ignores_sigterm_does_not_hold_up_the_end(tmp_path: Path) -> None:
    server = LocalServer(tmp_path / "state").start()
    job = running_job(
        server, ["sh", "-c", "trap '' TERM; while true; do sleep 1; done # of-the-test"]
    )
    marker = server.record.marker

    server.stop()

    assert not psutil.pid_exists(job.pid)
    assert marked_processes(marker) == []


def test_what_a_job_forks_into_another_session_ends_with_the_server(tmp_path: Path) -> None:
    server = LocalServer(tmp_path / "state").start()
    fork = "import os, time\nif os.fork() == 0:\n    os.setsid()\ntime.sleep(1000)  # of-the-test\n"
    running_job(server, ["python3", "-c", fork])
    marker = server.record.marker

    server.stop()

    assert marked_processes(marker) == []
