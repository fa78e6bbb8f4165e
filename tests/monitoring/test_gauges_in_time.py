"""Gauges whose calls are slow, or hang, leave Lambda nothing to end, and no queue without data."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError
from botocore.retries.standard import ExponentialBackoff

from batch_constructs.functions.claims.lease import RESERVE_SECONDS
from batch_constructs.functions.claims.outcome import QUICK_SECONDS
from batch_constructs.functions.gauges import publish
from batch_constructs.functions.gauges.reading import Reader
from batch_constructs.functions.told import listing

if TYPE_CHECKING:
    from collections.abc import Iterator

NOW = 1_780_000_600.0
CALLS_OF_A_QUEUE = 8
"""Five states, an array among them, the snapshot, and what its environments may use."""


@dataclass
class Slow:
    """A Batch, and the Lambda that has two minutes: each call takes its time."""

    monkeypatch: pytest.MonkeyPatch
    call_seconds: float = 0.0
    left: float = 120.0
    hangs: set[str] = field(default_factory=set)
    """Operations that hang, and queues of which none is listed."""

    endless: str = ""
    """A queue whose jobs fill pages without end."""

    def run(self, queues: list[str], environments: str = "fleet") -> str:
        """Run once, on a machine that is new in nothing but its time; return what it failed at."""
        self.left = 120.0
        self.monkeypatch.setenv("QUEUES", ",".join(queues))
        self.monkeypatch.setenv("COMPUTE_ENVIRONMENTS", environments)
        try:
            publish.handler({}, self)
        except RuntimeError as error:
            return str(error)
        finally:
            assert self.left > 0, "Lambda ended it"
        return ""

    def get_remaining_time_in_millis(self) -> int:
        return int(self.left * 1000)

    def __getattr__(self, operation: str) -> Any:
        def call(**asked: Any) -> Any:
            if self.hangs & {operation, str(asked.get("jobQueue"))}:
                self.left -= QUICK_SECONDS
                raise ReadTimeoutError(endpoint_url="batch")
            assert self.left > QUICK_SECONDS + RESERVE_SECONDS, f"{operation} begins too late"
            self.left -= self.call_seconds
            return self._answer(operation, asked)

        return call

    def _answer(self, operation: str, asked: dict[str, Any]) -> Any:
        fleet = {"computeEnvironmentName": "fleet", "computeResources": {"maxvCpus": 64}}
        order = [{"order": 1, "computeEnvironment": "fleet"}]
        queues = [
            {"jobQueueArn": one, "jobQueueName": one, "computeEnvironmentOrder": order}
            for one in asked.get("jobQueues", ())
        ]
        more = {"nextToken": "more"} if asked.get("jobQueue") == self.endless else {}
        array = {"jobId": "array", "arrayProperties": {"size": 2}}
        arrays = [array] if asked.get("jobStatus") == "PENDING" and not more else []
        answers = {
            "describe_compute_environments": {"computeEnvironments": [fleet]},
            "describe_job_queues": {"jobQueues": queues[::-1]},  # in no order
            "list_jobs": {"jobSummaryList": arrays, **more},
            "describe_jobs": {"jobs": [{"arrayProperties": {}}]},
            "get_job_queue_snapshot": {},
        }
        return answers[operation]


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> Slow:
    made = Slow(monkeypatch)
    monkeypatch.setattr(publish, "_reader", lambda: Reader(batch=made, most_jobs=1000))
    monkeypatch.setattr(publish, "_unread_before", [])
    monkeypatch.setattr(publish, "time", SimpleNamespace(time=lambda: NOW))
    monkeypatch.setenv("NAMESPACE", "BatchConstructs")
    return made


def told(capsys: pytest.CaptureFixture[str]) -> list[str]:
    lines = map(json.loads, capsys.readouterr().out.splitlines())
    return [line.get("JobQueueName", line.get("ComputeEnvironmentName")) for line in lines]


def named(many: int) -> list[str]:
    return [f"q{number}" for number in range(many)]


@pytest.mark.parametrize("many", [6, 105])
def test_a_run_ends_before_lambda_ends_it_and_says_what_it_did_not_read(
    slow: Slow, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture, many: int
) -> None:
    """Also where one call does not describe all of the queues."""
    slow.call_seconds = 3.0

    failed = slow.run(named(many))

    first, *read = told(capsys)
    assert first == "fleet"
    assert 0 < len(read) < 6
    named_as_failed = failed.removeprefix("could not read ").partition(";")[0].split(", ")
    assert sorted([*read, *named_as_failed]) == sorted(named(many))
    assert f"there was no time for {len(named_as_failed)} of {many} queues" in caplog.text
    # as long as the last call may hang, and no longer, no other begins
    assert slow.left <= QUICK_SECONDS + RESERVE_SECONDS


def test_no_call_of_a_queue_begins_when_its_time_is_over(slow: Slow) -> None:
    slow.call_seconds = 1.0
    read, kept = [], QUICK_SECONDS + RESERVE_SECONDS
    for calls in range(CALLS_OF_A_QUEUE + 3):
        slow.left = kept + calls
        reader = Reader(batch=slow, most_jobs=1, left=lambda: slow.left - kept)
        unread: list[str] = []
        readings = reader.queues(["q0"], now=NOW, failed=[], unread=unread)
        read.append(len([*readings]))
        assert len(unread) + read[-1] == 1
        assert slow.left >= kept

    assert read == [0] * (CALLS_OF_A_QUEUE + 1) + [1, 1]  # one more tells of the queue


def test_each_run_begins_with_the_queue_that_the_last_one_did_not_come_to(
    slow: Slow, capsys: pytest.CaptureFixture[str]
) -> None:
    slow.call_seconds = 3.0
    read = Counter[str]()

    for _ in range(7):  # in each of which there is time for three of seven
        slow.run(named(7))
        read.update(told(capsys))

    assert read == {"fleet": 7, **dict.fromkeys(named(7), 3)}


def test_a_function_that_is_new_begins_at_another_queue_each_time(
    slow: Slow, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    first = set()
    for milliseconds in range(3):
        at = SimpleNamespace(time=lambda late=milliseconds: NOW + (late + 0.5) / 1000)
        monkeypatch.setattr(publish, "time", at)
        slow.run(named(3), environments="")
        first.add(told(capsys)[0])

    assert first == {*named(3)}


@pytest.mark.parametrize("many", [5, 105])
def test_queues_that_hang_do_not_keep_the_others_from_being_read_for_ever(
    slow: Slow, capsys: pytest.CaptureFixture[str], many: int
) -> None:
    """Whatever their number, also where one call does not describe them all."""
    slow.hangs = {"q0", "q1", "q2", "q3"}
    read: set[str] = set()

    for _ in range(2):
        failed = slow.run(named(many))
        assert "could not read" in failed
        read.update(told(capsys))

    assert read == {"fleet", *named(many)[4:]}


def test_a_queue_that_never_ends_leaves_half_of_the_time_to_the_others(
    slow: Slow, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    slow.call_seconds, slow.endless = 1.0, "q0"

    for _ in range(2):
        failed = slow.run(named(4))

        assert failed == "could not read q0; the log says why"
        assert sorted(told(capsys)) == ["fleet", "q1", "q2", "q3"]
    assert "queue q0 takes more than 45 s: lower max_jobs" in caplog.text


def test_a_queue_that_is_alone_has_all_of_the_time(
    slow: Slow, capsys: pytest.CaptureFixture[str]
) -> None:
    slow.call_seconds = 80 / (CALLS_OF_A_QUEUE + 2)

    assert slow.run(["q0"]) == ""
    assert told(capsys) == ["fleet", "q0"]


def test_environments_that_hang_leave_half_of_the_time_to_the_queues(
    slow: Slow, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a queue it is asked what its environments may use, so that it is not known here."""
    monkeypatch.setattr(Reader, "_max_vcpus", lambda *_: None)
    slow.hangs = {"describe_compute_environments"}

    failed = slow.run(named(3), environments=",".join(f"e{n}" for n in range(1000)))

    assert failed == "could not read compute environments; the log says why"
    assert sorted(told(capsys)) == named(3)


