"""Job definitions as a whole: their kind, retries, timeout, size, and nodes.

https://docs.aws.amazon.com/batch/latest/APIReference/API_RegisterJobDefinition.html
"""

from __future__ import annotations

from enum import StrEnum

from batch_constructs.aws.bound import Matching, Whole
from batch_constructs.aws.pattern import pattern
from batch_constructs.aws.source import Source, guide
from batch_constructs.aws.typing_names import Final


class JobDefinitionType(StrEnum):
    """Whether a job is one container or task, or several nodes."""

    CONTAINER = "container"
    MULTINODE = "multinode"


BYTES: Final = 24 * 1024
"""The longest definition, as the request that registers it."""

BYTES_SOURCE: Final[Source] = guide(
    "service_limits",
    'Service quotas: "Maximum job definition size (for RegisterJobDefinition API operations)'
    ' 24 KiB".',
)

FARGATE_SECONDS: Final = 14 * 24 * 60 * 60
"""How long a job on Fargate may run."""

FARGATE_SECONDS_SOURCE: Final[Source] = guide(
    "job_timeouts",
    "Jobs on Fargate resources cannot expect to run for more than 14 days, whatever their"
    " JobTimeout.attemptDurationSeconds.",
)


PLACEHOLDER: Final = pattern(r"Ref::([A-Za-z0-9_.-]+)")
"""A parameter in a command: its name is what follows ``Ref::``."""

EXIT_REASON: Final = Matching(
    r"[A-Za-z0-9.:\s]*\*?",
    "letters, digits, periods, colons and spaces, optionally with an asterisk at the end",
    longest=512,
)
"""The reasons, and the status reasons, that an exit condition is about."""

CONTAINER_TYPE: Final = "container"
MULTI_NODE_TYPE: Final = "multinode"
TYPES: Final = (CONTAINER_TYPE, MULTI_NODE_TYPE)
"""The types of job definition."""

NODE_COUNT: Final = Whole(1, 1000)
"""The nodes of a multi-node parallel job."""


class OperatingSystemFamily(StrEnum):
    """The operating systems of Fargate.

    https://docs.aws.amazon.com/batch/latest/APIReference/API_RuntimePlatform.html
    """

    LINUX = "LINUX"
    WINDOWS_SERVER_2019_CORE = "WINDOWS_SERVER_2019_CORE"
    WINDOWS_SERVER_2019_FULL = "WINDOWS_SERVER_2019_FULL"
    WINDOWS_SERVER_2022_CORE = "WINDOWS_SERVER_2022_CORE"
    WINDOWS_SERVER_2022_FULL = "WINDOWS_SERVER_2022_FULL"


class NetworkMode(StrEnum):
    """The networks of a task on Managed Instances.

    https://docs.aws.amazon.com/batch/latest/APIReference/API_EcsTaskProperties.html
    """

    HOST = "host"


class IpcMode(StrEnum):
    """Which IPC resources the containers of a task share.

    https://docs.aws.amazon.com/batch/latest/APIReference/API_EcsTaskProperties.html
    """

    HOST = "host"
    TASK = "task"
    NONE = "none"


class PidMode(StrEnum):
    """Which process namespace the containers of a task share.

    https://docs.aws.amazon.com/batch/latest/APIReference/API_EcsTaskProperties.html
    """

    HOST = "host"
    TASK = "task"


class CpuArchitecture(StrEnum):
    """The instruction set that an image is built for."""

    X86_64 = "X86_64"
    ARM64 = "ARM64"


class RetryAction(StrEnum):
    """What AWS Batch does after a failed attempt."""

    RETRY = "RETRY"
    EXIT = "EXIT"
