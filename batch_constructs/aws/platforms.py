"""Where a job runs, and which properties of its definition each kind of job does not take.

https://docs.aws.amazon.com/batch/latest/userguide/job_definition_parameters.html
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from batch_constructs.aws.bound import OneOf
from batch_constructs.aws.containers import FARGATE_LOG_DRIVERS, FIRELENS, LOG_DRIVERS
from batch_constructs.aws.limit import CONTAINERS, HERE, SINGLE_CONTAINERS, TASKS
from batch_constructs.aws.source import Source, api, docs
from batch_constructs.aws.table import read

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


_WITHIN: Final = {
    "": HERE,
    "tasks": TASKS,
    "containers": CONTAINERS,
    "single_containers": SINGLE_CONTAINERS,
}

NOT_ON_FARGATE: Final = tuple(
    driver for driver in LOG_DRIVERS if driver not in (*FARGATE_LOG_DRIVERS, FIRELENS)
)
"""The log drivers that no job on Fargate has."""


def _part(kinds: list[str], names: list[str], within: str = "tasks", values: Any = ()) -> Part:
    named = globals()[values] if isinstance(values, str) else values
    refused = (named,) if isinstance(named, str) else tuple(named)
    return Part(kinds=tuple(kinds), within=_WITHIN[within], names=tuple(names), values=refused)


def _line(
    parts: list[dict[str, Any]], says: str, member: str = "", page: str = "", **rest: Any
) -> NotTaken:
    source = api(member, says) if member else Source(page, says)
    return NotTaken(parts=tuple(_part(**part) for part in parts), source=source, **rest)


NOT_TAKEN: Final = tuple(_line(**line) for line in read("not_taken"))
"""Which properties each kind of job does not take, a rule a line of ``not_taken.json``."""
