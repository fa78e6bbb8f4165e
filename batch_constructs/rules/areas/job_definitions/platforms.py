"""Rules about what a platform takes: Fargate, EC2, Managed Instances, Windows."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from batch_constructs.rules.areas.job_definitions import every_task, in_tasks, job_limit, job_rule
from batch_constructs.rules.findings import Severity
from batch_constructs.rules.template.values import (
    absent,
    entries,
    flag,
    given,
    listing,
    mapping,
    one_of,
    show,
    text,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from batch_constructs.rules.rule import Fault
    from batch_constructs.rules.template.resources import JobDefinition, Task

AREA: Final = "job_definitions.platforms"
_rule = partial(job_rule, area=AREA)
_limit = partial(job_limit, area=AREA)

_REFUSED_LINUX: Final = {
    "Devices": "devices",
    "SharedMemorySize": "sharedMemorySize",
    "Tmpfs": "tmpfs",
    "MaxSwap": "maxSwap",
    "Swappiness": "swappiness",
}


@_rule(
    "fargate-job-parameters",
    title="parameter that Fargate jobs refuse",
    fix="leave it out, or run the job on EC2",
    source="LinuxParameters.devices, LinuxParameters.sharedMemorySize, LinuxParameters.tmpfs,"
    " LinuxParameters.maxSwap, LinuxParameters.swappiness, ContainerProperties.ulimits,"
    " ContainerProperties.privileged, Host.sourcePath: \"This parameter isn't applicable to jobs"
    ' that are running on Fargate resources."; TaskContainerProperties.privileged',
)
def fargate_job_parameters(job: JobDefinition) -> Iterator[Fault]:
    """There is no host of one's own: no devices, no swap, no host volumes, no privileges."""
    for task in job.tasks:
        if task.platform != "FARGATE":
            continue
        for container in task.containers:
            linux = mapping(container.properties, "LinuxParameters")
            for key in _REFUSED_LINUX:
                if given(linux, key) and linux[key] != []:
                    yield (
                        f"{container.path}/LinuxParameters/{key}",
                        f"{key} is given, which Fargate does not take",
                        f"leave {key} out, or run the job on EC2",
                    )
            if flag(container.properties, "Privileged"):
                yield (
                    f"{container.path}/Privileged",
                    "the container is privileged, which Fargate does not allow",
                    "leave Privileged out, or run the job on EC2",
                )
            if task.single and listing(container.properties, "Ulimits"):
                yield (
                    f"{container.path}/Ulimits",
                    "Ulimits is given, which Fargate does not take",
                    "leave Ulimits out, or run the job on EC2",
                )
        for position, volume in entries(task.properties, "Volumes"):
            if given(mapping(volume, "Host"), "SourcePath"):
                yield (
                    f"{task.path}/Volumes/{position}/Host",
                    "a volume is a path of the host, which Fargate does not have",
                    "use an Amazon EFS volume, or the ephemeral storage",
                )


@_rule(
    "fargate-only-parameters",
    title="Fargate parameter on an EC2 job",
    fix="leave it out, or set PlatformCapabilities to FARGATE",
    source='ContainerProperties.networkConfiguration: "Jobs that are running on Amazon EC2'
    " resources"
    ' must not specify this parameter."; ContainerProperties.fargatePlatformConfiguration,'
    " ContainerProperties.ephemeralStorage, EcsTaskProperties.networkConfiguration,"
    " EcsTaskProperties.platformVersion, EcsTaskProperties.ephemeralStorage;"
    ' RegisterJobDefinitionRequest.platformCapabilities: "If no value is specified, it defaults to'
    ' EC2."',
)
def fargate_only_parameters(job: JobDefinition) -> Iterator[Fault]:
    """Without PlatformCapabilities a job is an EC2 job."""
    implied = "PlatformCapabilities" not in job.properties
    for task in job.tasks:
        refused = ["NetworkConfiguration", "EphemeralStorage"]
        if task.platform == "MANAGED_INSTANCES":
            refused = ["NetworkConfiguration", "PlatformVersion"]
        elif task.platform != "EC2":
            continue
        refused += ["FargatePlatformConfiguration"] if task.single else ["PlatformVersion"]
        for key in dict.fromkeys(refused):
            if given(task.properties, key) and task.properties[key] != {}:
                where = "an EC2 job" if task.platform == "EC2" else "a Managed Instances job"
                why = " (PlatformCapabilities is missing, which means EC2)" if implied else ""
                yield (
                    f"{task.path}/{key}",
                    f"{key} is given for {where}{why}, and only Fargate takes it",
                    "set PlatformCapabilities to FARGATE" if implied else f"leave {key} out",
                )


