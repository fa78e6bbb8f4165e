"""An array whose children lost their Spot hosts and ran again: whole, though AWS calls it FAILED.

A rescued child is a job of its own, whose variable says which child of which array it repeats.
Those that succeeded are gathered in rows of the table, and the array's end is noted with how many
of its children failed. Whichever comes last, that end or a child's, finds the rest: each is written
before the other is read.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from batch_constructs.aws.job_states import JobState
from batch_constructs.aws.submit_job import RESCUED_CHILD
from batch_constructs.functions.claims.effect import NotDoneError

from .job_event import Job

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from batch_constructs.functions.claims.rows import Claims

_ROWS: Final = 16
"""The children of an array lie in so many rows: each stays small, and none is written too often."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Child:
    """A child of an array."""

    array_id: str
    index: str


def rescued_child(detail: Mapping[str, Any]) -> Child | None:
    """Read which child of which array a job repeats."""
    for pair in _variables(detail):
        if pair.get("name") == RESCUED_CHILD:
            array_id, _, index = str(pair.get("value") or "").partition(":")
            return Child(array_id=array_id, index=index) if index.isdecimal() else None
    return None


def _variables(detail: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield from (detail.get("container") or {}).get("environment") or ()
    for task in (detail.get("ecsProperties") or {}).get("taskProperties") or ():
        for container in task.get("containers") or ():
            yield from container.get("environment") or ()
    pod = (detail.get("eksProperties") or {}).get("podProperties") or {}
    for container in pod.get("containers") or ():
        yield from container.get("env") or ()


def whole_array(job: Job, detail: Mapping[str, Any], *, claims: Claims, batch: Any) -> Job | None:
    """Return the array of which an event was the last to come: all that failed succeeded again.

    Raises:
        NotDoneError: AWS Batch has not counted all of its children yet.
    """
    ended = None
    if job.status == JobState.SUCCEEDED:
        child = rescued_child(detail)
        if child is not None:
            claims.gathered(*_row(child.array_id, int(child.index)), member=child.index)
            ended = claims.result_of("array ended", child.array_id)
    elif job.status == JobState.FAILED and job.is_array:
        ended = json.dumps(_counted(detail, batch))
        claims.note("array ended", job.id, result=ended)
    if ended is None:
        return None
    array = Job.of(json.loads(ended), region=job.region)
    well = sum(len(claims.gathered(*_row(array.id, row))) for row in range(_ROWS))
    return array if 0 < array.children.get(JobState.FAILED, 0) <= well else None


def _row(array_id: str, index: int) -> tuple[str, ...]:
    return ("rescued", array_id, str(index % _ROWS))


def _counted(detail: Mapping[str, Any], batch: Any) -> dict[str, Any]:
    """Return what is to be kept of an array's end, with all of its children counted."""
    for described in (detail, *_described(detail["jobId"], batch)):
        array = described["arrayProperties"]
        summary = array.get("statusSummary") or {}
        counted = {one: summary.get(one, 0) for one in (JobState.FAILED, JobState.SUCCEEDED)}
        if sum(counted.values()) >= array["size"]:
            kept = ("jobId", "jobName", "jobQueue", "jobDefinition", "status")
            size = {"size": array["size"], "statusSummary": counted}
            return {**{one: detail.get(one, "") for one in kept}, "arrayProperties": size}
    raise NotDoneError(f"not all children of {detail['jobId']} are counted yet")


def _described(job_id: str, batch: Any) -> Iterator[Mapping[str, Any]]:
    """Ask AWS Batch, where the event does not count all."""
    yield from batch.describe_jobs(jobs=[job_id])["jobs"]
