"""Jobs that wait for jobs, as data: checked here, run by Step Functions or by ``client``.

Nothing here needs the CDK or boto3.
"""

from __future__ import annotations

from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from typing import TYPE_CHECKING, Any

from batch_constructs.arguments import Arguments
from batch_constructs.aws.bound import allowed, meant, refused, shown
from batch_constructs.workflow_job import (
    WorkflowJob,
    n_to_n,
    read_job,
    waits_for,
    with_overrides,
)

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
        by_name = {job.name: with_overrides(job) for job in jobs}
        order = _sorted(by_name)
        return cls(jobs={name: by_name[name] for name in order})

    @property
    def main(self) -> list[str]:
        """Names of the jobs that run when nothing fails."""
        return [name for name, job in self.jobs.items() if not job.only_on_failure]


def _sorted(jobs: Mapping[str, WorkflowJob]) -> list[str]:
    return list(
        TopologicalSorter({name: waits_for(job) for name, job in jobs.items()}).static_order()
    )


def _problems(jobs: Sequence[WorkflowJob]) -> list[str]:
    unreadable = _unreadable(jobs)
    if unreadable:
        return unreadable
    found: list[str] = []
    names = [job.name for job in jobs]
    found += [
        f"jobs has the name {shown(name)} {names.count(name)} times: give each job a name of its "
        "own"
        for name in dict.fromkeys(names)
        if names.count(name) > 1
    ]
    by_name = {job.name: job for job in jobs}
    readable: dict[str, WorkflowJob] = {}
    for job in jobs:
        arguments = Arguments.of_a_value()
        read_job(arguments, job)
        if arguments.types_are_right:  # a value of a wrong type cannot be judged further
            readable[job.name] = job
            for problem in _problems_of(with_overrides(job), by_name):
                arguments.wrong_value(problem)
        found += [f"job {shown(job.name)}: {problem}" for problem in arguments.problems]
    known = {
        name: [other for other in waits_for(job) if other in readable]
        for name, job in readable.items()
    }
    try:
        TopologicalSorter(known).prepare()
    except CycleError as error:
        circle = " -> ".join(reversed(error.args[1]))
        found.append(f"jobs wait for each other in a circle: {circle}: leave one depends_on out")
    caught = [job.catch for job in jobs]
    found += [
        f"job {shown(job.name)}: only_on_failure is True, and no job names it in catch: write "
        f"catch={shown(job.name)} on a job, or leave it out"
        for job in readable.values()
        if job.only_on_failure is True and job.name not in caught
    ]
    return found


def _unreadable(jobs: Sequence[WorkflowJob]) -> list[str]:
    """Say what is no job, or has no name to speak of it by."""
    if not jobs:
        return [f"jobs is empty; {allowed('at least one WorkflowJob')}"]
    arguments = Arguments.of_a_value()
    given: Sequence[Any] = jobs
    for place, each in enumerate(given):
        if not isinstance(each, WorkflowJob):
            arguments.wrong_type(f"jobs[{place}]", each, "a WorkflowJob")
        elif not isinstance(each.name, str):
            arguments.wrong_type(f"jobs[{place}].name", each.name, "a string")
    return arguments.problems


def _problems_of(job: WorkflowJob, jobs: Mapping[str, WorkflowJob]) -> list[str]:
    return [*_problems_of_waiting(job, jobs), *_problems_of_failure(job, jobs)]


def _problems_of_waiting(job: WorkflowJob, jobs: Mapping[str, WorkflowJob]) -> list[str]:
    found: list[str] = []
    for place, name in enumerate(waits_for(job)):
        if name not in jobs:
            found.append(f"depends_on[{place}] {_no_job(name, jobs)}")
        elif jobs[name].only_on_failure is True:
            found.append(
                f"depends_on[{place}] is {shown(name)}, which runs only on failure: name that job "
                "in catch, or leave its only_on_failure out"
            )
    for name in n_to_n(job):
        other = jobs.get(name)
        if other is not None and (job.array_size is None or other.array_size != job.array_size):
            sizes = [
                "left out" if size is None else f"{size}"
                for size in (job.array_size, other.array_size)
            ]
            found.append(
                f"array_size is {sizes[0]}, and that of {shown(name)}, for which it waits child by "
                f"child (NToN), is {sizes[1]}: give both the same"
            )
    return found


def _no_job(name: str, jobs: Mapping[str, WorkflowJob]) -> str:
    known = f"names of jobs ({', '.join(jobs)})"
    return f"{refused(name, known)}{meant(name, jobs)}"


def _problems_of_failure(job: WorkflowJob, jobs: Mapping[str, WorkflowJob]) -> list[str]:
    found: list[str] = []
    if job.catch is not None:
        if job.catch not in jobs:
            found.append(f"catch {_no_job(job.catch, jobs)}")
        elif jobs[job.catch].only_on_failure is False:
            found.append(f"catch is {shown(job.catch)}: give that job only_on_failure=True")
    if job.only_on_failure is True and (job.depends_on or job.catch or job.for_each):
        found.append(
            "only_on_failure is True, and such a job has no depends_on, catch or for_each: leave "
            "these out"
        )
    return found
