"""Reading on in a log stream, which may be quiet for longer than the day of CloudWatch's tokens."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from batch_constructs.client.log_stream import LogStream

HOUR = 3600.0


class NotThereError(ClientError):  # type: ignore[misc]  # botocore has no types
    """The stream is not there."""


class InvalidError(ClientError):  # type: ignore[misc]  # as above
    """The token is not taken."""


class Logs:
    """One stream of CloudWatch Logs whose tokens end with their day; a page has few events."""

    exceptions = SimpleNamespace(
        ResourceNotFoundException=NotThereError, InvalidParameterException=InvalidError
    )

    def __init__(self) -> None:
        self.now, self.calls, self.beginnings = 0.0, 0, 0
        self.events: list[dict[str, Any]] = []
        self.page, self.token_seconds = 3, 24 * HOUR
        self.endless = False
        self._tokens: dict[str, tuple[int, float]] = {}

    def write(self, *messages: str, at: int | None = None) -> None:
        moment = int(self.now * 1000) if at is None else at
        for message in messages:
            event = {"timestamp": moment, "message": message}
            self.events.append(event)
        self.events.sort(key=lambda event: event["timestamp"])

    def get_log_events(self, **asked: Any) -> dict[str, Any]:
        assert asked["startFromHead"]
        self.calls += 1
        start, used = asked.get("startTime", 0), asked.get("nextToken")
        if used is not None:
            place, since = self._tokens[used]
            if self.now - since > self.token_seconds:
                raise InvalidError({"Error": {"Code": "InvalidParameterException"}}, "GetLogEvents")
        else:
            self.beginnings += 1
            earlier = [event for event in self.events if event["timestamp"] < start]
            place = len(earlier)
        found = self.events[place : place + self.page]
        token = f"f/{place + len(found)}/{start}"
        if self.endless:
            token = f"f/{self.calls}"
        _, since = self._tokens.get(token, (0, self.now))
        self._tokens[token] = (place + len(found), since if token == used else self.now)
        return {"events": found, "nextForwardToken": token}


@pytest.fixture
def logs() -> Logs:
    return Logs()


@pytest.fixture
def stream(logs: Logs) -> LogStream:
    return LogStream(logs, "group", "job/1", lambda: logs.now)


def read(stream: LogStream) -> list[str]:
    return [event["message"] for event in stream.new()]


@pytest.mark.parametrize("days", [1, 3])
@pytest.mark.parametrize("looks", ["all the time", "after a sleep"])
def test_a_stream_that_was_quiet_for_days_goes_on_with_no_line_lost_and_none_again(
    logs: Logs, stream: LogStream, days: int, looks: str
) -> None:
    logs.write("a", "b", "b", "b", "c")
    assert read(stream) == ["a", "b", "b", "b", "c"]

    for _ in range(days * 24 * 2 + 1):
        logs.now += HOUR / 2
        if looks == "all the time":
            assert read(stream) == []
    logs.write("b", "b", at=0)  # of the same moment, and shown late
    logs.write("c", at=0)
    logs.write("d", "e", "f")

    assert read(stream) == ["b", "b", "c", "d", "e", "f"]
    assert read(stream) == []


def test_a_stream_is_read_on_over_several_days_and_several_beginnings(
    logs: Logs, stream: LogStream
) -> None:
    seen, written = [], []
    for day in range(9):
        lines = [f"{day} {number}" for number in range(day)]  # on the first nothing
        logs.write(*lines)
        written += lines
        seen += read(stream)
        logs.now += 25 * HOUR

    assert seen == written


def test_a_line_whose_message_came_before_at_another_moment_is_another(
    logs: Logs, stream: LogStream
) -> None:
    logs.write("ready")
    assert read(stream) == ["ready"]
    logs.now += 25 * HOUR
    del logs.events[0]  # its retention is over
    logs.write("ready", "set", "ready")
    assert read(stream) == ["ready", "set", "ready"]

    logs.now += 25 * HOUR
    logs.write("set", at=25 * 3_600_000)
    logs.write("ready", at=25 * 3_600_000)

    assert read(stream) == ["set", "ready"]


def test_a_page_that_is_in_no_order_has_each_line_once(logs: Logs, stream: LogStream) -> None:
    logs.write("a", at=5)
    logs.write("b", "c", at=3)
    logs.events.reverse()
    assert read(stream) == ["a", "c", "b"]
    logs.now += 25 * HOUR
    logs.events = [event for event in logs.events if event["message"] == "a"]
    logs.write("b", at=5)

    assert read(stream) == ["b"]


def test_a_look_may_take_hundreds_of_pages(logs: Logs, stream: LogStream) -> None:
    lines = [str(number) for number in range(350)]
    logs.page = 1
    logs.write(*lines)

    assert read(stream) == lines


def test_a_token_that_is_refused_before_its_time_costs_no_line(
    logs: Logs, stream: LogStream
) -> None:
    logs.token_seconds = 60
    logs.write("a", "b")
    assert read(stream) == ["a", "b"]

    logs.now += 61
    logs.write("c")

    assert read(stream) == ["c"]


def test_a_token_is_relied_on_for_half_a_day_at_most(logs: Logs, stream: LogStream) -> None:
    """Where nobody knows what CloudWatch says to one that is too old: it might say nothing new."""
    logs.token_seconds = float("inf")
    logs.write("a")
    assert read(stream) == ["a"]
    logs.now += 11 * HOUR
    assert read(stream) == []
    assert logs.beginnings == 1
    logs.now += 2 * HOUR
    assert read(stream) == []
    assert logs.beginnings == 2


def test_what_is_refused_without_a_token_is_said(logs: Logs, stream: LogStream) -> None:
    def refuse(**_: object) -> None:
        raise InvalidError({"Error": {"Code": "InvalidParameterException"}}, "GetLogEvents")

    logs.get_log_events = refuse  # type: ignore[method-assign,assignment]  # refuses always

    with pytest.raises(InvalidError):
        read(stream)


def test_pages_without_an_event_and_without_an_end_end_the_look(
    logs: Logs, stream: LogStream
) -> None:
    """As CloudWatch gives them of what is past its retention."""
    logs.endless = True
    assert read(stream) == []
    assert logs.calls == 100

    logs.write("a", "b", "c", "d")
    assert read(stream) == ["a", "b", "c", "d"]


def test_some_empty_pages_are_read_over(logs: Logs, stream: LogStream) -> None:
    logs.endless = True
    ask, left = logs.get_log_events, [99]

    def page(**asked: Any) -> dict[str, Any]:
        found = ask(**asked)
        left[0] -= 1
        if left[0] == 0:
            logs.write("late")
        if left[0] < -5:
            logs.endless = False
        return found

    logs.get_log_events = page  # type: ignore[method-assign]  # it writes after some pages

    assert read(stream) == ["late"]
