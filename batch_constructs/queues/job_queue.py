"""Job queues, with priorities and the compute environments they try in order.

What any job queue can be asked, be it ours, an ``aws_batch`` L2 or an L1, stands in
``any_job_queue.py``.

https://docs.aws.amazon.com/batch/latest/userguide/job_queues.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import jsii
from aws_cdk.interfaces import aws_batch as batch_interfaces

from batch_constructs.arguments import Arguments
from batch_constructs.aws.bound import Whole
from batch_constructs.aws.resource_states import State
from batch_constructs.batch_resource import BatchResource
from batch_constructs.compute.compute_environment import compute_environment_arn
from batch_constructs.construct import BatchConstruct, given, l1_properties, made_here, put_tags
from batch_constructs.jobs.queue_limit import tell_of_rescue, watch_limit
from batch_constructs.jobs.submit_rights import grant_submit
from batch_constructs.one_call import OneCall
from batch_constructs.queues.consumable_resource import ConsumableResource
from batch_constructs.queues.engine_rights import grant_engine
from batch_constructs.queues.environment_order import (
    as_the_rules_see,
    in_order,
    on_fargate,
    read_compute_environments,
)
from batch_constructs.queues.job_queue_events import QueueEvents
from batch_constructs.queues.job_queue_metrics import QueueMetrics
from batch_constructs.queues.scheduling_policy import policy_beside, read_scheduling_policy
from batch_constructs.queues.spot_rescue_arguments import (
    read_rescue_queue,
    tell_of_rescue_queue,
)
from batch_constructs.queues.time_limits import time_limit_actions
from batch_constructs.reference import JOB_QUEUE

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from aws_cdk import aws_batch as batch
    from aws_cdk import aws_iam as iam
    from aws_cdk import aws_logs as logs
    from constructs import Construct

    from batch_constructs.compute.compute_environment import AnyComputeEnvironment
    from batch_constructs.function_settings import FunctionSettings
    from batch_constructs.jobs.job_definition import AnyJobDefinition
    from batch_constructs.queues.any_job_queue import AnyJobQueue
    from batch_constructs.queues.scheduling_policy import AnySchedulingPolicy
    from batch_constructs.queues.spot_rescue import SpotRescue
    from batch_constructs.queues.time_limits import TimeLimit
    from batch_constructs.tokens import WholeNumber


if TYPE_CHECKING:  # jsii names parameters of protocols otherwise: pyright wants it said
    _Face = batch.IJobQueue
else:
    _Face = object


@jsii.implements(batch_interfaces.IJobQueueRef)
class JobQueue(BatchResource, QueueMetrics, QueueEvents, _Face):
    """A job queue. Jobs wait in it, and start in the first of its environments that has room.

    Creates, below its own ID: ``Resource`` (AWS::Batch::JobQueue); with
    ``max_concurrent_jobs``, ``ConcurrentJobs`` (AWS::Batch::ConsumableResource); with
    ``spot_rescue_queue``, ``SpotRescue`` (a rule, a function and a dead-letter queue).

    Attributes:
        concurrent_jobs: The resource of which each of those jobs takes one; None without
            ``max_concurrent_jobs``.
        spot_rescue: The construct that submits lost jobs again, with its ``function`` and
            ``dead_letter_queue``; None without ``spot_rescue_queue``.

    Args:
        scope: The parent construct, usually the stack.
        id: Its ID, unique in the scope.
        compute_environments: 1 to 3 compute environments (ours, ``aws_batch`` L2s or L1s), tried in
            this order. Either all or none are on Fargate, and all have the same CPU architecture.
        priority: Among queues that share an environment, the higher goes first; 0 to 1000.
        scheduling_policy: A ``FairSharePolicy``, an ``aws_batch`` L2 or an L1; every submission
            then needs a share identifier. Default: first in, first out.
        time_limits: When to cancel a job at the head of the queue that cannot start; an empty list
            turns this off. Default: a job that fits no environment of the queue is cancelled after
            an hour; a job that waits for capacity is not.
        enabled: Whether it accepts submissions. Default: yes.
        job_queue_name: A name of up to 128 letters, digits, ``-`` and ``_``. Default: one that
            CloudFormation generates.
        max_concurrent_jobs: How many of its jobs run at once, at least 1; each child of an array
            counts as a job. The definitions that this app submits to the queue, or lets somebody
            submit, take one slot each, in whatever queue their jobs run. Other definitions are not
            limited. Default: no limit.
        spot_rescue_queue: Another, On-Demand queue, where a job runs again if its last attempt here
            failed with ``Host EC2 (instance …) terminated``, or on Fargate with ``Your Spot Task
            was interrupted.`` The job is submitted once, with all of its overrides, as
            ``NAME-rescue-ID``. A lost child of an array becomes a separate job, with its index in
            ``ARRAY_INDICES``. Default: no rescue.
        spot_rescue_job_definitions: Definitions of the jobs that can be rescued. Default: all in
            the stack's account and Region, because any of them can be submitted to the queue.
        function_settings: ``FunctionSettings`` of the rescue: network, key, concurrency, log and
            permissions boundary of the function. Default: none.
        tags: Tags of the queue. Default: those of the stack.

    Raises:
        ValueError: arguments that AWS Batch would refuse, or that would leave jobs stuck; all of
            them are listed.
        TypeError: arguments of the wrong type; all of them are listed.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-batch-jobqueue.html
    """

    _resource: batch.CfnJobQueue | None = None
    _environments: list[AnyComputeEnvironment] | None = None
    _policy: AnySchedulingPolicy | None = None
    _known: Mapping[str, Any]
    _beside: Mapping[str, Mapping[str, object]]
    spot_rescue: SpotRescue | None = None
    concurrent_jobs: ConsumableResource | None = None

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        compute_environments: Sequence[AnyComputeEnvironment]
        | Sequence[batch.OrderedComputeEnvironment],
        priority: WholeNumber = 1,
        scheduling_policy: AnySchedulingPolicy | None = None,
        time_limits: Sequence[TimeLimit | batch.JobStateTimeLimitAction] | None = None,
        enabled: bool = True,
        job_queue_name: str | None = None,
        max_concurrent_jobs: WholeNumber | None = None,
        spot_rescue_queue: AnyJobQueue | None = None,
        spot_rescue_job_definitions: Sequence[AnyJobDefinition] | None = None,
        function_settings: FunctionSettings | None = None,
        tags: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(scope, id)
        arguments = Arguments(self)
        environments = read_compute_environments(arguments, compute_environments)
        rest = given(
            JobQueueName=arguments.text("job_queue_name", job_queue_name),
            JobStateTimeLimitActions=time_limit_actions(arguments, time_limits),
            Priority=arguments.number("priority", priority, required=True),
            SchedulingPolicyArn=read_scheduling_policy(arguments, scheduling_policy),
            State=arguments.state("enabled", enabled),
            Tags=arguments.mapping("tags", tags),
        )
        policy, policies = policy_beside(scheduling_policy, rest.get("SchedulingPolicyArn"))
        self._known = {**rest, **given(SchedulingPolicyArn=policy)}
        self._beside = policies
        beside = self._check(arguments, environments)
        rescue_resources = read_rescue_queue(
            arguments,
            spot_rescue_queue,
            spot_rescue_job_definitions,
            fair_share="SchedulingPolicyArn" in rest,
            on_fargate=on_fargate(beside.values()),
        )
        settings: FunctionSettings | None = None
        if spot_rescue_queue is not None:
            from batch_constructs.function_settings import read_function_settings  # noqa: PLC0415  # loads IAM

            settings = read_function_settings(arguments, function_settings)
        elif function_settings is not None:
            arguments.wrong_value(
                "function_settings is given without spot_rescue_queue, so there is no function: "
                "leave it out"
            )
        limit = arguments.number("max_concurrent_jobs", max_concurrent_jobs, bound=Whole(1))
        arguments.refuse()

        if limit is not None:
            self.concurrent_jobs = ConsumableResource(self, "ConcurrentJobs", total_quantity=limit)
            watch_limit(self)
        self._environments = environments or []
        self._policy = scheduling_policy
        call = OneCall(self)
        untagged = {name: value for name, value in rest.items() if name != "Tags"}
        made = call.add(
            "aws_batch.CfnJobQueue",
            "Resource",
            {"computeEnvironmentOrder": _order(self._environments), **l1_properties(untagged)},
            tell=[_ARN],
        )
        self._resource = made.resource
        self._arn = made.attribute(_ARN)
        put_tags(self._resource, rest.get("Tags"))
        if spot_rescue_queue is not None and settings is not None:
            from batch_constructs.queues.spot_rescue import SpotRescue  # noqa: PLC0415  # loads Lambda

            self.spot_rescue = SpotRescue(
                self,
                "SpotRescue",
                queue_arn=self.job_queue_arn,
                rescue_queue=spot_rescue_queue,
                submit_resources=rescue_resources,
                function_settings=settings,
            )
            tell_of_rescue_queue(self, spot_rescue_queue)
            tell_of_rescue(self, spot_rescue_queue, spot_rescue_job_definitions)

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
        return JOB_QUEUE.name(self.job_queue_arn)

    @property
    def job_queue_ref(self) -> batch_interfaces.JobQueueReference:
        """The reference that the CDK uses wherever it needs an ``IJobQueueRef``."""
        return batch_interfaces.JobQueueReference(job_queue_arn=self.job_queue_arn)

    @property
    def compute_environments(self) -> list[AnyComputeEnvironment]:  # type: ignore[override]  # in order
        """The compute environments, in the order in which they are tried.

        Raises:
            ValueError: the queue was imported.
        """
        return list(made_here(self, self._environments, "compute_environments"))

    @property
    def priority(self) -> WholeNumber:
        """Among queues that share an environment, the higher goes first.

        Raises:
            ValueError: the queue was imported.
        """
        made_here(self, self._resource, "priority")
        priority: WholeNumber = self._known["Priority"]
        return priority

    @property
    def enabled(self) -> bool | None:
        """Whether it accepts submissions; None for a queue that was imported."""
        return None if self._resource is None else bool(self._known["State"] == State.ENABLED)

    @property
    def scheduling_policy(self) -> AnySchedulingPolicy | None:  # type: ignore[override]  # or an L1
        """The scheduling policy; None without one, and for a queue that was imported."""
        return self._policy

    def add_compute_environment(self, environment: AnyComputeEnvironment) -> None:  # type: ignore[override]  # at the end
        """Add a compute environment, which is tried after all others of the queue.

        It is checked in the same way as in the constructor. Constructs created earlier for the
        queue, such as a dashboard, do not know about it.

        Args:
            environment: Ours, an ``aws_batch`` L2 or an L1.

        Raises:
            ValueError: the queue was imported; or AWS Batch would refuse it with this environment,
                or leave jobs stuck.
            TypeError: it is not a compute environment.

        https://docs.aws.amazon.com/batch/latest/APIReference/API_ComputeEnvironmentOrder.html
        """
        if self._resource is None:
            raise ValueError(
                f"{self.node.path}: add_compute_environment(environment=…) would change a "
                "queue that was imported by its ARN or name: add the environment where it is "
                "created"
            )
        resource, arguments = self.resource, Arguments(self)
        environments = read_compute_environments(
            arguments, [*self.compute_environments, environment]
        )
        self._check(arguments, environments)
        last = f"compute_environments[{len(self.compute_environments)}]"
        arguments.refuse(added=(last, "environment"))
        self._environments = environments or []
        order: Any = _order(self._environments)
        resource.compute_environment_order = order

    def _check(
        self, arguments: Arguments, environments: Sequence[AnyComputeEnvironment] | None
    ) -> dict[str, dict[str, object]]:
        """Look at the queue with its environments; return what the rules see beside it."""
        order, beside = as_the_rules_see(environments)
        arguments.check(
            "AWS::Batch::JobQueue",
            {**self._known, "ComputeEnvironmentOrder": order},
            beside={**beside, **self._beside},
        )
        return beside

    def grant_submit(self, grantee: iam.IGrantable, job_definition: AnyJobDefinition) -> iam.Grant:
        """Allow a grantee to submit jobs of one definition to this queue, by name or by revision.

        This includes the permission to tag the job on submission, and nothing more.

        Args:
            grantee: A role, a Lambda function, another job definition, and so on.
            job_definition: Ours, an ``aws_batch`` L2 or an L1.

        Raises:
            TypeError: an argument is of the wrong type.
            ValueError: definition and queue are in different Regions or accounts, or the grantee is
                of another account or has no policies.

        https://docs.aws.amazon.com/batch/latest/userguide/iam-example-job-definition-revisions.html
        """
        return grant_submit(self, grantee, job_definition)

    def grant_engine(
        self,
        grantee: iam.IGrantable,
        *,
        job_definition_prefix: str | None = None,
        job_roles: Sequence[iam.IRole] | None = None,
        log_group: logs.ILogGroup | None = None,
    ) -> iam.Grant:
        """Allow the head of a workflow engine to run jobs in this queue.

        This covers everything that Nextflow, Snakemake, Metaflow, Cromwell and Airflow call. They
        can register, deregister and tag definitions with this prefix, submit only these, and only
        to this queue, tag and terminate jobs, list and describe them, find a job's instance and
        read its log. AWS cannot limit the termination of jobs to a queue, so it applies to all jobs
        in the account and Region. Access to S3 is granted by the bucket.

        Args:
            grantee: The principal of the head: a role, a job definition, and so on.
            job_definition_prefix: The prefix of the names of its definitions, such as ``nf-``
                (Nextflow), ``snakejob-def-`` (Snakemake) or ``metaflow_``. Default: any name.
            job_roles: Job roles and execution roles of its definitions, which it can pass. Default:
                none.
            log_group: The log group of its jobs. Default: ``/aws/batch/job``, AWS Batch's own
                default.

        Raises:
            ValueError: the prefix is not possible in a definition's name, or the grantee is in
                another account or has no policies.
            TypeError: an argument is of the wrong type.

        https://docs.aws.amazon.com/batch/latest/userguide/batch_user_policies.html
        """
        return grant_engine(
            self,
            grantee,
            job_definition_prefix=job_definition_prefix,
            job_roles=job_roles,
            log_group=log_group,
        )

    @classmethod
    def from_job_queue_arn(cls, scope: Construct, id: str, job_queue_arn: str) -> JobQueue:
        """Import a job queue by its ARN.

        Raises:
            ValueError: the text is not the ARN of a job queue.
        """
        return _ImportedJobQueue(scope, id, JOB_QUEUE.arn(scope, id, job_queue_arn))

    @classmethod
    def from_job_queue_name(cls, scope: Construct, id: str, job_queue_name: str) -> JobQueue:
        """Import a job queue of the stack's account and Region by its name.

        Raises:
            ValueError: the text is not the name of a job queue.
        """
        return _ImportedJobQueue(scope, id, JOB_QUEUE.arn_of_name(scope, id, job_queue_name))


class _ImportedJobQueue(JobQueue):
    def __init__(self, scope: Construct, id: str, arn: str) -> None:
        BatchConstruct.__init__(self, scope, id)
        self._arn = arn


def _order(environments: Sequence[AnyComputeEnvironment]) -> list[dict[str, Any]]:
    return [
        {"computeEnvironment": compute_environment_arn(environment), "order": place}
        for place, environment in in_order(environments)
    ]


_ARN: Final = "attrJobQueueArn"
