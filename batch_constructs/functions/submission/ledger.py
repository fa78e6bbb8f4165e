"""Which messages became jobs: an append-only log of claims in a DynamoDB table.

``SubmitJob`` knows no idempotency token, so the gateway writes down what it is about to submit
before it does. A claim holds the digests of its messages (16 bytes each, so that one item holds
10,000 of them) and the name the job will have. Its number is the next of the log, written on the
condition that nobody else took it: two functions can never claim the same message. Whoever finds
the claim of a function that died asks Batch whether a job of that name exists. A claim expires
once it has a successor, so the log is never empty and its numbers never start again.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

DIGEST_BYTES = 16
_LOG = {"S": "claims"}
_LIST_DELAY_SECONDS = 60  # after an unclear answer: until ListJobs surely shows the job

Client = Any
"""A boto3 client."""


def digest(key: str) -> bytes:
    """Shorten what identifies a message."""
    return sha256(key.encode()).digest()[:DIGEST_BYTES]


@dataclass(kw_only=True)
class Claim:
    """Messages that one function took upon itself to submit."""

    number: int
    name: str
    created: float
    lease_until: float
    keys: tuple[bytes, ...]
    unsure: set[int] = field(default_factory=set)
    """Positions of messages of which nobody knows yet whether they became jobs."""

    free: frozenset[int] = frozenset()
    """Positions of messages that surely did not become jobs."""


class Ledger:
    """The log as one function sees it: read once, then only what was added."""

    def __init__(
        self, dynamodb: Client, table: str, *, window_seconds: float, clock: Callable[[], float]
    ) -> None:
        """Remember where the log is; nothing is read yet."""
        self._dynamodb = dynamodb
        self._table = table
        self._window = window_seconds
        self._clock = clock
        self._last: int | None = None
        self._open: dict[int, Claim] = {}
        self._unsure: dict[bytes, tuple[Claim, int]] = {}
        self._submitted: set[bytes] = set()
        self._age: deque[tuple[float, tuple[bytes, ...]]] = deque()

    def is_submitted(self, key: bytes) -> bool:
        """Whether a message is known to have become a job."""
        return key in self._submitted

    def claim_of(self, key: bytes) -> tuple[Claim, int] | None:
        """Return the unfinished claim that holds a message, and its position there."""
        return self._unsure.get(key)

    def refresh(self) -> None:
        """Read what was added or finished since the last time."""
        self._forget()
        if self._last is None:
            self._last = 0
            items = self._read_back()
        else:
            items = self._read_from(min(self._open, default=self._last + 1))
        self._open.clear()
        self._unsure.clear()
        for item in items:
            self._learn(item)

    def claim(self, name: str, keys: Sequence[bytes], *, lease_until: float) -> Claim | None:
        """Claim messages; None when somebody else wrote first: refresh and look again."""
        now = self._clock()
        number = (self._last or 0) + 1
        put = {
            "TableName": self._table,
            "Item": {
                "log": _LOG,
                "number": {"N": str(number)},
                "name": {"S": name},
                "keys": {"B": b"".join(keys)},
                "state": {"S": "open"},
                "created": {"N": str(now)},
                "lease": {"N": str(lease_until)},
            },
            "ConditionExpression": "attribute_not_exists(#n)",
            "ExpressionAttributeNames": {"#n": "number"},
        }
        expire = {
            "TableName": self._table,
            "Key": {"log": _LOG, "number": {"N": str(number - 1)}},
            "UpdateExpression": "SET #e = :e",
            "ExpressionAttributeNames": {"#e": "expires"},
            "ExpressionAttributeValues": {":e": {"N": str(int(now + self._window))}},
        }
        both = [{"Put": put}, {"Update": expire}] if number > 1 else [{"Put": put}]
        try:
            self._dynamodb.transact_write_items(TransactItems=both)
        except ClientError as error:
            if error.response["Error"]["Code"] != "TransactionCanceledException":
                raise
            self.refresh()
            # a write that was repeated after a lost answer meets itself
            return next((c for c in self._open.values() if c.name == name), None)
        self._last = number
        claim = Claim(
            number=number,
            name=name,
            created=now,
            lease_until=lease_until,
            keys=tuple(keys),
            unsure=set(range(len(keys))),
        )
        self._remember(claim)
        return claim

    def take_over(self, claim: Claim, *, lease_until: float) -> bool:
        """Take the claim of a function that died; False when somebody else was faster."""
        try:
            self._dynamodb.update_item(
                TableName=self._table,
                Key={"log": _LOG, "number": {"N": str(claim.number)}},
                UpdateExpression="SET #l = :new",
                ConditionExpression="#l = :old AND #s = :open",
                ExpressionAttributeNames={"#l": "lease", "#s": "state"},
                ExpressionAttributeValues={
                    ":new": {"N": str(lease_until)},
                    ":old": {"N": str(claim.lease_until)},
                    ":open": {"S": "open"},
                },
            )
        except ClientError as error:
            if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
                raise
            return False
        claim.lease_until = lease_until
        return True

    def finish(self, claim: Claim, *, unsure: Iterable[int] = (), free: Iterable[int] = ()) -> None:
        """Write down what became of a claim.

        Args:
            claim: the claim.
            unsure: positions whose submission got no clear answer; they stay claimed.
            free: positions that surely were not submitted; anybody may claim them again.
        """
        claim.unsure = set(unsure)
        claim.free = claim.free | frozenset(free)
        claim.lease_until = self._clock() + _LIST_DELAY_SECONDS
        values: dict[str, Any] = {
            ":state": {"S": "open" if claim.unsure else "done"},
            ":lease": {"N": str(claim.lease_until)},
            ":unsure": {"L": [{"N": str(position)} for position in sorted(claim.unsure)]},
            ":free": {"L": [{"N": str(position)} for position in sorted(claim.free)]},
        }
        self._dynamodb.update_item(
            TableName=self._table,
            Key={"log": _LOG, "number": {"N": str(claim.number)}},
            UpdateExpression="SET #s = :state, #l = :lease, #u = :unsure, #f = :free",
            ExpressionAttributeNames={"#s": "state", "#l": "lease", "#u": "unsure", "#f": "free"},
            ExpressionAttributeValues=values,
        )
        self._remember(claim)

    def _read_back(self) -> list[dict[str, Any]]:
        """Read from the newest claim back to the start of the window, for a cold start."""
        oldest = self._clock() - self._window
        found: list[dict[str, Any]] = []
        for page in self._pages(newest_first=True):
            found += page
            if page and float(page[-1]["created"]["N"]) < oldest:
                break
        return found[::-1]

    def _read_from(self, number: int) -> list[dict[str, Any]]:
        return [item for page in self._pages(start=number) for item in page]

    def _pages(self, *, start: int = 0, newest_first: bool = False) -> Iterable[list[Any]]:
        paginator = self._dynamodb.get_paginator("query")
        for page in paginator.paginate(
            TableName=self._table,
            KeyConditionExpression="#log = :log AND #n >= :start",
            ExpressionAttributeNames={"#log": "log", "#n": "number"},
            ExpressionAttributeValues={":log": _LOG, ":start": {"N": str(start)}},
            ConsistentRead=True,
            ScanIndexForward=not newest_first,
        ):
            yield page["Items"]

    def _learn(self, item: dict[str, Any]) -> None:
        blob = bytes(item["keys"]["B"])
        keys = tuple(blob[at : at + DIGEST_BYTES] for at in range(0, len(blob), DIGEST_BYTES))
        done = item["state"]["S"] == "done"
        if "unsure" in item:
            unsure = {int(position["N"]) for position in item["unsure"]["L"]}
        else:
            unsure = set() if done else set(range(len(keys)))
        claim = Claim(
            number=int(item["number"]["N"]),
            name=item["name"]["S"],
            created=float(item["created"]["N"]),
            lease_until=float(item["lease"]["N"]),
            keys=keys,
            unsure=unsure,
            free=frozenset(int(p["N"]) for p in item.get("free", {"L": []})["L"]),
        )
        self._last = max(self._last or 0, claim.number)
        self._remember(claim)

    def _remember(self, claim: Claim) -> None:
        for key in claim.keys:
            held = self._unsure.get(key)
            if held is not None and held[0].number == claim.number:
                del self._unsure[key]
        if claim.unsure:
            self._open[claim.number] = claim
            self._unsure |= {claim.keys[position]: (claim, position) for position in claim.unsure}
        else:
            self._open.pop(claim.number, None)
        settled = tuple(
            key
            for position, key in enumerate(claim.keys)
            if position not in claim.unsure and position not in claim.free
        )
        self._submitted.update(settled)
        self._age.append((claim.created, settled))

    def _forget(self) -> None:
        """Drop what is older than the window, so that a long-lived function does not grow."""
        oldest = self._clock() - self._window
        while self._age and self._age[0][0] < oldest:
            self._submitted.difference_update(self._age.popleft()[1])
