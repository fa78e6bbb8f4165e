"""A graph of jobs as a Mermaid flowchart: https://mermaid.js.org/syntax/flowchart.html."""

from __future__ import annotations

from typing import TYPE_CHECKING

from batch_constructs.workflow_job import n_to_n, waits_for

if TYPE_CHECKING:
    from batch_constructs.job_graph import Graph
    from batch_constructs.workflow_job import WorkflowJob


def mermaid(graph: Graph) -> str:
    """Draw a graph: arrows to the jobs that wait, dotted ones to those that catch failures."""
    ids = {name: f"job{number}" for number, name in enumerate(graph.jobs)}
    lines = ["flowchart TD"]
    lines += [f"    {ids[name]}{_shape(job)}" for name, job in graph.jobs.items()]
    for name, job in graph.jobs.items():
        pairs = set(n_to_n(job))
        lines += [
            f"    {ids[other]} {'-->|N to N|' if other in pairs else '-->'} {ids[name]}"
            for other in waits_for(job)
        ]
        if job.catch is not None:
            lines.append(f"    {ids[name]} -.->|failed| {ids[job.catch]}")
    return "\n".join(lines) + "\n"


def _shape(job: WorkflowJob) -> str:
    if job.for_each is not None:
        return f'[["{job.name}<br/>for each {job.for_each}"]]'
    if job.array_size is not None:
        return f'[["{job.name}<br/>{job.array_size} children"]]'
    if job.only_on_failure:
        return f'("{job.name}")'
    return f'["{job.name}"]'
