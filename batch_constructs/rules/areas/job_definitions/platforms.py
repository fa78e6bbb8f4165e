"""Rules about what a platform takes: Fargate, EC2, Managed Instances, EKS, Windows."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Final

from batch_constructs.aws import platforms
from batch_constructs.aws.limit import CONTAINERS, HERE, SINGLE_CONTAINERS, places
from batch_constructs.aws.source import api
from batch_constructs.rules.areas.job_definitions import job_rule
from batch_constructs.rules.findings import Severity
from batch_constructs.rules.rule import Rule, add
from batch_constructs.rules.template.resources import JOB_DEFINITION
from batch_constructs.rules.template.values import UNKNOWN, absent

if TYPE_CHECKING:
    from collections.abc import Iterator

    from batch_constructs.rules.rule import Fault
    from batch_constructs.rules.template.resources import JobDefinition, Task
    from batch_constructs.rules.template.values import Properties

AREA: Final = "job_definitions.platforms"
_rule = partial(job_rule, area=AREA)


def _register(not_taken: platforms.NotTaken) -> None:
    add(
        Rule(
            id=not_taken.rule,
            area=AREA,
            severity=Severity.ERROR if not_taken.is_error else Severity.WARNING,
            title=not_taken.title,
            fix=not_taken.fix.format("the property"),
            source=not_taken.source,
            explanation=not_taken.why,
            subjects=(JOB_DEFINITION,),
            find=partial(_not_taken, not_taken),
        )
    )


def _not_taken(not_taken: platforms.NotTaken, job: JobDefinition) -> Iterator[Fault]:
    for part in not_taken.parts:
        for path, properties, kinds in _places(part.within, job):
            kind = next((one for one in part.kinds if one in kinds), None)
            if kind is None:
                continue
            for name in part.names:
                below, _, key = name.rpartition("/")
                for rest, found in places(properties, below):
                    said = _said(found.get(key), part.values)
                    if said:
                        why = ""
                        if kind == "EC2" and job.properties.get("PlatformCapabilities") is None:
                            why = " (PlatformCapabilities is missing, which means EC2)"
                        jobs = platforms.KINDS[kind or "EC2"]
                        message = f"{key} is {said}, which {jobs} jobs do not take{why}"
                        yield f"{path}{rest}{key}", message, not_taken.fix.format(key)


def _places(
    within: tuple[str, ...], job: JobDefinition
) -> Iterator[tuple[str, Properties, set[str | None]]]:
    """Find the mappings that properties stand in, and which kinds of job each belongs to."""
    if within is HERE:
        yield "", job.properties, _kinds(job)
        return
    for task in job.tasks:
        kinds = _kinds(job, task)
        if within is CONTAINERS:
            for container in task.containers:
                yield f"{container.path}/", container.properties, kinds
        elif within is not SINGLE_CONTAINERS or task.single:
            yield f"{task.path}/", task.properties, kinds


def _kinds(job: JobDefinition, task: Task | None = None) -> set[str | None]:
    windows = {"WINDOWS"} if task is not None and task.is_windows else set()
    return {job.platform, "MULTI_NODE" if job.is_multi_node else "SINGLE_NODE", *windows}


def _said(value: Any, refused: tuple[object, ...]) -> str:
    """Say that a value is given, or which one it is where only some are refused."""
    if refused:
        listed = value if isinstance(value, list) else [value]
        wrong = next((one for one in listed if one in refused), None)
        return "" if wrong is None else str(wrong).lower() if wrong is True else str(wrong)
    return "" if value is None or value is UNKNOWN or value in ([], {}) else "given"


for _one in platforms.NOT_TAKEN:
    _register(_one)


@_rule(
    "fargate-execution-role",
    title="Fargate job without an execution role",
    fix="give ExecutionRoleArn a role with AmazonECSTaskExecutionRolePolicy",
    source=api(
        "ContainerProperties.executionRoleArn",
        '"For jobs that run on Fargate resources, you must provide an execution role."; so also'
        " EcsTaskProperties.executionRoleArn.",
    ),
)
def fargate_execution_role(job: JobDefinition) -> Iterator[Fault]:
    """Fargate pulls the image and writes the logs with it."""
    for task in job.tasks:
        if task.platform == "FARGATE" and absent(task.properties, "ExecutionRoleArn"):
            yield (
                f"{task.path}/ExecutionRoleArn",
                "ExecutionRoleArn is missing; Fargate jobs need it",
            )


@_rule(
    "fargate-platform-version",
    title="unknown Fargate platform version",
    fix="leave PlatformVersion out, which means LATEST",
    source=platforms.VERSIONS_SOURCE,
)
def fargate_platform_version(job: JobDefinition) -> Iterator[Fault]:
    """Windows tasks have a platform version of their own, 1.0.0."""
    for task in job.tasks:
        got = task.platform_version
        if task.platform != "FARGATE" or not isinstance(got, str):
            continue
        wrong = (platforms.WINDOWS_VERSIONS if task.is_windows else platforms.VERSIONS).wrong(got)
        if wrong:
            within = "FargatePlatformConfiguration/" if task.single else ""
            yield f"{task.path}/{within}PlatformVersion", f"PlatformVersion {wrong}"


@_rule(
    "platform-version-1-3",
    title="feature that Fargate platform 1.3.0 does not have",
    fix=f"set PlatformVersion to {platforms.NEW_VERSION}, or leave it out",
    source=platforms.OLD_VERSION_SOURCE,
)
def platform_version_1_3(job: JobDefinition) -> Iterator[Fault]:
    """Amazon EFS, larger ephemeral storage and Arm came with 1.4.0."""
    for task in job.tasks:
        if task.platform != "FARGATE" or task.platform_version != platforms.OLD_VERSION:
            continue
        for name, value in platforms.OLD_VERSION_LACKS:
            below, _, key = name.rpartition("/")
            for rest, found in places(task.properties, below):
                if _said(found.get(key), () if value is None else (value,)):
                    yield (
                        f"{task.path}/{rest}{key}",
                        f"{value or key} needs PlatformVersion {platforms.NEW_VERSION} or later",
                    )
