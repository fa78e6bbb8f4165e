"""What the change of one property does, as CloudFormation's registry and AWS Batch's pages say."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from batch_constructs.aws import updates
from batch_constructs.aws.compute_environment_facts import BEST_FIT, ON_FARGATE
from batch_constructs.aws.job_queue_facts import QUEUE_KINDS
from batch_constructs.impact.changes import WHOLE

if TYPE_CHECKING:
    from batch_constructs.aws.source import Source
    from batch_constructs.impact.changes import Change

ENVIRONMENT: Final = "AWS::Batch::ComputeEnvironment"
QUEUE: Final = "AWS::Batch::JobQueue"
SHARE: Final = "AWS::Batch::QuotaShare"
_POLICY: Final = "AWS::Batch::SchedulingPolicy"
_ORDERS: Final = tuple(kind.order for kind in QUEUE_KINDS)
_KINDS: Final = ("FairsharePolicy", "QuotaSharePolicy")
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


ORDER: Final = {effect: place for place, effect in enumerate(Effect)}
"""From the least to the most."""


@dataclass(frozen=True, slots=True)
class Verdict:
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


def of_property(change: Change, path: str) -> Verdict:
    """Judge the change of one property."""
    table = updates.create_only(change.type)
    if _stands_in(path, table.always):
        return Verdict(Effect.REPLACE, updates.registry(change.type))
    if change.type == ENVIRONMENT and _is_role_of_another_kind(change, path):
        return Verdict(
            Effect.IN_PLACE,
            updates.ROLE_STAYS,
            "AWS Batch cannot change an environment from its service-linked role to another one, "
            "or back: the deployment fails; create an environment with another name or logical ID",
            fails=True,
        )
    if not _stands_in(path, table.perhaps):
        newest = change.type == ENVIRONMENT and path in updates.TAKES_NEW_INSTANCES
        on_instances = newest and _family(change) == updates.INSTANCES
        able = on_instances and _of_instances(change).effect is Effect.INFRASTRUCTURE_UPDATE
        return _of_instances(change) if able else _in_place(change, path)
    if change.type == ENVIRONMENT:
        return _of_environment(change, path)
    return Verdict(
        Effect.REPLACE,
        updates.registry(change.type),
        f"{path} is only changed in place under conditions that the template does not show",
    )


def _in_place(change: Change, path: str) -> Verdict:
    """Judge a change that CloudFormation makes in place, whatever AWS Batch says to it."""
    if change.type == QUEUE and path == "SchedulingPolicyArn":
        had, has = (change.property(path, old=old) is not None for old in (True, False))
        if had and not has:
            return Verdict(
                Effect.IN_PLACE,
                updates.POLICY_STAYS,
                "a scheduling policy can be replaced but not removed: the deployment fails; "
                "create a queue with another logical ID",
                fails=True,
            )
        if has and not had:
            return Verdict(
                Effect.IN_PLACE,
                updates.NO_POLICY_LATER,
                "a queue without a scheduling policy cannot get one later: the deployment fails; "
                "create a queue with another logical ID",
                fails=True,
            )
    if change.type == QUEUE and path in _ORDERS and _is_of_another_order(change):
        return Verdict(
            Effect.IN_PLACE,
            updates.KIND_OF_ORDER_STAYS,
            "a queue of compute environments cannot get a service environment, or the reverse: the "
            "deployment fails; create a queue with another logical ID",
            fails=True,
        )
    if change.type == _POLICY and path.startswith(_KINDS) and _is_of_another_kind(change):
        return Verdict(
            Effect.IN_PLACE,
            updates.KIND_OF_POLICY_STAYS,
            "a scheduling policy keeps its kind, fair share or quota share: the deployment "
            "fails; create a policy with another logical ID and name",
            fails=True,
        )
    told = updates.is_in_registry(change.type)
    return Verdict(Effect.IN_PLACE, updates.registry(change.type) if told else None)


def _is_of_another_order(change: Change) -> bool:
    """Whether a queue has one kind of environments, and another one afterwards."""
    had, has = (
        [path for path in _ORDERS if change.property(path, old=old) is not None]
        for old in (True, False)
    )
    return len(had) == 1 and len(has) == 1 and had != has


def _is_of_another_kind(change: Change) -> bool:
    """Whether a scheduling policy loses what it was made of; one without is by arrival."""
    return any(
        change.property(kind, old=True) is not None and change.property(kind) is None
        for kind in _KINDS
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


def _of_environment(change: Change, path: str) -> Verdict:
    """Judge what the registry leaves open: the kind, the role and the strategy decide."""
    if str(change.property("ReplaceComputeEnvironment")).lower() != "false":
        note = "ReplaceComputeEnvironment is not false, so it is replaced"
        return Verdict(Effect.REPLACE, updates.REPLACES_BY_DEFAULT, note)
    old, new = _family(change, old=True), _family(change)
    scales = (*updates.SCALES, *(updates.FARGATE_SCALES if new in ON_FARGATE else ()))
    if path.startswith(scales):
        return Verdict(Effect.IN_PLACE, updates.SCALING)
    if old != new:
        note = (
            f"AWS Batch cannot change an environment from one kind of capacity to another{_FAILS}"
        )
        return Verdict(Effect.REPLACE, updates.FARGATE_REFUSES, note, fails=True)
    if new in ON_FARGATE:
        note = f"AWS Batch cannot change {path} of an environment on Fargate{_FAILS}"
        return Verdict(Effect.REPLACE, updates.FARGATE_REFUSES, note, fails=True)
    return _of_instances(change)


def _family(change: Change, *, old: bool = False) -> str:
    return updates.family(str(change.property("ComputeResources/Type", old=old)).upper())


def _of_instances(change: Change) -> Verdict:
    """Judge a change that needs other instances, where it shall be made in place."""
    for source, old in ((updates.IN_PLACE, False), (updates.NOT_FROM_BEST_FIT, True)):
        strategy = change.property("ComputeResources/AllocationStrategy", old=old)
        kind = str(change.property("ComputeResources/Type", old=old)).upper()
        if updates.is_best_fit(kind, strategy):
            note = (
                f"the allocation strategy {BEST_FIT} does not support infrastructure updates"
                f"{_FAILS}"
            )
            return Verdict(Effect.REPLACE, source, note, fails=True)
    if updates.has_role_of_its_own(change.property("ServiceRole")):
        note = (
            "an environment with its own service role does not support infrastructure "
            f"updates{_FAILS}"
        )
        return Verdict(Effect.REPLACE, updates.IN_PLACE, note, fails=True)
    return Verdict(Effect.INFRASTRUCTURE_UPDATE, updates.IN_PLACE)
