"""Array jobs: children, the summary of their states, and what becomes of the parent."""

from __future__ import annotations

from batch_constructs.local.batch.jobs import Job, JobStatus

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
            status=JobStatus.PENDING,
        )
        for index in range(size if size is not None else 0)
    ]
    adopt(parent, children)
    return children


def adopt(parent: Job, children: list[Job]) -> None:
    """Attach children to their parent and count their states."""
    parent.children = children
    parent.summary = {status.value: 0 for status in JobStatus}
    for child in children:
        child.parent = parent
        parent.summary[child.status] += 1


def count(child: Job, before: JobStatus) -> JobStatus | None:
    """Count a child that has moved; return the status that its parent comes to by that, if any."""
    parent = child.parent
    if parent is None or parent.summary is None:
        return None
    parent.summary[before] -= 1
    parent.summary[child.status] += 1
    if child.status.ended:
        failed = parent.summary[JobStatus.FAILED]
        if failed + parent.summary[JobStatus.SUCCEEDED] == parent.submission.array_size:
            return JobStatus.FAILED if failed else JobStatus.SUCCEEDED
    elif parent.status is JobStatus.SUBMITTED and child.status is JobStatus.RUNNABLE:
        return JobStatus.PENDING
    return None
