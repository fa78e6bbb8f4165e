"""Claims by the thousand: a log in a DynamoDB table that all functions read alike.

A claim holds the digests of its messages, so that one entry holds 10,000 of them, and the name of
what it makes. An end says what became of it. An entry is written on the condition that its number
is the next, which a row of its own, the head, counts: whoever writes has read all that was written
before, so that two functions never claim the same message, and a holder whose claim was taken over
cannot end it. A function reads an entry once. Who takes a claim over makes a new one of it, with
the messages whose end nobody knows, so that nothing refers to entries that are older than a lease,
and every entry expires by itself.
"""

from __future__ import annotations

import logging
from math import inf
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from botocore.exceptions import ClientError

from batch_constructs.aws.delivery import SQS_RETENTION_DAYS
from batch_constructs.aws.error_names import (
    CONDITION_FAILED_REASON,
    PASSING_CODES,
    PASSING_REASONS,
    TRANSACTION_CANCELED,
)
from batch_constructs.functions.claims.effect import OutOfTimeError, Pauses
from batch_constructs.functions.claims.identity import digests_of
from batch_constructs.functions.claims.known import Claim, Known, Wanted, written_eras
from batch_constructs.functions.claims.lease import (
    AFTERMATH_SECONDS,
    CLOCKS_APART_SECONDS,
    LONGEST_SECONDS,
)
from batch_constructs.functions.claims.outcome import FAILED_CALL, Failure, failure_of
from batch_constructs.functions.claims.ranges import ranges_of
from batch_constructs.functions.claims.remembered import Remembered

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

_LOG = logging.getLogger(__name__)
_ENTRIES = {"S": "claims"}
_HEAD = {"log": {"S": "head"}, "number": {"N": "0"}}
_DAY_SECONDS = 86_400
LOOKED_BACK_SECONDS = SQS_RETENTION_DAYS * _DAY_SECONDS
"""How long ago a message may have been claimed of which somebody asks: as old as SQS keeps it."""

_ENTRY_SECONDS = LOOKED_BACK_SECONDS + _DAY_SECONDS

_LONGEST_WINDOW_SECONDS = 86_400
"""So far back a claim may be that was made in another window, before a deployment."""

_MOST_SOUGHT = 10_000
"""Messages that are sought together; of more, those of one batch."""

Client = Any
"""A boto3 client."""


