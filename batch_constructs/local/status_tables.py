"""Queues, compute environments and jobs of the embedded AWS, as a table."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from rich.console import Group
from rich.table import Table
from rich.text import Text

from batch_constructs.aws.job_states import JobState

if TYPE_CHECKING:
    from rich.console import RenderableType

_COLOURS = {"SUCCEEDED": "green", "FAILED": "red", "RUNNING": "cyan", "RUNNABLE": "yellow"}
_SHOWN_JOBS = 20


def status_tables(batch: Any) -> RenderableType:
    """Return what a boto3 client of AWS Batch tells, ready to print."""
    queues = _pages(batch, "describe_job_queues", "jobQueues")
    jobs = {queue["jobQueueName"]: _jobs(batch, queue["jobQueueArn"]) for queue in queues}
    return Group(_environments(batch), _queues(queues, jobs), _latest(jobs))


def _pages(batch: Any, operation: str, found: str, **request: Any) -> list[Any]:
    pages = batch.get_paginator(operation).paginate(**request)
    return [item for page in pages for item in page[found]]


def _jobs(batch: Any, queue_arn: str) -> list[Any]:
    return [
        job
        for state in JobState
        for job in _pages(batch, "list_jobs", "jobSummaryList", jobQueue=queue_arn, jobStatus=state)
    ]


def _environments(batch: Any) -> Table:
    table = Table(title="Compute environments", title_justify="left")
    for column in ("name", "type", "vCPUs at most", "state", "status"):
        table.add_column(column)
    found = _pages(batch, "describe_compute_environments", "computeEnvironments")
    for environment in sorted(found, key=lambda one: one["computeEnvironmentName"]):
        resources = environment.get("computeResources", {})
        table.add_row(
            environment["computeEnvironmentName"],
            resources.get("type", environment.get("type", "")),
            str(resources.get("maxvCpus", environment.get("unmanagedvCpus", ""))),
            environment.get("state", ""),
            environment.get("status", ""),
        )
    return table


def _queues(queues: list[Any], jobs: dict[str, list[Any]]) -> Table:
    table = Table(title="Job queues", title_justify="left")
    for column in ("name", "priority", "state", *(state.lower() for state in JobState)):
        table.add_column(column)
    for queue in sorted(queues, key=lambda one: -one["priority"]):
        name = queue["jobQueueName"]
        counts = [sum(job["status"] == state for job in jobs[name]) for state in JobState]
        table.add_row(
            name,
            str(queue["priority"]),
            queue["state"],
            *(str(count) if count else "" for count in counts),
        )
    return table


def _latest(jobs: dict[str, list[Any]]) -> Table:
    every = [(queue, job) for queue, found in jobs.items() for job in found]
    every.sort(key=lambda pair: pair[1]["createdAt"], reverse=True)
    hidden = len(every) - _SHOWN_JOBS
    caption = f"and {hidden} older ones" if hidden > 0 else None
    table = Table(title="Jobs", title_justify="left", caption=caption)
    for column in ("job", "name", "queue", "status", "created", "reason"):
        table.add_column(column)
    for queue, job in every[:_SHOWN_JOBS]:
        table.add_row(
            job["jobId"],
            job["jobName"],
            queue,
            Text(job["status"], style=_COLOURS.get(job["status"], "")),
            _clock(job["createdAt"]),
            Text(job.get("statusReason", "")),
        )
    return table


def _clock(milliseconds: int) -> str:
    moment = datetime.fromtimestamp(milliseconds / 1000, tz=UTC).astimezone()
    return moment.strftime("%H:%M:%S")
