"""What every job definition has: an ARN, a name, and a place in other people's wiring.

https://docs.aws.amazon.com/batch/latest/userguide/job_definitions.html
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

import jsii
from aws_cdk import Duration
from aws_cdk import aws_batch as batch
from aws_cdk import aws_iam as iam
from aws_cdk.interfaces import aws_batch as batch_interfaces

from batch_constructs.arguments import checked
from batch_constructs.aws.bound import as_text
from batch_constructs.batch_resource import BatchResource
from batch_constructs.construct import made_here
from batch_constructs.jobs.submit_rights import grant_submit
from batch_constructs.jsii_objects import has_member
from batch_constructs.known_scope import are_in_one_stack
from batch_constructs.reference import JOB_DEFINITION

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aws_cdk import aws_logs as logs
    from constructs import Construct

    from batch_constructs.function_alarms import WatchedFunction
    from batch_constructs.one_call import Made
    from batch_constructs.queues.any_job_queue import AnyJobQueue
    from batch_constructs.tokens import WholeNumber

T = TypeVar("T")


if TYPE_CHECKING:  # jsii names parameters of protocols otherwise: pyright wants it said
    _Face = batch.IJobDefinition
else:
    _Face = object


@jsii.implements(batch_interfaces.IJobDefinitionRef)
class JobDefinition(BatchResource, _Face):
    """A job definition, ours or imported: its ARN and its name.

    Job definitions are created with ``FargateJobDefinition``, ``Ec2JobDefinition``,
    ``MultiContainerJobDefinition``, ``MultiNodeJobDefinition`` and ``EksJobDefinition``; this class
    imports existing ones.

    Attributes:
        watched_function: What ``BatchMonitoring(functions=…)`` watches: the function that retires
            old revisions; None without a number in ``keep_old_revisions``.
    """

    watched_function: WatchedFunction | None = None
    _instead = (
        "create a FargateJobDefinition, an Ec2JobDefinition, a MultiContainerJobDefinition, a "
        "MultiNodeJobDefinition or an EksJobDefinition, or import one with "
        "JobDefinition.from_job_definition_arn, from_job_definition_name or "
        "from_job_definition_attributes"
    )
    _made: Made[batch.CfnJobDefinition] | None = None
    _said: Mapping[str, Any] = MappingProxyType({})
    """What its resource says; nothing is known of one that was imported."""

    @property
    def parameters(self) -> Mapping[str, Any] | None:
        """The default values of ``Ref::NAME`` in its command, or None."""
        return self._said.get("Parameters")

    @property
    def retry_attempts(self) -> WholeNumber | None:
        """How often a job is attempted; None if AWS Batch decides."""
        attempts: WholeNumber | None = self._said.get("RetryStrategy", {}).get("Attempts")
        return attempts

    @property
    def retry_strategies(self) -> list[batch.RetryStrategy]:
        """When a job is retried, in the form of the ``aws_batch`` L2."""
        return [
            batch.RetryStrategy.of(
                batch.Action[as_text(rule["Action"]).upper()],
                batch.Reason.custom(
                    on_exit_code=rule.get("OnExitCode"),
                    on_reason=rule.get("OnReason"),
                    on_status_reason=rule.get("OnStatusReason"),
                ),
            )
            for rule in self._said.get("RetryStrategy", {}).get("EvaluateOnExit", ())
        ]

    @property
    def scheduling_priority(self) -> WholeNumber | None:
        """The priority among the jobs of one share, or None."""
        priority: WholeNumber | None = self._said.get("SchedulingPriority")
        return priority

    @property
    def timeout(self) -> Duration | None:
        """The time limit of an attempt, or None."""
        seconds = self._said.get("Timeout", {}).get("AttemptDurationSeconds")
        return None if seconds is None else Duration.seconds(seconds)

    def add_retry_strategy(self, strategy: batch.RetryStrategy) -> None:
        """Not supported, unlike in the ``aws_batch`` L2: our definitions cannot change afterwards.

        Raises:
            ValueError: always.
        """
        raise ValueError(
            f"{self.node.path}: add_retry_strategy({type(strategy).__name__}) is a method of the "
            "aws_batch L2s; our definitions cannot change after they are created: give "
            "retry_policy=RetryPolicy(rules=[RetryRule(…)]) there"
        )

    @property
    def _resource(self) -> batch.CfnJobDefinition | None:
        return None if self._made is None else self._made.resource

    @property
    def job_definition_arn(self) -> str:
        """The ARN, with the revision that this stack registers."""
        if self._arn is None:
            self._arn = made_here(self, self._made).resource.ref
        return self._arn

    @property
    def job_definition_name(self) -> str:
        """The name without a revision, for submissions of the newest revision."""
        return job_definition_name(self.job_definition_arn)

    @property
    def job_definition_ref(self) -> batch_interfaces.JobDefinitionReference:
        """The reference that the CDK uses wherever it needs an ``IJobDefinitionRef``."""
        return batch_interfaces.JobDefinitionReference(job_definition_arn=self.job_definition_arn)

    def grant_submit(self, grantee: iam.IGrantable, queue: AnyJobQueue) -> iam.Grant:
        """Allow a grantee to submit jobs of this definition to one queue, by name or by revision.

        The same as ``queue.grant_submit(grantee, definition)``. The L2's ``grant_submit_job`` does
        not include the permission to tag the job on submission.

        Args:
            grantee: A role, a Lambda function, another job definition, and so on.
            queue: Ours, an ``aws_batch`` L2 or an L1.

        Raises:
            TypeError: an argument is of the wrong type.
            ValueError: definition and queue are in different Regions or accounts, or the grantee is
                of another account or has no policies.

        https://docs.aws.amazon.com/batch/latest/userguide/iam-example-job-definition-revisions.html
        """
        return grant_submit(queue, grantee, self)

    @classmethod
    def from_job_definition_arn(
        cls, scope: Construct, id: str, job_definition_arn: str
    ) -> JobDefinition:
        """Import a job definition by its ARN, with or without a revision.

        Raises:
            ValueError: the text is not the ARN of a job definition.
        """
        arn = JOB_DEFINITION.arn(scope, id, job_definition_arn)
        return _ImportedJobDefinition(scope, id, job_definition_arn=arn)

    @classmethod
    def from_job_definition_name(
        cls, scope: Construct, id: str, job_definition_name: str
    ) -> JobDefinition:
        """Import a job definition of the stack's account and Region by its name.

        Raises:
            ValueError: the text is not the name of a job definition.
        """
        arn = JOB_DEFINITION.arn_of_name(scope, id, job_definition_name)
        return _ImportedJobDefinition(scope, id, job_definition_arn=arn)

    @classmethod
    def from_job_definition_attributes(
        cls,
        scope: Construct,
        id: str,
        *,
        job_definition_arn: str,
        job_role: iam.IRole | None = None,
        log_group: logs.ILogGroup | None = None,
    ) -> ImportedJobDefinition:
        """Import a job definition with its job role and its log group, for grants and queries.

        Args:
            scope: The parent construct, usually the stack.
            id: Its ID, unique in the scope.
            job_definition_arn: The ARN, with or without a revision.
            job_role: The role that the container's own code uses; grants to the definition go to
                it. Default: unknown; nothing can be granted.
            log_group: The log group that the job's output goes to. Default: unknown.

        Raises:
            ValueError: the text is not the ARN of a job definition.
            TypeError: an argument of the wrong type.
        """
        return _ImportedJobDefinition(
            scope,
            id,
            job_definition_arn=JOB_DEFINITION.arn(scope, id, job_definition_arn),
            job_role=job_role,
            log_group=log_group,
        )


@jsii.implements(iam.IGrantable)
class ImportedJobDefinition(JobDefinition):
    """An imported job definition, with what is known about its jobs.

    ``JobDefinition.from_job_definition_attributes`` returns it. Grants to it go to its job role.
    """

    _instead = "import one with JobDefinition.from_job_definition_attributes"
    _job_role: iam.IRole | None = None
    _log_group: logs.ILogGroup | None = None

    @property
    def job_role(self) -> iam.IRole:
        """The role that the container's own code uses.

        Raises:
            ValueError: it is unknown.
        """
        return self._given("job_role", self._job_role)

    @property
    def log_group(self) -> logs.ILogGroup:
        """The log group that the job's output goes to.

        Raises:
            ValueError: it is unknown.
        """
        return self._given("log_group", self._log_group)

    @property
    def knows_job_role(self) -> bool:
        """Whether its job role is known, so that it can be granted permissions."""
        return self._job_role is not None

    @property
    def grant_principal(self) -> iam.IPrincipal:
        """The principal that gets the grants to this definition: the job role.

        Raises:
            ValueError: it is unknown.
        """
        return self.job_role

    def _given(self, parameter: str, value: T | None) -> T:
        if value is None:
            raise ValueError(
                f"{self.node.path}: {parameter} is unknown; allowed: a definition that was "
                "imported with it: "
                f"JobDefinition.from_job_definition_attributes({parameter}=…)"
            )
        return value


class _ImportedJobDefinition(ImportedJobDefinition):
    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        job_definition_arn: str,
        job_role: iam.IRole | None = None,
        log_group: logs.ILogGroup | None = None,
    ) -> None:
        super().__init__(scope, id)
        self._arn = job_definition_arn
        self._job_role = job_role
        self._log_group = log_group


AnyJobDefinition: TypeAlias = (
    JobDefinition | batch.IJobDefinition | batch_interfaces.IJobDefinitionRef
)
"""Ours, an ``aws_batch`` L2 or an L1."""


def takes_grants(definition: AnyJobDefinition) -> bool:
    """Tell whether grants to a definition reach a role; one that was imported may know none."""
    if isinstance(definition, ImportedJobDefinition):
        return definition.knows_job_role
    return has_member(definition, "grant_principal")


def job_definition_name(arn: str) -> str:
    """Read the name out of a job definition's ARN; of a token, CloudFormation reads it."""
    return JOB_DEFINITION.name(arn)


