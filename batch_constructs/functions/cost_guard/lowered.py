"""Compute environments that guards lower, and give back what they had before.

AWS Batch takes no maximum below the vCPUs that an environment has, and those stay for as long as
jobs wait that fill them again. Such an environment is disabled, which lets its jobs run and starts
none, until it has no more vCPUs than it is to be lowered to; then it is lowered and enabled.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from batch_constructs.aws.resource_states import State

from .note import LETS_GO, lets_go, notes_of_others, tags_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

_LOWERED = re.compile(
    r"maxvCpus was (\d+) until (\S+) (disabled and )?lowered to (\d+)(?: after (\d+(?:/\d+)*))?"
)

_ROUNDS = 4
"""How often a run looks whether what it gave back is all that may be given back."""


@dataclass(frozen=True, kw_only=True)
class Lowered:
    """What a guard notes about an environment that it lowered."""

    was: int
    at: str
    """When it was that last, such as ``2026-11-20T14:00``."""
    to: int
    after: frozenset[int] = frozenset()
    """What it may be, too: what guards set before, or set for another one that holds it."""
    disabled: bool = False
    """Whether a guard disabled it until it has no more vCPUs than that."""

    def has_set(self, max_vcpus: int) -> bool:
        """Whether a guard made that the maximum, and not people since."""
        return max_vcpus in (self.to, *self.after)

    def text(self) -> str:
        """Return the note, in characters that a tag takes."""
        disabled = "disabled and " if self.disabled else ""
        text = f"maxvCpus was {self.was} until {self.at} {disabled}lowered to {self.to}"
        others = sorted(self.after - {self.to})
        return f"{text} after {'/'.join(map(str, others))}" if others else text

    @classmethod
    def read(cls, note: str) -> Lowered | None:
        """Read a note, if it is one of these, and whether or not its guard is about to let go."""
        found = _LOWERED.fullmatch(note.removesuffix(LETS_GO))
        if found is None:
            return None
        was, at, disabled, to, after = found.groups()
        others = () if after is None else map(int, after.split("/"))
        return cls(
            was=int(was),
            at=at,
            to=int(to),
            after=frozenset(others),
            disabled=disabled is not None,
        )


@dataclass(frozen=True, kw_only=True)
class Seen:
    """An environment as AWS Batch describes it."""

    arn: str
    max_vcpus: int
    min_vcpus: int
    desired_vcpus: int
    """What it has; 0 on Fargate, where a maximum may be lowered at any time."""
    is_disabled: bool
    tags: Mapping[str, str]

    @classmethod
    def of(cls, environment: Mapping[str, Any]) -> Seen:
        """Read a description."""
        resources = environment["computeResources"]
        return cls(
            arn=environment["computeEnvironmentArn"],
            max_vcpus=resources["maxvCpus"],
            min_vcpus=resources.get("minvCpus", 0),
            desired_vcpus=resources.get("desiredvCpus", 0),
            is_disabled=environment["state"] == State.DISABLED,
            tags=tags_of(environment),
        )

    def has_too_many_for(self, max_vcpus: int) -> bool:
        """Whether it has more vCPUs than it is to be lowered to, which AWS Batch refuses."""
        return max_vcpus < self.max_vcpus and max_vcpus < self.desired_vcpus


@dataclass(frozen=True, kw_only=True)
class LoweredEnvironments:
    """What one guard lowers. ``batch`` is a boto3 client."""

    batch: Any
    note: str
    """The tag that is this guard's."""
    max_vcpus: int

    def bring(self, environment: Mapping[str, Any], now: datetime, *, hold: bool) -> None:
        """Lower one environment, or give back what it had before any guard lowered it."""
        seen = Seen.of(environment)
        mine = Lowered.read(seen.tags.get(self.note, ""))
        others = map(Lowered.read, notes_of_others(seen.tags, self.note))
        known = [held for held in (mine, *others) if held is not None]
        if hold:
            self._lower(seen, known, now)
        elif mine is not None:
            self._give_back(seen, known, mine)

    def _lower(self, seen: Seen, known: list[Lowered], now: datetime) -> None:
        lowest = max(self.max_vcpus, seen.min_vcpus)
        by_a_guard = any(held.has_set(seen.max_vcpus) for held in known)
        disabled = seen.is_disabled and any(held.disabled for held in known)
        if not by_a_guard and not disabled and seen.max_vcpus <= lowest:
            return
        before = max(known, key=lambda held: held.at) if by_a_guard else None
        was = seen.max_vcpus if before is None else before.was
        others = self._held_by_others(seen) if by_a_guard or disabled else []
        wanted = max(seen.min_vcpus, min([lowest, was, *(held.to for held in others)]))
        waits = seen.has_too_many_for(wanted)
        if waits and seen.is_disabled and not disabled:
            return  # people did, and it starts nothing
        set_by_guards = {wanted, *({seen.max_vcpus} if by_a_guard else ())}
        if by_a_guard or disabled:  # one of them may set its own while this one looks
            set_by_guards |= {to for held in known for to in (held.to, *held.after)}
        lowered = Lowered(
            was=was,
            at=f"{now:%Y-%m-%dT%H:%M}" if before is None else before.at,
            to=lowest,
            after=frozenset(set_by_guards) - {lowest},
            disabled=waits or disabled,
        )
        self._say(seen, lowered)
        if waits and not disabled:
            self._update(seen, state=State.DISABLED)
        elif not waits:
            state = State.ENABLED if disabled else None
            self._update(seen, max_vcpus=wanted, state=state)
            if wanted != seen.max_vcpus:
                self._leave_to_the_lowest(seen.arn, wanted, min(lowest, was))
            self._say(seen, replace(lowered, disabled=False), instead_of=lowered)

    def _leave_to_the_lowest(self, arn: str, set_here: int, mine: int) -> None:
        """Set what was set here once more, where another guard wants something else by now.

        It noted so before, and looked at this one's note after, so that one of the two sees it.
        """
        for _ in range(_ROUNDS):
            (again,) = self.batch.describe_compute_environments(computeEnvironments=[arn])[
                "computeEnvironments"
            ]
            seen = Seen.of(again)
            held = [other.to for other in self._held_by_others(seen)]
            wanted = max(seen.min_vcpus, min([mine, *held]))
            if seen.max_vcpus != set_here or wanted == set_here or seen.has_too_many_for(wanted):
                return
            self._update(seen, max_vcpus=wanted)
            set_here = wanted

    def _give_back(self, seen: Seen, known: list[Lowered], mine: Lowered) -> None:
        by_a_guard = any(held.has_set(seen.max_vcpus) for held in known)
        if by_a_guard or mine.disabled:
            lets_go(self.batch, seen.arn, self.note, seen.tags[self.note])
            last = max(known, key=lambda held: held.at) if by_a_guard else None
            if not self._is_given_back(seen.arn, last, mine):
                return  # the next run looks again
        self.batch.untag_resource(resourceArn=seen.arn, tagKeys=[self.note])

    def _is_given_back(self, arn: str, last: Lowered | None, mine: Lowered) -> bool:
        """Raise an environment as far as others let; what they let go meanwhile is seen, too.

        One whose maximum is that of people is enabled, and left as it is otherwise.
        """
        after = mine.after
        for _ in range(_ROUNDS):
            (again,) = self.batch.describe_compute_environments(computeEnvironments=[arn])[
                "computeEnvironments"
            ]
            seen = Seen.of(again)
            held = self._held_by_others(seen)
            wanted = seen.max_vcpus
            if last is not None:
                wanted = max(seen.min_vcpus, min([last.was, *(other.to for other in held)]))
            if seen.has_too_many_for(wanted):
                wanted = seen.max_vcpus  # whoever holds it disables it
            enables = (
                mine.disabled and seen.is_disabled and not any(other.disabled for other in held)
            )
            if wanted == seen.max_vcpus and not enables:
                return True
            if held and last is not None:
                after |= {*last.after, seen.max_vcpus, wanted}
                says = replace(last, to=mine.to, after=after, disabled=mine.disabled).text()
                self.batch.tag_resource(resourceArn=arn, tags={self.note: says + LETS_GO})
            self._update(seen, max_vcpus=wanted, state=State.ENABLED if enables else None)
        return False

    def _held_by_others(self, seen: Seen) -> list[Lowered]:
        """Return what other guards lowered, but for those that are about to let go."""
        notes = notes_of_others(seen.tags, self.note)
        held = (Lowered.read(text) for text in notes if not text.endswith(LETS_GO))
        return [one for one in held if one is not None]

    def _say(self, seen: Seen, lowered: Lowered, instead_of: Lowered | None = None) -> None:
        """Note what is to be, where something else is noted."""
        noted = seen.tags.get(self.note) if instead_of is None else instead_of.text()
        if lowered.text() != noted:
            self.batch.tag_resource(resourceArn=seen.arn, tags={self.note: lowered.text()})

    def _update(
        self, seen: Seen, *, max_vcpus: int | None = None, state: State | None = None
    ) -> None:
        """Change what is to change, at once: one that is enabled first would start jobs."""
        changed: dict[str, Any] = {}
        if max_vcpus not in (None, seen.max_vcpus):
            changed["computeResources"] = {"maxvCpus": max_vcpus}
        if state is not None:
            changed["state"] = state
        if changed:
            self.batch.update_compute_environment(computeEnvironment=seen.arn, **changed)
