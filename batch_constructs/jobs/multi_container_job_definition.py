"""Job definitions of several containers: sidecars, log routers, steps that wait for each other.

https://docs.aws.amazon.com/batch/latest/userguide/multi-container-jobs.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from batch_constructs.arguments import Arguments
from batch_constructs.aws.platforms import PlatformCapability
from batch_constructs.construct import given
from batch_constructs.jobs.concurrency import with_limit
from batch_constructs.jobs.ecs_job_definition import EcsJobDefinition, RoleAndLogArguments
from batch_constructs.jobs.ecs_task import Task
from batch_constructs.jobs.job_settings import (
    Job,
    JobArguments,
)
from batch_constructs.jobs.single_container_job_definition import runtime_platform

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from aws_cdk import Duration, Size
    from aws_cdk import aws_ecs as ecs
    from aws_cdk import aws_iam as iam
    from aws_cdk import aws_kms as kms
    from aws_cdk import aws_logs as logs
    from constructs import Construct

    from batch_constructs.aws.job_definitions import (
        CpuArchitecture,
        IpcMode,
        NetworkMode,
        OperatingSystemFamily,
        PidMode,
    )
    from batch_constructs.jobs.consumed_resources import Consumable
    from batch_constructs.jobs.container import Container
    from batch_constructs.jobs.retry_policy import RetryPolicy


class MultiContainerJobDefinition(EcsJobDefinition):
    """A job of up to ten containers, on Fargate, EC2 or Managed Instances.

    Creates, below its own ID: ``Resource`` (AWS::Batch::JobDefinition), ``ExecutionRole``
    (AWS::IAM::Role, allowed exactly to write these logs, fetch these secrets and pull these
    images), ``JobRole/Resource`` (AWS::IAM::Role, allowed nothing until something is granted) and,
    where a container logs to CloudWatch Logs, ``LogGroup`` (AWS::Logs::LogGroup, deleted with the
    stack).

    Args:
        scope: The construct that this one belongs to, usually the stack.
        id: Its ID, unique in the scope.
        containers: The containers, at least one of them essential.
        platform_capability: ``FARGATE``, ``EC2`` or ``MANAGED_INSTANCES``.
        parameters: Values for ``Ref::name`` in the commands, unless the submission gives others.
            Default: none.
        job_role: The role the containers' code acts as. Default: one of its own.
        use_instance_role: Whether the code acts as the instance it runs on, with all that any job
            there may do, instead of a role of its own; not on Fargate. Grants then go to the
            ``instance_role`` of the environment. Default: no.
        execution_role: The role that starts the containers; it is granted what is needed. Default:
            one of its own.
        retry_policy: Which failures get another attempt. Default: ``RetryPolicy()``, three attempts
            for lost Spot capacity and image pulls, none for the job's own failures.
        timeout: How long one attempt may run, at least a minute. Default: without limit.
        log_retention: How long logs are kept. Default: 30 days.
        log_group: Write to this log group. Default: one of its own.
        log_encryption_key: Encrypt the own log group with this key. Default: a key of the service.
        ephemeral_storage: Disk space on Fargate, 21 to 200 GiB. Default: 20 GiB, Fargate's.
        cpu_architecture: ``ARM64`` or ``X86_64``. Default: the platform's.
        operating_system_family: Such as ``WINDOWS_SERVER_2022_CORE``, on Fargate. Default: Linux.
        platform_version: The Fargate platform version. Default: ``LATEST``.
        assign_public_ip: Whether the job's network interface gets a public address, on Fargate.
            Default: no.
        ipc_mode: ``host``, ``task`` or ``none``: which IPC resources the containers share; not on
            Fargate. Default: that of the Docker daemon.
        pid_mode: ``host`` or ``task``: which process namespace the containers share. Default: each
            has its own.
        network_mode: ``host``, on Managed Instances. Default: the platform's.
        enable_execute_command: Whether ECS Exec may open a shell in the containers; the job role is
            granted what that needs. Default: no.
        scheduling_priority: Its rank within a share identifier, 0 to 9999, in a queue with a
            scheduling policy. Default: none.
        consumable_resources: What a job takes of each ``ConsumableResource`` while it runs.
            Default: nothing.
        max_concurrent_jobs: How many of its jobs run at once, at least 1: the others wait. A number
            makes a consumable resource (``ConcurrentJobs``) for this definition alone; definitions
            that are given the same ``ConsumableResource`` share its quantity. Default: no limit.
        keep_old_revisions: Whether a deployment leaves the revisions before it active. Default: no.
        propagate_tags: Whether ECS tasks get the tags of the job, and of the definition. Default:
            yes.
        job_definition_name: A name of up to 128 letters, digits, ``-`` and ``_``. Default: one that
            CloudFormation generates.
        tags: Tags of the definition and, as they are propagated, of its jobs' tasks.
            Default: those of the stack.

    Raises:
        ValueError: arguments that AWS Batch would refuse, or that leave a job stuck; all at once.
        TypeError: arguments of a wrong type; all at once.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-batch-jobdefinition.html
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        containers: Sequence[Container],
        platform_capability: PlatformCapability | str,
        parameters: Mapping[str, str] | None = None,
        job_role: iam.IRole | None = None,
        use_instance_role: bool = False,
        execution_role: iam.IRole | None = None,
        retry_policy: RetryPolicy | None = None,
        timeout: Duration | None = None,
        log_retention: logs.RetentionDays | None = None,
        log_group: logs.ILogGroup | None = None,
        log_encryption_key: kms.IKey | None = None,
        ephemeral_storage: Size | None = None,
        cpu_architecture: CpuArchitecture | ecs.CpuArchitecture | str | None = None,
        operating_system_family: OperatingSystemFamily
        | ecs.OperatingSystemFamily
        | str
        | None = None,
        platform_version: str | None = None,
        assign_public_ip: bool | None = None,
        ipc_mode: IpcMode | str | None = None,
        pid_mode: PidMode | str | None = None,
        network_mode: NetworkMode | str | None = None,
        enable_execute_command: bool = False,
        scheduling_priority: int | None = None,
        consumable_resources: Mapping[Consumable, int] | None = None,
        max_concurrent_jobs: int | Consumable | None = None,
        keep_old_revisions: bool = False,
        propagate_tags: bool = True,
        job_definition_name: str | None = None,
        tags: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(scope, id)
        arguments = Arguments(self)
        capability = arguments.choice(
            "platform_capability", platform_capability, 'a PlatformCapability or "FARGATE"'
        )
        public_ip = arguments.flag("assign_public_ip", assign_public_ip)
        if public_ip is None and capability == PlatformCapability.FARGATE:
            public_ip = False
        task = Task(
            arguments,
            arguments.items(
                "containers", containers, "Container(image=…, vcpus=1, memory=…)", some=True
            ),
            options=given(
                NetworkConfiguration=_network(public_ip),
                EphemeralStorage=given(
                    SizeInGiB=arguments.gibibytes("ephemeral_storage", ephemeral_storage)
                ),
                RuntimePlatform=runtime_platform(
                    arguments, cpu_architecture, operating_system_family
                ),
                PlatformVersion=arguments.text("platform_version", platform_version),
                IpcMode=arguments.text("ipc_mode", ipc_mode),
                PidMode=arguments.text("pid_mode", pid_mode),
                NetworkMode=arguments.text("network_mode", network_mode),
                EnableExecuteCommand=arguments.switch(
                    "enable_execute_command", enable_execute_command
                ),
            ),
            single=False,
        )
        own = JobArguments(
            parameters=parameters,
            retry_policy=retry_policy,
            timeout=timeout,
            scheduling_priority=scheduling_priority,
            consumable_resources=with_limit(arguments, consumable_resources, max_concurrent_jobs),
            keep_old_revisions=keep_old_revisions,
            propagate_tags=propagate_tags,
            job_definition_name=job_definition_name,
            tags=tags,
        )
        self._define(
            arguments,
            Job(arguments, own, kind="container", capability=capability),
            [task],
            lambda tasks: {"EcsProperties": {"TaskProperties": list(tasks)}},
            RoleAndLogArguments(
                job_role=job_role,
                use_instance_role=use_instance_role,
                execution_role=execution_role,
                log_retention=log_retention,
                log_group=log_group,
                log_encryption_key=log_encryption_key,
            ),
            job_role_at_once=True,
        )


def _network(public_ip: Any) -> dict[str, Any] | None:
    if public_ip is None:
        return None
    return {"AssignPublicIp": "ENABLED" if public_ip is True else "DISABLED"}
