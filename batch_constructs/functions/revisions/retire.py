"""The handler of a custom resource: old revisions of a job definition are deregistered.

What stays is the newest, so many before it, whichever a live job, a rule or a schedule names, and
the one that was deployed before: a stack that rolls back returns to it, in all that names it.
CloudFormation has its answer first, since a deployment, or its rollback, is neither to wait nor to
fail for revisions that stay. A run that fails is tried again by Lambda, and its alarm tells of it.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import boto3

from batch_constructs.aws.delivery import CUSTOM_RESOURCE_DONE
from batch_constructs.aws.job_filters import JobFilter
from batch_constructs.aws.job_queue_facts import SERVICE_QUEUE_TYPE
from batch_constructs.aws.job_states import UNFINISHED
from batch_constructs.aws.names import NAME_BEGINS, SCHEDULER_SUBMIT_JOB
from batch_constructs.aws.resource_states import DefinitionStatus
from batch_constructs.functions.claims.outcome import PATIENT
from batch_constructs.functions.ecs_cluster.lookup import send

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


Event = dict[str, Any]


def handler(event: Event, context: object) -> None:
    """Answer CloudFormation, then retire revisions."""
    del context
    physical_id = event.get("PhysicalResourceId", event["RequestId"])
    send(event, {"Status": CUSTOM_RESOURCE_DONE, "PhysicalResourceId": physical_id})
    if event["RequestType"] != "Delete":
        wanted, before = event["ResourceProperties"], event.get("OldResourceProperties", {})
        retire(wanted["JobDefinition"], int(wanted["Keep"]), before.get("JobDefinition", ""))


def retire(newest: str, keep: int, before: str) -> None:
    """Deregister the revisions before the newest, but so many, and those that something names.

    Args:
        newest: the ARN of the revision that is deployed.
        keep: so many before it stay.
        before: the ARN of the revision that was deployed until now; empty where none was.
    """
    batch = boto3.client("batch", config=PATIENT)
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
    if not old:
        return
    named, queues = revisions_named(name, before), list(_queues(batch))
    for one in old:
        # each looked at just before, so that jobs which begin meanwhile are seen
        if one not in named and not _is_live(batch, older[one], queues):
            batch.deregister_job_definition(jobDefinition=older[one])


def revisions_named(name: str, before: str) -> set[int]:
    """Return the revisions of a definition that rules, schedules and the last deployment name."""
    pattern = re.compile(rf"{NAME_BEGINS}{re.escape(name)}:([0-9]+)")
    texts = (before, *_targets(), *_inputs_of_schedules())
    return {int(found) for text in texts for found in pattern.findall(text)}


def _is_live(batch: Any, revision: str, queues: Sequence[str]) -> bool:
    """Whether a revision has a job that has not ended, in whatever state it is or returns to."""
    lister = batch.get_paginator("list_jobs")
    return any(
        job["status"] in UNFINISHED
        for queue in queues
        for page in lister.paginate(
            jobQueue=queue, filters=[{"name": JobFilter.JOB_DEFINITION, "values": [revision]}]
        )
        for job in page["jobSummaryList"]
    )


def _queues(batch: Any) -> Iterator[str]:
    """Name the queues whose jobs have definitions; service jobs have none."""
    for page in batch.get_paginator("describe_job_queues").paginate():
        for queue in page["jobQueues"]:
            if queue.get("jobQueueType") != SERVICE_QUEUE_TYPE:
                yield queue["jobQueueArn"]


def _targets() -> Iterator[str]:
    """Write down the targets of every rule of every event bus."""
    events = boto3.client("events", config=PATIENT)
    for bus in _buses(events):
        for page in events.get_paginator("list_rules").paginate(EventBusName=bus):
            for rule in page["Rules"]:
                targets = events.get_paginator("list_targets_by_rule").paginate(
                    Rule=rule["Name"], EventBusName=bus
                )
                yield from (json.dumps(one["Targets"]) for one in targets)


def _buses(events: Any) -> Iterator[str]:
    token: dict[str, str] = {}
    while True:
        page = events.list_event_buses(**token)
        yield from (bus["Name"] for bus in page["EventBuses"])
        if not page.get("NextToken"):
            return
        token = {"NextToken": page["NextToken"]}


def _inputs_of_schedules() -> Iterator[str]:
    scheduler = boto3.client("scheduler", config=PATIENT)
    for page in scheduler.get_paginator("list_schedules").paginate():
        for one in page["Schedules"]:
            if one["Target"]["Arn"].endswith(SCHEDULER_SUBMIT_JOB):
                found = scheduler.get_schedule(Name=one["Name"], GroupName=one["GroupName"])
                yield found["Target"].get("Input", "")
