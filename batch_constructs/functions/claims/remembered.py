"""Which message which claim holds: 16 bytes a message, for as long as the window is.

A dictionary of the same needs some 140. Here a message is an entry of a bucket, twelve bytes of its
digest and the four of its claim's number; the bucket is chosen by the digest's other bytes. There
is a set of buckets for each part of the window, so that what is over is dropped at once.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from batch_constructs.functions.claims.identity import DIGEST_BYTES, digests_of

if TYPE_CHECKING:
    from batch_constructs.functions.claims.known import Claim

ENTRY_BYTES = 16
_NUMBER_BYTES = 4
_SUFFIX = slice(2, 2 + ENTRY_BYTES - _NUMBER_BYTES)
_BUCKETS = 4096
PARTS = 4
"""The memory of the window is dropped in so many parts."""

_MARKS = 64
"""A message is forgotten with one of so many parts of the window, some minutes later."""

_GROWTH = 9 / 8
"""How much room a bytearray keeps for growing, at most."""

_BUCKET_BYTES = 80
"""What an empty bucket takes."""


MOST = 40_000_000
"""So many messages a function reads in a minute when it starts, with one processor of Lambda's."""


def most_bytes(messages: int) -> int:
    """Return how much memory so many messages of a window take at most."""
    parts = PARTS + 2  # the one that fills, and the one that is not over yet
    kept = messages * (PARTS + 1) / PARTS
    return int(kept * ENTRY_BYTES * _GROWTH) + parts * _BUCKETS * _BUCKET_BYTES


class Remembered:
    """Messages of the last ``seconds``, the newest claim of each."""

    def __init__(self, seconds: float) -> None:
        """Remember nothing yet."""
        self._seconds = seconds
        self._parts: deque[tuple[float, list[bytearray | None]]] = deque()
        self._count: deque[int] = deque()
        self._marks: deque[tuple[float, int]] = deque()
        self._first = self._newest = 0
        """Claims before the first are over."""

    def __len__(self) -> int:
        """Return how many messages are remembered."""
        return sum(self._count)

    def note(self, claim: Claim, replaced: int | None) -> None:
        """Note which messages a claim holds, but for those that count for another time.

        Where one is taken over that is over, or after which another holds the message, the new one
        does not count, either.
        """
        if claim.made_at - claim.until > self._seconds:
            return
        keys = claim.keys
        if claim.past or replaced is not None:
            keys = b"".join(
                key
                for position, key in zip(claim.positions, digests_of(keys), strict=True)
                if position not in claim.past
                and (replaced is None or self.number_of(key) in (None, replaced))
            )
        self.add(keys, claim.number, claim.made_at)

    def add(self, keys: bytes, number: int, at: float) -> None:
        """Remember that a claim made at that time holds these messages, digest after digest."""
        part_seconds = self._seconds / PARTS
        if not self._parts or at >= self._parts[-1][0] + part_seconds:
            self._parts.append((at, [None] * _BUCKETS))
            self._count.append(0)
        buckets = self._parts[-1][1]
        end = number.to_bytes(_NUMBER_BYTES, "big")
        for start in range(0, len(keys), DIGEST_BYTES):
            key = keys[start : start + DIGEST_BYTES]
            index = _index(key)
            bucket = buckets[index]
            if bucket is None:
                bucket = buckets[index] = bytearray()
            bucket += key[_SUFFIX] + end
        self._count[-1] += len(keys) // DIGEST_BYTES
        self._newest = number
        if not self._marks or at >= self._marks[-1][0] + self._seconds / _MARKS:
            self._marks.append((at, number))

    def number_of(self, key: bytes) -> int | None:
        """Return the number of the newest claim that holds a message."""
        index = _index(key)
        for _, buckets in reversed(self._parts):
            bucket = buckets[index]
            at = -1 if bucket is None else _find(bucket, key[_SUFFIX])
            if bucket is not None and at >= 0:
                end = at + ENTRY_BYTES
                number = int.from_bytes(bucket[end - _NUMBER_BYTES : end])
                return None if number < self._first else number
        return None

    def remove(self, key: bytes, number: int) -> None:
        """Forget that a claim holds a message."""
        index = _index(key)
        entry = key[_SUFFIX] + number.to_bytes(_NUMBER_BYTES, "big")
        for part, (_, buckets) in enumerate(self._parts):
            bucket = buckets[index]
            at = -1 if bucket is None else _find(bucket, entry)
            if bucket is not None and at >= 0:
                del bucket[at : at + ENTRY_BYTES]
                self._count[part] -= 1
                return

    def forget(self, now: float) -> None:
        """Forget what is over, and drop the parts of which all is."""
        while self._marks and self._marks[0][0] + self._seconds * (1 + 1 / _MARKS) < now:
            self._marks.popleft()
            self._first = self._marks[0][1] if self._marks else self._newest + 1
        part_seconds = self._seconds / PARTS
        while self._parts and self._parts[0][0] + part_seconds + self._seconds < now:
            self._parts.popleft()
            self._count.popleft()


def _index(key: bytes) -> int:
    return (key[0] << 8 | key[1]) % _BUCKETS


def _find(bucket: bytearray, wanted: bytes) -> int:
    """Return where the last entry begins that begins so; -1 where there is none."""
    at = bucket.rfind(wanted)
    while at % ENTRY_BYTES and at > 0:
        at = bucket.rfind(wanted, 0, at + len(wanted) - 1)
    return at
