"""A graph of jobs in a JSON file: name → what it is and what it waits for."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

from batch_constructs.aws.bound import shown
from batch_constructs.workflow_job import NToN, WorkflowJob

_MEMBERS = {
    "jobDefinition": "job_definition",
    "queue": "queue",
    "dependsOn": "depends_on",
    "arraySize": "array_size",
    "parameters": "parameters",
    "environment": "environment",
    "command": "command",
    "shareIdentifier": "share_identifier",
    "schedulingPriority": "scheduling_priority",
    "timeoutSeconds": "timeout",
    "tags": "tags",
    "forEach": "for_each",
}


def read_graph(text: str) -> list[WorkflowJob]:
    """Read ``{"jobs": {"name": {"jobDefinition": …, "dependsOn": ["other", {"nToN": "array"}]}}}``.

    Raises:
        ValueError: the text is no such graph; says all that is wrong.
    """
    data = json.loads(text)
    jobs = data.get("jobs") if isinstance(data, dict) else None
    if not isinstance(jobs, dict) or not all(isinstance(job, dict) for job in jobs.values()):
        raise ValueError('a graph is {"jobs": {"name": {"jobDefinition": …, "dependsOn": […]}}}')
    problems = []
    for name, job in jobs.items():
        unknown = sorted(set(job) - set(_MEMBERS))
        if unknown:
            known = ", ".join(_MEMBERS)
            problems.append(f"job {shown(name)}: unknown {', '.join(unknown)}; known: {known}")
        if "jobDefinition" not in job:
            problems.append(f"job {shown(name)}: no jobDefinition")
        seconds = job.get("timeoutSeconds", 60)
        if isinstance(seconds, bool) or not isinstance(seconds, int):
            problems.append(
                f"job {shown(name)}: timeoutSeconds is {shown(seconds)}; expected a whole number "
                "of seconds such as 600"
            )
    if problems:
        raise ValueError("\n".join(problems))
    return [_job(name, job) for name, job in jobs.items()]


def _job(name: str, job: dict[str, Any]) -> WorkflowJob:
    arguments = {_MEMBERS[member]: value for member, value in job.items()}
    depends_on = job.get("dependsOn", [])
    if isinstance(depends_on, list):  # anything else is refused with the graph
        depends_on = [
            NToN(each["nToN"]) if isinstance(each, dict) and set(each) == {"nToN"} else each
            for each in depends_on
        ]
    arguments["depends_on"] = depends_on
    if "timeout" in arguments:
        arguments["timeout"] = timedelta(seconds=arguments["timeout"])
    return WorkflowJob(name=name, **arguments)
