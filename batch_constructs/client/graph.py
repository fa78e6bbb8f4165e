"""A graph of jobs, submitted without Step Functions: each waits for the others' job IDs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import uuid4

from batch_constructs.client.batch import SubmissionUnclearError
from batch_constructs.client.request import submission
from batch_constructs.job_graph import Graph, NToN, WorkflowJob

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from batch_constructs.client.batch import BatchClient


def submit_graph(
    client: BatchClient,
    jobs: Sequence[WorkflowJob],
    *,
    queue: str | None = None,
    input: Mapping[str, Any] | None = None,
    run: str | None = None,
) -> dict[str, str]:
    """Submit jobs that wait for jobs; return name → job ID.

    Every job is named ``RUN-NAME``. Whatever interrupts this (Ctrl-C, a lost answer, expired
    credentials), call it again with the same ``run``: what is submitted already is found by its
    name and not submitted again.

    Args:
        client: who submits.
        jobs: the graph; definitions and queues as strings.
        queue: queue of the jobs that name none.
        input: where values that start with ``$.`` come from.
        run: names this run. Default: a new one.

    Raises:
        ValueError: the graph is wrong, or needs Step Functions (``catch``, ``retry``).
    """
    graph = Graph.of(jobs)
    _refuse_what_needs_step_functions(jobs, queue)
    run = run or f"run-{uuid4().hex[:12]}"
    queues = dict.fromkeys(str(job.queue or queue) for job in jobs)
    there: dict[str, str] = {}
    for each in queues:
        there |= client.named(f"{run}-*", queue=each)
    submitted: dict[str, list[str]] = {}
    for name, job in graph.jobs.items():
        depends_on = [
            {"jobId": job_id, **({"type": "N_TO_N"} if isinstance(wait, NToN) else {})}
            for wait in job.depends_on
            for job_id in submitted[wait.job if isinstance(wait, NToN) else wait]
        ]
        submitted[name] = [
            _submit(client, request, there)
            for request in _requests(job, queue, run, dict(input or {}), depends_on)
        ]
    return {
        name if len(ids) == 1 else f"{name}-{index}": job_id
        for name, ids in submitted.items()
        for index, job_id in enumerate(ids)
    }


def _submit(client: BatchClient, request: dict[str, Any], there: dict[str, str]) -> str:
    name = request["jobName"]
    if name not in there:
        try:
            there[name] = client.submit_request(request)
        except SubmissionUnclearError:
            found = client.named(name, queue=request["jobQueue"])
            if name not in found:
                raise
            there[name] = found[name]
    return there[name]


def _requests(
    job: WorkflowJob,
    queue: str | None,
    run: str,
    data: dict[str, Any],
    depends_on: list[dict[str, str]],
) -> list[dict[str, Any]]:
    base = f"{run}-{job.name}"
    if job.for_each is None:
        scopes = [(base, data)]
    else:
        items = _value(job.for_each, data)
        if not isinstance(items, list):
            raise ValueError(f"job {job.name!r}: {job.for_each} is no list in the input")
        scopes = [
            (f"{base}-{index}", {"item": item, "input": data}) for index, item in enumerate(items)
        ]
    return [
        submission(
            name,
            queue=str(job.queue or queue),
            definition=job.job_definition,
            array_size=job.array_size,
            parameters=_resolved(job.parameters, scope),
            environment=_resolved(job.environment, scope),
            command=job.command,
            share_identifier=job.share_identifier,
            scheduling_priority=job.scheduling_priority,
            timeout_seconds=job.timeout_seconds,
            tags=job.tags,
            depends_on=depends_on,
        )
        for name, scope in scopes
    ]


def _resolved(values: Mapping[str, str], data: Mapping[str, Any]) -> dict[str, str]:
    return {
        name: str(_value(value, data)) if value.startswith("$.") else value
        for name, value in values.items()
    }


def _value(path: str, data: Mapping[str, Any]) -> object:
    at: Any = data
    for name in path.removeprefix("$.").split("."):
        if not isinstance(at, dict) or name not in at:
            raise ValueError(f"the input has no {path}")
        at = at[name]
    return at


def _refuse_what_needs_step_functions(jobs: Sequence[WorkflowJob], queue: str | None) -> None:
    problems = []
    for job in jobs:
        if job.catch or job.only_on_failure or job.retry:
            problems.append(
                f"job {job.name!r}: catch, only_on_failure and retry need Step Functions; "
                "deploy a Workflow, or leave them out"
            )
        if job.queue is None and queue is None:
            problems.append(f"job {job.name!r}: no queue; give it one, or the whole graph")
        if not isinstance(job.job_definition, str) or not isinstance(job.queue, str | None):
            problems.append(
                f"job {job.name!r}: job_definition and queue are names or ARNs here, not constructs"
            )
    if problems:
        raise ValueError("\n".join(problems))
