"""Queues, compute environments and jobs of the embedded AWS, as text that fits 80 columns."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from rich.console import Group
from rich.padding import Padding
from rich.text import Text

from batch_constructs.aws.job_states import JobState
from batch_constructs.aws.resource_states import DefinitionStatus

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import RenderableType

_COLOURS = {
    JobState.SUCCEEDED: "green",
    JobState.FAILED: "red",
    JobState.RUNNING: "cyan",
    JobState.RUNNABLE: "yellow",
}
_SHOWN_JOBS = 20


def status_document(batch: Any) -> dict[str, list[Any]]:
    """Return what a boto3 client of AWS Batch tells, jobs newest first."""
    queues = _pages(batch, "describe_job_queues", "jobQueues")
    jobs = [
        {"jobQueue": queue["jobQueueName"], **job}
        for queue in queues
        for state in JobState
        for job in _pages(
            batch,
            "list_jobs",
            "jobSummaryList",
            jobQueue=queue["jobQueueArn"],
            jobStatus=state,
        )
    ]
    found = _pages(batch, "describe_compute_environments", "computeEnvironments")
    definitions = _pages(
        batch, "describe_job_definitions", "jobDefinitions", status=DefinitionStatus.ACTIVE
    )
    return {
        "computeEnvironments": sorted(found, key=lambda one: str(one["computeEnvironmentName"])),
        "jobDefinitions": sorted(definitions, key=_name_and_revision),
        "jobQueues": sorted(queues, key=lambda one: -one["priority"]),
        "jobs": sorted(jobs, key=lambda job: job["createdAt"], reverse=True),
    }


def status_tables(batch: Any) -> RenderableType:
    """Return what a boto3 client of AWS Batch tells, ready to print."""
    document = status_document(batch)
    return Group(
        Text("Compute environments", style="bold"),
        *(_environment(one) for one in document["computeEnvironments"]),
        Text("\nJob definitions", style="bold"),
        *(_folded(one, 2) for one in _revisions(document["jobDefinitions"])),
        Text("\nJob queues, by priority", style="bold"),
        *_queues(document["jobQueues"], document["jobs"]),
    )


def _pages(batch: Any, operation: str, found: str, **request: Any) -> list[Any]:
    pages = batch.get_paginator(operation).paginate(**request)
    return [item for page in pages for item in page[found]]


def _name_and_revision(definition: dict[str, Any]) -> tuple[str, int]:
    return definition["jobDefinitionName"], definition["revision"]


def _revisions(definitions: list[Any]) -> Iterator[str]:
    """Name the definitions, a line each, with their newest revision."""
    newest = dict(_name_and_revision(one) for one in definitions)
    yield from (f"{name}:{revision}" for name, revision in newest.items())


def _environment(environment: dict[str, Any]) -> RenderableType:
    resources = environment.get("computeResources", {})
    kind = resources.get("type", environment.get("type", ""))
    most = resources.get("maxvCpus", environment.get("unmanagedvCpus"))
    size = "" if most is None else f", {most} vCPUs at most"
    reason = environment.get("statusReason", "")
    about = f"{kind}{size}, {environment['state']}, {environment['status']}"
    return Group(
        _folded(environment["computeEnvironmentName"], 2),
        _folded(f"{about}: {reason}" if reason else about, 4),
    )


def _queues(queues: list[Any], jobs: list[Any]) -> Iterator[RenderableType]:
    left = _SHOWN_JOBS
    for queue in queues:
        name = queue["jobQueueName"]
        own = [job for job in jobs if job["jobQueue"] == name]
        counts = Counter(job["status"] for job in own)
        told = ", ".join(f"{counts[state]} {state}" for state in JobState if counts[state])
        yield _folded(name, 2)
        yield _folded(f"priority {queue['priority']}, {queue['state']}: {told or 'no jobs'}", 4)
        for job in own[:left]:
            yield _job(job)
        hidden = len(own) - left
        left = max(0, left - len(own))
        if hidden > 0:
            yield _folded(f"and {min(hidden, len(own))} older ones", 4)


def _job(job: dict[str, Any]) -> RenderableType:
    line = Text(f"{job['jobId']}  ")
    line.append(f"{job['status']:9}", style=_COLOURS.get(job["status"], ""))
    line.append(f"  {_clock(job['createdAt'])}  ")
    line.append(job["jobName"])
    line.truncate(76, overflow="ellipsis")
    reason = job.get("statusReason", "")
    return Group(Padding(line, (0, 0, 0, 4)), *([_folded(reason, 6)] if reason else []))


def _folded(text: str, indent: int) -> RenderableType:
    return Padding(Text(text, overflow="fold"), (0, 0, 0, indent))


def _clock(milliseconds: int) -> str:
    moment = datetime.fromtimestamp(milliseconds / 1000, tz=UTC).astimezone()
    return moment.strftime("%H:%M:%S")
