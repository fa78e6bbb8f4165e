"""Claims one by one: a row of a DynamoDB table for each message, whatever came before it.

A message costs two writes. Its row says who holds it and until when, since when it may be done, and
after the work what came of it. A second delivery finds the row: done, it does nothing; held, it
fails, so that whoever delivers tries again when the holder is done, or dead.
"""

from __future__ import annotations

import logging
import os
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import boto3
from botocore.exceptions import ClientError

from batch_constructs.aws.delivery import LONGEST_EVENT_AGE_SECONDS, SQS_RETENTION_DAYS
from batch_constructs.aws.error_names import CONDITION_FAILED
from batch_constructs.functions.claims.effect import NotDoneError, UnsureError
from batch_constructs.functions.claims.identity import digest
from batch_constructs.functions.claims.lease import lease_until
from batch_constructs.functions.claims.outcome import FAILED_CALL, QUICK

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


_LOG = logging.getLogger(__name__)
_DAY_SECONDS = 86_400

DAYS_KEPT = LONGEST_EVENT_AGE_SECONDS // _DAY_SECONDS + SQS_RETENTION_DAYS + 1
"""How long a row is remembered: a day that EventBridge tries, two weeks in a dead-letter queue."""

_RELEASED = 0
"""The lease of a row whose holder surely did nothing."""


class HeldError(Exception):
    """Somebody else is at it; the same message again, later, finds it done or free."""


