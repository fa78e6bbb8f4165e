"""The directories that jobs work in: each has one of its own, which is empty when it begins."""

from __future__ import annotations

import heapq
import os
import shutil
import sys
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


class JobDirectories:
    """Directories that are used again, each by one job at a time: making one costs much of a start.

    Args:
        root: what they are in.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self._lock = threading.Lock()
        self._free: list[int] = []
        self._made: list[Path] = []
        self._mode = 0

    def start(self) -> None:
        """Remove what an earlier run has left."""
        self.remove()
        self.root.mkdir(parents=True)

    def remove(self) -> None:
        """Remove all of them."""
        shutil.rmtree(self.root, ignore_errors=True)

    def take(self) -> Path:
        """Return the first directory that nobody has.

        Raises:
            OSError: there is none, and none can be made.
        """
        with self._lock:
            if not self._free:
                directory = self.root / str(len(self._made))
                directory.mkdir()
                self._mode = directory.stat().st_mode
                heapq.heappush(self._free, len(self._made))
                self._made.append(directory)
            return self._made[heapq.heappop(self._free)]

    def give_back_empty(self, directory: Path) -> bool:
        """Let others have a directory if nothing is in it; tell whether nothing was."""
        try:
            with os.scandir(directory) as entries:
                left = next(entries, None) is not None or directory.lstat().st_mode != self._mode
        except OSError:
            return False
        if not left:
            self._is_free(directory)
        return not left

    def give_back(self, directory: Path) -> None:
        """Empty a directory, and let others have it; where it cannot be emptied, nobody gets it."""
        shutil.rmtree(directory, ignore_errors=True)
        try:
            directory.mkdir()
        except OSError:
            return
        self._is_free(directory)

    def _is_free(self, directory: Path) -> None:
        if sys.platform == "linux":
            with self._lock:
                heapq.heappush(self._free, int(directory.name))
        else:  # what left its job's process group lives on there, and might write into it
            directory.rmdir()
