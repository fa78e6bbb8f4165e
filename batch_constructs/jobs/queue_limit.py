"""The limit of a queue: what is submitted to it counts in it.

AWS Batch counts by definition, not by queue. So whatever of ours submits a definition to a queue
with a limit, or allows somebody to, lets that definition take one of the queue's resource. See
docs/decisions/0015-the-limit-of-a-queue.md.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from weakref import WeakKeyDictionary

from aws_cdk import Annotations
from aws_cdk import aws_batch as batch

from batch_constructs.construct import once_made
from batch_constructs.jobs.consumed_resources import TAKEN
from batch_constructs.jsii_objects import has_member
from batch_constructs.known_scope import are_in_one_stack
from batch_constructs.one_call import consumed
from batch_constructs.unused_at_synthesis import at_synthesis, warn_if_unused

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from constructs import Construct

_SUBMITTED_TO: Final[WeakKeyDictionary[Any, dict[Any, bool]]] = WeakKeyDictionary()
"""Definition → the queues that something submits it to → whether it counted in them then."""

_COUNTED_IN: Final[WeakKeyDictionary[Any, list[Any]]] = WeakKeyDictionary()
"""Definition → the queues in whose limits it counts because something submits it to them."""

_BY_DEFINITION: Final = "AWS Batch counts by definition"


def limit_of(queue: Any) -> Any:
    """Return what jobs take of a queue with a limit; None of any other."""
    return queue.concurrent_jobs if has_member(queue, "concurrent_jobs") else None


def watch_limit(queue: Construct) -> None:
    """Warn at synthesis of a limit in which no definition counts, or one does not any more."""
    at_synthesis(queue, lambda: _tell_of_replaced(queue))
    warn_if_unused(
        queue,
        "batch-constructs:queue-limit-unused",
        "max_concurrent_jobs limits no job, because no definition takes its resource: submit by a "
        "trigger, a workflow or grant_submit, or give definitions max_concurrent_jobs=queue",
        is_used=lambda: limit_of(queue) in TAKEN or _is_taken(queue),
    )


def count_in_limit(scope: Construct, queue: Any, job_definition: Any, *, near: Any = None) -> None:
    """Let a definition that is submitted to a queue count in the queue's limit.

    Args:
        scope: What submits it, or lets somebody; it is warned where the definition cannot count.
        queue: Any job queue.
        job_definition: Any job definition.
        near: What else names both of them, so that its stack depends on theirs.
    """
    once_made(lambda: _count(scope, queue, job_definition, scope if near is None else near))


def tell_of_rescue(scope: Construct, rescue_queue: Any, listed: Sequence[Any] | None) -> None:
    """Warn at synthesis of rescued jobs that do not count where they run, or count elsewhere.

    Args:
        scope: What has the jobs rescued: a workflow, or their queue.
        rescue_queue: Where they run again.
        listed: Their definitions; None for whatever is submitted to the queue.
    """

    def watch() -> None:
        counted = any(_COUNTED_IN.get(one) for one in listed or ())
        if counted or limit_of(rescue_queue) is not None or limit_of(scope) is not None:
            at_synthesis(scope, lambda: _tell_of_rescued(scope, rescue_queue, listed))

    once_made(watch)


def tell_of_engine(queue: Any) -> None:
    """Warn of a limit in which the definitions that an engine registers do not count."""
    if limit_of(queue) is not None:
        fix = (
            "use max_vcpus of an environment that only this queue has, which limits whatever is "
            "submitted"
        )
        _tell(queue, queue, "jobs of the definitions that the engine registers", fix)


def tell_of_messages(scope: Construct, queue: Any) -> None:
    """Warn of a limit that messages can take their jobs out of."""
    if limit_of(queue) is not None:
        _tell(
            scope,
            queue,
            "jobs whose message sets consumableResourcePropertiesOverride",
            "leave consumable_resources out of allow",
            because="this replaces what the definition takes",
        )


def _counts_in(queue: Any, job_definition: Any) -> bool:
    """Tell whether the jobs of a definition, or its nodes, take of the resource of a queue."""
    made, limit = _resource(job_definition), limit_of(queue)
    known_as = {limit.consumable_resource_arn, limit.resource.ref}
    return made is not None and not known_as.isdisjoint(consumed(made))


def _is_taken(queue: Any) -> bool:
    """Tell whether any definition of the app takes of the resource of a queue."""
    return any(
        isinstance(one, batch.CfnJobDefinition) and _counts_in(queue, one)
        for one in queue.node.root.node.find_all()
    )


def _tell(
    scope: Construct, queue: Any, whose: str, fix: str, *, because: str = _BY_DEFINITION
) -> None:
    Annotations.of(scope).add_warning_v2(
        "batch-constructs:queue-limit",
        f"{whose} are not limited by max_concurrent_jobs of {queue.node.path}: {because}: {fix}",
    )


def _tell_of_replaced(queue: Any) -> None:
    """Warn of definitions that counted in a limit as they were submitted, and do not any more."""
    for one, queues in [*_SUBMITTED_TO.items()]:
        if queues.get(queue) and not _counts_in(queue, one):
            _tell(
                one,
                queue,
                _jobs_of([one]),
                "list one of queue.concurrent_jobs there too",
                because="an override of ConsumableResourceProperties replaces what they take",
            )


def _tell_of_rescued(scope: Any, rescue_queue: Any, listed: Sequence[Any] | None) -> None:
    submitted = (one for one, queues in [*_SUBMITTED_TO.items()] if scope in queues)
    rescued = [one for one in listed or submitted if has_member(one, "node")]
    if limit_of(rescue_queue) is not None:
        left = [one for one in rescued if not _counts_in(rescue_queue, one)]
        if left or not rescued:
            whose = _jobs_of(left) if left else "jobs"
            fix = "give their definitions max_concurrent_jobs=, with that queue"
            fix += "" if listed else ", and list them in spot_rescue_job_definitions"
            _tell(scope, rescue_queue, f"{whose} that are rescued from another queue", fix)
    for one in rescued:
        counted = [other for other in _COUNTED_IN.get(one, ()) if other is not rescue_queue]
        if counted:
            Annotations.of(scope).add_warning_v2(
                "batch-constructs:queue-limit-elsewhere",
                f"{_jobs_of([one])} that are rescued in {rescue_queue.node.path} count in "
                f"max_concurrent_jobs of {_named(counted)} there too, because {_BY_DEFINITION}: "
                "where they should not, limit their own queue by max_vcpus of an environment that "
                "only it has",
            )


def _count(scope: Construct, queue: Any, job_definition: Any, near: Any) -> None:
    if not has_member(job_definition, "node"):
        return
    queues = _SUBMITTED_TO.setdefault(job_definition, {})
    queues[queue] = limit_of(queue) is not None and (
        _counts_in(queue, job_definition) or _let_count(scope, queue, job_definition, near)
    )
    counted = _COUNTED_IN.get(job_definition)
    if counted and len(queues) > 1:
        Annotations.of(scope).add_warning_v2(
            "batch-constructs:queue-limit-elsewhere",
            f"jobs of {job_definition.node.path} are submitted to {_named(queues)}, and in each of "
            f"them count in max_concurrent_jobs of {_named(counted)}, because {_BY_DEFINITION}: "
            "create a definition for each queue",
        )


def _jobs_of(job_definitions: Iterable[Any]) -> str:
    return f"jobs of {_named(job_definitions)}"


def _named(constructs: Iterable[Any]) -> str:
    return " and ".join(one.node.path for one in constructs)


def _let_count(scope: Construct, queue: Any, job_definition: Any, near: Any) -> bool:
    """Let a definition take one of the resource of a queue, or tell why not."""
    made, whose = _resource(job_definition), _jobs_of([job_definition])
    listed = _consumed(made)
    if made is None or listed is None:
        because = f"{_BY_DEFINITION}, and what this one takes is not known here"
        fix = "let it take one of queue.concurrent_jobs where it is created"
        _tell(scope, queue, whose, fix, because=because)
    elif made.node_properties is not None:
        because = f"{_BY_DEFINITION}, and each node of a multi-node job takes of a resource"
        fix = (
            "give each NodeRange consumable_resources={queue.concurrent_jobs: 1}, and "
            "max_concurrent_jobs the number of nodes that may run at once"
        )
        _tell(scope, queue, whose, fix, because=because)
    elif not any(are_in_one_stack(job_definition, one) for one in (queue, near)):
        because = f"{_BY_DEFINITION}, and one in another stack does not take its resource by itself"
        fix = "give it max_concurrent_jobs=queue, or submit it from its own stack"
        _tell(scope, queue, whose, fix, because=because)
    else:
        one = {"consumableResource": limit_of(queue).consumable_resource_arn, "quantity": 1}
        all_of_them: Any = {"consumableResourceList": [*listed, one]}
        made.consumable_resource_properties = all_of_them
        TAKEN.add(limit_of(queue))
        _COUNTED_IN.setdefault(job_definition, []).append(queue)
        return True
    return False


def _resource(job_definition: Any) -> batch.CfnJobDefinition | None:
    """Return the L1 of a definition; None of one that was imported."""
    if isinstance(job_definition, batch.CfnJobDefinition):
        return job_definition
    found = getattr(job_definition, "_resource", None) or job_definition.node.default_child
    return found if isinstance(found, batch.CfnJobDefinition) else None


def _consumed(made: batch.CfnJobDefinition | None) -> Sequence[Any] | None:
    """Return what a definition consumes; None where nobody knows."""
    if made is None:
        return None
    taken: Any = made.consumable_resource_properties
    if taken is None:
        return []
    listed: Any = getattr(taken, "consumable_resource_list", None)
    return listed if isinstance(listed, list) else None
