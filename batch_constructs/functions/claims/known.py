"""What the entries of a log say, read one after another: which claim holds a message, or did."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Protocol

from batch_constructs.functions.claims.identity import DIGEST_BYTES, digests_of
from batch_constructs.functions.claims.ranges import numbers_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


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

    made_at: float = 0.0
    began: float = 0.0
    until: float = 0.0
    """From when to when it, and those that it goes on from, were made in their window."""

    eras: Mapping[int, float] = field(default_factory=dict)
    """Since when messages at some positions may have been claimed before."""

    window_seconds: float = 0.0
    """The window that its first claim was made in, which may be another after a deployment."""

    past: frozenset[int] = frozenset()
    """Positions that count for messages of their era alone: for a later one with the same key
    another claim does, or none."""

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

    def keys_at(self, positions: set[int]) -> list[bytes]:
        """Return the digests of the messages at these positions."""
        return [
            self._key(at) for at, position in enumerate(self.positions) if position in positions
        ]

    def _key(self, at: int) -> bytes:
        return self.keys[DIGEST_BYTES * at : DIGEST_BYTES * (at + 1)]


class Numbers(Protocol):
    """The number of the newest claim of each message."""

    def note(self, claim: Claim, replaced: int | None) -> None:
        """Note which messages a claim holds, and the number of the one that it takes over."""

    def remove(self, key: bytes, number: int) -> None:
        """Forget that a claim holds a message."""

    def number_of(self, key: bytes) -> int | None:
        """Return the number of the newest claim that holds a message."""


class Wanted:
    """The numbers of a few messages that may have been claimed long ago.

    A key may have been claimed again for a later message. A claim is of a message's era if it was
    made within its window of when the message may have been claimed first, unless it counts
    for another era alone, or if it was made for a message of that era.
    """

    def __init__(self, since: Mapping[bytes, float], seconds: float) -> None:
        """Look out for these digests, each with the time that it may be claimed since."""
        self.since = since
        self._seconds = seconds
        self._numbers: dict[bytes, list[int]] = {}

    def note(self, claim: Claim, replaced: int | None) -> None:
        """Note those messages of a claim that are wanted, if it is of their era."""
        del replaced
        for position, key in zip(claim.positions, digests_of(claim.keys), strict=True):
            if key not in self.since:
                continue
            numbers = self._numbers.setdefault(key, [])
            since = self.since[key]
            spans = [] if position in claim.past else [(claim.began, claim.until)]
            if position in claim.eras:
                spans.append((claim.eras[position], claim.eras[position]))
            window = max(self._seconds, claim.window_seconds)
            if any(first - since <= window >= since - last for first, last in spans):
                numbers.append(claim.number)

    def remove(self, key: bytes, number: int) -> None:
        """Forget that a claim holds a message."""
        numbers = self._numbers.get(key, [])
        if number in numbers:
            numbers.remove(number)

    def number_of(self, key: bytes) -> int | None:
        """Return the number of the newest claim that holds a message."""
        numbers = self._numbers.get(key)
        return numbers[-1] if numbers else None


class Known:
    """What is known of the messages of some entries."""

    def __init__(self, numbers: Numbers) -> None:
        """Know nothing yet; ``numbers`` remembers messages."""
        self.open: dict[int, Claim] = {}
        self._numbers = numbers

    def is_settled(self, key: bytes) -> bool:
        """Whether the work on a message is known to be done."""
        number = self._numbers.number_of(key)
        return number is not None and self._holding(key, number) is None

    def claim_of(self, key: bytes) -> tuple[Claim, int] | None:
        """Return the open claim that holds a message, and its position there."""
        number = self._numbers.number_of(key)
        return None if number is None else self._holding(key, number)

    def _holding(self, key: bytes, number: int) -> tuple[Claim, int] | None:
        claim = self.open.get(number)
        position = None if claim is None else claim.position_of(key)
        return None if claim is None or position is None else (claim, position)

    def learn(self, entry: dict[str, Any]) -> None:
        """Learn what an entry says; they come in the order in which they were written."""
        number, lease = int(entry["number"]["N"]), float(entry["lease"]["N"])
        if "of" in entry:
            self._learn_end(int(entry["of"]["N"]), entry, lease)
            return
        keys = _keys_of(entry)
        made_at = float(entry["at"]["N"])
        claim = Claim(
            number=number,
            name=entry["name"]["S"],
            lease_until=lease,
            keys=keys,
            positions=_positions(entry["positions"])
            if "positions" in entry
            else range(len(keys) // DIGEST_BYTES),
            queue=entry["queue"]["S"] if "queue" in entry else None,
            made_at=made_at,
            began=float(entry["began"]["N"]) if "began" in entry else made_at,
            until=float(entry["until"]["N"]) if "until" in entry else made_at,
            eras=_eras(entry["eras"]["S"]) if "eras" in entry else {},
            window_seconds=float(entry["window"]["N"]) if "window" in entry else 0.0,
            past=frozenset(_positions(entry["past"])) if "past" in entry else frozenset(),
        )
        replaced = int(entry["replaces"]["N"]) if "replaces" in entry else None
        self._numbers.note(claim, replaced)
        if replaced is not None:
            self.open.pop(replaced, None)
            for key in digests_of(keys):
                self._numbers.remove(key, replaced)
        self.open[number] = claim

    def _learn_end(self, number: int, entry: dict[str, Any], lease: float) -> None:
        claim = self.open.pop(number, None)
        if claim is None:
            return  # of a claim that is older than what is read
        for key in claim.keys_at(set(_positions(entry["free"]))):
            self._numbers.remove(key, number)
        unsure = set(_positions(entry["unsure"]))
        if unsure:
            self.open[number] = replace(claim.only(unsure), lease_until=lease)


def written_eras(eras: Mapping[int, float]) -> str:
    """Write since when messages may have been claimed: ``3:1700000000,17:1700000100``."""
    return ",".join(f"{position}:{since:.0f}" for position, since in eras.items())


def _eras(written: str) -> dict[int, float]:
    pairs = (each.split(":") for each in written.split(",") if each)
    return {int(position): float(since) for position, since in pairs}


def _keys_of(entry: dict[str, Any]) -> bytes:
    value = entry["keys"]["B"]
    return bytes(value if isinstance(value, bytes) else value.value)


def _positions(written: dict[str, Any]) -> list[int]:
    return numbers_of(written["S"]) if written["S"] else []
