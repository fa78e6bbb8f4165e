"""A Lambda function that submits, ready made, for whatever calls Lambda."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import Duration

from batch_constructs.arguments import Arguments
from batch_constructs.claims_table import ClaimsTable
from batch_constructs.construct import BatchConstruct
from batch_constructs.function_alarms import WatchedFunction, watch
from batch_constructs.shipped_function import ShippedFunction
from batch_constructs.topic import topic_argument
from batch_constructs.triggers.delivery import check_dead_letter_queue
from batch_constructs.triggers.delivery import dead_letter_queue as dead_letters
from batch_constructs.triggers.job_to_submit import read_job_to_submit

if TYPE_CHECKING:
    from aws_cdk import aws_iam as iam
    from aws_cdk import aws_lambda as lambda_
    from aws_cdk import aws_sns as sns
    from aws_cdk import aws_sqs as sqs
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
    ``LogGroup``, ``Claims`` (AWS::DynamoDB::Table) and ``DeadLetterQueue`` (AWS::SQS::Queue).

    Attributes:
        dead_letter_queue: Where events lie that became no job; the function takes them as they lie
            there.
        watched_function: What ``BatchMonitoring(functions=…)`` watches.
        function: The ``lambda_.Function``: a target, a subscriber, something to ``grant_invoke``.

    Args:
        scope: The construct that this one belongs to, usually the stack.
        id: Its ID, unique in the scope.
        queue: Where the job waits: ours, an ``aws_batch`` L2 or an L1.
        job_definition: What runs: ours, an ``aws_batch`` L2 or an L1.
        job_name: Start of the names of jobs whose event gives none. Default: the construct's ID.
        share_identifier: Of events that give none. A queue with a scheduling policy demands one.
        scheduling_priority: Of events that give none, 0 to 9999.
        dead_letter_queue: Where events go that became no job and that nobody waits for, after two
            retries: a throttled queue, one that a cost guard disabled. Default: one of its own.
        alarm_topic: Told when the function fails, is throttled or leaves something in the
            dead-letter queue (alarms below ``Alarms``). Default: nobody.

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
        dead_letter_queue: sqs.IQueue | None = None,
        alarm_topic: sns.ITopic | None = None,
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
        check_dead_letter_queue(arguments, dead_letter_queue)
        told = topic_argument(arguments, "alarm_topic", alarm_topic)
        arguments.refuse()

        self.dead_letter_queue = dead_letters(self, dead_letter_queue)
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
            dead_letter_queue=self.dead_letter_queue,
        )
        self.function = shipped.handler
        self.watched_function = WatchedFunction(
            handler=self.function, dead_letter_queue=self.dead_letter_queue
        )
        watch(self, self.watched_function, told)

    def grant_invoke(self, grantee: iam.IGrantable) -> iam.Grant:
        """Let somebody call the function."""
        return self.function.grant_invoke(grantee)


LIST_JOBS = {
    "Effect": "Allow",
    "Action": "batch:ListJobs",
    "Resource": "*",  # AWS knows no resources for ListJobs
}
"""To find a job by its name before it is submitted again."""
