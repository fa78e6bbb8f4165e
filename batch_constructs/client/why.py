"""Why a job still waits, or why it failed, with what to do: from what AWS says about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from batch_constructs.aws.job_queue_facts import TimeLimitReason
from batch_constructs.aws.job_states import CANNOT_PULL, CANNOT_START, JobState
from batch_constructs.aws.resource_states import State, Status
from batch_constructs.aws.submit_job import SNAPSHOT_JOBS
from batch_constructs.client.evidence import MORE_CAPACITY, Evidence, Reason
from batch_constructs.client.jobs_not_found import JobsNotFoundError
from batch_constructs.functions.job_events.cause import Cause, cause_of
from batch_constructs.functions.job_events.job_event import Job

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

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
    (
        (CANNOT_START.lower(), "not found"),
        "let command begin with a program that the image has, or give its path",
    ),
)
"""Words of the reason why a container never started, in small letters, and what to do."""

_FIXES_OF_A_WAIT: Final = {
    TimeLimitReason.INSUFFICIENT_INSTANCE_CAPACITY: MORE_CAPACITY,
    TimeLimitReason.COMPUTE_ENVIRONMENT_MAX_RESOURCE: "raise max_vcpus, or request fewer vCPUs",
    TimeLimitReason.JOB_RESOURCE_REQUIREMENT: "request less, or allow larger instance types",
}
"""What a status reason of a waiting job begins with, and what to do."""


@dataclass(frozen=True, kw_only=True)
class Why:
    """The answer.

    Args:
        job_id: the job.
        status: its status.
        reasons: what keeps or kept it from running, the most important first; empty if nothing
            is wrong, or nothing is visible.
        notes: what else was seen, such as its place in the queue, and what could not be read.
        log: the last lines of a failed job.
    """

    job_id: str
    status: str
    reasons: tuple[Reason, ...]
    notes: tuple[str, ...] = ()
    log: tuple[str, ...] = ()


def why(batch: Any, job_id: str, *, client: Callable[..., Any] | None = None) -> Why:
    """Say why a job failed, or why it has not started; changes nothing.

    Reads the job, its queue with the jobs before it, and the queue's compute environments. With
    ``client`` it also reads their instances, the roles, and the task and the log of a failed job.
    What is denied or missing is in the notes.

    Args:
        batch: a boto3 client of AWS Batch.
        job_id: the job's ID; of a child ``JOB:INDEX``.
        client: makes the boto3 client of another service, such as ``boto3.client`` or a session's.
            Default: AWS Batch alone is asked.

    Raises:
        JobsNotFoundError: AWS Batch knows no such job, or no longer.
    """
    jobs = batch.describe_jobs(jobs=[job_id])["jobs"]
    if not jobs:
        raise JobsNotFoundError(
            f"there is no job {job_id} in this account and Region: check the ID; AWS Batch "
            "forgets jobs a few days after they end"
        )
    job, evidence = jobs[0], Evidence(batch, client)
    found: list[Reason] = []
    log: tuple[str, ...] = ()
    if job["status"] == JobState.FAILED:
        last = Job.of(job, region="").last_attempt
        log = evidence.last_lines(job, last.log_stream) if last and last.log_stream else ()
        found = [*_failure(job, evidence)]
    elif job["status"] == JobState.PENDING:
        found = [*_dependencies(evidence, job)]
    elif job["status"] == JobState.RUNNABLE:
        found = [*_waiting(evidence, job)]
    elif job["status"] == JobState.STARTING:
        found = [*evidence.job_roles(job)]
    return Why(
        job_id=job_id, status=job["status"], reasons=tuple(found), notes=evidence.notes, log=log
    )


def _failure(job: Mapping[str, Any], evidence: Evidence) -> Iterator[Reason]:
    read = Job.of(job, region="")
    cause = cause_of(read)
    last = read.last_attempt
    said = [read.reason, last.container_reason if last else ""]
    said += [f"exit code {read.exit_code}"] if read.exit_code is not None else []
    if cause in {Cause.NEVER_STARTED, Cause.OTHER}:
        said += evidence.stopped_task(job)
    facts = ", ".join(dict.fromkeys(filter(None, said))) or "AWS Batch gives no reason"
    fix = _FIXES.get(cause, f"read its log: batch-constructs logs {read.id}")
    if cause is Cause.NEVER_STARTED:
        said_in_small = facts.lower()
        for words, told in reversed(_FIXES_OF_A_START):
            fix = told if all(word in said_in_small for word in words) else fix
    yield Reason(cause=facts, fix=fix)
    if cause is Cause.NEVER_STARTED:
        yield from evidence.job_roles(job)


def _dependencies(evidence: Evidence, job: Mapping[str, Any]) -> Iterator[Reason]:
    ids = [one["jobId"] for one in job.get("dependsOn", []) if "jobId" in one]
    for other in evidence.ask("describe_jobs", jobs=ids).get("jobs", []) if ids else ():
        if other["status"] != JobState.SUCCEEDED:
            yield Reason(
                cause=f"it waits for {other['jobName']} ({other['jobId']}), {other['status']}",
                fix=f"ask: batch-constructs why {other['jobId']}",
            )


def _waiting(evidence: Evidence, job: Mapping[str, Any]) -> Iterator[Reason]:
    said = job.get("statusReason")
    if said:
        fixes = (fix for reason, fix in _FIXES_OF_A_WAIT.items() if said.startswith(reason))
        yield Reason(cause=said, fix=next(fixes, "fix what it names; the job then starts"))
    queue = job["jobQueue"]
    for answer in evidence.ask("describe_job_queues", jobQueues=[queue]).get("jobQueues", []):
        name = answer["jobQueueName"]
        if answer["state"] != State.ENABLED:
            evidence.note(f"the queue {name} is {answer['state']}: it accepts no new jobs")
        if answer["status"] != Status.VALID:
            said = answer.get("statusReason", "no reason given")
            yield Reason(
                cause=f"the queue {name} is {answer['status']}: {said}", fix="fix the queue"
            )
        arns = [one["computeEnvironment"] for one in answer.get("computeEnvironmentOrder", [])]
        request: dict[str, Any] = {"computeEnvironments": arns}
        described = evidence.ask("describe_compute_environments", **request) if arns else {}
        environments = described.get("computeEnvironments", [])
        for environment in environments:
            yield from _environment(environment)
            yield from evidence.environment_roles(environment)
            yield from evidence.instances(environment, job.get("createdAt", 0))
        yield from _too_large(job, environments)
    snapshot = evidence.ask("get_job_queue_snapshot", jobQueue=queue)
    _note_place(evidence, job, snapshot.get("frontOfQueue", {}).get("jobs", []))


def _note_place(evidence: Evidence, job: Mapping[str, Any], front: list[Mapping[str, Any]]) -> None:
    """Note how many jobs are before a job in its queue."""
    ids = [one["jobArn"].rpartition("/")[2] for one in front]
    if job["jobId"] in ids[:1]:
        evidence.note("it is the first job in its queue")
    elif job["jobId"] in ids or len(ids) >= SNAPSHOT_JOBS:
        before = ids.index(job["jobId"]) if job["jobId"] in ids else f"at least {SNAPSHOT_JOBS}"
        evidence.note(f"jobs before it in its queue: {before}; the first is {ids[0]}")


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
