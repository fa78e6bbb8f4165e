"""After a restart, or a kill, the state is clear and no process is left."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from batch_constructs.local.batch import ServiceError
from batch_constructs.local.batch.store import Store, StoreError
from tests.local.batch.conftest import TOO_LARGE

if TYPE_CHECKING:
    from collections.abc import Callable

    from batch_constructs.local.batch import BatchService
    from tests.local.batch.conftest import Account, ManualClock

on_linux = pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")

SERVER = textwrap.dedent(
    """
    import json, sys, time
    from pathlib import Path
    sys.path.insert(0, sys.argv[1])
    from tests.local.batch.conftest import Account, RecordingPorts, client_of, processes_of, serve
    from batch_constructs.local.batch import BatchService

    ports = RecordingPorts()
    service = BatchService(
        account_id="123456789012",
        region="us-east-1",
        ports=ports,
        state_directory=Path(sys.argv[2]),
    )
    service.start()
    account = Account(client_of(serve(service)), ports)
    account.environment()
    account.queue()
    account.definition(
        "sh", "-c", "sleep 600 & echo $!; setsid sh -c 'echo $$; exec sleep 600' & echo $$; wait"
    )
    account.definition("true", name="quick")
    retry = {"retryStrategy": {"attempts": 2}}
    jobs = {
        "done": account.ended(account.submit(jobDefinition="quick"))["jobId"],
        "running": account.submit(),
        "retried": account.submit(**retry, containerOverrides={"command": ["sleep", "600"]}),
    }
    for job in ("running", "retried"):
        account.until(jobs[job], "RUNNING")
    jobs["waiting"] = account.submit(jobDefinition="quick")
    jobs["after"] = account.submit(dependsOn=[{"jobId": jobs["running"]}])
    jobs["array"] = account.submit(
        jobDefinition="quick", arrayProperties={"size": 3}, dependsOn=[{"type": "SEQUENTIAL"}]
    )
    account.until(jobs["after"], "PENDING")
    account.until(jobs["array"], "PENDING")
    account.wait_for(lambda: len(account.log(account.job(jobs["running"]))) == 3)
    jobs["pids"] = sorted(processes_of(jobs["running"]))
    jobs["host"] = service._runner._host.pid
    print(json.dumps(jobs), flush=True)
    time.sleep(600)
    """
)


def alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state not in ("Z", "X")


@on_linux
@pytest.mark.parametrize("victims", [["server"], ["server", "host"]])
def test_a_killed_server_leaves_a_clear_state_and_no_process(
    victims: list[str], make_account: Callable[..., tuple[Account, BatchService]], tmp_path: Path
) -> None:
    root = Path(__file__).parents[3]
    state = tmp_path / "state"
    with subprocess.Popen(
        [sys.executable, "-c", SERVER, str(root), str(state)], stdout=subprocess.PIPE
    ) as server:
        assert server.stdout is not None
        jobs = json.loads(server.stdout.readline())
        assert all(map(alive, jobs["pids"]))
        for victim in victims:
            os.kill({"server": server.pid, "host": jobs["host"]}[victim], signal.SIGKILL)

    account, _ = make_account(state_directory=state)

    account.wait_for(lambda: not any(map(alive, [*jobs["pids"], jobs["host"]])))
    running = account.ended(jobs["running"])
    assert running["status"] == "FAILED"
    assert running["statusReason"].endswith("The local server was killed while the job ran.")
    retried = account.until(jobs["retried"], "RUNNING")
    assert retried["attempts"][0]["statusReason"].startswith("Host EC2 (instance i-")
    assert account.job(jobs["done"])["status"] == "SUCCEEDED"
    assert account.job(jobs["done"])["container"]["exitCode"] == 0
    assert account.ended(jobs["waiting"])["status"] == "SUCCEEDED"
    assert account.ended(jobs["after"])["statusReason"] == "Dependent Job failed"
    array = account.ended(jobs["array"])
    assert array["arrayProperties"]["statusSummary"]["SUCCEEDED"] == 3


def test_everything_is_there_after_a_restart(
    make_account: Callable[..., tuple[Account, BatchService]],
    make_service: Callable[..., BatchService],
    tmp_path: Path,
) -> None:
    account, service = make_account(state_directory=tmp_path / "kept")
    account.environment()
    policy = account.batch.create_scheduling_policy(name="fair", fairsharePolicy={})["arn"]
    account.queue(schedulingPolicyArn=policy)
    account.definition("true")
    account.definition("true")
    account.batch.create_consumable_resource(consumableResourceName="licence", totalQuantity=3)
    job = account.ended(account.submit(shareIdentifier="a", tags={"team": "x"}))
    asked: list[tuple[str, dict[str, Any]]] = [
        ("DescribeComputeEnvironments", {}),
        ("DescribeJobQueues", {}),
        ("DescribeJobDefinitions", {}),
        ("DescribeSchedulingPolicies", {"arns": [policy]}),
        ("DescribeConsumableResource", {"consumableResource": "licence"}),
        ("DescribeJobs", {"jobs": [job["jobId"]]}),
    ]
    before = [service.handle(operation, request) for operation, request in asked]
    service.stop()

    again = make_service(state_directory=tmp_path / "kept")
    again.start()

    assert [again.handle(operation, request) for operation, request in asked] == before


def test_a_running_job_waits_for_its_retry_over_a_restart(
    make_account: Callable[..., tuple[Account, BatchService]], tmp_path: Path
) -> None:
    account, service = make_account(state_directory=tmp_path / "kept")
    account.environment()
    account.queue()
    account.definition(
        "sh",
        "-c",
        "[ $AWS_BATCH_JOB_ATTEMPT = 2 ] || exec sleep 600",
        retryStrategy={"attempts": 2},
    )
    job = account.submit()
    account.until(job, "RUNNING")
    service.stop()

    again, _ = make_account(state_directory=tmp_path / "kept")

    ended = again.ended(job)
    assert ended["status"] == "SUCCEEDED"
    assert "was stopped while the job ran" in ended["attempts"][0]["statusReason"]


def test_a_job_that_blocks_its_queue_keeps_its_place_and_its_time_limit_over_a_restart(
    make_account: Callable[..., tuple[Account, BatchService]], clock: ManualClock, tmp_path: Path
) -> None:
    account, service = make_account(state_directory=tmp_path / "kept", clock=clock)
    job = account.blocking_job(limit_seconds=600)
    front = account.batch.get_job_queue_snapshot(jobQueue="queue")["frontOfQueue"]["jobs"]
    service.stop()
    clock.seconds += 100

    account, again = make_account(state_directory=tmp_path / "kept", clock=clock)

    snapshot = account.batch.get_job_queue_snapshot(jobQueue="queue")
    assert snapshot["frontOfQueue"]["jobs"] == front
    account.wait_for(lambda: again._loop._timers.next_in() == 600)
    clock.seconds += 600
    again.wake()
    assert TOO_LARGE in account.ended(job)["statusReason"]


def test_a_full_disk_refuses_changes_before_they_are_made_and_leaves_reading(
    make_service: Callable[..., BatchService],
) -> None:
    service = make_service()
    service._store._connection.execute("PRAGMA max_page_count = 1")
    request: dict[str, Any] = {"tags": {"k": "v" * 200}}
    made: list[str] = []

    def fill() -> None:
        for number in range(200):
            name = f"r{number}"
            service.handle("CreateConsumableResource", request | {"consumableResourceName": name})
            made.append(name)

    def there() -> list[str]:
        found = service.handle("ListConsumableResources", {"maxResults": 100})
        return sorted(one["consumableResourceName"] for one in found["consumableResources"])

    with pytest.raises(ServiceError, match="cannot be written: database or disk is full") as error:
        fill()
    assert (error.value.code, error.value.http_status) == ("ServerException", 500)
    assert there() == sorted(made)

    service._store._connection.execute("PRAGMA max_page_count = 100000")
    service.handle("CreateConsumableResource", {"consumableResourceName": "more"})
    assert there() == sorted([*made, "more"])


def test_what_could_not_be_written_is_written_later(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store._connection.execute("PRAGMA max_page_count = 1")
    for number in range(100):
        store.save("thing", str(number), {"text": "x" * 500})
    with pytest.raises(StoreError, match="full"):
        store.commit()

    store._connection.execute("PRAGMA max_page_count = 100000")
    store.commit()
    store.close()

    with sqlite3.connect(tmp_path / "batch.sqlite3") as connection:
        assert connection.execute("SELECT count(*) FROM records").fetchone() == (100,)


def test_ended_jobs_are_forgotten_after_a_week(
    make_account: Callable[..., tuple[Account, BatchService]],
    make_service: Callable[..., BatchService],
    clock: ManualClock,
    tmp_path: Path,
) -> None:
    account, service = make_account(state_directory=tmp_path / "kept", clock=clock)
    account.environment()
    account.queue()
    account.definition("true")
    old = account.ended(account.submit(arrayProperties={"size": 2}))["jobId"]
    clock.seconds += 6 * 24 * 3600
    young = account.ended(account.submit())["jobId"]
    service.stop()
    clock.seconds += 2 * 24 * 3600

    again = make_service(state_directory=tmp_path / "kept", clock=clock)

    found = again.handle("DescribeJobs", {"jobs": [old, f"{old}:0", young]})["jobs"]
    assert [job["jobId"] for job in found] == [young]
