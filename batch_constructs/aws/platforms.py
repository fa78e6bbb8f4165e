"""Where a job runs, and which properties of its definition each kind of job does not take.

https://docs.aws.amazon.com/batch/latest/userguide/job_definition_parameters.html
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from batch_constructs.aws.bound import OneOf
from batch_constructs.aws.containers import FARGATE_LOG_DRIVERS, FIRELENS, LOG_DRIVERS
from batch_constructs.aws.limit import CONTAINERS, HERE, SINGLE_CONTAINERS, TASKS
from batch_constructs.aws.source import Source, api, docs

CAPABILITIES: Final = ("EC2", "FARGATE", "MANAGED_INSTANCES")
"""What a job definition may ask for; EC2 where it asks for nothing."""

KINDS: Final = {
    "EC2": "EC2",
    "FARGATE": "Fargate",
    "MANAGED_INSTANCES": "Managed Instances",
    "EKS": "EKS",
    "WINDOWS": "Windows",
    "SINGLE_NODE": "single-node",
    "MULTI_NODE": "multi-node",
}
"""Kinds of jobs, by where and how they run, as a message names them."""

WINDOWS_FAMILIES: Final = (
    "WINDOWS_SERVER_2019_CORE",
    "WINDOWS_SERVER_2019_FULL",
    "WINDOWS_SERVER_2022_CORE",
    "WINDOWS_SERVER_2022_FULL",
)

OLD_VERSION, NEW_VERSION = "1.3.0", "1.4.0"
VERSIONS: Final = OneOf((OLD_VERSION, NEW_VERSION, "LATEST"))
WINDOWS_VERSIONS: Final = OneOf(("1.0.0", "LATEST"))
"""The versions of the Fargate platform."""

VERSIONS_SOURCE: Final[Source] = docs(
    "AmazonECS/latest/developerguide/platform-fargate.html",
    "Fargate platform versions: 1.4.0 is the latest for Linux, 1.0.0 for Windows;"
    " FargatePlatformConfiguration.platformVersion, EcsTaskProperties.platformVersion.",
)

OLD_VERSION_LACKS: Final = (
    ("Volumes/*/EfsVolumeConfiguration", None),
    ("EphemeralStorage", None),
    ("RuntimePlatform/CpuArchitecture", "ARM64"),
)
"""Properties of a task, perhaps with one value only, that came with the new version."""

OLD_VERSION_SOURCE: Final[Source] = api(
    "Volume.efsVolumeConfiguration",
    '"Jobs that are running on Fargate resources must specify a platformVersion of at least'
    ' 1.4.0."; ephemeral storage and 64-bit Arm need it as well.',
)

_ON_EC2: Final = "leave {} out, or run the job on EC2"


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Properties that some kinds of jobs do not take.

    Attributes:
        kinds: the kinds of jobs.
        within: where the properties stand.
        names: the properties, perhaps with the way to them below ``within``.
        values: the values that are not taken; none means no value is.
    """

    kinds: tuple[str, ...]
    within: tuple[str, ...] = TASKS
    names: tuple[str, ...]
    values: tuple[object, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class NotTaken:
    """What one rule is made of.

    Attributes:
        rule: the identifier of the rule.
        parts: the properties.
        fix: what to do; ``{}`` stands for the property.
        source: AWS's page.
        title: the fault in a few words, for the page of the rules.
        why: why it matters, for the page of the rules.
        is_error: whether AWS refuses it; else it is a warning.
    """

    rule: str
    parts: tuple[Part, ...]
    fix: str = "leave {} out"
    source: Source
    title: str
    why: str
    is_error: bool = True


NOT_TAKEN: Final = (
    NotTaken(
        rule="fargate-job-parameters",
        parts=(
            Part(
                kinds=("FARGATE",),
                within=CONTAINERS,
                names=(
                    "LinuxParameters/Devices",
                    "LinuxParameters/SharedMemorySize",
                    "LinuxParameters/Tmpfs",
                    "LinuxParameters/MaxSwap",
                    "LinuxParameters/Swappiness",
                ),
            ),
            Part(
                kinds=("FARGATE",),
                within=CONTAINERS,
                names=("Privileged",),
                values=(True, "true"),
            ),
            Part(kinds=("FARGATE",), within=SINGLE_CONTAINERS, names=("Ulimits",)),
            Part(kinds=("FARGATE",), names=("Volumes/*/Host/SourcePath",)),
        ),
        fix=_ON_EC2,
        source=api(
            "ContainerProperties.privileged",
            '"This parameter isn\'t applicable to jobs that are running on Fargate resources"; so'
            " also ContainerProperties.ulimits, LinuxParameters.devices,"
            " LinuxParameters.sharedMemorySize, LinuxParameters.tmpfs, LinuxParameters.maxSwap,"
            " LinuxParameters.swappiness, Host.sourcePath and TaskContainerProperties.privileged.",
        ),
        title="parameter that Fargate jobs refuse",
        why="There is no host of one's own: no devices, no swap, no host volumes, no privileges.",
    ),
    NotTaken(
        rule="fargate-only-parameters",
        parts=(
            Part(kinds=("EC2", "MANAGED_INSTANCES"), names=("NetworkConfiguration",)),
            Part(kinds=("EC2", "MANAGED_INSTANCES"), names=("PlatformVersion",)),
            Part(kinds=("EC2",), names=("EphemeralStorage", "FargatePlatformConfiguration")),
        ),
        fix="leave {} out, or set PlatformCapabilities to FARGATE",
        source=api(
            "EcsTaskProperties.networkConfiguration",
            '"Jobs that are running on Amazon EC2 resources or Amazon ECS Managed Instances must'
            ' not specify this parameter."; so also ContainerProperties.networkConfiguration,'
            " ContainerProperties.fargatePlatformConfiguration,"
            " ContainerProperties.ephemeralStorage, EcsTaskProperties.platformVersion and"
            " EcsTaskProperties.ephemeralStorage. Without"
            " RegisterJobDefinitionRequest.platformCapabilities a job is an EC2 job.",
        ),
        title="Fargate parameter on a job that does not run on Fargate",
        why="Without PlatformCapabilities a job is an EC2 job.",
    ),
    NotTaken(
        rule="runtime-platform-ec2",
        parts=(Part(kinds=("EC2",), names=("RuntimePlatform",)),),
        fix="leave {} out: the instance types decide the architecture",
        source=api(
            "ContainerProperties.runtimePlatform",
            '"An object that represents the compute environment architecture for Batch jobs on'
            ' Fargate."',
        ),
        title="runtime platform on an EC2 job",
        why="On EC2 the instance types of the environment decide the architecture.",
        is_error=False,
    ),
    NotTaken(
        rule="windows-parameters",
        parts=(
            Part(
                kinds=("WINDOWS",),
                within=CONTAINERS,
                names=(
                    "LinuxParameters",
                    "Privileged",
                    "User",
                    "Ulimits",
                    "ReadonlyRootFilesystem",
                ),
            ),
            Part(kinds=("WINDOWS",), names=("Volumes/*/EfsVolumeConfiguration",)),
        ),
        source=api(
            "RuntimePlatform.operatingSystemFamily",
            "\"The following parameters can't be set for Windows containers: linuxParameters,"
            ' privileged, user, ulimits, readonlyRootFilesystem, and efsVolumeConfiguration.";'
            " ContainerProperties.linuxParameters, ContainerProperties.user,"
            " ContainerProperties.readonlyRootFilesystem, TaskContainerProperties.linuxParameters,"
            " TaskContainerProperties.user, TaskContainerProperties.readonlyRootFilesystem,"
            " TaskContainerProperties.ulimits.",
        ),
        title="Linux parameter on a Windows job",
        why="These belong to Linux.",
    ),
    NotTaken(
        rule="windows-arm",
        parts=(
            Part(
                kinds=("WINDOWS",),
                names=("RuntimePlatform/CpuArchitecture",),
                values=("ARM64",),
            ),
        ),
        fix="set {} to X86_64",
        source=api(
            "RuntimePlatform.cpuArchitecture",
            '"This parameter must be set to X86_64 for Windows containers."',
        ),
        title="Windows on Arm",
        why="Windows containers are x86 only.",
    ),
    NotTaken(
        rule="managed-instances-linux",
        parts=(
            Part(
                kinds=("MANAGED_INSTANCES",),
                names=("RuntimePlatform/OperatingSystemFamily",),
                values=WINDOWS_FAMILIES,
            ),
        ),
        fix="set {} to LINUX, or leave it out",
        source=api(
            "EcsTaskProperties.runtimePlatform",
            '"For Amazon ECS Managed Instances, the valid value for operatingSystemFamily is LINUX'
            ' (default)."',
        ),
        title="Managed Instances job that is not Linux",
        why="Managed Instances run Linux only.",
    ),
    NotTaken(
        rule="managed-instances-properties",
        parts=(Part(kinds=("MANAGED_INSTANCES",), within=HERE, names=("ContainerProperties",)),),
        fix="describe the job with EcsProperties",
        source=api(
            "RegisterJobDefinitionRequest.platformCapabilities",
            '"Jobs with the MANAGED_INSTANCES platform capability must use ecsProperties (not'
            ' containerProperties)"',
        ),
        title="Managed Instances job without EcsProperties",
        why="Managed Instances take the newer form only.",
    ),
    NotTaken(
        rule="multi-node-platform",
        parts=(
            Part(
                kinds=("MULTI_NODE",),
                within=HERE,
                names=("PlatformCapabilities",),
                values=("FARGATE", "MANAGED_INSTANCES"),
            ),
        ),
        fix="set {} to EC2, or make it a job of type container",
        source=api(
            "RegisterJobDefinitionRequest.type",
            '"If the job is run on Fargate resources, then multinode isn\'t supported.";'
            " RegisterJobDefinitionRequest.platformCapabilities: jobs of MANAGED_INSTANCES do not"
            " support multi-node parallel jobs; RegisterJobDefinitionRequest.nodeProperties.",
        ),
        title="multi-node job outside EC2",
        why="Nodes are EC2 instances of one's own.",
    ),
    NotTaken(
        rule="network-mode-platform",
        parts=(Part(kinds=("FARGATE", "EC2"), names=("NetworkMode",)),),
        source=api(
            "EcsTaskProperties.networkMode",
            '"It cannot be specified for Fargate or Amazon EC2 platform job definitions."',
        ),
        title="network mode outside Managed Instances",
        why="Batch chooses the network mode of Fargate and EC2 jobs.",
    ),
    NotTaken(
        rule="fargate-ipc-pid",
        parts=(
            Part(kinds=("FARGATE",), names=("IpcMode",)),
            Part(kinds=("FARGATE",), names=("PidMode",), values=("host",)),
        ),
        source=api(
            "EcsTaskProperties.ipcMode",
            '"This parameter is not supported for jobs that run on Fargate resources.";'
            " EcsTaskProperties.pidMode: host is the namespace of the EC2 instance.",
        ),
        title="IPC or process namespace on Fargate",
        why="There is no host to share a namespace with.",
    ),
    NotTaken(
        rule="fargate-log-driver",
        parts=(
            Part(
                kinds=("FARGATE",),
                within=CONTAINERS,
                names=("LogConfiguration/LogDriver",),
                values=tuple(
                    driver
                    for driver in LOG_DRIVERS
                    if driver not in (*FARGATE_LOG_DRIVERS, FIRELENS)
                ),
            ),
            Part(
                kinds=("FARGATE",),
                within=SINGLE_CONTAINERS,
                names=("LogConfiguration/LogDriver",),
                values=(FIRELENS,),
            ),
        ),
        fix="set {} to awslogs or splunk",
        source=api(
            "LogConfiguration.logDriver",
            '"Jobs that are running on Fargate resources are restricted to the awslogs and splunk'
            ' log drivers."',
        ),
        title="log driver that Fargate does not have",
        why="A job of several containers may also route its logs through FireLens.",
    ),
    NotTaken(
        rule="fargate-gpu",
        parts=(
            Part(
                kinds=("FARGATE",),
                within=CONTAINERS,
                names=("ResourceRequirements/*/Type",),
                values=("GPU",),
            ),
        ),
        fix="run the job on EC2",
        source=api(
            "ResourceRequirement.value",
            '"GPUs aren\'t available for jobs that are running on Fargate resources."',
        ),
        title="GPU on Fargate",
        why="Fargate has no GPUs.",
    ),
    NotTaken(
        rule="fargate-legacy-size",
        parts=(Part(kinds=("FARGATE",), within=SINGLE_CONTAINERS, names=("Vcpus", "Memory")),),
        fix="use ResourceRequirements",
        source=api(
            "ContainerProperties.vcpus",
            '"It\'s not supported for jobs running on Fargate resources."; so also'
            " ContainerProperties.memory.",
        ),
        title="deprecated vCPU and memory fields on Fargate",
        why="Batch answers *vcpus is not applicable for Fargate. Use resource requirements"
        " instead*.",
    ),
    NotTaken(
        rule="single-node-instance-type",
        parts=(Part(kinds=("SINGLE_NODE",), within=SINGLE_CONTAINERS, names=("InstanceType",)),),
        fix="leave {} out, and choose instance types in the compute environment",
        source=api(
            "ContainerProperties.instanceType",
            "\"This parameter isn't applicable to single-node container jobs or jobs that run on"
            " Fargate resources, and shouldn't be provided.\"",
        ),
        title="instance type on a single-node job",
        why="Only multi-node jobs choose an instance type.",
    ),
    NotTaken(
        rule="eks-job-parameters",
        parts=(Part(kinds=("EKS",), within=HERE, names=("PropagateTags", "PlatformCapabilities")),),
        source=api(
            "RegisterJobDefinitionRequest.propagateTags",
            '"If the job runs on Amazon EKS resources, then you must not specify propagateTags.";'
            " so also RegisterJobDefinitionRequest.platformCapabilities.",
        ),
        title="parameter that EKS jobs refuse",
        why="They belong to ECS tasks.",
    ),
    NotTaken(
        rule="s3files-platform",
        parts=(Part(kinds=("EC2",), names=("Volumes/*/S3FilesVolumeConfiguration",)),),
        fix="run the job on Fargate or Managed Instances, or mount Amazon EFS",
        source=docs(
            "AmazonECS/latest/developerguide/s3files-volumes.html",
            '"S3 Files are not supported on the Amazon EC2 launch type at this time … the task will'
            ' fail at launch"; Volume.s3filesVolumeConfiguration.',
        ),
        title="S3 Files on EC2 instances",
        why="The task fails as it starts.",
    ),
)
"""Which properties each kind of job does not take."""
