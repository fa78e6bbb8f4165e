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

from batch_constructs.arguments import checked
from batch_constructs.construct import once_made
from batch_constructs.jsii_objects import has_member
from batch_constructs.known_scope import are_in_one_stack
from batch_constructs.unused_at_synthesis import warn_if_unused

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from constructs import Construct

_SUBMITTED_TO: Final[WeakKeyDictionary[Any, list[Any]]] = WeakKeyDictionary()
"""Definition → the queues that something submits it to."""

_COUNTED_IN: Final[WeakKeyDictionary[Any, list[Any]]] = WeakKeyDictionary()
"""Definition → the queues in whose limits it counts because something submits it to them."""


def limit_of(queue: Any) -> Any:
    """Return what jobs take of a queue with a limit; None of any other."""
    return queue.concurrent_jobs if has_member(queue, "concurrent_jobs") else None


def watch_limit(queue: Construct) -> None:
    """Warn at synthesis of a limit in which no definition counts."""
    warn_if_unused(
        queue,
        "batch-constructs:queue-limit-unused",
        "max_concurrent_jobs limits no job: AWS Batch counts by definition, and none is submitted "
        "here by a trigger or a workflow of this app, or by a grantee of grant_submit: use one of "
        "these, or give definitions max_concurrent_jobs=queue",
        # whatever takes of it has asked for its ARN
        is_used=lambda: vars(limit_of(queue)).get("_arn") is not None,
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


def tell_of_rescue_limit(
    scope: Construct, rescue_queue: Any, job_definitions: Iterable[Any] | None
) -> None:
    """Warn of a limit of a rescue queue in which rescued jobs may not count; None is any job."""
    listed = list(job_definitions or ())

    def tell() -> None:
        if not listed or not all(_counts_in(rescue_queue, one) for one in listed):
            fix = "give their definitions max_concurrent_jobs=, with the queue that has the limit"
            _tell(scope, rescue_queue, "jobs that are rescued from another queue", fix)

    if limit_of(rescue_queue) is not None:
        once_made(tell)


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
            because="because this replaces what the definition takes",
        )


def _counts_in(queue: Any, job_definition: Any) -> bool:
    """Tell whether the jobs of a definition take one of the resource of a queue."""
    limit = limit_of(queue)
    seen, known = checked(job_definition), checked(limit)
    if seen is not None and known is not None:  # its nodes may have their own
        consumed = [one.get("Properties") for one in seen.beside.values()]
        if any(one is known.properties for one in consumed):
            return True
    listed = _consumed(_resource(job_definition)) or ()
    return any(one.consumable_resource == limit.consumable_resource_arn for one in listed)


def _tell(
    scope: Construct,
    queue: Any,
    whose: str,
    fix: str,
    *,
    because: str = "because AWS Batch counts by definition",
) -> None:
    Annotations.of(scope).add_warning_v2(
        "batch-constructs:queue-limit",
        f"max_concurrent_jobs of {queue.node.path} does not limit {whose}, {because}: {fix}",
    )


def _count(scope: Construct, queue: Any, job_definition: Any, near: Any) -> None:
    if not has_member(job_definition, "node"):
        return
    queues = _SUBMITTED_TO.setdefault(job_definition, [])
    if queue not in queues:
        queues.append(queue)
    if limit_of(queue) is not None and not _counts_in(queue, job_definition):
        _let_count(scope, queue, job_definition, near)
    counted = _COUNTED_IN.get(job_definition)
    if counted and len(queues) > 1:
        Annotations.of(scope).add_warning_v2(
            "batch-constructs:queue-limit-elsewhere",
            f"jobs of {job_definition.node.path} are submitted to {_named(queues)}, and in each of "
            f"them count in max_concurrent_jobs of {_named(counted)}, because AWS Batch counts by "
            "definition: create a definition for each queue",
        )


def _named(queues: Iterable[Any]) -> str:
    return " and ".join(one.node.path for one in queues)


def _let_count(scope: Construct, queue: Any, job_definition: Any, near: Any) -> None:
    made, whose = _resource(job_definition), f"jobs of {job_definition.node.path}"
    listed = _consumed(made)
    if made is None or listed is None:
        _tell(
            scope,
            queue,
            f"{whose} unless they take one of {queue.node.path}.concurrent_jobs",
            "give it consumable_resources={queue.concurrent_jobs: 1} where it is created",
        )
    elif made.node_properties is not None:
        fix = "give its NodeRange consumable_resources={queue.concurrent_jobs: 1}"
        _tell(scope, queue, whose, f"{fix}, of which each of its nodes takes one")
    elif not any(are_in_one_stack(job_definition, one) for one in (queue, near)):
        fix = "give it max_concurrent_jobs=queue, or submit it from its own stack"
        _tell(scope, queue, f"{whose}, which is in another stack", fix)
    else:
        one = {"consumableResource": limit_of(queue).consumable_resource_arn, "quantity": 1}
        all_of_them: Any = {"consumableResourceList": [*listed, one]}
        made.consumable_resource_properties = all_of_them
        _COUNTED_IN.setdefault(job_definition, []).append(queue)


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
    consumed: Any = made.consumable_resource_properties
    if consumed is None:
        return []
    listed: Any = getattr(consumed, "consumable_resource_list", None)
    return listed if isinstance(listed, list) else None
