"""One log stream of CloudWatch Logs, read on from where it was read to."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from batch_constructs.aws.quotas import LOG_TOKEN_HOURS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

_SECONDS_OF_A_TOKEN = LOG_TOKEN_HOURS * 3600 / 2
"""A token that is older is not relied on."""

_EMPTY_PAGES = 100
"""So many in a row end a look: of what is past its retention, CloudWatch gives them without end.

https://github.com/boto/boto3/issues/4591
"""

Event = dict[str, Any]
"""``timestamp`` and ``message``, as CloudWatch Logs gives them."""


class LogStream:
    """The position of a reader in a stream.

    CloudWatch's tokens are valid for a day. After that, reading continues with the time of the
    newest events, without those already read.

    Args:
        logs: a boto3 client.
        group: the log group.
        name: the stream.
        clock: tells the time, in seconds.
    """

    def __init__(self, logs: Any, group: str, name: str, clock: Callable[[], float]) -> None:
        self._logs = logs
        self._where = {"logGroupName": group, "logStreamName": name}
        self._clock = clock
        self._token: str | None = None
        self._token_since = clock()
        self._from: dict[str, int] = {}
        self._newest: int | None = None
        self._there: Counter[str] = Counter()
        """The events of the newest moment."""
        self._again: Counter[str] = Counter()
        """Those of them that come again."""

    def new(self) -> Iterator[Event]:
        """Yield the lines written since the last call; none if there is no such stream."""
        if self._token is not None and self._clock() - self._token_since > _SECONDS_OF_A_TOKEN:
            self._begin_again()
        empty = 0
        while empty < _EMPTY_PAGES:
            page = self._page()
            if page is None:
                return
            yield from filter(self._is_new, page["events"])
            if self._token == page["nextForwardToken"]:
                return
            self._token, self._token_since = page["nextForwardToken"], self._clock()
            empty = 0 if page["events"] else empty + 1

    def _page(self) -> Mapping[str, Any] | None:
        errors = self._logs.exceptions
        while True:
            options = {} if self._token is None else {"nextToken": self._token}
            try:
                page: Mapping[str, Any] = self._logs.get_log_events(
                    **self._where, **self._from, **options, startFromHead=True
                )
            except errors.ResourceNotFoundException:
                return None  # nothing written yet
            except errors.InvalidParameterException:
                if self._token is None:
                    raise
                self._begin_again()  # its time is over
            else:
                return page

    def _begin_again(self) -> None:
        self._token = None
        if self._newest is not None:
            self._from = {"startTime": self._newest}
            self._again = self._there.copy()

    def _is_new(self, event: Event) -> bool:
        """Note an event; False where it came before."""
        at, message = event["timestamp"], event["message"]
        if self._again[message] and at == self._newest:
            self._again[message] -= 1
            return False
        if self._newest is None or at > self._newest:
            self._newest = at
            self._there.clear()
            self._again.clear()
        if at == self._newest:
            self._there[message] += 1
        return True
