"""A graph of jobs, submitted without Step Functions: each waits for the others' job IDs."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from batch_constructs.aws.bound import allowed, shown
from batch_constructs.aws.job_states import JobState
from batch_constructs.aws.names import JOB_NAME
from batch_constructs.aws.overridden_containers import described_containers
from batch_constructs.aws.submit_job import DEPENDENCIES, SHARE_IDENTIFIER, ArrayDependency
from batch_constructs.client.submit_request import submit_job_request
from batch_constructs.functions.submission.json_path import value_at
from batch_constructs.job_graph import Graph
from batch_constructs.submission_overrides import requirements_of
from batch_constructs.workflow_job import NToN, WorkflowJob, timeout_seconds, waits_for

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from batch_constructs.client.batch_client import BatchClient

_RUN = re.compile(r"[A-Za-z0-9]([A-Za-z0-9_]|-(?!-|$))*")

Plan = dict[str, list[dict[str, Any]]]
"""Job → its submissions, several with ``for_each``; what they wait for is yet to be added."""


class RunFailedError(ValueError):
    """Jobs of a run that was submitted earlier have FAILED in the meantime.

    Attributes:
        submitted: What ``submit_graph`` would have returned.
    """

    def __init__(self, message: str, *, submitted: dict[str, str]) -> None:
        super().__init__(message)
        self.submitted = submitted


def submit_graph(
    client: BatchClient,
    jobs: Sequence[WorkflowJob],
    *,
    queue: str | None = None,
    input: Mapping[str, Any] | None = None,
    run: str | None = None,
) -> dict[str, str]:
    """Submit jobs that wait for jobs; return name → job ID.

    Every job is named ``RUN--NAME``, those of a ``for_each`` ``RUN--NAME-INDEX``. The graph is
    checked whole before anything is submitted. Whatever interrupts this (Ctrl-C, a lost answer,
    expired credentials), call it again with the same ``run``, a minute later, when AWS Batch lists
    what was submitted: it is found by its name and not submitted again.

    Args:
        client: who submits.
        jobs: the graph; definitions and queues as strings.
        queue: queue of the jobs that name none.
        input: where values that start with ``$.`` come from.
        run: names this run; letters, digits, ``_`` and single ``-``. Default: a new one.

    Raises:
        ValueError: the graph or the input is wrong, or needs Step Functions (``catch``,
            ``step_retry``), or the run has begun with another input; nothing is submitted.
        RunFailedError: the run has begun, and jobs of it FAILED; what was missing is submitted.
    """
    graph = Graph.of(jobs)
    _refuse_what_needs_step_functions(jobs, queue)
    run = f"run-{uuid4().hex[:12]}" if run is None else run
    plan = _plan(graph, queue, run, {} if input is None else input)
    queues = dict.fromkeys(str(job.queue or queue) for job in jobs)
    there: dict[str, str] = {}
    for each in queues:
        there |= client.named(f"{run}--*", queue=each)
    failed = _failed_before(client, run, plan, there)
    submitted: dict[str, list[str]] = {}
    for name, job in graph.jobs.items():
        depends_on = [
            {
                "jobId": job_id,
                **({"type": ArrayDependency.N_TO_N} if isinstance(wait, NToN) else {}),
            }
            for wait in job.depends_on
            for job_id in submitted[wait.job if isinstance(wait, NToN) else wait]
        ]
        waiting = {"dependsOn": depends_on} if depends_on else {}
        submitted[name] = [
            there.get(each["jobName"]) or client._submit_once({**each, **waiting})  # noqa: SLF001  # of the same room
            for each in plan[name]
        ]
    jobs_by_name = {
        name if len(ids) == 1 else f"{name}-{index}": job_id
        for name, ids in submitted.items()
        for index, job_id in enumerate(ids)
    }
    if failed:
        raise RunFailedError(
            f"the run {run} was submitted before, and {', '.join(failed)} FAILED: redrive what "
            f"failed: batch-constructs redrive {' '.join(failed.values())}; or give the run "
            "another name to run everything again",
            submitted=jobs_by_name,
        )
    return jobs_by_name


def _failed_before(
    client: BatchClient, run: str, plan: Plan, there: Mapping[str, str]
) -> dict[str, str]:
    """Return what of the run FAILED: name → job ID.

    Raises:
        ValueError: what was submitted already is not what would be submitted now.
    """
    again = {one["jobName"]: one for requests in plan.values() for one in requests}
    again = {name: one for name, one in again.items() if name in there}
    details = client.describe([there[name] for name in again])
    other = [
        name
        for (name, request), detail in zip(again.items(), details, strict=True)
        if _given(request) - _there(detail)
    ]
    if other:
        raise ValueError(
            f"the run {run} was started with different parameters, environment or command for "
            f"{', '.join(sorted(other))}: give the same input again, or give the run another name"
        )
    return {
        name: detail["jobId"]
        for name, detail in zip(again, details, strict=True)
        if detail.get("status") == JobState.FAILED
    }


def _given(request: Mapping[str, Any]) -> set[tuple[str, str, str]]:
    return _values_of(request.get("parameters", {}), request.get("containerOverrides", {}))


def _there(detail: Mapping[str, Any]) -> set[tuple[str, str, str]]:
    values = _values_of(detail.get("parameters", {}), {})
    return values.union(*(_values_of({}, each) for each in described_containers(detail)))


def _values_of(
    parameters: Mapping[str, str], container: Mapping[str, Any]
) -> set[tuple[str, str, str]]:
    environment = container.get("environment") or container.get("env") or ()
    command = container.get("command", ())
    return {
        *(("parameter", name, value) for name, value in parameters.items()),
        *(("variable", one["name"], one.get("value", "")) for one in environment),
        # a word with a placeholder may be described with what stands in its place
        *(("word", str(at), word) for at, word in enumerate(command) if "Ref::" not in word),
    }


def _plan(graph: Graph, queue: str | None, run: str, data: object) -> Plan:
    """Write down all submissions, and refuse the whole graph if one of them cannot be."""
    problems: list[str] = []
    plan: Plan = {}
    if not _RUN.fullmatch(run):
        problems.append(
            f"run is {shown(run)}; it must start with a letter or digit, and contain only "
            "letters, digits, _ and single hyphens inside, because -- separates the run from the "
            "job"
        )
    if not isinstance(data, Mapping):
        problems.append("input is not a JSON object: write {…}")
        raise ValueError("\n".join(problems))  # noqa: TRY004  # often the text of --input
    for name, job in graph.jobs.items():
        try:
            plan[name] = _requests(job, queue, run, data)
        except ValueError as error:
            plan[name] = []
            problems += [f"job {shown(name)}: {problem}" for problem in str(error).splitlines()]
    problems += _problems_of_plan(graph, plan)
    if problems:
        raise ValueError("\n".join(problems))
    return plan


def _problems_of_plan(graph: Graph, plan: Plan) -> Iterator[str]:
    for name, job in graph.jobs.items():
        waits = sum(len(plan[other]) for other in waits_for(job))
        if not DEPENDENCIES.admits(waits):
            yield (
                f"job {shown(name)}: depends_on waits for {waits} jobs; "
                f"{allowed(f'at most {DEPENDENCIES.high}')}: make the elements of a for_each "
                "children of one array, or deploy a Workflow"
            )
        wrong = (
            None if job.share_identifier is None else SHARE_IDENTIFIER.wrong(job.share_identifier)
        )
        if wrong:
            yield f"job {shown(name)}: share_identifier {wrong}"
    names = Counter(each["jobName"] for requests in plan.values() for each in requests)
    for job_name, times in names.items():
        if times > 1:
            yield (
                f"{times} jobs would be called {job_name}: an element of a for_each is called "
                "NAME-INDEX; choose other names"
            )
        wrong = JOB_NAME.wrong(job_name)
        if wrong:
            yield f"a job would be called {job_name}, whose name {wrong}"


def _requests(
    job: WorkflowJob, queue: str | None, run: str, data: Mapping[str, Any]
) -> list[dict[str, Any]]:
    base = f"{run}--{job.name}"
    scopes: list[tuple[str, Mapping[str, Any]]] = [(base, data)]
    if job.for_each is not None:
        items = _value(job.for_each, data)
        if not isinstance(items, list):
            raise ValueError(f"{job.for_each} is not a list in the input")
        scopes = [
            (f"{base}-{index}", {"item": item, "input": data}) for index, item in enumerate(items)
        ]
    requirements = requirements_of(job.overrides)
    return [
        submit_job_request(
            name,
            queue=str(job.queue or queue),
            job_definition=str(job.job_definition),
            array_size=_whole(job.array_size),
            parameters=_resolved("parameters", job.parameters, scope),
            environment=_resolved("environment", job.environment, scope),
            command=_words(job.command, scope),
            share_identifier=job.share_identifier,
            scheduling_priority=_whole(job.scheduling_priority),
            timeout_seconds=timeout_seconds(job),
            tags=job.tags,
            requirements=requirements,
        )
        for name, scope in scopes
    ]


def _words(command: Sequence[str] | None, data: Mapping[str, Any]) -> list[str] | None:
    if command is None:
        return None
    return [_from_input(f"command[{at}]", word, data) for at, word in enumerate(command)]


def _resolved(field: str, values: Mapping[str, str], data: Mapping[str, Any]) -> dict[str, str]:
    return {
        name: _from_input(f"{field}[{shown(name)}]", value, data) for name, value in values.items()
    }


def _from_input(where: str, value: str, data: Mapping[str, Any]) -> str:
    """Return a value as it is given, or as the input gives it: one that starts with ``$.``."""
    return _text(where, value, data) if value.startswith("$.") else value


def _text(where: str, path: str, data: Mapping[str, Any]) -> str:
    found = _value(path, data)
    if isinstance(found, bool):
        return "true" if found else "false"
    if isinstance(found, str | int | float):
        return str(found)
    kind = "null" if found is None else f"a JSON {type(found).__name__}"
    raise ValueError(f"{where}: {path} is {kind} in the input, not a string or a number")


def _value(path: str, data: Mapping[str, Any]) -> object:
    try:
        return value_at(path, data)
    except LookupError:
        raise ValueError(f"the input has no {path}") from None


def _refuse_what_needs_step_functions(jobs: Sequence[WorkflowJob], queue: str | None) -> None:
    problems = []
    for job in jobs:
        if job.catch or job.only_on_failure or job.step_retry:
            problems.append(
                f"job {shown(job.name)}: catch, only_on_failure and step_retry need Step "
                "Functions; deploy a Workflow, or leave them out"
            )
        if job.queue is None and queue is None:
            problems.append(
                f"job {shown(job.name)}: queue is left out: give it one, or the whole graph"
            )
        if not isinstance(job.job_definition, str) or not isinstance(job.queue, str | None):
            problems.append(
                f"job {shown(job.name)}: job_definition and queue must be names or ARNs here, "
                "not constructs"
            )
    if problems:
        raise ValueError("\n".join(problems))


def _whole(number: float | None) -> int | None:
    """Write a whole number as the API takes it, which refuses 2.0."""
    return None if number is None else int(number)