class Log:
    """The log as one function sees it."""

    def __init__(
        self,
        dynamodb: Client,
        table: str,
        *,
        window_seconds: float,
        clock: Callable[[], float],
        sleep: Callable[[float], None],
    ) -> None:
        """Remember where the log is; nothing is read yet."""
        self._dynamodb = dynamodb
        self._table = table
        self._kept_seconds = window_seconds + LONGEST_SECONDS + CLOCKS_APART_SECONDS
        self._clock = clock
        self._sleep = sleep
        self._sought: Mapping[bytes, float] = {}
        self._cold()

    def _cold(self) -> None:
        self._last: int | None = None
        self._looked = self._clock()
        self._new: set[str] = set()
        self.remembered = Remembered(self._kept_seconds)
        self._known = Known(self.remembered)
        self._older = self._nothing_of(self._sought)
        self._search: _Search | None = None

    def _nothing_of(self, sought: Mapping[bytes, float]) -> Known:
        return Known(Wanted(sought, self._kept_seconds))

    def is_settled(self, key: bytes) -> bool:
        """Whether the work on a message is known to be done."""
        return self._knowing(key).is_settled(key)

    def claim_of(self, key: bytes) -> tuple[Claim, int] | None:
        """Return the open claim that holds a message, and its position there."""
        return self._knowing(key).claim_of(key)

    def _knowing(self, key: bytes) -> Known:
        return self._older if key in self._sought else self._known

    def refresh(self, *, until: float = inf) -> int:
        """Read what was written since the last time, and return how far the log is read.

        Raises:
            OutOfTimeError: there was more than could be read until then; the next one goes on.
        """
        now = self._clock()
        if now - self._looked > self._kept_seconds:
            self._cold()  # what it would go on from may have expired
        if self._last is None:
            # a function that is stopped meanwhile goes on with what it has learned until then
            self._last = self._first_since(now - self._kept_seconds, self._read_head()) - 1
        self._new.clear()
        for entry in self._entries(start=self._last + 1):
            self._learn(entry)
            if self._clock() > until:
                raise OutOfTimeError
        self._looked = now
        self._forget(now)
        return self._last

    def begin(self, sought: Mapping[bytes, float]) -> None:
        """Know no more than holds now, also where nothing can be read: a message may be another.

        Args:
            sought: Digests of messages that may have been claimed before the window, and since
                when. Only claims of that time are theirs, whoever claimed the same key later.
        """
        self._sought = sought
        self._older = self._nothing_of(sought)
        self._forget(self._clock())

    def look_back(self, *, until: float) -> bool:
        """Learn what became of messages that may have been claimed before the window.

        Where the time is over before all is read, whoever seeks the same goes on from there.

        Args:
            until: When to read no further.

        Returns:
            Whether all was read; where it was not, nothing is known of them.
        """
        if not self._sought:
            return True
        last = self._last or 0
        search = self._search = self._search_for(self._sought, last)
        for entry in self._entries(start=search.next):
            if int(entry["number"]["N"]) > last:
                break  # it is learned as all that is new
            if self._clock() > until:
                return False
            search.learn(entry)
        self._older = search.known
        return True

    def _search_for(self, sought: Mapping[bytes, float], last: int) -> _Search:
        """Resume the search for these, or begin one that a later run can resume."""
        known = {} if self._search is None else self._search.sought
        if self._search is not None and sought.items() <= known.items():
            return self._search
        together = {**known, **sought}
        if len(together) > _MOST_SOUGHT:
            together = dict(sought)
        before = max(self._kept_seconds, _LONGEST_WINDOW_SECONDS)  # or the window was longer
        first = self._first_since(min(together.values()) - before, last)
        return _Search(together, first, self._nothing_of(together))

    def claim(
        self,
        name: str,
        keys: Sequence[bytes],
        *,
        read_to: int,
        lease_until: float,
        deadline: float,
        queue: str | None = None,
        since: Mapping[bytes, float] | None = None,
    ) -> Claim | None:
        """Claim messages that nobody held; None when the log has gone on since they were sought.

        Args:
            name: What is made of them is called so.
            keys: Their digests.
            read_to: How far the log was read when nobody held them.
            lease_until: Until when the claim is left to its holder.
            deadline: Until when it is tried.
            queue: Where it is made.
            since: Since when some of them may have been claimed before: it says so, since they may
                come back when the window, which may be another by then, is over.

        Raises:
            OutOfTimeError: it could not be written until the deadline.
        """
        if read_to != self._last:
            return None
        entry: dict[str, Any] = {
            "name": {"S": name},
            "keys": {"B": b"".join(keys)},
            "window": {"N": str(self._kept_seconds)},
        }
        if queue is not None:
            entry["queue"] = {"S": queue}
        of_old = {**(since or {}), **self._sought}
        eras = {at: of_old[key] for at, key in enumerate(keys) if key in of_old}
        if eras:
            sought = (at for at in eras if keys[at] in self._sought)
            taken = [at for at in sought if self.remembered.number_of(keys[at]) is not None]
            entry |= {"eras": {"S": written_eras(eras)}, "past": _numbers(taken)}
        return self._claimed(entry, lease_until, deadline)

    def take_over(self, claim: Claim, *, lease_until: float, deadline: float) -> Claim | None:
        """Take a claim whose holder is dead; None when somebody wrote first.

        Raises:
            OutOfTimeError: it could not be written until the deadline.
        """
        if all(known.open.get(claim.number) is not claim for known in (self._known, self._older)):
            return None
        entry: dict[str, Any] = {
            "name": {"S": claim.name},
            "keys": {"B": claim.keys},
            "replaces": {"N": str(claim.number)},
            "began": {"N": str(claim.began)},
            "window": {"N": str(claim.window_seconds)},
        }
        if claim.queue is not None:
            entry["queue"] = {"S": claim.queue}
        if list(claim.positions) != list(range(len(claim.positions))):
            entry["positions"] = _numbers(claim.positions)
        if all(self.remembered.number_of(key) != claim.number for key in digests_of(claim.keys)):
            entry["until"] = {"N": str(claim.until)}
        if claim.eras:
            entry["eras"] = {"S": written_eras(claim.eras)}
            entry["past"] = _numbers(claim.past)
        return self._claimed(entry, lease_until, deadline)

    def end(
        self,
        claim: Claim,
        *,
        unsure: Iterable[int] = (),
        free: Iterable[int] = (),
        deadline: float,
    ) -> None:
        """Write down what became of a claim, unless it was taken over meanwhile.

        Where it cannot be written the claim stays open; who holds one of its messages finds out.

        Args:
            claim: The claim.
            unsure: Positions of messages of which nobody knows; they stay claimed.
            free: Positions of messages whose work was surely not done; anybody may claim them.
            deadline: Until when it is tried.
        """
        entry = {
            "of": {"N": str(claim.number)},
            "unsure": _numbers(unsure),
            "free": _numbers(free),
            "lease": {"N": str(self._clock() + AFTERMATH_SECONDS)},
        }
        try:
            while claim.number in self._known.open and self._append(entry, deadline) is None:
                pass
        except (*FAILED_CALL, OutOfTimeError):
            _LOG.exception("could not record the outcome of %s", claim.name)

    def _claimed(self, entry: dict[str, Any], lease_until: float, deadline: float) -> Claim | None:
        number = self._append({**entry, "lease": {"N": str(lease_until)}}, deadline)
        return None if number is None else self._known.open[number]

    def _append(self, entry: dict[str, Any], deadline: float) -> int | None:
        """Write an entry behind what was read, and return its number.

        Returns:
            The number; None when somebody else wrote first.

        Raises:
            OutOfTimeError: AWS could not write it until the deadline.
            ClientError: AWS refuses to.
        """
        pauses = Pauses(clock=self._clock, sleep=self._sleep, deadline=deadline)
        before, now, identity = self._last or 0, self._clock(), str(uuid4())
        item = {
            **entry,
            "log": _ENTRIES,
            "number": {"N": str(before + 1)},
            "id": {"S": identity},
            "at": {"N": str(now)},
            "expires": {"N": str(int(now + _ENTRY_SECONDS))},
        }
        while True:
            pauses.wait()
            try:
                self._write(item, before)
            except FAILED_CALL as error:
                self.refresh()
                if identity in self._new:
                    return before + 1  # the answer got lost, or the SDK's own repetition met itself
                if self._last != before:
                    return None
                if not _may_pass(error):
                    raise
            else:
                self._learn(item)
                return before + 1
            pauses.grow()

    def _write(self, item: dict[str, Any], before: int) -> None:
        count = {
            "TableName": self._table,
            "Key": _HEAD,
            "UpdateExpression": "SET #last = :next",
            "ConditionExpression": "#last = :before" if before else "attribute_not_exists(#last)",
            "ExpressionAttributeNames": {"#last": "last"},
            "ExpressionAttributeValues": {
                ":next": item["number"],
                **({":before": {"N": str(before)}} if before else {}),
            },
        }
        put = {"TableName": self._table, "Item": item}
        self._dynamodb.transact_write_items(TransactItems=[{"Update": count}, {"Put": put}])

    def _read_head(self) -> int:
        answer = self._dynamodb.get_item(TableName=self._table, Key=_HEAD, ConsistentRead=True)
        return int(answer["Item"]["last"]["N"]) if "Item" in answer else 0

    def _first_since(self, oldest: float, last: int) -> int:
        """Return the number of the first entry that was written since then.

        Numbers go up with time, but for clocks that are apart; entries that expired are gone.
        """
        low, high = 1, last + 1
        while low < high:
            middle = (low + high) // 2
            answer = self._dynamodb.get_item(
                TableName=self._table,
                Key={"log": _ENTRIES, "number": {"N": str(middle)}},
                ProjectionExpression="#at",
                ExpressionAttributeNames={"#at": "at"},
                ConsistentRead=True,
            )
            at = float(answer["Item"]["at"]["N"]) if "Item" in answer else 0.0
            if at < oldest - CLOCKS_APART_SECONDS:
                low = middle + 1
            else:
                high = middle
        return low

    def _entries(self, *, start: int) -> Iterator[dict[str, Any]]:
        more: dict[str, Any] = {}
        while True:
            page = self._dynamodb.query(
                TableName=self._table,
                KeyConditionExpression="#log = :log AND #number >= :start",
                ExpressionAttributeNames={"#log": "log", "#number": "number"},
                ExpressionAttributeValues={":log": _ENTRIES, ":start": {"N": str(start)}},
                ConsistentRead=True,
                **more,
            )
            yield from page["Items"]
            if not page.get("LastEvaluatedKey"):
                return
            more = {"ExclusiveStartKey": page["LastEvaluatedKey"]}

    def _learn(self, entry: dict[str, Any]) -> None:
        self._last = max(self._last or 0, int(entry["number"]["N"]))
        self._new.add(entry["id"]["S"])
        self._known.learn(entry)
        if self._search is not None and self._older is self._search.known:
            self._search.learn(entry)
        else:
            self._older.learn(entry)

    def _forget(self, now: float) -> None:
        """Drop what is older than the window, so that a long-lived function does not grow."""
        self.remembered.forget(now)
        while self._known.open:
            claim = next(iter(self._known.open.values()))
            # later than its messages: until then they are claimed, not settled
            if claim.lease_until + 2 * self._kept_seconds >= now:
                return
            del self._known.open[claim.number]


