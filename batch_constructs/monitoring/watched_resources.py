"""The queues, environments and definitions that somebody watches, read from the arguments."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from batch_constructs.aws import resource_kinds as kinds
from batch_constructs.aws.names import marker
from batch_constructs.compute.compute_environment import (
    compute_environment_arn,
    is_compute_environment,
)
from batch_constructs.event_bus import FORWARD
from batch_constructs.jobs.job_definition import is_job_definition, job_definition_arn
from batch_constructs.known_scope import known_scope
from batch_constructs.place import elsewhere
from batch_constructs.queues.any_job_queue import is_job_queue, job_queue_arn, job_queue_name
from batch_constructs.queues.queue_rules import TOLD_THERE
from batch_constructs.tokens import is_made_up, is_token

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Sequence

    from aws_cdk import aws_events as events

    from batch_constructs.arguments import Arguments

_OF = " of batch_constructs or aws_cdk.aws_batch"

_NONE_OF_IT = "queues run definitions in their own Region and account: name one of these"


@dataclass(frozen=True, kw_only=True)
class Watched:
    """A queue or an environment: what AWS calls it, and what constructs about it are called."""

    id: str
    """The ID of the construct; the whole path where several have the same."""
    name: str
    arn: str


def watched_queues(
    arguments: Arguments, queues: Any, *, needed: bool = True, there: str | None = TOLD_THERE
) -> list[Watched]:
    """Read ``queues``: ours, L2s or L1s.

    Args:
        arguments: What notes the problems.
        queues: The argument.
        needed: Whether there has to be one; an empty list is refused even where None means all.
        there: Why none may be of another Region or account; None where it may.
    """
    some = needed or queues is not None
    found = arguments.resources(
        "queues", queues, is_job_queue, f"a job queue{_OF}", f"job queues{_OF}", some=some
    )
    for place, queue in enumerate(found):
        if any(queue is one for one in found[:place]):
            arguments.wrong_value(f"queues[{place}] is given twice: leave it out")
    watched = _watched(found, job_queue_arn, job_queue_name)
    return watched if there is None else _all_here(arguments, "queues", watched, found, there)


def heard_queues(
    arguments: Arguments, queues: Any, event_bus: events.IEventBus | None
) -> list[Watched]:
    """Read ``queues`` of which only events are asked for: a bus may bring them from elsewhere."""
    there = f"AWS Batch sends its events only there: {FORWARD}"
    return watched_queues(arguments, queues, there=there if event_bus is None else None)


def watched_environments(arguments: Arguments, environments: Any) -> list[Watched]:
    """Read ``compute_environments``: ours, L2s or L1s; none is fine."""
    found = arguments.resources(
        "compute_environments",
        environments,
        is_compute_environment,
        f"a compute environment{_OF}",
        f"compute environments{_OF}",
    )
    watched = _watched(found, compute_environment_arn, environment_name)
    return _all_here(arguments, "compute_environments", watched, found, TOLD_THERE)


def watched_definitions(
    arguments: Arguments, definitions: Any, *, event_bus: events.IEventBus | None = None
) -> list[Any]:
    """Read ``job_definitions``: ours, L2s or L1s; none means all."""
    found = arguments.resources(
        "job_definitions",
        definitions,
        is_job_definition,
        f"a job definition{_OF}",
        f"job definitions{_OF}",
    )
    for place, one in enumerate(found if event_bus is None else ()):
        arn = job_definition_arn(one)
        problem = elsewhere(arguments.construct, arn, _NONE_OF_IT, resource=one)
        if problem is not None:
            arguments.wrong_value(f"job_definitions[{place}]: {problem}")
    return found


def same_things(
    arguments: Arguments, parameter: str, watched: Sequence[Watched], known: Container[str]
) -> None:
    """Refuse what is given as ``parameter`` where it is of other queues or environments."""
    missing = [one.id for one in watched if one.arn not in known]
    if missing:
        arguments.wrong_value(
            f"{parameter} does not cover {', '.join(missing)}: create it with the same queues "
            "and compute environments"
        )


def _all_here(
    arguments: Arguments, parameter: str, watched: list[Watched], found: Sequence[Any], there: str
) -> list[Watched]:
    """Refuse what is known to lie elsewhere: its events and its state cannot be seen from here."""
    for place, (one, resource) in enumerate(zip(watched, found, strict=True)):
        problem = elsewhere(arguments.construct, one.arn, there, resource=resource)
        if problem is not None:
            arguments.wrong_value(f"{parameter}[{place}]: {problem}")
    return watched


def _watched(
    found: Sequence[Any], arn_of: Callable[[Any], str], name_of: Callable[[str], str]
) -> list[Watched]:
    paths = [known_scope(item).path for item in found]
    names = [path.rpartition("/")[2] for path in paths]
    again = {name for name, count in Counter(names).items() if count > 1 or name == "Resource"}
    watched = []
    for path, name, item in zip(paths, names, found, strict=True):
        arn = arn_of(item)
        whole = path.replace("/", "") if name in again else name
        watched.append(Watched(id=whole, name=name_of(arn), arn=arn))
    return watched


def environment_name(arn: str) -> str:
    """Read the name out of a compute environment's ARN; of a token, CloudFormation reads it."""
    if not is_token(arn) or marker(kinds.COMPUTE_ENVIRONMENT) in arn:
        return arn.split(marker(kinds.COMPUTE_ENVIRONMENT), 1)[1]
    if is_made_up(arn):
        return arn  # until the CLI has looked
    from batch_constructs.asked_once import part_of  # noqa: PLC0415 - loads the CDK

    return part_of(arn, "/", 1)
