"""The handler of a custom resource: old revisions of a job definition are deregistered.

What stays is the newest, so many before it, and whichever a live job, a rule or a schedule names.
It answers with success whatever happens: revisions that stay cost nothing, and a deployment, or
its rollback, is not to fail for them.
"""

from __future__ import annotations

import json
import logging
import re
from typing import TYPE_CHECKING, Any

import boto3

from batch_constructs.aws.job_states import UNFINISHED
from batch_constructs.aws.names import NAME_BEGINS, SCHEDULER_SUBMIT_JOB
from batch_constructs.aws.resource_states import DefinitionStatus
from batch_constructs.functions.ecs_cluster.lookup import send

if TYPE_CHECKING:
    from collections.abc import Iterator

_LOG = logging.getLogger()

Event = dict[str, Any]


def handler(event: Event, context: object) -> None:
    """Retire revisions after a deployment, and answer CloudFormation."""
    del context
    if event["RequestType"] != "Delete":
        wanted = event["ResourceProperties"]
        try:
            retire(wanted["JobDefinition"], int(wanted["Keep"]))
        except Exception:  # noqa: BLE001  # whatever it is, they stay, and nothing else
            _LOG.exception("old revisions of %s stay", wanted.get("JobDefinition"))
    physical_id = event.get("PhysicalResourceId", event["RequestId"])
    send(event, {"Status": "SUCCESS", "PhysicalResourceId": physical_id})


def retire(newest: str, keep: int) -> None:
    """Deregister the revisions before the newest, but so many, and those that something names."""
    batch = boto3.client("batch")
    name, _, revision = newest.rpartition("/")[2].rpartition(":")
    pages = batch.get_paginator("describe_job_definitions").paginate(
        jobDefinitionName=name, status=DefinitionStatus.ACTIVE
    )
    older = {
        one["revision"]: one["jobDefinitionArn"]
        for page in pages
        for one in page["jobDefinitions"]
        if one["revision"] < int(revision)
    }
    old = sorted(older, reverse=True)[keep:]
    named = revisions_named(name) if old else set()
    for one in old:
        if one not in named:
            batch.deregister_job_definition(jobDefinition=older[one])


def revisions_named(name: str) -> set[int]:
    """Return the revisions of a definition that live jobs, rules and schedules name."""
    pattern = re.compile(rf"{NAME_BEGINS}{re.escape(name)}:([0-9]+)")
    return {int(found) for text in _texts() for found in pattern.findall(text)}


def _texts() -> Iterator[str]:
    batch, events, scheduler = (boto3.client(name) for name in ("batch", "events", "scheduler"))
    for page in batch.get_paginator("describe_job_queues").paginate():
        for queue in page["jobQueues"]:
            for state in UNFINISHED:
                jobs = batch.get_paginator("list_jobs").paginate(
                    jobQueue=queue["jobQueueArn"], jobStatus=state
                )
                yield from (
                    job.get("jobDefinition", "") for one in jobs for job in one["jobSummaryList"]
                )
    for page in events.get_paginator("list_rules").paginate():
        for rule in page["Rules"]:
            targets = events.get_paginator("list_targets_by_rule").paginate(Rule=rule["Name"])
            yield from (json.dumps(one["Targets"]) for one in targets)
    for page in scheduler.get_paginator("list_schedules").paginate():
        for one in page["Schedules"]:
            if one["Target"]["Arn"].endswith(SCHEDULER_SUBMIT_JOB):
                found = scheduler.get_schedule(Name=one["Name"], GroupName=one["GroupName"])
                yield found["Target"].get("Input", "")
