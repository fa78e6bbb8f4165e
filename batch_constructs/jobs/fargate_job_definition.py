"""Job definitions for Fargate.

https://docs.aws.amazon.com/batch/latest/userguide/fargate.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from batch_constructs.arguments import Arguments
from batch_constructs.aws.platforms import PlatformCapability
from batch_constructs.aws.resource_states import State
from batch_constructs.construct import given
from batch_constructs.jobs.container import Container, ContainerArguments
from batch_constructs.jobs.single_container_job_definition import (
    SHARED,
    SHARED_DEFAULTS,
    ContainerJobDefinition,
    read_platform_version,
    runtime_platform,
)
from batch_constructs.jobs.volumes import refuse_mounts_of_instances
from batch_constructs.known_argument import known_flag
from batch_constructs.shared_arguments import only, spells_out

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Self, Unpack

    from aws_cdk import Size
    from aws_cdk import aws_ecs as ecs
    from constructs import Construct

    from batch_constructs.aws.job_definition_facts import CpuArchitecture, OperatingSystemFamily
    from batch_constructs.jobs.keywords_of_many import FargateKeywords
    from batch_constructs.jobs.single_container_job_definition import SingleContainerArguments


@spells_out(*SHARED, defaults=SHARED_DEFAULTS)
class FargateJobDefinition(ContainerJobDefinition):
    """A job of one container on Fargate, with its roles, secrets and log group.

    Creates, below its own ID: ``Resource`` (AWS::Batch::JobDefinition), ``ExecutionRole``
    (AWS::IAM::Role, which can only write these logs, read these secrets and pull this image),
    ``LogGroup`` (AWS::Logs::LogGroup, deleted with the stack), and, once something is granted to
    the definition or ``job_role`` is used, or with ``create_job_role``, ``JobRole/Resource``
    (AWS::IAM::Role).

    Args:
        scope: The parent construct, usually the stack.
        id: Its ID, unique in the scope.
        image: The name of a public image or of a private ECR image, or an ``ecs.ContainerImage``
            (including assets and registry credentials). The permission to pull it is granted. That
            includes the first pull through a pull-through cache below a prefix that AWS suggests,
            such as ``docker-hub/``; for a prefix of your own, grant it to ``execution_role``.
        vcpus: vCPUs: 0.25, 0.5, 1, 2, 4, 8, 16 or 32.
        memory: Memory; each number of vCPUs allows only certain sizes.
        job_role: The role that the container's code uses. Default: one that is created with the
            first grant; without it, the container has no AWS credentials.
        create_job_role: Whether to create the job role at once, although nothing is granted yet:
            for policies elsewhere that name it, and for many definitions that all get one, which
            takes a call to JavaScript less for each. Default: no.
        ephemeral_storage: Disk space, 21 to 200 GiB. Default: 20 GiB, Fargate's.
        cpu_architecture: ``ARM64`` or ``X86_64``. Default: X86_64, Fargate's.
        operating_system_family: Such as ``WINDOWS_SERVER_2022_CORE``. Default: Linux.
        platform_version: The Fargate platform version. Default: ``LATEST``.
        assign_public_ip: Whether the job's network interface gets a public IP address, which it
            needs for internet access in a public subnet. Default: no.
        volumes: What to mount: ``EfsVolume``, ``S3FilesVolume``, or a ``HostVolume`` without a
            path, which is an empty directory. Default: none.

    Raises:
        ValueError: arguments that AWS Batch would refuse, or that would leave a job stuck; all of
            them are listed.
        TypeError: arguments of the wrong type; all of them are listed.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-batch-jobdefinition.html
    """

    if TYPE_CHECKING:

        @classmethod
        def from_mapping(  # type: ignore[override]  # noqa: D102  # fewer than any; editors show what it overrides
            cls,
            scope: Construct,
            definitions: Mapping[str, Mapping[str, Any]],
            **shared: Unpack[FargateKeywords],
        ) -> dict[str, Self]:
            raise NotImplementedError

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        image: str | ecs.ContainerImage,
        vcpus: float,
        memory: Size,
        ephemeral_storage: Size | None = None,
        cpu_architecture: CpuArchitecture | ecs.CpuArchitecture | str | None = None,
        operating_system_family: OperatingSystemFamily
        | ecs.OperatingSystemFamily
        | str
        | None = None,
        platform_version: ecs.FargatePlatformVersion | str | None = None,
        assign_public_ip: bool = False,
        create_job_role: bool = False,
        **shared: Unpack[SingleContainerArguments],
    ) -> None:
        super().__init__(scope, id)
        arguments = Arguments(self)
        refuse_mounts_of_instances(arguments, shared.get("volumes"))
        storage = arguments.gibibytes("ephemeral_storage", ephemeral_storage)
        public_ip = known_flag(arguments, "assign_public_ip", assign_public_ip)
        version = read_platform_version(arguments, platform_version)
        with_job_role = known_flag(arguments, "create_job_role", create_job_role)
        if with_job_role is True and shared["job_role"] is not None:
            arguments.only_one("create_job_role", "job_role")
        self._define_container(
            arguments,
            Container(image=image, vcpus=vcpus, memory=memory, **only(ContainerArguments, shared)),
            shared,
            capability=PlatformCapability.FARGATE,
            options=given(
                NetworkConfiguration={
                    "AssignPublicIp": State.ENABLED if public_ip else State.DISABLED
                },
                EphemeralStorage=given(SizeInGiB=storage),
                FargatePlatformConfiguration=given(PlatformVersion=version),
                RuntimePlatform=runtime_platform(
                    arguments, cpu_architecture, operating_system_family
                ),
            ),
            job_role_at_once=with_job_role is True,
        )
