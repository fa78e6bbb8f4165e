"""Things to do later: timeouts and time limits."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from itertools import count

Action = Callable[[], None]


class Timers:
    """Actions by the time they are due.

    Args:
        clock: seconds since the epoch.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._number = count()
        self._entries: list[tuple[float, int, Action]] = []

    def after(self, seconds: float, action: Action) -> None:
        """Call an action once, this many seconds from now."""
        due = self._clock() + seconds
        heapq.heappush(self._entries, (due, next(self._number), action))

    def run(self) -> None:
        """Call what is due."""
        while self._entries and self._entries[0][0] <= self._clock():
            heapq.heappop(self._entries)[2]()

    def next_in(self) -> float | None:
        """Return the seconds until something is due; None where nothing ever is."""
        if not self._entries:
            return None
        return max(0.0, self._entries[0][0] - self._clock())
