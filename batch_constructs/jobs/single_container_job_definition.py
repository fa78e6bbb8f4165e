"""One container as a job: image, resources, roles, secrets and logs, on Fargate or on EC2.

https://docs.aws.amazon.com/batch/latest/userguide/job_definition_parameters.html
"""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from batch_constructs.aws.job_definition_facts import JobDefinitionType, OperatingSystemFamily
from batch_constructs.construct import given
from batch_constructs.jobs.container import ContainerArguments
from batch_constructs.jobs.ecs_job_definition import EcsArguments, EcsJobArguments, EcsJobDefinition
from batch_constructs.jobs.ecs_task import TASK_DEFAULTS, Task, TaskArguments, task_options
from batch_constructs.jobs.job_arguments import DEFAULTS, ConsumptionArguments, Job, JobArguments

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aws_cdk import aws_ecs as ecs

    from batch_constructs.arguments import Arguments
    from batch_constructs.aws.job_definition_facts import CpuArchitecture
    from batch_constructs.jobs.container import Container


class SingleContainerArguments(ContainerArguments, EcsJobArguments, TaskArguments):
    """The arguments that jobs of one container share, on Fargate and on EC2."""


SHARED: Final = (
    ContainerArguments,
    JobArguments,
    ConsumptionArguments,
    EcsArguments,
    TaskArguments,
)
SHARED_DEFAULTS: Final = {**DEFAULTS, **TASK_DEFAULTS}


class ContainerJobDefinition(EcsJobDefinition):
    """A job definition of one container, on whichever platform."""

    def _define_container(
        self,
        arguments: Arguments,
        container: Container,
        own: Mapping[str, Any],
        *,
        capability: str,
        job_role_at_once: bool,
        options: Mapping[str, Any] = MappingProxyType({}),
    ) -> None:
        """Turn the arguments into properties, have them checked, and make the resources."""
        options = {**options, **task_options(arguments, own)}
        task = Task(arguments, [container], options=options, single=True, label="")
        self._define(
            arguments,
            Job(arguments, own, kind=JobDefinitionType.CONTAINER, capability=capability),
            [task],
            lambda tasks: {"ContainerProperties": tasks[0]},
            own,
            job_role_at_once=job_role_at_once,
        )


def runtime_platform(
    arguments: Arguments,
    cpu_architecture: CpuArchitecture | ecs.CpuArchitecture | str | None,
    operating_system_family: OperatingSystemFamily | ecs.OperatingSystemFamily | str | None = None,
) -> Any:
    """Return CloudFormation's ``RuntimePlatform``, or None for the platform's own default."""
    cpu = arguments.choice("cpu_architecture", cpu_architecture, 'CpuArchitecture.ARM64 or "ARM64"')
    system = arguments.choice(
        "operating_system_family",
        operating_system_family,
        'OperatingSystemFamily.WINDOWS_SERVER_2022_CORE or "WINDOWS_SERVER_2022_CORE"',
    )
    system = arguments.text("operating_system_family", system)
    if cpu is None and system is None:
        return None
    return given(
        CpuArchitecture=cpu,
        OperatingSystemFamily=OperatingSystemFamily.LINUX.value if system is None else system,
    )


def read_platform_version(arguments: Arguments, version: Any) -> Any:
    """Read a version of Fargate's platform; ``VERSION1_4`` is the CDK's name of ``1.4.0``."""
    named = re.fullmatch(r"VERSION(\d+)_(\d+)", getattr(version, "name", ""))
    if named:
        return f"{named[1]}.{named[2]}.0"
    return arguments.text("platform_version", getattr(version, "value", version))
