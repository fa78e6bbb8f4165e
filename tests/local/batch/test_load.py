"""Many jobs, and a server that is killed among them. Ten thousand: bench/local_batch_load.py."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from batch_constructs.local.batch import BatchService
    from tests.local.batch.conftest import Account, RecordingPorts

SERVER = textwrap.dedent(
    """
    import sys, time
    from pathlib import Path
    sys.path.insert(0, sys.argv[1])
    from tests.local.batch.conftest import Account, RecordingPorts, client_of, serve
    from batch_constructs.local.batch import BatchService

    service = BatchService(
        account_id="123456789012",
        region="us-east-1",
        ports=RecordingPorts(),
        state_directory=Path(sys.argv[2]),
    )
    service.start()
    account = Account(client_of(serve(service)), service)
    account.environment()
    account.queue()
    account.definition("true", retryStrategy={"attempts": 2})
    array = account.submit(arrayProperties={"size": 300})
    jobs = [account.submit() for _ in range(100)]
    summary = lambda: account.job(array)["arrayProperties"]["statusSummary"]
    account.wait_for(lambda: summary()["SUCCEEDED"] > 50)
    print(array, *jobs, flush=True)
    time.sleep(600)
    """
)


def test_many_jobs_all_end_and_the_order_is_kept(account: Account, ports: RecordingPorts) -> None:
    account.environment()
    account.queue("low", priority=1)
    account.queue("high", priority=10)
    account.definition("true")
    account.batch.update_compute_environment(computeEnvironment="ce", state="DISABLED")
    array = account.submit(jobName="low", jobQueue="low", arrayProperties={"size": 200})
    singles = [account.submit(jobName="low", jobQueue="low") for _ in range(100)]
    urgent = [account.submit(jobName="high", jobQueue="high") for _ in range(100)]
    for job in [f"{array}:199", singles[-1], urgent[-1]]:
        account.until(job, "RUNNABLE")

    account.batch.update_compute_environment(computeEnvironment="ce", state="ENABLED")

    for job in [array, *singles, *urgent]:
        assert account.ended(job)["status"] == "SUCCEEDED"
    started = [e["detail"] for e in ports.events if e["detail"]["status"] == "STARTING"]
    assert [detail["jobId"] for detail in started] == [
        *urgent,
        *(f"{array}:{index}" for index in range(200)),
        *singles,
    ]


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_a_server_killed_among_many_jobs_loses_none(
    make_account: Callable[..., tuple[Account, BatchService]], tmp_path: Path
) -> None:
    state = tmp_path / "state"
    root = Path(__file__).parents[3]
    with subprocess.Popen(
        [sys.executable, "-c", SERVER, str(root), str(state)], stdout=subprocess.PIPE
    ) as server:
        assert server.stdout is not None
        array, *singles = server.stdout.readline().decode().split()
        os.kill(server.pid, signal.SIGKILL)

    account, _ = make_account(state_directory=state)

    jobs = [*singles, *(f"{array}:{index}" for index in range(300))]
    ended = [account.ended_state(job) for job in jobs]
    assert Counter(job["status"] for job in ended) == {"SUCCEEDED": 400}
    assert account.ended_state(array)["arrayProperties"]["statusSummary"]["SUCCEEDED"] == 300
    interrupted = [
        attempt["statusReason"]
        for job in ended
        for attempt in job["attempts"]
        if attempt["statusReason"] != "Essential container in task exited"
    ]
    assert len(interrupted) <= 2
    assert all(reason.startswith("Host EC2 (instance i-") for reason in interrupted)