@dataclass(frozen=True, kw_only=True)
class Claims:
    """The table of what is being done and has been. ``dynamodb`` is a client that repeats calls."""

    dynamodb: Any
    table: str
    clock: Callable[[], float]

    @classmethod
    def of_this_function(cls) -> Claims:
        """Return the claims of the function that runs, whose table its environment names."""
        return cls(
            dynamodb=boto3.client("dynamodb", config=QUICK),
            table=os.environ["CLAIMS_TABLE"],
            clock=time.time,
        )

    def once(
        self, *identity: str, work: Callable[[bool], str], deadline: float, place: str = ""
    ) -> tuple[str, bool]:
        """Do ``work`` unless it has been done, and return what came of it.

        Args:
            identity: What tells this work from all other.
            work: Does it, beginning nothing after the deadline. It is told whether somebody may
                have done it before, whose end nobody saw, and returns what to remember. Whatever
                it raises but ``NotDoneError`` leaves open whether it was done.
            deadline: Until when the function begins anything.
            place: Where it is done, which may be elsewhere after a deployment; see ``places``.

        Returns:
            What came of it, and whether it was done now.

        Raises:
            HeldError: somebody else is at it.
            NotDoneError: as ``work`` raised it; the claim is free again.
        """
        key = {"key": {"S": digest(*identity).hex()}}
        holder = str(uuid4())
        before = self._take(key, holder, deadline, place)
        if "result" in before:
            return str(before["result"]["S"]), False
        perhaps_done = "holder" in before and float(before["lease"]["N"]) != _RELEASED
        try:
            result = work(perhaps_done)
        except NotDoneError:
            self._release(key, holder)
            raise
        self._settle(key, holder, result)
        return result, True

    @contextmanager
    def alone(self, *identity: str, deadline: float) -> Iterator[None]:
        """Be the only one at a work, which is done anew each time.

        Where it ends with ``UnsureError``, something of it may take effect yet: others wait for the
        lease to be over.

        Raises:
            HeldError: somebody else is at it, or was, and what it did may not be seen yet.
        """
        key = {"key": {"S": digest(*identity).hex()}}
        holder = str(uuid4())
        self._take(key, holder, deadline, "")
        try:
            yield
        except UnsureError:
            raise
        except BaseException:
            self._release(key, holder)
            raise
        self._release(key, holder)

    def is_begun(self, *identity: str) -> bool:
        """Whether a work was begun, however it ended."""
        return "holder" in self._read({"key": {"S": digest(*identity).hex()}})

    def result_of(self, *identity: str) -> str | None:
        """Return what came of a work; None where it is not done."""
        row = self._read({"key": {"S": digest(*identity).hex()}})
        return str(row["result"]["S"]) if "result" in row else None

    def note(self, *identity: str, result: str) -> None:
        """Note what came of a work last, over what was noted before; ``result_of`` reads it."""
        self.dynamodb.update_item(
            TableName=self.table,
            Key={"key": {"S": digest(*identity).hex()}},
            UpdateExpression="SET #result = :result, #expires = :expires",
            ExpressionAttributeNames={"#result": "result", "#expires": "expires"},
            ExpressionAttributeValues={
                ":result": {"S": result},
                ":expires": {"N": str(_expires(self.clock()))},
            },
        )

    def gathered(self, *identity: str, member: str = "") -> set[str]:
        """Return what was gathered so far, with a further member; the same one counts once."""
        key = {"key": {"S": digest(*identity).hex()}}
        if not member:
            return set(self._read(key).get("members", {}).get("SS", ()))
        answer = self.dynamodb.update_item(
            TableName=self.table,
            Key=key,
            UpdateExpression="SET #expires = :expires ADD #members :member",
            ExpressionAttributeNames={"#expires": "expires", "#members": "members"},
            ExpressionAttributeValues={
                ":expires": {"N": str(_expires(self.clock()))},
                ":member": {"SS": [member]},
            },
            ReturnValues="ALL_NEW",
        )
        return set(answer["Attributes"]["members"]["SS"])

    def since(self, *identity: str) -> float:
        """Return since when a work that was begun may be done, whoever was at it after that."""
        row = self._read({"key": {"S": digest(*identity).hex()}})
        return float(row["since"]["N"]) if "since" in row else self.clock()

    def places(self, *identity: str) -> list[str]:
        """Return where a work that was begun may be done."""
        row = self._read({"key": {"S": digest(*identity).hex()}})
        return sorted(row.get("places", {}).get("SS", []))

    def _take(
        self, key: dict[str, Any], holder: str, deadline: float, place: str
    ) -> dict[str, Any]:
        """Take a row and return what it said before, which is all where it is done.

        One that DynamoDB has not deleted yet though it is over says nothing any more.
        """
        now = self.clock()
        try:
            answer = self.dynamodb.update_item(
                TableName=self.table,
                Key=key,
                UpdateExpression="SET #holder = :holder, #lease = :lease, #expires = :expires,"
                f" #since = if_not_exists(#since, :now){' ADD #places :place' if place else ''}",
                ConditionExpression="attribute_not_exists(#holder)"
                " OR (attribute_not_exists(#result) AND #lease < :now AND #expires >= :now)",
                ExpressionAttributeNames={
                    "#holder": "holder",
                    "#lease": "lease",
                    "#expires": "expires",
                    "#result": "result",
                    "#since": "since",
                    **({"#places": "places"} if place else {}),
                },
                ExpressionAttributeValues={
                    **({":place": {"SS": [place]}} if place else {}),
                    ":holder": {"S": holder},
                    ":lease": {"N": str(lease_until(deadline))},
                    ":expires": {"N": str(_expires(now))},
                    ":now": {"N": str(now)},
                },
                ReturnValues="ALL_OLD",
            )
        except ClientError as error:
            if error.response["Error"]["Code"] != CONDITION_FAILED:
                raise
            row = self._read(key)
            if not row and self._forget(key, now):
                return self._take(key, holder, deadline, place)
            if "result" in row:
                return row
            if row.get("holder", {}).get("S") == holder:
                return row  # the SDK repeated a write whose answer got lost: it meets itself
            raise HeldError("another run is processing it; try again a little later") from None
        old: dict[str, Any] = answer.get("Attributes", {})
        return old

    def _read(self, key: dict[str, Any]) -> dict[str, Any]:
        """Read a row; one that is over is none, though DynamoDB deletes it within some days only.

        https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/TTL.html
        """
        answer = self.dynamodb.get_item(TableName=self.table, Key=key, ConsistentRead=True)
        row: dict[str, Any] = answer.get("Item", {})
        return row if row and float(row["expires"]["N"]) >= self.clock() else {}

    def _forget(self, key: dict[str, Any], now: float) -> bool:
        """Empty a row that is over; False where somebody else was faster."""
        try:
            self.dynamodb.update_item(
                TableName=self.table,
                Key=key,
                UpdateExpression="REMOVE #holder, #lease, #result, #since, #places",
                ConditionExpression="#expires < :now",
                ExpressionAttributeNames={
                    name: name.removeprefix("#")
                    for name in ("#holder", "#lease", "#result", "#since", "#places", "#expires")
                },
                ExpressionAttributeValues={":now": {"N": str(now)}},
            )
        except ClientError as error:
            if error.response["Error"]["Code"] != CONDITION_FAILED:
                raise
            return False
        return True

    def _settle(self, key: dict[str, Any], holder: str, result: str) -> None:
        """Note what came of it; it is done, so that a failure here must not have it done again."""
        self._note(
            key,
            holder,
            "SET #result = :result, #expires = :expires",
            {"#result": "result", "#expires": "expires"},
            {":result": {"S": result}, ":expires": {"N": str(_expires(self.clock()))}},
        )

    def _release(self, key: dict[str, Any], holder: str) -> None:
        """Let anybody take it at once; where that fails, they wait for the lease."""
        self._note(
            key,
            holder,
            "SET #lease = :free REMOVE #since, #places",
            {"#lease": "lease", "#since": "since", "#places": "places"},
            {":free": {"N": str(_RELEASED)}},
        )

    def _note(
        self,
        key: dict[str, Any],
        holder: str,
        update: str,
        names: dict[str, str],
        values: dict[str, Any],
    ) -> None:
        """Write to a row that is still the holder's."""
        try:
            self.dynamodb.update_item(
                TableName=self.table,
                Key=key,
                UpdateExpression=update,
                ConditionExpression="#holder = :holder",
                ExpressionAttributeNames={**names, "#holder": "holder"},
                ExpressionAttributeValues={**values, ":holder": {"S": holder}},
            )
        except FAILED_CALL:
            _LOG.exception("could not record the outcome of claim %s", key["key"]["S"])


def _expires(now: float) -> int:
    return int(now) + DAYS_KEPT * _DAY_SECONDS
