"""Commands of the user's: the app, the cdk CLI, and what builds and copies images."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

_STOP_TIMEOUT_SECONDS = 10
_LOOK_SECONDS = 0.05


@dataclass(frozen=True, kw_only=True)
class Ended:
    """How a command ended.

    Args:
        code: its exit code.
        lines: what it printed, errors among the rest.
    """

    code: int
    lines: Sequence[str]

    @property
    def text(self) -> str:
        """What it printed."""
        return "\n".join(self.lines).strip()


def run_to_end(
    command: Sequence[str] | str,
    environment: Mapping[str, str],
    *,
    directory: Path | None = None,
    show: Callable[[str], object] = lambda _: None,
) -> Ended:
    """Run a command to its end; where this is interrupted, it ends with all that it started.

    Args:
        command: its words, or a line for a shell.
        environment: its environment variables.
        directory: where it runs. Default: here.
        show: is given every line as it comes.

    Raises:
        FileNotFoundError: there is no such program.
    """
    lines: list[str] = []
    process = subprocess.Popen(  # noqa: S603 - it is the user's own
        command,
        shell=isinstance(command, str),
        cwd=directory,
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        start_new_session=True,
    )
    try:
        assert process.stdout is not None  # noqa: S101 - it is a pipe
        for line in process.stdout:
            lines.append(line.rstrip("\n"))
            show(lines[-1])
        return Ended(code=process.wait(), lines=lines)
    except BaseException:
        _end_group(process)
        raise


def _end_group(process: subprocess.Popen[str]) -> None:
    """End a command and all that it started: those who do not go by themselves, after a while."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        until = time.monotonic() + _STOP_TIMEOUT_SECONDS
        try:
            os.killpg(process.pid, number)
            while time.monotonic() < until:
                process.poll()  # or it would stay in the group
                os.killpg(process.pid, 0)
                time.sleep(_LOOK_SECONDS)
        except ProcessLookupError:
            break
    process.wait()
