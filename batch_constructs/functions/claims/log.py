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
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from botocore.exceptions import BotoCoreError, ClientError

from batch_constructs.aws.error_names import PASSING_CODES, PASSING_REASONS, TRANSACTION_CANCELED
from batch_constructs.functions.claims.effect import OutOfTimeError, Pauses
from batch_constructs.functions.claims.identity import DIGEST_BYTES
from batch_constructs.functions.claims.lease import (
    AFTERMATH_SECONDS,
    CLOCKS_APART_SECONDS,
    LONGEST_SECONDS,
)
from batch_constructs.functions.claims.outcome import Failure, failure_of
from batch_constructs.functions.claims.ranges import numbers_of, ranges_of
from batch_constructs.functions.claims.remembered import Remembered

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

_LOG = logging.getLogger(__name__)
_ENTRIES = {"S": "claims"}
_HEAD = {"log": {"S": "head"}, "number": {"N": "0"}}
_DAY_SECONDS = 86_400

Client = Any
"""A boto3 client."""


@dataclass(frozen=True, kw_only=True)
class Claim:
    """Messages that one function took upon itself, and of which nobody knows yet what became."""

    number: int
    name: str
    """What it makes is called so."""

    lease_until: float
    keys: bytes
    """The messages' digests, one after another."""

    positions: Sequence[int]
    """The position of each among those that were claimed first."""

    queue: str | None = None
    """Where its jobs are submitted to, which may be another queue after a deployment."""

    def position_of(self, key: bytes) -> int | None:
        """Return the position of a message; None where this claim does not hold it."""
        at = self.keys.find(key)
        while at > 0 and at % DIGEST_BYTES:
            at = self.keys.find(key, at + 1)
        return None if at < 0 else self.positions[at // DIGEST_BYTES]

    def only(self, positions: set[int]) -> Claim:
        """Return the claim with only these of its messages."""
        kept = [at for at, position in enumerate(self.positions) if position in positions]
        if len(kept) == len(self.positions):
            return self
        return replace(
            self,
            keys=b"".join(self._key(at) for at in kept),
            positions=[self.positions[at] for at in kept],
        )

    def at(self, positions: set[int]) -> list[bytes]:
        """Return the digests of the messages at these positions."""
        return [
            self._key(at) for at, position in enumerate(self.positions) if position in positions
        ]

    def _key(self, at: int) -> bytes:
        return self.keys[DIGEST_BYTES * at : DIGEST_BYTES * (at + 1)]


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
        self._cold()

    def _cold(self) -> None:
        self._last: int | None = None
        self._looked = self._clock()
        self._open: dict[int, Claim] = {}
        self._new: set[str] = set()
        self.remembered = Remembered(self._kept_seconds)

    def is_settled(self, key: bytes) -> bool:
        """Whether the work on a message is known to be done."""
        number = self.remembered.number_of(key)
        return number is not None and self._holding(key, number) is None

    def claim_of(self, key: bytes) -> tuple[Claim, int] | None:
        """Return the open claim that holds a message, and its position there."""
        number = self.remembered.number_of(key)
        return None if number is None else self._holding(key, number)

    def _holding(self, key: bytes, number: int) -> tuple[Claim, int] | None:
        claim = self._open.get(number)
        position = None if claim is None else claim.position_of(key)
        return None if claim is None or position is None else (claim, position)

    def refresh(self) -> int:
        """Read what was written since the last time, and return how far the log is read."""
        now = self._clock()
        if now - self._looked > self._kept_seconds:
            self._cold()  # what it would go on from may have expired
        self._looked = now
        self._forget(now)
        if self._last is None:
            # before the entries: those that expired are counted by nothing else
            self._last = self._read_head()
            entries = self._read_back(now)
        else:
            entries = [entry for page in self._pages(start=self._last + 1) for entry in page]
        self._new.clear()
        for entry in entries:
            self._learn(entry)
        return self._last

    def claim(
        self,
        name: str,
        keys: Sequence[bytes],
        *,
        read_to: int,
        lease_until: float,
        deadline: float,
        queue: str | None = None,
    ) -> Claim | None:
        """Claim messages that nobody held; None when the log has gone on since they were sought.

        Args:
            name: What is made of them is called so.
            keys: Their digests.
            read_to: How far the log was read when nobody held them.
            lease_until: Until when the claim is left to its holder.
            deadline: Until when it is tried.
            queue: Where it is made.

        Raises:
            OutOfTimeError: it could not be written until the deadline.
        """
        if read_to != self._last:
            return None
        entry: dict[str, Any] = {"name": {"S": name}, "keys": {"B": b"".join(keys)}}
        if queue is not None:
            entry["queue"] = {"S": queue}
        return self._claimed(entry, lease_until, deadline)

    def take_over(self, claim: Claim, *, lease_until: float, deadline: float) -> Claim | None:
        """Take a claim whose holder is dead; None when somebody wrote first.

        Raises:
            OutOfTimeError: it could not be written until the deadline.
        """
        if self._open.get(claim.number) is not claim:
            return None
        entry: dict[str, Any] = {
            "name": {"S": claim.name},
            "keys": {"B": claim.keys},
            "replaces": {"N": str(claim.number)},
        }
        if claim.queue is not None:
            entry["queue"] = {"S": claim.queue}
        if list(claim.positions) != list(range(len(claim.positions))):
            entry["positions"] = _numbers(claim.positions)
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
            while claim.number in self._open and self._append(entry, deadline) is None:
                pass
        except (BotoCoreError, ClientError, OutOfTimeError):
            _LOG.exception("could not write down what became of %s", claim.name)

    def _claimed(self, entry: dict[str, Any], lease_until: float, deadline: float) -> Claim | None:
        number = self._append({**entry, "lease": {"N": str(lease_until)}}, deadline)
        return None if number is None else self._open[number]

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
            "expires": {"N": str(int(now + self._kept_seconds + _DAY_SECONDS))},
        }
        while True:
            pauses.wait()
            try:
                self._write(item, before)
            except (BotoCoreError, ClientError) as error:
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

    def _read_back(self, now: float) -> list[dict[str, Any]]:
        """Read from the newest entry back to the start of the window, for a cold start."""
        oldest = now - self._kept_seconds
        found: list[dict[str, Any]] = []
        for page in self._pages(newest_first=True):
            found += page
            if page and float(page[-1]["at"]["N"]) < oldest:
                break
        return found[::-1]

    def _pages(self, *, start: int = 0, newest_first: bool = False) -> Iterator[list[Any]]:
        more: dict[str, Any] = {}
        while True:
            page = self._dynamodb.query(
                TableName=self._table,
                KeyConditionExpression="#log = :log AND #number >= :start",
                ExpressionAttributeNames={"#log": "log", "#number": "number"},
                ExpressionAttributeValues={":log": _ENTRIES, ":start": {"N": str(start)}},
                ConsistentRead=True,
                ScanIndexForward=not newest_first,
                **more,
            )
            yield page["Items"]
            if not page.get("LastEvaluatedKey"):
                return
            more = {"ExclusiveStartKey": page["LastEvaluatedKey"]}

    def _learn(self, entry: dict[str, Any]) -> None:
        number = int(entry["number"]["N"])
        self._last = max(self._last or 0, number)
        self._new.add(entry["id"]["S"])
        lease = float(entry["lease"]["N"])
        if "of" in entry:
            self._learn_end(int(entry["of"]["N"]), entry, lease)
            return
        keys = bytes(_binary(entry["keys"]["B"]))
        if "replaces" in entry:
            replaced = int(entry["replaces"]["N"])
            self._open.pop(replaced, None)
            for at in range(0, len(keys), DIGEST_BYTES):
                self.remembered.remove(keys[at : at + DIGEST_BYTES], replaced)
        self._open[number] = Claim(
            number=number,
            name=entry["name"]["S"],
            lease_until=lease,
            keys=keys,
            positions=_positions(entry["positions"])
            if "positions" in entry
            else range(len(keys) // DIGEST_BYTES),
            queue=entry["queue"]["S"] if "queue" in entry else None,
        )
        self.remembered.add(keys, number, float(entry["at"]["N"]))

    def _learn_end(self, number: int, entry: dict[str, Any], lease: float) -> None:
        claim = self._open.pop(number, None)
        if claim is None:
            return  # of a claim that is older than the window
        for key in claim.at(set(_positions(entry["free"]))):
            self.remembered.remove(key, number)
        unsure = set(_positions(entry["unsure"]))
        if unsure:
            self._open[number] = replace(claim.only(unsure), lease_until=lease)

    def _forget(self, now: float) -> None:
        """Drop what is older than the window, so that a long-lived function does not grow."""
        self.remembered.forget(now)
        while self._open:
            claim = next(iter(self._open.values()))
            # later than its messages: until then they are claimed, not settled
            if claim.lease_until + 2 * self._kept_seconds >= now:
                return
            del self._open[claim.number]


def _numbers(positions: Iterable[int]) -> dict[str, Any]:
    """Write positions as ``3,17-20``, which of 10,000 neighbours is one range."""
    return {"S": ranges_of(sorted(positions))}


def _positions(written: dict[str, Any]) -> list[int]:
    return numbers_of(written["S"]) if written["S"] else []


def _binary(value: Any) -> bytes:
    return value if isinstance(value, bytes) else value.value


def _may_pass(error: Exception) -> bool:
    """Whether a transaction that failed may go well a little later."""
    if not isinstance(error, ClientError):
        return failure_of(error) in (Failure.NO_CONNECTION, Failure.UNSURE)
    code = error.response["Error"]["Code"]
    if code == TRANSACTION_CANCELED:
        reasons = {each.get("Code") for each in error.response.get("CancellationReasons", [])}
        return reasons <= {None, "None", *PASSING_REASONS}
    return code in PASSING_CODES or failure_of(error) in (Failure.THROTTLED, Failure.UNSURE)