class _Search:
    """A look back at a few messages: what it has learned, and which entry is next.

    It seeks those of other batches, too: SQS mixes messages anew each time it delivers them.
    """

    def __init__(self, sought: Mapping[bytes, float], first: int, known: Known) -> None:
        self.sought, self.next, self.known = sought, first, known

    def learn(self, entry: dict[str, Any]) -> None:
        """Learn what the next entry says."""
        self.known.learn(entry)
        self.next = int(entry["number"]["N"]) + 1


def _numbers(positions: Iterable[int]) -> dict[str, Any]:
    """Write positions as ``3,17-20``, which of 10,000 neighbours is one range."""
    return {"S": ranges_of(sorted(positions))}


def _may_pass(error: Exception) -> bool:
    """Whether a transaction that failed may go well a little later."""
    if not isinstance(error, ClientError):
        return failure_of(error) in (Failure.NO_CONNECTION, Failure.UNSURE)
    code = error.response["Error"]["Code"]
    if code == TRANSACTION_CANCELED:
        reasons = {each.get("Code") for each in error.response.get("CancellationReasons", [])}
        # somebody wrote, and it cannot be read yet
        return reasons <= {None, "None", CONDITION_FAILED_REASON, *PASSING_REASONS}
    return code in PASSING_CODES or failure_of(error) in (Failure.THROTTLED, Failure.UNSURE)
