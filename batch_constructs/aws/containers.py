"""Containers of a job: image, size, environment, secrets, logs, dependencies, Linux parameters.

https://docs.aws.amazon.com/batch/latest/APIReference/API_ContainerProperties.html
"""

from __future__ import annotations

from functools import partial
from typing import Final

from batch_constructs.aws.bound import Matching, OneOf, Whole
from batch_constructs.aws.limit import CONTAINERS, POD_CONTAINERS, Limit, below
from batch_constructs.aws.source import Source, api, docs
from batch_constructs.aws.submit_job import RESERVED_VARIABLES

VARIABLE_NAME: Final = Matching(
    rf"(?s)(?!{RESERVED_VARIABLES}).*", f"names that do not begin with {RESERVED_VARIABLES}"
)
"""The name of an environment variable."""

FIRELENS: Final = "awsfirelens"
"""The log driver that sends the logs to the log router of the task."""

FARGATE_LOG_DRIVERS: Final = ("awslogs", "splunk")
LOG_DRIVERS: Final = (
    *FARGATE_LOG_DRIVERS,
    FIRELENS,
    "fluentd",
    "gelf",
    "journald",
    "json-file",
    "logentries",
    "syslog",
)
"""The log drivers that Batch knows; a task of several containers on Fargate also has FireLens."""

MULTILINE_OPTIONS: Final = ("awslogs-datetime-format", "awslogs-multiline-pattern")
"""Two options of awslogs that exclude each other."""

SPLUNK_OPTIONS: Final = ("splunk-url", "splunk-token")
"""Options that the splunk driver needs."""

SIZES: Final = ("VCPU", "MEMORY", "GPU")
"""The types of a resource requirement."""

LEGACY_SIZES: Final = {"VCPU": "Vcpus", "MEMORY": "Memory"}
"""Type of a resource requirement → the deprecated property that says the same."""

MEMORY_MIB: Final = Whole(4, unit="MiB")
VCPUS: Final = Whole(1)
GPUS: Final = Whole(1)

SIZE_SOURCE: Final[Source] = api(
    "ResourceRequirement.value",
    '"You must specify at least 4 MiB of memory for a job."; "For Amazon EC2 resources, you must'
    ' specify at least one vCPU."; "The number of physical GPUs to reserve for the container."; so'
    " also ContainerProperties.memory and ContainerProperties.vcpus.",
)

ENDED: Final = ("COMPLETE", "SUCCESS")
"""Conditions of a dependency on a container that ends, which an essential one may not."""

TIMEOUT: Final = Whole(2, unit="seconds")
FARGATE_TIMEOUT: Final = Whole(TIMEOUT.low, 120, unit="seconds")
"""How long a container may wait for others, or take to stop."""

TIMEOUT_SOURCE: Final[Source] = api(
    "TaskContainerProperties.stopTimeout",
    '"The minimum value is 2 seconds and the maximum value for Fargate is 120 seconds."; so also'
    " TaskContainerProperties.startTimeout.",
)

_TMPFS_OPTIONS: Final = (
    "defaults",
    "ro",
    "rw",
    "suid",
    "nosuid",
    "dev",
    "nodev",
    "exec",
    "noexec",
    "sync",
    "async",
    "dirsync",
    "remount",
    "mand",
    "nomand",
    "atime",
    "noatime",
    "diratime",
    "nodiratime",
    "bind",
    "rbind",
    "unbindable",
    "runbindable",
    "private",
    "rprivate",
    "shared",
    "rshared",
    "slave",
    "rslave",
    "relatime",
    "norelatime",
    "strictatime",
    "nostrictatime",
    "mode",
    "uid",
    "gid",
    "nr_inodes",
    "nr_blocks",
    "mpol",
)
_ULIMITS: Final = (
    "core",
    "cpu",
    "data",
    "fsize",
    "locks",
    "memlock",
    "msgqueue",
    "nice",
    "nofile",
    "nproc",
    "rss",
    "rtprio",
    "rttime",
    "sigpending",
    "stack",
)
_WORDS_OF_GO: Final = ("0", "1", "f", "t", "false", "true", "False", "True", "F", "T")

_limit = partial(Limit, type="AWS::Batch::JobDefinition", within=CONTAINERS)
_everywhere = partial(_limit, within=(*CONTAINERS, *POD_CONTAINERS))

