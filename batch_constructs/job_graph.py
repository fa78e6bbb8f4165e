"""Jobs that wait for jobs, as data: checked here, run by Step Functions or by ``client``.

Nothing here needs the CDK or boto3.
"""

from __future__ import annotations

from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from typing import TYPE_CHECKING

from batch_constructs.workflow_job import WorkflowJob, wrong_fields, wrong_values

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


@dataclass(frozen=True, kw_only=True)
class Graph:
    """Jobs by name, in an order in which each comes after those it waits for."""

    jobs: dict[str, WorkflowJob]

    @classmethod
    def of(cls, jobs: Sequence[WorkflowJob]) -> Graph:
        """Check a graph.

        Raises:
            ValueError: all that is wrong with it, a line each.
        """
        problems = list(_problems(jobs))
        if problems:
            raise ValueError("\n".join(problems))
        by_name = {job.name: job.with_overrides() for job in jobs}
        order = _sorted(by_name)
        return cls(jobs={name: by_name[name] for name in order})

    @property
    def main(self) -> list[str]:
        """Names of the jobs that run when nothing fails."""
        return [name for name, job in self.jobs.items() if not job.only_on_failure]


def _sorted(jobs: Mapping[str, WorkflowJob]) -> list[str]:
    return list(
        TopologicalSorter({name: job.waits_for for name, job in jobs.items()}).static_order()
    )


def _problems(jobs: Sequence[WorkflowJob]) -> list[str]:
    unreadable = _unreadable(jobs)
    if unreadable:
        return unreadable
    found: list[str] = []
    names = [job.name for job in jobs]
    found += [
        f"jobs: the name {name!r} stands {names.count(name)} times; each job has its own name"
        for name in dict.fromkeys(names)
        if names.count(name) > 1
    ]
    wrong = {id(job): wrong_fields(job) for job in jobs}
    by_name = {job.name: job for job in jobs}
    for job in jobs:
        # a value of a wrong kind cannot be judged further
        problems = wrong[id(job)] or _problems_of(job, by_name)
        found += [f"job {job.name!r}: {problem}" for problem in problems]
    readable = {name: job for name, job in by_name.items() if not wrong[id(job)]}
    known = {
        name: [other for other in job.waits_for if other in readable]
        for name, job in readable.items()
    }
    try:
        TopologicalSorter(known).prepare()
    except CycleError as error:
        circle = " -> ".join(reversed(error.args[1]))
        found.append(f"jobs wait for each other in a circle: {circle}; remove one depends_on")
    caught = [job.catch for job in jobs]
    found += [
        f"job {job.name!r} is unreachable: it runs only on failure and no job names it in catch; "
        f"write catch={job.name!r} on a job, or remove it"
        for job in readable.values()
        if job.only_on_failure and job.name not in caught
    ]
    return found


def _unreadable(jobs: Sequence[WorkflowJob]) -> list[str]:
    """Say what is no job, or has no name to speak of it by."""
    if not jobs:
        return ["jobs is empty; a graph has one job or more"]
    given: Sequence[object] = jobs
    found = [
        f"jobs holds {type(each).__name__} {each!r}; expected WorkflowJob"
        for each in given
        if not isinstance(each, WorkflowJob)
    ]
    found += [
        f"jobs[{place}]: name is {getattr(each, 'name', None)!r}; expected a string"
        for place, each in enumerate(given)
        if isinstance(each, WorkflowJob) and not isinstance(getattr(each, "name", None), str)
    ]
    return found


def _problems_of(job: WorkflowJob, jobs: Mapping[str, WorkflowJob]) -> list[str]:
    job = job.with_overrides()
    return [
        *wrong_values(job),
        *_problems_of_waiting(job, jobs),
        *_problems_of_failure(job, jobs),
    ]


def _problems_of_waiting(job: WorkflowJob, jobs: Mapping[str, WorkflowJob]) -> list[str]:
    found: list[str] = []
    for name in job.waits_for:
        if name not in jobs:
            found.append(f"depends_on names {name!r}; known jobs: {', '.join(jobs)}")
        elif jobs[name].only_on_failure:
            found.append(f"depends_on names {name!r}, which runs only on failure")
    for name in job.n_to_n:
        other = jobs.get(name)
        if other is not None and (job.array_size is None or other.array_size != job.array_size):
            found.append(
                f"NToN with {name!r} pairs the children of two arrays of one size; "
                f"array_size is {job.array_size} here and {other.array_size} there"
            )
    return found


def _problems_of_failure(job: WorkflowJob, jobs: Mapping[str, WorkflowJob]) -> list[str]:
    found: list[str] = []
    if job.catch is not None:
        if job.catch not in jobs:
            found.append(f"catch names {job.catch!r}; known jobs: {', '.join(jobs)}")
        elif not jobs[job.catch].only_on_failure:
            found.append(f"catch names {job.catch!r}; give that job only_on_failure=True")
    if job.only_on_failure and (job.depends_on or job.catch or job.for_each):
        found.append("a job that runs only on failure has no depends_on, catch or for_each")
    return found
