"""Where a job runs, and what differs between those places.

https://docs.aws.amazon.com/batch/latest/userguide/job_definition_parameters.html
"""

from __future__ import annotations

from enum import StrEnum

from batch_constructs.aws.bound import OneOf
from batch_constructs.aws.container_facts import FARGATE_LOG_DRIVERS, FIRELENS, LOG_DRIVERS
from batch_constructs.aws.job_definition_facts import OperatingSystemFamily
from batch_constructs.aws.source import Source, api
from batch_constructs.aws.typing_names import Final


class PlatformCapability(StrEnum):
    """What kind of compute environment a job is for."""

    EC2 = "EC2"
    FARGATE = "FARGATE"
    MANAGED_INSTANCES = "MANAGED_INSTANCES"


PLATFORM_CAPABILITY_SOURCE: Final[Source] = api(
    "RegisterJobDefinitionRequest.platformCapabilities",
    '"The platform capabilities required by the job definition.";'
    " RegisterJobDefinitionRequest.eksProperties is for Amazon EKS.",
)


class Orchestration(StrEnum):
    """Which service starts the containers of an environment."""

    ECS = "ECS"
    EKS = "EKS"


WINDOWS: Final = "WINDOWS"
SINGLE_NODE: Final = "SINGLE_NODE"
MULTI_NODE: Final = "MULTI_NODE"
"""Kinds of jobs beside the platforms; the names of the families of Windows begin with the first."""

KINDS: Final = {
    PlatformCapability.EC2: "EC2",
    PlatformCapability.FARGATE: "Fargate",
    PlatformCapability.MANAGED_INSTANCES: "Managed Instances",
    Orchestration.EKS: "EKS",
    WINDOWS: "Windows",
    SINGLE_NODE: "single-node",
    MULTI_NODE: "multi-node",
}
"""Kinds of jobs, by where and how they run, as a message names them."""

WINDOWS_FAMILIES: Final = tuple(
    family for family in OperatingSystemFamily if family != OperatingSystemFamily.LINUX
)

OLDEST_VERSION: Final = "1.3.0"
VERSIONS: Final = OneOf((OLDEST_VERSION, "1.4.0", "LATEST"))
WINDOWS_VERSIONS: Final = OneOf(("1.0.0", "LATEST"))
"""The versions of the Fargate platform."""

DEFAULT_VERSION: Final = "LATEST"
"""The version of the Fargate platform where none is given."""


NOT_FARGATE_LOG_DRIVERS: Final = tuple(
    driver for driver in LOG_DRIVERS if driver not in (*FARGATE_LOG_DRIVERS, FIRELENS)
)
"""Log drivers of EC2; a Fargate job of several containers may route its logs by FireLens."""
