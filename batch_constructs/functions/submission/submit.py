"""SubmitFunction's handler: one event, one job.

The event holds ``parameters``, ``environment`` as a plain map, and those members of ``SubmitJob``
that the construct allows. Who gives a
``jobName`` may send the event again, as EventBridge and Lambda's retries do: a job of that name is
submitted once.
"""

from __future__ import annotations

import os
import time
from functools import cache
from typing import Any

import boto3
from botocore.config import Config

from batch_constructs.aws.names import JOB_NAME_LENGTH, NOT_IN_A_JOB_NAME
from batch_constructs.aws.submit_job import SUBMISSIONS_PER_SECOND

from .batch_api import BatchApi
from .defaults import defaults, merged
from .message_reader import read_request
from .settings import allowed

_RESERVE_SECONDS = 5.0


@cache
def batch_api() -> BatchApi:
    """Return what submits, one for the life of the function."""
    patient = Config(retries={"mode": "standard", "total_max_attempts": 8})
    once = Config(retries={"mode": "standard", "total_max_attempts": 1})
    return BatchApi(
        boto3.client("batch", config=once),
        boto3.client("batch", config=patient),
        per_second=SUBMISSIONS_PER_SECOND,
        clock=time.time,
        sleep=time.sleep,
    )


def handler(event: dict[str, Any], context: Any) -> dict[str, str]:
    """Submit the job an event asks for and return its name and ID."""
    members = dict(event)
    given = members.pop("jobName", None)
    request: dict[str, Any] = {
        "jobQueue": os.environ["JOB_QUEUE"],
        "jobDefinition": os.environ["JOB_DEFINITION"],
        **merged({**defaults(), **_share()}, read_request(members, allowed(os.environ))),
    }
    name = given or f"{os.environ['NAME_PREFIX']}-{context.aws_request_id}"
    request["jobName"] = NOT_IN_A_JOB_NAME.sub("-", name)[:JOB_NAME_LENGTH]
    deadline = time.time() + context.get_remaining_time_in_millis() / 1000 - _RESERVE_SECONDS
    return submit_once(batch_api(), request, deadline=deadline)


def submit_once(by: BatchApi, request: dict[str, Any], *, deadline: float) -> dict[str, str]:
    """Submit a job unless one of its name exists."""
    name = request["jobName"]
    there = by.named(request["jobQueue"], name).get(name)
    return {"jobName": name, "jobId": there or by.submit(request, deadline=deadline)}


def _share() -> dict[str, Any]:
    share: dict[str, Any] = {}
    if "SHARE_IDENTIFIER" in os.environ:
        share["shareIdentifier"] = os.environ["SHARE_IDENTIFIER"]
    if "SCHEDULING_PRIORITY" in os.environ:
        share["schedulingPriorityOverride"] = int(os.environ["SCHEDULING_PRIORITY"])
    return share
