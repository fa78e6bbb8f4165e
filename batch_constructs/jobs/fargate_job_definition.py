"""Job definitions for Fargate.

https://docs.aws.amazon.com/batch/latest/userguide/fargate.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from batch_constructs.arguments import Arguments
from batch_constructs.construct import given
from batch_constructs.jobs.concurrency import with_limit
from batch_constructs.jobs.container import Container
from batch_constructs.jobs.ecs_job_definition import RoleAndLogArguments
from batch_constructs.jobs.job_settings import JobArguments
from batch_constructs.jobs.single_container_job_definition import (
    ContainerJobDefinition,
    runtime_platform,
)
from batch_constructs.jobs.volumes import refuse_mounts_of_instances

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from aws_cdk import Duration, Size
    from aws_cdk import aws_ecs as ecs
    from aws_cdk import aws_iam as iam
    from aws_cdk import aws_kms as kms
    from aws_cdk import aws_logs as logs
    from constructs import Construct

    from batch_constructs.aws.job_definitions import CpuArchitecture, OperatingSystemFamily
    from batch_constructs.jobs.consumed_resources import Consumable
    from batch_constructs.jobs.log_configuration import LogConfiguration
    from batch_constructs.jobs.retry_policy import RetryPolicy
    from batch_constructs.jobs.secrets import SecretSource
    from batch_constructs.jobs.volumes import AnyVolume


class FargateJobDefinition(ContainerJobDefinition):
    """A job of one container on Fargate, with its roles, secrets and log group.

    Creates, below its own ID: ``Resource`` (AWS::Batch::JobDefinition), ``ExecutionRole``
    (AWS::IAM::Role, allowed exactly to write these logs, fetch these secrets and pull this image),
    ``LogGroup`` (AWS::Logs::LogGroup, deleted with the stack), and, once something
    is granted to the definition or ``job_role`` is used, ``JobRole/Resource`` (AWS::IAM::Role).

    Args:
        scope: The construct that this one belongs to, usually the stack.
        id: Its ID, unique in the scope.
        image: A public image's name, a private ECR image's (the pull is granted), or an
            ``ecs.ContainerImage`` (assets and registry credentials included).
        vcpus: vCPUs: 0.25, 0.5, 1, 2, 4, 8, 16 or 32.
        memory: Memory; Fargate offers certain sizes for each number of vCPUs.
        command: The command, one element a word; ``Ref::name`` takes the parameter ``name``.
            Default: the image's.
        environment: Environment variables. Names beginning with ``AWS_BATCH`` are AWS Batch's own.
            Default: none.
        secrets: Environment variables whose values are fetched when the container starts: a
            secret, ``secret_field(secret, "key")``, an SSM parameter, or
            ``secret_parameter(parameter, encryption_key=key)``. Default: none.
        parameters: Values for ``Ref::name`` in the command, unless the submission gives others.
            Default: none.
        job_role: The role the container's code acts as. Default: one that is made when something
            is granted; without, the container has no AWS credentials.
        execution_role: The role that starts the container; it is granted what is needed. Default:
            one of its own.
        retry_policy: Which failures get another attempt. Default: ``RetryPolicy()``, three attempts
            for lost Spot capacity and image pulls, none for the job's own failures.
        timeout: How long one attempt may run, at least a minute. Default: without limit.
        log_retention: How long logs are kept. Default: 30 days.
        log_group: Write to this log group. Default: one of its own.
        log_encryption_key: Encrypt the own log group with this key; CloudWatch Logs is admitted to
            it. Default: encrypted with a key of the service.
        ephemeral_storage: Disk space, 21 to 200 GiB. Default: 20 GiB, Fargate's.
        log_configuration: Another log driver, or options of ``awslogs``. Default: ``awslogs``, to
            the log group.
        cpu_architecture: ``ARM64`` or ``X86_64``. Default: X86_64, Fargate's.
        operating_system_family: Such as ``WINDOWS_SERVER_2022_CORE``. Default: Linux.
        platform_version: The Fargate platform version. Default: ``LATEST``.
        assign_public_ip: Whether the job's network interface gets a public address, which it needs
            in a public subnet to reach anything. Default: no.
        volumes: What to mount: ``EfsVolume``, ``S3FilesVolume``, or a ``HostVolume`` without a
            path, which is an empty directory. Default: none.
        user: The user to run as. Default: the image's.
        readonly_root_filesystem: Whether the container may not write outside its volumes.
            Default: it may.
        init_process: Whether an init process passes on signals and reaps children. Default: no.
        enable_execute_command: Whether ECS Exec may open a shell in the container; the job role is
            granted what that needs. Default: no.
        scheduling_priority: Its rank within a share identifier, 0 to 9999, in a queue with a
            scheduling policy. Default: none.
        consumable_resources: What a job takes of each ``ConsumableResource`` while it runs, such as
            ``{licences: 1}``. Default: nothing.
        max_concurrent_jobs: How many of its jobs run at once, at least 1: the others wait. A number
            makes a consumable resource (``ConcurrentJobs``) for this definition alone; definitions
            that are given the same ``ConsumableResource`` share its quantity. Default: no limit.
        keep_old_revisions: Whether a deployment leaves the revisions before it active, for those
            who submit by revision. Default: no, AWS deregisters them.
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
        image: str | ecs.ContainerImage,
        vcpus: float,
        memory: Size,
        command: Sequence[str] | None = None,
        environment: Mapping[str, str] | None = None,
        secrets: Mapping[str, SecretSource] | None = None,
        parameters: Mapping[str, str] | None = None,
        job_role: iam.IRole | None = None,
        execution_role: iam.IRole | None = None,
        retry_policy: RetryPolicy | None = None,
        timeout: Duration | None = None,
        log_retention: logs.RetentionDays | None = None,
        log_group: logs.ILogGroup | None = None,
        log_encryption_key: kms.IKey | None = None,
        ephemeral_storage: Size | None = None,
        log_configuration: LogConfiguration | None = None,
        cpu_architecture: CpuArchitecture | ecs.CpuArchitecture | str | None = None,
        operating_system_family: OperatingSystemFamily
        | ecs.OperatingSystemFamily
        | str
        | None = None,
        platform_version: str | None = None,
        assign_public_ip: bool = False,
        volumes: Sequence[AnyVolume] | None = None,
        user: str | None = None,
        readonly_root_filesystem: bool = False,
        init_process: bool = False,
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
        refuse_mounts_of_instances(arguments, volumes)
        storage = arguments.gibibytes("ephemeral_storage", ephemeral_storage)
        public_ip = arguments.flag("assign_public_ip", assign_public_ip, required=True)
        version = arguments.text("platform_version", platform_version)
        self._define_container(
            arguments,
            Container(
                image=image,
                vcpus=vcpus,
                memory=memory,
                command=command,
                environment=environment,
                secrets=secrets,
                volumes=volumes,
                user=user,
                readonly_root_filesystem=readonly_root_filesystem,
                init_process=init_process,
                log_configuration=log_configuration,
            ),
            JobArguments(
                parameters=parameters,
                retry_policy=retry_policy,
                timeout=timeout,
                scheduling_priority=scheduling_priority,
                consumable_resources=with_limit(
                    arguments, consumable_resources, max_concurrent_jobs
                ),
                keep_old_revisions=keep_old_revisions,
                propagate_tags=propagate_tags,
                job_definition_name=job_definition_name,
                tags=tags,
            ),
            RoleAndLogArguments(
                job_role=job_role,
                execution_role=execution_role,
                log_retention=log_retention,
                log_group=log_group,
                log_encryption_key=log_encryption_key,
            ),
            capability="FARGATE",
            options=given(
                NetworkConfiguration={"AssignPublicIp": "ENABLED" if public_ip else "DISABLED"},
                EphemeralStorage=given(SizeInGiB=storage),
                FargatePlatformConfiguration=given(PlatformVersion=version),
                RuntimePlatform=runtime_platform(
                    arguments, cpu_architecture, operating_system_family
                ),
                EnableExecuteCommand=arguments.switch(
                    "enable_execute_command", enable_execute_command
                ),
            ),
            job_role_at_once=False,
        )
