"""``local watch``: deploy again whenever a file of the app is saved."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Seen = dict[str, tuple[int, int]]
"""File → when it was changed, and its size."""

_LOOK_AGAIN_SECONDS = 0.2
_NOT_WATCHED = {"__pycache__", "node_modules", "cdk.out", "venv", "cdk.context.json"}


def watch(
    directory: Path,
    redeploy: Callable[[], None],
    *,
    sleep: Callable[[float], None] = time.sleep,
    rounds: Iterator[object] | None = None,
) -> None:
    """Deploy now, and again after each change of a file, until it is interrupted.

    Folders whose names begin with a dot, and what is made (``cdk.out``, ``__pycache__``), do not
    count.

    Args:
        directory: the app's.
        redeploy: deploys; what goes wrong in it, it tells by itself.
        sleep: waits so many seconds.
        rounds: how often it looks. Default: for ever.
    """
    before: Seen = {}
    while rounds is None or next(rounds, None) is not None:
        now = look(directory)
        if now != before:
            redeploy()
            before = now  # as it was when it began: what was saved meanwhile counts
        sleep(_LOOK_AGAIN_SECONDS)


def look(directory: Path) -> Seen:
    """Return what there is to see of the files of an app."""
    seen: Seen = {}
    for folder, folders, files in os.walk(directory):
        folders[:] = [name for name in folders if _is_watched(name)]
        for name in filter(_is_watched, files):
            path = Path(folder, name)
            try:
                found = path.stat()
            except OSError:  # an editor's, gone again
                continue
            seen[str(path)] = (found.st_mtime_ns, found.st_size)
    return seen


def _is_watched(name: str) -> bool:
    return not (name.startswith(".") or name.endswith(("~", ".pyc")) or name in _NOT_WATCHED)
