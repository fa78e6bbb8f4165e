"""What a change means with what is around it: queues that move, versions that nobody reads."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

from batch_constructs.aws import resource_kinds, updates
from batch_constructs.aws.compute_environment_facts import (
    ON_FARGATE,
    PLATFORMS,
)
from batch_constructs.aws.job_queue_facts import QUEUE_TYPES
from batch_constructs.aws.platforms import Orchestration
from batch_constructs.impact.changes import properties, references
from batch_constructs.impact.consequences import DEFINITION, is_kept
from batch_constructs.impact.property_verdict import ENVIRONMENT, QUEUE, Effect

if TYPE_CHECKING:
    from batch_constructs.impact.changes import Change
    from batch_constructs.impact.verdict import Judgement

_TEMPLATE: Final = "AWS::EC2::LaunchTemplate"
_ORDER: Final = "ComputeEnvironmentOrder"
_IN_ARNS: Final = {QUEUE: resource_kinds.JOB_QUEUE, DEFINITION: resource_kinds.JOB_DEFINITION}
"""What is before the name in an ARN, of what is submitted to and with."""
_EVENT_PATTERN: Final = "EventPattern"
_NO_REQUESTS: Final = frozenset({_EVENT_PATTERN, "PolicyDocument", "Policies"})
"""What names a queue or a definition, and submits nothing."""

_DEFAULT: Final = "$Default"
_LATEST: Final = "$Latest"
_READ_AGAIN: Final = frozenset({Effect.CREATE, Effect.INFRASTRUCTURE_UPDATE, Effect.REPLACE})
_NEW: Final = frozenset({Effect.CREATE, Effect.REPLACE})
_GOES: Final = frozenset({Effect.DELETE, Effect.REPLACE})


def neighbours(
    change: Change, found: Mapping[str, Change], judged: Mapping[str, Judgement]
) -> Iterator[str]:
    """Say what a change means together with what is around it.

    Args:
        change: the change of a resource.
        found: all changes.
        judged: what becomes of each.
    """
    effect = judged[change.logical_id].effect
    if change.type == ENVIRONMENT and effect in _GOES and not is_kept(change, effect):
        yield from _of_what_leaves(change, found, judged)
    if change.type in _IN_ARNS and effect in _GOES and not is_kept(change, effect):
        yield from _of_those_that_name(change, found)
    if change.type == ENVIRONMENT and effect in _NEW:
        yield from _of_what_comes(change, found)
    if change.type == _TEMPLATE and effect is Effect.IN_PLACE:
        yield from _of_a_version(change, found, judged)
    if change.type == QUEUE and effect is Effect.IN_PLACE:
        yield from _of_a_type(change, found)


def _of_what_leaves(
    change: Change, found: Mapping[str, Change], judged: Mapping[str, Judgement]
) -> Iterator[str]:
    """Say which queues leave an environment, and what becomes of the jobs in it."""
    queues = [
        one.logical_id
        for one in found.values()
        if one.type == QUEUE
        and one.old is not None
        and _refers(one.property(_ORDER, old=True), change)
    ]
    stay = [one for one in queues if judged[one].effect not in _GOES]
    kind = str(change.property("ComputeResources/Type", old=True)).upper()
    if queues and not stay:
        yield f"its queues are deleted before it ({', '.join(queues)}), and their jobs are ended"
    elif kind in ON_FARGATE:
        yield (
            f"{_leaving(stay)}jobs that run in it have to end before it is deleted: on Fargate it "
            f"becomes INVALID otherwise, and is left in the account ({updates.DELETION_PAGE})"
        )
    else:
        yield f"{_leaving(stay)}jobs that run in it are ended when it is deleted"
    name = change.property("ComputeEnvironmentName", old=True)
    for one in found.values():
        if one.type == QUEUE and isinstance(name, str) and _names(one.property(_ORDER), name):
            yield (
                f"{one.logical_id} names it as text, and keeps it: AWS Batch deletes no "
                "environment that a queue uses, so it is left in the account; use Ref instead"
            )


def _of_those_that_name(change: Change, found: Mapping[str, Change]) -> Iterator[str]:
    """Say who still submits to a queue, or with a definition, by the text of its name."""
    noun = change.type.rpartition("::")[2]
    name = change.property(f"{noun}Name", old=True)
    heirs = [one for one in found.values() if one.type == change.type and one.new is not None]
    if not isinstance(name, str) or any(one.property(f"{noun}Name") == name for one in heirs):
        return
    whole = rf"{re.escape(name)}(?!\w|-)"
    called = re.compile(rf'(?:{_IN_ARNS[change.type]}/|"{noun}"\s*:\s*"){whole}')
    for one in found.values():
        written = properties(one.new) if one.new is not None else {}
        if any(
            called.search(text) or (key.lower() == noun.lower() and re.match(whole, text))
            for key, text in _texts(written, "")
        ):
            yield f"{one.logical_id} names it as text: what that submits is refused from then on"
        if any(called.search(text) for _, text in _texts(written.get(_EVENT_PATTERN), "")):
            yield f"{one.logical_id} names it as text in its event pattern, which nothing matches"


def _texts(value: Any, key: str) -> Iterator[tuple[str, str]]:
    """Give every text in a value that may be submitted, each with the name it stands under."""
    if isinstance(value, Mapping):
        for name, below in value.items():
            if name not in _NO_REQUESTS:
                yield from _texts(below, str(name))
    elif isinstance(value, list):
        for below in value:
            yield from _texts(below, key)
    elif isinstance(value, str):
        yield key, value


def _of_what_comes(change: Change, found: Mapping[str, Change]) -> Iterator[str]:
    """Say which queues CloudFormation does not have wait for an environment."""
    name = change.property("ComputeEnvironmentName")
    for one in found.values():
        waits = (one.new or {}).get("DependsOn")
        is_told = change.logical_id in (waits if isinstance(waits, list) else [waits])
        named = isinstance(name, str) and _names(one.property(_ORDER), name)
        if one.type == QUEUE and named and not is_told:
            yield (
                f"{one.logical_id} names it as text: CloudFormation may change the queue before "
                "the environment exists, which fails; use Ref instead"
            )


def _leaving(queues: list[str]) -> str:
    return f"its queues leave it first ({', '.join(queues)}); " if queues else ""


def _refers(value: Any, change: Change) -> bool:
    return any(target == change.logical_id for _, target, _ in references(value))


def _names(order: Any, name: str) -> bool:
    """Whether an order of environments has one by the text of its name or its ARN."""
    for entry in order if isinstance(order, list) else ():
        value = entry.get("ComputeEnvironment") if isinstance(entry, Mapping) else None
        match value:
            case {"Fn::Join": [_, [*_, last]]}:  # an ARN of the place where the stack is
                value = last
        if isinstance(value, str) and value.rpartition("/")[2] == name:
            return True
    return False


def _of_a_type(change: Change, found: Mapping[str, Change]) -> Iterator[str]:
    """Say that a queue keeps the type that its environments gave it, as far as AWS says."""
    was, becomes = (
        {
            QUEUE_TYPES.get(_platform(found[target], old=old))
            for _, target, _ in references(change.property(_ORDER, old=old))
            if target in found
        }
        for old in (True, False)
    )
    if None not in was | becomes and was and becomes and was != becomes:
        yield (
            f"its environments gave it the type {', '.join(sorted(map(str, was)))}; AWS does not "
            f"say whether an update changes that to {', '.join(sorted(map(str, becomes)))}: a "
            f"queue with another logical ID has that type ({updates.TYPE_OF_QUEUE.page})"
        )


def _platform(environment: Change, *, old: bool) -> str:
    """Give where jobs of an environment run, as types of queues know it; empty if unknown."""
    kind = str(environment.property("ComputeResources/Type", old=old)).upper()
    if environment.property("EksConfiguration", old=old) is not None:
        return Orchestration.EKS
    return PLATFORMS.get(kind, "")


def _of_a_version(
    change: Change, found: Mapping[str, Change], judged: Mapping[str, Judgement]
) -> Iterator[str]:
    """Say which environments do not take a new version of a launch template."""
    name = change.property("LaunchTemplateName")
    for one in found.values():
        if one.type != ENVIRONMENT or one.new is None:
            continue
        is_read = judged[one.logical_id].effect in _READ_AGAIN
        given = properties(one.new).get("ComputeResources")
        spec = given.get("LaunchTemplate") if isinstance(given, Mapping) else None
        for launched in _launched(spec):
            version = launched.get("Version", _DEFAULT)
            named = name is not None and launched.get("LaunchTemplateName") == name
            if not named and not _refers(launched, change):
                continue
            if version == _DEFAULT:
                yield (
                    f"{one.logical_id} uses its version {_DEFAULT}, which CloudFormation leaves "
                    "at the first: no instance starts from the new one; use the attribute "
                    f"LatestVersionNumber ({updates.DEFAULT_VERSION.page})"
                )
            elif version == _LATEST and not is_read:
                yield (
                    f"{one.logical_id} uses its version {_LATEST}, which AWS Batch only reads "
                    "again with an infrastructure update: nothing happens to its instances until "
                    f"then; use the attribute LatestVersionNumber ({updates.READ_ANEW.page})"
                )


def _launched(spec: Any) -> Iterator[Mapping[str, Any]]:
    if isinstance(spec, Mapping):
        yield spec
        others = spec.get("Overrides")
        yield from (
            (one for one in others if isinstance(one, Mapping)) if isinstance(others, list) else ()
        )
