"""What CloudFormation and AWS Batch make of a change: in place, new instances, another one."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from batch_constructs.aws import updates
from batch_constructs.aws.compute_environments import BEST_FIT, IN_PLACE_STRATEGIES, ON_FARGATE
from batch_constructs.impact.changes import Change, changes, follow

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_ENVIRONMENT: Final = "AWS::Batch::ComputeEnvironment"
_QUEUE: Final = "AWS::Batch::JobQueue"
_DEFINITION: Final = "AWS::Batch::JobDefinition"
_FAILS: Final = ", and ReplaceComputeEnvironment is false: the deployment fails; set it to true"


class Effect(StrEnum):
    """What becomes of a resource, from the least to the most."""

    NONE = "none"
    CREATE = "create"
    IN_PLACE = "in-place"
    INFRASTRUCTURE_UPDATE = "infrastructure-update"
    REPLACE = "replace"
    DELETE = "delete"


_ORDER: Final = {effect: place for place, effect in enumerate(Effect)}


@dataclass(frozen=True, kw_only=True)
class Impact:
    """What a deployment does to one resource.

    Attributes:
        type: its CloudFormation type.
        effect: what becomes of it.
        because: the properties that cause it, as paths below ``Properties``.
        notes: what a person should know of it.
    """

    type: str
    effect: Effect
    because: list[str]
    notes: list[str]


def impact(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Impact]:
    """Say what deploying a template over another does to each resource, by logical ID."""
    found = changes(old, new)
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
    return {logical_id: _impact(change, found) for logical_id, change in found.items()}


def _impact(change: Change, found: Mapping[str, Change]) -> Impact:
    effect, because, notes = _judged(change)
    moved = [
        f"{path} changes because {target} {_becomes(found[target])}"
        for path, target in change.referred.items()
    ]
    return Impact(type=change.type, effect=effect, because=because, notes=[*notes, *moved])


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
            ["CloudFormation does not change the type of a logical ID: give it another one"],
        )
    judged = [(*_of_path(change, path), path) for path in [*change.paths, *change.referred]]
    if not judged:
        return Effect.NONE, [], []
    worst = max((effect for effect, _, _ in judged), key=_ORDER.__getitem__)
    because = [path for effect, _, path in judged if effect is worst]
    notes = list(dict.fromkeys(note for _, note, _ in judged if note))
    return worst, because, [*notes, *_notes(change, worst)]


def _of_path(change: Change, path: str) -> tuple[Effect, str]:
    """Judge the change of one property: its effect, and a note that may be empty."""
    table = updates.create_only(change.type)
    if _stands_in(path, table.always):
        return Effect.REPLACE, ""
    if not _stands_in(path, table.perhaps):
        return Effect.IN_PLACE, ""
    if change.type == _ENVIRONMENT:
        return _of_environment(change, path)
    return (
        Effect.REPLACE,
        f"{path} is changed in place under conditions only, which the template does not show",
    )


def _stands_in(path: str, properties: frozenset[str]) -> bool:
    """Whether a path is one of some properties, or lies below or around one."""
    return any(
        path == one or path.startswith(f"{one}/") or one.startswith(f"{path}/")
        for one in properties
    )


def _of_environment(change: Change, path: str) -> tuple[Effect, str]:
    """Judge what the registry leaves open: the kind, the role and the strategy decide."""
    kinds = {
        str(change.property("ComputeResources/Type", old=old)).upper() for old in (True, False)
    }
    fargate = kinds <= {*ON_FARGATE}
    if str(change.property("ReplaceComputeEnvironment")).lower() != "false":
        return Effect.REPLACE, "ReplaceComputeEnvironment is not false, so that it is replaced"
    if path.startswith(tuple(updates.SCALES)) or (
        fargate and path.startswith(tuple(updates.FARGATE_SCALES))
    ):
        return Effect.IN_PLACE, ""
    if fargate or kinds & {*ON_FARGATE}:
        return Effect.REPLACE, f"AWS names no way to change {path} of an environment on Fargate"
    strategy = change.property("ComputeResources/AllocationStrategy") or BEST_FIT
    if isinstance(strategy, str) and strategy not in IN_PLACE_STRATEGIES:
        return (
            Effect.REPLACE,
            f"the allocation strategy {strategy} admits no infrastructure update{_FAILS}",
        )
    role = change.property("ServiceRole")
    if role is not None and updates.SERVICE_LINKED_ROLE not in str(role):
        return (
            Effect.REPLACE,
            f"a service role of its own admits no infrastructure update{_FAILS}",
        )
    return Effect.INFRASTRUCTURE_UPDATE, ""


def _notes(change: Change, effect: Effect) -> Iterator[str]:
    if effect is Effect.REPLACE:
        yield from _names_that_clash(change)
        yield from _notes_of_the_end(change, kept=False)
    if effect is Effect.INFRASTRUCTURE_UPDATE:
        yield _what_becomes_of_jobs(change)
    policy = "SchedulingPolicyArn"
    if change.type == _QUEUE and policy in change.paths and change.property(policy) is None:
        yield (
            "a scheduling policy can be replaced but not removed: the deployment fails; make a"
            " queue of another logical ID"
        )
    if change.type == _DEFINITION and effect is Effect.IN_PLACE:
        kept = change.property("ResourceRetentionPolicy/SkipDeregisterOnUpdate")
        yield "a new revision is registered" + (
            "; the old one stays active"
            if str(kept).lower() == "true"
            else ", and the old one is deregistered: a caller that names it is refused"
        )


def _names_that_clash(change: Change) -> Iterator[str]:
    """Say that the new resource cannot be made beside the old one, which has its name still."""
    for path in updates.create_only(change.type).always:
        if "/" in path or not path.endswith("Name"):
            continue
        old, new = change.property(path, old=True), change.property(path)
        if new is not None and old == new:
            yield f"{path} stays as it is: the deployment fails, since the name is still taken"


def _notes_of_the_end(change: Change, *, kept: bool) -> Iterator[str]:
    if kept:
        return
    if change.type == _ENVIRONMENT:
        yield "its queues leave it first; jobs that run in it are ended when it is deleted"
    elif change.type == _QUEUE:
        yield "jobs that wait or run in the queue are ended when it is deleted"


def _what_becomes_of_jobs(change: Change) -> str:
    if str(change.property("UpdatePolicy/TerminateJobsOnUpdate")).lower() == "true":
        return "instances are replaced; jobs that run on them are ended"
    minutes = change.property("UpdatePolicy/JobExecutionTimeoutMinutes")
    minutes = updates.UPDATE_MINUTES if minutes is None else minutes
    return f"instances are replaced; jobs that run on them have {minutes} minutes to end"
