"""Jobs as the API describes them: JobDetail and JobSummary."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from batch_constructs.aws import resource_kinds as kinds
from batch_constructs.aws.container_facts import SizeType
from batch_constructs.aws.job_states import CANCELLED, JobState
from batch_constructs.local.batch.container_metadata import on_fargate
from batch_constructs.local.batch.job_nodes import node_id
from batch_constructs.local.batch.pod_jobs import pod_attempt, pod_detail

if TYPE_CHECKING:
    from collections.abc import Mapping

    from batch_constructs.local.batch.arns import Arns
    from batch_constructs.local.batch.jobs import Attempt, ContainerOutcome, Job
    from batch_constructs.local.batch.store import Document

_FROM_SUBMISSION = (
    "shareIdentifier",
    "schedulingPriority",
    "retryStrategy",
    "dependsOn",
    "parameters",
    "timeout",
    "propagateTags",
    "platformCapabilities",
    "consumableResourceProperties",
)


def job_arn(arns: Arns, job_id: str) -> str:
    """Return the ARN of a job."""
    return arns.of(kinds.JOB, job_id)


def job_detail(job: Job, arns: Arns) -> Document:
    """Describe a job in full; nested parts are shared with the job, so do not change them."""
    document = job.submission.document
    detail: Document = {
        "jobArn": job_arn(arns, job.id),
        "jobName": document["jobName"],
        "jobId": job.id,
        "jobQueue": document["jobQueue"],
        "status": job.status.value,
        "attempts": [_attempt(attempt, job) for attempt in job.attempts if attempt.stopped_at],
        "createdAt": job.created_at,
        "jobDefinition": document["jobDefinition"],
        "tags": dict(document["tags"]),
    }
    detail.update({key: document[key] for key in _FROM_SUBMISSION if key in document})
    detail.update(_times_and_flags(job))
    if "container" in document:
        detail["container"] = _container(document["container"], job)
    elif "nodeProperties" in document:
        detail["nodeProperties"] = document["nodeProperties"]
    elif "eksProperties" in document:
        detail["attempts"] = []
        detail["eksProperties"] = pod_detail(job)
        ended = [attempt for attempt in job.attempts if attempt.stopped_at]
        detail["eksAttempts"] = [pod_attempt(attempt, job) for attempt in ended]
    else:
        detail["container"] = {}
        detail["ecsProperties"] = _task(document["ecsProperties"], job)
    array = _array(job)
    if array:
        detail["arrayProperties"] = array
    return detail


def node_detail(job: Job, index: int, arns: Arns) -> Document:
    """Describe one node of a multi-node parallel job in full."""
    container = job.submission.containers[index]
    detail = job_detail(job, arns)
    del detail["nodeProperties"]
    return detail | {
        "jobArn": job_arn(arns, node_id(job.id, index)),
        "jobId": node_id(job.id, index),
        "status": _node_status(job, index),
        "container": _container(container.properties, job, index),
        "attempts": [_attempt(each, job, index) for each in job.attempts if each.stopped_at],
        "nodeDetails": {"nodeIndex": index, "isMainNode": container.essential},
    }


def node_summary(job: Job, index: int, arns: Arns) -> Document:
    """Describe one node of a multi-node parallel job in short."""
    containers = job.submission.containers
    return job_summary(job, arns) | {
        "jobArn": job_arn(arns, node_id(job.id, index)),
        "jobId": node_id(job.id, index),
        "status": _node_status(job, index),
        "nodeProperties": {
            "isMainNode": containers[index].essential,
            "numNodes": len(containers),
            "nodeIndex": index,
        },
    }


def job_summary(job: Job, arns: Arns) -> Document:
    """Describe a job in short."""
    document = job.submission.document
    summary: Document = {
        "jobArn": job_arn(arns, job.id),
        "jobId": job.id,
        "jobName": document["jobName"],
        "createdAt": job.created_at,
        "status": job.status.value,
        "jobDefinition": document["jobDefinition"],
        **_times_and_flags(job),
    }
    if job.submission.share is not None:
        summary["shareIdentifier"] = job.submission.share
    if job.children is None:
        summary["capacityUsage"] = [
            {"capacityUnit": SizeType.VCPU, "quantity": job.submission.requirement.vcpus}
        ]
    outcome = job.attempts[-1].containers[_main(job)] if job.attempts else None
    container = {} if outcome is None else _outcome(outcome)
    container.pop("logStreamName", None)
    if container:
        summary["container"] = container
    array = _array(job)
    if array:
        summary["arrayProperties"] = array
    return summary


def _times_and_flags(job: Job) -> Document:
    values: dict[str, Any] = {
        "startedAt": job.started_at,
        "stoppedAt": job.stopped_at,
        "statusReason": job.reason,
    }
    found = {key: value for key, value in values.items() if value is not None}
    if job.cancelled:
        found[CANCELLED] = True
    if job.terminated:
        found["isTerminated"] = True
    return found


def _array(job: Job) -> Document:
    if job.index is not None:
        return {"index": job.index}
    if job.summary is None:
        return {}
    return {
        "size": job.submission.array_size,
        "statusSummary": dict(job.summary),
        "statusSummaryLastUpdatedAt": job.moved_at,
    }


def _main(job: Job) -> int:
    properties: Document = job.submission.document.get("nodeProperties", {})
    main: int = properties.get("mainNode", 0)
    return main


def _node_status(job: Job, index: int) -> str:
    if not job.status.is_final or not job.attempts:
        return job.status.value
    code = job.attempts[-1].containers[index].exit_code
    return JobState.SUCCEEDED if code == 0 else JobState.FAILED


def _attempt(attempt: Attempt, job: Job, index: int | None = None) -> Document:
    times: dict[str, Any] = {
        "startedAt": attempt.started_at,
        "stoppedAt": attempt.stopped_at,
        "statusReason": attempt.status_reason,
    }
    found: Document = {key: value for key, value in times.items() if value is not None}
    if "ecsProperties" not in job.submission.document:
        outcome = attempt.containers[_main(job) if index is None else index]
        found["container"] = {
            **_host(attempt, job),
            "networkInterfaces": [],
            **_outcome(outcome),
        }
    else:
        containers = [{"name": c.name, **_outcome(c)} for c in attempt.containers]
        found["taskProperties"] = [{**_host(attempt, job), "containers": containers}]
    return found


def _host(attempt: Attempt, job: Job) -> dict[str, str]:
    """Say where an attempt is or was: its task, and on instances the instance in the cluster."""
    if on_fargate(job):
        return {"taskArn": attempt.task_arn}
    instance = attempt.task_arn.replace(":task/", ":container-instance/")
    return {"taskArn": attempt.task_arn, "containerInstanceArn": instance}


def _container(properties: Mapping[str, Any], job: Job, index: int = 0) -> Document:
    described = {**properties, "networkInterfaces": []}
    if job.attempts:
        latest = job.attempts[-1]
        described |= {**_host(latest, job), **_outcome(latest.containers[index])}
    return described


def _task(properties: Document, job: Job) -> Document:
    (task,) = properties["taskProperties"]
    if not job.attempts:
        return properties
    latest = job.attempts[-1]
    outcomes = {outcome.name: _outcome(outcome) for outcome in latest.containers}
    containers = [{**c, **outcomes.get(c.get("name"), {})} for c in task["containers"]]
    return {"taskProperties": [{**task, **_host(latest, job), "containers": containers}]}


def _outcome(outcome: ContainerOutcome) -> Document:
    values: dict[str, Any] = {
        "exitCode": outcome.exit_code,
        "reason": outcome.reason,
        "logStreamName": outcome.log_stream,
    }
    return {key: value for key, value in values.items() if value is not None}