@_rule(
    "runtime-platform-ec2",
    severity=Severity.WARNING,
    title="runtime platform on an EC2 job",
    fix="leave RuntimePlatform out: the instance types decide the architecture",
    source='ContainerProperties.runtimePlatform: "the compute environment architecture for Batch'
    " jobs"
    ' on Fargate"',
)
def runtime_platform_ec2(job: JobDefinition) -> Iterator[Fault]:
    """On EC2 the instance types of the environment decide the architecture."""
    for task in job.tasks:
        if task.platform == "EC2" and given(task.properties, "RuntimePlatform"):
            yield f"{task.path}/RuntimePlatform", "RuntimePlatform is given for an EC2 job"


@_rule(
    "fargate-execution-role",
    title="Fargate job without an execution role",
    fix="give ExecutionRoleArn a role with AmazonECSTaskExecutionRolePolicy",
    source='ContainerProperties.executionRoleArn, EcsTaskProperties.executionRoleArn: "For jobs'
    " that"
    ' run on Fargate resources, you must provide an execution role."',
)
def fargate_execution_role(job: JobDefinition) -> Iterator[Fault]:
    """Fargate pulls the image and writes the logs with it."""
    for task in job.tasks:
        if task.platform == "FARGATE" and absent(task.properties, "ExecutionRoleArn"):
            yield (
                f"{task.path}/ExecutionRoleArn",
                "ExecutionRoleArn is missing; Fargate jobs need it",
            )


_limit(
    id="ephemeral-storage",
    where=in_tasks("EphemeralStorage"),
    key="SizeInGiB",
    noun="the ephemeral storage",
    title="ephemeral storage out of range",
    source='EphemeralStorage.sizeInGiB: "The minimum supported value is 21 GiB and the maximum'
    ' supported value is 200 GiB."',
    why="20 GiB come with every task; what is given here is the whole.",
).between(21, 200)

_limit(
    id="operating-system-family",
    where=in_tasks("RuntimePlatform"),
    key="OperatingSystemFamily",
    noun="the operating system family",
    title="unknown operating system family",
    source="RuntimePlatform.operatingSystemFamily: LINUX, WINDOWS_SERVER_2019_CORE,"
    " WINDOWS_SERVER_2019_FULL, WINDOWS_SERVER_2022_CORE or WINDOWS_SERVER_2022_FULL",
    why="Fargate offers these.",
).one_of(
    (
        "LINUX",
        "WINDOWS_SERVER_2019_CORE",
        "WINDOWS_SERVER_2019_FULL",
        "WINDOWS_SERVER_2022_CORE",
        "WINDOWS_SERVER_2022_FULL",
    )
)

_limit(
    id="cpu-architecture",
    where=in_tasks("RuntimePlatform"),
    key="CpuArchitecture",
    noun="the CPU architecture",
    title="unknown CPU architecture",
    source='RuntimePlatform.cpuArchitecture: "Valid values are X86_64 and ARM64."',
    why="Spelt exactly so.",
).one_of(("X86_64", "ARM64"))

_limit(
    id="assign-public-ip",
    where=in_tasks("NetworkConfiguration"),
    key="AssignPublicIp",
    noun="AssignPublicIp",
    title="unknown value for the public IP address",
    source="NetworkConfiguration.assignPublicIp: ENABLED or DISABLED",
    why="A word, not a boolean.",
).one_of(("ENABLED", "DISABLED"))


def _version_path(task: Task) -> str:
    own = "FargatePlatformConfiguration/PlatformVersion" if task.single else "PlatformVersion"
    return f"{task.path}/{own}"


_LINUX_VERSIONS: Final = ("1.3.0", "1.4.0", "LATEST")
_WINDOWS_VERSIONS: Final = ("1.0.0", "LATEST")


