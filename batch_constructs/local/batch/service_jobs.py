"""Service jobs: SageMaker training jobs, each run as the process that its payload names.

They go through the queue as other jobs do. Their environment's capacity is counted in instances.
See https://docs.aws.amazon.com/batch/latest/userguide/service-jobs.html
"""

from __future__ import annotations

import json
from copy import deepcopy
from typing import TYPE_CHECKING, Any

from batch_constructs.aws import resource_kinds as kinds
from batch_constructs.aws.container_facts import (
    AWSLOGS,
    LOG_CREATE_OPTION,
    LOG_PREFIX_OPTION,
    SizeType,
)
from batch_constructs.aws.names import LOG_GROUP_OPTION
from batch_constructs.aws.resource_states import State, Status
from batch_constructs.aws.submit_job import LISTED_WITH_FILTERS, STOPPED_AT_ONCE
from batch_constructs.local.batch.job_operations import JobOperations, check_reason
from batch_constructs.local.batch.jobs import Job, Submission
from batch_constructs.local.batch.paging import page_by_key
from batch_constructs.local.batch.random_ids import new_id
from batch_constructs.local.batch.service_errors import client_error, refuse
from batch_constructs.local.batch.service_job_details import (
    AS_SUBMITTED,
    IN_SHORT,
    service_job_detail,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from batch_constructs.local.batch.arns import Arns
    from batch_constructs.local.batch.job_lists import JobLists
    from batch_constructs.local.batch.job_queue_operations import JobQueue, JobQueues
    from batch_constructs.local.batch.job_table import JobTable
    from batch_constructs.local.batch.lifecycle import Lifecycle
    from batch_constructs.local.batch.quota_share_operations import QuotaShares
    from batch_constructs.local.batch.store import Document

LOG_GROUP = "/aws/sagemaker/TrainingJobs"


class ServiceJobs:
    """The operations on service jobs.

    Args:
        arns: names them.
        jobs: all jobs.
        queues: the job queues.
        shares: the quota shares.
        lifecycle: moves them.
        operations: ends them, as other jobs.
        lists: reads filters.
        submitted: is told of a new one.
        reordered: is told of one whose priority has changed.
    """

    def __init__(
        self,
        *,
        arns: Arns,
        jobs: JobTable,
        queues: JobQueues,
        shares: QuotaShares,
        lifecycle: Lifecycle,
        operations: JobOperations,
        lists: JobLists,
        submitted: Callable[[Job], None],
        reordered: Callable[[Job], None],
    ) -> None:
        self._arns = arns
        self._jobs = jobs
        self._queues = queues
        self._shares = shares
        self._lifecycle = lifecycle
        self._operations = operations
        self._lists = lists
        self._submitted = submitted
        self._reordered = reordered

    def submit(self, request: Mapping[str, Any]) -> Document:
        """Answer SubmitServiceJob."""
        queue = self._queues.get(request["jobQueue"])
        payload = _payload(request["serviceRequestPayload"])
        refuse([*_problems(queue), *self._share_problems(request, queue)])
        document = {key: deepcopy(request[key]) for key in AS_SUBMITTED if key in request}
        document |= {
            "jobQueue": queue.arn,
            "jobDefinition": "",
            "dependsOn": [],
            "retryStrategy": {
                "attempts": 1,
                "evaluateOnExit": [],
                **request.get("retryStrategy", {}),
            },
            "tags": dict(request.get("tags", {})),
            "container": _container(payload),
        }
        if "timeoutConfig" in request:
            document["timeout"] = document["timeoutConfig"]
        elif "MaxRuntimeInSeconds" in payload.get("StoppingCondition", {}):
            seconds = payload["StoppingCondition"]["MaxRuntimeInSeconds"]
            document["timeout"] = {"attemptDurationSeconds": seconds}
        job = self._jobs.add(new_id(), Submission(document, ()), self._lifecycle.now_ms())
        self._submitted(job)
        return self._names(job)

    def describe(self, request: Mapping[str, Any]) -> Document:
        """Answer DescribeServiceJob."""
        return service_job_detail(self._get(request["jobId"]), self._arns)

    def list_service_jobs(self, request: Mapping[str, Any]) -> Document:
        """Answer ListServiceJobs: the service jobs of a queue, newest first."""
        if "jobQueue" not in request:
            raise client_error("jobQueue must be specified")
        queue = self._queues.get(request["jobQueue"])
        tests: list[Callable[[Job], bool]] = [*self._lists.tests(request)]
        tests.append(lambda job: job.submission.is_service_job)
        found, token = page_by_key(
            (job for job in reversed(self._jobs.of_queue(queue.arn)) if all(t(job) for t in tests)),
            request,
            limit=LISTED_WITH_FILTERS,
            key=lambda job: -job.sequence,
        )
        details = [service_job_detail(job, self._arns) for job in found]
        short = [{key: one[key] for key in IN_SHORT if key in one} for one in details]
        return {"jobSummaryList": short, **token}

    def update(self, request: Mapping[str, Any]) -> Document:
        """Answer UpdateServiceJob."""
        job = self._get(request["jobId"])
        job.submission.document["schedulingPriority"] = request["schedulingPriority"]
        self._jobs.save_submission(job)
        self._reordered(job)
        return self._names(job)

    def terminate(self, request: Mapping[str, Any]) -> Document:
        """Answer TerminateServiceJob."""
        check_reason(request["reason"])
        self._terminate(request["jobId"], request["reason"])
        return {}

    def terminate_several(self, request: Mapping[str, Any]) -> Document:
        """Answer TerminateServiceJobs; those that are not there count as terminated."""
        ids = request["jobs"]
        check_reason(request["reason"])
        if not 1 <= len(ids) <= STOPPED_AT_ONCE:
            raise client_error(f"jobs has {len(ids)} job IDs; allowed: 1 to {STOPPED_AT_ONCE}")
        for job_id in ids:
            self._terminate(job_id, request["reason"])
        return {"successful": list(ids), "errors": []}

    def tags_of(self, arn: str) -> dict[str, str] | None:
        """Return the tags of a service job, to be changed in place; None where there is none."""
        job = self._find(self._arns.name(kinds.SERVICE_JOB, arn))
        if job is None:
            return None
        tags: dict[str, str] = job.submission.document["tags"]
        return tags

    def save(self, arn: str) -> None:
        """Write a service job down after its tags have changed."""
        self._jobs.save_submission(self._get(self._arns.name(kinds.SERVICE_JOB, arn)))

    def _terminate(self, job_id: str, reason: str) -> None:
        job = self._find(job_id)
        if job is not None:
            self._operations.end(job, reason)

    def _find(self, job_id: str) -> Job | None:
        job = self._jobs.find(job_id)
        return job if job is not None and job.submission.is_service_job else None

    def _get(self, job_id: str) -> Job:
        job = self._find(job_id)
        if job is None:
            raise client_error(f"there is no service job {job_id}")
        return job

    def _names(self, job: Job) -> Document:
        arn = self._arns.of(kinds.SERVICE_JOB, job.id)
        return {"jobArn": arn, "jobName": job.submission.name, "jobId": job.id}

    def _share_problems(self, request: Mapping[str, Any], queue: JobQueue) -> Sequence[str]:
        policy = None if queue.policy_arn is None else self._queues.policy(queue)
        wants_quota = policy is not None and "quotaSharePolicy" in policy
        wants_share = policy is not None and not wants_quota
        problems = []
        for name, wanted in (("quotaShareName", wants_quota), ("shareIdentifier", wants_share)):
            if (name in request) != wanted:
                what = "must be specified" if wanted else "must not be specified"
                problems.append(f"{name} {what} for {queue.arn}")
        if wants_quota and "quotaShareName" in request:
            share = self._shares.find(queue, request["quotaShareName"])
            if share is None or share["state"] != State.ENABLED:
                problems.append(f"{queue.arn} has no ENABLED quota share of this name")
        return problems


def _payload(text: str) -> Document:
    """Read a CreateTrainingJob request."""
    try:
        payload = json.loads(text)
    except ValueError as error:
        raise client_error(f"serviceRequestPayload is not JSON: {error}") from error
    if not isinstance(payload, dict):
        raise client_error("serviceRequestPayload must be a JSON object")
    required = {
        "AlgorithmSpecification": ["TrainingInputMode"],
        "OutputDataConfig": ["S3OutputPath"],
        "ResourceConfig": [],
        "RoleArn": [],
        "StoppingCondition": [],
    }
    missing = []
    for key, members in required.items():
        if key not in payload:
            missing.append(key)
        else:
            missing += [f"{key}.{member}" for member in members if member not in payload[key]]
    if missing:
        raise client_error(f"serviceRequestPayload lacks {', '.join(missing)}")
    return payload


def _container(payload: Document) -> Document:
    """Return what a training job runs, as a container of a job."""
    algorithm, resources = payload["AlgorithmSpecification"], payload["ResourceConfig"]
    groups = resources.get("InstanceGroups") or [resources]
    count = sum(int(group.get("InstanceCount", 1)) for group in groups)
    name = payload.get("TrainingJobName", "training")
    return {
        "image": algorithm.get("TrainingImage", ""),
        "command": [
            *algorithm.get("ContainerEntrypoint", ()),
            *algorithm.get("ContainerArguments", ()),
        ],
        "environment": [
            {"name": key, "value": value} for key, value in payload.get("Environment", {}).items()
        ],
        "jobRoleArn": payload["RoleArn"],
        "instanceType": groups[0].get("InstanceType", "ml.m5.large"),
        # In a service environment, what is counted is instances.
        "resourceRequirements": [{"type": SizeType.VCPU, "value": str(count)}],
        "logConfiguration": {
            "logDriver": AWSLOGS,
            "options": {
                LOG_GROUP_OPTION: LOG_GROUP,
                LOG_PREFIX_OPTION: name,
                LOG_CREATE_OPTION: "true",
            },
        },
    }


def _problems(queue: JobQueue) -> Sequence[str]:
    problems = []
    if not queue.takes_service_jobs:
        problems.append(f"{queue.arn} is not for service jobs")
    if queue.detail["state"] != State.ENABLED or queue.detail["status"] != Status.VALID:
        problems.append(
            f"{queue.arn} accepts no jobs: it is {queue.detail['state']} and "
            f"{queue.detail['status']}"
        )
    return problems
