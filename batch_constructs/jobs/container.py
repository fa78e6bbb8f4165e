"""One container as a job: image, resources, roles, secrets and logs, on Fargate or on EC2.

https://docs.aws.amazon.com/batch/latest/userguide/job_definition_parameters.html
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import jsii
from aws_cdk import aws_batch as batch
from aws_cdk import aws_iam as iam

from batch_constructs.construct import given, l1_properties
from batch_constructs.jobs.definition import JobDefinition
from batch_constructs.jobs.images import (
    NamedImage,
    bind_image,
    is_container_image,
    named_image,
    refuse_image,
)
from batch_constructs.jobs.logs import JobLogs
from batch_constructs.jobs.retry import RetryPolicy
from batch_constructs.jobs.roles import ExecutionRole, make_job_role
from batch_constructs.jobs.secrets import Secrets
from batch_constructs.jobs.volumes import Volumes
from batch_constructs.offers import offers
from batch_constructs.rules import UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from aws_cdk import Duration, Size
    from aws_cdk import aws_ecs as ecs
    from aws_cdk import aws_kms as kms
    from aws_cdk import aws_logs as logs

    from batch_constructs.arguments import Arguments
    from batch_constructs.jobs.secrets import SecretSource
    from batch_constructs.jobs.volumes import EfsVolume, HostVolume


class CpuArchitecture(StrEnum):
    """The instruction set that an image is built for."""

    X86_64 = "X86_64"
    ARM64 = "ARM64"


@dataclass(frozen=True, kw_only=True)
class ContainerArguments:
    """The arguments that job definitions of every platform share, as they were given."""

    image: str | ecs.ContainerImage
    vcpus: float
    memory: Size
    command: Sequence[str] | None
    environment: Mapping[str, str] | None
    secrets: Mapping[str, SecretSource] | None
    parameters: Mapping[str, str] | None
    job_role: iam.IRole | None
    execution_role: iam.IRole | None
    retry: RetryPolicy | None
    timeout: Duration | None
    log_retention: logs.RetentionDays | None
    log_group: logs.ILogGroup | None
    log_encryption_key: kms.IKey | None
    volumes: Sequence[EfsVolume | HostVolume] | None
    user: str | None
    readonly_root_filesystem: bool
    scheduling_priority: int | None
    job_definition_name: str | None


@dataclass(frozen=True, kw_only=True)
class Platform:
    """What one platform adds to a definition."""

    capability: str
    container: Mapping[str, Any]
    gpus: Any = None
    job_role_at_once: bool = False


_PARAMETERS = {
    "Image": "image",
    "Command": "command",
    "Environment": "environment",
    "Secrets": "secrets",
    "Parameters": "parameters",
    "RetryStrategy": "retry",
    "Timeout": "timeout",
    "Volumes": "volumes",
    "MountPoints": "volumes",
    "User": "user",
    "SchedulingPriority": "scheduling_priority",
    "JobDefinitionName": "job_definition_name",
    "EphemeralStorage": "ephemeral_storage",
    "RuntimePlatform": "architecture",
    "NetworkConfiguration": "assign_public_ip",
    "Privileged": "privileged",
    "Ulimits": "ulimits",
    "SharedMemorySize": "shared_memory",
    "Devices": "devices",
    "Tmpfs": "tmpfs",
    "MaxSwap": "swap",
    "Swappiness": "swap",
}
"""Property → the parameter it comes from."""

_REFUSED_THOUGH_A_WARNING = frozenset({"parameter-without-default"})
"""A placeholder without a default can still be given at submission, but a construct has
``parameters`` to say so."""


@jsii.implements(iam.IGrantable)
class ContainerJobDefinition(JobDefinition):
    """A job definition of one container, on whichever platform.

    Attributes:
        resource: The L1 resource, for escape hatches and wherever an ``IJobDefinitionRef`` is asked
            for.
        properties: The CloudFormation properties as the rules see them.
    """

    def _define(self, arguments: Arguments, platform: Platform, own: ContainerArguments) -> None:
        """Turn the arguments into properties, have them checked, and make the resources."""
        self._job_role = own.job_role
        _expect_resources(arguments, own)
        image = _image(arguments, own.image)
        secrets = Secrets(arguments, own.secrets)
        volumes = Volumes(arguments, own.volumes)
        container = _container(arguments, own, image, platform)
        container |= given(
            Secrets=secrets.properties,
            Volumes=volumes.properties,
            MountPoints=volumes.mount_points,
        )
        rest = _rest(arguments, own, platform)
        roles = given(
            ExecutionRoleArn=UNKNOWN,
            JobRoleArn=UNKNOWN if volumes.statements or own.job_role is not None else None,
        )
        self.properties: Mapping[str, object] = arguments.check(
            "AWS::Batch::JobDefinition",
            {**rest, "ContainerProperties": {**container, **roles}},
            _PARAMETERS,
            refuse_also=_REFUSED_THOUGH_A_WARNING,
        )
        job_logs = JobLogs(
            arguments,
            log_group=own.log_group,
            retention=own.log_retention,
            encryption_key=own.log_encryption_key,
        )
        arguments.refuse()

        self._logs = job_logs
        job_logs.make(self)
        statements = [*job_logs.statements(), *secrets.statements(), *image.pull_statements]
        self._execution_role = ExecutionRole(self, own.execution_role, statements)
        if is_container_image(own.image):
            name, credentials = bind_image(self, own.image, self.execution_role)  # type: ignore[arg-type]  # looked at above
            container |= given(Image=name, RepositoryCredentials=credentials)
        container["ExecutionRoleArn"] = self._execution_role.arn
        if platform.job_role_at_once and self._job_role is None:
            self._job_role = make_job_role(self)
        if self._job_role is not None:
            container["JobRoleArn"] = self._job_role.role_arn
        container["LogConfiguration"] = job_logs.configuration()
        self.resource = self._resource = batch.CfnJobDefinition(
            self,
            "Resource",
            type="container",
            container_properties=l1_properties(container),
            platform_capabilities=[platform.capability],
            propagate_tags=True,
            retry_strategy=l1_properties(rest["RetryStrategy"]),
            timeout=_l1(rest.get("Timeout")),
            parameters=rest.get("Parameters"),
            scheduling_priority=rest.get("SchedulingPriority"),
            job_definition_name=own.job_definition_name,
        )
        for statement in volumes.statements:
            self.job_role.add_to_principal_policy(iam.PolicyStatement.from_json(statement))

    @property
    def log_group(self) -> logs.ILogGroup:
        """The log group that the job's output goes to."""
        return self._logs.log_group()

    @property
    def execution_role(self) -> iam.IRole:
        """The role that pulls the image, fetches the secrets and writes the logs.

        More can be granted to it; a managed policy is attached to a role that is given as
        ``execution_role`` or to the L1 ``ExecutionRole`` below this construct.
        """
        return self._execution_role.role()

    @property
    def job_role(self) -> iam.IRole:
        """The role that the container's own code acts as.

        It is made (ID ``JobRole``) when it is first asked for, which a grant to the definition
        does: a job that nothing was granted to has no role, and no AWS credentials.
        """
        if self._job_role is None:
            role = make_job_role(self)
            self.resource.add_property_override("ContainerProperties.JobRoleArn", role.role_arn)
            self._job_role = role
        return self._job_role

    @property
    def grant_principal(self) -> iam.IPrincipal:
        """The principal that grants to this definition go to: the job role."""
        return self.job_role


