"""What CloudFormation and AWS Batch make of a change: in place, new instances, another one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from batch_constructs.impact.branches import branches
from batch_constructs.impact.changes import Change, changes, follow
from batch_constructs.impact.consequences import DEFINITION, at_the_end, consequences
from batch_constructs.impact.known_template import known
from batch_constructs.impact.loops_and_macros import (
    SERVERLESS,
    WRITTEN_BY_THE_MACRO,
    is_of_a_loop,
    untold,
)
from batch_constructs.impact.property_verdict import ORDER, Effect, of_property
from batch_constructs.impact.refused import names_that_clash, refusals

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Effect", "Impact", "impact"]

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
class _Judgement:
    """What becomes of a resource by itself, whatever the others are."""

    effect: Effect
    because: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    fails: bool = False


def impact(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Impact]:
    """Say what deploying a template over another does to each resource, by logical ID."""
    found = changes(known(old), known(new))
    judged = _all_judged(found)
    sections = {
        f"Template/{section}": Impact(
            type="Template", effect=Effect.UNKNOWN, because=[section], notes=[why], fails=False
        )
        for section, why in untold(old, new).items()
    }
    return sections | {name: _impact(change, found, judged, new) for name, change in found.items()}


def _all_judged(found: Mapping[str, Change]) -> dict[str, _Judgement]:
    """Judge each resource, and again those that refer to what is another one or changes."""
    judged: dict[str, _Judgement] = {}
    waiting = list(found.values())
    while waiting:
        change = waiting.pop()
        before, now = judged.get(change.logical_id), _judged(change)
        judged[change.logical_id] = now
        if now.effect in _MOVES and (before is None or before.effect is not now.effect):
            replaced = now.effect is Effect.REPLACE
            waiting += follow(found, change.logical_id, replaced=replaced)
    return judged


def _impact(
    change: Change,
    found: Mapping[str, Change],
    judged: Mapping[str, _Judgement],
    new: Mapping[str, Any],
) -> Impact:
    mine = judged[change.logical_id]
    refused = list(refusals(change, found, new))
    moved = [
        f"{path} changes because {target} {_becomes(found[target], judged[target])}"
        for path, target in change.referred.items()
    ]
    return Impact(
        type=change.type,
        effect=mine.effect,
        because=list(mine.because),
        notes=sorted([*mine.notes, *refused, *moved], key=lambda note: note.startswith(_PAGE)),
        fails=mine.fails or bool(refused),
    )


def _becomes(change: Change, judged: _Judgement) -> str:
    if judged.effect is Effect.REPLACE:
        return "is replaced"
    return "gets a new revision" if change.type == DEFINITION else "gets a new version"


def _judged(change: Change) -> _Judgement:
    """Judge one resource by itself."""
    if change.old is None:
        return _Judgement(Effect.CREATE)
    if change.new is None:
        kept = change.old.get("DeletionPolicy") in {"Retain", "RetainExceptOnCreate"}
        notes = ("its DeletionPolicy keeps it in the account",) if kept else ()
        return _Judgement(Effect.DELETE, (), (*notes, *at_the_end(change, kept=kept)))
    if change.old.get("Type") != change.new.get("Type"):
        note = f"CloudFormation changes the type of no logical ID: {_ANOTHER_ID}"
        return _Judgement(Effect.REPLACE, ("Type",), (note,), fails=True)
    condition = change.new.get("Condition")
    if condition is not None and condition != change.old.get("Condition"):
        loop = is_of_a_loop(condition)
        note = (
            "what Fn::ForEach no longer makes of it, is deleted: only the deployment knows"
            if loop
            else "where its Condition is false, it is deleted: only the deployment knows"
        )
        because = "Fn::ForEach" if loop else "Condition"
        notes = (note, *at_the_end(change, kept=False))
        return _Judgement(Effect.DELETE, (because,), notes)
    found = [_of_properties(one) for one in branches(change)]
    return max(found, key=lambda one: (one.fails, ORDER[one.effect]))


def _of_properties(change: Change) -> _Judgement:
    """Judge the properties of a resource that stays."""
    judged = {path: of_property(change, path) for path in [*change.paths, *change.referred]}
    if not judged:
        return _Judgement(Effect.NONE)
    if change.type.startswith(f"{SERVERLESS}::"):
        note = f"what becomes of what it stands for cannot be told: {WRITTEN_BY_THE_MACRO}"
        return _Judgement(Effect.UNKNOWN, tuple(judged), (note,))
    worst = max((one.effect for one in judged.values()), key=ORDER.__getitem__)
    another = any(one.effect is Effect.REPLACE and not one.fails for one in judged.values())
    told = [one for one in judged.values() if not (another and one.fails)]
    clashes = list(names_that_clash(change)) if worst is Effect.REPLACE else []
    pages = [
        f"{_PAGE}{one.source.page}" for one in judged.values() if one.source and one.effect is worst
    ]
    notes = [*filter(None, (one.note for one in told)), *clashes, *consequences(change, worst)]
    return _Judgement(
        worst,
        tuple(path for path, one in judged.items() if one.effect is worst),
        tuple(dict.fromkeys([*notes, *pages])),
        fails=bool(clashes) or any(one.fails for one in told),
    )
