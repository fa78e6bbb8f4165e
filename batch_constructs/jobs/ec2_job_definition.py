"""Job definitions for EC2 instances, on-demand and Spot.

https://docs.aws.amazon.com/batch/latest/userguide/create-job-definition-EC2.html
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
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from aws_cdk import Duration, Size
    from aws_cdk import aws_batch as batch
    from aws_cdk import aws_ecs as ecs
    from aws_cdk import aws_iam as iam
    from aws_cdk import aws_kms as kms
    from aws_cdk import aws_logs as logs
    from constructs import Construct

    from batch_constructs.jobs.consumed_resources import Consumable
    from batch_constructs.jobs.linux_parameters import Device, Swap, Tmpfs, Ulimit
    from batch_constructs.jobs.log_configuration import LogConfiguration
    from batch_constructs.jobs.retry_policy import RetryPolicy
    from batch_constructs.jobs.secrets import SecretSource
    from batch_constructs.jobs.volumes import AnyVolume


class Ec2JobDefinition(ContainerJobDefinition):
    """A job of one container on EC2 instances, on-demand or Spot, with its roles, secrets and logs.

    Its image has to fit the instances of the queues it is submitted to, x86 or Arm.

    Creates, below its own ID: ``Resource`` (AWS::Batch::JobDefinition), ``ExecutionRole``
    (AWS::IAM::Role, allowed exactly to write these logs, fetch these secrets and pull this image),
    ``LogGroup`` (AWS::Logs::LogGroup, deleted with the stack) and
    ``JobRole/Resource`` (AWS::IAM::Role, allowed nothing until something is granted: without a role
    of its own the container would act as the instance it runs on).

    Args:
        scope: The construct that this one belongs to, usually the stack.
        id: Its ID, unique in the scope.
        image: A public image's name, a private ECR image's (the pull is granted), or an
            ``ecs.ContainerImage`` (assets and registry credentials included).
        vcpus: vCPUs, a whole number of at least 1.
        memory: Memory, at least 4 MiB; leave some of an instance's memory to its own system.
        command: The command, one element a word; ``Ref::name`` takes the parameter ``name``.
            Default: the image's.
        environment: Environment variables. Names beginning with ``AWS_BATCH`` are AWS Batch's own.
            Default: none.
        secrets: Environment variables whose values are fetched when the container starts: a
            secret, ``secret_field(secret, "key")``, an SSM parameter, or
            ``secret_parameter(parameter, encryption_key=key)``. Default: none.
        parameters: Values for ``Ref::name`` in the command, unless the submission gives others.
            Default: none.
        job_role: The role the container's code acts as. Default: one of its own, that
            is allowed nothing until something is granted.
        use_instance_role: Whether the code acts as the instance it runs on, with all that any job
            there may do, instead of a role of its own. Grants then go to the environment's
            ``instance_role``. Default: no.
        execution_role: The role that starts the container; it is granted what is needed. Default:
            one of its own.
        retry_policy: Which failures get another attempt. Default: ``RetryPolicy()``, three attempts
            for lost Spot capacity and image pulls, none for the job's own failures.
        timeout: How long one attempt may run, at least a minute. Default: without limit.
        log_retention: How long logs are kept. Default: 30 days.
        log_group: Write to this log group. Default: one of its own.
        log_encryption_key: Encrypt the own log group with this key; CloudWatch Logs is admitted to
            it. Default: encrypted with a key of the service.
        log_configuration: Another log driver, or options of ``awslogs``. Default: ``awslogs``, to
            the log group.
        volumes: What to mount: ``EfsVolume``, ``HostVolume``; and what the launch template of its
            instances has as well: ``FsxLustreVolume``, ``S3MountVolume``, ``InstanceStoreVolume``.
            Default: none.
        gpus: GPUs, whole ones, at least 1. Default: none.
        privileged: Whether the container may do all that root may do on the host. Default: no.
        ulimits: Limits of the container's processes. Default: the instance's.
        shared_memory: The size of ``/dev/shm``. Default: 64 MiB.
        devices: Devices of the host that the container sees. Default: none.
        tmpfs: File systems in memory. Default: none.
        swap: Swap space, on instances that have some. Default: none.
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
        use_instance_role: bool = False,
        execution_role: iam.IRole | None = None,
        retry_policy: RetryPolicy | None = None,
        timeout: Duration | None = None,
        log_retention: logs.RetentionDays | None = None,
        log_group: logs.ILogGroup | None = None,
        log_encryption_key: kms.IKey | None = None,
        log_configuration: LogConfiguration | None = None,
        volumes: Sequence[AnyVolume] | None = None,
        gpus: int | None = None,
        privileged: bool = False,
        ulimits: Sequence[Ulimit | batch.Ulimit] | None = None,
        shared_memory: Size | None = None,
        devices: Sequence[Device | batch.Device] | None = None,
        tmpfs: Sequence[Tmpfs | batch.Tmpfs] | None = None,
        swap: Swap | None = None,
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
        self._define_container(
            arguments,
            Container(
                image=image,
                vcpus=vcpus,
                memory=memory,
                command=command,
                environment=environment,
                secrets=secrets,
                gpus=gpus,
                privileged=privileged,
                ulimits=ulimits,
                shared_memory=shared_memory,
                devices=devices,
                tmpfs=tmpfs,
                swap=swap,
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
                use_instance_role=use_instance_role,
                execution_role=execution_role,
                log_retention=log_retention,
                log_group=log_group,
                log_encryption_key=log_encryption_key,
            ),
            capability="EC2",
            options=given(
                EnableExecuteCommand=arguments.switch(
                    "enable_execute_command", enable_execute_command
                ),
            ),
            job_role_at_once=True,
        )
