"""Service jobs as the API describes them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from batch_constructs.aws import resource_kinds as kinds

if TYPE_CHECKING:
    from batch_constructs.local.batch.arns import Arns
    from batch_constructs.local.batch.jobs import Job
    from batch_constructs.local.batch.store import Document

AS_SUBMITTED = (
    "jobName",
    "jobQueue",
    "serviceJobType",
    "serviceRequestPayload",
    "schedulingPriority",
    "shareIdentifier",
    "quotaShareName",
    "preemptionConfiguration",
    "retryStrategy",
    "timeoutConfig",
    "tags",
)
IN_SHORT = (
    "jobArn",
    "jobId",
    "jobName",
    "createdAt",
    "scheduledAt",
    "startedAt",
    "stoppedAt",
    "status",
    "statusReason",
    "serviceJobType",
    "shareIdentifier",
    "quotaShareName",
    "latestAttempt",
    "capacityUsage",
)


def service_job_detail(job: Job, arns: Arns) -> Document:
    """Describe a service job in full."""
    document = job.submission.document
    detail = {key: document[key] for key in AS_SUBMITTED if key in document}
    values: dict[str, Any] = {
        "jobArn": arns.of(kinds.SERVICE_JOB, job.id),
        "jobId": job.id,
        "status": job.status.value,
        "statusReason": job.reason,
        "createdAt": job.created_at,
        "scheduledAt": job.attempts[-1].started_at if job.attempts else None,
        "startedAt": 0 if job.started_at is None else job.started_at,
        "stoppedAt": job.stopped_at,
        "isTerminated": job.terminated or None,
        "latestAttempt": (
            {"serviceResourceId": _resource(job.attempts[-1].task_arn)} if job.attempts else None
        ),
    }
    detail |= {key: value for key, value in values.items() if value is not None}
    detail["attempts"] = [
        {
            "serviceResourceId": _resource(attempt.task_arn),
            "stoppedAt": attempt.stopped_at,
            "statusReason": attempt.status_reason,
            **({} if attempt.started_at is None else {"startedAt": attempt.started_at}),
        }
        for attempt in job.attempts
        if attempt.stopped_at is not None
    ]
    detail["capacityUsage"] = [
        {
            "capacityUnit": job.submission.capacity_unit,
            "quantity": job.submission.requirement.vcpus,
        }
    ]
    return detail


def _resource(arn: str) -> Document:
    return {"name": "TrainingJobArn", "value": arn}
