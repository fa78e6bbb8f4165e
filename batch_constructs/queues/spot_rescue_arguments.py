"""The arguments of Spot rescue: another queue, and the definitions whose jobs may run there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from batch_constructs.arguments import checked
from batch_constructs.aws import resource_kinds as kinds
from batch_constructs.aws.authorization import submit_job_resources
from batch_constructs.aws.resource_states import State
from batch_constructs.jobs.job_definition import is_job_definition
from batch_constructs.jobs.submit_rights import apart_from, jobs_of, submit_resources
from batch_constructs.place import elsewhere
from batch_constructs.queues.environment_order import known_in
from batch_constructs.queues.environment_order import on_fargate as where_jobs_run
from batch_constructs.queues.scheduling_policy import is_fair_share
from batch_constructs.reference import JOB_QUEUE

if TYPE_CHECKING:
    from batch_constructs.arguments import Arguments
    from batch_constructs.jobs.job_definition import AnyJobDefinition

_QUEUE = "a JobQueue of batch_constructs or aws_cdk.aws_batch"
_DEFINITION = "a job definition of batch_constructs or aws_cdk.aws_batch"


def read_rescue_queue(
    arguments: Arguments,
    rescue_queue: Any,
    definitions: Any,
    *,
    fair_share: bool,
    on_fargate: bool | None,
) -> list[str]:
    """Look at the rescue queue; return what the submissions to it are authorized against."""
    listed = _rescued_definitions(arguments, rescue_queue, definitions)
    if rescue_queue is None and definitions is not None:
        arguments.wrong_value(
            "spot_rescue_job_definitions is given without spot_rescue_queue: give both, or neither"
        )
    if rescue_queue is not None and not JOB_QUEUE.fits(rescue_queue):
        arguments.wrong_type("spot_rescue_queue", rescue_queue, _QUEUE)
    if not JOB_QUEUE.fits(rescue_queue):
        return []
    arn = JOB_QUEUE.arn_of(rescue_queue)
    problem = elsewhere(
        arguments.construct,
        arn,
        "jobs run where they are submitted: name a queue in the same Region and account",
        resource=rescue_queue,
    )
    if problem is not None:
        arguments.wrong_value(f"spot_rescue_queue: {problem}")
    shares = {fair_share, is_fair_share(rescue_queue)}
    if shares == {True, False} and not arguments.is_wrong("scheduling_policy"):
        arguments.wrong_value(
            "spot_rescue_queue: one of the two queues has a scheduling policy and the other has "
            "none; AWS Batch requires a share identifier for every job in the first and refuses "
            "one in the second, so no job could be rescued: give both a scheduling policy, or "
            "none"
        )
    seen = checked(rescue_queue)
    there = None if seen is None else where_jobs_run(seen.beside.values())
    if {on_fargate, there} == {True, False}:
        places = ("Fargate", "instances") if on_fargate else ("instances", "Fargate")
        arguments.wrong_value(
            f"spot_rescue_queue: jobs of this queue run on {places[0]}, and those of the rescue "
            f"queue on {places[1]}, which refuses them: name a queue on {places[0]}"
        )
    if seen is not None and seen.properties.get("State") == State.DISABLED:
        arguments.wrong_value(
            "spot_rescue_queue is disabled, and AWS Batch refuses every job there: enable it, or "
            "name another queue"
        )
    if definitions is None:
        any_definition = JOB_QUEUE.beside(rescue_queue, kinds.JOB_DEFINITION, "*")
        return submit_job_resources(
            queue=arn, definition=any_definition, jobs=jobs_of(rescue_queue)
        )
    return [arn for one in listed for arn in submit_resources(rescue_queue, one)]


def _rescued_definitions(
    arguments: Arguments, rescue_queue: Any, definitions: Any
) -> list[AnyJobDefinition]:
    """Read the definitions whose jobs may be rescued: of the place of the rescue queue."""
    fit = []
    listed = arguments.items("spot_rescue_job_definitions", definitions, "job definitions")
    for place, one in enumerate(listed):
        parameter = f"spot_rescue_job_definitions[{place}]"
        if not is_job_definition(one):
            arguments.wrong_type(parameter, one, _DEFINITION)
            continue
        fit.append(one)
        differ = apart_from(one, rescue_queue) if JOB_QUEUE.fits(rescue_queue) else None
        if differ is not None:
            arguments.wrong_value(f"{parameter}: {differ}")
    return fit


def tell_of_rescue_queue(queue: Any, rescue_queue: Any) -> None:
    """Warn of a rescue queue where jobs lose their host again, or whose instances they do not fit.

    Both work for some jobs: Spot capacity of other types, and images for both architectures.
    """
    from aws_cdk import Annotations  # noqa: PLC0415  # loaded by whoever made the queue

    its, own = known_in(rescue_queue), known_in(queue)
    if its and all(one.is_spot for one in its):
        Annotations.of(queue).add_warning_v2(
            "batch-constructs:rescue-queue-on-spot",
            f"spot_rescue_queue: all environments of {rescue_queue.node.path} are on Spot, where "
            "jobs can lose their host again: give it one on demand",
        )
    mine, theirs = ({str(one.architecture) for one in some} for some in (own, its))
    if len(mine) == len(theirs) == 1 and mine != theirs and "None" not in mine | theirs:
        Annotations.of(queue).add_warning_v2(
            "batch-constructs:rescue-queue-architecture",
            f"spot_rescue_queue: the instances of {rescue_queue.node.path} are {min(theirs)}, and "
            f"those of this queue {min(mine)}, so only images for both run there: name a "
            f"queue of {min(mine)} instances",
        )
