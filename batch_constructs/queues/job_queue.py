"""Job queues, with priorities and the compute environments they try in order.

https://docs.aws.amazon.com/batch/latest/userguide/job_queues.html
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from aws_cdk import aws_batch as batch

from batch_constructs.arguments import Arguments
from batch_constructs.compute.compute_environment import (
    ComputeEnvironment,
    compute_environment_arn,
    is_compute_environment,
)
from batch_constructs.construct import BatchConstruct, given, l1_properties, put_tags
from batch_constructs.queues.job_queue_events import QueueEvents
from batch_constructs.queues.job_queue_metrics import QueueMetrics
from batch_constructs.queues.reference import (
    imported_queue_arn,
    is_job_queue,
    job_queue_name,
    named_queue_arn,
)
from batch_constructs.queues.scheduling_policy import policy_beside, read_scheduling_policy
from batch_constructs.queues.submit import grant_submit
from batch_constructs.queues.time_limits import time_limit_actions
from batch_constructs.rules import UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aws_cdk import aws_iam as iam
    from constructs import Construct

    from batch_constructs.compute.compute_environment import AnyComputeEnvironment
    from batch_constructs.jobs.job_definition import AnyJobDefinition
    from batch_constructs.queues.reference import AnyJobQueue
    from batch_constructs.queues.scheduling_policy import AnySchedulingPolicy
    from batch_constructs.queues.time_limits import TimeLimit


class JobQueueBase(BatchConstruct, QueueMetrics, QueueEvents):
    """A job queue, ours or imported: its ARN, its name, and what may be done with it."""

    _resource: batch.CfnJobQueue
    _arn: str | None = None

    @property
    def job_queue_arn(self) -> str:
        """The ARN."""
        if self._arn is None:
            self._arn = self._resource.attr_job_queue_arn
        return self._arn

    @property
    def job_queue_name(self) -> str:
        """The name."""
        return job_queue_name(self.job_queue_arn)

    def grant_submit(self, grantee: iam.IGrantable, job_definition: AnyJobDefinition) -> iam.Grant:
        """Let a grantee submit jobs of one definition to this queue, by name or by revision.

        The right to tag the job as it is submitted is included; nothing wider is.

        Args:
            grantee: A role, a Lambda function, another job definition, and so on.
            job_definition: Ours, an ``aws_batch`` L2 or an L1.

        Raises:
            TypeError: an argument is not what it should be.

        https://docs.aws.amazon.com/batch/latest/userguide/iam-example-job-definition-revisions.html
        """
        return grant_submit(self, grantee, job_definition)


class JobQueue(JobQueueBase):
    """A job queue: jobs wait in it, and start in the first of its environments that has room.

    Creates, below its own ID: ``Resource`` (AWS::Batch::JobQueue) and, with ``spot_rescue_queue``,
    ``SpotRescue`` (``SpotRescue``).

    Attributes:
        resource: The L1 resource, for escape hatches and wherever an ``IJobQueueRef`` is asked for.
        properties: The CloudFormation properties as the rules see them.
        beside: What the rules know of the environments and the policy that these refer to.

    Args:
        scope: The construct that this one belongs to, usually the stack.
        id: Its ID, unique in the scope.
        compute_environments: 1 to 3 compute environments (ours, ``aws_batch`` L2s or L1s), tried in
            this order; all on Fargate or none, all of one CPU architecture.
        priority: Among queues that share an environment, the higher goes first; 0 or more.
        scheduling_policy: A ``FairSharePolicy``, an ``aws_batch`` L2 or an L1; every submission
            then names a share identifier. Default: first in, first out.
        time_limits: When to cancel a job that stands at the head of the queue and cannot start; an
            empty list turns it off. Default: a job that fits no environment of the queue is
            cancelled after an hour; one that waits for capacity is not.
        enabled: Whether it takes submissions. Default: yes.
        job_queue_name: A name of up to 128 letters, digits, ``-`` and ``_``. Default: one that
            CloudFormation generates.
        spot_rescue_queue: Another queue, on demand, where a job runs again that lost its last Spot
            host here (``SpotRescue``). Default: such a job has failed.
        tags: Tags of the queue. Default: those of the stack.

    Raises:
        ValueError: arguments that AWS Batch would refuse, or that leave jobs stuck; all at once.
        TypeError: arguments of a wrong type; all at once.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-batch-jobqueue.html
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        compute_environments: Sequence[AnyComputeEnvironment],
        priority: int = 1,
        scheduling_policy: AnySchedulingPolicy | None = None,
        time_limits: Sequence[TimeLimit] | None = None,
        enabled: bool = True,
        job_queue_name: str | None = None,
        spot_rescue_queue: AnyJobQueue | None = None,
        tags: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(scope, id)
        arguments = Arguments(self)
        environments = _environments(arguments, compute_environments)
        order, beside = (UNKNOWN, {}) if environments is None else _as_the_rules_see(environments)
        rest = given(
            JobQueueName=arguments.text("job_queue_name", job_queue_name),
            JobStateTimeLimitActions=time_limit_actions(arguments, time_limits),
            Priority=arguments.number("priority", priority, required=True),
            SchedulingPolicyArn=read_scheduling_policy(arguments, scheduling_policy),
            State=arguments.state("enabled", enabled),
            Tags=arguments.mapping("tags", tags),
        )
        policy, policies = policy_beside(scheduling_policy, rest.get("SchedulingPolicyArn"))
        self.beside = {**beside, **policies}
        self.properties: Mapping[str, object] = arguments.check(
            "AWS::Batch::JobQueue",
            {**rest, **given(SchedulingPolicyArn=policy), "ComputeEnvironmentOrder": order},
            beside=self.beside,
        )
        if spot_rescue_queue is not None and not is_job_queue(spot_rescue_queue):
            expected = "a job queue of batch_constructs or aws_cdk.aws_batch"
            arguments.wrong_type("spot_rescue_queue", spot_rescue_queue, expected)
        arguments.refuse()

        self._environments = [] if environments is None else environments
        self.resource = self._resource = batch.CfnJobQueue(
            self,
            "Resource",
            compute_environment_order=[
                batch.CfnJobQueue.ComputeEnvironmentOrderProperty(
                    compute_environment=compute_environment_arn(environment), order=place
                )
                for place, environment in enumerate(self._environments, start=1)
            ],
            job_queue_name=job_queue_name,
            job_state_time_limit_actions=[
                l1_properties(action) for action in rest["JobStateTimeLimitActions"]
            ]
            if "JobStateTimeLimitActions" in rest
            else None,
            priority=rest["Priority"],
            scheduling_policy_arn=rest.get("SchedulingPolicyArn"),
            state=rest["State"],
        )
        put_tags(self.resource, rest.get("Tags"))
        if spot_rescue_queue is not None:
            from batch_constructs.queues.spot_rescue import SpotRescue  # noqa: PLC0415  # loads Lambda

            SpotRescue(self, "SpotRescue", queue=self, rescue_queue=spot_rescue_queue)

    @property
    def compute_environments(self) -> list[AnyComputeEnvironment]:
        """The compute environments, in the order in which they are tried."""
        return list(self._environments)

    @classmethod
    def from_job_queue_arn(cls, scope: Construct, id: str, job_queue_arn: str) -> JobQueueBase:
        """Take in a job queue by its ARN.

        Raises:
            ValueError: the text is no job queue's ARN.
        """
        return _ImportedJobQueue(scope, id, imported_queue_arn(scope, id, job_queue_arn))

    @classmethod
    def from_job_queue_name(cls, scope: Construct, id: str, job_queue_name: str) -> JobQueueBase:
        """Take in a job queue of the stack's account and Region by its name."""
        return _ImportedJobQueue(scope, id, named_queue_arn(scope, id, job_queue_name))


