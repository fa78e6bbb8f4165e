"""What happens to the service, one thing after another, each followed by the placing of jobs."""

from __future__ import annotations

import contextlib
import heapq
import logging
import math
import queue
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from itertools import count
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from batch_constructs.local.batch.store import Store

_log = logging.getLogger(__name__)

_AT_A_TIME = 200
_TOGETHER_SECONDS = 0.05
"""How long changes wait to be written with others; what a kill takes of them is done again."""

_AGAIN_SECONDS = 1.0
"""How long after a failure the changes are written again, be anything done meanwhile or not."""

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


class EventLoop:
    """Does actions one after another, each under the lock, and what is due at its time.

    Whoever has something to do does it in its own thread: one that hands it over waits for the
    other to wake. A thread of the loop's own does what is due later. There is no polling: it sleeps
    until something is posted or a timer is due.

    Args:
        lock: the service's lock.
        store: is committed soon after each group of actions.
        timers: what to do later.
        work: is called after each group of actions, to place jobs.
    """

    def __init__(
        self, *, lock: threading.RLock, store: Store, timers: Timers, work: Action
    ) -> None:
        self._lock = lock
        self._store = store
        self._timers = timers
        self._work = work
        self._inbox: queue.SimpleQueue[Action | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._running = False
        self._worker: int | None = None
        self._then: deque[Action] = deque()
        self._woken = False
        self._wakes_at = math.inf
        self._commit_at: float | None = None

    def start(self) -> None:
        """Start working."""
        self._running = True
        self._thread = threading.Thread(target=self._run, name="batch-loop", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop after what is under way."""
        with self._lock:
            self._running = False
        if self._thread is not None:
            self._inbox.put(None)
            self._thread.join()
            self._thread = None

    def post(self, action: Action) -> None:
        """Have an action done soon, in the loop's thread."""
        self._inbox.put(action)

    def do(self, action: Action) -> None:
        """Do an action now, or after the one of this thread that is under way."""
        if self._worker == threading.get_ident():
            self._then.append(action)
            return
        with self.turn():
            (self._then.append if self._running else self._inbox.put)(action)

    @contextlib.contextmanager
    def turn(self) -> Iterator[None]:
        """Hold the lock; at the end place jobs, and do what was asked for meanwhile."""
        with self._lock:
            if self._worker is not None:
                yield
                return
            self._worker = threading.get_ident()
            try:
                yield
            finally:
                try:
                    if self._running:
                        self._finish_turn()
                finally:
                    self._worker = None

    def wake(self) -> None:
        """Look soon whether jobs can be placed."""
        if not self._woken and self._worker != threading.get_ident():
            self._woken = True
            self._inbox.put(_nothing)

    def _run(self) -> None:
        while True:
            with self._lock:
                patience = self._next_in()
                self._wakes_at = math.inf if patience is None else time.monotonic() + patience
            try:
                actions = [self._inbox.get(timeout=patience)]
            except queue.Empty:
                actions = []
            while len(actions) < _AT_A_TIME and not self._inbox.empty():
                actions.append(self._inbox.get())
            with self.turn():
                self._woken, self._wakes_at = False, -math.inf
                for action in actions:
                    if action is None:
                        return
                    self._do(action)
                self._do(self._timers.run)

    def _finish_turn(self) -> None:
        for _ in range(_AT_A_TIME):
            while self._then:
                self._do(self._then.popleft())
            self._do(self._work)
            if not self._then:
                break
        else:
            self._inbox.put(_nothing)
        self._commit_when_due()
        due = self._next_in()
        if due is not None and time.monotonic() + due < self._wakes_at:
            self._wakes_at = -math.inf  # nobody else needs to wake it
            self._inbox.put(_nothing)

    def _next_in(self) -> float | None:
        due = self._timers.next_in()
        if self._commit_at is None:
            return due
        commit = max(0.0, self._commit_at - time.monotonic())
        return commit if due is None else min(due, commit)

    def _commit_when_due(self) -> None:
        now = time.monotonic()
        if self._commit_at is not None and now >= self._commit_at:
            self._store.try_commit()
            self._commit_at = now + _AGAIN_SECONDS if self._store.changed else None
        elif self._commit_at is None and self._store.changed:
            self._commit_at = now + _TOGETHER_SECONDS

    def _do(self, action: Action) -> None:
        try:
            action()
        except Exception:  # noqa: BLE001 - one bad step must not end the service
            _log.exception("the local AWS Batch failed in one step, and continues")


def _nothing() -> None:
    """Do nothing: what happens after any action is what is wanted."""
