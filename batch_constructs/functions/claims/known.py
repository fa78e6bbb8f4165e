"""What the entries of a log say, read one after another: which claim holds a message, or did."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Protocol

from batch_constructs.functions.claims.identity import DIGEST_BYTES
from batch_constructs.functions.claims.ranges import numbers_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


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


class Numbers(Protocol):
    """The number of the newest claim of each message."""

    def add(self, keys: bytes, number: int, at: float) -> None:
        """Note that a claim made at that time holds these messages, digest after digest."""

    def remove(self, key: bytes, number: int) -> None:
        """Forget that a claim holds a message."""

    def number_of(self, key: bytes) -> int | None:
        """Return the number of the newest claim that holds a message."""


class Wanted:
    """The numbers of a few messages."""

    def __init__(self, keys: set[bytes]) -> None:
        """Look out for these."""
        self._keys = keys
        self._numbers: dict[bytes, int] = {}

    def add(self, keys: bytes, number: int, at: float) -> None:
        """Note those of these messages that are wanted."""
        del at
        self._numbers.update((key, number) for key in digests_of(keys) if key in self._keys)

    def remove(self, key: bytes, number: int) -> None:
        """Forget that a claim holds a message."""
        if self._numbers.get(key) == number:
            del self._numbers[key]

    def number_of(self, key: bytes) -> int | None:
        """Return the number of the newest claim that holds a message."""
        return self._numbers.get(key)


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
        self.learn_replaced(entry)
        keys = _keys_of(entry)
        self.open[number] = Claim(
            number=number,
            name=entry["name"]["S"],
            lease_until=lease,
            keys=keys,
            positions=_positions(entry["positions"])
            if "positions" in entry
            else range(len(keys) // DIGEST_BYTES),
            queue=entry["queue"]["S"] if "queue" in entry else None,
        )
        self._numbers.add(keys, number, float(entry["at"]["N"]))

    def learn_replaced(self, entry: dict[str, Any]) -> None:
        """Forget the claim that an entry takes over."""
        if "replaces" not in entry:
            return
        replaced = int(entry["replaces"]["N"])
        self.open.pop(replaced, None)
        for key in digests_of(_keys_of(entry)):
            self._numbers.remove(key, replaced)

    def _learn_end(self, number: int, entry: dict[str, Any], lease: float) -> None:
        claim = self.open.pop(number, None)
        if claim is None:
            return  # of a claim that is older than what is read
        for key in claim.at(set(_positions(entry["free"]))):
            self._numbers.remove(key, number)
        unsure = set(_positions(entry["unsure"]))
        if unsure:
            self.open[number] = replace(claim.only(unsure), lease_until=lease)


def digests_of(keys: bytes) -> Iterator[bytes]:
    """Divide digests that stand one after another."""
    for at in range(0, len(keys), DIGEST_BYTES):
        yield keys[at : at + DIGEST_BYTES]


def _keys_of(entry: dict[str, Any]) -> bytes:
    value = entry["keys"]["B"]
    return bytes(value if isinstance(value, bytes) else value.value)


def _positions(written: dict[str, Any]) -> list[int]:
    return numbers_of(written["S"]) if written["S"] else []
