"""What CloudFormation and AWS Batch make of a change: in place, new instances, another one."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from batch_constructs.aws import updates
from batch_constructs.aws.compute_environment_facts import BEST_FIT, IN_PLACE_STRATEGIES, ON_FARGATE
from batch_constructs.impact.branches import branches
from batch_constructs.impact.changes import WHOLE, Change, changes, follow
from batch_constructs.impact.known_template import known
from batch_constructs.impact.loops_and_macros import (
    SERVERLESS,
    WRITTEN_BY_THE_MACRO,
    is_of_a_loop,
    untold,
)
from batch_constructs.impact.refused import names_that_clash, refusals

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from batch_constructs.aws.source import Source

_ENVIRONMENT: Final = "AWS::Batch::ComputeEnvironment"
_QUEUE: Final = "AWS::Batch::JobQueue"
_POLICY: Final = "AWS::Batch::SchedulingPolicy"
_DEFINITION: Final = "AWS::Batch::JobDefinition"
_PAGE: Final = "see "
_ANOTHER_ID: Final = "the deployment fails; give it another logical ID"
_FAILS: Final = ", and ReplaceComputeEnvironment is false: the deployment fails; set it to true"


class Effect(StrEnum):
    """What becomes of a resource, from the least to the most."""

    NONE = "none"
    CREATE = "create"
    IN_PLACE = "in-place"
    INFRASTRUCTURE_UPDATE = "infrastructure-update"
    REPLACE = "replace"
    DELETE = "delete"
    UNKNOWN = "unknown"


_ORDER: Final = {effect: place for place, effect in enumerate(Effect)}


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


def impact(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Impact]:
    """Say what deploying a template over another does to each resource, by logical ID."""
    found = changes(known(old), known(new))
    waiting = list(found.values())
    told: dict[str, tuple[Effect, int]] = {}
    while waiting:
        change = waiting.pop()
        effect = _judged(change)[0]
        state = (effect, len(change.referred))
        if told.get(change.logical_id, (None,))[0] == effect:
            continue
        told[change.logical_id] = state
        if effect in {Effect.IN_PLACE, Effect.INFRASTRUCTURE_UPDATE, Effect.REPLACE}:
            replaced = effect is Effect.REPLACE
            waiting += follow(found, change.logical_id, replaced=replaced)
    sections = {
        f"Template/{section}": Impact(
            type="Template", effect=Effect.UNKNOWN, because=[section], notes=[why], fails=False
        )
        for section, why in untold(old, new).items()
    }
    return sections | {name: _impact(change, found, new) for name, change in found.items()}


def _impact(change: Change, found: Mapping[str, Change], new: Mapping[str, Any]) -> Impact:
    effect, because, notes = _judged(change)
    notes += refusals(change, found, new)
    moved = [
        f"{path} changes because {target} {_becomes(found[target])}"
        for path, target in change.referred.items()
    ]
    said = sorted([*notes, *moved], key=lambda note: note.startswith(_PAGE))
    return Impact(type=change.type, effect=effect, because=because, notes=said, fails=_fails(notes))


def _becomes(change: Change) -> str:
    if _judged(change)[0] is Effect.REPLACE:
        return "is replaced"
    return "gets a new revision" if change.type == _DEFINITION else "gets a new version"


def _judged(change: Change) -> tuple[Effect, list[str], list[str]]:
    """Give the effect on a resource, the properties that cause it, and notes."""
    if change.old is None:
        return Effect.CREATE, [], []
    if change.new is None:
        kept = change.old.get("DeletionPolicy") in {"Retain", "RetainExceptOnCreate"}
        notes = ["its DeletionPolicy keeps it in the account"] if kept else []
        return Effect.DELETE, [], [*notes, *_notes_of_the_end(change, kept=kept)]
    if change.old.get("Type") != change.new.get("Type"):
        return (
            Effect.REPLACE,
            ["Type"],
            [f"CloudFormation changes the type of no logical ID: {_ANOTHER_ID}"],
        )
    condition = change.new.get("Condition")
    if condition is not None and condition != change.old.get("Condition"):
        loop = is_of_a_loop(condition)
        note = (
            "what Fn::ForEach no longer makes of it, is deleted: only the deployment knows"
            if loop
            else "it is deleted if its Condition is false, which only the deployment knows"
        )
        return (
            Effect.DELETE,
            ["Fn::ForEach" if loop else "Condition"],
            [note, *_notes_of_the_end(change, kept=False)],
        )
    found = [_of_properties(one) for one in branches(change)]
    return max(found, key=lambda one: (_fails(one[2]), _ORDER[one[0]]))


def _fails(notes: list[str]) -> bool:
    return any("the deployment fails" in note for note in notes)


def _of_properties(change: Change) -> tuple[Effect, list[str], list[str]]:
    """Judge the properties of a resource that stays."""
    judged = {path: _of_path(change, path) for path in [*change.paths, *change.referred]}
    if not judged:
        return Effect.NONE, [], []
    if change.type.startswith(f"{SERVERLESS}::"):
        note = f"what happens to the resources it represents is unknown: {WRITTEN_BY_THE_MACRO}"
        return Effect.UNKNOWN, list(judged), [note]
    worst = max((one.effect for one in judged.values()), key=_ORDER.__getitem__)
    because = [path for path, one in judged.items() if one.effect is worst]
    another = any(one.effect is Effect.REPLACE and not one.fails for one in judged.values())
    notes = [one.note for one in judged.values() if not (another and one.fails)]
    pages = [
        f"{_PAGE}{one.source.page}" for one in judged.values() if one.source and one.effect is worst
    ]
    said = [*filter(None, notes), *_notes(change, worst), *pages]
    return worst, because, list(dict.fromkeys(said))


@dataclass(frozen=True, slots=True)
class _Verdict:
    """What the change of one property does, with a note where there is one, and why.

    Attributes:
        effect: what becomes of the resource.
        source: where AWS says so.
        note: what a person should know of it.
        fails: whether the deployment fails, unless another property has the resource replaced.
    """

    effect: Effect
    source: Source | None = None
    note: str = ""
    fails: bool = False


def _of_path(change: Change, path: str) -> _Verdict:
    """Judge the change of one property."""
    table = updates.create_only(change.type)
    if _stands_in(path, table.always):
        return _Verdict(Effect.REPLACE, updates.registry(change.type))
    if change.type == _ENVIRONMENT and _is_role_of_another_kind(change, path):
        return _Verdict(
            Effect.IN_PLACE,
            updates.ROLE_STAYS,
            "AWS Batch changes no environment from its service-linked role to another one, nor "
            "back: the deployment fails; make an environment of another name or logical ID",
            fails=True,
        )
    if not _stands_in(path, table.perhaps):
        newest = change.type == _ENVIRONMENT and path in updates.TAKES_NEW_INSTANCES
        able = newest and _of_instances(change).effect is Effect.INFRASTRUCTURE_UPDATE
        return _of_instances(change) if able else _in_place(change, path)
    if change.type == _ENVIRONMENT:
        return _of_environment(change, path)
    return _Verdict(
        Effect.REPLACE,
        updates.registry(change.type),
        f"{path} is changed in place under conditions only, which the template does not show",
    )


def _in_place(change: Change, path: str) -> _Verdict:
    """Judge a change that CloudFormation makes in place, whatever AWS Batch says to it."""
    if change.type == _QUEUE and path == "SchedulingPolicyArn":
        had, has = (change.property(path, old=old) is not None for old in (True, False))
        if had and not has:
            return _Verdict(
                Effect.IN_PLACE,
                updates.POLICY_STAYS,
                "a scheduling policy can be replaced but not removed: the deployment fails; make a"
                " queue of another logical ID",
                fails=True,
            )
        if has and not had:
            return _Verdict(
                Effect.IN_PLACE,
                updates.NO_POLICY_LATER,
                "a queue without a scheduling policy gets none later: the deployment fails; make a"
                " queue of another logical ID",
                fails=True,
            )
    if change.type == _POLICY and _is_of_another_kind(change):
        return _Verdict(
            Effect.IN_PLACE,
            updates.KIND_OF_POLICY_STAYS,
            "a scheduling policy keeps its kind, fair share or quota share: the deployment fails; "
            "make a policy of another logical ID and name",
            fails=True,
        )
    told = updates.is_in_registry(change.type)
    return _Verdict(Effect.IN_PLACE, updates.registry(change.type) if told else None)


def _is_of_another_kind(change: Change) -> bool:
    """Whether a scheduling policy loses what it was made of; one without is by arrival."""
    return any(
        change.property(kind, old=True) is not None and change.property(kind) is None
        for kind in ("FairsharePolicy", "QuotaSharePolicy")
    )


def _is_role_of_another_kind(change: Change, path: str) -> bool:
    managed = change.property("ComputeResources") is not None
    own = [
        updates.has_role_of_its_own(change.property("ServiceRole", old=old))
        for old in (True, False)
    ]
    return path == "ServiceRole" and managed and own[0] != own[1]


def _stands_in(path: str, properties: frozenset[str]) -> bool:
    """Whether a path is one of some properties, or lies below or around one."""
    return path == WHOLE or any(
        path == one or path.startswith(f"{one}/") or one.startswith(f"{path}/")
        for one in properties
    )


def _of_environment(change: Change, path: str) -> _Verdict:
    """Judge what the registry leaves open: the kind, the role and the strategy decide."""
    if str(change.property("ReplaceComputeEnvironment")).lower() != "false":
        note = "ReplaceComputeEnvironment is not false, so that it is replaced"
        return _Verdict(Effect.REPLACE, updates.REPLACES_BY_DEFAULT, note)
    old, new = (
        updates.family(str(change.property("ComputeResources/Type", old=old)).upper())
        for old in (True, False)
    )
    scales = (*updates.SCALES, *(updates.FARGATE_SCALES if new in ON_FARGATE else ()))
    if path.startswith(scales):
        return _Verdict(Effect.IN_PLACE, updates.SCALING)
    if old != new:
        note = f"AWS Batch changes no environment from one kind of capacity to another{_FAILS}"
        return _Verdict(Effect.REPLACE, updates.FARGATE_REFUSES, note, fails=True)
    if new in ON_FARGATE:
        note = f"AWS Batch changes no {path} of an environment on Fargate{_FAILS}"
        return _Verdict(Effect.REPLACE, updates.FARGATE_REFUSES, note, fails=True)
    return _of_instances(change)


def _of_instances(change: Change) -> _Verdict:
    """Judge a change that needs other instances, where it shall be made in place."""
    strategy = change.property("ComputeResources/AllocationStrategy") or BEST_FIT
    if isinstance(strategy, str) and strategy not in IN_PLACE_STRATEGIES:
        note = f"the allocation strategy {strategy} admits no infrastructure update{_FAILS}"
        return _Verdict(Effect.REPLACE, updates.IN_PLACE, note, fails=True)
    if updates.has_role_of_its_own(change.property("ServiceRole")):
        note = f"a service role of its own admits no infrastructure update{_FAILS}"
        return _Verdict(Effect.REPLACE, updates.IN_PLACE, note, fails=True)
    return _Verdict(Effect.INFRASTRUCTURE_UPDATE, updates.IN_PLACE)


def _notes(change: Change, effect: Effect) -> Iterator[str]:
    replaced = [
        str(change.property("ReplaceComputeEnvironment", old=old)).lower() != "false"
        for old in (True, False)
    ]
    beside = set(change.paths) - {"ReplaceComputeEnvironment"}
    if change.type == _ENVIRONMENT and replaced == [True, False] and beside:
        yield (
            "ReplaceComputeEnvironment becomes false together with other changes: if they have to "
            "be rolled back and cannot be, the stack stays in UPDATE_ROLLBACK_FAILED; deploy it "
            f"alone first ({updates.REPLACES_BY_DEFAULT.page})"
        )
    if effect is Effect.REPLACE:
        yield from names_that_clash(change)
        kept = all((one or {}).get("UpdateReplacePolicy") == "Retain" for one in _both(change))
        if kept:
            yield (
                "its UpdateReplacePolicy keeps the old one in the account, outside of the "
                "stack and unchanged: what waits or runs in it continues, and you pay for it"
            )
        yield from _notes_of_the_end(change, kept=kept)
    if effect is Effect.INFRASTRUCTURE_UPDATE:
        yield _what_becomes_of_jobs(change)
    if change.type == _ENVIRONMENT and effect is Effect.IN_PLACE:
        yield from _notes_of_fargate(change)
    if change.type == _DEFINITION and effect is Effect.IN_PLACE:
        kept = change.property("ResourceRetentionPolicy/SkipDeregisterOnUpdate")
        yield "a new revision is registered" + (
            "; the old one stays active"
            if str(kept).lower() == "true"
            else ", and the old one is deregistered: a caller that names it is refused"
        )


def _both(change: Change) -> tuple[Mapping[str, Any] | None, Mapping[str, Any] | None]:
    return change.old, change.new


def _notes_of_fargate(change: Change) -> Iterator[str]:
    """Say that AWS Batch was seen to refuse an update policy, an empty one too, for Fargate."""
    kind = str(change.property("ComputeResources/Type")).upper()
    if kind in ON_FARGATE and change.property("UpdatePolicy") is not None:
        yield (
            "UpdatePolicy is written, if only an empty one: AWS Batch was seen to refuse the update"
            f" for Fargate ({updates.FARGATE_REFUSES.page}); leave it out"
        )


def _notes_of_the_end(change: Change, *, kept: bool) -> Iterator[str]:
    if kept:
        return
    if change.type == _ENVIRONMENT:
        kind = str(change.property("ComputeResources/Type", old=True)).upper()
        yield "its queues leave it first; " + (
            f"on Fargate it becomes INVALID where jobs still run in it: see {updates.DELETION_PAGE}"
            if kind in ON_FARGATE
            else "jobs that run in it are ended when it is deleted"
        )
    elif change.type == _QUEUE:
        yield "jobs that wait or run in the queue are ended when it is deleted"


def _what_becomes_of_jobs(change: Change) -> str:
    if str(change.property("UpdatePolicy/TerminateJobsOnUpdate")).lower() == "true":
        return "instances are replaced; jobs that run on them are ended"
    minutes = change.property("UpdatePolicy/JobExecutionTimeoutMinutes")
    minutes = updates.UPDATE_MINUTES if minutes is None else minutes
    return f"instances are replaced; jobs that run on them have {minutes} minutes to end"
