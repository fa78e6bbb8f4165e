"""Logs of any size: what does not fit in memory is on disk, and is found there."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import pytest

from batch_constructs.local.log_storage import ONLY_SIZES, EventsOnDisk, Latest, LogFile
from batch_constructs.local.marked_processes import marked_processes

if TYPE_CHECKING:
    from batch_constructs.testing.local_aws import LocalAws


def events(count: int, *, length: int = 5) -> list[dict[str, Any]]:
    return [{"timestamp": n, "message": f"{n}".rjust(length)} for n in range(count)]


@pytest.mark.parametrize("count", [0, 1, 999, 1000, 1001, 2500])
def test_events_are_found_as_in_a_list(count: int) -> None:
    wanted = events(count)
    found = EventsOnDisk(LogFile(), wanted)

    assert len(found) == count
    assert list(found) == wanted
    assert [found[n] for n in range(count)] == wanted
    assert found[-5:] == wanted[-5:]
    assert found[990:1010] == wanted[990:1010]
    with pytest.raises(IndexError):
        found[count]


def test_what_is_in_memory_does_not_grow_with_what_is_logged() -> None:
    found = EventsOnDisk(LogFile())
    for _ in range(50):
        found.extend(events(1000, length=200))

    assert len(found) == 50_000
    assert len(found._newest) <= 1000
    assert sys.getsizeof(found._blocks) < 4096


def test_few_long_lines_go_to_disk_too() -> None:
    found = EventsOnDisk(LogFile(), events(40, length=200_000))

    assert len(found._newest) <= 6
    assert len(found) == 40


def test_a_full_disk_refuses_new_events_and_leaves_the_old_ones_readable(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    wanted = events(2000)
    found = EventsOnDisk(LogFile(), wanted)

    def full(*_: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.pwrite", full)
    with pytest.raises(OSError, match="No space left"):
        found.extend(events(1))

    assert list(found) == wanted


def test_how_much_there_is_is_told_without_reading_it(monkeypatch: pytest.MonkeyPatch) -> None:
    found = EventsOnDisk(LogFile(), events(2500, length=7))
    monkeypatch.setattr("os.pread", lambda *_: pytest.fail("it was read"))

    asked = ONLY_SIZES.set(True)
    (one,) = found
    ONLY_SIZES.reset(asked)

    assert len(one["message"]) == 2500 * 7


def test_the_oldest_entries_are_forgotten() -> None:
    found = Latest(2)
    for key in "abc":
        found[key] = key

    assert list(found) == ["b", "c"]


@pytest.mark.local_aws
def test_a_job_that_prints_much_leaves_the_server_s_memory_as_it_is(local_aws: LocalAws) -> None:
    from tests.local.api_job import submit

    line, mebibytes = "x" * 1023, 64

    def resident() -> int:
        return sum(
            one.memory_info().rss
            for one in marked_processes(local_aws.server.record.marker)
            if "server_process" in " ".join(one.cmdline())
        )

    def run(count: int, suffix: str) -> dict[str, Any]:
        program = f"for _ in range({count}): print('{line}')"
        command = [sys.executable, "-c", program]
        return local_aws.wait_for_job(submit(local_aws.client, command, suffix=suffix))

    run(4096, "-warm")
    before = resident()
    job = run(mebibytes * 1024, "-much")

    assert resident() - before < mebibytes * 1024 * 1024 / 2
    stream = job["container"]["logStreamName"]
    logs = local_aws.client("logs")
    answer = logs.get_log_events(
        logGroupName="/aws/batch/job", logStreamName=stream, startFromHead=True
    )
    seen = len(answer["events"])
    while answer["events"]:
        answer = logs.get_log_events(
            logGroupName="/aws/batch/job",
            logStreamName=stream,
            startFromHead=True,
            nextToken=answer["nextForwardToken"],
        )
        seen += len(answer["events"])
    assert seen == mebibytes * 1024


@pytest.mark.local_aws
def test_all_that_a_job_printed_is_its_output(local_aws: LocalAws) -> None:
    logs, wanted = local_aws.client("logs"), [str(n) for n in range(10_001)]
    logs.create_log_group(logGroupName="long")
    logs.create_log_stream(logGroupName="long", logStreamName="s")
    for some in (wanted[:10_000], wanted[10_000:]):
        batch = [{"timestamp": 1000, "message": message} for message in some]
        logs.put_log_events(logGroupName="long", logStreamName="s", logEvents=batch)
    options = {"logDriver": "awslogs", "options": {"awslogs-group": "long"}}

    found = local_aws.job_output({"container": {"logStreamName": "s", "logConfiguration": options}})

    assert found == wanted


@pytest.mark.local_aws
def test_events_that_come_late_stand_where_they_belong(local_aws: LocalAws) -> None:
    logs = local_aws.client("logs")
    logs.create_log_group(logGroupName="late")
    logs.create_log_stream(logGroupName="late", logStreamName="s")
    for timestamps in ([1000, 3000], [2000], [4000]):
        logs.put_log_events(
            logGroupName="late",
            logStreamName="s",
            logEvents=[{"timestamp": n, "message": str(n)} for n in timestamps],
        )

    found = logs.get_log_events(logGroupName="late", logStreamName="s", startFromHead=True)

    assert [event["message"] for event in found["events"]] == ["1000", "2000", "3000", "4000"]
    (group,) = logs.describe_log_groups(logGroupNamePrefix="late")["logGroups"]
    (stream,) = logs.describe_log_streams(logGroupName="late")["logStreams"]
    assert (group["storedBytes"], stream["storedBytes"]) == (16, 16)
