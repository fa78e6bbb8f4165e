"""What CloudFormation and AWS Batch make of a change: in place, new instances, another one."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

from batch_constructs.aws import updates
from batch_constructs.impact.branches import branches
from batch_constructs.impact.changed_parameters import changed_parameters, of_another_value
from batch_constructs.impact.changes import Change, changes, follow
from batch_constructs.impact.consequences import DEFINITION, at_the_end, consequences, is_kept
from batch_constructs.impact.described_stack import DescribedStack
from batch_constructs.impact.elsewhere import Reading, changed_tags, elsewhere, readings
from batch_constructs.impact.loops_and_macros import (
    SERVERLESS,
    WRITTEN_BY_THE_MACRO,
    is_of_a_loop,
    untold,
)
from batch_constructs.impact.neighbours import neighbours
from batch_constructs.impact.property_verdict import ORDER, Effect, of_property
from batch_constructs.impact.refused import (
    names_that_clash,
    no_longer_there,
    refusals,
    unresolved,
)
from batch_constructs.impact.stack_outputs import EXPORT, OUTPUT, with_outputs

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["Comparison", "Effect", "Impact", "Reading", "impact"]

_PAGE: Final = "see "
_ANOTHER_ID: Final = "the deployment fails; give it another logical ID"
_MOVES: Final = frozenset({Effect.IN_PLACE, Effect.INFRASTRUCTURE_UPDATE, Effect.REPLACE})


@dataclass(frozen=True, kw_only=True)
class Impact:
    """What a deployment does to one resource.

    Attributes:
        type: its CloudFormation type.
        effect: what becomes of it.
        because: the properties that cause it, as paths below ``Properties``.
        notes: what a person should know of it.
        fails: whether the deployment fails at it.
    """

    type: str
    effect: Effect
    because: list[str]
    notes: list[str]
    fails: bool


@dataclass(frozen=True, slots=True)
class Judgement:
    """What becomes of a resource by itself, whatever the others are.

    Attributes:
        effect: what becomes of it.
        because: the properties that cause it.
        notes: what a person should know of it.
        fails: whether the deployment fails at it.
        refused: the properties whose change fails, each with what is said of it.
    """

    effect: Effect
    because: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    fails: bool = False
    refused: Mapping[str, str] = field(default_factory=dict)


def impact(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Impact]:
    """Say what deploying a template over another does to each resource, by logical ID."""
    before, after = (DescribedStack(name="", template=one) for one in (old, new))
    return Comparison(before, after).impacts()


class Comparison:
    """One stack as it is and as it shall be.

    Attributes:
        old: The stack as it is.
        new: The stack as it shall be.
        templates: Both templates as far as they are known, with outputs among the resources.
        found: What is different about each resource, by logical ID.
        judged: What becomes of each by itself.
    """

    def __init__(
        self, old: DescribedStack, new: DescribedStack, moved: Mapping[Reading, str] | None = None
    ) -> None:
        """Compare.

        Args:
            old: The stack as it is.
            new: The stack as it shall be.
            moved: What changes outside of the stack and is read in it, each with what does so.
        """
        self.old, self.new = old, new
        places = {**new.place, **old.place}, {**old.place, **new.place}
        self.templates = with_outputs(old, places[0]), with_outputs(new, places[1])
        self.found = changes(*self.templates)
        self._tags = changed_tags(old.tags, new.tags)
        kinds = of_another_value(old.template, new.template)
        moved = {**(moved or {}), **{(name, None): f"the Type of {name} does" for name in kinds}}
        for change in self.found.values():
            change.elsewhere.update(elsewhere(change, self._tags, moved))
            condition = (change.new or {}).get("Condition")
            change.is_open = any(one in moved for _, one in readings({"": condition}))
        self.judged = _all_judged(self.found)

    def impacts(self) -> dict[str, Impact]:
        """Say what becomes of each resource, by logical ID, and of what is none."""
        found = {
            f"Template/{section}": Impact(
                type="Template", effect=Effect.UNKNOWN, because=[section], notes=[why], fails=False
            )
            for section, why in untold(self.old.template, self.new.template).items()
        }
        if self._tags:
            found["Stack/Tags"] = Impact(
                type="Stack",
                effect=Effect.IN_PLACE,
                because=[f"Tags/{key}" for key in self._tags],
                notes=[f"{_PAGE}{updates.STACK_TAGS.page}"],
                fails=False,
            )
        for name, because, notes in self._parameters():
            found[f"Parameters/{name}"] = Impact(
                type="Parameter", effect=Effect.NONE, because=because, notes=notes, fails=False
            )
        found |= {
            name: told for name in self.found if (told := self.told(name)).fails or _is_told(told)
        }
        for name, why in self._unresolved():
            self.tell(found, name, why)
        return found

    def tell(self, found: dict[str, Impact], name: str, why: str, *, fails: bool = True) -> None:
        """Say one thing more of a resource, before what is found of it, and whether it fails."""
        told = found.get(name) or self.told(name)
        found[name] = replace(told, notes=[why, *told.notes], fails=told.fails or fails)

    def _parameters(self) -> Iterator[tuple[str, list[str], list[str]]]:
        """Give the parameters that are declared otherwise; what is nested is given its values."""
        if self.new.within is None:
            yield from changed_parameters(self.old.template, self.new.template)

    def _unresolved(self) -> Iterator[tuple[str, str]]:
        """Say what refers to nothing, where it is not said of a property already."""
        for name, path, target in unresolved(self.old.template, self.new.template):
            gone = self.found.get(target)
            if name in self.found and path != "DependsOn" and gone is not None and gone.new is None:
                continue
            yield name, no_longer_there(path, target)

    def told(self, name: str) -> Impact:
        """Say what becomes of a resource, an output or an export; of a condition nothing."""
        if name not in self.found:
            type_ = name.partition("/")[0].removesuffix("s")
            return Impact(type=type_, effect=Effect.NONE, because=[], notes=[], fails=False)
        change, mine = self.found[name], self.judged[name]
        replaced = [one for one, of in self.judged.items() if of.effect is Effect.REPLACE]
        refused = list(refusals(change, self.found, self.new.template, replaced))
        around = [] if mine.fails else neighbours(change, self.found, self.judged)
        moved = [
            f"{path} changes because {target} {self._becomes(target)}"
            for path, targets in change.referred.items()
            for target in targets
        ]
        moved += [f"{path} changes because {why}" for path, why in change.elsewhere.items()]
        return Impact(
            type=change.type,
            effect=mine.effect,
            because=list(mine.because),
            notes=sorted(
                [*mine.notes, *around, *refused, *moved], key=lambda note: note.startswith(_PAGE)
            ),
            fails=mine.fails or bool(refused),
        )

    def _becomes(self, target: str) -> str:
        if self.judged[target].effect is Effect.REPLACE:
            return "is replaced"
        of_definition = self.found[target].type == DEFINITION
        return "gets a new revision" if of_definition else "gets a new version"


def _is_told(told: Impact) -> bool:
    """Whether it is told: of an export what others notice, of an output nothing."""
    unnoticed = told.effect in {Effect.NONE, Effect.CREATE}
    return not (told.type == OUTPUT or (told.type == EXPORT and unnoticed))


def _all_judged(found: Mapping[str, Change]) -> dict[str, Judgement]:
    """Judge each resource, and again those that refer to what is another one or changes."""
    judged: dict[str, Judgement] = {}
    waiting = list(found.values())
    while waiting:
        change = waiting.pop()
        before, now = judged.get(change.logical_id), _judged(change)
        judged[change.logical_id] = now
        if now.effect in _MOVES and (before is None or before.effect is not now.effect):
            replaced = now.effect is Effect.REPLACE
            waiting += follow(found, change.logical_id, replaced=replaced)
    return judged


def _judged(change: Change) -> Judgement:
    """Judge one resource by itself."""
    if change.old is None:
        return Judgement(Effect.CREATE)
    if change.new is None:
        return Judgement(Effect.DELETE, (), _said_at_the_end(change))
    if change.old.get("Type") != change.new.get("Type"):
        note = f"CloudFormation cannot change the type of a logical ID: {_ANOTHER_ID}"
        return Judgement(Effect.REPLACE, ("Type",), (note,), fails=True)
    condition = change.new.get("Condition")
    if condition is not None and (change.is_open or condition != change.old.get("Condition")):
        loop = is_of_a_loop(condition)
        note = (
            "what Fn::ForEach no longer creates of it is deleted; only the deployment knows what"
            if loop
            else "it is deleted if its Condition is false, which only the deployment knows"
        )
        because = "Fn::ForEach" if loop else "Condition"
        notes = (note, *_said_at_the_end(change))
        return Judgement(Effect.DELETE, (because,), notes)
    found = [_of_properties(one) for one in branches(change)]
    return max(found, key=lambda one: (one.fails, ORDER[one.effect]))


def _said_at_the_end(change: Change) -> tuple[str, ...]:
    if is_kept(change, Effect.DELETE):
        return ("its DeletionPolicy keeps it in the account",)
    return tuple(at_the_end(change))


def _of_properties(change: Change) -> Judgement:
    """Judge the properties of a resource that stays."""
    judged = {path: of_property(change, path) for path in change.touched}
    if not judged:
        return Judgement(Effect.NONE)
    if change.type.startswith(f"{SERVERLESS}::"):
        note = f"what happens to the resources it represents is unknown: {WRITTEN_BY_THE_MACRO}"
        return Judgement(Effect.UNKNOWN, tuple(judged), (note,))
    worst = max((one.effect for one in judged.values()), key=ORDER.__getitem__)
    another = any(one.effect is Effect.REPLACE and not one.fails for one in judged.values())
    told = {path: one for path, one in judged.items() if not (another and one.fails)}
    clashes = list(names_that_clash(change)) if worst is Effect.REPLACE else []
    pages = [
        f"{_PAGE}{one.source.page}" for one in judged.values() if one.source and one.effect is worst
    ]
    said = filter(None, (one.note for one in told.values()))
    notes = dict.fromkeys([*said, *clashes, *consequences(change, worst), *pages])
    refused = {path: one.note for path, one in told.items() if one.fails}
    return Judgement(
        worst,
        tuple(path for path, one in judged.items() if one.effect is worst),
        tuple(notes),
        fails=bool(clashes or refused),
        refused=refused,
    )