def _expect_resources(arguments: Arguments, own: ContainerArguments) -> None:
    """Look at the arguments that are resources: what they have to offer."""
    expected: tuple[tuple[str, object, str, str], ...] = (
        ("job_role", own.job_role, "role_arn", "an iam.IRole"),
        ("execution_role", own.execution_role, "role_arn", "an iam.IRole"),
        ("log_group", own.log_group, "log_group_name", "a logs.ILogGroup"),
        ("log_encryption_key", own.log_encryption_key, "key_arn", "a kms.IKey"),
    )
    for parameter, value, attribute, kind in expected:
        if value is not None and not offers(value, attribute):
            arguments.wrong_type(parameter, value, kind)


def runtime_platform(arguments: Arguments, architecture: CpuArchitecture | str | None) -> Any:
    """Return CloudFormation's ``RuntimePlatform``, or None for the platform's own default."""
    cpu = arguments.choice("architecture", architecture, 'CpuArchitecture.ARM64 or "ARM64"')
    return None if cpu is None else {"CpuArchitecture": cpu, "OperatingSystemFamily": "LINUX"}


def _image(arguments: Arguments, image: str | ecs.ContainerImage) -> NamedImage:
    if isinstance(image, str):
        return named_image(image)
    if is_container_image(image):
        return NamedImage(UNKNOWN)
    return refuse_image(arguments, image)


def _container(
    arguments: Arguments,
    own: ContainerArguments,
    image: NamedImage,
    platform: Platform,
) -> dict[str, Any]:
    environment = arguments.mapping("environment", own.environment)
    return given(
        Image=image.name,
        ResourceRequirements=_resources(arguments, own, platform),
        Command=arguments.texts("command", own.command),
        Environment=[{"Name": name, "Value": value} for name, value in environment.items()],
        User=arguments.text("user", own.user),
        ReadonlyRootFilesystem=arguments.switch(
            "readonly_root_filesystem", own.readonly_root_filesystem
        ),
        **platform.container,
    )


def _resources(
    arguments: Arguments, own: ContainerArguments, platform: Platform
) -> list[dict[str, Any]]:
    amounts = {
        "VCPU": arguments.number("vcpus", own.vcpus),
        "MEMORY": arguments.mebibytes("memory", own.memory),
        "GPU": platform.gpus,
    }
    return [
        {"Type": kind, "Value": _decimal(amount)}
        for kind, amount in amounts.items()
        if amount is not None
    ]


def _rest(arguments: Arguments, own: ContainerArguments, platform: Platform) -> dict[str, Any]:
    """Return the properties beside the container's."""
    retry = RetryPolicy() if own.retry is None else own.retry
    if not isinstance(retry, RetryPolicy):
        arguments.wrong_type("retry", retry, "a RetryPolicy such as RetryPolicy(attempts=3)")
        retry = RetryPolicy()
    return given(
        Type="container",
        PlatformCapabilities=[platform.capability],
        PropagateTags=True,
        RetryStrategy=retry.to_property(),
        Timeout=given(AttemptDurationSeconds=arguments.seconds("timeout", own.timeout)),
        Parameters=arguments.mapping("parameters", own.parameters),
        SchedulingPriority=arguments.number("scheduling_priority", own.scheduling_priority),
        JobDefinitionName=arguments.text("job_definition_name", own.job_definition_name),
    )


def _decimal(amount: Any) -> Any:
    """Spell a number as AWS Batch reads it: ``1`` and never ``1.0``."""
    if isinstance(amount, float) and amount < 0:
        from aws_cdk import Tokenization  # noqa: PLC0415  # only a token comes here

        return Tokenization.stringify_number(amount)
    return str(amount) if isinstance(amount, int | float) else amount


def _l1(properties: dict[str, Any] | None) -> dict[str, Any] | None:
    return None if properties is None else l1_properties(properties)
