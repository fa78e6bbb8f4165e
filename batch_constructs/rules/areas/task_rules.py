"""Rules about jobs of several containers."""

from __future__ import annotations

from batch_constructs.aws import container_facts as aws
from batch_constructs.aws.bound import one_of, shown
from batch_constructs.aws.source import api, probed
from batch_constructs.aws.typing_names import TYPE_CHECKING, Final
from batch_constructs.rules.areas import job_rule
from batch_constructs.rules.findings import Severity
from batch_constructs.rules.template.listed_parts import listed
from batch_constructs.rules.template.values import absent, flag, given, listing, mapping, text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from batch_constructs.rules.rule import Fault
    from batch_constructs.rules.template.resource_graph import Container, JobDefinition, Task


def _several(job: JobDefinition) -> Iterator[Task]:
    for task in job.tasks:
        if not task.single and listing(task.properties, "Containers"):
            yield task


@job_rule(
    "essential-container",
    title="job without an essential container",
    fix="remove Essential from the container that does the work",
    source=api(
        "TaskContainerProperties.essential",
        '"All jobs must have at least one essential container."',
    ),
)
def essential_container(job: JobDefinition) -> Iterator[Fault]:
    """The job ends when its essential containers end."""
    for task in _several(job):
        if task.containers and all(
            flag(container.properties, "Essential") is False for container in task.containers
        ):
            yield f"{task.path}/Containers", "no container is essential; at least one must be"


@job_rule(
    "container-dependency",
    needs="DependsOn",
    title="dependency that can never be fulfilled",
    fix="depend on another container of the task, and make a container that has to end "
    "non-essential",
    source=api(
        "TaskContainerDependency.condition",
        'Of COMPLETE and SUCCESS: "This condition can\'t be set on an essential container.";'
        " TaskContainerDependency.containerName, TaskContainerProperties.dependsOn.",
    ),
)
def container_dependency(job: JobDefinition) -> Iterator[Fault]:
    """A container can only depend on other containers of the same task.

    It cannot depend on itself through others.
    """
    for task in _several(job):
        names = {text(one.properties, "Name"): one for one in task.containers}
        known = one_of([one for one in names if one] or ["none"])
        if any(
            not absent(one.properties, "Name") and not text(one.properties, "Name")
            for one in task.containers
        ):
            continue
        waits: dict[str, set[str]] = {}
        for container in task.containers:
            own = text(container.properties, "Name") or ""
            for path, dependency in listed(container.path, container.properties, "DependsOn"):
                name = text(dependency, "ContainerName")
                if name is None:
                    continue
                waits.setdefault(own, set()).add(name)
                condition = text(dependency, "Condition")
                if name not in names:
                    yield (
                        f"{path}/ContainerName",
                        f"there is no container {shown(name)}; there are {known}",
                    )
                elif condition in aws.ENDED and name != own and _is_essential(names[name]):
                    yield (
                        f"{path}/Condition",
                        f"Condition is {condition}, but {shown(name)} is essential",
                        f"set Essential of {shown(name)} to false, or Condition to START",
                    )
        name = _in_a_circle(waits)
        if name is not None:
            yield f"{task.path}/Containers", f"the container {shown(name)} waits for itself"


def _is_essential(container: Container) -> bool:
    return container.properties.get("Essential", True) in (True, "true")


def _in_a_circle(waits: dict[str, set[str]]) -> str | None:
    """Find a container that waits for itself, through others perhaps; None if there is none."""
    from graphlib import CycleError, TopologicalSorter  # noqa: PLC0415  # seldom needed

    try:
        TopologicalSorter(waits).prepare()
    except CycleError as error:
        circle: list[str] = error.args[1]
        return min(circle)
    return None


_ROUTING_SOURCE: Final = api(
    "LogConfiguration.logDriver",
    '"awsfirelens Specifies the firelens logging driver.";'
    " TaskContainerProperties.firelensConfiguration.",
)


def _routers(task: Task) -> list[Container]:
    """Give the log routers of a task."""
    return [one for one in task.containers if given(one.properties, "FirelensConfiguration")]


