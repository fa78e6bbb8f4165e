"""What the host says of jobs: all of it, in an order that makes sense, however much they print."""

from __future__ import annotations

import json
import threading
from typing import TYPE_CHECKING, Any

import pytest

from batch_constructs.local.batch import host_link
from batch_constructs.local.batch.host_link import HostLink
from batch_constructs.local.batch.log_shipping import LogShipper, LogStream
from batch_constructs.local.batch.runner import Runner
from tests.local.batch.conftest import wait_for

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.local.batch.conftest import Account, RecordingPorts

PATH = {"PATH": "/usr/local/bin:/usr/bin:/bin"}


class Heard:
    """What a host has said.

    Args:
        first: is called before the first of it is heard.
    """

    def __init__(self, first: Callable[[], object] = lambda: None) -> None:
        self.messages: list[dict[str, Any]] = []
        self._first = first

    def __call__(self, messages: list[dict[str, Any]]) -> None:
        if not self.messages:
            self._first()
        self.messages += messages

    def of(self, kind: str) -> list[int]:
        """Return which processes it has said this of."""
        return [message[kind] for message in list(self.messages) if kind in message]

    def printed(self, token: int) -> int:
        """Return how much a process has printed."""
        messages = list(self.messages)
        return sum(len(one["data"]) for one in messages if one.get("output") == token)


@pytest.fixture
def host(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., HostLink]]:
    """Start a host, with something done in it before."""
    links: list[HostLink] = []

    def start(heard: Heard, before: str) -> HostLink:
        program = host_link._PROGRAM.replace(
            "from batch_constructs.local.host.job_host import main; main(",
            f"import resource; from batch_constructs.local.host import job_host; {before}; "
            "job_host.main(",
        )
        assert before in program
        monkeypatch.setattr(host_link, "_PROGRAM", program)
        links.append(HostLink(heard))
        return links[-1]

    yield start
    for link in links:
        link.close()


def run(link: HostLink, directory: Path, command: str, *tokens: int) -> None:
    for token in tokens:
        link.run(token, argv=["sh", "-c", command], env=PATH, cwd=directory)
    link.flush()


def test_a_job_starts_before_it_ends_however_much_others_print() -> None:
    order: list[str] = []
    ended, turn = threading.Event(), threading.Lock()

    class Recording(Runner):
        def __init__(self) -> None:
            self._logs = LogShipper(ports=None)  # type: ignore[arg-type]
            self._processes = {token: _process() for token in (1, 2)}
            self._do = self._under_the_lock

        def _under_the_lock(self, action: Callable[[], None]) -> None:
            if threading.current_thread() is threading.main_thread():
                ended.wait(0.5)  # whoever tells an end has had the time to
            with turn:
                self._direct(action)

        def _direct(self, action: Callable[[], None]) -> None:
            self._do, before = lambda each: each(), self._do
            action()
            self._do = before

        def _take(self, _: int, message: dict[str, Any]) -> None:
            order.append(next(kind for kind in ("started", "exited") if kind in message))
            if "exited" in message:
                ended.set()

    runner = Recording()
    runner._logs.start()
    batch: list[dict[str, Any]] = [
        {"started": 1},
        {"output": 1, "data": b"a"},
        {"exited": 1, "code": 0},
        *[{"output": 2, "data": b"x"}] * 30,
    ]

    runner._received(batch)
    runner._logs.stop()

    assert order == ["started", "exited"]


def _process() -> Any:
    stream = LogStream(group="group", name="stream", create_group=False)
    return type("Process", (), {"prepared": type("Prepared", (), {"stream": stream})})()


@pytest.mark.parametrize("size", [60_000, 190_000])
def test_the_last_that_many_jobs_print_is_not_lost_while_nobody_takes_it(
    host: Callable[..., HostLink], tmp_path: Path, size: int
) -> None:
    go = threading.Event()
    heard = Heard(first=lambda: go.wait(1))
    link = host(heard, "job_host._LEFT_OPEN_SECONDS = 0.1")

    run(link, tmp_path, f"head -c {size} /dev/zero", *range(20))
    wait_for(lambda: len(heard.of("exited")) == 20)

    assert [heard.printed(token) for token in range(20)] == [size] * 20


