"""Containers of a job: image, size, environment, secrets, logs, dependencies, Linux parameters.

https://docs.aws.amazon.com/batch/latest/APIReference/API_ContainerProperties.html
"""

from __future__ import annotations

from enum import StrEnum

from batch_constructs.aws.bound import Matching, Whole
from batch_constructs.aws.names import LOG_GROUP_OPTION, LOG_REGION_OPTION
from batch_constructs.aws.source import Source, api, docs
from batch_constructs.aws.typing_names import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping


class ContainerDependencyCondition(StrEnum):
    """What one container waits for in another.

    ``COMPLETE`` (it has ended) and ``SUCCESS`` (it has succeeded) need a container that is not
    essential.
    """

    START = "START"
    COMPLETE = "COMPLETE"
    SUCCESS = "SUCCESS"


FIRELENS: Final = "awsfirelens"
"""The log driver that sends the logs to the log router of the task."""

DEFAULT_SWAPPINESS: Final = 60
"""The swappiness where none is given; beside swap space AWS Batch wants it to be said."""

DEFAULT_SWAPPINESS_SOURCE: Final[Source] = api(
    "LinuxParameters.swappiness",
    '"If the swappiness parameter isn\'t specified, a default value of 60 is used."',
)

ROOT: Final = ("root", "0")
"""How a container's user is written who may do everything in it."""

AWSLOGS: Final = "awslogs"
"""The log driver that writes to CloudWatch Logs; it is the one where none is given."""

SPLUNK: Final = "splunk"
FARGATE_LOG_DRIVERS: Final = (AWSLOGS, SPLUNK)
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

LOG_CREATE_OPTION: Final = "awslogs-create-group"
"""The option of awslogs by which it makes its log group."""

LOG_PREFIX_OPTION: Final = "awslogs-stream-prefix"
"""The option of awslogs that says how its streams begin."""

AWSLOGS_OPTIONS: Final = (
    LOG_CREATE_OPTION,
    LOG_GROUP_OPTION,
    LOG_REGION_OPTION,
    LOG_PREFIX_OPTION,
    *MULTILINE_OPTIONS,
    "mode",
    "max-buffer-size",
)
"""The options of awslogs that ECS's page names, which says that these are some of them.

https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_LogConfiguration.html

ECS refuses a task with any other: "Log driver awslogs disallows options: log_key"
(https://github.com/aws-samples/amazon-ecs-firelens-examples/issues/83).
"""

SPLUNK_OPTIONS: Final = ("splunk-url", "splunk-token")
"""Options that the splunk driver needs."""


class SizeType(StrEnum):
    """The types of a resource requirement.

    https://docs.aws.amazon.com/batch/latest/APIReference/API_ResourceRequirement.html
    """

    VCPU = "VCPU"
    MEMORY = "MEMORY"
    GPU = "GPU"


SIZES: Final = tuple(SizeType)

LEGACY_SIZES: Final[Mapping[str, str]] = {SizeType.VCPU: "Vcpus", SizeType.MEMORY: "Memory"}
"""Type of a resource requirement → the deprecated property that says the same."""

CPU_UNITS: Final = 1024
"""What Amazon ECS counts a vCPU as."""

CPU_UNITS_SOURCE: Final[Source] = docs(
    "AmazonECS/latest/developerguide/task_definition_parameters.html", "A vCPU is 1,024 CPU units."
)

MEMORY_MIB: Final = Whole(4, unit="MiB")
VCPUS: Final = Whole(1)
GPUS: Final = Whole(1)
AMOUNTS: Final[Mapping[str, Whole]] = {
    SizeType.VCPU: VCPUS,
    SizeType.MEMORY: MEMORY_MIB,
    SizeType.GPU: GPUS,
}
"""How much of each a container may ask for; on Fargate vCPUs and memory go together."""

SIZE_SOURCE: Final[Source] = api(
    "ResourceRequirement.value",
    '"You must specify at least 4 MiB of memory for a job."; "For Amazon EC2 resources, you must'
    ' specify at least one vCPU."; "The number of physical GPUs to reserve for the container."; so'
    " also ContainerProperties.memory and ContainerProperties.vcpus.",
)

ENDED: Final = (ContainerDependencyCondition.COMPLETE, ContainerDependencyCondition.SUCCESS)
"""Conditions of a dependency on a container that ends, which an essential one may not."""

TIMEOUT: Final = Whole(2, unit="seconds")
FARGATE_TIMEOUT: Final = Whole(TIMEOUT.low, 120, unit="seconds")
"""How long a container may wait for others, or take to stop."""

TIMEOUT_SOURCE: Final[Source] = docs(
    "AmazonECS/latest/APIReference/API_ContainerDefinition.html",
    "startTimeout and stopTimeout: 2 seconds at least, and on Fargate at most 120.",
)


class FirelensType(StrEnum):
    """The available log routers.

    https://docs.aws.amazon.com/batch/latest/APIReference/API_FirelensConfiguration.html
    """

    FLUENTD = "fluentd"
    FLUENTBIT = "fluentbit"


_NAME: Final = "[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*"
IMAGE_NAME: Final = Matching(
    rf"|(?:[A-Za-z0-9.-]+(?::\d+)?/)?{_NAME}(?:/{_NAME})*(?::\w[\w.-]{{0,127}})?"
    r"(?:@[A-Za-z0-9+._-]+:[0-9a-fA-F]{32,})?",
    "at most 255 characters with no http:// before them: a repository in lower case, then a tag or"
    " a whole digest, as in busybox:stable",
    255,
)
"""How Docker reads the name of an image.

https://pkg.go.dev/github.com/distribution/reference
"""

POD_IMAGE_NAME: Final = Matching(
    IMAGE_NAME.pattern, IMAGE_NAME.allowed.replace("at most 255 characters", "a name")
)
"""The same for a pod, of which AWS says no length.

https://kubernetes.io/docs/concepts/containers/images/#image-names
"""
