"""A graph of jobs in a JSON file: name → what it is and what it waits for."""

from __future__ import annotations

import json
from typing import Any

from batch_constructs.workflow_job import NToN, WorkflowJob

_MEMBERS = {
    "definition": "job_definition",
    "queue": "queue",
    "dependsOn": "depends_on",
    "arraySize": "array_size",
    "parameters": "parameters",
    "environment": "environment",
    "command": "command",
    "shareIdentifier": "share_identifier",
    "schedulingPriority": "scheduling_priority",
    "timeoutSeconds": "timeout_seconds",
    "tags": "tags",
    "forEach": "for_each",
}


def read_graph(text: str) -> list[WorkflowJob]:
    """Read ``{"jobs": {"name": {"definition": …, "dependsOn": ["other", {"nToN": "array"}]}}}``.

    Raises:
        ValueError: the text is no such graph; says all that is wrong.
    """
    data = json.loads(text)
    jobs = data.get("jobs") if isinstance(data, dict) else None
    if not isinstance(jobs, dict) or not all(isinstance(job, dict) for job in jobs.values()):
        raise ValueError('a graph is {"jobs": {"name": {"definition": …, "dependsOn": […]}}}')
    problems = []
    for name, job in jobs.items():
        unknown = sorted(set(job) - set(_MEMBERS))
        if unknown:
            known = ", ".join(_MEMBERS)
            problems.append(f"job {name!r}: unknown {', '.join(unknown)}; known: {known}")
        if "definition" not in job:
            problems.append(f"job {name!r}: no definition")
    if problems:
        raise ValueError("\n".join(problems))
    return [_job(name, job) for name, job in jobs.items()]


def _job(name: str, job: dict[str, Any]) -> WorkflowJob:
    arguments = {_MEMBERS[member]: value for member, value in job.items()}
    depends_on = job.get("dependsOn", [])
    if isinstance(depends_on, list):  # anything else is refused with the graph
        depends_on = [
            NToN(job=each["nToN"]) if isinstance(each, dict) and set(each) == {"nToN"} else each
            for each in depends_on
        ]
    arguments["depends_on"] = depends_on
    return WorkflowJob(name=name, **arguments)
