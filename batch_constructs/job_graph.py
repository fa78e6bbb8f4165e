"""Jobs that wait for jobs, as data: checked here, run by Step Functions or by ``client``.

Nothing here needs the CDK or boto3.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from graphlib import CycleError, TopologicalSorter
from typing import TYPE_CHECKING, Any

from batch_constructs.job_fields import wrong_fields, wrong_paths

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
_SMALLEST_ARRAY, _LARGEST_ARRAY = 2, 10_000
_SHORTEST_TIMEOUT_SECONDS = 60


@dataclass(frozen=True, kw_only=True)
class NToN:
    """A dependency of array children: child *i* waits for child *i* of the other array.

    Both arrays have the same size. See
    https://docs.aws.amazon.com/batch/latest/userguide/job_dependencies.html

    Attributes:
        job: the name of the array job that is waited for.
    """

    job: str


@dataclass(frozen=True, kw_only=True)
class StepRetry:
    """How often Step Functions runs a job again that failed, beyond the job's own attempts.

    Attributes:
        max_attempts: retries after the first run, 1 to 99.
        interval_seconds: wait before the first retry, 1 to 86,400. Default: 10.
        backoff_rate: factor by which the wait grows, 1 or more. Default: 2.
    """

    max_attempts: int
    interval_seconds: int = 10
    backoff_rate: float = 2.0


@dataclass(frozen=True, kw_only=True)
class WorkflowJob:
    """One job of a graph.

    Values of ``parameters`` and ``environment`` that start with ``$.`` are read from the input of
    the execution: ``$.day``. In a job with ``for_each`` they see ``$.item``, one element of the
    list, and ``$.input``, the whole input.

    Attributes:
        name: unique in the graph; letters, digits, ``-`` and ``_``, at most 64.
        job_definition: any job definition (ours, L2, L1), or its name or ARN as a string.
        queue: where it waits. Default: the queue of the graph.
        depends_on: names of jobs that have to succeed first, or ``NToN(job=…)``.
        array_size: children of an array job, 2 to 10,000. Default: not an array.
        parameters: values for the definition's ``Ref::`` placeholders.
        environment: environment variables, added to the definition's.
        command: replaces the definition's command.
        share_identifier: share of a fair-share queue. Default: the graph's.
        scheduling_priority: priority within the share, 0 to 9999.
        timeout_seconds: limit of one attempt, 60 or more. Default: the definition's.
        tags: tags of the job.
        retry: retries by Step Functions. Default: none but those of the definition.
        catch: name of a job that runs when this one failed for good.
        after_catch: ``"fail"`` the workflow after the catching job, or ``"continue"`` as if this
            job had succeeded.
        only_on_failure: this job runs only where others name it in ``catch``.
        for_each: path of a list in the input, ``$.files``: one job for each element.
        max_concurrency: jobs of a ``for_each`` at a time. Default: no limit of ours.
    """

    name: str
    job_definition: Any
    queue: Any = None
    depends_on: Sequence[str | NToN] = ()
    array_size: int | None = None
    parameters: Mapping[str, str] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)
    command: Sequence[str] | None = None
    share_identifier: str | None = None
    scheduling_priority: int | None = None
    timeout_seconds: int | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    retry: StepRetry | None = None
    catch: str | None = None
    after_catch: str = "fail"
    only_on_failure: bool = False
    for_each: str | None = None
    max_concurrency: int | None = None

    @property
    def waits_for(self) -> list[str]:
        """Names of the jobs this one waits for, N-to-N or whole."""
        return [each.job if isinstance(each, NToN) else each for each in self.depends_on]

    @property
    def n_to_n(self) -> list[str]:
        """Names of the arrays whose children this one's children wait for."""
        return [each.job for each in self.depends_on if isinstance(each, NToN)]


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
        by_name = {job.name: job for job in jobs}
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
    found: list[str] = []
    if not _NAME.fullmatch(job.name):
        found.append(
            "the name starts with a letter or digit and holds letters, digits, - and _, at most 64"
        )
    if job.array_size is not None and not _in(job.array_size, _SMALLEST_ARRAY, _LARGEST_ARRAY):
        found.append(f"array_size is {job.array_size}; an array has 2 to 10,000 children")
    if job.timeout_seconds is not None and job.timeout_seconds < _SHORTEST_TIMEOUT_SECONDS:
        found.append(f"timeout_seconds is {job.timeout_seconds}; AWS Batch allows 60 or more")
    if job.scheduling_priority is not None and not _in(job.scheduling_priority, 0, 9999):
        found.append(f"scheduling_priority is {job.scheduling_priority}; allowed is 0 to 9999")
    if job.max_concurrency is not None and (job.for_each is None or job.max_concurrency < 1):
        found.append("max_concurrency is 1 or more and goes with for_each")
    found += wrong_paths(job)
    return [*found, *_problems_of_waiting(job, jobs), *_problems_of_failure(job, jobs)]


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
    if job.after_catch not in {"fail", "continue"}:
        found.append(f"after_catch is {job.after_catch!r}; allowed: 'fail', 'continue'")
    if job.only_on_failure and (job.depends_on or job.catch or job.for_each):
        found.append("a job that runs only on failure has no depends_on, catch or for_each")
    if job.retry is not None:
        if not _in(job.retry.max_attempts, 1, 99):
            found.append(f"retry.max_attempts is {job.retry.max_attempts}; allowed: 1 to 99")
        if not _in(job.retry.interval_seconds, 1, 86_400):
            found.append(
                f"retry.interval_seconds is {job.retry.interval_seconds}; allowed: 1 to 86,400"
            )
        if job.retry.backoff_rate < 1:
            found.append(f"retry.backoff_rate is {job.retry.backoff_rate}; it is 1 or more")
    return found


def _in(number: float, low: int, high: int) -> bool:
    return low <= number <= high