def test_a_list_that_cannot_be_read_costs_the_other_nothing(
    slow: Slow, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(environment: Any, name: str) -> list[str]:
        if name == "COMPUTE_ENVIRONMENTS":
            raise ClientError({"Error": {"Code": "AccessDenied"}}, "GetParameter")
        return listing.listed(environment, name)

    monkeypatch.setattr(publish, "listed", refused)

    assert slow.run(named(1)) == "could not read the list COMPUTE_ENVIRONMENTS; the log says why"
    assert told(capsys) == named(1)


@pytest.fixture
def clients(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("MOST_JOBS", "1")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    for cached in (publish._reader, listing._parameters):
        cached.cache_clear()
    yield
    for cached in (publish._reader, listing._parameters):
        cached.cache_clear()


@pytest.mark.usefixtures("clients")
def test_no_client_of_the_gauges_waits_longer_than_is_kept_for_a_call_that_hangs() -> None:
    for client in (publish._reader().batch, listing._parameters()):
        config = client.meta.config
        attempts = config.retries["total_max_attempts"]
        assert config.retries["mode"] == "standard"
        backoff = ExponentialBackoff(random=lambda: 1)
        pauses = [
            backoff.delay_amount(SimpleNamespace(attempt_number=number, http_response=None))
            for number in range(1, attempts)
        ]
        longest = attempts * (config.connect_timeout + config.read_timeout) + sum(pauses)
        assert longest == QUICK_SECONDS
