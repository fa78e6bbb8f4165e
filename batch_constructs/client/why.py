"""Why a job still waits, or why it failed, with what to do: from what AWS Batch itself says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from batch_constructs.aws.job_states import CANNOT_PULL, JobState
from batch_constructs.aws.resource_states import State, Status
from batch_constructs.client.jobs_not_found import JobsNotFoundError
from batch_constructs.functions.job_events.cause import Cause, cause_of
from batch_constructs.functions.job_events.job_event import Job

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_FIXES: Final = {
    Cause.SPOT_RECLAIMED: "retry it: RetryPolicy.on_spot_interruption(attempts=3)",
    Cause.OUT_OF_MEMORY: "give the job definition more memory",
    Cause.TIMED_OUT: "give it a longer timeout, or look in its log for what it waits for",
    Cause.NEVER_STARTED: "fix what the reason names: the image, the roles or the network",
    Cause.STUCK_IN_QUEUE: "fix what the reason names, then submit it again",
    Cause.DEPENDENCY_FAILED: "ask why about the job that it depends on, then redrive",
    Cause.CANCELLED: "submit it again, if that was not intended",
    Cause.TERMINATED: "submit it again, if that was not intended",
    Cause.CHILDREN_FAILED: "ask why about a child (JOB:INDEX), then: batch-constructs redrive",
}

_FIXES_OF_A_START: Final = (
    (
        ("secret", "json"),
        "put a JSON object with that key into the secret: aws secretsmanager put-secret-value",
    ),
    (
        ("secret",),
        "allow the execution role to read the secret, and let the subnets reach Secrets Manager",
    ),
    (
        (CANNOT_PULL.lower(),),
        (
            "check the image's name, the execution role's permission to pull it, and the route "
            "to its registry"
        ),
    ),
)
"""Words of the reason why a container never started, in small letters, and what to do."""


@dataclass(frozen=True, kw_only=True)
class Reason:
    """One thing that keeps a job from running.

    Args:
        cause: what is wrong.
        fix: what to do about it.
    """

    cause: str
    fix: str

    def __str__(self) -> str:
        return f"{self.cause}; {self.fix}"


@dataclass(frozen=True, kw_only=True)
class Why:
    """The answer.

    Args:
        job_id: the job.
        status: its status.
        reasons: what keeps or kept it from running, the most important first; empty if nothing
            is wrong, or nothing is visible.
    """

    job_id: str
    status: str
    reasons: tuple[Reason, ...]


def why(batch: Any, job_id: str) -> Why:
    """Say why a job failed, or why it has not started.

    Reads the job, its queue and the queue's compute environments; changes nothing.

    Args:
        batch: a boto3 client of AWS Batch.
        job_id: the job's ID; of a child ``JOB:INDEX``.

    Raises:
        JobsNotFoundError: AWS Batch knows no such job, or no longer.
    """
    jobs = batch.describe_jobs(jobs=[job_id])["jobs"]
    if not jobs:
        raise JobsNotFoundError(
            f"there is no job {job_id} in this account and Region: check the ID; AWS Batch "
            "forgets jobs a few days after they end"
        )
    job, found = jobs[0], []
    if job["status"] == JobState.FAILED:
        found = [_failure(job)]
    elif job["status"] == JobState.PENDING:
        found = [*_dependencies(batch, job)]
    elif job["status"] == JobState.RUNNABLE:
        found = [*_waiting(batch, job)]
    return Why(job_id=job_id, status=job["status"], reasons=tuple(found))


def _failure(job: Mapping[str, Any]) -> Reason:
    read = Job.of(job, region="")
    cause = cause_of(read)
    last = read.last_attempt
    said = [read.reason, last.container_reason if last else ""]
    said += [f"exit code {read.exit_code}"] if read.exit_code is not None else []
    facts = ", ".join(dict.fromkeys(filter(None, said))) or "AWS Batch gives no reason"
    fix = _FIXES.get(cause, f"read its log: batch-constructs logs {read.id}")
    if cause is Cause.NEVER_STARTED:
        said_in_small = facts.lower()
        for words, told in reversed(_FIXES_OF_A_START):
            fix = told if all(word in said_in_small for word in words) else fix
    return Reason(cause=facts, fix=fix)


def _dependencies(batch: Any, job: Mapping[str, Any]) -> Iterator[Reason]:
    ids = [one["jobId"] for one in job.get("dependsOn", []) if "jobId" in one]
    for other in batch.describe_jobs(jobs=ids)["jobs"] if ids else ():
        if other["status"] != JobState.SUCCEEDED:
            yield Reason(
                cause=f"it waits for {other['jobName']} ({other['jobId']}), {other['status']}",
                fix=f"ask: batch-constructs why {other['jobId']}",
            )


def _waiting(batch: Any, job: Mapping[str, Any]) -> Iterator[Reason]:
    if job.get("statusReason"):
        yield Reason(cause=job["statusReason"], fix="fix what it names; the job then starts")
    queues = batch.describe_job_queues(jobQueues=[job["jobQueue"]])["jobQueues"]
    for queue in queues:
        name = queue["jobQueueName"]
        if queue["status"] != Status.VALID:
            said = queue.get("statusReason", "no reason given")
            yield Reason(
                cause=f"the queue {name} is {queue['status']}: {said}", fix="fix the queue"
            )
        arns = [one["computeEnvironment"] for one in queue.get("computeEnvironmentOrder", [])]
        answer = batch.describe_compute_environments(computeEnvironments=arns) if arns else {}
        environments = answer.get("computeEnvironments", [])
        for environment in environments:
            yield from _environment(environment)
        yield from _too_large(job, environments)


def _environment(environment: Mapping[str, Any]) -> Iterator[Reason]:
    name = environment["computeEnvironmentName"]
    if environment["state"] != State.ENABLED:
        yield Reason(
            cause=f"the compute environment {name} is {environment['state']}",
            fix=f"enable it: aws batch update-compute-environment --compute-environment {name}"
            " --state ENABLED",
        )
    if environment["status"] != Status.VALID:
        said = environment.get("statusReason", "no reason given")
        yield Reason(
            cause=f"the compute environment {name} is {environment['status']}: {said}",
            fix="fix what the reason names",
        )
    if environment.get("computeResources", {}).get("maxvCpus") == 0:
        yield Reason(
            cause=f"the compute environment {name} can have no vCPUs", fix="raise max_vcpus"
        )


def _too_large(job: Mapping[str, Any], environments: list[Mapping[str, Any]]) -> Iterator[Reason]:
    """Say that no environment may ever have the vCPUs that a job wants."""
    sizes = [one.get("computeResources", {}).get("maxvCpus") for one in environments]
    largest = max((size for size in sizes if size is not None), default=0)
    wanted = Job.of(job, region="").size.vcpus
    if sizes and None not in sizes and wanted > largest > 0:
        yield Reason(
            cause=f"the job needs {wanted:g} vCPUs, but no compute environment of its queue can "
            f"have more than {largest}",
            fix="raise max_vcpus, or request fewer vCPUs",
        )
