"""Lists of jobs: of a queue, of an array, by a consumable resource."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from batch_constructs.aws import resource_kinds as kinds
from batch_constructs.aws.bound import one_of
from batch_constructs.aws.job_filters import JOB_STATUS, JobFilter
from batch_constructs.aws.job_states import JobState
from batch_constructs.aws.names import is_arn
from batch_constructs.aws.submit_job import LISTED_AT_ONCE, LISTED_WITH_FILTERS
from batch_constructs.local.batch.job_details import job_arn, job_summary, node_summary
from batch_constructs.local.batch.jobs import Job
from batch_constructs.local.batch.paging import page, page_by_key
from batch_constructs.local.batch.service_errors import client_error

if TYPE_CHECKING:
    from batch_constructs.local.batch.arns import Arns
    from batch_constructs.local.batch.consumable_resource_operations import ConsumableResources
    from batch_constructs.local.batch.job_queue_operations import JobQueues
    from batch_constructs.local.batch.job_table import JobTable
    from batch_constructs.local.batch.store import Document

_SOURCES = ("jobQueue", "arrayJobId", "multiNodeJobId")
_WITH_STATUS = (JobFilter.SHARE_IDENTIFIER, JobFilter.QUOTA_SHARE_NAME)
"""With these filters alone, a status counts, too."""

Test = Callable[[Job], bool]


class JobLists:
    """The operations that list jobs.

    Args:
        arns: names them.
        jobs: all jobs.
        queues: the job queues.
        consumables: the consumable resources.
    """

    def __init__(
        self, *, arns: Arns, jobs: JobTable, queues: JobQueues, consumables: ConsumableResources
    ) -> None:
        self._arns = arns
        self._jobs = jobs
        self._queues = queues
        self._consumables = consumables

    def list_jobs(self, request: Mapping[str, Any]) -> Document:
        """Answer ListJobs: the jobs of a queue, newest first, or the children of an array job."""
        given = [source for source in _SOURCES if source in request]
        if len(given) != 1:
            raise client_error(f"exactly one of {', '.join(_SOURCES)} must be specified")
        filters = request.get("filters", [])
        tests = self.tests(request)
        # AWS's page: the filter does not apply to the children of arrays, nor to nodes.
        if given == ["multiNodeJobId"]:
            return self._nodes(request)
        if given == ["arrayJobId"]:
            return self._children(request)
        queue = self._queues.get(request["jobQueue"])
        newest_first = reversed(self._jobs.of_queue(queue.arn))
        tests = [*tests, lambda job: not job.submission.is_service_job]
        found, token = page_by_key(
            (job for job in newest_first if all(test(job) for test in tests)),
            request,
            limit=LISTED_WITH_FILTERS if filters else LISTED_AT_ONCE,
            key=lambda job: -job.sequence,
        )
        return {"jobSummaryList": [job_summary(job, self._arns) for job in found], **token}

    def tests(self, request: Mapping[str, Any]) -> Sequence[Test]:
        """Return what a request asks of the jobs of a queue: its filter, its status.

        Raises:
            ServiceError: the filters cannot be used.
        """
        filters = request.get("filters", [])
        tests = [self._filter(each) for each in filters]
        if len(tests) > 1:
            raise client_error(f"only one filter can be used at a time, got {len(tests)}")
        if not filters or (filters[0].get("name") in _WITH_STATUS and "jobStatus" in request):
            tests.append(has_status(request.get("jobStatus", JobState.RUNNING)))
        return tests

    def list_by_consumable_resource(self, request: Mapping[str, Any]) -> Document:
        """Answer ListJobsByConsumableResource."""
        resource = self._consumables.registry.get(request["consumableResource"])
        name = resource["consumableResourceName"]
        tests = [_consumable_filter(each) for each in request.get("filters", ())]
        jobs = (
            job
            for job in sorted(self._jobs, key=lambda job: -job.sequence)
            if name in dict(job.submission.consumables) and all(test(job) for test in tests)
        )
        found, token = page_by_key(
            jobs, request, limit=LISTED_WITH_FILTERS, key=lambda job: -job.sequence
        )
        return {"jobs": [self._consumer(job, name) for job in found], **token}

    def _children(self, request: Mapping[str, Any]) -> Document:
        parent = self._jobs.find(request["arrayJobId"])
        if parent is None or parent.children is None:
            raise client_error(f"{request['arrayJobId']} is not the job ID of an array job")
        test = has_status(request.get("jobStatus", JobState.RUNNING))
        found, token = page_by_key(
            filter(test, parent.children),
            request,
            limit=LISTED_AT_ONCE,
            key=lambda job: job.sequence,
        )
        return {"jobSummaryList": [job_summary(job, self._arns) for job in found], **token}

    def _nodes(self, request: Mapping[str, Any]) -> Document:
        job = self._jobs.find(request["multiNodeJobId"])
        if job is None or not job.submission.has_node("0"):
            raise client_error(
                f"{request['multiNodeJobId']} is not the job ID of a multi-node parallel job"
            )
        status = request.get("jobStatus", JobState.RUNNING)
        indexes = range(job.submission.nodes)
        nodes = (node_summary(job, index, self._arns) for index in indexes)
        found, token = page(
            (n for n in nodes if n["status"] == status), request, limit=LISTED_AT_ONCE
        )
        return {"jobSummaryList": found, **token}

    def _consumer(self, job: Job, name: str) -> Document:
        document = job.submission.document
        values: Document = {
            "jobArn": job_arn(self._arns, job.id),
            "jobQueueArn": job.queue_arn,
            "jobName": job.submission.name,
            "jobDefinitionArn": job.submission.definition_arn,
            "shareIdentifier": job.submission.share,
            "jobStatus": job.status.value,
            "quantity": dict(job.submission.consumables)[name],
            "statusReason": job.reason,
            "startedAt": job.started_at,
            "createdAt": job.created_at,
            "consumableResourceProperties": document["consumableResourceProperties"],
        }
        return {key: value for key, value in values.items() if value is not None}

    def _filter(self, each: Mapping[str, Any]) -> Test:
        name, values = each.get("name"), each.get("values", [])
        if len(values) != 1:
            raise client_error(f"the filter {name} takes one value, got {len(values)}")
        (value,) = values
        if name == JobFilter.JOB_NAME:
            return lambda job: _like(job.submission.name.lower(), value.lower())
        if name == JobFilter.JOB_DEFINITION:
            return lambda job: self._defined_by(job, value)
        if name == JobFilter.SHARE_IDENTIFIER:
            return lambda job: _like(str(job.submission.share), value)
        if name == JobFilter.QUOTA_SHARE_NAME:
            return lambda job: _like(str(job.submission.document.get("quotaShareName")), value)
        if (
            name in {JobFilter.BEFORE_CREATED_AT, JobFilter.AFTER_CREATED_AT}
            and not value.isdecimal()
        ):
            raise client_error(f"the filter {name} takes milliseconds since the epoch, got {value}")
        if name == JobFilter.BEFORE_CREATED_AT:
            return lambda job: job.created_at < int(value)
        if name == JobFilter.AFTER_CREATED_AT:
            return lambda job: job.created_at > int(value)
        raise client_error(f"unknown filter {name}: use {one_of(JobFilter)}")

    def _defined_by(self, job: Job, value: str) -> bool:
        arn = job.submission.definition_arn
        if is_arn(value):
            return arn == value or arn.rpartition(":")[0] == value
        name = self._arns.name(kinds.JOB_DEFINITION, arn)
        return _like(name.partition(":")[0], value) or name == value


def has_status(status: str) -> Test:
    """Return the test whether a job stands in a status."""
    return lambda job: job.status == status


def _like(text: str, pattern: str) -> bool:
    return text.startswith(pattern[:-1]) if pattern.endswith("*") else text == pattern


def _consumable_filter(each: Mapping[str, Any]) -> Test:
    name, values = each.get("name"), each.get("values", [])
    if name == JOB_STATUS:
        return lambda job: job.status in values
    if name == JobFilter.JOB_NAME:
        lowered = [value.lower() for value in values]
        return lambda job: any(_like(job.submission.name.lower(), value) for value in lowered)
    raise client_error(f"unknown filter {name}: use {JOB_STATUS} or {JobFilter.JOB_NAME}")
