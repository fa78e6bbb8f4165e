"""What a change of a resource means beside its effect: for jobs, and for who names it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from batch_constructs.aws import updates
from batch_constructs.aws.compute_environment_facts import ON_FARGATE
from batch_constructs.impact.property_verdict import ENVIRONMENT, QUEUE, SHARE, Effect

if TYPE_CHECKING:
    from collections.abc import Iterator

    from batch_constructs.impact.changes import Change

DEFINITION: Final = "AWS::Batch::JobDefinition"


def consequences(change: Change, effect: Effect) -> Iterator[str]:
    """Say what a change of properties means beside its effect."""
    replaced = [
        str(change.property("ReplaceComputeEnvironment", old=old)).lower() != "false"
        for old in (True, False)
    ]
    beside = set(change.paths) - {"ReplaceComputeEnvironment"}
    if change.type == ENVIRONMENT and replaced == [True, False] and beside:
        yield (
            "ReplaceComputeEnvironment becomes false together with other changes: if they have to "
            "be rolled back and cannot be, the stack stays in UPDATE_ROLLBACK_FAILED; deploy it "
            f"alone first ({updates.REPLACES_BY_DEFAULT.page})"
        )
    if effect is Effect.REPLACE:
        if is_kept(change, effect):
            yield (
                "its UpdateReplacePolicy keeps the old one in the account, outside of the "
                "stack and unchanged: what waits or runs in it continues, and you pay for it"
            )
        else:
            yield from at_the_end(change)
    if effect is Effect.INFRASTRUCTURE_UPDATE:
        yield _what_becomes_of_jobs(change)
    if change.type == ENVIRONMENT and effect is Effect.IN_PLACE:
        yield from _notes_of_fargate(change)
    if change.type == DEFINITION and effect is Effect.IN_PLACE:
        kept = change.property("ResourceRetentionPolicy/SkipDeregisterOnUpdate")
        yield "a new revision is registered" + (
            "; the old one stays active"
            if str(kept).lower() == "true"
            else ", and the old one is deregistered: a caller that names it is refused"
        )


def _notes_of_fargate(change: Change) -> Iterator[str]:
    """Say that AWS Batch was seen to refuse these, even an empty policy, for Fargate."""
    kind = str(change.property("ComputeResources/Type")).upper()
    for path in ("UpdatePolicy", *updates.TAKES_NEW_INSTANCES) if kind in ON_FARGATE else ():
        if change.property(path) is not None:
            yield (
                f"{path} is set, whatever it says: AWS Batch has been seen to refuse the update "
                f"for Fargate ({updates.FARGATE_REFUSES.page}); leave it out"
            )


def is_kept(change: Change, effect: Effect) -> bool:
    """Whether what is deleted, or replaced, stays in the account all the same."""
    old, new = change.old or {}, change.new or {}
    if effect is Effect.REPLACE:
        return all(one.get("UpdateReplacePolicy") == "Retain" for one in (old, new))
    return old.get("DeletionPolicy") in {"Retain", "RetainExceptOnCreate"}


def at_the_end(change: Change) -> Iterator[str]:
    """Say what ends with a resource that is deleted, whatever is around it."""
    if change.type in {QUEUE, SHARE}:
        noun = "queue" if change.type == QUEUE else "share"
        yield f"jobs that wait or run in the {noun} are ended when it is deleted"
    elif change.type == DEFINITION:
        yield (
            "the old definition is deregistered: a caller that names it is refused; jobs that were "
            "submitted keep it"
        )


def _what_becomes_of_jobs(change: Change) -> str:
    if str(change.property("UpdatePolicy/TerminateJobsOnUpdate")).lower() == "true":
        return "instances are replaced; jobs that run on them are ended"
    minutes = change.property("UpdatePolicy/JobExecutionTimeoutMinutes")
    minutes = updates.UPDATE_MINUTES if minutes is None else minutes
    return f"instances are replaced; jobs that run on them have {minutes} minutes to end"