class _ImportedJobQueue(JobQueueBase):
    def __init__(self, scope: Construct, id: str, arn: str) -> None:
        super().__init__(scope, id)
        self._arn = arn


def _environments(arguments: Arguments, environments: Any) -> list[AnyComputeEnvironment] | None:
    """Return the environments, or None where some are something else."""
    expected = "compute environments of batch_constructs or aws_cdk.aws_batch"
    if isinstance(environments, str | bytes) or not isinstance(environments, Sequence):
        arguments.wrong_type("compute_environments", environments, f"a list of {expected}")
        return None
    wrong = [one for one in environments if not is_compute_environment(one)]
    for one in wrong:
        arguments.wrong_type("compute_environments", one, expected)
    return None if wrong else list(environments)


def _as_the_rules_see(
    environments: Sequence[AnyComputeEnvironment],
) -> tuple[list[dict[str, Any]], dict[str, dict[str, object]]]:
    """Return the order with references, and what is known of the environments referred to."""
    order: list[dict[str, Any]] = []
    beside: dict[str, dict[str, object]] = {}
    places: dict[str, str] = {}
    for place, environment in enumerate(environments, start=1):
        arn = compute_environment_arn(environment)
        reference = places.setdefault(arn, f"environment {place}")
        order.append({"Order": place, "ComputeEnvironment": {"Ref": reference}})
        if isinstance(environment, ComputeEnvironment) and environment.properties:
            beside[reference] = {
                "Type": "AWS::Batch::ComputeEnvironment",
                "Properties": environment.properties,
            }
    return order, beside
