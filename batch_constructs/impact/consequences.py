"""What a change means beside its effect: for jobs, for what is named, for who refers to it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from batch_constructs.aws import updates
from batch_constructs.aws.compute_environment_facts import ON_FARGATE
from batch_constructs.impact.property_verdict import ENVIRONMENT, QUEUE, Effect

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
        both = (change.old or {}, change.new or {})
        kept = all(one.get("UpdateReplacePolicy") == "Retain" for one in both)
        if kept:
            yield (
                "its UpdateReplacePolicy keeps the old one in the account, outside of the "
                "stack and unchanged: what waits or runs in it continues, and you pay for it"
            )
        yield from at_the_end(change, kept=kept)
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
    """Say that AWS Batch was seen to refuse an update policy, an empty one too, for Fargate."""
    kind = str(change.property("ComputeResources/Type")).upper()
    if kind in ON_FARGATE and change.property("UpdatePolicy") is not None:
        yield (
            "UpdatePolicy is written, if only an empty one: AWS Batch was seen to refuse the update"
            f" for Fargate ({updates.FARGATE_REFUSES.page}); leave it out"
        )


def at_the_end(change: Change, *, kept: bool) -> Iterator[str]:
    """Say what ends with a resource that is deleted, unless it is kept."""
    if kept:
        return
    if change.type == ENVIRONMENT:
        kind = str(change.property("ComputeResources/Type", old=True)).upper()
        yield "its queues leave it first; " + (
            f"on Fargate it becomes INVALID where jobs still run in it: see {updates.DELETION_PAGE}"
            if kind in ON_FARGATE
            else "jobs that run in it are ended when it is deleted"
        )
    elif change.type == QUEUE:
        yield "jobs that wait or run in the queue are ended when it is deleted"


def _what_becomes_of_jobs(change: Change) -> str:
    if str(change.property("UpdatePolicy/TerminateJobsOnUpdate")).lower() == "true":
        return "instances are replaced; jobs that run on them are ended"
    minutes = change.property("UpdatePolicy/JobExecutionTimeoutMinutes")
    minutes = updates.UPDATE_MINUTES if minutes is None else minutes
    return f"instances are replaced; jobs that run on them have {minutes} minutes to end"
