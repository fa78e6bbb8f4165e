"""CloudWatch Logs of any size: ministack keeps every event in memory, and twice."""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING, Any

from batch_constructs.local.log_storage import ONLY_SIZES, EventsOnDisk, Latest, LogFile

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_FOUND_BY_POINTER = 10_000
"""How many of the newest events ``GetLogRecord`` finds."""


def install() -> None:
    """Keep the events of streams on disk."""
    from ministack.services import cloudwatch_logs

    file = LogFile()
    append = cloudwatch_logs._append_log_events  # noqa: SLF001 - a touch point

    def append_log_events(stream: dict[str, Any], events: Sequence[dict[str, Any]]) -> None:
        history = stream["events"]
        if not isinstance(history, EventsOnDisk):
            stream["events"] = history = EventsOnDisk(file, history)
        if history and events and history[-1]["timestamp"] > min(e["timestamp"] for e in events):
            ordered = sorted(events, key=_timestamp)
            merged = EventsOnDisk(file, heapq.merge(history, ordered, key=_timestamp))
            stream["events"] = merged
            stream["lastIngestionTime"] = events[-1]["ingestionTime"]
            stream["firstEventTimestamp"] = merged[0]["timestamp"]
            stream["lastEventTimestamp"] = merged[-1]["timestamp"]
            return
        append(stream, events)

    describe_streams = cloudwatch_logs._describe_log_streams  # noqa: SLF001 - a touch point
    cloudwatch_logs._describe_log_streams = _identified(describe_streams)  # noqa: SLF001 - as above
    for name in ("_describe_log_groups", "_describe_log_streams"):
        setattr(cloudwatch_logs, name, _counting(getattr(cloudwatch_logs, name)))
    cloudwatch_logs._append_log_events = append_log_events  # noqa: SLF001 - a touch point
    cloudwatch_logs._log_records._data = Latest(_FOUND_BY_POINTER)  # noqa: SLF001 - a touch point


def _identified(describe: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Let a group be named by its ARN as well, as ``logGroupIdentifier``."""

    def described(data: Any) -> Any:
        group = data.get("logGroupIdentifier")
        return describe(
            data if group is None else {**data, "logGroupName": group.rpartition(":log-group:")[2]}
        )

    return described


def _counting(describe: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Let a description count the characters of streams without reading them."""

    def described(data: Any) -> Any:
        before = ONLY_SIZES.set(True)
        try:
            return describe(data)
        finally:
            ONLY_SIZES.reset(before)

    return described


def _timestamp(event: dict[str, Any]) -> int:
    timestamp: int = event["timestamp"]
    return timestamp