def test_what_a_job_printed_before_the_service_ended_is_not_lost(
    host: Callable[..., HostLink], tmp_path: Path
) -> None:
    heard = Heard()
    link = host(heard, "pass")
    run(link, tmp_path, "head -c 190000 /dev/zero; touch printed; sleep 600", 1)
    wait_for((tmp_path / "printed").exists)

    link.close()

    assert heard.printed(1) == 190_000
    assert heard.of("exited") == [1]


def test_of_a_job_whose_output_nobody_takes_only_so_much_is_read(
    host: Callable[..., HostLink], tmp_path: Path
) -> None:
    heard = Heard()
    link = host(heard, "pass")

    run(link, tmp_path, "yes", 1)
    wait_for(lambda: heard.printed(1) == 1 << 17)
    run(link, tmp_path, "echo other", 2)
    wait_for(lambda: heard.of("exited") == [2])
    assert heard.printed(1) == 1 << 17

    for more in (3, 4):
        link.took(1, 1 << 16)
        wait_for(lambda: heard.printed(1) == more << 16)  # noqa: B023 - it is called here


def test_jobs_start_and_end_while_the_output_of_another_is_not_put(
    ready: Account, ports: RecordingPorts, monkeypatch: pytest.MonkeyPatch
) -> None:
    put = threading.Event()
    monkeypatch.setattr(ports, "put_log_events", lambda **_: put.wait(300))
    ready.definition("yes")
    chatty = ready.submit()
    ready.until(chatty, "RUNNING")
    ready.definition("sleep", "1", name="silent")

    ended = ready.ended(ready.submit(jobDefinition="silent"))

    assert (ended["status"], put.is_set()) == ("SUCCEEDED", False)
    assert ended["stoppedAt"] - ended["startedAt"] > 0
    put.set()
    ready.batch.terminate_job(jobId=chatty, reason="enough")
    ready.ended(chatty)


def test_a_job_for_which_no_file_can_be_opened_fails_and_no_other(
    host: Callable[..., HostLink], tmp_path: Path
) -> None:
    heard = Heard()
    link = host(heard, "resource.setrlimit(resource.RLIMIT_NOFILE, (24, 24))")

    run(link, tmp_path, "sleep 600", *range(30))
    wait_for(lambda: len(heard.of("started")) + len(heard.of("failed")) == 30)

    assert heard.of("started")
    errors = {one["error"] for one in heard.messages if "failed" in one}
    assert errors
    assert all("Too many open files" in error for error in errors)
    assert not heard.of("exited")
    link.stop(heard.of("started")[0], grace_seconds=0)
    wait_for(lambda: heard.of("exited"))
    run(link, tmp_path, "true", 99)
    wait_for(lambda: 99 in heard.of("exited"))


def test_more_jobs_run_than_a_process_may_first_open_files(
    host: Callable[..., HostLink], tmp_path: Path
) -> None:
    heard = Heard()
    limit = "(24, resource.getrlimit(resource.RLIMIT_NOFILE)[1])"
    link = host(heard, f"resource.setrlimit(resource.RLIMIT_NOFILE, {limit})")

    run(link, tmp_path, "sleep 600", *range(30))
    wait_for(lambda: len(heard.of("started")) + len(heard.of("failed")) == 30)

    assert not heard.of("failed")


def test_messages_are_the_same_wherever_the_stream_of_them_is_cut() -> None:
    datas = [b"\n", b'{"exited": 1}\n', b"{", b"\n\n{}\n", b"a"]
    expected: list[dict[str, Any]] = [{"started": 1, "pid": 7, "time": ""}]
    stream = json.dumps(expected[0]).encode() + b"\n"
    for data in datas:
        stream += json.dumps({"output": 1, "size": len(data)}).encode() + b"\n" + data
        expected.append({"output": 1, "data": data})
    expected.append({"exited": 1, "code": 0})
    stream += json.dumps(expected[-1]).encode() + b"\n"

    for cut in range(len(stream) + 1):
        first, rest = host_link._messages(stream[:cut])
        second, left = host_link._messages(rest + stream[cut:])
        assert (first + second, left) == (expected, b"")
    one_by_one, rest = [], b""
    for at in range(len(stream)):
        some, rest = host_link._messages(rest + stream[at : at + 1])
        one_by_one += some
    assert (one_by_one, rest) == (expected, b"")
