"""The user's commands run to their ends, or end with all that they started."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
from typing import TYPE_CHECKING

import psutil
import pytest

from batch_constructs.local.user_command import run_to_end

if TYPE_CHECKING:
    from pathlib import Path

_LONG = "sleep 1000 & echo $!; sleep 1000"


def test_what_a_command_printed_is_told_with_its_exit_code() -> None:
    shown: list[str] = []

    done = run_to_end("echo one; echo two >&2; exit 3", {}, show=shown.append)

    assert (done.code, done.text) == (3, "one\ntwo")
    assert shown == ["one", "two"]


@pytest.mark.parametrize("command", [_LONG, ["sh", "-c", _LONG]], ids=["line", "words"])
def test_an_interrupt_ends_a_command_with_all_that_it_started(
    command: str | list[str], tmp_path: Path
) -> None:
    runner = textwrap.dedent(
        f"""
        import os
        from pathlib import Path
        from batch_constructs.local.user_command import run_to_end
        run_to_end(
            {command!r}, dict(os.environ), directory=Path({str(tmp_path)!r}),
            show=lambda line: print(line, flush=True))
        """
    )
    with subprocess.Popen(
        [sys.executable, "-c", runner], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as process:
        assert process.stdout is not None
        child = int(process.stdout.readline())
        assert psutil.pid_exists(child)
        os.kill(process.pid, signal.SIGINT)

    deadline = time.monotonic() + 60
    while psutil.pid_exists(child) and psutil.Process(child).status() != psutil.STATUS_ZOMBIE:
        assert time.monotonic() < deadline
        time.sleep(0.05)
