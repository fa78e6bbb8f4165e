"""Job definitions of several containers: sidecars, log routers, steps that wait for each other.

https://docs.aws.amazon.com/batch/latest/userguide/multi-container-jobs.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from batch_constructs.arguments import Arguments
from batch_constructs.aws.job_definition_facts import JobDefinitionType, NetworkMode
from batch_constructs.aws.platforms import PlatformCapability
from batch_constructs.aws.resource_states import State
from batch_constructs.construct import given
from batch_constructs.enum_argument import of_ours
from batch_constructs.jobs.container import Container
from batch_constructs.jobs.ecs_job_definition import EcsArguments, EcsJobArguments, EcsJobDefinition
from batch_constructs.jobs.ecs_task import (
    TASK_DEFAULTS,
    SeveralContainersArguments,
    Task,
    TaskArguments,
    task_options,
)
from batch_constructs.jobs.job_arguments import (
    DEFAULTS,
    ConsumptionArguments,
    Job,
    JobArguments,
)
from batch_constructs.jobs.single_container_job_definition import (
    read_platform_version,
    runtime_platform,
)
from batch_constructs.jobs.volumes import refuse_mounts_of_instances
from batch_constructs.known_argument import known_flag
from batch_constructs.shared_arguments import spells_out

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Self, Unpack

    from aws_cdk import Size
    from aws_cdk import aws_ecs as ecs
    from constructs import Construct

    from batch_constructs.aws.job_definition_facts import CpuArchitecture, OperatingSystemFamily
    from batch_constructs.jobs.keywords_of_many import MultiContainerKeywords


class SeveralContainersJobArguments(EcsJobArguments, TaskArguments, SeveralContainersArguments):
    """The arguments that a job of several containers shares with others."""


@spells_out(
    JobArguments,
    ConsumptionArguments,
    EcsArguments,
    TaskArguments,
    SeveralContainersArguments,
    defaults={**DEFAULTS, **TASK_DEFAULTS},
)
class MultiContainerJobDefinition(EcsJobDefinition):
    """A job of up to ten containers, on Fargate, EC2 or Managed Instances.

    Creates, below its own ID: ``Resource`` (AWS::Batch::JobDefinition), ``ExecutionRole``
    (AWS::IAM::Role, which can only write these logs, read these secrets and pull these images),
    ``JobRole/Resource`` (AWS::IAM::Role, without permissions until you grant some) and, where a
    container logs to CloudWatch Logs, ``LogGroup`` (AWS::Logs::LogGroup, deleted with the stack).

    Args:
        scope: The parent construct, usually the stack.
        id: Its ID, unique in the scope.
        containers: The containers, at least one of them essential.
        platform_capability: ``FARGATE``, ``EC2`` or ``MANAGED_INSTANCES``.
        parameters: Default values for ``Ref::name`` in the commands; a submission can override
            them. Default: none.
        job_role: The role that the containers' code uses. Default: a new one.
        use_instance_role: Whether the code uses the role of the instance it runs on, which all jobs
            there share, instead of its own role; not on Fargate. Grant permissions to the
            environment's ``instance_role`` then. Default: no.
        execution_role: The role that starts the containers; it gets the necessary permissions.
            Default: a new one.
        ephemeral_storage: Disk space on Fargate, 21 to 200 GiB. Default: 20 GiB, Fargate's.
        cpu_architecture: ``ARM64`` or ``X86_64``. Default: the platform's.
        operating_system_family: Such as ``WINDOWS_SERVER_2022_CORE``, on Fargate. Default: Linux.
        platform_version: The Fargate platform version. Default: ``LATEST``.
        assign_public_ip: Whether the job's network interface gets a public address, on Fargate.
            Default: no.
        network_mode: ``host``, on Managed Instances. Default: the platform's.

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
            **shared: Unpack[MultiContainerKeywords],
        ) -> dict[str, Self]:
            raise NotImplementedError

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        containers: Sequence[Container],
        platform_capability: PlatformCapability | str,
        use_instance_role: bool = False,
        ephemeral_storage: Size | None = None,
        cpu_architecture: CpuArchitecture | ecs.CpuArchitecture | str | None = None,
        operating_system_family: OperatingSystemFamily
        | ecs.OperatingSystemFamily
        | str
        | None = None,
        platform_version: ecs.FargatePlatformVersion | str | None = None,
        assign_public_ip: bool | None = None,
        network_mode: NetworkMode | ecs.NetworkMode | str | None = None,
        **shared: Unpack[SeveralContainersJobArguments],
    ) -> None:
        super().__init__(scope, id)
        arguments = Arguments(self)
        capability = arguments.choice(
            "platform_capability", platform_capability, 'a PlatformCapability or "FARGATE"'
        )
        public_ip = known_flag(arguments, "assign_public_ip", assign_public_ip, required=False)
        if public_ip is None and capability == PlatformCapability.FARGATE:
            public_ip = False
        listed = arguments.items(
            "containers", containers, "Container(image=…, vcpus=1, memory=…)", some=True
        )
        for place, one in enumerate(listed):
            if isinstance(one, Container) and isinstance(capability, str):
                view = arguments.within(f"containers[{place}]")
                refuse_mounts_of_instances(view, one.volumes, capability)
        task = Task(
            arguments,
            listed,
            options=given(
                NetworkConfiguration=_network(public_ip),
                EphemeralStorage=given(
                    SizeInGiB=arguments.gibibytes("ephemeral_storage", ephemeral_storage)
                ),
                RuntimePlatform=runtime_platform(
                    arguments, cpu_architecture, operating_system_family
                ),
                PlatformVersion=read_platform_version(arguments, platform_version),
                NetworkMode=arguments.text("network_mode", of_ours(network_mode, NetworkMode)),
                **task_options(arguments, shared),
            ),
            single=False,
        )
        self._define(
            arguments,
            Job(arguments, shared, kind=JobDefinitionType.CONTAINER, capability=capability),
            [task],
            lambda tasks: {"EcsProperties": {"TaskProperties": list(tasks)}},
            {**shared, "use_instance_role": use_instance_role},
            job_role_at_once=True,
        )


def _network(public_ip: Any) -> dict[str, Any] | None:
    if public_ip is None:
        return None
    return {"AssignPublicIp": State.ENABLED if public_ip is True else State.DISABLED}
