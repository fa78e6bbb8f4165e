"""Spot rescue: a job that lost its last Spot host is submitted again, to the on-demand queue.

EventBridge sends the ``Batch Job State Change`` of a job that failed with ``Host EC2 …``. A child
of an array becomes a job of its own whose ``ARRAY_INDICES`` names the index. A job is named after
the one that was lost, and counts its rescues there: after ``MOST_RESCUES`` of them it stays failed,
so that two queues that rescue each other's jobs come to an end. A job that failed since one it
waited for was lost is submitted again too, to wait for the new one.

Environment: ``RESCUE_QUEUE``, ``CLAIMS_TABLE``.
"""

from __future__ import annotations

import logging
import os
import re
from typing import TYPE_CHECKING, Any

from batch_constructs.aws.job_states import DEPENDENCY_FAILED, HOST_LOST, JobState
from batch_constructs.aws.names import JOB_NAME_LENGTH
from batch_constructs.functions.claims.effect import RefusedError
from batch_constructs.functions.claims.invocation import Invocation, each_event

from .repeat import fit_share, indices_of, newest_revision, repeat, with_indices
from .submit import Submitter, submitter

if TYPE_CHECKING:
    from collections.abc import Mapping

MOST_RESCUES = 3
"""So often a job is rescued: from one Spot queue to the next, and to one on demand."""


class NotYetError(Exception):
    """What a job waits for is not there yet; the same event again, later, finds it."""


_ENDING = re.compile(r"-rescue(\d?)-[0-9a-f-]+$")
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
            rescue(submitter(), each["detail"], os.environ["RESCUE_QUEUE"], invocation)
        ),
    )
    return made[0] if again is None else again


def rescue(
    by: Submitter, job: Mapping[str, Any], queue: str, invocation: Invocation
) -> dict[str, str] | None:
    """Submit a lost job again; None where that is another event's, or was done too often."""
    parent = "size" in job.get("arrayProperties", {}) and ":" not in job["jobId"]
    if parent or "#" in job["jobId"]:
        return None  # an array's lost children, and a multi-node job, have events of their own
    waits = _waits_for(by, job) if _failed_with_another(job) else ()
    if waits is None:
        return None  # what it waited for failed of its own
    request = rescue_request(job, queue)
    if request is None:
        _LOG.warning("job %s was rescued %d times and stays failed", job["jobId"], MOST_RESCUES)
        return None
    if waits:
        request["dependsOn"] = list(waits)
    if "shareIdentifier" in request:
        described = by.batch_api.queue(queue)
        if described is not None:
            fit_share(request, described)
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


def _failed_with_another(job: Mapping[str, Any]) -> bool:
    return (job.get("statusReason") or "").startswith(DEPENDENCY_FAILED)


def _waits_for(by: Submitter, job: Mapping[str, Any]) -> list[dict[str, str]] | None:
    """Say what a job waits for when it runs again; None where it cannot.

    Raises:
        NotYetError: one it waits for was lost and is not submitted again yet.
    """
    ids = [each.get("jobId", "") for each in job.get("dependsOn", ())]
    plain = all(each.get("type", "SEQUENTIAL") != "N_TO_N" for each in job.get("dependsOn", ()))
    if not ids or not all(ids) or not plain:
        return None
    waits = []
    for before in by.batch_api.described(ids):
        if before["status"] == JobState.SUCCEEDED:
            continue
        again = before["jobId"]
        if before["status"] == JobState.FAILED:
            if not _is_rescued(by, before):
                return None
            found = by.claims.result_of("rescue", before["jobQueue"], before["jobId"])
            if found is None:
                raise NotYetError(f"{before['jobId']} was lost and is not submitted again yet")
            again = found
        waits.append({"jobId": again})
    return waits


def _is_rescued(by: Submitter, job: Mapping[str, Any]) -> bool:
    """Whether a failed job was lost, or failed with one that was, and will run again."""
    if _times(job["jobName"]) > MOST_RESCUES:
        return False
    if not _failed_with_another(job):
        return str(job.get("statusReason") or "").startswith(HOST_LOST)
    ids = [each["jobId"] for each in job.get("dependsOn", ()) if "jobId" in each]
    failed = [each for each in by.batch_api.described(ids) if each["status"] == JobState.FAILED]
    return bool(failed) and all(_is_rescued(by, each) for each in failed)


def _times(name: str) -> int:
    """Return how often a job of that name is rescued, this time included."""
    before = _ENDING.search(name)
    return 1 if before is None else int(before[1] or 1) + 1


def rescue_request(job: Mapping[str, Any], queue: str) -> dict[str, Any] | None:
    """Build the submission that runs a lost job again; None after too many rescues."""
    name = job["jobName"]
    times = _times(name)
    if times > MOST_RESCUES:
        return None
    request = repeat(job)
    request["jobQueue"] = queue
    kept = _ENDING.sub("", name)[: JOB_NAME_LENGTH - len(_LONGEST_ENDING)]
    count = "" if times == 1 else str(times)
    request["jobName"] = f"{kept}-rescue{count}-{job['jobId'].replace(':', '-')}"
    numbers = indices_of(job)
    index = job["jobId"].partition(":")[2]
    if index:
        numbers = [int(index) if numbers is None else numbers[int(index)]]
    return request if numbers is None else with_indices(request, numbers)
