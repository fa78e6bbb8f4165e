"""Log events on disk, so that a job may print as much as it likes: memory stays the same."""

from __future__ import annotations

import json
import os
import tempfile
import threading
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Sequence
from contextvars import ContextVar
from functools import lru_cache
from typing import TYPE_CHECKING, Any, overload

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

Event = dict[str, Any]

_IN_MEMORY_EVENTS = 1000
_IN_MEMORY_CHARACTERS = 1 << 20
_CACHED_BLOCKS = 16


ONLY_SIZES: ContextVar[bool] = ContextVar("ONLY_SIZES", default=False)
"""Whether whoever goes through events counts characters: one event as long as all stands for them.

To describe a log group would else take a minute after a job that printed a gigabyte.
"""


class LogFile:
    """One file for the events of all streams, in blocks; it goes with the process.

    Args:
        directory: where it stands. Default: the directory for temporary files.
    """

    def __init__(self, directory: str | None = None) -> None:
        self._file = tempfile.TemporaryFile(dir=directory)  # noqa: SIM115 - it is open as long as we are
        self._end = 0
        self._lock = threading.Lock()
        self.read = lru_cache(maxsize=_CACHED_BLOCKS)(self._read)

    def write(self, events: list[Event]) -> tuple[int, int]:
        """Write a block; return where it is and how long.

        Raises:
            OSError: the disk is full.
        """
        block = json.dumps(events, separators=(",", ":")).encode()
        with self._lock:
            written = 0
            while written < len(block):
                written += os.pwrite(self._file.fileno(), block[written:], self._end + written)
            place = self._end, len(block)
            self._end += len(block)
        return place

    def _read(self, offset: int, length: int) -> list[Event]:
        events: list[Event] = json.loads(os.pread(self._file.fileno(), length, offset))
        return events


class EventsOnDisk(Sequence[Event]):
    """The events of a stream, oldest first: the newest in memory, the others in a file.

    Args:
        file: takes the others.
        events: what there is at first.
    """

    def __init__(self, file: LogFile, events: Iterable[Event] = ()) -> None:
        self._file = file
        self._blocks: list[tuple[int, int]] = []
        self._starts: list[int] = []
        self._newest: list[Event] = []
        self._newest_at = 0
        self._characters = 0
        self._all_characters = 0
        self.extend(events)

    def extend(self, events: Iterable[Event]) -> None:
        """Append events.

        Raises:
            OSError: the disk is full; what did not fit was not appended.
        """
        for event in events:
            full = len(self._newest) >= _IN_MEMORY_EVENTS
            if full or self._characters >= _IN_MEMORY_CHARACTERS:
                self._blocks.append(self._file.write(self._newest))
                self._starts.append(self._newest_at)
                self._newest_at += len(self._newest)
                self._newest, self._characters = [], 0
            self._newest.append(event)
            self._characters += len(event["message"])
            self._all_characters += len(event["message"])

    def __len__(self) -> int:
        return self._newest_at + len(self._newest)

    def __iter__(self) -> Iterator[Event]:
        if ONLY_SIZES.get():
            yield {"message": range(self._all_characters)}
            return
        for place in list(self._blocks):
            yield from self._file.read(*place)
        yield from list(self._newest)

    @overload
    def __getitem__(self, index: int) -> Event: ...

    @overload
    def __getitem__(self, index: slice) -> list[Event]: ...

    def __getitem__(self, index: int | slice) -> Event | list[Event]:
        if isinstance(index, slice):
            return [self[position] for position in range(*index.indices(len(self)))]
        position = range(len(self))[index]
        if position >= self._newest_at:
            return self._newest[position - self._newest_at]
        block = bisect_right(self._starts, position) - 1
        return self._file.read(*self._blocks[block])[position - self._starts[block]]


class Latest(OrderedDict[Any, Any]):
    """A mapping that forgets its oldest entries.

    Args:
        most: how many it keeps.
    """

    def __init__(self, most: int) -> None:
        super().__init__()
        self._most = most

    def __setitem__(self, key: Any, value: Any) -> None:
        super().__setitem__(key, value)
        while len(self) > self._most:
            self.popitem(last=False)
