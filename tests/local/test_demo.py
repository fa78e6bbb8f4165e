"""``batch-constructs demo``: from an empty directory to the summary, and ended anywhere between."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from batch_constructs.local.environment_variables import MARKER, without_aws

pytestmark = [pytest.mark.local_aws, pytest.mark.cdk_cli]
DEADLINE_SECONDS = 300
COMMAND = [sys.executable, "-m", "batch_constructs", "demo"]


def environment(directory: Path) -> dict[str, str]:
    temporary = directory / "tmp"
    temporary.mkdir(exist_ok=True)
    here = str(Path(__file__).parents[2])
    return {
        **without_aws(),
        "TMPDIR": str(temporary),
        "PYTHONPATH": here,
        "COLUMNS": "120",
        "CDK_HOME": str(directory / "cdk-home"),
    }


def started_for(temporary: Path) -> list[psutil.Process]:
    """The processes that a demo with this temporary directory has started."""
    found = []
    for process in psutil.process_iter():
        try:
            command, variables = " ".join(process.cmdline()), process.environ()
        except (psutil.Error, OSError):
            continue
        if str(temporary) in command or (
            MARKER in variables and str(temporary) in variables.get("TMPDIR", "")
        ):
            found.append(process)
    return found


def test_the_demo_does_all_it_promises_and_leaves_nothing(tmp_path: Path) -> None:
    place = tmp_path / "empty"
    place.mkdir()

    done = subprocess.run(
        COMMAND,
        cwd=place,
        env=environment(tmp_path),
        capture_output=True,
        text=True,
        timeout=DEADLINE_SECONDS,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    for said in (
        "incoming/poem.txt has 17 words",
        "SNS delivered: Job Arrived failed: exited with code 1",
        "Array job ten failed: 3 of 10 children failed",
        "cron(0 2 * * ? *), tried now: wrote results/example.json",
        "Step Functions ran two jobs",
        "Everything is stopped and removed",
    ):
        assert said in done.stdout
    assert list(place.iterdir()) == []
    assert not (tmp_path / "cdk-home").exists()
    assert [path.name for path in (tmp_path / "tmp").glob("batch-constructs-*")] == []
    assert started_for(tmp_path / "tmp") == []


@pytest.mark.parametrize(
    ("place", "number"),
    [
        pytest.param(None, signal.SIGINT, id="Ctrl-C while the server starts"),
        pytest.param("1/8", signal.SIGINT, id="Ctrl-C in cdk bootstrap"),
        pytest.param("2/8", signal.SIGINT, id="Ctrl-C in cdk deploy"),
        pytest.param("2/8", signal.SIGTERM, id="SIGTERM in cdk deploy"),
        pytest.param("4/8", signal.SIGINT, id="Ctrl-C while jobs run"),
    ],
)
def test_a_demo_that_is_ended_leaves_nothing(
    tmp_path: Path, place: str | None, number: signal.Signals
) -> None:
    variables = {**environment(tmp_path), "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(
        COMMAND,
        cwd=tmp_path,
        env=variables,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        assert process.stdout is not None
        # What is printed tells that a step is over: the next one has begun.
        if place is None:
            time.sleep(0.3)
        else:
            next(line for line in process.stdout if line.startswith(place))
        os.kill(process.pid, number)
        rest = process.stdout.read()
        process.wait(DEADLINE_SECONDS)

    deadline = time.monotonic() + 60
    while started_for(tmp_path / "tmp"):
        assert time.monotonic() < deadline, (started_for(tmp_path / "tmp"), rest)
        time.sleep(0.1)
    assert process.returncode != 0
    assert [path.name for path in (tmp_path / "tmp").glob("batch-constructs-*")] == []
