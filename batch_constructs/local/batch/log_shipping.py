"""What jobs print, on its way to CloudWatch Logs."""

from __future__ import annotations

import logging
import math
import os
import selectors
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from batch_constructs.local.batch.ports import LogEvent, PortError, Ports

if TYPE_CHECKING:
    from collections.abc import Callable

_log = logging.getLogger(__name__)

_CHUNK = 1 << 16
_LONGEST_LINE = 250_000
_LEFT_OPEN_SECONDS = 5.0


@dataclass(frozen=True, kw_only=True)
class LogStream:
    """Where output goes.

    Args:
        group: the log group.
        name: the log stream.
        create_group: whether a missing group may be created.
    """

    group: str
    name: str
    create_group: bool


@dataclass(kw_only=True)
class _Pipe:
    token: int
    stream: LogStream
    rest: bytearray = field(default_factory=bytearray)
    close_at: float = math.inf


class LogPump:
    """Reads the output of all processes and puts it into log streams, line by line.

    One thread reads a chunk, puts its lines, and reads on: what is not yet put stays in the pipe,
    where the job waits. So memory stays the same however much is printed.

    Args:
        ports: where the lines go.
        drained: is called with a process's token once all it printed has been put.
    """

    def __init__(self, *, ports: Ports, drained: Callable[[int], None]) -> None:
        self._ports = ports
        self._drained = drained
        self._selector = selectors.DefaultSelector()
        self._pipes: dict[int, int] = {}
        self._closing: dict[int, _Pipe] = {}
        self._lock = threading.Lock()
        self._commands: list[int | None] = []
        self._wake_read, self._wake_write = os.pipe()
        self._selector.register(self._wake_read, selectors.EVENT_READ)
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Start reading."""
        self._thread = threading.Thread(target=self._run, name="batch-logs", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Put what is there, then end."""
        if self._thread is not None:
            self._command(None)
            self._thread.join()
            self._thread = None

    def add(self, token: int, descriptor: int, stream: LogStream) -> None:
        """Read a process's output from a file descriptor, which is closed at its end."""
        os.set_blocking(descriptor, False)
        self._pipes[token] = descriptor
        # The kernel tells the thread that waits of this one, too; nobody needs to wake it.
        self._selector.register(descriptor, selectors.EVENT_READ, _Pipe(token=token, stream=stream))

    def ended(self, token: int) -> None:
        """Note that a process has ended: nobody may keep its output open for long."""
        self._command(token)

    def _command(self, command: int | None) -> None:
        with self._lock:
            self._commands.append(command)
        os.write(self._wake_write, b".")

    def _run(self) -> None:
        running = True
        while running:
            ready = self._selector.select(self._next_in())
            for key, _ in ready:
                if key.fd == self._wake_read:
                    running = self._obey()
                else:
                    self._read(key.fd, key.data)
            for descriptor, pipe in list(self._closing.items()):
                self._close_if_due(descriptor, pipe)
        for key in list(self._selector.get_map().values()):
            if key.data is not None:
                self._read(key.fd, key.data)
                self._close(key.fd, key.data)
        self._selector.close()
        os.close(self._wake_read)
        os.close(self._wake_write)

    def _obey(self) -> bool:
        os.read(self._wake_read, _CHUNK)
        with self._lock:
            commands, self._commands = self._commands, []
        for command in commands:
            if command is None:
                return False
            if command in self._pipes:
                descriptor = self._pipes[command]
                pipe = self._selector.get_key(descriptor).data
                pipe.close_at = time.monotonic() + _LEFT_OPEN_SECONDS
                self._closing[descriptor] = pipe
        return True

    def _read(self, descriptor: int, pipe: _Pipe) -> None:
        try:
            data = os.read(descriptor, _CHUNK)
        except BlockingIOError:
            return
        if not data:
            self._close(descriptor, pipe)
            return
        pipe.rest += data
        whole, newline, rest = pipe.rest.rpartition(b"\n")
        if newline:
            pipe.rest = rest
            self._put(pipe, whole.split(b"\n"))
        elif len(rest) > _LONGEST_LINE:
            pipe.rest = bytearray()
            self._put(pipe, [rest])

    def _close_if_due(self, descriptor: int, pipe: _Pipe) -> None:
        if pipe.close_at <= time.monotonic():
            self._close(descriptor, pipe)

    def _close(self, descriptor: int, pipe: _Pipe) -> None:
        self._selector.unregister(descriptor)
        del self._pipes[pipe.token]
        self._closing.pop(descriptor, None)
        os.close(descriptor)
        if pipe.rest:
            self._put(pipe, [pipe.rest])
        self._drained(pipe.token)

    def _put(self, pipe: _Pipe, lines: list[bytearray]) -> None:
        now = int(time.time() * 1000)
        events = [
            LogEvent(timestamp=now, message=line.decode(errors="replace").rstrip("\r"))
            for line in lines
            if line
        ]
        if not events:
            return
        stream = pipe.stream
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

    def _next_in(self) -> float | None:
        if not self._closing:
            return None
        due = min(pipe.close_at for pipe in self._closing.values())
        return max(0.0, due - time.monotonic())
