"""Jobs as the API describes them: JobDetail and JobSummary."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from batch_constructs.aws import resource_kinds as kinds
from batch_constructs.aws.container_facts import SizeType
from batch_constructs.aws.job_states import CANCELLED, JobState
from batch_constructs.local.batch.container_metadata import on_fargate
from batch_constructs.local.batch.job_nodes import node_groups, node_id
from batch_constructs.local.batch.pod_jobs import pod_attempt, pod_detail

if TYPE_CHECKING:
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
    detail = _detail(job, job.id, arns)
    if "nodeProperties" in document:
        main = document["nodeProperties"]["mainNode"]
        detail["nodeProperties"] = document["nodeProperties"]
        detail |= _attempts(_group(job, main), job, main)
    else:
        detail |= {**_body(document, job, None), **_attempts(document, job, None)}
    array = _array(job)
    if array:
        detail["arrayProperties"] = array
    return detail


def node_detail(job: Job, index: int, arns: Arns) -> Document:
    """Describe one node of a multi-node parallel job in full."""
    group = _group(job, index)
    main = job.submission.document["nodeProperties"]["mainNode"]
    return {
        **_detail(job, node_id(job.id, index), arns),
        "status": _node_status(job, index),
        **_body(group, job, index),
        **_attempts(group, job, index),
        "nodeDetails": {"nodeIndex": index, "isMainNode": index == main},
    }


def _detail(job: Job, job_id: str, arns: Arns) -> Document:
    """Describe what is alike of a job and of each of its nodes."""
    document = job.submission.document
    return {
        "jobArn": job_arn(arns, job_id),
        "jobName": document["jobName"],
        "jobId": job_id,
        "jobQueue": document["jobQueue"],
        "status": job.status.value,
        "createdAt": job.created_at,
        "jobDefinition": document["jobDefinition"],
        "tags": dict(document["tags"]),
        **{key: document[key] for key in _FROM_SUBMISSION if key in document},
        **_times_and_flags(job),
    }


def node_summary(job: Job, index: int, arns: Arns) -> Document:
    """Describe one node of a multi-node parallel job in short."""
    properties = job.submission.document["nodeProperties"]
    return job_summary(job, arns) | {
        "jobArn": job_arn(arns, node_id(job.id, index)),
        "jobId": node_id(job.id, index),
        "status": _node_status(job, index),
        "nodeProperties": {
            "isMainNode": index == properties["mainNode"],
            "numNodes": properties["numNodes"],
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
    main: int | None = document.get("nodeProperties", {}).get("mainNode")
    outcome = _outcomes(job.attempts[-1], job, main)[0] if job.attempts else None
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


def _group(job: Job, index: int) -> Document:
    """Return the range that a node is in, as it was submitted."""
    group = node_groups(job.submission.document["nodeProperties"])[index]
    return {} if group is None else group


def _outcomes(attempt: Attempt, job: Job, node: int | None) -> list[ContainerOutcome]:
    """Return what the containers of a node came to, or those of a job that has one node."""
    pairs = zip(job.submission.containers, attempt.containers, strict=True)
    return [
        outcome
        for container, outcome in pairs
        if container.node is None or container.node.index == node
    ]


def _node_status(job: Job, index: int) -> str:
    if not job.status.is_final or not job.attempts:
        return job.status.value
    outcomes = _outcomes(job.attempts[-1], job, index)
    decided = any(one.decides for one in outcomes)
    succeeded = all(one.exit_code == 0 for one in outcomes if one.decides or not decided)
    return JobState.SUCCEEDED if succeeded else JobState.FAILED


def _body(body: Document, job: Job, node: int | None) -> Document:
    """Describe the containers of a job, or of a node, whose properties are of any kind."""
    latest = job.attempts[-1] if job.attempts else None
    outcomes = [] if latest is None else _outcomes(latest, job, node)
    if "container" in body:
        described = {**body["container"], "networkInterfaces": []}
        if latest is not None:
            described |= {**_host(latest, job), **_outcome(outcomes[0])}
        return {"container": described}
    if "eksProperties" in body:
        return {"eksProperties": pod_detail(body["eksProperties"], latest, outcomes)}
    properties = body["ecsProperties"]
    if latest is not None:
        (task,) = properties["taskProperties"]
        containers = [
            {**container, **_outcome(outcome)}
            for container, outcome in zip(task["containers"], outcomes, strict=True)
        ]
        described = {**task, **_host(latest, job), "containers": containers}
        properties = {"taskProperties": [described]}
    return {"container": {}, "ecsProperties": properties}


def _attempts(body: Document, job: Job, node: int | None) -> Document:
    ended = [attempt for attempt in job.attempts if attempt.stopped_at]
    if "eksProperties" not in body:
        return {"attempts": [_attempt(attempt, body, job, node) for attempt in ended]}
    defined = body["eksProperties"]
    return {
        "attempts": [],
        "eksAttempts": [pod_attempt(defined, one, _outcomes(one, job, node)) for one in ended],
    }


def _attempt(attempt: Attempt, body: Document, job: Job, node: int | None) -> Document:
    times: dict[str, Any] = {
        "startedAt": attempt.started_at,
        "stoppedAt": attempt.stopped_at,
        "statusReason": attempt.status_reason,
    }
    found: Document = {key: value for key, value in times.items() if value is not None}
    outcomes = _outcomes(attempt, job, node)
    if "ecsProperties" not in body:
        found["container"] = {
            **_host(attempt, job),
            "networkInterfaces": [],
            **_outcome(outcomes[0]),
        }
    else:
        containers = [{"name": one.own_name, **_outcome(one)} for one in outcomes]
        found["taskProperties"] = [{**_host(attempt, job), "containers": containers}]
    return found


def _host(attempt: Attempt, job: Job) -> dict[str, str]:
    """Say where an attempt is or was: its task, and on instances the instance in the cluster."""
    if on_fargate(job):
        return {"taskArn": attempt.task_arn}
    instance = attempt.task_arn.replace(":task/", ":container-instance/")
    return {"taskArn": attempt.task_arn, "containerInstanceArn": instance}


def _outcome(outcome: ContainerOutcome) -> Document:
    values: dict[str, Any] = {
        "exitCode": outcome.exit_code,
        "reason": outcome.reason,
        "logStreamName": outcome.log_stream,
    }
    return {key: value for key, value in values.items() if value is not None}
