"""Array jobs: children, the summary of their states, and what becomes of the parent."""

from __future__ import annotations

from batch_constructs.aws.job_states import JobState
from batch_constructs.local.batch.jobs import Job

CHILD_FAILED = "Array Child Job failed"


def add_children(parent: Job, *, first_sequence: int) -> list[Job]:
    """Create the children of an array job; they begin as PENDING."""
    size = parent.submission.array_size
    children = [
        Job(
            sequence=first_sequence + index,
            id=f"{parent.id}:{index}",
            submission=parent.submission,
            created_at=parent.created_at,
            parent=parent,
            index=index,
            status=JobState.PENDING,
        )
        for index in range(size if size is not None else 0)
    ]
    adopt(parent, children)
    return children


def adopt(parent: Job, children: list[Job]) -> None:
    """Attach children to their parent and count their states."""
    parent.children = children
    parent.summary = {status.value: 0 for status in JobState}
    for child in children:
        child.parent = parent
        parent.summary[child.status] += 1


def count(child: Job, before: JobState) -> JobState | None:
    """Count a child that has moved; return the status that its parent comes to by that, if any."""
    parent = child.parent
    if parent is None or parent.summary is None:
        return None
    parent.summary[before] -= 1
    parent.summary[child.status] += 1
    if child.status.is_final:
        failed = parent.summary[JobState.FAILED]
        if failed + parent.summary[JobState.SUCCEEDED] == parent.submission.array_size:
            return JobState.FAILED if failed else JobState.SUCCEEDED
    elif parent.status is JobState.SUBMITTED and child.status is JobState.RUNNABLE:
        return JobState.PENDING
    return None
