"""The operations on jobs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from batch_constructs.aws import resource_kinds as kinds
from batch_constructs.aws.job_states import JobState
from batch_constructs.aws.submit_job import (
    STOP_REASON_CHARACTERS,
    STOPPED_AT_ONCE,
)
from batch_constructs.local.batch.dependencies import check_dependencies
from batch_constructs.local.batch.job_details import job_arn, job_detail, node_detail
from batch_constructs.local.batch.job_overrides import check_submission, submission_document
from batch_constructs.local.batch.jobs import Job, Stop, Submission
from batch_constructs.local.batch.random_ids import new_id
from batch_constructs.local.batch.scheduler import host_terminated
from batch_constructs.local.batch.service_errors import client_error

if TYPE_CHECKING:
    from batch_constructs.local.batch.arns import Arns
    from batch_constructs.local.batch.consumable_resource_operations import ConsumableResources
    from batch_constructs.local.batch.job_definition_operations import JobDefinitions
    from batch_constructs.local.batch.job_queue_operations import JobQueue, JobQueues
    from batch_constructs.local.batch.job_table import JobTable
    from batch_constructs.local.batch.lifecycle import Lifecycle
    from batch_constructs.local.batch.store import Document


EndAttempt = Callable[[Job, Stop], None]
"""Stops the processes of a job's attempt."""


class JobOperations:
    """Submitting, describing and ending jobs.

    Args:
        arns: names them.
        jobs: all jobs.
        queues: the job queues.
        definitions: the job definitions.
        consumables: the consumable resources.
        lifecycle: moves them.
        end_attempt: stops the processes of a running one.
        submitted: is told of a new job.
    """

    def __init__(
        self,
        *,
        arns: Arns,
        jobs: JobTable,
        queues: JobQueues,
        definitions: JobDefinitions,
        consumables: ConsumableResources,
        lifecycle: Lifecycle,
        end_attempt: EndAttempt,
        submitted: Callable[[Job], None],
    ) -> None:
        self._arns = arns
        self._jobs = jobs
        self._queues = queues
        self._definitions = definitions
        self._consumables = consumables
        self._lifecycle = lifecycle
        self._end_attempt = end_attempt
        self._submitted = submitted

    def submit(self, request: Mapping[str, Any]) -> Document:
        """Answer SubmitJob."""
        queue = self._queues.get(request["jobQueue"])
        definition = self._definitions.to_run(request["jobDefinition"])
        check_submission(request, queue)
        document = submission_document(request, definition=definition, queue=queue)
        check_dependencies(document["dependsOn"], document.get("arraySize"), self._jobs.find)
        submission = Submission(document, self._consumables.needed(document))
        job = self._jobs.add(new_id(), submission, self._lifecycle.now_ms())
        self._submitted(job)
        return {
            "jobArn": job_arn(self._arns, job.id),
            "jobName": submission.name,
            "jobId": job.id,
        }

    def describe(self, request: Mapping[str, Any]) -> Document:
        """Answer DescribeJobs."""
        return {"jobs": [detail for one in request["jobs"] for detail in self._details(one)]}

    def _details(self, job_id: str) -> Iterator[Document]:
        whole_id, hash_sign, index = job_id.partition("#")
        job = self._find(whole_id)
        if job is not None and not hash_sign:
            yield job_detail(job, self._arns)
        elif job is not None and job.submission.has_node(index):
            yield node_detail(job, int(index), self._arns)

    def cancel(self, request: Mapping[str, Any]) -> Document:
        """Answer CancelJob; a job that is not there, or has started, is no error."""
        check_reason(request["reason"])
        self._cancel(request["jobId"], request["reason"])
        return {}

    def cancel_several(self, request: Mapping[str, Any]) -> Document:
        """Answer CancelJobs."""
        return self._each(request, self._cancel)

    def terminate(self, request: Mapping[str, Any]) -> Document:
        """Answer TerminateJob; a job that is not there is no error."""
        check_reason(request["reason"])
        self._terminate(request["jobId"], request["reason"])
        return {}

    def terminate_several(self, request: Mapping[str, Any]) -> Document:
        """Answer TerminateJobs."""
        return self._each(request, self._terminate)

    def terminate_all(self, queue: JobQueue) -> None:
        """Terminate the jobs of a queue that is being deleted."""
        for job in self._jobs.of_queue(queue.arn):
            self.end(job, "The job queue is being deleted")

    def end(self, job: Job, reason: str) -> None:
        """Terminate a job, wherever it stands."""
        for running in self._lifecycle.terminate(job, reason):
            self._end_attempt(running, Stop(reason=reason))
        self._lifecycle.settle()

    def reclaim(self, job_id: str) -> None:
        """Take the Spot instance away from under a running job.

        Raises:
            ServiceError: the job is not running.
        """
        job = self._jobs.find(job_id)
        if job is None or job.status is not JobState.RUNNING:
            state = "not known" if job is None else job.status
            raise client_error(f"job {job_id} cannot be reclaimed: it is {state}, not RUNNING")
        stop = Stop(reason=host_terminated(job), retry=True, host_lost=True)
        self._end_attempt(job, stop)

    def tags_of(self, arn: str) -> dict[str, str] | None:
        """Return the tags of a job, to be changed in place; None where there is none."""
        job = self._jobs.find(self._arns.name(kinds.JOB, arn))
        if job is None or job.parent is not None:
            return None
        tags: dict[str, str] = job.submission.document["tags"]
        return tags

    def save(self, arn: str) -> None:
        """Write a job down after its tags have changed."""
        job = self._jobs.find(self._arns.name(kinds.JOB, arn))
        if job is not None:
            self._jobs.save_submission(job)

    def _cancel(self, job_id: str, reason: str) -> None:
        job = self._find(job_id)
        if job is not None:
            self._lifecycle.cancel(job, reason)
            self._lifecycle.settle()

    def _terminate(self, job_id: str, reason: str) -> None:
        job = self._find(job_id)
        if job is not None:
            self.end(job, reason)

    def _find(self, job_id: str) -> Job | None:
        """Return a job by its ID; a service job is for operations of its own."""
        job = self._jobs.find(job_id)
        return None if job is None or job.submission.is_service_job else job

    @staticmethod
    def _each(request: Mapping[str, Any], end: Callable[[str, str], None]) -> Document:
        ids, reason = request["jobs"], request["reason"]
        check_reason(reason)
        if not 1 <= len(ids) <= STOPPED_AT_ONCE:
            raise client_error(f"jobs has {len(ids)} job IDs; allowed: 1 to {STOPPED_AT_ONCE}")
        for job_id in ids:
            end(job_id, reason)
        return {"successful": list(ids), "errors": []}


def check_reason(reason: str) -> None:
    """Refuse a reason to stop a job that is too long."""
    if len(reason) > STOP_REASON_CHARACTERS:
        raise client_error(
            f"reason has {len(reason)} characters; allowed: at most {STOP_REASON_CHARACTERS}"
        )
