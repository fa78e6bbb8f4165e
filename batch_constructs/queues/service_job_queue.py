"""Job queues of service jobs, which run on another AWS service: SageMaker Training.

https://docs.aws.amazon.com/batch/latest/userguide/service-job-queues.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import jsii
from aws_cdk import aws_batch as batch
from aws_cdk.interfaces import aws_batch as batch_interfaces

from batch_constructs.arguments import Arguments
from batch_constructs.aws import resource_kinds as kinds
from batch_constructs.aws.actions import BATCH_SUBMIT_SERVICE_JOB
from batch_constructs.aws.authorization import TAG
from batch_constructs.aws.job_queue_facts import SERVICE_JOBS, SERVICE_QUEUE_TYPE
from batch_constructs.aws.names import quota_share
from batch_constructs.batch_resource import BatchResource
from batch_constructs.construct import BatchConstruct, given, l1_properties, made_here
from batch_constructs.grants import grant
from batch_constructs.queues.environment_order import in_order
from batch_constructs.queues.job_queue_metrics import QueueMetrics
from batch_constructs.queues.scheduling_policy import policy_beside, read_scheduling_policy
from batch_constructs.queues.service_environment import service_environment_arns
from batch_constructs.queues.service_job_queue_events import ServiceQueueEvents
from batch_constructs.queues.time_limits import time_limit_actions
from batch_constructs.reference import Reference

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from aws_cdk import aws_iam as iam
    from constructs import Construct

    from batch_constructs.queues.scheduling_policy import AnySchedulingPolicy
    from batch_constructs.queues.service_environment import AnyServiceEnvironment
    from batch_constructs.queues.time_limits import TimeLimit
    from batch_constructs.tokens import WholeNumber


SERVICE_JOB_QUEUE = Reference(
    noun="queue of service jobs",
    resource=kinds.JOB_QUEUE,
    attribute="job_queue",
    unless="grant_submit",
)
"""A queue that service jobs are submitted to with SubmitServiceJob: a ``JobQueue`` is none."""


@jsii.implements(batch_interfaces.IJobQueueRef)
class ServiceJobQueue(BatchResource, QueueMetrics, ServiceQueueEvents):
    """A queue of service jobs: requests to SageMaker Training wait in it until there is capacity.

    It accepts no jobs with a job definition, so triggers, workflows and the constructs that monitor
    such jobs refuse it. Its jobs are submitted with SubmitServiceJob.

    Creates, below its own ID: ``Resource`` (AWS::Batch::JobQueue).

    Args:
        scope: The parent construct, usually the stack.
        id: Its ID, unique in the scope.
        service_environments: One service environment, ours or an L1; AWS Batch allows only one.
        priority: Among queues that share an environment, the higher goes first; 0 to 1000.
        scheduling_policy: A ``FairSharePolicy``, or a ``QuotaSharePolicy`` for ``QuotaShare``.
            Default: first in, first out.
        time_limits: When to terminate a job at the head of the queue that cannot start; an empty
            list turns this off. Default: a job that is larger than its environment or its quota is
            terminated after an hour; a job that waits for capacity is not.
        enabled: Whether it accepts submissions. Default: yes.
        job_queue_name: A name of up to 128 letters, digits, ``-`` and ``_``. Default: one that
            CloudFormation generates.
        tags: Tags of the queue. Default: those of the stack.

    Raises:
        ValueError: arguments that AWS Batch would refuse; all of them are listed.
        TypeError: arguments of the wrong type; all of them are listed.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-batch-jobqueue.html
    """

    _resource: batch.CfnJobQueue | None = None

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        service_environments: Sequence[AnyServiceEnvironment],
        priority: WholeNumber = 1,
        scheduling_policy: AnySchedulingPolicy | None = None,
        time_limits: Sequence[TimeLimit] | None = None,
        enabled: bool = True,
        job_queue_name: str | None = None,
        tags: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(scope, id)
        arguments = Arguments(self)
        arns = service_environment_arns(arguments, service_environments)
        order = [{"Order": place, "ServiceEnvironment": arn} for place, arn in in_order(arns)]
        properties = given(
            JobQueueName=arguments.text("job_queue_name", job_queue_name),
            JobQueueType=SERVICE_QUEUE_TYPE,
            JobStateTimeLimitActions=time_limit_actions(arguments, time_limits, SERVICE_JOBS),
            Priority=arguments.number("priority", priority, required=True),
            SchedulingPolicyArn=read_scheduling_policy(arguments, scheduling_policy),
            ServiceEnvironmentOrder=order,
            State=arguments.state("enabled", enabled),
            Tags=arguments.mapping("tags", tags),
        )
        policy, beside = policy_beside(scheduling_policy, properties.get("SchedulingPolicyArn"))
        arguments.check(
            "AWS::Batch::JobQueue",
            {**properties, **given(SchedulingPolicyArn=policy)},
            beside=beside,
        )
        arguments.refuse()

        self._resource = batch.CfnJobQueue(
            self,
            "Resource",
            job_queue_name=properties.get("JobQueueName"),
            job_queue_type=properties["JobQueueType"],
            job_state_time_limit_actions=[
                l1_properties(action) for action in properties.get("JobStateTimeLimitActions", ())
            ]
            or None,
            priority=properties["Priority"],
            scheduling_policy_arn=properties.get("SchedulingPolicyArn"),
            service_environment_order=[l1_properties(entry) for entry in order],
            state=properties["State"],
            tags=properties.get("Tags"),
        )

    @property
    def resource(self) -> batch.CfnJobQueue:
        """The L1 resource, for escape hatches and wherever the CDK needs an ``IJobQueueRef``.

        Raises:
            ValueError: the queue was imported.
        """
        return made_here(self, self._resource)

    @property
    def job_queue_arn(self) -> str:
        """The ARN."""
        if self._arn is None:
            self._arn = self.resource.attr_job_queue_arn
        return self._arn

    @property
    def job_queue_name(self) -> str:
        """The name."""
        return SERVICE_JOB_QUEUE.name(self.job_queue_arn)

    @property
    def job_queue_ref(self) -> batch_interfaces.JobQueueReference:
        """The reference that the CDK uses wherever it needs an ``IJobQueueRef``."""
        return batch_interfaces.JobQueueReference(job_queue_arn=self.job_queue_arn)

    def grant_submit_service_job(self, grantee: iam.IGrantable) -> iam.Grant:
        """Allow a grantee to submit service jobs to this queue, under any of its shares, with tags.

        Args:
            grantee: A role, a Lambda function, a job definition, and so on.

        Raises:
            TypeError: the grantee is not an ``IGrantable``.
            ValueError: the grantee is in another account, or has no policies.

        https://docs.aws.amazon.com/batch/latest/APIReference/API_SubmitServiceJob.html
        """
        # A job that is submitted, and tagged as it is, has no ID yet.
        jobs = SERVICE_JOB_QUEUE.beside(self, kinds.SERVICE_JOB, "*")
        shares = quota_share(self.job_queue_arn, "*")
        return grant(
            self,
            self.job_queue_arn,
            grantee,
            [
                ([BATCH_SUBMIT_SERVICE_JOB], [self.job_queue_arn, shares, jobs]),
                ([TAG], [jobs]),
            ],
        )

    @classmethod
    def from_job_queue_arn(cls, scope: Construct, id: str, job_queue_arn: str) -> ServiceJobQueue:
        """Import a queue of service jobs by its ARN.

        Raises:
            ValueError: the text is not the ARN of a job queue.
        """
        arn = SERVICE_JOB_QUEUE.arn(scope, id, job_queue_arn)
        return _ImportedServiceJobQueue(scope, id, arn)

    @classmethod
    def from_job_queue_name(cls, scope: Construct, id: str, job_queue_name: str) -> ServiceJobQueue:
        """Import a queue of service jobs of the stack's account and Region by its name.

        Raises:
            ValueError: the text is not the name of a job queue.
        """
        arn = SERVICE_JOB_QUEUE.arn_of_name(scope, id, job_queue_name)
        return _ImportedServiceJobQueue(scope, id, arn)


class _ImportedServiceJobQueue(ServiceJobQueue):
    def __init__(self, scope: Construct, id: str, arn: str) -> None:
        BatchConstruct.__init__(self, scope, id)
        self._arn = arn


AnyServiceJobQueue: TypeAlias = ServiceJobQueue | batch.IJobQueue | batch_interfaces.IJobQueueRef
"""Ours, an ``aws_batch`` L2 or an L1."""