@_rule(
    "fargate-platform-version",
    title="unknown Fargate platform version",
    fix="leave the platform version out, which means LATEST",
    source="FargatePlatformConfiguration.platformVersion, EcsTaskProperties.platformVersion; User"
    ' Guide: "Possible values for platformVersion are 1.3.0, 1.4.0, and LATEST (default)"',
)
def fargate_platform_version(job: JobDefinition) -> Iterator[Fault]:
    """Windows tasks have a platform version of their own, 1.0.0."""
    for task in job.tasks:
        got = task.platform_version
        allowed = _WINDOWS_VERSIONS if task.is_windows else _LINUX_VERSIONS
        if task.platform == "FARGATE" and isinstance(got, str) and got not in allowed:
            yield (
                _version_path(task),
                f'the platform version is "{show(got)}"; allowed are {one_of(allowed)}',
            )


@_rule(
    "platform-version-1-3",
    title="feature that Fargate platform 1.3.0 does not have",
    fix="set the platform version to 1.4.0, or leave it out",
    source='Volume.efsVolumeConfiguration: "Jobs that are running on Fargate resources must'
    " specify a"
    ' platformVersion of at least 1.4.0."; FargatePlatformConfiguration.platformVersion;'
    ' Amazon ECS, Working with 64-bit ARM workloads: "the applications must use Fargate platform'
    ' version 1.4.0 or later"',
)
def platform_version_1_3(job: JobDefinition) -> Iterator[Fault]:
    """Amazon EFS, larger ephemeral storage and Arm came with 1.4.0."""
    for task in job.tasks:
        if task.platform != "FARGATE" or task.platform_version != "1.3.0":
            continue
        for position, volume in entries(task.properties, "Volumes"):
            if given(volume, "EfsVolumeConfiguration"):
                yield (
                    f"{task.path}/Volumes/{position}/EfsVolumeConfiguration",
                    "the platform version is 1.3.0; Amazon EFS needs at least 1.4.0",
                )
        if given(task.properties, "EphemeralStorage"):
            yield (
                f"{task.path}/EphemeralStorage",
                "the platform version is 1.3.0; EphemeralStorage needs at least 1.4.0",
            )
        if task.architecture == "ARM64":
            yield (
                f"{task.path}/RuntimePlatform/CpuArchitecture",
                "the platform version is 1.3.0; ARM64 needs at least 1.4.0",
            )


@_rule(
    "windows-arm",
    title="Windows on Arm",
    fix="set CpuArchitecture to X86_64",
    source='RuntimePlatform.cpuArchitecture: "This parameter must be set to X86_64 for Windows'
    ' containers."',
)
def windows_arm(job: JobDefinition) -> Iterator[Fault]:
    """Windows containers are x86 only."""
    for task in job.tasks:
        if task.is_windows and task.architecture == "ARM64":
            yield (
                f"{task.path}/RuntimePlatform/CpuArchitecture",
                "the CPU architecture is ARM64 with Windows; allowed is X86_64",
            )


_NOT_ON_WINDOWS: Final = (
    "LinuxParameters",
    "Privileged",
    "User",
    "Ulimits",
    "ReadonlyRootFilesystem",
)


@_rule(
    "windows-parameters",
    title="Linux parameter on a Windows job",
    fix="leave it out",
    source="RuntimePlatform.operatingSystemFamily: \"The following parameters can't be set for"
    " Windows"
    " containers: linuxParameters, privileged, user, ulimits, readonlyRootFilesystem, and"
    ' efsVolumeConfiguration."; ContainerProperties.linuxParameters, ContainerProperties.user,'
    " ContainerProperties.readonlyRootFilesystem, TaskContainerProperties.linuxParameters,"
    " TaskContainerProperties.user, TaskContainerProperties.readonlyRootFilesystem,"
    " TaskContainerProperties.ulimits",
)
def windows_parameters(job: JobDefinition) -> Iterator[Fault]:
    """These belong to Linux."""
    for task in job.tasks:
        if not task.is_windows:
            continue
        for container in task.containers:
            for key in _NOT_ON_WINDOWS:
                if given(container.properties, key) and container.properties[key] not in ([], {}):
                    yield (
                        f"{container.path}/{key}",
                        f"{key} is given, which Windows containers do not take",
                        f"leave {key} out",
                    )
        for position, volume in entries(task.properties, "Volumes"):
            if given(volume, "EfsVolumeConfiguration"):
                yield (
                    f"{task.path}/Volumes/{position}/EfsVolumeConfiguration",
                    "an Amazon EFS volume is given, which Windows containers cannot mount",
                )