def _is_routed(container: Container) -> bool:
    """Tell whether a container sends its logs to the log router of the task."""
    log = mapping(container.properties, "LogConfiguration")
    return text(log, "LogDriver") == aws.FIRELENS


@job_rule(
    "firelens-router",
    title="FireLens logs without a log router",
    fix="add a container with FirelensConfiguration",
    source=_ROUTING_SOURCE,
)
def firelens_router(job: JobDefinition) -> Iterator[Fault]:
    """The router is a container of the same task."""
    for task in _several(job):
        if any("FirelensConfiguration" in one.properties for one in task.containers):
            continue
        for container in filter(_is_routed, task.containers):
            yield (
                f"{container.path}/LogConfiguration/LogDriver",
                f"LogDriver is {aws.FIRELENS}, but no container is a log router",
            )


@job_rule(
    "firelens-unused",
    title="log router that no container uses",
    fix="set the LogDriver of a container to awsfirelens, or remove FirelensConfiguration",
    source=probed(
        "batch/pf-batch-jd-ecs-firelens-log-driver",
        "AWS Batch answers: When a firelensConfiguration object is specified, at least one"
        " container has to be configured with the awsfirelens log driver.",
    ),
)
def firelens_unused(job: JobDefinition) -> Iterator[Fault]:
    """Batch refuses the definition."""
    for task in _several(job):
        routers = _routers(task)
        if routers and not any(map(_may_be_routed, task.containers)):
            path = f"{routers[0].path}/FirelensConfiguration"
            yield path, f"no container has the LogDriver {aws.FIRELENS}"


def _may_be_routed(container: Container) -> bool:
    """Tell whether a container sends its logs to a router, as far as that is known."""
    if absent(container.properties, "LogConfiguration"):
        return False
    log = container.properties["LogConfiguration"]
    if not isinstance(log, dict):
        return True
    return not absent(log, "LogDriver") and text(log, "LogDriver") in (aws.FIRELENS, None)


@job_rule(
    "firelens-root",
    title="log router in a task without root",
    fix="leave User out of the log router",
    source=probed(
        "batch/pf-batch-jd-ecs-firelens-requires-root",
        "AWS Batch answers: When a firelensConfiguration object is specified, at least one"
        " container has to run as root.",
    ),
)
def firelens_root(job: JobDefinition) -> Iterator[Fault]:
    """Batch refuses the definition."""
    for task in _several(job):
        routers = _routers(task)
        users = [text(one.properties, "User") for one in task.containers]
        if routers and all(user and user.partition(":")[0] not in aws.ROOT for user in users):
            yield f"{routers[0].path}/User", "no container of the task runs as root"


@job_rule(
    "firelens-routers",
    severity=Severity.WARNING,
    title="two log routers in one task",
    fix="keep FirelensConfiguration on one container of the task",
    source=api(
        "TaskContainerProperties.firelensConfiguration",
        '"This is used to specify and configure a log router for container logs."',
    ),
)
def firelens_routers(job: JobDefinition) -> Iterator[Fault]:
    """Amazon ECS describes one router for each task.

    It does not say whose logs a second one gets.
    """
    for task in _several(job):
        routers = _routers(task)
        for router in routers[1:]:
            yield (
                f"{router.path}/FirelensConfiguration",
                f"the task has {len(routers)} log routers; only one is allowed",
            )


@job_rule(
    "firelens-own-logs",
    title="log router that logs to itself",
    severity=Severity.WARNING,
    fix="give the router another LogDriver, such as awslogs",
    source=_ROUTING_SOURCE,
)
def firelens_own_logs(job: JobDefinition) -> Iterator[Fault]:
    """A container that logs to a router starts after it, so the router would wait for itself."""
    for task in _several(job):
        for container in filter(_is_routed, task.containers):
            if given(container.properties, "FirelensConfiguration"):
                yield (
                    f"{container.path}/LogConfiguration/LogDriver",
                    f"LogDriver of the log router is {aws.FIRELENS}, the router itself",
                )
