"""One container: what it runs, needs, mounts and waits for, its properties and its rights.

https://docs.aws.amazon.com/batch/latest/userguide/multi-container-jobs.html
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypedDict

from batch_constructs.aws.actions import S3_GET_OBJECT
from batch_constructs.aws.container_facts import (
    ContainerDependencyCondition,
    FirelensType,
    SizeType,
)
from batch_constructs.aws.names import LOG_GROUP_OPTION
from batch_constructs.construct import given
from batch_constructs.jobs.container_image import (
    NamedImage,
    bind_image,
    is_container_image,
    named_image,
    refuse_image,
)
from batch_constructs.jobs.linux_parameters import linux_parameters, ulimit_properties
from batch_constructs.jobs.log_configuration import ContainerLog
from batch_constructs.jobs.secrets import Secrets
from batch_constructs.jobs.volumes import Volumes
from batch_constructs.rules import UNKNOWN
from batch_constructs.tokens import WholeNumber, is_token

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aws_cdk import Duration, Size
    from aws_cdk import aws_batch as batch
    from aws_cdk import aws_ecs as ecs
    from aws_cdk import aws_iam as iam
    from constructs import Construct

    from batch_constructs.arguments import Arguments
    from batch_constructs.jobs.linux_parameters import Device, Swap, Tmpfs, Ulimit
    from batch_constructs.jobs.log_configuration import LogConfiguration
    from batch_constructs.jobs.secrets import SecretSource
    from batch_constructs.jobs.volumes import AnyVolume


@dataclass(frozen=True, kw_only=True)
class ContainerDependency:
    """Another container of the task that has to start, or to end, first.

    Attributes:
        container_name: The name of the other container.
        condition: What is waited for. Default: that it started.
    """

    container_name: str
    condition: ContainerDependencyCondition | str = ContainerDependencyCondition.START


@dataclass(frozen=True, kw_only=True)
class Firelens:
    """What makes a container the log router of its task, for those whose driver is ``awsfirelens``.

    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/using_firelens.html

    Attributes:
        type: ``fluentbit`` or ``fluentd``. Default: ``fluentbit``.
        options: Such as ``enable-ecs-log-metadata``, ``config-file-type``, ``config-file-value``; a
            configuration file in S3 is granted to the execution role. Default: none.
    """

    type: FirelensType | str = FirelensType.FLUENTBIT
    options: Mapping[str, str] | None = None


@dataclass(frozen=True, kw_only=True)
class Container:
    """One container of a task.

    Attributes:
        image: A public image's name, a private ECR image's (the pull is granted; below a prefix
            that AWS proposes for a pull-through cache, such as ``docker-hub/``, the first one too;
            grant that of a prefix of your own to ``execution_role``), or an
            ``ecs.ContainerImage`` (assets and registry credentials included).
        vcpus: vCPUs of this container.
        memory: Memory of this container, at least 4 MiB.
        name: Its name, unique within the task; others depend on it, and submissions override it, by
            this name. Default: one that AWS Batch gives.
        command: The command, one element a word. Default: the image's.
        environment: Environment variables. Default: none.
        secrets: Environment variables whose values are fetched when the container starts.
            Default: none.
        gpus: GPUs, whole ones; not on Fargate. Default: none.
        user: The user to run as. Default: the image's.
        privileged: Whether it may do all that root may do on the host; not on Fargate. Default: no.
        readonly_root_filesystem: Whether it may not write outside its volumes. Default: it may.
        ulimits: Limits of its processes. Default: the platform's.
        shared_memory: The size of ``/dev/shm``; not on Fargate. Default: 64 MiB.
        devices: Devices of the host that it sees; not on Fargate. Default: none.
        tmpfs: File systems in memory; not on Fargate. Default: none.
        swap: Swap space; not on Fargate. Default: none.
        init_process: Whether an init process passes on signals and reaps children. Default: no.
        volumes: What it mounts; a volume of the same name in two containers is shared.
            Default: none.
        log_configuration: Where its output goes. Default: CloudWatch Logs, the definition's log
            group.
        essential: Whether the job ends when this container ends. Default: yes.
        depends_on: Containers that have to start, or to end, before it starts. Default: none.
        start_timeout: How long to wait for these, 2 to 120 seconds on Fargate. Default: the
            platform's.
        stop_timeout: How long it has to end by itself, 2 to 120 seconds on Fargate.
            Default: 30 seconds.
        firelens: Makes it the task's log router. Default: it is none.
    """

    image: str | ecs.ContainerImage
    vcpus: float
    memory: Size
    name: str | None = None
    command: Sequence[str] | None = None
    environment: Mapping[str, str] | None = None
    secrets: Mapping[str, SecretSource] | None = None
    gpus: WholeNumber | None = None
    user: str | None = None
    privileged: bool = False
    readonly_root_filesystem: bool = False
    ulimits: Sequence[Ulimit | batch.Ulimit] | None = None
    shared_memory: Size | None = None
    devices: Sequence[Device | batch.Device] | None = None
    tmpfs: Sequence[Tmpfs | batch.Tmpfs] | None = None
    swap: Swap | None = None
    init_process: bool = False
    volumes: Sequence[AnyVolume] | None = None
    log_configuration: LogConfiguration | None = None
    essential: bool = True
    depends_on: Sequence[ContainerDependency] | None = None
    start_timeout: Duration | None = None
    stop_timeout: Duration | None = None
    firelens: Firelens | None = None


class ContainerArguments(TypedDict, total=False):
    """The arguments about the one container of a job, on Fargate or on EC2.

    Args:
        command: The command, one element a word; ``Ref::name`` takes the parameter ``name``.
            Default: the image's.
        environment: Environment variables. Names beginning with ``AWS_BATCH`` are AWS Batch's own.
            Default: none.
        secrets: Environment variables whose values are fetched when the container starts: a
            secret, ``secret_field(secret, "key")``, an SSM parameter, or
            ``secret_parameter(parameter, encryption_key=key)``. Default: none.
        volumes: What to mount. Default: none.
        user: The user to run as. Default: the image's.
        readonly_root_filesystem: Whether the container may not write outside its volumes.
            Default: it may.
        init_process: Whether an init process passes on signals and reaps children. Default: no.
        log_configuration: Another log driver, or options of ``awslogs``. Default: ``awslogs``, to
            the log group.
    """

    command: Sequence[str] | None
    environment: Mapping[str, str] | None
    secrets: Mapping[str, SecretSource] | None
    volumes: Sequence[AnyVolume] | None
    user: str | None
    readonly_root_filesystem: bool
    init_process: bool
    log_configuration: LogConfiguration | None


class InstanceContainerArguments(TypedDict, total=False):
    """The arguments about the one container of a job that only EC2 takes.

    Args:
        gpus: GPUs, whole ones, at least 1. Default: none.
        privileged: Whether the container may do all that root may do on the host. Default: no.
        ulimits: Limits of the container's processes. Default: the instance's.
        shared_memory: The size of ``/dev/shm``. Default: 64 MiB.
        devices: Devices of the host that the container sees. Default: none.
        tmpfs: File systems in memory. Default: none.
        swap: Swap space, on instances that have some. Default: none.
    """

    gpus: WholeNumber | None
    privileged: bool
    ulimits: Sequence[Ulimit | batch.Ulimit] | None
    shared_memory: Size | None
    devices: Sequence[Device | batch.Device] | None
    tmpfs: Sequence[Tmpfs | batch.Tmpfs] | None
    swap: Swap | None


class ContainerParts:
    """What one container becomes.

    Attributes:
        properties: CloudFormation's, but for the log configuration and a bound image.
        log: Its log configuration.
        volumes: Its volumes, which belong to the task.
        execution_statements: What the execution role needs for it, beside its logs.
    """

    def __init__(self, arguments: Arguments, container: Container) -> None:
        self._image = container.image
        image = _image(arguments, container.image)
        secrets = Secrets(arguments, container.secrets)
        self.volumes = Volumes(arguments, container.volumes)
        self.log = ContainerLog(arguments, container.log_configuration)
        self.properties = {
            **_properties(arguments, container),
            **given(
                Image=image.name,
                Secrets=secrets.properties,
                MountPoints=self.volumes.mount_points,
            ),
        }
        self.execution_statements = [
            *secrets.statements(),
            *image.pull_statements,
            *self.log.statements(),
            *_router_statements(container.firelens),
        ]

    def known(self) -> dict[str, Any]:
        """Return the properties as the rules see them, before any resource is made."""
        return {
            **self.properties,
            "LogConfiguration": self.log.configuration({LOG_GROUP_OPTION: UNKNOWN}),
        }

    def bind(
        self, scope: Construct, execution_role: iam.IRole | None, log_options: Mapping[str, str]
    ) -> dict[str, Any]:
        """Return the properties, with the image bound; the role is asked for only by images."""
        bound: dict[str, Any] = {}
        if is_container_image(self._image) and execution_role is not None:
            image: ecs.ContainerImage = self._image  # type: ignore[assignment]  # looked at above
            name, credentials = bind_image(scope, image, execution_role)
            bound = given(Image=name, RepositoryCredentials=credentials)
        log = self.log.configuration(log_options)
        return {**self.properties, **bound, "LogConfiguration": log}

    @property
    def binds_an_image(self) -> bool:
        """Whether the image is one that is bound to the execution role."""
        return is_container_image(self._image)


def within_a_task(arguments: Arguments, container: Container) -> dict[str, Any]:
    """Return the properties that only a container among several has."""
    return given(
        Name=arguments.text("name", container.name),
        Essential=None if container.essential is True else _essential(arguments, container),
        DependsOn=arguments.each(
            "depends_on",
            container.depends_on,
            ContainerDependency,
            'ContainerDependency(container_name="router", condition="START")',
            _dependency,
        ),
        StartTimeout=arguments.seconds("start_timeout", container.start_timeout),
        StopTimeout=arguments.seconds("stop_timeout", container.stop_timeout),
        FirelensConfiguration=_firelens(arguments, container.firelens),
    )


def _dependency(arguments: Arguments, entry: ContainerDependency) -> dict[str, Any]:
    return given(
        ContainerName=arguments.text("container_name", entry.container_name, required=True),
        Condition=arguments.choice("condition", entry.condition, "a ContainerDependencyCondition"),
    )


def refuse_within_a_task(arguments: Arguments, container: Container) -> None:
    """Refuse what only a container among several has, on one that is alone."""
    alone = {
        "name": container.name,
        "depends_on": container.depends_on,
        "start_timeout": container.start_timeout,
        "stop_timeout": container.stop_timeout,
        "firelens": container.firelens,
        "essential": None if container.essential is True else container.essential,
    }
    for parameter, value in alone.items():
        if value is not None:
            arguments.wrong_value(
                f"{parameter} is given for a container that is alone; it belongs to one of several:"
                f" leave {parameter} out, or give containers=[…]"
            )


def _essential(arguments: Arguments, container: Container) -> Any:
    return arguments.flag("essential", container.essential, required=True)


def _firelens(arguments: Arguments, firelens: Firelens | None) -> Any:
    if firelens is None:
        return None
    if not isinstance(firelens, Firelens):
        return arguments.wrong_type("firelens", firelens, 'Firelens(type="fluentbit")')
    return given(
        Type=arguments.text("firelens.type", firelens.type),
        Options=arguments.mapping("firelens.options", firelens.options),
    )


def _router_statements(firelens: Firelens | None) -> list[dict[str, Any]]:
    """Return what fetches a log router's configuration file from S3, where it lies there.

    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/firelens-taskdef-customconfig.html
    """
    options = firelens.options if isinstance(firelens, Firelens) else None
    if not isinstance(options, Mapping) or options.get("config-file-type") != "s3":
        return []
    file = options.get("config-file-value", "")
    if not isinstance(file, str):
        return []
    bucket = file.split("/", 1)[0]
    if bucket == file and is_token(file):
        from aws_cdk import Fn  # noqa: PLC0415  # the CDK is loaded when a construct is made

        bucket = Fn.select(0, Fn.split("/", file))
    return [
        {"Effect": "Allow", "Action": S3_GET_OBJECT, "Resource": file},
        {
            "Effect": "Allow",
            "Action": "s3:GetBucketLocation",
            "Resource": bucket,
        },
    ]


def _image(arguments: Arguments, image: str | ecs.ContainerImage) -> NamedImage:
    if image == "":
        return NamedImage(arguments.wrong_value('image is empty: give an image such as "busybox"'))
    if isinstance(image, str):
        return named_image(arguments.construct, image)
    if is_container_image(image):
        return NamedImage(UNKNOWN)
    return refuse_image(arguments, image)


def _properties(arguments: Arguments, container: Container) -> dict[str, Any]:
    environment = arguments.mapping("environment", container.environment)
    return given(
        ResourceRequirements=_resources(arguments, container),
        Command=arguments.texts("command", container.command),
        Environment=[{"Name": name, "Value": value} for name, value in environment.items()],
        User=arguments.text("user", container.user),
        ReadonlyRootFilesystem=arguments.switch(
            "readonly_root_filesystem", container.readonly_root_filesystem
        ),
        Privileged=arguments.switch("privileged", container.privileged),
        Ulimits=ulimit_properties(arguments, container.ulimits),
        LinuxParameters=linux_parameters(
            arguments,
            shared_memory=container.shared_memory,
            devices=container.devices,
            tmpfs=container.tmpfs,
            swap=container.swap,
            init_process=container.init_process,
        ),
    )


def _resources(arguments: Arguments, container: Container) -> list[dict[str, Any]]:
    amounts = {
        SizeType.VCPU: arguments.number("vcpus", container.vcpus, required=True),
        SizeType.MEMORY: arguments.mebibytes("memory", container.memory, required=True),
        SizeType.GPU: arguments.number("gpus", container.gpus),
    }
    return [
        {"Type": kind, "Value": decimal(amount)}
        for kind, amount in amounts.items()
        if amount is not None
    ]


def decimal(amount: Any) -> Any:
    """Spell a number as AWS Batch reads it: ``1`` and never ``1.0``."""
    if isinstance(amount, float) and is_token(amount):
        from aws_cdk import Tokenization  # noqa: PLC0415  # only a token comes here

        return Tokenization.stringify_number(amount)
    return str(amount) if isinstance(amount, int | float) else amount
