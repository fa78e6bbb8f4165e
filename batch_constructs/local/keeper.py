"""The process that keeps a server: it ends when told to, or when its caller or the server ends.

It does nothing but wait, so that it can clean up after a server that was killed: no Lambda worker
and no job outlives the embedded AWS.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from batch_constructs.local.environment_variables import MARKER
from batch_constructs.local.marked_processes import end_marked_processes

if TYPE_CHECKING:
    from collections.abc import Callable

_STOP_TIMEOUT_SECONDS = 15


def main() -> int:
    """Start the server with the settings of the command line, and clean up when it has ended."""
    settings = json.loads(sys.argv[1])
    stopping = threading.Event()

    def stop(*_: object) -> None:
        stopping.set()

    # Before there is a server: told to end in between, it would leave one that nobody ends.
    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    server = subprocess.Popen(  # noqa: S603 - our own module
        [sys.executable, "-m", "batch_constructs.local.server_process", sys.argv[1]],
        stdin=subprocess.PIPE,  # its lifeline: it ends when this process does
        env={**os.environ, MARKER: settings["marker"]},
        pass_fds=(settings["ready_fd"],),
        start_new_session=True,
    )
    os.close(settings["ready_fd"])

    if settings["lifeline"]:
        threading.Thread(target=_wait_for_caller, args=(stop,), daemon=True).start()
    threading.Thread(target=_end, args=(stopping, server), daemon=True).start()
    code = server.wait()
    end_marked_processes(settings["marker"])
    if stopping.is_set():
        shutil.rmtree(settings["state_directory"], ignore_errors=True)
    else:
        _keep_only_the_log(Path(settings["state_directory"]), code)
    return 0 if stopping.is_set() else 1


def _wait_for_caller(stop: Callable[[], None]) -> None:
    """Block until the caller's end of the pipe is closed, which the end of the caller does too."""
    sys.stdin.buffer.read()
    stop()


def _end(stopping: threading.Event, server: subprocess.Popen[bytes]) -> None:
    """Ask the server to end once it is time to, and kill it if it does not."""
    stopping.wait()
    server.terminate()
    try:
        server.wait(_STOP_TIMEOUT_SECONDS)
    except subprocess.TimeoutExpired:
        server.kill()


def _keep_only_the_log(state_directory: Path, code: int) -> None:
    """Leave the log of a server that ended by itself, with its last line saying so."""
    for path in state_directory.iterdir():
        if path.name in ("server.log", "server.json", ".gitignore"):
            continue
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)
    sys.stderr.write(f"the embedded AWS ended unexpectedly (exit code {code}); its state is gone\n")


if __name__ == "__main__":
    raise SystemExit(main())
