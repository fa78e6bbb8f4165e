"""The right to submit a job: to one queue, of one definition.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsbatch.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import aws_iam as iam

from batch_constructs.aws.authorization import submit_job_resources
from batch_constructs.jobs.job_definition import (
    is_job_definition,
    job_definition_arn_without_revision,
)
from batch_constructs.jsii_objects import has_member
from batch_constructs.queues.reference import job_queue_arn, jobs_of

if TYPE_CHECKING:
    from batch_constructs.jobs.job_definition import AnyJobDefinition
    from batch_constructs.queues.reference import AnyJobQueue


def submit_resources(queue: AnyJobQueue, job_definition: AnyJobDefinition) -> list[str]:
    """Return what a submission may be authorised against: AWS's pages disagree, so all of it."""
    return submit_job_resources(
        queue=job_queue_arn(queue),
        definition=job_definition_arn_without_revision(job_definition),
        jobs=jobs_of(queue),
    )


def grant_submit(
    queue: AnyJobQueue, grantee: iam.IGrantable, job_definition: AnyJobDefinition
) -> iam.Grant:
    """Let a grantee submit jobs of one definition to one queue, with tags.

    Works for queues and definitions of ours, ``aws_batch`` L2s and L1s alike.

    Raises:
        TypeError: an argument is not what it should be.
    """
    if not has_member(grantee, "grant_principal"):
        raise TypeError(
            f"grantee is {type(grantee).__name__}; expected an iam.IGrantable, such as a role or a "
            "Lambda function"
        )
    if not is_job_definition(job_definition):
        raise TypeError(
            f"job_definition is {type(job_definition).__name__}; expected a job definition of "
            "batch_constructs or aws_cdk.aws_batch"
        )
    submit = iam.Grant.add_to_principal(
        grantee=grantee,
        actions=["batch:SubmitJob"],
        resource_arns=submit_resources(queue, job_definition),
    )
    tag = iam.Grant.add_to_principal(
        grantee=grantee,
        actions=["batch:TagResource"],
        # The job that is tagged as it is submitted has no ID yet.
        resource_arns=[jobs_of(queue)],
    )
    return submit.combine(tag)