def job_definition_arn_without_revision(definition: AnyJobDefinition) -> str:
    """Return the ARN that a submission by name is authorized against."""
    return JOB_DEFINITION.arn_without_revision(definition)


def job_definition_arn_from(scope: Construct, definition: AnyJobDefinition) -> str:
    """Return the ARN by which a scope submits a definition.

    That of another stack is named without a revision, which stands for the newest: its stack is
    updated before this one, and deregisters what this one would name until then.
    """
    construct: Any = definition
    if not has_member(construct, "node") or are_in_one_stack(scope, construct):
        return job_definition_arn(definition)
    return job_definition_arn_to_submit(definition)


def job_definition_arn_to_submit(definition: AnyJobDefinition) -> str:
    """Return the ARN by which what is deployed now still submits after the next deployment.

    CloudFormation deregisters a revision when it registers the next one. So the ARN is one without
    a revision, which stands for the newest, unless all old revisions are kept, or the definition
    was imported by an ARN: then that is what is meant.
    """
    construct: Any = definition
    made_here = has_member(construct, "cfn_resource_type") or getattr(construct, "_made", None)
    if not (made_here or construct.node.default_child) or _keeps_old_revisions(construct):
        return job_definition_arn(definition)
    return job_definition_arn_without_revision(definition)


def _keeps_old_revisions(definition: Any) -> bool:
    if getattr(definition, "skip_deregister_on_update", None) is True:
        return True  # an L2
    known = checked(definition)
    policy = {} if known is None else known.properties.get("ResourceRetentionPolicy", {})
    kept = policy.get("SkipDeregisterOnUpdate") is True
    return kept and getattr(definition, "watched_function", None) is None


def is_job_definition(value: object) -> bool:
    """Whether a value is a job definition: ours, an L2 or an L1."""
    return JOB_DEFINITION.fits(value)


def job_definition_arn(definition: AnyJobDefinition) -> str:
    """Return the ARN of a job definition: ours, an L2 or an L1.

    Raises:
        TypeError: it is none of these.
    """
    return JOB_DEFINITION.arn_of(definition)
