"""One container of a job of several, or of a node: what it runs, needs, mounts and waits for.

https://docs.aws.amazon.com/batch/latest/userguide/multi-container-jobs.html
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from batch_constructs.aws.containers import ContainerDependencyCondition, FirelensType

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from aws_cdk import Duration, Size
    from aws_cdk import aws_batch as batch
    from aws_cdk import aws_ecs as ecs

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
        image: A public image's name, a private ECR image's (the pull is granted), or an
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
    gpus: int | None = None
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
