"""What a command shows while it works: at once, on a terminal, what it does and for how long."""

from __future__ import annotations

import os
import sys
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_EACH_SECOND: Final = 1.0
_ERASE: Final = "\r\x1b[K"


@contextmanager
def working(doing: str) -> Iterator[Callable[[str], None]]:
    """Show what is being done until it is done.

    On a terminal it is one line of standard error, with the seconds, that is gone in the end.
    Elsewhere nothing is shown.

    Args:
        doing: what is being done, such as ``deploying``.

    Yields:
        What writes a line of its own to standard error meanwhile.
    """
    if not (sys.stderr.isatty() and os.environ.get("TERM") != "dumb"):
        yield lambda line: _write(f"{line}\n")
        return
    began, ended, lock = time.monotonic(), threading.Event(), threading.Lock()

    def show() -> None:
        while not ended.wait(_EACH_SECOND):
            with lock:
                _write(f"{_ERASE}{doing} … {time.monotonic() - began:.0f} s")

    def line(text: str) -> None:
        with lock:
            _write(f"{_ERASE}{text}\n")

    _write(f"{doing} … 0 s")
    shower = threading.Thread(target=show, daemon=True)
    shower.start()
    try:
        yield line
    finally:
        ended.set()
        shower.join()
        _write(_ERASE)


def _write(text: str) -> None:
    sys.stderr.write(text)
    sys.stderr.flush()
