"""Who may submit jobs of one definition to one queue: by name, by revision, with tags.

https://docs.aws.amazon.com/batch/latest/userguide/iam-example-job-definition-revisions.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from batch_constructs.aws import resource_kinds as kinds
from batch_constructs.aws.authorization import SUBMIT, TAG, submit_job_resources
from batch_constructs.grants import grant
from batch_constructs.jobs.queue_limit import count_in_limit
from batch_constructs.jsii_objects import has_member
from batch_constructs.place import apart
from batch_constructs.reference import JOB_DEFINITION, JOB_QUEUE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aws_cdk import aws_iam as iam

    from batch_constructs.jobs.job_definition import AnyJobDefinition
    from batch_constructs.queues.any_job_queue import AnyJobQueue


def grant_submit(
    queue: AnyJobQueue, grantee: iam.IGrantable, job_definition: AnyJobDefinition
) -> iam.Grant:
    """Allow a grantee to submit jobs of one definition to one queue, with tags.

    This works for our queues and definitions, ``aws_batch`` L2s and L1s.

    Raises:
        TypeError: an argument is of the wrong type.
        ValueError: the two are in different Regions or accounts, or the grantee is of another
            account or has no policies.
    """
    problem = apart_from(job_definition, queue)
    if problem is not None:
        raise ValueError(f"{queue.node.path}: job_definition: {problem}")
    resources = submit_resources(queue, job_definition)
    rights = [([SUBMIT], resources), ([TAG], [jobs_of(queue)])]
    granted = grant(queue, JOB_QUEUE.arn_of(queue), grantee, rights)
    scope: Any = queue
    near = grantee if has_member(grantee, "node") else None
    count_in_limit(scope, queue, job_definition, near=near)
    return granted


def submit_statements(submit: Sequence[str], jobs: Sequence[str] | str) -> list[dict[str, Any]]:
    """Allow submissions, and tags of jobs, which have no ID yet as they are tagged."""
    return [
        {"Effect": "Allow", "Action": SUBMIT, "Resource": list(submit)},
        {"Effect": "Allow", "Action": TAG, "Resource": jobs},
    ]


def apart_from(job_definition: AnyJobDefinition, queue: AnyJobQueue) -> str | None:
    """Say that a definition is in another Region or account than a queue, if so.

    Raises:
        TypeError: an argument is of the wrong type.
    """
    problem = apart(
        (job_definition, JOB_DEFINITION.arn_of(job_definition)), (queue, JOB_QUEUE.arn_of(queue))
    )
    return problem and (
        f"{problem}; a queue only accepts definitions of its own Region and account, so every "
        "submission would fail: register the definition there"
    )


def submit_resources(queue: AnyJobQueue, job_definition: AnyJobDefinition) -> list[str]:
    """Return all that a submission may be authorized against; AWS's pages disagree on it.

    Raises:
        TypeError: an argument is of the wrong type.
    """
    return submit_job_resources(
        queue=JOB_QUEUE.arn_of(queue),
        definition=JOB_DEFINITION.arn_without_revision(job_definition),
        jobs=jobs_of(queue),
    )


def jobs_of(queue: AnyJobQueue) -> str:
    """Return the ARN of all jobs in the account and the Region of a queue."""
    return JOB_QUEUE.beside(queue, kinds.JOB, "*")
