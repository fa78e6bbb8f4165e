"""Spot rescue: a job that lost its last Spot host is submitted again, to the on-demand queue.

EventBridge sends the ``Batch Job State Change`` of a job of the queue that failed with ``Host EC2
…``. A child of an array becomes a job of its own whose ``ARRAY_INDICES`` names the index.
``BATCH_RESCUES`` in a job's environment counts its rescues: after ``MOST_RESCUES`` of them it stays
failed, so that two queues that rescue each other's jobs come to an end.

EventBridge also sends the jobs of every queue that failed since one they waited for failed. Where
that was lost here, they are submitted again, to wait for what runs instead: those of the queue to
the on-demand queue, those of another to their own, and where the function may not, it says so.

Environment: ``SPOT_QUEUE``, ``RESCUE_QUEUE``, ``CLAIMS_TABLE``.
"""

from __future__ import annotations

import logging
import os
from typing import TYPE_CHECKING, Any

from batch_constructs.aws.names import JOB_NAME_LENGTH
from batch_constructs.aws.submit_job import OVERRIDES_BYTES, RESCUED_CHILD, RESCUES
from batch_constructs.functions.claims.effect import RefusedError
from batch_constructs.functions.claims.invocation import Invocation, each_event

from .repeat import (
    MOST_RESCUES,
    fit_share,
    indices_of,
    longest_overrides,
    newest_revision,
    original,
    repeat,
    rescues_of,
    with_indices,
    with_variable,
)
from .submit import Submitter, submitter
from .waiting import LeftToPeopleError, Waiting, failed_with_another, is_array

if TYPE_CHECKING:
    from collections.abc import Mapping

_LONGEST_ENDING = "-rescue0-00000000-0000-0000-0000-000000000000-0000"
_LOG = logging.getLogger()
_LOG.setLevel(logging.INFO)


def handler(event: dict[str, Any], context: Any) -> dict[str, Any] | None:
    """Submit the job of an event again, to the rescue queue."""
    invocation = Invocation.of(context)
    made: list[dict[str, str] | None] = []
    again = each_event(
        event,
        lambda each, _: made.append(
            rescue(
                submitter(),
                each["detail"],
                os.environ["RESCUE_QUEUE"],
                invocation,
                spot_queue=os.environ["SPOT_QUEUE"],
            )
        ),
    )
    return made[0] if again is None else again


def rescue(
    by: Submitter,
    job: Mapping[str, Any],
    queue: str,
    invocation: Invocation,
    *,
    spot_queue: str,
) -> dict[str, str] | None:
    """Submit a lost job again, or one that waited for it.

    Args:
        by: Who submits.
        job: The job that failed, as its event tells of it.
        queue: Where it runs again.
        invocation: The run of the function.
        spot_queue: The ARN of the queue whose lost jobs are rescued.

    Returns:
        The new job; None where that is another event's, another function's, or was done too often.

    Raises:
        NotYetError: what it waited for is not submitted again yet.
        LeftToPeopleError: it cannot be submitted again, and why.
        RefusedError: AWS Batch refuses it.
    """

    def again(one: Mapping[str, Any]) -> dict[str, Any] | None:
        return rescue_request(one, queue if one["jobQueue"] == spot_queue else one["jobQueue"])

    waits = _waits(job, Waiting(by=by, job=job, spot_queue=spot_queue, request=again))
    if waits is None:
        return None
    request = again(job)
    if request is None:
        _LOG.warning("job %s was rescued %d times and remains failed", job["jobId"], MOST_RESCUES)
        return None
    if waits:
        request["dependsOn"] = waits
    if "shareIdentifier" in request and request["jobQueue"] == queue:
        described = by.batch_api.queue(queue)
        if described is not None:
            fit_share(request, described)
    _refuse_what_ecs_refuses(job, request)
    try:
        return _submit(by, job, request, invocation)
    except RefusedError as error:
        if request["jobQueue"] == queue:
            raise
        raise LeftToPeopleError(
            f"job {job['jobId']} waited for a lost one in {request['jobQueue']}, where this "
            f"function is not allowed to submit: submit it again yourself, to wait for {waits}, "
            "or allow the function: other_queue.grant_submit(queue.spot_rescue.function, …): "
            f"{error}"
        ) from error


def _waits(job: Mapping[str, Any], waiting: Waiting) -> list[dict[str, str]] | None:
    """Say what a job waits for when it runs again; None where it does not, or not of our doing."""
    if failed_with_another(job):
        return waiting.dependencies()
    # an array's lost children, and a multi-node job, have events of their own
    return None if is_array(job) or "#" in job["jobId"] else []


def _refuse_what_ecs_refuses(job: Mapping[str, Any], request: Mapping[str, Any]) -> None:
    length = longest_overrides(request)
    if length > OVERRIDES_BYTES:
        raise LeftToPeopleError(
            f"the command and the environment of job {job['jobId']} have {length} characters; "
            f"ECS allows {OVERRIDES_BYTES} as overrides, so the job would fail: submit it again "
            "with fewer variables"
        )


def _submit(
    by: Submitter, job: Mapping[str, Any], request: dict[str, Any], invocation: Invocation
) -> dict[str, str]:
    identity = ("rescue", job["jobQueue"], job["jobId"])
    try:
        return by.once(*identity, request=request, invocation=invocation)
    except RefusedError:
        newest = newest_revision(request["jobDefinition"])
        if newest == request["jobDefinition"]:
            raise
        # A deployment has deregistered the revision since: the newest one is what there is.
        request = {**request, "jobDefinition": newest}
        return by.once(*identity, request=request, invocation=invocation)


def rescue_request(job: Mapping[str, Any], queue: str) -> dict[str, Any] | None:
    """Build the submission that runs a lost job again; None after too many rescues."""
    before = rescues_of(job)
    times = before + 1
    if times > MOST_RESCUES:
        return None
    request = repeat(job)
    request["jobQueue"] = queue
    # the ending is ours where the job counts rescues; any other is the user's
    kept = job["jobName"].rpartition(_ending(before))[0] if before else ""
    kept = (kept or job["jobName"])[: JOB_NAME_LENGTH - len(_LONGEST_ENDING)]
    request["jobName"] = f"{kept}{_ending(times)}{job['jobId'].replace(':', '-')}"
    numbers = indices_of(job)
    index = job["jobId"].partition(":")[2]
    if index:
        numbers = [original(job, int(index))]
    elif is_array(job):
        request["arrayProperties"] = {"size": job["arrayProperties"]["size"]}
    if numbers is not None:
        request = with_indices(request, numbers)
    if index:  # kept when it is rescued once more
        request = with_variable(request, RESCUED_CHILD, job["jobId"])
    return with_variable(request, RESCUES, str(times))


def _ending(times: int) -> str:
    return f"-rescue{'' if times == 1 else times}-"
