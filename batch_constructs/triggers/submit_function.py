"""A Lambda function that submits, ready made, for whatever calls Lambda."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import Duration

from batch_constructs.arguments import Arguments
from batch_constructs.claims_table import ClaimsTable
from batch_constructs.construct import BatchConstruct
from batch_constructs.shipped_function import ShippedFunction
from batch_constructs.triggers.job_to_submit import read_job_to_submit

if TYPE_CHECKING:
    from aws_cdk import aws_iam as iam
    from aws_cdk import aws_lambda as lambda_
    from constructs import Construct

    from batch_constructs.jobs.job_definition import AnyJobDefinition
    from batch_constructs.queues.job_queue import AnyJobQueue


class SubmitFunction(BatchConstruct):
    """A Lambda function that submits one job for each invocation.

    Its event holds members of ``SubmitJob`` (``parameters``, ``containerOverrides``,
    ``arrayProperties``, ``shareIdentifier``, …) and ``environment`` as a plain map; the queue and
    the definition are fixed. It backs off when it is throttled. Of all events with one ``jobName``
    the first becomes a job, for sixteen days; a name that AWS Batch does not take (``order/1``) is
    the job's as far as it does, with a digest of the whole behind it.

    Creates, below its own ID: ``Function`` with ``Handler`` (AWS::Lambda::Function), ``Role`` and
    ``LogGroup``, and ``Claims`` (AWS::DynamoDB::Table).

    Attributes:
        function: The ``lambda_.Function``: a target, a subscriber, something to ``grant_invoke``.

    Args:
        scope: The construct that this one belongs to, usually the stack.
        id: Its ID, unique in the scope.
        queue: Where the job waits: ours, an ``aws_batch`` L2 or an L1.
        job_definition: What runs: ours, an ``aws_batch`` L2 or an L1.
        job_name: Start of the names of jobs whose event gives none. Default: the construct's ID.
        share_identifier: Of events that give none. A queue with a scheduling policy demands one.
        scheduling_priority: Of events that give none, 0 to 9999.

    Raises:
        ValueError: arguments that AWS would refuse; all at once.
        TypeError: arguments of a wrong type; all at once.

    https://docs.aws.amazon.com/batch/latest/APIReference/API_SubmitJob.html
    """

    function: lambda_.Function

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        queue: AnyJobQueue,
        job_definition: AnyJobDefinition,
        job_name: str | None = None,
        share_identifier: str | None = None,
        scheduling_priority: int | None = None,
    ) -> None:
        super().__init__(scope, id)
        arguments = Arguments(self)
        job = read_job_to_submit(
            arguments,
            id,
            queue=queue,
            job_definition=job_definition,
            job_name=job_name,
            share_identifier=share_identifier,
            scheduling_priority=scheduling_priority,
            shares_may_come_later=True,
        )
        arguments.refuse()

        claims = ClaimsTable(self)
        environment = {
            **claims.environment(),
            "JOB_QUEUE": job.queue_arn,
            "JOB_DEFINITION": job.definition_arn,
            "NAME_PREFIX": job.name_prefix,
        }
        if share_identifier is not None:
            environment["SHARE_IDENTIFIER"] = share_identifier
        if scheduling_priority is not None:
            environment["SCHEDULING_PRIORITY"] = str(scheduling_priority)
        shipped = ShippedFunction(
            self,
            "Function",
            folder="submission",
            module="submit",
            description="Submits one AWS Batch job for each invocation",
            environment=environment,
            statements=[*job.statements(tagging=True), LIST_JOBS, claims.statement()],
            timeout=Duration.minutes(1),
        )
        self.function = shipped.handler

    def grant_invoke(self, grantee: iam.IGrantable) -> iam.Grant:
        """Let somebody call the function."""
        return self.function.grant_invoke(grantee)


LIST_JOBS = {
    "Effect": "Allow",
    "Action": "batch:ListJobs",
    "Resource": "*",  # AWS knows no resources for ListJobs
}
"""To find a job by its name before it is submitted again."""
