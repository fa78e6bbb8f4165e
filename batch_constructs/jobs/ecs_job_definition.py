"""What job definitions on ECS share, whatever their shape: roles, logs, one L1 resource."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, TypedDict

import jsii
from aws_cdk import aws_iam as iam

from batch_constructs.aws.platforms import PlatformCapability
from batch_constructs.construct import once_made
from batch_constructs.encryption_key import key_argument
from batch_constructs.jobs.job_arguments import (
    REFUSED_THOUGH_NO_ERROR,
    ConsumptionArguments,
    JobArguments,
)
from batch_constructs.jobs.job_roles import (
    ExecutionRole,
    add_job_role,
    allow,
    too_much_to_read,
)
from batch_constructs.jobs.log_group import JobLogs
from batch_constructs.jobs.own_job_definition import OwnJobDefinition
from batch_constructs.jsii_objects import has_member
from batch_constructs.known_argument import known_flag
from batch_constructs.known_scope import known_scope
from batch_constructs.one_call import Made, OneCall
from batch_constructs.place import arn_of_role
from batch_constructs.policy_statements import merged
from batch_constructs.roles_of_other_stacks import as_grantee

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from aws_cdk import aws_kms as kms
    from aws_cdk import aws_logs as logs

    from batch_constructs.arguments import Arguments
    from batch_constructs.jobs.ecs_task import Task
    from batch_constructs.jobs.job_arguments import Job


class EcsArguments(TypedDict, total=False):
    """The arguments that the definitions of jobs on ECS take: roles, logs, tags of tasks.

    Args:
        job_role: The role that the containers' code uses. Default: a new one.
        execution_role: The role that starts the container; it gets the necessary permissions.
            Default: a new one.
        log_retention: How long logs are kept. Default: 30 days.
        log_group: The log group to write to. Default: a new one.
        log_encryption_key: A key that encrypts the definition's own log group; CloudWatch Logs gets
            permission to use it. Default: a key of the service.
        propagate_tags: Whether ECS tasks get the tags of the job and of the definition. Default:
            yes.
    """

    job_role: iam.IRole | None
    execution_role: iam.IRole | None
    log_retention: logs.RetentionDays | None
    log_group: logs.ILogGroup | None
    log_encryption_key: kms.IKey | None
    propagate_tags: bool


class NodesJobArguments(JobArguments, EcsArguments):
    """The arguments that a multi-node job shares with others."""


class EcsJobArguments(NodesJobArguments, ConsumptionArguments):
    """The arguments that a job of several containers shares with others."""


@jsii.implements(iam.IGrantable)
class EcsJobDefinition(OwnJobDefinition):
    """A job definition on ECS: Fargate, EC2 or Managed Instances."""

    def _define(
        self,
        arguments: Arguments,
        job: Job,
        tasks: Sequence[Task],
        shape: Callable[[Sequence[dict[str, Any]]], dict[str, Any]],
        own: Mapping[str, Any],
        *,
        job_role_at_once: bool,
        beside: Mapping[str, Mapping[str, object]] | None = None,
    ) -> None:
        """Have the properties checked, and make the resources."""
        job_statements = merged(one for task in tasks for one in task.job_statements)
        self._is_its_instance = _is_its_instance(arguments, job, own, job_statements)
        if not self._is_its_instance:
            job_statements += merged(one for task in tasks for one in task.agent_statements)
        has_job_role = not self._is_its_instance and (
            job_role_at_once or own["job_role"] is not None or bool(job_statements)
        )
        role_or_refused = has_job_role or bool(job_statements)
        arguments.check(
            "AWS::Batch::JobDefinition",
            {**job.known, **shape([task.known(job_role=role_or_refused) for task in tasks])},
            beside={**job.beside, **(beside or {})},
            refuse_also=REFUSED_THOUGH_NO_ERROR,
        )
        _expect_resources(arguments, own)
        reads = merged(one for task in tasks for one in task.execution_statements)
        if own["execution_role"] is None and (problem := too_much_to_read(reads)):
            arguments.wrong_value(f"execution_role is left out: {problem}")
        self._logs = JobLogs(
            arguments,
            log_group=own["log_group"],
            retention=own["log_retention"],
            encryption_key=own["log_encryption_key"],
            needed=any(task.needs_log_group for task in tasks),
        )
        arguments.refuse()

        call = OneCall(self)
        self._logs.add_to(call, self)
        self._job_role: iam.IRole | Made[iam.Role] | None = own["job_role"]
        self._has_tasks = bool(tasks)
        if not tasks:
            self._make(call, {**job.properties, **shape([])}, job.kept)
            return
        if own["execution_role"] is not None or known_scope(self).customizes_roles:
            call.make(at_once=True)  # its grants name the log group as it is
        self._execution_role = ExecutionRole(
            self, call, own["execution_role"], merged([*self._logs.statements(), *reads])
        )
        if self._job_role is None and has_job_role:
            self._job_role = add_job_role(call)
        binds = any(task.binds_an_image for task in tasks)
        bound = [
            task.bind(
                self,
                execution_role=as_grantee(self, self.execution_role) if binds else None,
                execution_role_arn=self._execution_role.arn,
                job_role_arn=self._job_role_arn(),
                log_options=self._logs.options,
            )
            for task in tasks
        ]
        self._make(call, {**job.properties, **shape(bound)}, job.kept)
        if job_statements:
            allow(self, self.job_role, job_statements)
        for task in tasks:
            once_made(partial(task.admit, self))

    def _job_role_arn(self) -> str | None:
        if isinstance(self._job_role, Made):
            return self._job_role.attribute("roleArn")
        return None if self._job_role is None else arn_of_role(self._job_role)

    @property
    def log_group(self) -> logs.ILogGroup:
        """The log group that the job's output goes to.

        Raises:
            ValueError: no container logs to CloudWatch Logs.
        """
        return self._logs.log_group()

    @property
    def execution_role(self) -> iam.IRole:
        """The role that pulls the image, fetches the secrets and writes the logs.

        You can grant it more. Attach managed policies to the role that you pass as
        ``execution_role``, or to the L1 ``ExecutionRole`` below this construct.

        Raises:
            ValueError: the job runs as pods, which have none.
        """
        self._expect_tasks()
        return self._execution_role.role()

    @property
    def job_role(self) -> iam.IRole:
        """The role that the container's own code uses.

        It is made (ID ``JobRole``) when it is first asked for, which a grant to the definition
        does: a job that nothing was granted to has no role, and no AWS credentials.

        Raises:
            ValueError: the job runs as pods, which use their service account, or was created with
                ``use_instance_role``.
        """
        self._expect_tasks()
        if self._is_its_instance:
            raise ValueError(
                f"{self.node.path}: the job has use_instance_role and no role of its own; grant to "
                "the instance_role of its compute environments, or leave use_instance_role out"
            )
        if self._job_role is None:
            call = OneCall(self)
            self._job_role = made = add_job_role(call)
            role_arn = made.attribute("roleArn")
            way = "ContainerProperties.JobRoleArn"
            call.call(self.resource, "addPropertyOverride", way, role_arn)
            call.make(at_once=True)
        if isinstance(self._job_role, Made):
            self._job_role = self._job_role.resource
        return self._job_role

    def _expect_tasks(self) -> None:
        if not self._has_tasks:
            raise ValueError(
                f"{self.node.path}: pods have no roles of their own; grant to the IAM role of "
                "their Kubernetes service account, and let nodes pull the images"
            )

    @property
    def grant_principal(self) -> iam.IPrincipal:
        """The principal that gets the grants to this definition: the job role.

        A role from another stack gets its policy in the definition's stack.
        """
        return as_grantee(self, self.job_role)


def _is_its_instance(
    arguments: Arguments,
    job: Job,
    own: Mapping[str, Any],
    statements: Sequence[dict[str, Any]],
) -> bool:
    """Whether the job acts as the instance it runs on, refused where it cannot."""
    chosen = known_flag(arguments, "use_instance_role", own.get("use_instance_role", False))
    if chosen is not True:
        return False
    if job.properties.get("PlatformCapabilities") == [PlatformCapability.FARGATE]:
        arguments.wrong_value(
            "use_instance_role is given on Fargate, where no job has an instance: leave it out"
        )
    if own["job_role"] is not None:
        arguments.only_one("use_instance_role", "job_role")
    if statements:
        arguments.wrong_value(
            "use_instance_role is given, but volumes or enable_execute_command need the job's "
            "own role: leave use_instance_role out"
        )
    return True


def _expect_resources(arguments: Arguments, own: Mapping[str, Any]) -> None:
    """Look at the arguments that are resources: what they have to offer."""
    for role in ("job_role", "execution_role"):
        arguments.role(role, own[role])
    log_group = own["log_group"]
    if log_group is not None and not has_member(log_group, "log_group_name"):
        arguments.wrong_type("log_group", log_group, "a logs.ILogGroup")
    key_argument(arguments, "log_encryption_key", own["log_encryption_key"])
