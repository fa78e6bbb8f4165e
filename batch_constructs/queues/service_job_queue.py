"""Job queues of service jobs, which run on another AWS service: SageMaker Training.

https://docs.aws.amazon.com/batch/latest/userguide/service-job-queues.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import aws_batch as batch

from batch_constructs.arguments import Arguments
from batch_constructs.aws.job_queues import SERVICE_JOBS, SERVICE_QUEUE_TYPE
from batch_constructs.construct import given, l1_properties
from batch_constructs.queues.job_queue import JobQueueBase
from batch_constructs.queues.scheduling_policy import policy_beside, read_scheduling_policy
from batch_constructs.queues.service_environment import service_environment_arns
from batch_constructs.queues.time_limits import time_limit_actions

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from constructs import Construct

    from batch_constructs.queues.scheduling_policy import AnySchedulingPolicy
    from batch_constructs.queues.service_environment import AnyServiceEnvironment
    from batch_constructs.queues.time_limits import TimeLimit


class ServiceJobQueue(JobQueueBase):
    """A queue of service jobs: requests to SageMaker Training wait in it until there is capacity.

    Creates, below its own ID: ``Resource`` (AWS::Batch::JobQueue).

    Attributes:
        resource: The L1 resource, for escape hatches and wherever an ``IJobQueueRef`` is asked for.
        properties: The CloudFormation properties as the rules see them.
        beside: What the rules know of the policy that these refer to.

    Args:
        scope: The construct that this one belongs to, usually the stack.
        id: Its ID, unique in the scope.
        service_environments: One service environment, ours or an L1: AWS Batch has room for one.
        priority: Among queues that share an environment, the higher goes first; 0 to 1000.
        scheduling_policy: A ``FairSharePolicy``, or a ``QuotaSharePolicy`` for ``QuotaShare``.
            Default: first in, first out.
        time_limits: When to terminate a job that stands at the head of the queue and cannot start;
            an empty list turns it off. Default: a job that is larger than its environment or its
            quota is terminated after an hour; one that waits for capacity is not.
        enabled: Whether it takes submissions. Default: yes.
        job_queue_name: A name of up to 128 letters, digits, ``-`` and ``_``. Default: one that
            CloudFormation generates.
        tags: Tags of the queue. Default: those of the stack.

    Raises:
        ValueError: arguments that AWS Batch would refuse; all at once.
        TypeError: arguments of a wrong type; all at once.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-batch-jobqueue.html
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        service_environments: Sequence[AnyServiceEnvironment],
        priority: int = 1,
        scheduling_policy: AnySchedulingPolicy | None = None,
        time_limits: Sequence[TimeLimit] | None = None,
        enabled: bool = True,
        job_queue_name: str | None = None,
        tags: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(scope, id)
        arguments = Arguments(self)
        arns = service_environment_arns(arguments, service_environments)
        order = [
            {"Order": place, "ServiceEnvironment": arn} for place, arn in enumerate(arns, start=1)
        ]
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
        policy, self.beside = policy_beside(
            scheduling_policy, properties.get("SchedulingPolicyArn")
        )
        self.properties: Mapping[str, object] = arguments.check(
            "AWS::Batch::JobQueue",
            {**properties, **given(SchedulingPolicyArn=policy)},
            beside=self.beside,
        )
        arguments.refuse()

        self.resource = self._resource = batch.CfnJobQueue(
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
