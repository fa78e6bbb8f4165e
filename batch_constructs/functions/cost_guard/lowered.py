"""Compute environments that guards lower, and give back what they had before."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from .note import LETS_GO, lets_go, notes_of_others, tags_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

_LOWERED = re.compile(r"maxvCpus was (\d+) until (\S+) lowered to (\d+)(?: after (\d+(?:,\d+)*))?")

_ROUNDS = 4
"""How often a run looks whether what it gave back is all that may be given back."""


@dataclass(frozen=True, kw_only=True)
class Lowered:
    """What a guard notes about an environment that it lowered."""

    was: int
    at: str
    """When it was that last, such as ``2026-11-20T14:00``."""
    to: int
    after: tuple[int, ...] = ()
    """What it may be, too: what guards set before, or set for another one that holds it."""

    def has_set(self, max_vcpus: int) -> bool:
        """Whether a guard made that the maximum, and not people since."""
        return max_vcpus in (self.to, *self.after)

    def text(self) -> str:
        """Return the note."""
        text = f"maxvCpus was {self.was} until {self.at} lowered to {self.to}"
        return f"{text} after {','.join(map(str, self.after))}" if self.after else text

    @classmethod
    def read(cls, note: str) -> Lowered | None:
        """Read a note, if it is one of these, and whether or not its guard is about to let go."""
        found = _LOWERED.fullmatch(note.removesuffix(LETS_GO))
        if found is None:
            return None
        was, at, to, after = found.groups()
        others = () if after is None else tuple(map(int, after.split(",")))
        return cls(was=int(was), at=at, to=int(to), after=others)


@dataclass(frozen=True, kw_only=True)
class LoweredEnvironments:
    """What one guard lowers. ``batch`` is a boto3 client."""

    batch: Any
    note: str
    """The tag that is this guard's."""
    max_vcpus: int

    def bring(self, environment: Mapping[str, Any], now: datetime, *, hold: bool) -> None:
        """Lower one environment, or give back what it had before any guard lowered it."""
        tags = tags_of(environment)
        notes = [tags.get(self.note, ""), *notes_of_others(tags, self.note)]
        known = [held for text in notes if (held := Lowered.read(text)) is not None]
        if hold:
            self._lower(environment, known, now)
        elif Lowered.read(notes[0]) is not None:
            self._give_back(environment, known)

    def _lower(self, environment: Mapping[str, Any], known: list[Lowered], now: datetime) -> None:
        arn, is_now = environment["computeEnvironmentArn"], _max_vcpus(environment)
        by_a_guard = any(held.has_set(is_now) for held in known)
        if not by_a_guard and is_now <= self.max_vcpus:
            return
        before = max(known, key=lambda held: held.at) if by_a_guard else None
        was = is_now if before is None else before.was
        others = self._held_by_others(environment) if by_a_guard else []
        wanted = min([self.max_vcpus, was, *(held.to for held in others)])
        lowered = Lowered(
            was=was,
            at=f"{now:%Y-%m-%dT%H:%M}" if before is None else before.at,
            to=self.max_vcpus,
            after=tuple(sorted({is_now, wanted} - {self.max_vcpus})) if by_a_guard else (),
        )
        if lowered.text() != tags_of(environment).get(self.note):
            self.batch.tag_resource(resourceArn=arn, tags={self.note: lowered.text()})
        if wanted != is_now:
            self._set(arn, wanted)

    def _give_back(self, environment: Mapping[str, Any], known: list[Lowered]) -> None:
        arn, note = environment["computeEnvironmentArn"], tags_of(environment)[self.note]
        if any(held.has_set(_max_vcpus(environment)) for held in known):
            lets_go(self.batch, arn, self.note, note)
            last = max(known, key=lambda held: held.at)
            if not self._is_given_back(arn, last):
                return  # the next run looks again
        self.batch.untag_resource(resourceArn=arn, tagKeys=[self.note])

    def _is_given_back(self, arn: str, last: Lowered) -> bool:
        """Raise an environment as far as others let; what they let go meanwhile is seen, too."""
        for _ in range(_ROUNDS):
            (again,) = self.batch.describe_compute_environments(computeEnvironments=[arn])[
                "computeEnvironments"
            ]
            held = [other.to for other in self._held_by_others(again)]
            wanted = min([last.was, *held])
            if wanted == _max_vcpus(again):
                return True
            if held:
                says = replace(last, to=self.max_vcpus, after=(*last.after, wanted)).text()
                self.batch.tag_resource(resourceArn=arn, tags={self.note: says + LETS_GO})
            self._set(arn, wanted)
        return False

    def _held_by_others(self, environment: Mapping[str, Any]) -> list[Lowered]:
        """Return what other guards lowered, but for those that are about to let go."""
        notes = notes_of_others(tags_of(environment), self.note)
        held = (Lowered.read(text) for text in notes if not text.endswith(LETS_GO))
        return [one for one in held if one is not None]

    def _set(self, arn: str, max_vcpus: int) -> None:
        self.batch.update_compute_environment(
            computeEnvironment=arn, computeResources={"maxvCpus": max_vcpus}
        )


def _max_vcpus(environment: Mapping[str, Any]) -> int:
    most: int = environment["computeResources"]["maxvCpus"]
    return most