@_rule(
    "managed-instances-linux",
    title="Managed Instances job that is not Linux",
    fix="set OperatingSystemFamily to LINUX, or leave it out",
    source='EcsTaskProperties.runtimePlatform: "For Amazon ECS Managed Instances, the valid value'
    " for"
    ' operatingSystemFamily is LINUX (default)."',
)
def managed_instances_linux(job: JobDefinition) -> Iterator[Fault]:
    """Managed Instances run Linux only."""
    for task in job.tasks:
        if task.platform == "MANAGED_INSTANCES" and task.is_windows:
            yield (
                f"{task.path}/RuntimePlatform/OperatingSystemFamily",
                "the operating system family is Windows on Managed Instances; allowed is LINUX",
            )


_limit(
    id="network-mode",
    where=every_task,
    key="NetworkMode",
    noun="the network mode",
    title="unknown network mode",
    source='EcsTaskProperties.networkMode: "Valid values: host."',
    why="Managed Instances know one mode.",
).one_of(("host",))


@_rule(
    "network-mode-platform",
    title="network mode outside Managed Instances",
    fix="leave NetworkMode out",
    source='EcsTaskProperties.networkMode: "It cannot be specified for Fargate or Amazon EC2'
    " platform"
    ' job definitions."',
)
def network_mode_platform(job: JobDefinition) -> Iterator[Fault]:
    """Batch chooses the network mode of Fargate and EC2 jobs."""
    for task in job.tasks:
        if task.platform in ("FARGATE", "EC2") and given(task.properties, "NetworkMode"):
            yield (
                f"{task.path}/NetworkMode",
                (
                    f"NetworkMode is given for the platform {task.platform}; only MANAGED_INSTANCES"
                    " takes it"
                ),
            )


@_rule(
    "fargate-ipc-pid",
    title="IPC or process namespace on Fargate",
    fix="leave IpcMode out, and PidMode at task",
    source='EcsTaskProperties.ipcMode: "This parameter is not supported for jobs that run on'
    " Fargate"
    ' resources."; EcsTaskProperties.pidMode',
)
def fargate_ipc_pid(job: JobDefinition) -> Iterator[Fault]:
    """There is no host to share a namespace with."""
    for task in job.tasks:
        if task.platform != "FARGATE":
            continue
        if given(task.properties, "IpcMode"):
            yield f"{task.path}/IpcMode", "IpcMode is given, which Fargate does not take"
        if text(task.properties, "PidMode") == "host":
            yield f"{task.path}/PidMode", "PidMode is host, and Fargate has no host"


for _id, _key, _member, _allowed in (
    ("ipc-mode", "IpcMode", "ipcMode", ("host", "task", "none")),
    ("pid-mode", "PidMode", "pidMode", ("host", "task")),
):
    _limit(
        id=_id,
        where=every_task,
        key=_key,
        noun=_key,
        title=f"unknown {_key}",
        source=f"EcsTaskProperties.{_member}: {one_of(_allowed)}",
        why="Which namespace the containers of the task share.",
    ).one_of(_allowed)


@_rule(
    "single-node-instance-type",
    title="instance type on a single-node job",
    fix="choose instance types in the compute environment",
    source="ContainerProperties.instanceType: \"This parameter isn't applicable to single-node"
    " container jobs or jobs that run on Fargate resources, and shouldn't be provided.\"",
)
def single_node_instance_type(job: JobDefinition) -> Iterator[Fault]:
    """Only multi-node jobs choose an instance type."""
    for task in job.tasks:
        if task.single and task.node is None and given(task.properties, "InstanceType"):
            yield f"{task.path}/InstanceType", "InstanceType is given for a single-node job"
