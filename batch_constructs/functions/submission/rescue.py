"""Spot rescue: a job that lost its last Spot host is submitted again, to the on-demand queue.

EventBridge sends the ``Batch Job State Change`` of a job that failed with ``Host EC2 …``. The new
job is named after the lost one, so that the same event twice makes one job. A child of an array
becomes a job of its own whose ``ARRAY_INDICES`` names the index.
"""

from __future__ import annotations

import os
import time
from typing import Any

from batch_constructs.aws.names import JOB_NAME_LENGTH

from .batch_api import RefusedError
from .repeat import newest_revision, numbers_of, repeat
from .submit import batch_api, submit_once

_RESERVE_SECONDS = 5.0
_LONGEST_ENDING = "-rescue-00000000-0000-0000-0000-000000000000-0000"


def handler(event: dict[str, Any], context: Any) -> dict[str, str] | None:
    """Submit the job of an event again, to the rescue queue."""
    job = event["detail"]
    parent = "size" in job.get("arrayProperties", {}) and ":" not in job["jobId"]
    if parent or "#" in job["jobId"]:
        return None  # an array's lost children, and a multi-node job, have events of their own
    deadline = time.time() + context.get_remaining_time_in_millis() / 1000 - _RESERVE_SECONDS
    request = rescue_request(job, os.environ["RESCUE_QUEUE"])
    try:
        return submit_once(batch_api(), request, deadline=deadline)
    except RefusedError:
        newest = newest_revision(request["jobDefinition"])
        if newest == request["jobDefinition"]:
            raise
        # A deployment has deregistered the revision since: the newest one is what there is.
        return submit_once(batch_api(), {**request, "jobDefinition": newest}, deadline=deadline)


def rescue_request(job: dict[str, Any], queue: str) -> dict[str, Any]:
    """Build the submission that runs a lost job again."""
    identity = job["jobId"].replace(":", "-")
    request = repeat(job)
    kept = job["jobName"][: JOB_NAME_LENGTH - len(_LONGEST_ENDING)]
    request["jobName"] = f"{kept}-rescue-{identity}"
    request["jobQueue"] = queue
    index = job["jobId"].partition(":")[2]
    pairs = job.get("container", {}).get("environment", [])
    indices = {pair["name"]: pair["value"] for pair in pairs}.get("ARRAY_INDICES")
    if index:
        indices = index if indices is None else str(numbers_of(indices)[int(index)])
    if indices is not None:
        overrides = request.setdefault("containerOverrides", {})
        overrides["environment"] = [
            *overrides.get("environment", []),
            {"name": "ARRAY_INDICES", "value": indices},
        ]
    return request
