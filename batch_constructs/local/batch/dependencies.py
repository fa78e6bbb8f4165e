"""``dependsOn``: which jobs wait for which."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from batch_constructs.aws.job_states import JobState
from batch_constructs.aws.submit_job import ArrayDependency
from batch_constructs.local.batch.jobs import Job
from batch_constructs.local.batch.service_errors import refuse

Find = Callable[[str], Job | None]
"""Finds a job by its ID."""


def check_dependencies(
    depends_on: Iterable[Mapping[str, Any]], size: int | None, find: Find
) -> None:
    """Refuse dependencies on jobs that are not there or do not match.

    Raises:
        ServiceError: with every mistake that was found.
    """
    problems = []
    for dependency in depends_on:
        if "jobId" not in dependency:
            continue
        other = find(dependency["jobId"])
        if other is None:
            problems.append(f"job {dependency['jobId']} in dependsOn does not exist")
        elif (
            dependency.get("type") == ArrayDependency.N_TO_N and other.submission.array_size != size
        ):
            problems.append(
                f"N_TO_N needs arrays of the same size: job {other.id} has "
                f"{other.submission.array_size or 'no'} children, this one {size}"
            )
    refuse(problems)


def link(job: Job, find: Find) -> list[Job]:
    """Let a new job, and the children of an array job, wait for what they depend on.

    A dependency that was forgotten long after it ended is no reason to wait.

    Returns:
        The jobs that wait in vain, because what they depend on has failed already.
    """
    children = job.children if job.children is not None else []
    pairs: list[tuple[Job, Job]] = []
    for dependency in job.submission.document["dependsOn"]:
        if "jobId" not in dependency:
            pairs += zip(children[1:], children, strict=False)
            continue
        other = find(dependency["jobId"])
        if other is None:
            continue
        if dependency.get("type") == ArrayDependency.N_TO_N and other.children is not None:
            pairs += zip(children, other.children, strict=True)
        else:
            pairs.append((job, other))
    return [waiting for waiting, other in pairs if _fails(waiting, other)]


def after(job: Job) -> Iterator[tuple[Job, bool]]:
    """Yield the jobs that waited for one that has ended: (job, whether it may go on now).

    A job that still waits for others is not yielded.
    """
    dependents, job.dependents = job.dependents, []
    for dependent in dependents:
        dependent.waits_for -= 1
        if job.status is JobState.FAILED:
            yield dependent, False
        elif dependent.waits_for == 0:
            yield dependent, True


def _fails(job: Job, other: Job) -> bool:
    if not other.status.is_final:
        other.dependents.append(job)
        job.waits_for += 1
    return other.status is JobState.FAILED