LIMITS: Final = (
    _everywhere(
        rule="container-image",
        name="Image",
        noun="the image",
        bound=Matching(r"(?s).+", "image names such as busybox:stable"),
        source=api(
            "ContainerProperties.image",
            '"Required. The image used to start a container."; so also'
            " TaskContainerProperties.image and EksContainer.image.",
        ),
        title="container without an image",
        why="Every container is started from an image.",
    ),
    _limit(
        rule="container-image-name",
        name="Image",
        noun="the image name",
        bound=Matching(
            r"(?!https?://)[A-Za-z0-9_:./#@+-]*",
            "at most 255 letters, digits, and the signs - _ : . / # and @",
            longest=255,
        ),
        source=api(
            "ContainerProperties.image",
            '"It can be 255 characters long. It can contain uppercase and lowercase letters,'
            " numbers, hyphens (-), underscores (_), colons (:), periods (.), forward slashes (/),"
            ' and number signs (#)."; a digest adds an at sign.',
        ),
        title="image name of a wrong shape",
        why="A space or a URL scheme makes it no image name.",
    ),
    _limit(
        rule="reserved-environment-variable",
        within=(*below(CONTAINERS, "Environment/*", "Secrets/*"), *below(POD_CONTAINERS, "Env/*")),
        name="Name",
        noun="the environment variable",
        bound=VARIABLE_NAME,
        source=api(
            "TaskContainerProperties.environment",
            '"Environment variables cannot start with AWS_BATCH. This naming convention is reserved'
            ' for variables that Batch sets."; so also ContainerProperties.environment,'
            " EksContainer.env, KeyValuePair.name and EksContainerEnvironmentVariable.name.",
        ),
        title="reserved environment variable",
        why="Batch sets variables of that prefix itself.",
    ),
    _limit(
        rule="resource-requirement-type",
        name="ResourceRequirements/*/Type",
        noun="the type of a resource requirement",
        bound=OneOf(SIZES),
        source=api(
            "ResourceRequirement.type", '"The supported resources include GPU, MEMORY, and VCPU."'
        ),
        title="unknown resource requirement",
        why="Batch places jobs by these three.",
    ),
    _limit(
        rule="log-driver",
        name="LogConfiguration/LogDriver",
        noun="the log driver",
        bound=OneOf(LOG_DRIVERS),
        source=api(
            "LogConfiguration.logDriver",
            '"The supported log drivers are awsfirelens, awslogs, fluentd, gelf, json-file,'
            ' journald, logentries, syslog, and splunk."; ContainerProperties.logConfiguration,'
            " TaskContainerProperties.logConfiguration.",
        ),
        title="unknown log driver",
        why="Batch takes some of Docker's drivers.",
    ),
    _limit(
        rule="log-create-group",
        name="LogConfiguration/Options/awslogs-create-group",
        noun="awslogs-create-group",
        bound=Matching(
            "|".join(dict.fromkeys((*_WORDS_OF_GO, *map(str.upper, _WORDS_OF_GO)))), "true or false"
        ),
        source=docs(
            "AmazonECS/latest/APIReference/API_LogConfiguration.html",
            '"Specify whether you want the log group to be created automatically. If this option'
            " isn't specified, it defaults to false.\"; LogConfiguration.options.",
        ),
        title="awslogs-create-group that is neither true nor false",
        why="The container does not start: its log driver cannot read the option.",
        is_error=False,
    ),
    _limit(
        rule="dependency-condition",
        name="DependsOn/*/Condition",
        noun="the condition of a dependency",
        bound=OneOf(("START", *ENDED)),
        source=api(
            "TaskContainerDependency.condition",
            "The conditions are START, COMPLETE and SUCCESS.",
        ),
        title="unknown condition of a dependency",
        why="A container waits for another to start, to end, or to end well.",
    ),
    _limit(
        rule="firelens-type",
        name="FirelensConfiguration/Type",
        noun="the log router",
        bound=OneOf(("fluentd", "fluentbit")),
        source=api(
            "FirelensConfiguration.type",
            '"The valid values are fluentd or fluentbit.";'
            " TaskContainerProperties.firelensConfiguration.",
        ),
        title="unknown log router",
        why="FireLens knows two routers.",
    ),
    _limit(
        rule="swappiness",
        name="LinuxParameters/Swappiness",
        noun="the swappiness",
        bound=Whole(0, 100),
        source=api(
            "LinuxParameters.swappiness", '"Valid values are whole numbers between 0 and 100."'
        ),
        title="swappiness out of range",
        why="0 avoids swapping, 100 swaps eagerly.",
    ),
    _limit(
        rule="max-swap",
        name="LinuxParameters/MaxSwap",
        noun="the maximum of swap memory",
        bound=Whole(0, unit="MiB"),
        source=api("LinuxParameters.maxSwap", '"Accepted values are 0 or any positive integer."'),
        title="negative swap memory",
        why="In MiB; 0 means no swap.",
    ),
    _limit(
        rule="shared-memory-size",
        name="LinuxParameters/SharedMemorySize",
        noun="the shared memory",
        bound=Whole(1, unit="MiB"),
        source=api(
            "LinuxParameters.sharedMemorySize",
            '"The value for the size (in MiB) of the /dev/shm volume."',
        ),
        title="shared memory of no size",
        why="A positive number of MiB.",
    ),
    _limit(
        rule="tmpfs-size",
        name="LinuxParameters/Tmpfs/*/Size",
        noun="the size of the tmpfs",
        bound=Whole(1, unit="MiB"),
        source=api("Tmpfs.size", '"The size (in MiB) of the tmpfs volume."'),
        title="tmpfs of no size",
        why="A positive number of MiB.",
    ),
    _limit(
        rule="tmpfs-mount-option",
        name="LinuxParameters/Tmpfs/*/MountOptions/*",
        noun="the mount option",
        bound=Matching(
            rf"(?s)(?:{'|'.join(_TMPFS_OPTIONS)})(?:=.*)?",
            "options that mount knows, such as rw, noexec or mode=1777",
        ),
        source=api(
            "Tmpfs.mountOptions",
            f'"Valid values: {" | ".join(_TMPFS_OPTIONS)}"; some take a value.',
        ),
        title="unknown tmpfs mount option",
        why="Some options take a value after an equals sign.",
    ),
    _limit(
        rule="device-permission",
        name="LinuxParameters/Devices/*/Permissions/*",
        noun="the permission",
        bound=OneOf(("READ", "WRITE", "MKNOD"), any_case=True),
        source=api(
            "Device.permissions",
            '"By default, the container has permissions for read, write, and mknod for the'
            ' device."',
        ),
        title="unknown device permission",
        why="What the container may do with the device.",
    ),
    _limit(
        rule="ulimit-name",
        name="Ulimits/*/Name",
        noun="the ulimit",
        bound=OneOf(_ULIMITS),
        source=api("Ulimit.name", f'"Valid values are: {" | ".join(_ULIMITS)}."'),
        title="unknown ulimit",
        why="The names of the Docker daemon.",
    ),
)
