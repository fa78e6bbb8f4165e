"""What jobs print, on its way to CloudWatch Logs."""

from __future__ import annotations

import logging
import queue
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from batch_constructs.local.batch.ports import LogEvent, PortError, Ports

if TYPE_CHECKING:
    from collections.abc import Callable

_log = logging.getLogger(__name__)

_TOGETHER = 1 << 16
"""How much is put before that is said: less than the host sends ahead of it."""

_LONGEST_LINE = 250_000


@dataclass(kw_only=True, eq=False)
class LogStream:
    """Where output goes.

    Args:
        group: the log group.
        name: the log stream.
        create_group: whether a missing group may be created.
        took: is told how much has been put, now and then.
    """

    group: str
    name: str
    create_group: bool
    took: Callable[[int], None] = lambda _: None
    used: bool = False
    rest: bytearray = field(default_factory=bytearray)
    untold: int = 0


class LogShipper:
    """Puts the output of all processes into log streams, line by line, in a thread of its own.

    Whoever brings output waits for nothing: the host sends only so much of a process's before it
    hears that it is put; the rest is in the pipe, where the job waits. So memory stays the same
    however much is printed.

    Args:
        ports: where the lines go.
    """

    def __init__(self, ports: Ports) -> None:
        self._ports = ports
        self._waiting: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Start putting."""
        self._thread = threading.Thread(target=self._run, name="batch-logs", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Put what is there, then end."""
        if self._thread is not None:
            self._waiting.put(None)
            self._thread.join()
            self._thread = None

    def add(self, stream: LogStream, data: bytes) -> None:
        """Put what a process has printed, soon."""
        self._waiting.put(lambda: self._add(stream, data))

    def end(self, stream: LogStream, then: Callable[[], None]) -> None:
        """Do something once all is put that a process has printed."""

        def last() -> None:
            if stream.rest:
                self._put(stream, [stream.rest])
            then()

        self._waiting.put(last)

    def _run(self) -> None:
        while (action := self._waiting.get()) is not None:
            action()

    def _add(self, stream: LogStream, data: bytes) -> None:
        stream.rest += data
        whole, newline, rest = stream.rest.rpartition(b"\n")
        if newline:
            stream.rest = rest
            self._put(stream, whole.split(b"\n"))
        elif len(rest) > _LONGEST_LINE:
            stream.rest = bytearray()
            self._put(stream, [rest])
        stream.untold += len(data)
        if stream.untold >= _TOGETHER:
            stream.took(stream.untold)
            stream.untold = 0

    def _put(self, stream: LogStream, lines: list[bytearray]) -> None:
        now = int(time.time() * 1000)
        events = [
            LogEvent(timestamp=now, message=line.decode(errors="replace").rstrip("\r"))
            for line in lines
            if line
        ]
        if not events:
            return
        try:
            self._ports.put_log_events(
                log_group=stream.group,
                log_stream=stream.name,
                events=events,
                create_group=stream.create_group,
            )
        except PortError as error:
            _log.warning("the output of a job is lost, %s/%s: %s", stream.group, stream.name, error)
        except Exception:  # noqa: BLE001 - whatever CloudWatch Logs does, jobs go on
            _log.exception("the output of a job is lost, %s/%s", stream.group, stream.name)
