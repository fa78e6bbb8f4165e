"""Rules about jobs of several containers."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from batch_constructs.rules.areas.job_definitions import (
    every_task,
    in_containers,
    job_limit,
    job_rule,
)
from batch_constructs.rules.findings import Severity
from batch_constructs.rules.template.values import (
    count,
    entries,
    flag,
    given,
    listing,
    mapping,
    number,
    one_of,
    show,
    text,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from batch_constructs.rules.rule import Fault
    from batch_constructs.rules.template.resources import JobDefinition, Task

AREA: Final = "job_definitions.tasks"
_rule = partial(job_rule, area=AREA)
_limit = partial(job_limit, area=AREA)
_MOST_CONTAINERS: Final = 10
_SHORTEST: Final = 2


@_rule(
    "one-task",
    title="more than one task",
    fix="put the containers into one entry of TaskProperties",
    source='EcsProperties.taskProperties: "This object is currently limited to one task element.";'
    " RegisterJobDefinitionRequest.ecsProperties, NodeRangeProperty.ecsProperties",
)
def one_task(job: JobDefinition) -> Iterator[Fault]:
    """A job, or a node of one, is one task."""
    owners = [("", job.properties), *((f"{path}/", node) for path, node in job.node_ranges)]
    for path, owner in owners:
        ecs = owner.get("EcsProperties")
        if isinstance(ecs, dict):
            got = count(ecs, "TaskProperties")
            if got is not None and got != 1:
                yield (
                    f"{path}EcsProperties/TaskProperties",
                    f"there are {got} tasks; exactly 1 is allowed",
                )


_limit(
    id="container-count",
    where=every_task,
    key="Containers",
    noun="the task",
    title="no container, or more than ten",
    source='EcsProperties.taskProperties: "the task element can run up to 10 containers";'
    " EcsTaskProperties.containers",
    why="Ten containers are the limit.",
).counting(1, _MOST_CONTAINERS, "containers")


def _several(job: JobDefinition) -> Iterator[Task]:
    for task in job.tasks:
        if not task.single and listing(task.properties, "Containers"):
            yield task


@_rule(
    "container-name",
    title="container names that are not unique",
    fix="give each container a name of its own",
    source='TaskContainerProperties.name: "The name can be used as a unique identifier to target'
    " your"
    ' dependsOn and Overrides objects."',
)
def container_name(job: JobDefinition) -> Iterator[Fault]:
    """Dependencies and overrides refer to containers by name."""
    for task in _several(job):
        seen: set[str] = set()
        for container in task.containers:
            name = text(container.properties, "Name")
            if name in seen:
                yield f"{container.path}/Name", f'two containers are called "{show(name)}"'
            if name:
                seen.add(name)


@_rule(
    "essential-container",
    title="job without an essential container",
    fix="leave Essential out of the container that does the work",
    source='TaskContainerProperties.essential: "All jobs must have at least one essential'
    ' container."',
)
def essential_container(job: JobDefinition) -> Iterator[Fault]:
    """The job ends when its essential containers end."""
    for task in _several(job):
        containers = task.containers
        if containers and all(
            flag(container.properties, "Essential") is False for container in containers
        ):
            yield f"{task.path}/Containers", "no container is essential; at least one must be"


_limit(
    id="dependency-condition",
    where=in_containers("DependsOn/*"),
    key="Condition",
    noun="the condition of a dependency",
    title="unknown condition of a dependency",
    source="TaskContainerDependency.condition: START, COMPLETE or SUCCESS",
    why="A container waits for another to start, to end, or to end well.",
).one_of(("START", "COMPLETE", "SUCCESS"))


@_rule(
    "container-dependency",
    title="dependency that cannot be met",
    fix="depend on another container of the task, and make one that must end non-essential",
    source="TaskContainerDependency.containerName, TaskContainerProperties.dependsOn; for COMPLETE"
    " and"
    ' SUCCESS: "This condition can\'t be set on an essential container."',
)
def container_dependency(job: JobDefinition) -> Iterator[Fault]:  # noqa: C901  # one walk
    """It names a container of the same task, and not in a circle."""
    for task in _several(job):
        containers = task.containers
        names = {text(container.properties, "Name"): container for container in containers}
        if any(
            given(one.properties, "Name") and not text(one.properties, "Name") for one in containers
        ):
            continue
        waits: dict[str, set[str]] = {}
        for container in containers:
            own = text(container.properties, "Name") or ""
            for position, dependency in entries(container.properties, "DependsOn"):
                path = f"{container.path}/DependsOn/{position}"
                name = text(dependency, "ContainerName")
                if name is None:
                    continue
                waits.setdefault(own, set()).add(name)
                condition = text(dependency, "Condition")
                if name not in names:
                    known = one_of([one for one in names if one] or ["none"])
                    yield (
                        f"{path}/ContainerName",
                        f'there is no container "{show(name)}"; there are {known}',
                    )
                elif condition in ("COMPLETE", "SUCCESS") and name != own:
                    essential = names[name].properties.get("Essential", True)
                    if essential is True or essential == "true":
                        yield (
                            f"{path}/Condition",
                            f'the condition is {condition}, but "{show(name)}" is essential',
                            f'set Essential of "{show(name)}" to false, or the condition to START',
                        )
        for name in sorted(waits):
            if _reaches(waits, name):
                yield f"{task.path}/Containers", f'the container "{show(name)}" waits for itself'
                break


def _reaches(waits: dict[str, set[str]], start: str) -> bool:
    waiting, seen = list(waits[start]), set[str]()
    while waiting:
        name = waiting.pop()
        if name == start:
            return True
        if name not in seen:
            seen.add(name)
            waiting += waits.get(name, ())
    return False


_limit(
    id="firelens-type",
    where=in_containers("FirelensConfiguration"),
    key="Type",
    noun="the log router",
    title="unknown log router",
    source="FirelensConfiguration.type, TaskContainerProperties.firelensConfiguration: fluentd or"
    " fluentbit",
    why="FireLens knows two routers.",
).one_of(("fluentd", "fluentbit"))


@_rule(
    "firelens-router",
    title="FireLens logs without a log router",
    fix="add a container with FirelensConfiguration",
    source='LogConfiguration.logDriver: "awsfirelens Specifies the firelens logging driver.";'
    " TaskContainerProperties.firelensConfiguration",
)
def firelens_router(job: JobDefinition) -> Iterator[Fault]:
    """The router is a container of the same task."""
    for task in _several(job):
        if any("FirelensConfiguration" in one.properties for one in task.containers):
            continue
        for container in task.containers:
            log = mapping(container.properties, "LogConfiguration")
            if text(log, "LogDriver") == "awsfirelens":
                yield (
                    f"{container.path}/LogConfiguration/LogDriver",
                    "the log driver is awsfirelens, but no container is a log router",
                )


@_rule(
    "firelens-routers",
    title="two log routers in one task",
    fix="keep FirelensConfiguration on one container of the task",
    source='TaskContainerProperties.firelensConfiguration: "used to specify and configure a log'
    ' router for container logs"',
)
def firelens_routers(job: JobDefinition) -> Iterator[Fault]:
    """Amazon ECS sends the logs of a task to one router, and refuses a second one."""
    for task in _several(job):
        routers = [one for one in task.containers if given(one.properties, "FirelensConfiguration")]
        for router in routers[1:]:
            yield (
                f"{router.path}/FirelensConfiguration",
                f"the task has {len(routers)} log routers; allowed is one",
            )


@_rule(
    "firelens-own-logs",
    title="log router that logs to itself",
    fix="give the router another LogDriver, such as awslogs",
    source='LogConfiguration.logDriver: "awsfirelens Specifies the firelens logging driver.";'
    " TaskContainerProperties.firelensConfiguration",
)
def firelens_own_logs(job: JobDefinition) -> Iterator[Fault]:
    """A container that logs to a router starts after it: the router would wait for itself."""
    for task in _several(job):
        for container in task.containers:
            log = mapping(container.properties, "LogConfiguration")
            if (
                given(container.properties, "FirelensConfiguration")
                and text(log, "LogDriver") == "awsfirelens"
            ):
                yield (
                    f"{container.path}/LogConfiguration/LogDriver",
                    "the log driver of the log router is awsfirelens, the router itself",
                )


@_rule(
    "container-timeouts",
    title="start or stop timeout out of range",
    fix="set it to 2 seconds or more, on Fargate to at most 120",
    source='TaskContainerProperties.startTimeout, TaskContainerProperties.stopTimeout: "The minimum'
    ' value is 2 seconds and the maximum value for Fargate is 120 seconds."',
)
def container_timeouts(job: JobDefinition) -> Iterator[Fault]:
    """In seconds."""
    for task in _several(job):
        most = 120 if task.platform == "FARGATE" else None
        for container in task.containers:
            for key in ("StartTimeout", "StopTimeout"):
                got = number(container.properties, key)
                if got is None:
                    continue
                if got < _SHORTEST or (most is not None and got > most):  # in the message
                    allowed = f"{_SHORTEST} to {most}" if most else f"{_SHORTEST} and more"
                    yield f"{container.path}/{key}", f"{key} is {show(got)}; allowed are {allowed}"


@_rule(
    "exec-without-role",
    severity=Severity.WARNING,
    title="execute command without a job role",
    fix="give the job a role that allows ssmmessages:*Channel",
    source="ContainerProperties.enableExecuteCommand, EcsTaskProperties.enableExecuteCommand;"
    " Amazon ECS"
    " Exec: the task role needs the permissions of Systems Manager",
)
def exec_without_role(job: JobDefinition) -> Iterator[Fault]:
    """The agent in the container opens the session with the role of the job."""
    for task in job.tasks:
        if flag(task.properties, "EnableExecuteCommand") and task.role_key not in task.properties:
            yield (
                f"{task.path}/EnableExecuteCommand",
                f"execute command is on, but {task.role_key} is missing",
            )
