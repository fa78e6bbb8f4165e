"""An array whose children lost their Spot hosts and ran again: whole, though AWS calls it FAILED.

A rescued child is a job of its own, whose variable says which child of which array it repeats.
Those that succeeded are gathered in a row of the table; once they are as many as the array's failed
children, people are told, once. Whichever comes last, the array's end or a child's, finds the rest.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from batch_constructs.aws.job_states import JobState
from batch_constructs.aws.submit_job import RESCUED_CHILD
from batch_constructs.functions.claims.effect import NotDoneError

from .job_event import Job

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from batch_constructs.functions.claims.rows import Claims


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
            return Child(array_id=array_id, index=index) if index else None
    return None


def _variables(detail: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield from (detail.get("container") or {}).get("environment") or ()
    for task in (detail.get("ecsProperties") or {}).get("taskProperties") or ():
        for container in task.get("containers") or ():
            yield from container.get("environment") or ()
    pod = (detail.get("eksProperties") or {}).get("podProperties") or {}
    for container in pod.get("containers") or ():
        yield from container.get("env") or ()


def array_of(job: Job, detail: Mapping[str, Any]) -> Child | None:
    """Return of which array, and for which of its children, an event may tell that it is whole."""
    if job.status == JobState.SUCCEEDED:
        return rescued_child(detail)
    is_end = job.is_array and job.status == JobState.FAILED
    return Child(array_id=job.id, index="") if is_end else None


def whole_array(child: Child, *, claims: Claims, batch: Any, region: str) -> Job | None:
    """Return the array where all of its failed children ran again and succeeded.

    Raises:
        NotDoneError: AWS Batch has not counted all of its children yet.
    """
    well = claims.gathered("rescued", child.array_id, member=child.index)
    described = batch.describe_jobs(jobs=[child.array_id])["jobs"] if well else ()
    if not described:
        return None
    array = Job.of(described[0], region=region)
    if array.status != JobState.FAILED or array.array_size is None:
        return None  # its own end is an event, too
    failed, succeeded = (
        array.children.get(one, 0) for one in (JobState.FAILED, JobState.SUCCEEDED)
    )
    if failed + succeeded < array.array_size:
        raise NotDoneError(f"not all children of {array.id} are counted yet")
    return array if len(well) >= failed else None
